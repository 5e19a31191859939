"""Cut a manifest down to what is committed: equal projects give equal bytes, on any machine."""

from __future__ import annotations

import json
from typing import Any

MAPS = ("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries")
MAPS += ("unit_tests", "functions")
NODE_KEYS = (
    "access",
    "attached_node",
    "checksum",
    "config",
    "fqn",
    "freshness",
    "latest_version",
    "name",
    "original_file_path",
    "package_name",
    "patch_path",
    "raw_code",
    "resource_type",
    "source_name",
    "tags",
    "test_metadata",
    "unique_id",
    "version",
)
CONFIG_KEYS = ("enabled", "group", "materialized", "meta", "severity", "store_failures", "tags")
METADATA_KEYS = ("adapter_type", "dbt_schema_version", "dbt_version", "project_name")


def trimmed(manifest: dict[str, Any]) -> str:
    """Return the JSON text of a manifest with nothing in it but what selection looks at."""
    kept: dict[str, Any] = {
        "metadata": {key: manifest["metadata"][key] for key in METADATA_KEYS},
        "disabled": {key: [] for key in manifest["disabled"]},
        "selectors": manifest["selectors"],
        **{name: {key: _node(node) for key, node in manifest[name].items()} for name in MAPS},
    }
    return json.dumps(kept, indent=1, sort_keys=True) + "\n"


def _node(node: dict[str, Any]) -> dict[str, Any]:
    small = {key: node[key] for key in NODE_KEYS if node.get(key) not in (None, [], {})}
    small["config"] = {key: node["config"][key] for key in CONFIG_KEYS if key in node["config"]}
    small["depends_on"] = {"nodes": node.get("depends_on", {}).get("nodes", [])}
    return small
