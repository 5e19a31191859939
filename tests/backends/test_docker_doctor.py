"""`dagwright doctor` asks in containers of a real Docker, as the tasks' own would be."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner, Result

from airflow_home import AirflowHome
from dagwright.cli import program
from debian import search_path
from docker_daemon import tiny_image
from docker_shop import INSIDE, DockerShop, deployed

pytestmark = [pytest.mark.slow, pytest.mark.dbt, pytest.mark.xdist_group("docker")]


@pytest.fixture
def shop(configs, tmp_path, daemon) -> DockerShop:
    """The shop and its spec; no Airflow is asked."""
    home = AirflowHome(tmp_path / "home", os.environ)
    home.dags.mkdir(parents=True)
    return deployed(configs, home, daemon)


def doctor(shop: DockerShop, **execute) -> Result:
    shop.compile(["+stg_products"], **execute)
    spec = str(shop.home.dags / "docker.dagwright.yaml")
    environment = {**os.environ, "PATH": search_path(), "COLUMNS": "200"}
    return CliRunner().invoke(program, ["doctor", spec], env=environment)


def test_the_image_and_the_project_in_it_are_well(shop) -> None:
    told = doctor(shop)
    assert told.exit_code == 0, told.output
    assert "dbt is there: 1." in told.output
    assert "the dbt project is as dbt wants it" in told.output
    assert "the connection to the warehouse is as dbt wants it" in told.output
    assert "nodes that the tasks run are in the project there" in told.output
    assert shop.containers() == []


def test_what_is_missing_is_told_by_who_misses_it(shop) -> None:
    elsewhere = {"profiles_dir": "/dbt/none"}
    nowhere = [{"mount": INSIDE, "host": "/no/such/folder"}]
    cases = (
        ({"image": tiny_image(shop.daemon)}, "DW662", "executable file not found"),
        ({"entrypoint": ["sh", "-c", "echo well"]}, "DW666", "well"),
        ({"project_dir": "/dbt/elsewhere"}, "DW663", "the dbt project is not as dbt wants it"),
        ({"profile": elsewhere}, "DW663", "the profile is not as dbt wants it"),
        ({"volumes": nowhere}, "DW661", "bind source path does not exist: /no/such/folder"),
    )
    for execute, code, words in cases:
        told = doctor(shop, **execute)
        assert (told.exit_code, code in told.output) == (1, True), told.output
        assert words in told.output
    assert shop.containers() == []
