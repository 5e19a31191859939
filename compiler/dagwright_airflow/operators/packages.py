"""The packages of a dbt project, installed on a worker where the spec asks for that.

dbt installs into the project, which the tasks of a worker share. So one task installs and the
others wait for it, by a kernel lock on the project's folder, which ends with the process that
holds it. What was installed is told by a stamp inside the folder of packages: `dbt deps` begins by
removing that folder, so one that was killed leaves no stamp.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dagwright_airflow.airflow_api import AirflowException

_PATHS: Final = ("--project-dir", "--profiles-dir")
_STAMP: Final = ".dagwright-installed"
_FILES: Final = ("packages.yml", "dependencies.yml", "package-lock.yml")
"""What says which packages belong into the project; `dbt deps` may write the last one."""


def deps_arguments(
    flags: Sequence[str], paths: Mapping[str, str], variables: Mapping[str, Any], logs: Path
) -> list[str]:
    """Return the arguments with which dbt installs packages, which knows few paths of others."""
    known = [word for flag in _PATHS if flag in paths for word in (flag, paths[flag])]
    given = ["--vars", json.dumps(variables)] if variables else []
    return ["deps", *flags, "--log-path", str(logs), *known, *given]


def install_packages(project: Path, wanted: Mapping[str, Any], run: Callable[[], int]) -> None:
    """Return when the packages of `project` are there, if need be after `run`.

    Args:
        project: the project's folder.
        wanted: the `folder` of the packages, relative to the project, and their `names`, as far
            as the compiler found them in the lock.
        run: runs `dbt deps`, and returns its exit status. No other task does so meanwhile.

    Raises:
        AirflowException: dbt could not install them.
    """
    folder = project / wanted["folder"]
    if _are_there(project, folder, wanted["names"]):
        return
    with _alone_in(project):
        if _are_there(project, folder, wanted["names"]):
            return  # Another task did it while this one waited.
        if status := run():
            message = f"dbt deps exited with {status}: the packages of {project} are not there"
            raise AirflowException(message)
        if folder.is_dir():
            (folder / _STAMP).write_text(_state(project), encoding="utf-8")


def _are_there(project: Path, folder: Path, names: Collection[str]) -> bool:
    """Return whether what the project asks for is installed.

    Without a stamp somebody else installed it, such as the build of an image: then every package
    must be there, and its version is that build's matter.
    """
    try:
        return (folder / _STAMP).read_text(encoding="utf-8") == _state(project)
    except FileNotFoundError:
        return bool(names) and all((folder / name / "dbt_project.yml").is_file() for name in names)


def _state(project: Path) -> str:
    """Return a digest of the files that say which packages are wanted."""
    digest = hashlib.sha256()
    for name in _FILES:
        file = project / name
        content = file.read_bytes() if file.is_file() else b""
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


@contextmanager
def _alone_in(project: Path) -> Iterator[None]:
    """Hold the kernel's lock on a folder; nothing is written to it."""
    opened = os.open(project, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
