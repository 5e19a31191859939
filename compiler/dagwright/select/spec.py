"""What a selection is made of: criteria, groups of them, and where each was written.

The same tree comes from `--select` strings (`syntax`) and from selectors.yml (`selectors`), and
goes to `evaluate`. Names are dbt's where dbt has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

Indirect = Literal["eager", "cautious", "buildable", "empty"]
"""Which tests come along with the nodes that they test (dbt's `--indirect-selection`)."""

INDIRECT: Final[tuple[Indirect, ...]] = get_args(Indirect)

Operation = Literal["union", "intersection", "difference"]

Source = Literal[
    "select",
    "exclude",
    "selector",
    "resource_type",
    "exclude_resource_type",
    "indirect_selection",
]
"""The flag, or the key of a spec, that an argument was given to."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Characters `start` to `end` of one argument, or of a selector's name.

    `source` and `index` say which: the second `select`, the first `exclude`, the `selector`. For
    what a selector's definition says, `route` leads from the selectors to the value meant:
    `("nightly", "definition", "union", 0)`; the characters are then those of the name asked for.
    """

    source: Source
    index: int
    start: int
    end: int
    route: tuple[str | int, ...] = ()

    def part(self, start: int, end: int) -> Place:
        """Return the piece from `start` to `end`, both counted from the start of this one.

        A definition has no characters of its own here, so its pieces are all of it.
        """
        if self.route:
            return self
        return Place(self.source, self.index, self.start + start, self.start + end)

    def within(self, *steps: str | int) -> Place:
        """Return the place of a value inside this part of a definition."""
        return Place(self.source, self.index, self.start, self.end, (*self.route, *steps))


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question and its graph operators: `2+tag:nightly+`, or a dictionary in selectors.yml.

    A depth of None has no limit. `value` is text unless selectors.yml says otherwise.
    """

    method: str
    arguments: tuple[str, ...]
    value: Any
    place: Place
    value_place: Place
    childrens_parents: bool = False
    parents: bool = False
    parents_depth: int | None = None
    children: bool = False
    children_depth: int | None = None
    indirect: Indirect = "eager"


@dataclass(frozen=True, slots=True)
class Group:
    """Selections combined; of a difference, the second and later parts are taken away.

    `term` is the text of a term that a user wrote and expects to match something.
    """

    operation: Operation
    parts: tuple[Selection, ...]
    indirect: Indirect = "eager"
    term: Term | None = None


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """One word of a `select` or `exclude` argument: what stands between spaces."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Everything:
    """What dbt selects when nobody names anything: every resource, whatever its type.

    dbt writes it as `fqn:* source:* exposure:* metric:* semantic_model:*`, of which the first two
    are all there is; with tests among them by name, no mode of bringing tests along matters.
    """


Selection: TypeAlias = Criterion | Group | Everything
