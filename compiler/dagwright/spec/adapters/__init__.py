"""The table of dbt adapters: what a profile of each has, and where in a connection it stands.

It is data and nothing else: the compiler copies the rows that a spec needs into the artifact, and
the runtime fills them in.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dagwright.spec.adapters.databases import (
    EXASOL,
    MYSQL,
    ORACLE,
    POSTGRES,
    SQLSERVER,
    TERADATA,
    VERTICA,
)
from dagwright.spec.adapters.engines import CLICKHOUSE, DUCKDB, SPARK, STARROCKS, TRINO
from dagwright.spec.adapters.row import Adapter, Field, Form, Method
from dagwright.spec.adapters.warehouses import ATHENA, BIGQUERY, DATABRICKS, REDSHIFT, SNOWFLAKE

THREADS: Final = Field("threads", ("extra.threads",), "int")
"""What every profile may have, whatever its type."""

ADAPTERS: Final[Mapping[str, Adapter]] = MappingProxyType(
    {
        adapter.type: Adapter(
            adapter.type, adapter.connections, adapter.methods, (*adapter.fields, THREADS)
        )
        for adapter in (
            *(POSTGRES, REDSHIFT, SNOWFLAKE, BIGQUERY, DATABRICKS, TRINO, SPARK, SQLSERVER),
            *(MYSQL, CLICKHOUSE, DUCKDB, ATHENA, VERTICA, ORACLE, EXASOL, TERADATA, STARROCKS),
        )
    }
)
"""By `execute.profile.type`."""

__all__ = ["ADAPTERS", "Adapter", "Field", "Form", "Method"]
