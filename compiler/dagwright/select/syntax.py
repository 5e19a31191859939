"""Read `--select` and `--exclude` strings into a selection, as dbt's command line does.

A string is cut at each single space into terms, and a term at each comma into criteria; there is
no quoting and no escaping. What a criterion's value means is for `methods`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from dagwright.select import rules
from dagwright.select.nearest import did_you_mean
from dagwright.select.refusal import Refused
from dagwright.select.spec import Criterion, Everything, Group, Indirect, Place, Term

METHODS: Final = (
    "access",
    "config",
    "exposure",
    "file",
    "fqn",
    "group",
    "metric",
    "package",
    "path",
    "resource_type",
    "result",
    "saved_query",
    "selector",
    "semantic_model",
    "source",
    "source_status",
    "state",
    "tag",
    "test_name",
    "test_type",
    "unit_test",
    "version",
)
"""Every selection method of dbt 1.12; `selector` is new in it, the others are in 1.8 already."""

# dbt's own expression, letter for letter (graph/selector_spec.py).
_ATOM: Final = re.compile(
    r"\A"
    r"(?P<childrens_parents>(\@))?"
    r"(?P<parents>((?P<parents_depth>(\d*))\+))?"
    r"((?P<method>([\w.]+)):)?(?P<value>(.*?))"
    r"(?P<children>(\+(?P<children_depth>(\d*))))?"
    r"\Z"
)
_FILE_SUFFIXES: Final = (".sql", ".py", ".csv")


class Reader:
    """Reads criteria under the rules of one dbt release; collects refusals, never stops at one."""

    def __init__(self, indirect: Indirect, *, selector_method: bool) -> None:
        """Give criteria that say nothing of tests the mode `indirect`.

        `selector_method` is whether `selector:NAME` may be written: dbt 1.12 and newer.
        """
        self.indirect: Indirect = indirect
        self.refusals: list[Refused] = []
        self._methods = frozenset(METHODS) - (frozenset() if selector_method else {"selector"})

    def difference(self, select: Sequence[str], exclude: Sequence[str]) -> Group:
        """Return everything that `select` names and `exclude` does not."""
        included = self._union("select", select) if select else Everything()
        return Group("difference", (included, self._union("exclude", exclude)))

    def atom(self, text: str, place: Place) -> Criterion:
        """Return the criterion written as `text`, a string with no meaning of space or comma.

        Raises:
            Refused: dbt has no such method, or the text breaks the grammar.
        """
        found = _ATOM.match(text)
        if found is None:
            raise Refused(rules.SELECTOR_SYNTAX, place, text=text, why="it holds a line break")
        value, children = found["value"], found["children"] is not None
        if children and found["childrens_parents"]:
            why = "'@' before and '+' after a value exclude each other"
            raise Refused(rules.SELECTOR_SYNTAX, place, text=text, why=why)
        written = found["method"]
        method, arguments = self.method(
            default_method(value) if written is None else written,
            place.part(*found.span("method")) if written is not None else place,
        )
        return Criterion(
            method,
            arguments,
            value,
            place,
            place.part(*found.span("value")),
            childrens_parents=found["childrens_parents"] is not None,
            parents=found["parents"] is not None,
            parents_depth=_depth(found, "parents_depth", place),
            children=children,
            children_depth=_depth(found, "children_depth", place),
            indirect=self.indirect,
        )

    def method(self, written: str, place: Place) -> tuple[str, tuple[str, ...]]:
        """Return the method in `written` and its arguments: `config.meta.owner` has two.

        Raises:
            Refused: dbt has no such method.
        """
        name, *arguments = written.split(".")
        if name in self._methods:
            return name, tuple(arguments)
        if name == "selector":
            raise Refused(rules.SELECTOR_METHOD_TOO_NEW, place)
        near = did_you_mean(name, self._methods)
        known = ", ".join(sorted(self._methods))
        raise Refused(rules.UNKNOWN_METHOD, place, method=name, known=known, near=near)

    def _union(self, source: Literal["select", "exclude"], arguments: Iterable[str]) -> Group:
        terms = [
            self._term(Term(Place(source, index, start, end), argument[start:end]))
            for index, argument in enumerate(arguments)
            for start, end in _pieces(argument, " ")
        ]
        return Group("union", tuple(terms), self.indirect)

    def _term(self, term: Term) -> Group:
        parts = []
        for start, end in _pieces(term.text, ","):
            text, place = term.text[start:end], term.place.part(start, end)
            try:
                parts.append(self.atom(text, place))
            except Refused as refused:
                self.refusals.append(refused)
        return Group("intersection", tuple(parts), self.indirect, term)


def default_method(value: str) -> str:
    """Return the method that dbt takes where none is written: path, file or fqn.

    Example:
        >>> default_method("models/marts"), default_method("orders.sql"), default_method("orders")
        ('path', 'file', 'fqn')
    """
    if "/" in value:
        return "path"
    return "file" if value.lower().endswith(_FILE_SUFFIXES) else "fqn"


def _depth(found: re.Match[str], name: str, place: Place) -> int | None:
    digits = found[name]
    if not digits:
        return None
    try:
        return int(digits)
    except ValueError:
        why = "its depth is no number that can be read"
        raise Refused(rules.SELECTOR_SYNTAX, place, text=found[0], why=why) from None


def _pieces(text: str, separator: str) -> list[tuple[int, int]]:
    """Return where the pieces of `text` start and end; empty pieces count, as in `str.split`."""
    pieces, start = [], 0
    for piece in text.split(separator):
        pieces.append((start, start + len(piece)))
        start += len(piece) + len(separator)
    return pieces
