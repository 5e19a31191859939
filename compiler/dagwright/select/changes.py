"""Tell what changed between two manifests, as dbt's `state:` method sees it.

Both manifests are read whole here, as plain JSON: the comparison looks at fields that nothing
else needs. Source: `same_contents` and its parts in dbt's contracts/graph/nodes.py. Not
reproduced: dbt stops with an error when an enforced contract of a versioned model is broken;
here such a model is modified, as it is without a version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec

Record: TypeAlias = Mapping[str, Any]
"""A resource as its manifest has it."""

_Same: TypeAlias = Callable[[Record, Record], bool]

_OWN_COMPARISON: Final = frozenset(
    ("source", "exposure", "metric", "semantic_model", "saved_query", "unit_test")
)
_NEW_IS_SAME: Final = _OWN_COMPARISON - {"unit_test"}
"""Types of which a new one is not `state:modified` to dbt, for all that it is `state:new`."""

_NODE_CONFIG_IGNORED: Final = frozenset(("alias", "schema", "database", "tags", "group"))
_TEST_CONFIG_COMPARED: Final = (
    "severity",
    "where",
    "limit",
    "fail_calc",
    "warn_if",
    "error_if",
    "store_failures",
    "store_failures_as",
)
_SQL_HEADER_COMPARED_FROM: Final = (1, 12, 0)


class Snapshot(msgspec.Struct, gc=False):
    """All records of one manifest."""

    metadata: dict[str, Any] = {}
    nodes: dict[str, dict[str, Any]] = {}
    sources: dict[str, dict[str, Any]] = {}
    exposures: dict[str, dict[str, Any]] = {}
    metrics: dict[str, dict[str, Any]] = {}
    semantic_models: dict[str, dict[str, Any]] = {}
    saved_queries: dict[str, dict[str, Any]] = {}
    unit_tests: dict[str, dict[str, Any]] = {}
    functions: dict[str, dict[str, Any]] = {}
    macros: dict[str, dict[str, Any]] = {}

    def record(self, unique_id: str) -> Record | None:
        """Return the resource of that id, of any type but macros."""
        for records in (
            self.nodes,
            self.sources,
            self.exposures,
            self.metrics,
            self.semantic_models,
            self.unit_tests,
            self.saved_queries,
            self.functions,
        ):
            if unique_id in records:
                return records[unique_id]
        return None


class Changes:
    """The differences between an older manifest and the one at hand."""

    def __init__(self, old: Snapshot, new: Snapshot, release: tuple[int, int, int]) -> None:
        """Compare nothing yet; `release` is the dbt that would compare."""
        self._old = old
        self._new = new
        extra = ("sql_header",) if release >= _SQL_HEADER_COMPARED_FROM else ()
        self._test_keys = (*_TEST_CONFIG_COMPARED, *extra)

    def holds(self, question: str, unique_id: str) -> bool:
        """Return the answer to a key of `QUESTIONS` about a resource of the newer manifest."""
        new, old = self._new.record(unique_id), self._old.record(unique_id)
        return new is not None and QUESTIONS[question](self, old, new)

    @cached_property
    def _changed_macros(self) -> frozenset[str]:
        """Macros that are new, gone, or written differently."""
        old, new = self._old.macros, self._new.macros
        return frozenset(
            name
            for name in {*old, *new}
            if name not in old
            or name not in new
            or old[name].get("macro_sql") != new[name].get("macro_sql")
        )

    def macros(self, _: Record | None, new: Record) -> bool:
        """Whether a macro that the resource calls, directly or through others, has changed."""
        changed = self._changed_macros
        pending = list(_macros_of(new)) if changed else []
        seen: set[str] = set()
        while pending:
            name = pending.pop()
            if name in changed:
                return True
            if name not in seen:
                seen.add(name)
                pending += _macros_of(self._new.macros.get(name, {}))
        return False

    def modified(self, old: Record | None, new: Record) -> bool:
        """Whether anything changed that dbt counts."""
        kind = new["resource_type"]
        if old is None:
            same = kind in _NEW_IS_SAME
        elif kind in _OWN_COMPARISON:
            same = all(part(old, new) for part in _PARTS[kind])
        else:
            same = self._same_node(old, new)
        contract = old is not None and not _same_contract(old, new)
        return not same or self.macros(old, new) or contract

    def body(self, old: Record | None, new: Record) -> bool:
        """Whether the SQL of a node, or the file of a seed, changed."""
        return _is_node(new) and (old is None or not _same_body(old, new))

    def configs(self, old: Record | None, new: Record) -> bool:
        """Whether the config as it was written changed, but for names, tags and group."""
        if new["resource_type"] == "unit_test":
            return False
        return old is None or not self._same_config(old, new)

    def descriptions(self, old: Record | None, new: Record) -> bool:
        """Whether a description changed that is written to the warehouse."""
        return _is_node(new) and (old is None or not _same_descriptions(old, new))

    def relation(self, old: Record | None, new: Record) -> bool:
        """Whether the database, schema or name that was configured changed."""
        if new["resource_type"] == "source":
            return old is None or not _same_source_relation(old, new)
        return _is_node(new) and (old is None or not _same_relation(old, new))

    def contract(self, old: Record | None, new: Record) -> bool:
        """Whether an enforced contract is new or changed."""
        return _is_node(new) and (old is None or not _same_contract(old, new))

    def _same_node(self, old: Record, new: Record) -> bool:
        same = self._same_config(old, new) and _equal("fqn")(old, new)
        if new["resource_type"] == "test" and new.get("test_metadata"):
            return same
        same = (
            same
            and _same_body(old, new)
            and _same_descriptions(old, new)
            and _same_relation(old, new)
        )
        return same and all(part(old, new) for part in _PARTS.get(new["resource_type"], ()))

    def _same_config(self, old: Record, new: Record) -> bool:
        kind = new["resource_type"]
        if kind in {"semantic_model", "saved_query"}:
            return _equal("config")(old, new)
        before, now = old.get("unrendered_config") or {}, new.get("unrendered_config") or {}
        if kind == "test":
            return all(_same_key(before, now, key) for key in self._test_keys)
        ignored = _NODE_CONFIG_IGNORED if _is_node(new) else frozenset[str]()
        if kind == "metric":
            ignored = frozenset(("group",))
        return all(_same_key(before, now, key) for key in {*before, *now} - ignored)


_ABSENT: Final = object()


def _same_key(before: Record, now: Record, key: str) -> bool:
    return bool(before.get(key, _ABSENT) == now.get(key, _ABSENT))


def _macros_of(record: Record) -> list[str]:
    macros: list[str] = (record.get("depends_on") or {}).get("macros") or []
    return macros


def _is_node(record: Record) -> bool:
    return record["resource_type"] not in _OWN_COMPARISON


def _equal(*keys: str) -> _Same:
    """Return a comparison of what lies at `keys`, one inside the other."""

    def same(old: Record, new: Record) -> bool:
        before: Any = old
        now: Any = new
        for key in keys:
            before, now = (before or {}).get(key), (now or {}).get(key)
        return bool(before == now)

    return same


def _same_body(old: Record, new: Record) -> bool:
    if new["resource_type"] != "seed":
        return _equal("raw_code")(old, new)
    return new["checksum"]["name"] != "none" and _equal("checksum")(old, new)


def _same_descriptions(old: Record, new: Record) -> bool:
    persisted = (new.get("config") or {}).get("persist_docs") or {}
    if persisted.get("relation") and not _equal("description")(old, new):
        return False
    return not persisted.get("columns") or _columns(old) == _columns(new)


def _columns(record: Record) -> dict[str, Any]:
    columns = record.get("columns") or {}
    return {name: column.get("description") for name, column in columns.items()}


def _same_relation(old: Record, new: Record) -> bool:
    return all(
        _equal("unrendered_config", key)(old, new) for key in ("database", "schema", "alias")
    )


def _same_source_relation(old: Record, new: Record) -> bool:
    """Whether a source lies where it did, as rendered: dbt's default, whatever a flag says."""
    return all(_equal(key)(old, new) for key in ("database", "schema", "identifier"))


def _same_contract(old: Record, new: Record) -> bool:
    """Whether nothing enforced changed; only models have contracts."""
    if new["resource_type"] != "model" or old["resource_type"] != "model":
        return True
    before, now = old.get("contract") or {}, new.get("contract") or {}
    if not before.get("enforced"):
        return not now.get("enforced")
    return bool(now.get("enforced")) and _same_key(before, now, "checksum")


def _same_written_config(old: Record, new: Record) -> bool:
    return _equal("unrendered_config")(old, new)


def _same_metric_config(old: Record, new: Record) -> bool:
    before, now = old.get("unrendered_config") or {}, new.get("unrendered_config") or {}
    return all(_same_key(before, now, key) for key in {*before, *now} - {"group"})


def _same_readings(old: Record, new: Record) -> bool:
    return set(old["depends_on"]["nodes"]) == set(new["depends_on"]["nodes"])


def _same_exports(old: Record, new: Record) -> bool:
    def shape(record: Record) -> list[tuple[Any, ...]]:
        return [
            (export["name"], *(written.get(key) for key in ("export_as", "schema", "alias")))
            for export in record.get("exports") or ()
            for written in (export.get("unrendered_config") or {},)
        ]

    return shape(old) == shape(new)


_PARTS: Final[Mapping[str, tuple[_Same, ...]]] = MappingProxyType(
    {
        "model": (
            _same_contract,
            *map(_equal, ("latest_version", "access", "deprecation_date")),
        ),
        "function": tuple(map(_equal, ("arguments", "returns", "overloads"))),
        "unit_test": (_equal("checksum"),),
        "source": (
            _same_source_relation,
            _same_written_config,
            *map(_equal, ("fqn", "quoting", "freshness", "loaded_at_field", "external")),
        ),
        "exposure": (
            _same_readings,
            _same_written_config,
            *map(_equal, ("fqn", "type", "owner", "maturity", "url", "description", "label")),
        ),
        "metric": (_same_metric_config, *map(_equal, ("type", "description", "label"))),
        "semantic_model": tuple(
            map(
                _equal,
                (
                    "model",
                    "description",
                    "defaults",
                    "entities",
                    "dimensions",
                    "measures",
                    "config",
                    "primary_entity",
                    "group",
                ),
            )
        ),
        "saved_query": (
            _same_exports,
            *(_equal("query_params", key) for key in ("metrics", "group_by", "where")),
            *map(_equal, ("description", "label", "config", "group", "tags")),
        ),
    }
)
"""Resource type -> what must be equal, beside the SQL, config and place of every node."""

QUESTIONS: Final[Mapping[str, Callable[[Changes, Record | None, Record], bool]]] = (
    MappingProxyType(
        {
            "new": lambda _, old, __: old is None,
            "old": lambda _, old, __: old is not None,
            "modified": Changes.modified,
            "unmodified": lambda changes, old, new: not changes.modified(old, new),
            "modified.body": Changes.body,
            "modified.configs": Changes.configs,
            "modified.persisted_descriptions": Changes.descriptions,
            "modified.relation": Changes.relation,
            "modified.macros": Changes.macros,
            "modified.contract": Changes.contract,
        }
    )
)
"""What follows `state:`."""
