"""Where a secret may show up that went through a whole run, and whether it did."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from airflow_home import AirflowHome
from dag_runs import DagRun

CANARY: Final = "canary-4711-of-the-warehouse"
VARIABLE: Final = "SHOP_MARK"
"""The variable that dbt has it in: no name that the compiler takes for a secret."""
_TOLD: Final = f"env_var('{VARIABLE}')"
TELLS_LENGTH: Final = f"{_TOLD} | length"
"""Proves that the secret is there, and does not tell it."""


def told_by_dbt(project: Path, expression: str) -> None:
    """Let every command of the dbt project print `expression` at its end, behind `told: `."""
    path = project / "dbt_project.yml"
    hook = f"""\non-run-end: "{{{{ log('told: ' ~ ({expression}), info=true) }}}}"\n"""
    path.write_text(path.read_text(encoding="utf-8") + hook, encoding="utf-8")


TELLS: Final = f"{TELLS_LENGTH} ~ ' ' ~ {_TOLD}"
"""As a project may do by mistake."""


def places_with(
    secret: str, home: AirflowHome, artifact: str, run: DagRun, wire: Iterable[bytes] = ()
) -> set[str]:
    """Return where `secret` is: of Airflow's database, each table by its name.

    The bytes of the database hold what is deleted, too: what a trigger was given, say. `wire` is
    what was sent to whoever runs containers.
    """
    found = {
        "artifact": secret in artifact,
        "log": secret in run.output,
        "wire": any(secret.encode() in one for one in wire),
        "database": any(
            secret.encode() in path.read_bytes() for path in home.root.glob("airflow.db*")
        ),
    }
    return {place for place, is_in in found.items() if is_in} | tables_with(secret, home)


def tables_with(secret: str, home: AirflowHome) -> set[str]:
    """Return the tables of Airflow's database in which some row holds `secret`."""
    with closing(sqlite3.connect(home.root / "airflow.db")) as database:
        tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        return {
            table
            for (table,) in tables
            if any(
                secret in _text(value)
                for row in database.execute(f'select * from "{table}"')  # noqa: S608 (its own)
                for value in row
            )
        }


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
