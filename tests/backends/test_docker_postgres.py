"""The shop in containers of a real Docker, on the real PostgreSQL of an Airflow connection."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from canary import places_with
from dag_runs import connections, run_dag
from docker_daemon import MUST
from docker_shop import DAG, INSIDE, DockerShop, deployed
from live.shop_in_postgres import (
    Shop,
    connection,
    dbt,
    output,
    shop_in_duckdb,
    shop_in_postgres,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.xdist_group("docker"),
    pytest.mark.skipif(not MUST, reason="takes minutes: `make test-docker`"),
]

SELECT = ["+fct_orders", "+order_margins"]
SECRETS = {
    "DBT_ENV_SECRET_SHOP": {"connection": "shop_db"},
    "SHOP_PORT": {"connection": "shop_db", "field": "port"},
}


@pytest.fixture
def in_postgres(postgres, tmp_path) -> Shop:
    """The project, parsed; where it builds is in the environment alone, but for names."""
    made = shop_in_postgres(postgres, tmp_path / "shop", "in_docker")
    known = {**output(postgres, made.database), "port": "{{ env_var('SHOP_PORT') | int }}"}
    profile = {"shop": {"target": "warehouse", "outputs": {"warehouse": known}}}
    (made.folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")
    secret = {"DBT_ENV_SECRET_SHOP": postgres.password, "SHOP_PORT": str(postgres.port)}
    dbt(made.folder, "parse", **secret)
    return made


@pytest.fixture
def shop(in_postgres, configs, airflow_home, daemon) -> DockerShop:
    """What compiles the spec of the same folder."""
    return replace(deployed(configs, airflow_home, daemon), folder=in_postgres.folder)


def test_the_tables_are_those_of_duckdb(shop, in_postgres, tmp_path) -> None:
    """The way to the database is the host's network, and its password is shown nowhere."""
    place = {
        "network": "host",
        "profile": {"profiles_dir": INSIDE},
        "secrets": SECRETS,
        "test_indirect_selection": "cautious",
    }
    text = shop.compile(SELECT, **place)
    known = connections(shop_db=connection(in_postgres))
    run = run_dag(shop.home, DAG, **known)
    assert set(run.states.values()) == {"success"}, run.output[-5000:]
    assert set(run.states) == {task["id"] for task in json.loads(text)["tasks"]}
    tables = in_postgres.tables()
    assert len(tables) > 8
    words = ("--select", *SELECT, "--indirect-selection", "cautious")
    assert tables == shop_in_duckdb(tmp_path / "duck", *words)
    assert places_with(in_postgres.postgres.password, shop.home, text, run) == set()
    assert in_postgres.sessions() == []
    assert shop.containers() == []
