"""What a model is made of: code, macros and columns, which few compiles ask for.

As with `settings`, they are decoded when the first one is wanted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import msgspec


class _Calls(msgspec.Struct, frozen=True, gc=False):
    macros: tuple[str, ...] = ()


class Macro(msgspec.Struct, frozen=True, gc=False):
    """One macro of the project, of a package or of dbt."""

    name: str
    package_name: str
    macro_sql: str = ""
    depends_on: _Calls = _Calls()


class Coded(msgspec.Struct, gc=False):
    """What a model is made of."""

    language: str = "sql"
    raw_code: str | None = None
    depends_on: _Calls = _Calls()
    columns: dict[str, dict[str, Any]] = {}
    constraints: list[Any] = []


class _Everything(msgspec.Struct, gc=False):
    nodes: dict[str, Coded] = {}
    macros: dict[str, Macro] = {}


_WORD: Final = re.compile(r"\w+")
_DECODER: Final = msgspec.json.Decoder(_Everything)


class Code:
    """The code of every node and macro of one manifest."""

    def __init__(self, data: bytes) -> None:
        """Keep `data`, the whole manifest; decode nothing yet."""
        self._data = data

    @cached_property
    def _everything(self) -> _Everything:
        return _DECODER.decode(self._data)

    @property
    def macros(self) -> Mapping[str, Macro]:
        """Every macro by its unique id."""
        return self._everything.macros

    def of(self, unique_id: str) -> Coded:
        """Return what the node is made of; nothing where it has no code."""
        return self._everything.nodes.get(unique_id) or Coded()

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[str, ...]]:
        names = defaultdict[str, list[str]](list)
        for unique_id, macro in self.macros.items():
            names[macro.name].append(unique_id)
        return {name: tuple(ids) for name, ids in names.items()}

    @cached_property
    def callers(self) -> Mapping[str, tuple[str, ...]]:
        """By macro: the ids of those that call it."""
        callers = defaultdict[str, list[str]](list)
        for unique_id, macro in self.macros.items():
            for called in macro.depends_on.macros:
                callers[called].append(unique_id)
        return {name: tuple(ids) for name, ids in callers.items()}

    def named(self, code: str) -> Iterator[str]:
        """Yield the ids of all macros, of any package, that `code` may call by a word in it."""
        for name in dict.fromkeys(_WORD.findall(code)):
            yield from self._by_name.get(name, ())

    def reached(self, macros: Iterable[str]) -> Iterator[Macro]:
        """Yield `macros`, and those that they call, directly or through others, once each."""
        waiting, seen = list(macros), set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen or (macro := self.macros.get(name)) is None:
                continue
            seen.add(name)
            yield macro
            waiting += macro.depends_on.macros
