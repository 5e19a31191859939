"""Shell wildcards as dbt uses them: `fnmatch` with case, on every platform.

dbt calls `fnmatch.fnmatch`, which ignores case on Windows; compiled selections must not depend on
the machine that compiles, so the rule of POSIX holds everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import translate
from functools import lru_cache
from typing import TypeVar

Value = TypeVar("Value")


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Callable[[str], object]:
    """Return a question, true for the texts that `pattern` matches as a whole."""
    if not any(mark in pattern for mark in "*?["):
        return pattern.__eq__
    return re.compile(translate(pattern)).match


def has_wildcard(text: str) -> bool:
    """Return whether dbt takes `text` for a wildcard where it asks: `]` alone is enough."""
    return any(mark in text for mark in "*?[]")


def values_of(table: Mapping[str, Iterable[Value]], pattern: str) -> set[Value]:
    """Return the values of all keys in `table` that `pattern` matches.

    Costs one look-up where the pattern has no wildcard, and one match a key otherwise.
    """
    if not any(mark in pattern for mark in "*?["):
        return set(table.get(pattern, ()))
    matches = matcher(pattern)
    return {value for key, values in table.items() if matches(key) for value in values}
