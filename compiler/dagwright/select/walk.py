"""Walk a project's graph: ancestors and descendants, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet

from dagwright.project import UniqueId
from dagwright.select.index import Index


def ancestors(
    index: Index, below: AbstractSet[UniqueId], depth: int | None = None
) -> set[UniqueId]:
    """Return what `below` is built from, up to `depth` edges away; no limit where it is None.

    Those of `below` are in it only where another of them leads there.
    """
    return _layers(below, index.parents_of, depth)


def descendants(
    index: Index, above: AbstractSet[UniqueId], depth: int | None = None
) -> set[UniqueId]:
    """Return what reads `above`, up to `depth` edges away: tests and exposures too."""
    return _layers(above, index.children.__getitem__, depth)


def _layers(
    starts: AbstractSet[UniqueId],
    neighbours: Callable[[UniqueId], Iterable[UniqueId]],
    depth: int | None,
) -> set[UniqueId]:
    found: set[UniqueId] = set()
    layer: AbstractSet[UniqueId] = starts
    walked = 0
    while layer and (depth is None or walked < depth):
        layer = {near for one in layer for near in neighbours(one)} - found
        found |= layer
        walked += 1
    return found
