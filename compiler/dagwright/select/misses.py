"""Say what a term that matched nothing may have been meant for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from dagwright.project import Project
from dagwright.select.index import Index, index_of
from dagwright.select.refusal import Refused
from dagwright.select.spec import Criterion, Place
from dagwright.select.syntax import Reader

_MOST: Final = 3
_QUIET_TYPES: Final = frozenset(("test", "unit_test", "source"))
"""Types whose names nobody types into a selector by heart."""


def near_misses(project: Project, term: str) -> tuple[str, ...]:
    """Return selectors that match something and resemble `term`, the nearest first; at most 3.

    For each criterion of the term: the same word under another method (`nightly` is a tag), then
    words like it under the same one. A criterion that matches by itself needs no advice; where
    dbt knows the name as disabled, that is for the caller to say (`Project.disabled`).
    """
    index = index_of(project)
    reader = Reader("empty", selector_method=True)
    found: dict[str, None] = {}
    for text in term.split(","):
        try:
            criterion = reader.atom(text, Place("select", 0, 0, len(text)))
        except Refused:
            continue
        found.update(dict.fromkeys(_for_criterion(index, criterion)))
    return tuple(found)[:_MOST]


def _for_criterion(index: Index, criterion: Criterion) -> Iterable[str]:
    word = criterion.value
    known = {method: set(words(index)) for method, words in _KNOWN.items()}
    if not word or word in known.get(criterion.method, ()):
        return
    for method, words in known.items():
        if word in words:
            yield _written(method, word)
    for near in get_close_matches(word, sorted(known.get(criterion.method, ())), n=_MOST):
        yield _written(criterion.method, near)


def _written(method: str, word: str) -> str:
    return word if method == "fqn" else f"{method}:{word}"


def _names(index: Index) -> Iterable[str]:
    """Yield names, and the folders and packages that they are in."""
    for resource in index.resources.values():
        if resource.resource_type not in _QUIET_TYPES:
            yield resource.name
            yield from resource.fqn[:-1]


def _files(index: Index) -> Iterable[str]:
    return (path.rpartition("/")[2] for path in index.by_path)


def _sources(index: Index) -> Iterable[str]:
    for one in index.of_types("source"):
        resource = index.resources[one]
        yield resource.source_name or ""
        yield f"{resource.source_name}.{resource.name}"


def _groups(index: Index) -> Iterable[str]:
    return (one.config.group for one in index.resources.values() if one.config.group)


def _named(resource_type: str) -> Callable[[Index], Iterable[str]]:
    return lambda index: (index.resources[one].name for one in index.of_types(resource_type))


_KNOWN: Final[Mapping[str, Callable[[Index], Iterable[str]]]] = MappingProxyType(
    {
        "fqn": _names,
        "tag": lambda index: index.by_tag,
        "source": _sources,
        "package": lambda index: index.by_package,
        "group": _groups,
        "path": lambda index: index.tree.known,
        "file": _files,
        "exposure": _named("exposure"),
        "metric": _named("metric"),
        "saved_query": _named("saved_query"),
        "unit_test": _named("unit_test"),
    }
)
"""The words that a method can find, for the methods whose words people invent."""
