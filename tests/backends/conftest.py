from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from aws_stand_in import Aws
    from azure_stand_in import Azure
    from docker_daemon import Daemon
    from engine import Engine
    from google_stand_in import CloudRun
    from kubernetes_stand_in import KubernetesStandIn
    from live.postgres import Postgres
    from loopback import Loopback


def pytest_configure(config: pytest.Config) -> None:
    """Let the providers and the clouds' SDKs warn: what they import is not ours to mend."""
    config.addinivalue_line("filterwarnings", "default")


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """A Docker of the tests' own; where there is none, they are skipped."""
    from docker_daemon import running_daemon

    with running_daemon() as running:
        yield running


@pytest.fixture(scope="module")
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """What runs the containers of the stand-ins: processes, or Docker where that is asked for."""
    from engine import IMAGE, ProcessEngine

    if os.environ.get("DAGWRIGHT_TEST_ENGINE") != "docker":
        yield ProcessEngine(frozenset({IMAGE}), tmp_path_factory.mktemp("printed"))
        return
    from docker_engine import DockerEngine

    engine = DockerEngine(request.getfixturevalue("daemon"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def azure(engine: Engine) -> Azure:
    from azure_stand_in import Azure

    return Azure(engine)


@pytest.fixture(scope="module")
def cloud_run(engine: Engine) -> CloudRun:
    from google_stand_in import CloudRun

    return CloudRun(engine)


@pytest.fixture(scope="module")
def clouds(
    azure: Azure, cloud_run: CloudRun, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loopback]:
    """The way to both, for the SDKs."""
    from loopback import loopback

    hosts = {**azure.hosts, **cloud_run.hosts}
    with loopback(hosts, tmp_path_factory.mktemp("certificates")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def aws(engine: Engine) -> Iterator[Aws]:
    from aws_stand_in import aws

    with aws(engine) as served:
        yield served


@pytest.fixture(scope="module")
def kubernetes(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KubernetesStandIn]:
    from kubernetes_stand_in import kubernetes_stand_in

    with kubernetes_stand_in(engine, tmp_path_factory.mktemp("kubernetes")) as served:
        yield served


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL on loopback; containers reach it by the host's network."""
    from live.postgres import running_postgres

    with running_postgres() as server:
        yield server
