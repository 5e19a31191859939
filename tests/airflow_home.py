"""Throw-away Airflow homes: a migrated SQLite database, made once and copied for each test."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class AirflowHome:
    """An Airflow of its own: a home with a database, and a dags folder."""

    root: Path
    environment: Mapping[str, str]

    @property
    def dags(self) -> Path:
        return self.root / "dags"

    def python(self, script: str, *arguments: str, **environment: str) -> str:
        """Return what `script` prints; fail with all of its output if it fails."""
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env={**self.environment, **environment},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _environment(root: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "AIRFLOW_HOME": str(root),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    }


@pytest.fixture(scope="session")
def migrated_airflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose database is migrated; workers of one test session share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    root = shared / "airflow-home"
    with (shared / "airflow-home.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "airflow.db").exists():
            (root / "dags").mkdir(parents=True, exist_ok=True)
            migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
            done = subprocess.run(
                migrate, env=_environment(root), capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def airflow_home(migrated_airflow: Path, tmp_path: Path) -> AirflowHome:
    """An Airflow that nobody else uses, for tests that run its programs."""
    return airflow_home_in(tmp_path / "airflow", migrated_airflow)


def airflow_home_in(root: Path, migrated: Path) -> AirflowHome:
    """Return an Airflow of its own in the folder `root`, with a copy of the migrated database."""
    (root / "dags").mkdir(parents=True)
    shutil.copy(migrated / "airflow.db", root)
    return AirflowHome(root, _environment(root))


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the Airflow that this very process may import, which needs no database.

    Airflow reads its settings when it is imported, so a test imports it, or the runtime, only
    inside its functions.
    """
    root = tmp_path_factory.mktemp("airflow")
    (root / "dags").mkdir()
    os.environ.update(_environment(root))
    return root
