"""Read an artifact: one compiled DAG or task group as JSON, one task a line.

A DAG processor wants every task, a worker wants one. The text is laid out so that a worker finds
its task by a search for bytes and decodes the header and one line, whatever the size of the DAG.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

READS: Final = 1
"""The artifact format that this runtime understands."""

DAG_SUFFIX: Final = ".dag.json"
GROUP_SUFFIX: Final = ".group.json"

_TASKS_OPEN: Final = b'\n"tasks": [\n'
_TASKS_CLOSE: Final = b"\n],\n"


class ArtifactError(ValueError):
    """An artifact cannot become a DAG; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One decoded artifact; unless `whole`, only the task that was asked for is in `tasks`."""

    path: Path
    header: Mapping[str, Any]
    tasks: tuple[Mapping[str, Any], ...]
    whole: bool = True

    def part(self, kind: Literal["dag", "task_group"]) -> Mapping[str, Any]:
        """Return the arguments of the DAG, or of the task group, whichever `kind` asks for.

        Raises:
            ArtifactError: the artifact is of the other kind.
        """
        if self.header.get("kind") != kind:
            message = f"{self.path.name} does not hold a {kind}; load it by the other function"
            raise ArtifactError(message)
        stated: Mapping[str, Any] = self.header["dag"]
        return stated


def read_artifact(path: Path) -> Artifact:
    """Return the artifact at `path` with all its tasks.

    Raises:
        ArtifactError: the file cannot be read, is no JSON, or is of another format.
    """
    return _checked(path, _decode(path, _read(path)))


def read_one_task(path: Path, task_id: str) -> Artifact:
    """Return the artifact at `path` with the task `task_id` alone; no task if it has none such.

    Decodes the header and one line. An artifact in another layout (somebody reformatted it) is
    decoded whole, which is slower and right.

    Raises:
        ArtifactError: as `read_artifact`. A truncated file is refused here too.
    """
    text = _read(path)
    opened = text.find(_TASKS_OPEN)
    closed = text.rfind(_TASKS_CLOSE)
    if opened < 0 or closed < opened or not text.endswith(b"}\n"):
        whole = read_artifact(path)
        asked = tuple(task for task in whole.tasks if task.get("id") == task_id)
        return Artifact(path, whole.header, asked, whole=False)

    first = opened + len(_TASKS_OPEN)
    # JSON escapes newlines inside strings, so this can only be the start of a task's line.
    opening = b'\n{"id":' + json.dumps(task_id, ensure_ascii=False).encode() + b","
    start = text.find(opening, first - 1) + 1
    line = text[start : text.index(b"\n", start)].rstrip(b",") if start else b""
    return replace(_checked(path, _decode(path, text[:first] + line + b"]}")), whole=False)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        raise ArtifactError(message) from error


def _decode(path: Path, text: bytes) -> Mapping[str, Any]:
    with paused_garbage_collection():
        try:
            document = json.loads(text)
        except ValueError as error:  # UnicodeDecodeError is one.
            message = f"{path.name} is not valid JSON ({error}); compile again"
            raise ArtifactError(message) from error
    if not isinstance(document, dict):
        message = f"{path.name} holds no artifact: it should be a JSON object; compile again"
        raise ArtifactError(message)
    return document


def _checked(path: Path, document: Mapping[str, Any]) -> Artifact:
    found = document.get("format")
    if found != READS:
        message = (
            f"{path.name} is of artifact format {found!r}, but this dagwright_airflow reads "
            f"{READS}; install the version of dagwright that compiled it, or compile again"
        )
        raise ArtifactError(message)
    tasks = document.get("tasks")
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        message = f"{path.name}: `tasks` should be a list of objects; compile again"
        raise ArtifactError(message)
    return Artifact(path, document, tuple(tasks))


@contextmanager
def paused_garbage_collection() -> Iterator[None]:
    """Keep the collector from walking the same growing heap again and again.

    Tens of thousands of small objects are made here and all of them are kept: on 10,000 tasks
    the collector takes ten times as long as the decoding.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()
