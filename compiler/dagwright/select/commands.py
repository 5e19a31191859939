"""What each dbt command leaves of a selection: some resource types, and seldom empty nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dagwright.project import Resource
from dagwright.select import rules
from dagwright.select.nearest import did_you_mean
from dagwright.select.refusal import Refused
from dagwright.select.spec import Place, Source

Types = frozenset[str]

_TESTS: Final = frozenset(("test", "unit_test"))
_RELATIONS: Final = frozenset(("model", "seed", "snapshot"))
_BUILD: Final = _RELATIONS | _TESTS | {"saved_query", "exposure", "function"}
_LISTED: Final = _BUILD | {"source", "metric", "semantic_model"}
_COMPILED: Final = _RELATIONS | {
    "test",
    "analysis",
    "operation",
    "doc",
    "rpc",
    "sql_operation",
    "function",
}
_CHOICES: Final = _LISTED | {"analysis"}

_EXPOSURES_BUILT_FROM: Final = (1, 10, 0)


@dataclass(frozen=True, slots=True)
class Command:
    """A dbt command as selection sees it."""

    types: Types
    every: Types
    """What `--resource-type all` stands for."""
    takes_types: bool = False
    """Whether it has the flags `--resource-type` and `--exclude-resource-type`."""
    only: Types = _CHOICES | _COMPILED
    """What is left of the types asked for."""
    keeps_empty: bool = False


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "build": Command(_BUILD, _BUILD, takes_types=True),
        "clone": Command(_RELATIONS, _RELATIONS, takes_types=True, only=_RELATIONS),
        "compile": Command(_COMPILED, _COMPILED),
        "docs generate": Command(_COMPILED, _COMPILED, keeps_empty=True),
        "ls": Command(_LISTED, _CHOICES, takes_types=True, keeps_empty=True),
        "run": Command(frozenset(("model",)), frozenset(("model",))),
        "seed": Command(frozenset(("seed",)), frozenset(("seed",))),
        "show": Command(_COMPILED, _COMPILED),
        "snapshot": Command(frozenset(("snapshot",)), frozenset(("snapshot",))),
        "source freshness": Command(frozenset(("source",)), frozenset(("source",))),
        "test": Command(_TESTS, _TESTS, takes_types=True, only=_TESTS),
    }
)
"""Source: `resource_types` of the tasks in dbt's task folder."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The filter at the end of a selection."""

    types: Types
    empty: bool = False
    fresh_only: bool = False

    def keeps(self, resource: Resource) -> bool:
        """Return whether a selected `resource` is part of the result."""
        return (
            resource.resource_type in self.types
            and (self.empty or not resource.empty)
            and (not self.fresh_only or resource.has_freshness)
        )


def kept_by(
    name: str,
    release: tuple[int, int, int],
    types: Sequence[str] = (),
    exclude_types: Sequence[str] = (),
) -> Kept:
    """Return what the command `name` of that dbt release keeps.

    `types` and `exclude_types` are `--resource-type` and `--exclude-resource-type`: types, or
    `all` and `default` among the first.

    Raises:
        Refused: dbt has no such type, or the command does not take the flag.
    """
    command = COMMANDS[name]
    given: tuple[tuple[Source, Sequence[str]], ...] = (
        ("resource_type", types),
        ("exclude_resource_type", exclude_types),
    )
    for source, words in given:
        for index, word in enumerate(words):
            _check(command, name, word, Place(source, index, 0, len(word)))

    default, every = command.types, command.every
    if name == "build" and release < _EXPOSURES_BUILT_FROM:
        default, every = default - {"exposure"}, every - {"exposure"}
    kept = set(types) or set(default)
    if "all" in kept:
        kept |= every
    if "default" in kept:
        kept |= default
    kept &= command.only
    return Kept(
        frozenset(kept.difference(exclude_types)),
        empty=command.keeps_empty,
        fresh_only=name == "source freshness",
    )


def _check(command: Command, name: str, word: str, place: Place) -> None:
    if not command.takes_types:
        raise Refused(rules.RESOURCE_TYPE_NOT_TAKEN, place, command=name)
    words = _CHOICES | {"all", "default"} if place.source == "resource_type" else _CHOICES
    if word not in words:
        raise Refused(
            rules.UNKNOWN_RESOURCE_TYPE,
            place,
            type=word,
            known=", ".join(sorted(words)),
            near=did_you_mean(word, words),
        )
