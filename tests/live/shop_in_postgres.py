"""The sample shop on PostgreSQL: a copy of the project, its suppliers' tables, a spec of a DAG.

The shop itself knows DuckDB alone, where the suppliers' files are read as they lie in `drops/`. A
warehouse has them loaded by somebody else, which is done here; the project is not changed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from duckdb_tables import comparable, tables_in_duckdb
from live.postgres import Postgres
from live.server import BIN, LiveAirflow
from shop import CONFIGS, MADE

LOADER: Final = "# airflow dag\nfrom dagwright_airflow import load_dags\nload_dags(__file__)\n"

_SUPPLIERS: Final = {
    "deliveries": "delivery_code text, supplier_code text, product_id int, quantity int,"
    " delivered_at timestamp",
    "price_list": "supplier_code text, product_id int, price_cents int, lead_days int",
}


@dataclass(frozen=True, slots=True)
class Shop:
    """The project in `folder`, and the database that it builds in."""

    postgres: Postgres
    folder: Path
    database: str

    def rows(self, query: str, *values: object) -> list[Any]:
        return self.postgres.rows(query, *values, database=self.database)

    def tables(self) -> dict[str, list[Any]]:
        """Return the rows of every table and view that dbt made, sorted."""
        made = self.rows(
            "select table_schema, table_name from information_schema.tables where table_schema"
            " not in ('pg_catalog', 'information_schema', 'suppliers', 'public')"
        )
        return {
            f"{schema}.{name}": comparable(self.rows(f'select * from "{schema}"."{name}"'))  # noqa: S608
            for schema, name in made
        }

    def sessions(self) -> list[Any]:
        """Return what dbt has open in the database: sessions, and locks of any."""
        return self.rows(
            "select pid, state, query from pg_stat_activity"
            " where datname = %s and pid <> pg_backend_pid()",
            self.database,
        )


def shop_in_duckdb(folder: Path, *words: str) -> dict[str, list[Any]]:
    """Return the tables, as `Shop.tables`, that one `dbt build` with `words` makes in DuckDB."""
    shutil.copytree(CONFIGS / "shop", folder, ignore=MADE)
    dbt(folder, "build", *words)
    return tables_in_duckdb(folder / "shop.duckdb", folder)


def shop_in_postgres(postgres: Postgres, folder: Path, database: str) -> Shop:
    """Return a copy of the shop in `folder`, with the suppliers' tables and no other."""
    shutil.copytree(CONFIGS / "shop", folder, ignore=MADE)
    profile = {
        "shop": {"target": "warehouse", "outputs": {"warehouse": output(postgres, database)}}
    }
    (folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")
    shop = Shop(postgres, folder, postgres.create_database(database))
    with closing(postgres.connect(database)) as session, session.cursor() as cursor:
        cursor.execute("create schema suppliers")
        for table, columns in _SUPPLIERS.items():
            cursor.execute(f"create table suppliers.{table} ({columns})")
            with (folder / f"drops/{table}.csv").open(encoding="utf-8") as rows:
                cursor.copy_expert(f"copy suppliers.{table} from stdin csv header", rows)
    return shop


def output(postgres: Postgres, database: str) -> dict[str, object]:
    """Return where dbt builds, as an output of a profile; the password is in the environment."""
    return {
        "type": "postgres",
        "host": postgres.host,
        "port": postgres.port,
        "user": postgres.user,
        "password": "{{ env_var('DBT_ENV_SECRET_SHOP') }}",
        "dbname": database,
        "schema": "main",
        "threads": 2,
    }


def connection(shop: Shop) -> dict[str, object]:
    """Return the fields of an Airflow connection to the shop's database."""
    return {
        "conn_type": "postgres",
        "host": shop.postgres.host,
        "port": shop.postgres.port,
        "login": shop.postgres.user,
        "password": shop.postgres.password,
        "schema": shop.database,
    }


def dbt(folder: Path, *words: str, **environment: str) -> None:
    """Run dbt in a project; fail with what it printed."""
    told = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "False", **environment}
    program("dbt", *words, "--profiles-dir", str(folder), folder=folder, environment=told)


def program(
    name: str, *words: str, folder: Path, environment: Mapping[str, str] | None = None
) -> str:
    """Return what one of our programs printed, run in `folder`; fail with it where it fails."""
    done = subprocess.run(
        [str(BIN / name), *words],
        cwd=folder,
        env=None if environment is None else dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file below `folder`, with the time of its last change and its content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def bake(folder: Path, profiles: Path | None, **environment: str) -> None:
    """Let dbt parse the project for the tasks of the spec in `folder`.

    By the profile in the folder `profiles`, or else by what Airflow makes of a connection.
    """
    told = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "False", **environment}
    words = ["bake", "--dbt", str(BIN / "dbt")]
    words += [] if profiles is None else ["--profiles-dir", str(profiles)]
    program("dagwright", *words, folder=folder, environment=told)


def deploy(airflow: LiveAirflow, dag: str, spec: str) -> None:
    """Compile a spec, and put it where Airflow finds it."""
    folder = airflow.dags / dag
    folder.mkdir(exist_ok=True)
    (folder / f"{dag}.dagwright.yaml").write_text(spec, encoding="utf-8")
    program("dagwright", "compile", f"{dag}.dagwright.yaml", "--output", "compiled", folder=folder)
    (folder / "loader.py").write_text(LOADER, encoding="utf-8")
