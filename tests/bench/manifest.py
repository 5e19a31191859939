"""The bench's DAG as a dbt project: a manifest.json about as large as dbt would write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shape import Model, models

SQL = (
    "select\n"
    + "\n".join(f"    column_{n}," for n in range(30))
    + "\n    1 as last\nfrom source\n"
)
COLUMNS = {
    f"column_{n}": {"name": f"column_{n}", "description": f"What column {n} means.", "meta": {}}
    for n in range(6)
}


def write(folder: Path, count: int) -> Path:
    """Return the manifest of a project with `count` models, written to `folder`/target."""
    nodes: dict[str, Any] = {}
    for model in models(count):
        unique_id = f"model.shop.{model.name}"
        nodes[unique_id] = _model(model, unique_id)
        for kind in ("not_null", "unique") if model.tested else ():
            name = f"{kind}_{model.name}_id"
            nodes[f"test.shop.{name}.0123456789"] = _test(model, kind, name)
    empty = ("sources", "macros", "docs", "exposures", "metrics", "groups", "selectors")
    document = {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "dbt_version": "1.11.16",
            "project_name": "shop",
            "adapter_type": "duckdb",
        },
        "nodes": nodes,
        **{name: {} for name in empty},
        "disabled": {},
        "unit_tests": {},
        "saved_queries": {},
        "semantic_models": {},
        "parent_map": {name: node["depends_on"]["nodes"] for name, node in nodes.items()},
        "child_map": {},
    }
    path = folder / "target" / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def _model(model: Model, unique_id: str) -> dict[str, Any]:
    path = f"{model.folder}/{model.name}.sql"
    return {
        **_node(unique_id, model.name, "model", ["shop", model.folder, model.name]),
        "path": path,
        "original_file_path": f"models/{path}",
        "raw_code": SQL,
        "columns": COLUMNS,
        "patch_path": f"shop://models/{model.folder}/schema.yml",
        "config": {"enabled": True, "materialized": "table", "tags": [], "meta": {}},
        "depends_on": {
            "nodes": [f"model.shop.model_{number:05d}" for number in model.reads],
            "macros": ["macro.dbt.ref"],
        },
    }


def _test(model: Model, kind: str, name: str) -> dict[str, Any]:
    unique_id = f"model.shop.{model.name}"
    return {
        **_node(f"test.shop.{name}.0123456789", name, "test", ["shop", model.folder, name]),
        "path": f"{name}.sql",
        "original_file_path": f"models/{model.folder}/schema.yml",
        "raw_code": f"{{{{ test_{kind}(**_dbt_generic_test_kwargs) }}}}",
        "config": {"enabled": True, "materialized": "test", "severity": "ERROR", "tags": []},
        "depends_on": {"nodes": [unique_id], "macros": [f"macro.dbt.test_{kind}"]},
        "test_metadata": {"name": kind, "namespace": None, "kwargs": {"column_name": "id"}},
        "attached_node": unique_id,
        "column_name": "id",
    }


def _node(unique_id: str, name: str, kind: str, fqn: list[str]) -> dict[str, Any]:
    return {
        "unique_id": unique_id,
        "name": name,
        "alias": name,
        "resource_type": kind,
        "package_name": "shop",
        "database": "shop",
        "schema": "main",
        "fqn": fqn,
        "tags": [],
        "meta": {},
        "description": "",
        "checksum": {"name": "sha256", "checksum": "0" * 64},
    }
