"""Bring along the tests of what was selected, in dbt's four ways.

Selection keeps two families: what is selected, and tests that would be if all of their parents
were. Set operations act on both, and a group may find that a test's parents have come together.
Source: `expand_selection` and `incorporate_indirect_nodes` in dbt's graph/selector.py.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from dagwright.project import UniqueId
from dagwright.select.index import OUTSIDE_NODES, Index
from dagwright.select.spec import Indirect
from dagwright.select.walk import ancestors

_COME_ALONG: Final = frozenset(("test", "unit_test"))


class Families(NamedTuple):
    """What is selected, and the tests that wait for more of their parents."""

    direct: set[UniqueId]
    indirect: set[UniqueId]


def expand(index: Index, selected: set[UniqueId], mode: Indirect) -> Families:
    """Return `selected` with the tests that read it, as `mode` has it.

    A test joins when one parent is selected (eager), when all are (cautious), or when all are
    selected, or ancestors of what is, or sources (buildable). With `empty`, none joins.
    """
    direct, waiting = set(selected), set[UniqueId]()
    if mode == "empty":
        return Families(direct, waiting)
    present: AbstractSet[UniqueId] = selected
    if mode == "buildable":
        present = selected | ancestors(index, selected) | set(index.of_types("source"))
    resources, children = index.resources, index.children
    for test in {child for parent in selected for child in children[parent]}:
        resource = resources[test]
        if resource.resource_type in _COME_ALONG:
            joins = mode == "eager" or all(parent in present for parent in resource.parents)
            (direct if joins else waiting).add(test)
    return Families(direct, waiting)


def regroup(index: Index, families: Families, mode: Indirect) -> Families:
    """Return `families` of a group, with the waiting tests that its members let in together.

    Only data tests are let in. Where the group is eager or empty, none is.
    """
    direct, indirect = families
    if mode in {"eager", "empty"} or direct == indirect:
        return families
    selected = set(direct)
    present = selected
    if mode == "buildable":
        present = selected | ancestors(index, selected)
    for one in indirect:
        resource = index.resources[one]
        if resource.resource_type in OUTSIDE_NODES:
            continue
        if all(parent in present for parent in resource.parents):
            selected.add(one)
    return Families(selected, indirect)
