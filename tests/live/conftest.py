"""What tests against a live Airflow share: one PostgreSQL and one Airflow a session.

`postgres` and `live_airflow` are for everybody; a test makes databases, folders and connections
of its own in them. A test that kills programs of Airflow starts an Airflow of its own by
`live.server.running_airflow`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from live.postgres import Postgres, running_postgres
from live.server import LiveAirflow, running_airflow


@pytest.hookimpl(tryfirst=True)  # Before xdist reads the groups.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give all tests of this folder to one worker, since they share one Airflow."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("live"))
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that holds Airflow's metadata and is the warehouse of dbt."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def live_airflow(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveAirflow]:
    """A whole Airflow with LocalExecutor; connections are added through its API."""
    root = tmp_path_factory.mktemp("live") / "airflow"
    with running_airflow(postgres, root) as airflow:
        yield airflow
