"""The tables of the sample shop in DuckDB, so that those of two runs can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb


def comparable(rows: Iterable[Iterable[Any]]) -> list[Any]:
    """Return `rows` sorted; numbers that are equal look equal, whichever database gave them."""
    return sorted(
        (tuple(float(v) if hasattr(v, "as_tuple") else v for v in row) for row in rows), key=repr
    )


def tables_in_duckdb(database: Path, project: Path) -> dict[str, list[Any]]:
    """Return the rows of every table and view in the file `database`, by name, sorted.

    Views look for the suppliers' files in the folder `project`.
    """
    with closing(duckdb.connect(str(database), read_only=True)) as warehouse:
        warehouse.execute("set file_search_path = ?", [str(project)])
        made = warehouse.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        return {
            f"{schema}.{name}": comparable(
                warehouse.execute(f'select * from "{schema}"."{name}"').fetchall()  # noqa: S608
            )
            for schema, name in made
        }
