"""Load artifacts: the two functions that loader files and hand-written DAGs call.

A broken artifact takes nobody down. It becomes a DAG of the same id whose one task fails with the
reason, or an import error of the loader file, while the other artifacts load.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final, Literal, NoReturn

from dagwright_airflow.airflow_api import (
    DAG,
    Asked,
    DagContext,
    TaskGroup,
    asked_task,
    is_filling_a_dag_bag,
)
from dagwright_airflow.arguments import operator_arguments
from dagwright_airflow.artifact import (
    DAG_SUFFIX,
    ArtifactError,
    paused_garbage_collection,
    read_artifact,
    read_one_task,
)
from dagwright_airflow.build import Site, Terms, add_groups, add_tasks, build_dag
from dagwright_airflow.operators.broken import BrokenArtifactOperator

_log: Final = logging.getLogger(__name__)


def load_dags(
    file: str | os.PathLike[str],
    folder: str | os.PathLike[str] = "compiled",
    *,
    on_broken: Literal["task", "import_error"] = "task",
    callbacks: Collection[str] = (),
) -> dict[str, DAG]:
    """Return the DAG of every `*.dag.json` in `folder`, by DAG id, and register them in Airflow.

    In a worker that is about to run one task, only that task of that DAG is read and built.

    Args:
        file: the loader's own `__file__`. Relative run-time paths start at its folder.
        folder: where the artifacts lie, relative to the folder of `file`.
        on_broken: what to make of an artifact that cannot be loaded: a DAG whose one `task`
            fails with the reason, or an `import_error` of the loader file. The others load.
        callbacks: import paths, or packages, whose functions artifacts may name as callbacks.

    Raises:
        ImportError: there is no such folder; or, outside of Airflow's own import of DAG files,
            an artifact is broken and `on_broken` is `import_error`.
    """
    if on_broken not in ("task", "import_error"):
        message = f"on_broken is 'task' or 'import_error', not {on_broken!r}"
        raise ValueError(message)
    home = Path(file).absolute().parent
    terms = Terms(home, callbacks)
    asked = asked_task()
    dags: dict[str, DAG] = {}
    faults: list[str] = []
    with paused_garbage_collection():
        for path, dag_id in _artifacts(home / folder):
            if asked is not None and dag_id != asked.dag_id:
                continue
            try:
                dags[dag_id] = _dag(path, dag_id, terms, asked)
            except Exception as error:  # noqa: BLE001 (whatever it is, the others must load)
                reason = _reason(path, error)
                _log.warning("%s", reason)
                if on_broken == "task" or asked is not None:
                    dags[dag_id] = _broken_dag(dag_id, reason, asked)
                else:
                    faults.append(reason)
    _register(dags.values(), file)
    if faults:
        _report(faults, file)
    return dags


def load_task_group(
    path: str | os.PathLike[str],
    *,
    group_id: str | None = None,
    dag: DAG | None = None,
    folder: str | os.PathLike[str] | None = None,
    callbacks: Collection[str] = (),
) -> TaskGroup:
    """Return the task group that the artifact at `path` describes, in a hand-written DAG.

    Task ids become `GROUP_ID.TASK_ID`. The group is always built whole, in workers too: the
    code around it may look up any of its tasks.

    Args:
        path: a `GROUP_ID.group.json`, relative to `folder` if that is given.
        group_id: the group's id in this DAG; the artifact's own if not given.
        dag: the DAG to add to; the one of the surrounding `with` if not given.
        folder: where relative run-time paths start; the folder of `path` if not given. Pass
            `Path(__file__).parent` where artifacts lie in a folder below the loader file.
        callbacks: as for `load_dags`.

    Raises:
        ArtifactError: the artifact is broken. Airflow shows it as an import error.
    """
    file = Path(folder or ".", path).absolute()
    home = file.parent if folder is None else Path(folder).absolute()
    with paused_garbage_collection():
        artifact = read_artifact(file)
        stated = artifact.part("task_group")
        group = TaskGroup(
            group_id or stated["id"],
            prefix_group_id=False,
            dag=dag or DagContext.get_current(),
            tooltip=stated.get("tooltip", ""),
            default_args=operator_arguments(stated.get("default_args", {}), callbacks),
        )
        name = str(group.group_id)
        groups = add_groups(artifact, group, named=name.replace(".", "__") + "__{}")
        site = Site(group.dag, group, groups, prefix=f"{name}.")
        add_tasks(artifact, site, Terms(home, callbacks))
    return group


def _artifacts(folder: Path) -> list[tuple[Path, str]]:
    """Return the artifacts of DAGs in `folder`, each with the DAG id that its file name says."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.endswith(DAG_SUFFIX))
    except OSError as error:
        message = f"no compiled DAGs in {folder}: {error.strerror}; run `dagwright compile` first"
        raise ImportError(message) from error
    return [
        (folder / name, re.sub(r"[^\w.-]", "_", name.removesuffix(DAG_SUFFIX))) for name in names
    ]


def _dag(path: Path, dag_id: str, terms: Terms, asked: Asked | None) -> DAG:
    artifact = read_artifact(path) if asked is None else read_one_task(path, asked.task_id)
    stated = artifact.part("dag").get("id")
    if stated != dag_id:
        message = f"{path.name} describes the DAG {stated!r}; its file should be named after it"
        raise ArtifactError(message)
    if asked is not None and not artifact.tasks:
        message = f"{path.name} has no task {asked.task_id!r} any more: the DAG was recompiled"
        raise ArtifactError(message)
    dag = build_dag(artifact, terms)
    dag.validate()
    return dag


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, ArtifactError):
        said = str(error)
        return said if said.startswith(path.name) else f"{path.name}: {said}"
    return f"{path.name} cannot become a DAG ({type(error).__name__}: {error}); compile again"


def _broken_dag(dag_id: str, reason: str, asked: Asked | None) -> DAG:
    """Return a DAG that says `reason`, by its documentation and by its one failing task.

    A worker gets the task that it asked for, so that a run which was under way ends with the
    reason, too, and not with a task that Airflow cannot find.
    """
    dag = DAG(dag_id, schedule=None, tags=["broken-artifact"], doc_md=f"```\n{reason}\n```\n")
    task_id = "broken_artifact" if asked is None else asked.task_id
    BrokenArtifactOperator(task_id=task_id, reason=reason, retries=0, dag=dag)
    return dag


def _register(dags: Iterable[DAG], file: str | os.PathLike[str]) -> None:
    """Let Airflow see `dags`: leaving a `with` block is its own way to register without a name."""
    for dag in dags:
        dag.fileloc = os.fspath(file)
        with dag:
            pass


class _Unloadable(DAG):  # type: ignore[misc]  # Airflow is untyped here.
    """A DAG that Airflow's DAG bag refuses, which makes one import error and spares the others."""

    def validate(self) -> NoReturn:
        """Raise what is wrong; the DAG bag asks each DAG before it takes it in."""
        raise ImportError(self.description)


def _report(faults: list[str], file: str | os.PathLike[str]) -> None:
    sentence = "; ".join(faults)
    if not is_filling_a_dag_bag():
        raise ImportError(sentence)
    _register([_Unloadable("broken_artifacts", schedule=None, description=sentence)], file)
