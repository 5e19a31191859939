"""From dbt's compiled SELECT and what stands in the warehouse to the statements of one task.

Knows neither Airflow nor a warehouse: both the statements and what may be dropped are data of the
artifact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

DROP: Final = "{drop}"
"""Where a statement goes that drops what is in the way."""

_SLOT: Final = re.compile(r"\{(relation|temporary|name|sql)\}")
_DISPATCHED: Final = re.compile(r"^[a-z0-9]+__(?=\w)")
MATERIALIZES: Final = re.compile(r"^materialization_(?:table|view)_")
"""Matches the names of macros by which dbt makes a table or a view."""

_LINES_OF_AN_ERROR: Final = 6


class UnsafeError(Exception):
    """The statement would not do what dbt would; the message says why."""


def statements(
    wanted: str, found: Mapping[str, Any], sql: str, rules: Mapping[str, Any]
) -> list[str]:
    """Return the statements that make `wanted` ("table" or "view") of `sql`.

    Args:
        wanted: the model's materialization.
        found: what dbt said of the relation: its `relation`, `temporary` and `name`, the `type`
            of what is there now, if anything is, and whether that is `replaceable`.
        sql: the model's SELECT.
        rules: `statements` by materialization, and `drops` by materialization and type.

    Raises:
        UnsafeError: what is there now is in the way, and dropping it is for dbt.

    Example:
        >>> rules = {"statements": {"view": ["{drop}", "create view {relation} as {sql}"]},
        ...          "drops": {"view": {"table": "drop table {relation}"}}}
        >>> found = {"relation": "a.b", "temporary": "a.t", "name": "b", "type": "table"}
        >>> statements("view", found, "select '{name}'", rules)
        ['drop table a.b', "create view a.b as select '{name}'"]
    """
    there = found["type"]
    in_the_way = there is not None and not (there == wanted and found.get("replaceable"))
    lines = []
    if in_the_way and (drop := rules["drops"][wanted].get(there)) is None:
        raise UnsafeError(
            f"{found['relation']} is a {there} in the warehouse, which a statement does not turn "
            f"into a {wanted}. Let dbt do it once (it may need --full-refresh), or drop it."
        )
    for line in rules["statements"][wanted]:
        if line != DROP:
            lines.append(line)
        elif in_the_way:
            lines.append(drop)
    values = {**found, "sql": sql.strip()}
    return [_SLOT.sub(lambda slot: str(values[slot[1]]), line) for line in lines]


def doubt(
    node: Mapping[str, Any],
    materialized: str,
    plain: Collection[str],
    plain_of_columns: Collection[str],
) -> str | None:
    """Return why the model as this worker's project has it is not what was compiled for.

    The compiler read a manifest; a worker's target, variables and files may say otherwise.
    """
    config = node.get("config", {})
    if config.get("materialized") != materialized:
        return f"it is `{config.get('materialized')}` here, and was `{materialized}`"
    if loud := _loud(plain, config):
        return f"its config has {', '.join(map(repr, loud))} here"
    if node.get("language", "sql") != "sql":
        return f"it is written in {node['language']} here"
    if node.get("constraints"):
        return "it has constraints here"
    for name, column in node.get("columns", {}).items():
        if loud := _loud(plain_of_columns, column, column.get("config") or {}):
            return f"its column {name} has {', '.join(map(repr, loud))} here"
    return None


def doubt_of_place(node: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """Return why dbt would not make the same, or not in the same place, by what it said itself."""
    if found.get("otherwise"):
        return "a flag of this project has dbt make it otherwise"
    named = node.get("relation_name")
    if named in (None, found["relation"]):
        return None
    return f"others read it as {named}, and it would be made as {found['relation']}"


def doubt_of_all(
    manifest: Mapping[str, Any], guarded: Collection[str], packages: Collection[str]
) -> str | None:
    """Return why nothing of this worker's project may be a statement, if so."""
    adapter = manifest.get("metadata", {}).get("adapter_type")
    if adapter is not None and f"dbt_{adapter}" not in packages:
        return f"dbt runs on {adapter} here"
    for name, node in manifest.get("nodes", {}).items():
        if node.get("resource_type") == "operation":
            return f"dbt runs the hook {name} around every command"
    for macro in manifest.get("macros", {}).values():
        if macro["package_name"] in packages:
            continue
        if bare(macro["name"]) in guarded or MATERIALIZES.match(macro["name"]):
            return f"the macro {macro['package_name']}.{macro['name']} takes the place of dbt's"
    return None


def uncompiled(
    said: str, nodes: Mapping[str, Mapping[str, Any]], models: Collection[str]
) -> dict[str, str]:
    """Return which of `models` do not compile by what dbt said at last, each with its words.

    An ephemeral model that does not compile takes along those that are built from it.
    """
    lines = [line.strip() for line in said.splitlines()]
    at = next((number for number, line in enumerate(lines) if " in model " in line), len(lines))
    words = " ".join(lines[at : at + _LINES_OF_AN_ERROR])
    culprits = {
        name
        for name, node in nodes.items()
        if f" in model {node['name']} ({node['original_file_path']})" in words
    }

    def holds(name: str) -> bool:
        node = nodes.get(name, {})
        return name in culprits or any(
            holds(up)
            for up in node.get("depends_on", {}).get("nodes", ())
            if nodes.get(up, {}).get("config", {}).get("materialized") == "ephemeral"
        )

    return {name: f"dbt does not compile it: {words}" for name in sorted(models) if holds(name)}


def sampled(environment: Mapping[str, str]) -> str | None:
    """Return the variable that has `dbt run`, and no other command, read a part of the data.

    Example:
        >>> sampled({"DBT_SAMPLE": ""}), sampled({"DBT_ENGINE_SAMPLE": "1 day"})
        (None, 'DBT_ENGINE_SAMPLE')
    """
    names = ("SAMPLE", "EVENT_TIME_START", "EVENT_TIME_END")
    known = (f"{prefix}{name}" for prefix in ("DBT_", "DBT_ENGINE_") for name in names)
    return next((name for name in known if environment.get(name)), None)


def exactly(node: Mapping[str, Any]) -> str:
    """Return the selector of one model of a manifest."""
    path = str(node["original_file_path"])
    return f"fqn:{'.'.join(node['fqn'])},file:{path.rpartition('/')[2]}"


def without_error(flags: Sequence[str], name: str) -> tuple[str, ...]:
    """Return dbt's `flags` without the one kind of warning called `name` among its errors.

    Example:
        >>> without_error(["--quiet", "--warn-error-options", '{"error": ["A", "B"]}'], "A")
        ('--quiet', '--warn-error-options', '{"error": ["B"]}')
    """
    kept = list(flags)
    for place, flag in enumerate(flags[:-1]):
        if flag != "--warn-error-options":
            continue
        options = json.loads(flags[place + 1])
        for key, value in options.items():
            if isinstance(value, list) and key in {"error", "include"}:
                options[key] = [one for one in value if one != name]
        kept[place + 1] = json.dumps(options)
    return tuple(kept)


def bare(macro: str) -> str:
    """Return the name by which a macro is called: without the adapter it is for."""
    return _DISPATCHED.sub("", macro)


def _loud(plain: Collection[str], *stated: Mapping[str, Any]) -> list[str]:
    """Return the keys beside `plain` that say something in any of `stated`, sorted."""
    keys = {key for one in stated for key, value in one.items() if says_something(value)}
    return sorted(keys.difference(plain))


def says_something(value: object) -> bool:
    """Return whether a value in dbt's config is more than the absence of one; `false` is."""
    if isinstance(value, dict) and "enforced" in value:
        return bool(value["enforced"])
    return value is not None and value not in ("", [], {})


_ASKS: Final = """\
{{%- set rows = {{}} -%}}
{{%- for at in {schemas} -%}}
{{%- if not adapter.check_schema_exists(at.database, at.schema) -%}}
{{%- do adapter.create_schema(api.Relation.create(database=at.database, schema=at.schema)) -%}}
{{%- endif -%}}
{{%- endfor -%}}
{{%- for node, at in {places}.items() -%}}
{{%- set old = adapter.get_relation(at.database, at.schema, at.alias) -%}}
{{%- set new = api.Relation.create(database=at.database, schema=at.schema, identifier=at.alias, \
type=at.type) -%}}
{{%- set temporary = api.Relation.create(database=at.database, schema=at.schema, \
identifier=at.alias ~ "__dbt_tmp", type=at.type) -%}}
{{%- do rows.update({{node: {{
  "relation": new.render(), "temporary": temporary.render(),
  "name": new.include(database=false, schema=false).render(),
  "type": none if old is none else old.type | string,
  "replaceable": false if old is none else {replaceable}, "otherwise": {otherwise},
}}}}) -%}}
{{%- endfor -%}}
{{{{ tojson(rows) }}}}
"""


def question(
    nodes: Mapping[str, Mapping[str, Any]], replaceable: str, otherwise: str = "false"
) -> str:
    """Return the Jinja by which dbt makes missing schemas, and tells what is in each place.

    `nodes` are rows of a manifest; `replaceable` is the adapter's own test of `old`, `otherwise`
    that of whether it makes tables as we do at all.
    """
    keys = ("database", "schema", "alias")
    places = {
        name: {**{key: node.get(key) for key in keys}, "type": node["config"]["materialized"]}
        for name, node in nodes.items()
    }
    pairs = dict.fromkeys((at["database"], at["schema"]) for at in places.values())
    schemas = [{"database": database, "schema": schema} for database, schema in pairs]
    return _ASKS.format(
        schemas=_jinja(schemas),
        places=_jinja(places),
        replaceable=f"({replaceable})",
        otherwise=f"({otherwise})",
    )


def _jinja(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return a Jinja literal; a name that is JSON's `null` is `none`."""
    return re.sub(r'(?<=": )null\b', "none", json.dumps(value))
