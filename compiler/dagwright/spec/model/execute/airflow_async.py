"""Mode `airflow_async`: the warehouse works, and no worker waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from dagwright.spec.model.execute.local import LocalKeys
from dagwright.spec.model.execute.part import ExecuteCommon
from dagwright.spec.model.words import Duration, Meaning

Warehouse = Annotated[
    Literal["bigquery", "databricks", "snowflake", "redshift", "athena"],
    Meaning(
        {
            "bigquery": "a query job of BigQuery",
            "databricks": "a statement on a SQL warehouse of Databricks",
            "snowflake": "a statement by Snowflake's SQL API",
            "redshift": "a transaction by the Redshift Data API",
            "athena": "a query of Athena",
        }
    ),
]

KEYS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bigquery": ("project", "location"),
        "databricks": ("warehouse_id",),
        "snowflake": ("virtual_warehouse", "role", "database"),
        "redshift": (
            *("database", "cluster", "workgroup"),
            *("database_user", "secret_arn", "region"),
        ),
        "athena": ("workgroup", "output_location", "region"),
    }
)
"""By warehouse: the keys that only some have, and this one does."""

NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        "databricks": (("warehouse_id",),),
        "redshift": (("database",), ("cluster", "workgroup")),
    }
)
"""By warehouse: groups of keys of which just one must be given."""


class AirflowAsyncKeys(LocalKeys):
    """The keys of `airflow_async`; those of `local` are for what dbt itself runs."""

    warehouse: Warehouse
    """Where the statements run; it must be that of the dbt project."""
    connection: str
    """The Airflow connection to the warehouse."""
    sql_store: str | None = None
    """A folder for compiled SQL, such as `s3://CONNECTION@bucket/sql`; XCom if not given."""
    poll_interval: Duration = 10
    """How long to wait between two questions whether a statement has ended."""
    project: str | None = None
    """BigQuery: the project that pays for the jobs; the connection's if not given."""
    location: str | None = None
    """BigQuery: where the datasets are; BigQuery finds out if not given."""
    warehouse_id: str | None = None
    """Databricks: the id of the SQL warehouse."""
    virtual_warehouse: str | None = None
    """Snowflake: the virtual warehouse; the connection's if not given."""
    role: str | None = None
    """Snowflake: the role; the connection's if not given."""
    database: str | None = None
    """Snowflake and Redshift: the database."""
    cluster: str | None = None
    """Redshift: the cluster, where it is not serverless."""
    workgroup: str | None = None
    """Redshift: the serverless workgroup. Athena: the workgroup."""
    database_user: str | None = None
    """Redshift: the user in the database, for a cluster with temporary credentials."""
    secret_arn: str | None = None
    """Redshift: the secret of AWS that holds the user and the password."""
    region: str | None = None
    """AWS: the region; the connection's if not given."""
    output_location: str | None = None
    """Athena: the folder in S3 for the results of queries; the workgroup's if not given."""


class AirflowAsync(ExecuteCommon, AirflowAsyncKeys):
    """dbt compiles once a run; Airflow submits each statement and defers until it has ended."""

    mode: Literal["airflow_async"]
    """Where dbt runs."""
