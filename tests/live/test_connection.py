"""dbt on PostgreSQL by an Airflow connection: in each mode of workers, and as OpenLineage sees it.

A task is run by Airflow's own supervisor, without a scheduler.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from airflow_home import AirflowHome
from lineage_events import by_table, told
from live.shop_in_postgres import (
    LOADER,
    Shop,
    connection,
    dbt,
    program,
    shop_in_postgres,
)

pytestmark = [pytest.mark.airflow, pytest.mark.dbt]

SPEC = """\
version: 1
dag: {{id: shop, schedule: null, default_args: {{retries: 0}}}}
render: {{project_dir: {project}, tests: build, select: [raw_orders, stg_orders]}}
execute:
  mode: {mode}
  invocation: {invocation}
  project_dir: {project}
  profile: {{name: shop, target: warehouse, connection: shop_db, type: postgres, schema: main}}
"""
OWN_PYTHON = f"""\
  requirements: [dbt-core=={version("dbt-core")}, dbt-postgres=={version("dbt-postgres")}]
  venv_dir: ../venvs
"""


@pytest.fixture
def shop(postgres, tmp_path: Path) -> Shop:
    made = shop_in_postgres(postgres, tmp_path / "shop", "shop_by_connection")
    dbt(made.folder, "parse", DBT_ENV_SECRET_SHOP=postgres.password)
    (made.folder / "profiles.yml").unlink()  # The connection is all that a task has.
    return made


def deployed(home: AirflowHome, shop: Shop, mode: str, invocation: str) -> AirflowHome:
    """Return an Airflow with the connection to the shop, and the DAG of two of its nodes."""
    spec = SPEC.format(project=shop.folder, mode=mode, invocation=invocation)
    spec += OWN_PYTHON if mode == "virtualenv" else ""
    (home.dags / "shop.dagwright.yaml").write_text(spec, encoding="utf-8")
    program(
        "dagwright", "compile", "shop.dagwright.yaml", "--output", "compiled", folder=home.dags
    )
    (home.dags / "loader.py").write_text(LOADER, encoding="utf-8")
    stated = json.dumps(connection(shop))
    return AirflowHome(home.root, {**home.environment, "AIRFLOW_CONN_SHOP_DB": stated})


@pytest.mark.parametrize(
    ("mode", "invocation"),
    [("local", "dbt_runner"), ("virtualenv", "subprocess"), ("virtualenv", "dbt_runner")],
)
def test_openlineage_names_the_tables_of_the_server_and_no_secret_comes_out(
    airflow_home: AirflowHome, shop: Shop, tmp_path: Path, mode: str, invocation: str
) -> None:
    home = deployed(airflow_home, shop, mode, invocation)
    logs = []
    found = {}
    for task in ("shop.raw_orders.build", "shop.stg_orders.build"):
        log, (found[task],) = told(home, task, tmp_path / f"{task}.events", "shop")
        assert "state: success" in log, log
        assert "(postgres, method password) has by the Airflow connection shop_db: " in log
        logs.append(log)
    assert "Making the virtual environment" in logs[0] or mode == "local"
    assert shop.rows("select count(*) from staging.stg_orders") != [(0,)]

    seed, model = found.values()
    server = f"postgres://{shop.postgres.host}:{shop.postgres.port}"
    named = [*seed["outputs"], *model["inputs"], *model["outputs"]]
    assert {one["namespace"] for one in named} == {server}
    assert list(by_table(seed["outputs"])) == [f"{shop.database}.raw.raw_orders"]
    assert f"{shop.database}.raw.raw_orders" in by_table(model["inputs"])
    assert list(by_table(model["outputs"])) == [f"{shop.database}.staging.stg_orders"]

    secret = shop.postgres.password.encode()
    written = [path for path in tmp_path.rglob("*") if "venvs" not in path.parts]
    shown = {str(path): path.read_bytes() for path in written if path.is_file()}
    shown |= {"log": "".join(logs).encode()}
    assert [place for place, content in shown.items() if secret in content] == []
    assert [place for place, content in shown.items() if shop.database.encode() in content]
    assert shop.sessions() == []
