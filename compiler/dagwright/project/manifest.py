"""Read `manifest.json` into a `Project`: every enabled resource, and who reads whom.

Only what the compiler needs is decoded, straight into structs; the rest is skipped by the JSON
scanner. What is wrong with a file is worked out after decoding failed, so that a good file pays
for no check. What dbt itself would have refused to write is not looked for, with two exceptions:
later stages lean on parents that exist and form no cycle.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final

import msgspec

from dagwright.diagnostics import Report
from dagwright.files import Files
from dagwright.object_stores import shown
from dagwright.project import rules
from dagwright.project.cycle import find_cycle
from dagwright.project.faults import complaint_about
from dagwright.project.model import (
    NEWEST_RELEASE,
    Config,
    Metadata,
    Project,
    Resource,
    TestMetadata,
    UniqueId,
)
from dagwright.project.settings import Settings
from dagwright.span import Span


class _DependsOn(msgspec.Struct, frozen=True, gc=False):
    nodes: tuple[UniqueId, ...] = ()


class _Checksum(msgspec.Struct, frozen=True, gc=False):
    checksum: str = ""


class _Age(msgspec.Struct, frozen=True, gc=False):
    count: int | float | str | None = None
    period: str | None = None


class _Freshness(msgspec.Struct, frozen=True, gc=False):
    warn_after: _Age | None = None
    error_after: _Age | None = None


class _Config(Config, frozen=True, gc=False):
    tags: tuple[str, ...] | str | None = None
    """Read from unit tests alone, which have no tags beside their config."""


class _Record(msgspec.Struct, gc=False):
    """A resource of any type as manifest.json has it."""

    name: str
    resource_type: str
    package_name: str
    fqn: tuple[str, ...]
    original_file_path: str = ""
    depends_on: _DependsOn = _DependsOn()
    config: _Config = _Config()
    tags: tuple[str, ...] | str = ()
    patch_path: str | None = None
    version: str | int | float | None = None
    latest_version: str | int | float | None = None
    access: str | None = None
    raw_code: str | None = None
    test_metadata: TestMetadata | None = None
    attached_node: UniqueId | None = None
    source_name: str | None = None
    freshness: _Freshness | None = None
    checksum: _Checksum | str | None = None
    database: str | None = None
    schema: str | None = None
    alias: str | None = None
    identifier: str | None = None
    """What a source has for an alias."""


class _Manifest(msgspec.Struct, gc=False):
    metadata: Metadata
    nodes: dict[UniqueId, _Record]
    sources: dict[UniqueId, _Record]
    exposures: dict[UniqueId, _Record] = {}
    metrics: dict[UniqueId, _Record] = {}
    semantic_models: dict[UniqueId, _Record] = {}
    saved_queries: dict[UniqueId, _Record] = {}
    unit_tests: dict[UniqueId, _Record] = {}
    functions: dict[UniqueId, _Record] = {}
    disabled: dict[UniqueId, msgspec.Raw] | None = None
    selectors: dict[str, Any] | None = None

    def records(self) -> Iterator[tuple[UniqueId, _Record]]:
        """Yield every resource that can be selected."""
        return chain(
            self.nodes.items(),
            self.sources.items(),
            self.exposures.items(),
            self.metrics.items(),
            self.semantic_models.items(),
            self.saved_queries.items(),
            self.unit_tests.items(),
            self.functions.items(),
        )


_MANIFEST: Final = msgspec.json.Decoder(_Manifest)


def read_project(files: Files, path: str, report: Report, at: Span) -> Project | None:
    """Return the project that the manifest at `path` describes, or None after a complaint.

    Every complaint is about `at`, the place in the spec that names the manifest; its sentence
    names `path`. Linear in the size of the file, but for sorting.
    """
    address, path = path, shown(path)
    try:
        data = files.read(address)
    except FileNotFoundError:
        report.add(rules.MANIFEST_MISSING.at(at, path=path))
        return None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        report.add(rules.MANIFEST_UNREADABLE.at(at, path=path, reason=reason))
        return None

    with _collector_paused():
        try:
            manifest = _MANIFEST.decode(data)
            if not _schema_is_read(manifest.metadata):
                report.add(complaint_about(data, path, at))
                return None
            project, missing = _project(manifest, data)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            report.add(complaint_about(data, path, at, error))
            return None

    if missing:
        child, parent = missing[0]
        report.add(
            rules.PARENT_MISSING.at(at, path=path, count=len(missing), child=child, parent=parent)
        )
    if project.metadata.release[:2] > NEWEST_RELEASE[:2]:
        version = project.metadata.dbt_version
        report.add(rules.DBT_TOO_NEW.at(at, path=path, version=version))
    if cycle := find_cycle(project):
        report.add(rules.DEPENDENCY_CYCLE.at(at, path=path, cycle=" -> ".join(cycle)))
        return None
    return project


def _schema_is_read(metadata: Metadata) -> bool:
    return metadata.dbt_schema_version.endswith("/manifest/v12.json")


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Make tens of thousands of objects without walking them again and again: none is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _project(manifest: _Manifest, data: bytes) -> tuple[Project, list[tuple[UniqueId, UniqueId]]]:
    """Return the project, and (child, parent) for every parent that is nowhere in the manifest."""
    disabled = set(manifest.disabled or ())
    found: dict[UniqueId, Resource] = {}
    for unique_id, record in manifest.records():
        if record.config.enabled or record.resource_type == "exposure":
            found[unique_id] = _resource(unique_id, record)
        else:
            disabled.add(unique_id)

    resources = dict(sorted(found.items()))
    below: dict[UniqueId, list[UniqueId]] = {unique_id: [] for unique_id in resources}
    misled = []
    for unique_id, resource in resources.items():
        for parent in resource.parents:
            readers = below.get(parent)
            if readers is None:
                misled.append(unique_id)
            elif not readers or readers[-1] != unique_id:  # Else it names the parent twice.
                readers.append(unique_id)
    missing = _drop_strangers(resources, misled, disabled)
    children = {unique_id: tuple(ids) for unique_id, ids in below.items()}
    project = Project(
        manifest.metadata,
        resources,
        children,
        frozenset(disabled),
        manifest.selectors or {},
        Settings(data),
    )
    return project, missing


def _drop_strangers(
    resources: dict[UniqueId, Resource], misled: list[UniqueId], disabled: set[UniqueId]
) -> list[tuple[UniqueId, UniqueId]]:
    """Remove parents that are no enabled resource; return those that are not even disabled."""
    missing = []
    for unique_id in dict.fromkeys(misled):
        resource = resources[unique_id]
        kept = tuple(parent for parent in resource.parents if parent in resources)
        missing += [
            (unique_id, parent)
            for parent in resource.parents
            if parent not in resources and parent not in disabled
        ]
        resources[unique_id] = msgspec.structs.replace(resource, parents=kept)
    return missing


def _resource(unique_id: UniqueId, record: _Record) -> Resource:
    kind = record.resource_type
    checksum = record.checksum
    tags = record.config.tags if kind == "unit_test" else record.tags
    code = record.raw_code
    return Resource(
        unique_id,
        kind,
        record.name,
        record.package_name,
        record.fqn,
        record.original_file_path,
        record.depends_on.nodes,
        record.config,
        (tags,) if isinstance(tags, str) else tags or (),
        record.patch_path,
        record.version,
        record.latest_version,
        record.access,
        code is not None and kind != "seed" and (not code or code.isspace()),
        record.test_metadata,
        record.attached_node,
        record.source_name,
        kind == "source" and _has_freshness(record.freshness),
        checksum.checksum if isinstance(checksum, _Checksum) else checksum,
        _relation(record) if kind in _TABLES else None,
    )


_TABLES: Final = frozenset(("model", "seed", "snapshot", "source"))


def _relation(record: _Record) -> tuple[str, str, str] | None:
    """Return the name that the record's table has in the warehouse, if it has one there."""
    identifier = record.identifier if record.resource_type == "source" else record.alias
    if not identifier or record.config.materialized == "ephemeral":
        return None
    return (record.database or "", record.schema or "", identifier)


def _has_freshness(freshness: _Freshness | None) -> bool:
    """Whether `dbt source freshness` would look at the source: some limit is set."""
    limits = (freshness.warn_after, freshness.error_after) if freshness else ()
    return any(limit and limit.count is not None and limit.period for limit in limits)
