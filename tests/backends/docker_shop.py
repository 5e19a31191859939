"""The sample shop, deployed beside an Airflow that runs it in containers of a real Docker."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
from click.testing import CliRunner

from airflow_home import AirflowHome
from canary import CANARY, VARIABLE
from dag_runs import connections
from dagwright.cli import program
from docker_daemon import Daemon

DAG: Final = "shop_in_docker"
INSIDE: Final = "/dbt/the-shop"
KNOWN: Final = connections(warehouse={"conn_type": "generic", "password": CANARY})
LOADER: Final = "# airflow dag\nfrom dagwright_airflow import load_dags\nload_dags(__file__)\n"


@dataclass(frozen=True, slots=True)
class DockerShop:
    """A copy of the shop in `folder`, mounted at INSIDE in every container, and its DAG."""

    home: AirflowHome
    daemon: Daemon
    folder: Path

    def compile(
        self, select: list[str], *, environment: str = "", sources: str = "none", **execute: Any
    ) -> str:
        """Compile the spec of some of the shop; return the artifact's text."""
        spec = self.home.dags / "docker.dagwright.yaml"
        made = self.spec(select, execute)
        made["render"]["sources"] = sources
        spec.write_text(json.dumps(made), encoding="utf-8")
        chosen = ["--environment", environment] if environment else []
        done = CliRunner().invoke(program, ["compile", str(spec), *chosen])
        assert done.exit_code == 0, done.output
        (self.home.dags / "dbt.py").write_text(LOADER, encoding="utf-8")
        return (self.home.dags / f"compiled/{DAG}.dag.json").read_text(encoding="utf-8")

    def spec(self, select: list[str], execute: Mapping[str, Any]) -> dict[str, Any]:
        """Return the spec as data, which is YAML too."""
        local = {
            "mode": "local",
            "invocation": "dbt_runner",
            "project_dir": "../shop",
            "profile": {"target": "dev", "profiles_dir": "../shop"},
            "env": {VARIABLE: "none"},
        }
        return {
            "version": 1,
            "dag": {"id": DAG, "schedule": None, "max_active_tasks": 1},
            "render": {"project_dir": "../shop", "select": select, "tests": "build"},
            "execute": {**self.block(), **execute},
            "environments": {"local": {"execute": local}},
        }

    def block(self) -> dict[str, Any]:
        """Return `execute` for Docker: paths as in the container, a secret, nothing of DuckDB."""
        return {
            "mode": "docker",
            "image": self.daemon.image,
            "docker_url": self.daemon.url,
            "network": "none",
            "project_dir": INSIDE,
            "profile": {"target": "dev", "profiles_dir": INSIDE},
            "volumes": [{"mount": INSIDE, "host": str(self.folder)}],
            "limits": {"memory": "2Gi"},
            "secrets": {VARIABLE: {"connection": "warehouse"}},
            "vars": {"day": "{{ ds }}"},
            "labels": {"run_of": "{{ dag.dag_id }}"},
        }

    def model(self, name: str, sql: str) -> None:
        """Let a model of the staging folder be `sql`, in the project alone."""
        (self.folder / f"models/staging/{name}.sql").write_text(sql, encoding="utf-8")

    def rows(self) -> dict[str, list[Any]]:
        """Return the rows of every table and view by name, without what dbt stamps on them."""
        with duckdb.connect(str(self.folder / "shop.duckdb"), read_only=True) as database:
            database.execute("set file_search_path = ?", [str(self.folder)])
            names = database.execute(
                "select table_schema, table_name, list(column_name order by ordinal_position)"
                " from information_schema.columns where not starts_with(column_name, 'dbt_')"
                " group by all"
            ).fetchall()
            return {
                f"{schema}.{name}": sorted(
                    database.execute(
                        f"select {', '.join(columns)} from {schema}.{name}"  # noqa: S608
                    ).fetchall(),
                    key=repr,
                )
                for schema, name, columns in names
            }

    def containers(self) -> list[Any]:
        """Return the containers that there are, running or not."""
        return list(self.daemon.client().containers.list(all=True))


def deployed(configs: Path, home: AirflowHome, daemon: Daemon) -> DockerShop:
    """Return a copy of the parsed shop beside the DAGs of `home`."""
    folder = Path(shutil.copytree(configs / "shop", home.root / "shop"))
    return DockerShop(home, daemon, folder)
