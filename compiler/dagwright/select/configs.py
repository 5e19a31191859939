"""Match `config.materialized:view` and `config.meta.owner:finance`.

dbt follows Python attributes before keys, so that a key named like a method of `dict` (`items`,
`copy`) is never found. The decoded JSON has the same types, and is walked in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dagwright.project import UniqueId
from dagwright.select.index import Index
from dagwright.select.spec import Criterion

_NOTHING = object()


class _AnyCase(str):
    """Text that is equal to any text of the same letters, as dbt compares severities."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.upper() == other.upper()

    __hash__ = str.__hash__


def by_config(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`config.a.b:value`: nodes and sources where that setting equals the value; no wildcards.

    A list matches by its members, and a bool by its name in any case. Text and numbers are never
    equal: `config.meta.tier:1` on the command line is the text "1".
    """
    wanted = criterion.value
    if criterion.arguments == ("severity",):
        wanted = _AnyCase(wanted)
    settings = index.settings
    return {
        one
        for one in (*index.nodes(), *index.of_types("source"))
        if _equals(_follow(settings.of(one), criterion.arguments), wanted)
    }


def _follow(settings: Any, steps: Sequence[str]) -> Any:
    """Return what lies at `steps` in `settings`, or `_NOTHING`."""
    value = settings
    for place, step in enumerate(steps):
        # The settings themselves are no dict in dbt, and have none of its methods.
        if place and hasattr(value, step):
            value = getattr(value, step)
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return _NOTHING
    return value


def _equals(value: Any, wanted: Any) -> bool:
    if value is _NOTHING:
        return False
    word = str(wanted).upper()
    if isinstance(value, list):
        return (
            wanted in value
            or (word == "TRUE" and True in value)
            or (word == "FALSE" and False in value)
        )
    return bool(
        wanted == value
        or (word == "TRUE" and value is True)
        or (word == "FALSE" and value is False)
    )
