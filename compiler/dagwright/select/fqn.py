"""Match fully qualified names, the method behind every selector without a colon.

dbt takes `staging` for a folder, a package and a node's name alike, lets dots inside names
separate, and gives versioned models two more spellings. `matches` is dbt's own rule for one name
and one node; `FqnIndex` answers the same for all nodes at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from dagwright.project import Resource, UniqueId
from dagwright.select.wild import has_wildcard, matcher

_AFTER_DOT = "/"
"""The character after "." in code point order: ends the range of names below a folder."""


def is_versioned(resource: Resource) -> bool:
    """Return whether the last part of the fqn is a version: `[..., "dim_users", "v2"]`."""
    return resource.version is not None and resource.resource_type == "model"


def matches(fqn: Sequence[str], wanted: str, *, versioned: bool, bare_leaf: bool) -> bool:
    """Return whether `fqn:wanted` is the node with that `fqn`; with or without its package.

    `bare_leaf` is whether a wildcard without a dot is tried on the name alone too, as dbt 1.11.16
    and 1.12.6 do. Source: `is_selected_node` in dbt's graph/selector_methods.py.
    """
    return _is_selected(fqn, wanted, versioned, bare_leaf) or _is_selected(
        fqn[1:], wanted, versioned, bare_leaf
    )


def _is_selected(fqn: Sequence[str], wanted: str, versioned: bool, bare_leaf: bool) -> bool:  # noqa: FBT001
    if len(fqn) < 1 + versioned:
        return False
    parts = wanted.split(".")
    leaf = fqn[-2] if versioned else fqn[-1]
    if leaf == wanted or (versioned and "_".join(fqn[-2:]) == "_".join(parts[-2:])):
        return True
    dotted = ".".join(fqn)
    flat = dotted.split(".")
    if len(flat) < len(parts):
        return False
    for place, part in enumerate(parts):
        if has_wildcard(part):
            rest = matcher(".".join(parts[place:]))(".".join(flat[place:]))
            return bool(rest or (bare_leaf and len(parts) == 1 and matcher(wanted)(leaf)))
        if flat[place] != part:
            return False
    return True


class FqnIndex:
    """All names of a project, sorted by package, so that a folder is a range.

    Building takes n log n for n names. A search without a wildcard costs what it finds; one with
    a wildcard looks at every name below the parts before it.
    """

    def __init__(self, resources: Iterable[Resource], *, bare_leaf: bool) -> None:
        """Index `resources`; dbt never looks for sources by fqn, so they must not be among them.

        Args:
            resources: any number, with an fqn of two parts or more.
            bare_leaf: as in `matches`.
        """
        self._bare_leaf = bare_leaf
        self._by_leaf: defaultdict[str, list[UniqueId]] = defaultdict(list)
        self._by_version: defaultdict[str, list[UniqueId]] = defaultdict(list)
        packages: defaultdict[str, list[tuple[str, UniqueId]]] = defaultdict(list)
        for resource in resources:
            fqn, unique_id = resource.fqn, resource.unique_id
            if is_versioned(resource):
                self._by_leaf[fqn[-2]].append(unique_id)
                self._by_version["_".join(fqn[-2:])].append(unique_id)
            else:
                self._by_leaf[fqn[-1]].append(unique_id)
            packages[fqn[0]].append((".".join(fqn[1:]), unique_id))
        self._packages = {
            name: _Names(name, sorted(pairs)) for name, pairs in sorted(packages.items())
        }

    def search(self, wanted: str) -> set[UniqueId]:
        """Return the ids of the nodes that `fqn:wanted` matches."""
        found = set(self._by_leaf.get(wanted, ()))
        parts = wanted.split(".")
        found.update(self._by_version.get("_".join(parts[-2:]), ()))
        first_wild = next((i for i, part in enumerate(parts) if has_wildcard(part)), None)
        if first_wild is None:
            for names in self._packages.values():
                found.update(names.at_or_below(wanted))
            return found
        before = ".".join(parts[:first_wild])
        for names in self._packages.values():
            found.update(names.like(before, wanted))
        if self._bare_leaf and len(parts) == 1:
            fits = matcher(wanted)
            found.update(*(ids for leaf, ids in self._by_leaf.items() if fits(leaf)))
        return found


class _Names:
    """The dotted names of one package, without the package, in order."""

    def __init__(self, package: str, pairs: list[tuple[str, UniqueId]]) -> None:
        self._package = package
        self._keys = [key for key, _ in pairs]
        self._ids = [unique_id for _, unique_id in pairs]

    def at_or_below(self, wanted: str) -> list[UniqueId]:
        """Return the ids whose name is `wanted` or begins with it, with the package or without."""
        found = self._ids[slice(*self._range(wanted))]
        found += self._ids[slice(*self._below(wanted))]
        if f"{self._package}.".startswith(f"{wanted}."):
            return list(self._ids)
        if wanted.startswith(f"{self._package}."):
            rest = wanted[len(self._package) + 1 :]
            found += self._ids[slice(*self._range(rest))]
            found += self._ids[slice(*self._below(rest))]
        return found

    def like(self, before: str, wanted: str) -> list[UniqueId]:
        """Return the ids whose name, with or without the package, the wildcard `wanted` matches.

        `before` are the parts of `wanted` in front of the first with a wildcard; they are equal
        to the name's, not matched.
        """
        tail = wanted[len(before) + 1 :] if before else wanted
        fits = matcher(tail)
        least = wanted.count(".")
        found = []
        for prefix in ("", f"{self._package}."):
            for place in self._after(prefix, before):
                name = prefix + self._keys[place]
                if name.count(".") >= least and fits(name[len(before) + 1 if before else 0 :]):
                    found.append(self._ids[place])
        return found

    def _after(self, prefix: str, before: str) -> range:
        """Return the places of names that, behind `prefix`, begin with the parts `before`."""
        if not before or f"{prefix}".startswith(f"{before}."):
            return range(len(self._keys))
        if not f"{before}.".startswith(prefix):
            return range(0)
        return range(*self._below(before[len(prefix) :]))

    def _range(self, key: str) -> tuple[int, int]:
        start = bisect_left(self._keys, key)
        return start, bisect_left(self._keys, f"{key}\0", start)

    def _below(self, key: str) -> tuple[int, int]:
        start = bisect_left(self._keys, f"{key}.")
        return start, bisect_left(self._keys, f"{key}{_AFTER_DOT}", start)
