"""How each warehouse of `airflow_async` makes a table or a view: one row a warehouse.

The statements are those of dbt's own materialization for a model that is configured plainly
(`async_safety` says what that is), as its adapter has them. A warehouse whose adapter does more
than run statements for a materialization has no row for it, and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

DROP: Final = "{drop}"
"""Stands where what is in the way is dropped, if anything is."""


@dataclass(frozen=True, slots=True)
class Warehouse:
    """One warehouse: its adapter, its operator, and its statements.

    In statements `{relation}` is the table's name as dbt writes it, `{temporary}` the one it is
    built under, `{name}` its last part, `{sql}` the model's SELECT. `statements` and `drops` are
    by materialization; `drops` then by the type of what is there now: what is in neither is an
    error of the task, as the warehouse would end in another state than dbt's.
    """

    adapter: str
    packages: tuple[str, ...]
    """The packages of macros that are dbt's own here."""
    kind: str
    connection: str
    arguments: Mapping[str, str]
    """By key of the spec: the operator's argument."""
    statements: Mapping[str, tuple[str, ...]]
    drops: Mapping[str, Mapping[str, str]]
    fixed: Mapping[str, object] = field(default_factory=dict)
    replaceable: str = "true"
    """Jinja, of `old`: whether the statement can take its place, if its type is the same."""
    otherwise: str = "false"
    """Jinja: whether a setting of the worker's project has dbt make tables by other statements."""
    refusals: Mapping[str, str] = field(default_factory=dict)
    """By materialization without statements: why."""
    refreshed: tuple[str, ...] = ()
    """The materializations of which `--full-refresh` drops what is an error without it."""


_VIEW: Final = "drop view if exists {relation}"
_TABLE: Final = "drop table if exists {relation}"

WAREHOUSES: Final[Mapping[str, Warehouse]] = MappingProxyType(
    {
        "bigquery": Warehouse(
            adapter="bigquery",
            packages=("dbt", "dbt_bigquery"),
            kind="async_bigquery",
            connection="gcp_conn_id",
            arguments={
                "project": "project_id",
                "location": "location",
                "poll_interval": "poll_interval",
            },
            statements={
                "table": (DROP, "create or replace table {relation}\nas (\n{sql}\n)"),
                "view": ("create or replace view {relation}\nas {sql}",),
            },
            # A view in the place of a table is an error of dbt's too, without full refresh.
            refreshed=("view",),
            drops={"table": {"view": _VIEW, "table": _TABLE}, "view": {}},
            replaceable="adapter.is_replaceable(old, none, none)",
        ),
        "databricks": Warehouse(
            adapter="databricks",
            packages=("dbt", "dbt_spark", "dbt_databricks"),
            kind="async_databricks",
            connection="databricks_conn_id",
            arguments={"warehouse_id": "warehouse_id", "poll_interval": "polling_period_seconds"},
            otherwise="adapter.behavior.use_materialization_v2",
            # The operator would give up after an hour; `execution_timeout` is for that.
            fixed={"timeout": 7 * 24 * 60 * 60},
            statements={
                "table": ("create or replace table {relation}\nusing delta\nas\n{sql}",),
                "view": ("create or replace view {relation}\nas (\n{sql}\n)",),
            },
            drops={"table": {}, "view": {}},
        ),
        "snowflake": Warehouse(
            adapter="snowflake",
            packages=("dbt", "dbt_snowflake"),
            kind="async_snowflake",
            connection="snowflake_conn_id",
            arguments={
                "virtual_warehouse": "warehouse",
                "role": "role",
                "database": "database",
                "poll_interval": "poll_interval",
            },
            statements={
                "table": (DROP, "create or replace transient table {relation}\nas (\n{sql}\n)"),
                "view": (DROP, "create or replace view {relation}\nas (\n{sql}\n)"),
            },
            drops={"table": {"view": _VIEW}, "view": {"table": _TABLE}},
        ),
        "redshift": Warehouse(
            adapter="redshift",
            packages=("dbt", "dbt_postgres", "dbt_redshift"),
            kind="async_redshift",
            connection="aws_conn_id",
            arguments={
                "database": "database",
                "cluster": "cluster_identifier",
                "workgroup": "workgroup_name",
                "database_user": "db_user",
                "secret_arn": "secret_arn",
                "region": "region_name",
                "poll_interval": "poll_interval",
            },
            # One transaction. What depends on the old table goes with it, as with dbt.
            statements={
                "table": (
                    "drop table if exists {temporary} cascade",
                    "create table {temporary}\nas (\n{sql}\n)",
                    DROP,
                    "alter table {temporary} rename to {name}",
                ),
                "view": (DROP, "create view {relation}\nas (\n{sql}\n)"),
            },
            drops={
                name: {"view": f"{_VIEW} cascade", "table": f"{_TABLE} cascade"}
                for name in ("table", "view")
            },
            replaceable="false",
        ),
        "athena": Warehouse(
            adapter="athena",
            packages=("dbt", "dbt_athena"),
            kind="async_athena",
            connection="aws_conn_id",
            arguments={
                "workgroup": "workgroup",
                "output_location": "output_location",
                "region": "region_name",
                "poll_interval": "sleep_time",
            },
            # dbt also forgets what Glue still knows of earlier versions; a statement cannot.
            statements={"view": ("create or replace view {relation}\nas\n{sql}",)},
            drops={"view": {}},
            refusals={
                "table": "dbt-athena itself deletes the old data in S3 and changes Glue's catalog"
            },
        ),
    }
)
"""By `execute.warehouse`."""
