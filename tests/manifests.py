"""Small manifests for tests that need no dbt: what dbt would write, cut down to what is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"


def manifest(lines: str, *, package: str = "shop") -> bytes:
    """Return a manifest.json with a resource a line: `UNIQUE_ID [#TAG]... [<- PARENT]...`.

    A model `model.shop.staging/orders` lies in models/staging/orders.sql.
    """
    nodes: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    unit_tests: dict[str, Any] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        words, _, ups = line.partition("<-")
        path, *rest = words.split()
        parents = [_unique_id(up) for up in ups.replace("<-", " ").split()]
        resource = _resource(path, [word[1:] for word in rest if word.startswith("#")], parents)
        kind = resource["resource_type"]
        place = sources if kind == "source" else unit_tests if kind == "unit_test" else nodes
        place[resource["unique_id"]] = resource
    empty = ("macros", "docs", "exposures", "metrics", "groups", "selectors", "disabled")
    document = {
        "metadata": {
            "dbt_schema_version": SCHEMA,
            "dbt_version": "1.11.16",
            "project_name": package,
            "adapter_type": "duckdb",
        },
        "nodes": nodes,
        "sources": sources,
        "unit_tests": unit_tests,
        **{name: {} for name in empty},
        "parent_map": _parents(nodes, sources, unit_tests),
        "child_map": {},
        "saved_queries": {},
        "semantic_models": {},
    }
    return json.dumps(document).encode()


def _unique_id(path: str) -> str:
    kind, package, rest = path.split(".", 2)
    return f"{kind}.{package}.{rest.rpartition('/')[2]}"


def _resource(path: str, tags: list[str], parents: list[str]) -> dict[str, Any]:
    kind, package, rest = path.split(".", 2)
    folders = rest.split("/")[:-1]
    name = rest.rpartition("/")[2].split(".")[-1 if kind == "source" else 0]
    suffix = {"seed": "csv", "source": "yml", "unit_test": "yml", "test": "sql"}.get(kind, "sql")
    top = {"seed": "seeds", "snapshot": "snapshots", "test": "tests"}.get(kind, "models")
    return {
        "unique_id": _unique_id(path),
        "resource_type": kind,
        "name": name,
        "package_name": package,
        "fqn": [package, *folders, name],
        "original_file_path": "/".join((top, *folders, f"{name}.{suffix}")),
        "path": f"{name}.{suffix}",
        "patch_path": None,
        "tags": tags,
        "config": {"enabled": True, "materialized": "table" if kind == "model" else kind},
        "depends_on": {"nodes": parents, "macros": []},
        "raw_code": "select 1",
        "source_name": rest.split(".")[0] if kind == "source" else "",
    }


def _parents(*maps: Mapping[str, Any]) -> dict[str, Iterable[str]]:
    return {name: node["depends_on"]["nodes"] for one in maps for name, node in one.items()}
