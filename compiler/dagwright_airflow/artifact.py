"""Read an artifact: one compiled DAG or task group as JSON, one task a line.

A DAG processor wants every task, a worker wants one. The text is laid out so that a worker finds
its task by a search for bytes and decodes the header and one line, whatever the size of the DAG.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

READS: Final = 1
"""The artifact format that this runtime understands."""

DAG_SUFFIX: Final = ".dag.json"
GROUP_SUFFIX: Final = ".group.json"

_JSON: Final = json.JSONDecoder()
_TASKS_OPEN: Final = b'\n"tasks": [\n'
_TASKS_CLOSE: Final = b"\n],\n"


class ArtifactError(ValueError):
    """An artifact cannot become a DAG; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact: its head, and its tasks, to be gone through once.

    Unless `whole`, only the task that was asked for is in `tasks`.
    """

    path: Path
    header: Mapping[str, Any]
    tasks: Iterable[Mapping[str, Any]]
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

    The tasks are decoded one at a time as they are asked for, so that they never lie in memory
    together; an `ArtifactError` for a task's line comes out there.

    Raises:
        ArtifactError: the file cannot be read, is no JSON, or is of another format.
    """
    text = _read(path)
    place = _tasks_of(text)
    if place is None:
        return _without_layout(path, text)
    header = _checked(path, _decode(path, text[: place.start] + b"]}"))
    return Artifact(path, header, _tasks(path, text, place))


def read_one_task(path: Path, task_id: str) -> Artifact:
    """Return the artifact at `path` with the task `task_id` alone; no task if it has none such.

    Decodes the head and one line.

    Raises:
        ArtifactError: as `read_artifact`. A truncated file is refused here too.
    """
    text = _read(path)
    place = _tasks_of(text)
    if place is None:
        found = _without_layout(path, text)
        asked = tuple(task for task in found.tasks if task.get("id") == task_id)
        return Artifact(path, found.header, asked, whole=False)
    header = _checked(path, _decode(path, text[: place.start] + b"]}"))
    # JSON escapes newlines inside strings, so this can only be the start of a task's line.
    opening = b'\n{"id":' + json.dumps(task_id, ensure_ascii=False).encode() + b","
    start = text.find(opening, place.start - 1, place.stop)
    one = range(start + 1, text.find(b"\n", start + 1)) if start >= 0 else range(0)
    return Artifact(path, header, tuple(_tasks(path, text, one)), whole=False)


def _tasks_of(text: bytes) -> range | None:
    """Return where the lines of the tasks are; None if the text has another layout.

    A file that was cut off has another layout, wherever it was cut.
    """
    start = text.find(_TASKS_OPEN) + len(_TASKS_OPEN)
    stop = text.rfind(_TASKS_CLOSE)
    if start < len(_TASKS_OPEN) or stop < start - 1 or not text.endswith(b"}\n"):
        return None
    return range(start, max(start, stop))


def _tasks(path: Path, text: bytes, place: range) -> Iterator[Mapping[str, Any]]:
    start = place.start
    while start < place.stop:
        end = text.find(b"\n", start)
        yield _decode(path, text[start:end].rstrip(b","))
        start = end + 1


def _without_layout(path: Path, text: bytes) -> Artifact:
    """Return the artifact in `text`, decoded whole: somebody reformatted it, or it is none."""
    header = _checked(path, _decode(path, text))
    tasks = header["tasks"]
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        message = f"{path.name}: `tasks` should be a list of objects; compile again"
        raise ArtifactError(message)
    return Artifact(path, header, tasks)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        raise ArtifactError(message) from error


def _decode(path: Path, text: bytes) -> dict[str, Any]:
    try:
        document = _JSON.decode(text.decode())
    except ValueError as error:  # UnicodeDecodeError is one.
        message = f"{path.name} is not valid JSON ({error}); compile again"
        raise ArtifactError(message) from error
    if not isinstance(document, dict):
        message = f"{path.name} holds no artifact: {document!r} is no object; compile again"
        raise ArtifactError(message)
    return document


def _checked(path: Path, header: dict[str, Any]) -> dict[str, Any]:
    found = header.get("format")
    if found != READS:
        message = (
            f"{path.name} is of artifact format {found!r}, but this dagwright_airflow reads "
            f"{READS}; install the version of dagwright that compiled it, or compile again"
        )
        raise ArtifactError(message)
    return header


@contextmanager
def paused_garbage_collection() -> Iterator[None]:
    """Keep the collector from walking the same growing heap again and again.

    Tens of thousands of objects are made while artifacts are loaded, and nearly all are kept.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()
