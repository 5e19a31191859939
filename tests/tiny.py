"""The project `tiny` deployed beside a throw-away Airflow, one task run by its runner."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from airflow_home import AirflowHome
from artifact_builder import write_artifact

TESTS = Path(__file__).parent
DATABASE = "../tiny.duckdb"
"""From the project. It is part of the profile, and dbt parses anew when that changed."""
LOADER = """\
# airflow dag loader
from dagwright_airflow import load_dags

load_dags(__file__, "compiled")
"""
DEFAULTS = {
    "dbt": {
        "flags": ["--warn-error-options", '{"error": ["NoNodesForSelectionCriteria"]}'],
        "paths": {"--project-dir": "../tiny", "--profiles-dir": "../tiny"},
    }
}


@pytest.fixture(scope="session")
def parsed_tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project `tiny`, parsed once."""
    project = tmp_path_factory.mktemp("tiny") / "tiny"
    shutil.copytree(TESTS / "projects" / "tiny", project)
    dbt = [str(Path(sys.executable).parent / "dbt"), "parse", "--profiles-dir", "."]
    environment = {**os.environ, "TINY_DATABASE": DATABASE}
    subprocess.run(dbt, cwd=project, env=environment, check=True, capture_output=True)
    return project


@pytest.fixture
def tiny(airflow_home: AirflowHome, parsed_tiny: Path) -> Callable[..., AirflowHome]:
    """A function that deploys a DAG of the given tasks, all of one kind, beside the project."""

    def deploy(*tasks: Any, kind: str = "dbt", **shared: Any) -> AirflowHome:
        shutil.copytree(parsed_tiny, airflow_home.root / "tiny")
        (airflow_home.dags / "dbt.py").write_text(LOADER)
        defaults = {kind: {**DEFAULTS["dbt"], **shared}}
        write_artifact(airflow_home.dags / "compiled", "tiny", tasks, defaults=defaults)
        environment = {**airflow_home.environment, "TINY_DATABASE": DATABASE}
        return AirflowHome(airflow_home.root, environment)

    return deploy


@contextmanager
def runner(
    home: AirflowHome, task_id: str, dag_id: str = "tiny"
) -> Iterator[subprocess.Popen[str]]:
    """Yield the executor's process, which runs one task by Airflow's own supervisor."""
    with subprocess.Popen(
        [sys.executable, str(TESTS / "airflow_runner.py"), dag_id, task_id],
        env=home.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        too_late = Timer(240, process.kill)
        too_late.start()
        try:
            yield process
        except BaseException:  # Else nothing ends it, and the test waits for it for ever.
            process.kill()
            raise
        finally:
            too_late.cancel()
