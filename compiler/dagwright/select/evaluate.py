"""Turn a selection into ids: search, walk, bring tests along, combine, filter.

The order is dbt's (graph/selector.py): tests join each criterion before sets are combined, and
resource types are filtered after everything else, so that a walk passes through any type.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import reduce
from types import MappingProxyType
from typing import Final

from dagwright.project import UniqueId
from dagwright.select import rules
from dagwright.select.commands import Kept
from dagwright.select.index import Index
from dagwright.select.indirect import Families, expand, regroup
from dagwright.select.methods import BY_PROJECT
from dagwright.select.refusal import Refused, value_refused
from dagwright.select.spec import Criterion, Everything, Operation, Selection, Term
from dagwright.select.state import BY_STATE, State
from dagwright.select.walk import ancestors, descendants
from dagwright.select.wild import matcher

_ANY_VALUE: Final = frozenset(("access", "config"))
"""Methods that take a number or a bool from selectors.yml; all others take text."""

_Combine = Callable[[set[UniqueId], set[UniqueId]], set[UniqueId]]

_COMBINE: Final[Mapping[Operation, _Combine]] = MappingProxyType(
    {
        "union": set.union,
        "intersection": set.intersection,
        "difference": set.difference,
    }
)


@dataclass(slots=True)
class Evaluation:
    """One selection on one project, and what there is to say about it afterwards.

    Args:
        index: the project.
        kept: what the dbt command at hand leaves in the end.
        named: the selections of selectors.yml.
        state: artifacts of an earlier run, for the methods that compare with one.
    """

    index: Index
    kept: Kept
    named: Mapping[str, Selection]
    state: State | None = None
    unmatched: list[Term] = field(default_factory=list)
    """Terms that no resource is selected by, of any type; in the order they were written."""
    refusals: list[Refused] = field(default_factory=list)
    _inside: list[str] = field(default_factory=list)

    def select(self, selection: Selection) -> set[UniqueId]:
        """Return the ids that `selection` names; refused criteria add none, and are noted."""
        direct = self._families(selection).direct
        resources = self.index.resources
        return {one for one in direct if self.kept.keeps(resources[one])}

    def _families(self, selection: Selection) -> Families:
        if isinstance(selection, Criterion):
            try:
                return self._criterion(selection)
            except Refused as refused:
                self.refusals.append(refused)
                return Families(set(), set())
        if isinstance(selection, Everything):
            return Families(set(self.index.members), set())
        members = [self._families(part) for part in selection.parts]
        combine = _COMBINE[selection.operation]
        families = Families(
            _reduced(combine, [direct for direct, _ in members]),
            _reduced(combine, [direct | indirect for direct, indirect in members]),
        )
        families = regroup(self.index, families, selection.indirect)
        if selection.term is not None and not families.direct:
            self.unmatched.append(selection.term)
        return families

    def _criterion(self, criterion: Criterion) -> Families:
        hit = self._search(criterion)
        selected = set(hit)
        if criterion.childrens_parents:
            with_children = hit | descendants(self.index, hit)
            selected |= with_children | ancestors(self.index, with_children)
        if criterion.parents:
            selected |= ancestors(self.index, hit, criterion.parents_depth)
        if criterion.children:
            selected |= descendants(self.index, hit, criterion.children_depth)
        if criterion.indirect == "empty" and self.index.is_1_8:
            return Families(hit, set())  # dbt 1.8 forgets the operators here.
        if criterion.method == "selector":
            return Families(selected, set())
        return expand(self.index, selected, criterion.indirect)

    def _search(self, criterion: Criterion) -> set[UniqueId]:
        method, value = criterion.method, criterion.value
        if not isinstance(value, str) and method not in _ANY_VALUE:
            kind = type(value).__name__
            raise Refused(rules.SELECTOR_VALUE_TYPE, criterion.place, method=method, kind=kind)
        if method == "selector":
            return self._named(criterion)
        if method in BY_STATE:
            return BY_STATE[method](self.index, criterion, self.state)
        found = BY_PROJECT[method](self.index, criterion)
        if self.index.blind(method, "saved_query"):
            found.difference_update(self.index.of_types("saved_query"))
        return found

    def _named(self, criterion: Criterion) -> set[UniqueId]:
        """Return what the selectors so named select, already filtered for the command at hand."""
        fits = matcher(criterion.value)
        names = [name for name in sorted(self.named) if fits(name)]
        if not names:
            why = f"there is no such selector{_list(self.named)}"
            raise value_refused(criterion, why, self.named)
        found: set[UniqueId] = set()
        for name in names:
            if name in self._inside:
                chain = " -> ".join((*self._inside[self._inside.index(name) :], name))
                raise Refused(rules.SELECTOR_CYCLE, criterion.place, chain=chain)
            self._inside.append(name)
            try:
                found |= self.select(self.named[name])
            finally:
                self._inside.pop()
        return found


def _list(names: Collection[str]) -> str:
    return f"; there are {', '.join(sorted(names))}" if names else "; the project has none"


def _reduced(combine: _Combine, sets: list[set[UniqueId]]) -> set[UniqueId]:
    return reduce(combine, sets) if sets else set()
