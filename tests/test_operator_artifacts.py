"""Files of dbt are kept, a folder a try, by Airflow's fsspec; what fails there fails no task."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from artifact_builder import dbt_task
from dagwright.spec.model.execute.local import ArtifactFile
from tiny import runner

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]
LOG = logging.getLogger("kept")
INSTANCE = SimpleNamespace(
    dag_id="shop", run_id="manual__2026-01-01T00:00:00+00:00", task_id="a.run", try_number=2
)
HOME = "shop/manual__2026-01-01T00_00_00_00_00/a.run/2"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "target"
    for name in ("run_results.json", "manifest.json", "compiled/shop/models/a.sql"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(f"{name} of c4n4ry")
    return target


@pytest.fixture
def keep(target: Path, airflow) -> Callable[..., None]:
    """A function that keeps files of `target`, as a task of Airflow does."""
    from airflow.sdk.execution_time.context import set_current_context

    from dagwright_airflow.operators.artifacts import keep_artifacts

    def keep(path: str, *files: str) -> None:
        stated = {"path": path, "files": files}
        with set_current_context({"ti": INSTANCE}):
            keep_artifacts(target, stated, lambda text: text.replace("c4n4ry", "***"), LOG)

    return keep


def test_what_is_asked_for_lies_in_a_folder_of_the_try(keep, tmp_path: Path) -> None:
    keep(str(tmp_path / "kept"), "run_results", "compiled", "sources")
    home = tmp_path / "kept" / HOME
    found = {str(path.relative_to(home)): path.read_text() for path in home.rglob("*.*")}
    assert found == {
        "run_results.json": "run_results.json of ***",
        "compiled/shop/models/a.sql": "compiled/shop/models/a.sql of ***",
    }


def test_an_object_store_is_as_good_as_a_folder(keep) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    keep("memory://bucket/dbt", "manifest")
    assert MemoryFileSystem().cat(f"/bucket/dbt/{HOME}/manifest.json") == b"manifest.json of ***"


def test_a_store_that_fails_is_told_and_fails_no_task(keep, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    LOG.addHandler(handler)
    keep(str(tmp_path / "file"), "run_results")
    keep("nosuchscheme://bucket", "run_results")
    LOG.removeHandler(handler)
    assert ["could not be kept" in line for line in told] == [True, True]


def test_the_words_of_the_spec_are_those_of_the_runtime() -> None:
    from dagwright_airflow.operators.artifacts import FILES

    assert set(get_args(get_args(ArtifactFile)[0])) == set(FILES)


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize("invocation", ["subprocess", "dbt_runner"])
def test_a_task_keeps_them(tiny, invocation: str) -> None:
    task = dbt_task("seed.a", ["seed", "--select", "raw_orders"], ["seed.tiny.raw_orders"])
    kept = {"path": "../kept/{{ dag.dag_id }}", "files": ["run_results", "manifest"]}
    home = tiny(task, artifacts=kept, invocation=invocation)
    with runner(home, "seed.a") as process:
        output, _ = process.communicate()
    assert "state: success" in output, output
    (folder,) = (home.root / "kept/tiny/tiny/of_seed.a/seed.a").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "run_results.json"]
