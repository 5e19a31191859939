from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from aws_stand_in import Aws
    from azure_stand_in import Azure
    from engine import Engine
    from google_stand_in import CloudRun
    from kubernetes_stand_in import KubernetesStandIn
    from loopback import Loopback


def pytest_configure(config: pytest.Config) -> None:
    """Let the providers and the clouds' SDKs warn: what they import is not ours to mend."""
    config.addinivalue_line("filterwarnings", "default")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """What runs the containers of the stand-ins."""
    from engine import IMAGE, ProcessEngine

    return ProcessEngine(frozenset({IMAGE}), tmp_path_factory.mktemp("printed"))


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
