"""A project arranged for questions: what carries a tag, lies in a folder, reads a node.

Each arrangement is made at its first use and kept, so that a compile pays for the questions that
its selectors ask, and a second selection on the same project for none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final
from weakref import WeakKeyDictionary

from dagwright.project import Project, Resource, UniqueId
from dagwright.select.fqn import FqnIndex
from dagwright.select.paths import Tree, plain

OUTSIDE_NODES: Final = frozenset(
    (
        "source",
        "exposure",
        "metric",
        "semantic_model",
        "saved_query",
        "unit_test",
        "function",
    )
)
"""Types that dbt keeps in maps of their own; every other resource is in `manifest.nodes`."""

_BLIND_IN_1_8: Final = frozenset(("file", "package", "path", "resource_type", "tag"))

_BARE_LEAF_FROM: Final = ((1, 12, 6), (1, 11, 16))

Ids = frozenset[UniqueId]
Table = Mapping[str, list[UniqueId]]


class Index:
    """What selection asks of one project. Every table maps to ids; no table holds a resource."""

    def __init__(self, project: Project, *, hides_empty: bool = False) -> None:
        """Arrange nothing yet. The project itself is not kept, so that it can be forgotten.

        `hides_empty` leaves out nodes whose SQL is blank, and all ways through them.
        """
        self.resources = project.resources
        self.children = project.children
        self.metadata = project.metadata
        self.settings = project.configs
        self._hides = hides_empty
        if hides_empty:
            shown = {one: it for one, it in project.resources.items() if not it.empty}
            self.resources = shown
            self.children = {
                one: tuple(child for child in project.children[one] if child in shown)
                for one in shown
            }

    @cached_property
    def members(self) -> Ids:
        """Every resource there is."""
        return frozenset(self.resources)

    @cached_property
    def by_type(self) -> Table:
        """Resource type -> ids."""
        return self._table(lambda resource: (resource.resource_type,))

    @cached_property
    def by_tag(self) -> Table:
        """Tag -> ids."""
        return self._table(lambda resource: resource.tags)

    @cached_property
    def by_package(self) -> Table:
        """Package -> ids."""
        return self._table(lambda resource: (resource.package_name,))

    @cached_property
    def by_path(self) -> Table:
        """File, as `plain` writes it -> ids of what is defined in it."""
        return self._table(lambda resource: (plain(resource.original_file_path),))

    @cached_property
    def by_patch_path(self) -> Table:
        """YAML file -> ids of what it describes but does not define."""
        return self._table(
            lambda resource: (
                (plain(resource.patch_path.partition("://")[2]),) if resource.patch_path else ()
            )
        )

    @cached_property
    def tree(self) -> Tree:
        """The files of the root project; of all packages where the manifest names no root."""
        root = self.metadata.project_name
        files = {
            path
            for table in (self.by_path, self.by_patch_path)
            for path, ids in table.items()
            if root is None or any(self.resources[one].package_name == root for one in ids)
        }
        return Tree(files)

    @cached_property
    def fqns(self) -> FqnIndex:
        """The names of everything but sources."""
        named = (one for one in self.resources.values() if one.resource_type != "source")
        return FqnIndex(named, bare_leaf=self.bare_leaf)

    @property
    def bare_leaf(self) -> bool:
        """Whether a bare wildcard is tried on names at any depth: by dbt release."""
        release = self.metadata.release
        return release >= _BARE_LEAF_FROM[0] or (
            release[:2] == _BARE_LEAF_FROM[1][:2] and release >= _BARE_LEAF_FROM[1]
        )

    @property
    def selector_method(self) -> bool:
        """Whether `selector:NAME` is a method rather than a word of selectors.yml: dbt 1.12."""
        return self.metadata.release >= (1, 12, 0)

    @property
    def is_1_8(self) -> bool:
        """Whether dbt 1.8 selects: the first with this manifest, and with corners of its own."""
        return self.metadata.release < (1, 9, 0)

    def blind(self, method: str, resource_type: str) -> bool:
        """Return whether a method cannot see a type that newer releases show it."""
        return self.is_1_8 and resource_type == "saved_query" and method in _BLIND_IN_1_8

    def parents_of(self, one: UniqueId) -> Sequence[UniqueId]:
        """Return what a resource reads, as far as it is not hidden."""
        parents = self.resources[one].parents
        if not self._hides:
            return parents
        return [parent for parent in parents if parent in self.resources]

    def of_types(self, *types: str) -> list[UniqueId]:
        """Return the ids of all resources of these types."""
        return [unique_id for name in types for unique_id in self.by_type.get(name, ())]

    def nodes(self) -> list[UniqueId]:
        """Return the ids of what dbt keeps in `manifest.nodes`."""
        return self.of_types(*(name for name in self.by_type if name not in OUTSIDE_NODES))

    def _table(self, keys: Callable[[Resource], Iterable[str]]) -> Table:
        table: defaultdict[str, list[UniqueId]] = defaultdict(list)
        for unique_id, resource in self.resources.items():
            for key in keys(resource):
                table[key].append(unique_id)
        return table


_INDEXES: Final[WeakKeyDictionary[Project, Index]] = WeakKeyDictionary()


def index_of(project: Project) -> Index:
    """Return the index of `project`, the same one as long as the project lives."""
    index = _INDEXES.get(project)
    if index is None:
        index = _INDEXES[project] = Index(project)
    return index
