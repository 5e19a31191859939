"""dbt in containers of the worker's Docker: how a producer follows one, and how one is ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from docker.errors import APIError, DockerException, NotFound

from dagwright_airflow.operators.blank import blanker
from dagwright_airflow.operators.docker import DbtDockerOperator
from dagwright_airflow.operators.docker_daemon import id_of, interrupt, is_running
from dagwright_airflow.operators.process import bounded_lines
from dagwright_airflow.secrets import look_up
from dagwright_airflow.watcher import dbt_log
from dagwright_airflow.watcher.house import MARK, TASK, Contained, Ended, Run

_VAIN: Final = 5
"""How often in a row a log may be asked for that gives nothing, while its container runs."""

_LOOKS: Final = 5
"""How often in a row a container must have ended before its stream is taken for lost."""


class Followed:
    """A client of Docker that tells what a container prints, line by line, as it prints it.

    It is the client in all else. What it streams to the operator is nothing: it is all told.
    """

    def __init__(
        self,
        client: Any,
        tell: Callable[[str], None],
        told: Callable[[], bool],
        pause_seconds: float = 1.0,
    ) -> None:
        """Keep the real client, what takes a line, and what says that nothing is left to tell."""
        self._pause_seconds = pause_seconds
        self._client = client
        self._tell = tell
        self._told = told
        self._container = ""
        self._stream: Any = ()
        self._looks = 0
        self.status: int | None = None

    def __getattr__(self, name: str) -> Any:
        """Return what the real client has."""
        return getattr(self._client, name)

    def attach(self, container: str, **how: Any) -> Iterator[bytes]:
        """Return a stream that ends with the container, and tells its lines as it goes."""
        self._container = container
        self._stream = self._client.attach(container, **how)
        return self._followed()

    def wait(self, container: str) -> Any:
        """Return how a container ended, and remember it."""
        ended = self._client.wait(container)
        self.status = ended["StatusCode"]
        return ended

    def look(self) -> None:
        """Cut a stream that does not end though its container has: its connection is lost."""
        self._looks = 0 if self._runs() else self._looks + 1
        if self._looks == _LOOKS and hasattr(self._stream, "close"):
            self._stream.close()

    def _followed(self) -> Iterator[bytes]:
        """Tell the lines until the container has ended; a stream that is cut is asked for anew.

        A line may be told twice, which changes nothing.
        """
        yield from ()
        seen, vain, ended = 0, 0, False
        while True:
            before, seen = seen, max(seen, self._tell_all())
            vain = 0 if seen > before else vain + 1
            if ended or vain > _VAIN:
                return
            ended = not self._runs()
            if ended and self._told():
                return
            time.sleep(vain * self._pause_seconds)
            how = {"stdout": True, "stderr": True, "stream": True, "follow": True}
            try:
                self._stream = self._client.logs(self._container, **how)
            except (OSError, DockerException):
                self._stream = ()

    def _tell_all(self) -> int:
        """Return how many lines the stream had, until it ended or was cut."""
        lines = bounded_lines(self._stream, dbt_log.LONGEST_LINE_BYTES)
        number = 0
        with suppress(OSError, DockerException):
            for line in lines:
                self._tell(line)
                number += 1
        return number

    def _runs(self) -> bool:
        try:
            return is_running(self._client, self._container)
        except (OSError, DockerException):
            return True  # Nobody knows; asking for the log will show it.


class InDocker(Contained, DbtDockerOperator):
    """dbt in a container of the worker's Docker, marked as one of its run."""

    _followed: Followed | None = None

    @property
    def cli(self) -> Any:
        """The client of Docker."""
        client = super().cli  # Which says so where the task was killed.
        return self._followed or client

    def here(self) -> str:
        """Return the id of the daemon."""
        return id_of(self.cli)

    def end_left(self, labels: Mapping[str, Collection[str]]) -> int:
        """Return how many containers were there with these labels, when all of them are gone."""
        marks = [f"{MARK}={mark}" for mark in labels[MARK]]
        listed = self.cli.containers(all=True, filters={"label": marks})
        tasks = labels.get(TASK)
        found = [one["Id"] for one in listed if not tasks or one["Labels"].get(TASK) in tasks]
        interrupt(self.cli, found)
        for container in found:
            self._end(container)
        return len(found)

    def _end(self, container: str) -> None:
        try:
            self.cli.remove_container(container, force=True)
        except NotFound:
            return
        except APIError as error:
            if error.status_code != _BEING_REMOVED:
                raise

    def look(self) -> None:
        """Look whether the container has ended, and nobody says so."""
        if (followed := self._followed) is not None:
            followed.look()

    def follow(self, run: Run, context: Mapping[str, Any]) -> Ended:
        """Return how a dbt command ended, after all of its log was told."""
        self.command = [*run.words, *dbt_log.FLAGS]
        self.new_call()
        blank = blanker(look_up(self.secrets).values())
        followed = Followed(super().cli, lambda line: run.tell(line, blank), run.told)
        self._followed = followed
        try:
            super().execute(context)
        except Exception as error:
            if followed.status is None:
                self.log.exception("The container of dbt failed.")
                return Ended(None, fault=blank(str(error)))
        finally:
            self._followed = None
        return Ended(followed.status)


_BEING_REMOVED: Final = 409
