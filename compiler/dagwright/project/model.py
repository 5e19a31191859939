"""The dbt project as the compiler sees it: resources, and who reads whom.

Structs are msgspec's: frozen like our dataclasses, and several times cheaper to make, which
counts when a project has 100,000 of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NewType

import msgspec

from dagwright.project.settings import Settings

_RELEASE: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")

NEWEST_RELEASE: Final = (1, 12, 6)
"""The dbt whose selection this compiler reproduces; newer ones may select otherwise."""

UniqueId = NewType("UniqueId", str)
"""dbt's own id of a resource, such as `model.shop.orders`."""


class TestMetadata(msgspec.Struct, frozen=True, gc=False):
    """What dbt records of a generic test: the test macro's `name`, such as `not_null`."""

    name: str
    namespace: str | None = None


class Meta(msgspec.Struct, frozen=True, gc=False):
    """The part of dbt's free-form `meta` that is addressed to us: any value, not yet checked."""

    dagwright: Any = None


class Config(msgspec.Struct, frozen=True, gc=False):
    """The few settings of a resource that the compiler itself acts on."""

    enabled: bool = True
    materialized: str | None = None
    group: str | None = None
    meta: Meta | None = None


class Resource(msgspec.Struct, frozen=True, gc=False):
    """One enabled resource of any type; what a type does not have is empty.

    `parents` are dbt's `depends_on.nodes`, in its order, without disabled or missing ones.
    `config` holds a few settings; `Project.settings` gives all of them.
    """

    unique_id: UniqueId
    resource_type: str
    name: str
    package_name: str
    fqn: tuple[str, ...]
    original_file_path: str
    parents: tuple[UniqueId, ...] = ()
    config: Config = Config()
    tags: tuple[str, ...] = ()
    patch_path: str | None = None
    version: str | int | float | None = None
    latest_version: str | int | float | None = None
    access: str | None = None
    empty: bool = False
    """A node whose SQL is blank: it takes part in selection, and is never run."""
    test_metadata: TestMetadata | None = None
    attached_node: UniqueId | None = None
    source_name: str | None = None
    has_freshness: bool = False
    checksum: str | None = None
    relation: tuple[str, str, str] | None = None
    """Database (may be empty), schema and identifier of what is, or becomes, a table or a view."""

    @property
    def is_test(self) -> bool:
        """Whether this is a data test: generic or singular, not a unit test."""
        return self.resource_type == "test"


class Metadata(msgspec.Struct, frozen=True):
    """Where a manifest comes from: `project_name` is the root project's."""

    dbt_version: str
    dbt_schema_version: str
    project_name: str | None = None
    adapter_type: str | None = None

    @property
    def release(self) -> tuple[int, int, int]:
        """The dbt version as numbers, without what follows them: 1.12.0rc1 is (1, 12, 0).

        A version that is no number (a build from a branch) is taken for the newest one known.
        """
        found = _RELEASE.match(self.dbt_version)
        if found is None:
            return NEWEST_RELEASE
        major, minor, patch = found.groups(default="0")
        return (int(major), int(minor), int(patch))


class Project(msgspec.Struct, frozen=True, eq=False, weakref=True):
    """Every enabled resource of one manifest.

    Every parent exists, and the parents form no cycle. `children` is the same relation the other
    way round; ids in both are sorted as in `resources`, which is sorted by id.
    """

    metadata: Metadata
    resources: Mapping[UniqueId, Resource]
    children: Mapping[UniqueId, tuple[UniqueId, ...]]
    disabled: frozenset[UniqueId] = frozenset()
    selectors: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """dbt's own, rendered copy of selectors.yml: name -> definition object."""

    configs: Settings = Settings()

    def settings(self, resource: Resource) -> Mapping[str, Any]:
        """Return the whole `config` of `resource`; the first call decodes them all."""
        return self.configs.of(resource.unique_id)
