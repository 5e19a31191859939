"""The selection methods: a table from dbt's word to the resources it finds.

Each row answers one criterion's value, without graph operators and without tests that come along.
What a method cannot see (sources by fqn, exposures by config) is dbt's doing, and kept. To add a
method: write the function, add the row and the name in `syntax.METHODS`, and write its cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from dagwright.project import UniqueId
from dagwright.select.configs import by_config
from dagwright.select.index import Index
from dagwright.select.paths import fault_of, folders_of
from dagwright.select.refusal import value_refused
from dagwright.select.spec import Criterion
from dagwright.select.versions import by_version
from dagwright.select.wild import matcher, values_of

Method = Callable[[Index, Criterion], set[UniqueId]]

RESOURCE_TYPES: Final = (
    "analysis",
    "doc",
    "exposure",
    "fixture",
    "function",
    "group",
    "macro",
    "metric",
    "model",
    "operation",
    "rpc",
    "saved_query",
    "seed",
    "semantic_model",
    "snapshot",
    "source",
    "sql_operation",
    "test",
    "unit_test",
)
"""dbt's NodeType: what `resource_type:` takes, though some are never selected."""

_PATH_FAULTS: Final = MappingProxyType(
    {
        "empty": "it names no file or folder",
        "absolute": "paths are relative to the project's folder",
        "stars": "'**' must stand alone between slashes",
    }
)


def by_fqn(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`fqn:staging.stg_orders`, and any word without a colon: a name, a folder or a package."""
    if criterion.value == "*":
        return set(index.members.difference(index.by_type.get("source", ())))
    return index.fqns.search(criterion.value)


def by_tag(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`tag:nightly`: carries the tag itself; a test does not have its model's."""
    return values_of(index.by_tag, criterion.value)


def by_package(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`package:dbt_utils`, or `package:this` for the root project."""
    this = index.metadata.project_name
    wanted = this if criterion.value == "this" and this is not None else criterion.value
    return values_of(index.by_package, wanted)


def by_file(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`file:orders.sql` or `file:orders`; tests and sources are in their YAML file."""
    fits = matcher(criterion.value)
    found: set[UniqueId] = set()
    for path, ids in index.by_path.items():
        name = path.rpartition("/")[2]
        if fits(name) or fits(PurePosixPath(name).stem):
            found.update(ids)
    return found


def by_path(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`path:models/staging`: in that folder or file, or described by that YAML file."""
    if fault := fault_of(criterion.value):
        raise value_refused(criterion, _PATH_FAULTS[fault])
    matched = index.tree.glob(criterion.value)
    if not matched:
        return set()
    found = {one for path in matched for one in index.by_patch_path.get(path, ())}
    for path, ids in index.by_path.items():
        if path in matched or any(above in matched for above in folders_of(path)):
            found.update(ids)
    return found


def by_source(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`source:raw`, `source:raw.orders` or `source:package.raw.orders`."""
    parts = criterion.value.split(".")
    if len(parts) > 3:
        raise value_refused(
            criterion, "a source is `source`, `source.table` or `package.source.table`"
        )
    source, table = (parts[0], "*") if len(parts) == 1 else parts[-2:]
    package = parts[0] if len(parts) == 3 else "*"
    in_package, in_source, is_table = matcher(package), matcher(source), matcher(table)
    resources = index.resources
    return {
        one
        for one in index.of_types("source")
        if in_package(resources[one].package_name)
        and in_source(resources[one].source_name or "")
        and is_table(resources[one].name)
    }


def _named(resource_type: str) -> Method:
    """Return the method for a type that is found by `name` or `package.name`."""

    def by_name(index: Index, criterion: Criterion) -> set[UniqueId]:
        parts = criterion.value.split(".")
        if len(parts) > 2:
            raise value_refused(criterion, "it is `name` or `package.name`, and a name has no dot")
        in_package = matcher(parts[0] if len(parts) == 2 else "*")
        is_name = matcher(parts[-1])
        resources = index.resources
        return {
            one
            for one in index.of_types(resource_type)
            if in_package(resources[one].package_name) and is_name(resources[one].name)
        }

    return by_name


def by_group(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`group:finance`: nodes and metrics whose config says so; a test's group is its model's."""
    fits = matcher(criterion.value)
    candidates = [*index.nodes(), *index.of_types("metric")]
    return {
        one for one in candidates if (group := index.resources[one].config.group) and fits(group)
    }


def by_access(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`access:public`: models alone, no wildcard; an unknown word matches nothing."""
    return {
        one for one in index.of_types("model") if index.resources[one].access == criterion.value
    }


def by_resource_type(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`resource_type:model`: one of dbt's types, spelled as dbt does."""
    if criterion.value not in RESOURCE_TYPES:
        raise value_refused(criterion, f"types are {', '.join(RESOURCE_TYPES)}", RESOURCE_TYPES)
    return set(index.by_type.get(criterion.value, ()))


def by_test_name(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`test_name:not_null`: the generic test's macro, or the unit test's own name."""
    fits = matcher(criterion.value)
    resources = index.resources
    return {
        one
        for one in index.of_types("test")
        if (test := resources[one].test_metadata) and fits(test.name)
    } | {one for one in index.of_types("unit_test") if fits(resources[one].name)}


def by_test_type(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`test_type:generic`, `singular`, `data` (both of these) or `unit`.

    dbt asks `value in "data"`, and so on, so that any piece of these words will do.
    """
    value = criterion.value
    tests, resources = index.of_types("test"), index.resources
    if value in {"generic", "schema"}:
        return {one for one in tests if resources[one].test_metadata}
    if value in "data":
        return set(tests)
    if value in "singular":
        return {one for one in tests if not resources[one].test_metadata}
    if value in "unit":
        return set(index.of_types("unit_test"))
    kinds = ("generic", "singular", "data", "unit")
    raise value_refused(criterion, f"types of test are {', '.join(kinds)}", kinds)


BY_PROJECT: Final[Mapping[str, Method]] = MappingProxyType(
    {
        "access": by_access,
        "config": by_config,
        "exposure": _named("exposure"),
        "file": by_file,
        "fqn": by_fqn,
        "group": by_group,
        "metric": _named("metric"),
        "package": by_package,
        "path": by_path,
        "resource_type": by_resource_type,
        "saved_query": _named("saved_query"),
        "semantic_model": _named("semantic_model"),
        "source": by_source,
        "tag": by_tag,
        "test_name": by_test_name,
        "test_type": by_test_type,
        "unit_test": _named("unit_test"),
        "version": by_version,
    }
)
"""The methods that need nothing but the project; the others are in `evaluate`."""
