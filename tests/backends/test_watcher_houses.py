"""How producers follow containers and pods: streams that are cut, pods that were left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from docker.errors import APIError, NotFound

pytestmark = [pytest.mark.airflow, pytest.mark.usefixtures("airflow")]

LINES = [b"one\n", b"two is lo", b"ng\n", b"three\n"]


@dataclass
class Daemon:
    """A Docker with one container: what each stream of its log gives, and when it has ended."""

    streams: list[list[bytes]]
    runs: list[bool] = field(default_factory=list)
    asked: int = 0

    def attach(self, _container: str, **_how: object) -> Iterator[bytes]:
        return self._stream()

    def logs(self, _container: str, **_how: object) -> Iterator[bytes]:
        self.asked += 1
        return self._stream()

    def wait(self, _container: str) -> dict[str, int]:
        return {"StatusCode": 1}

    def inspect_container(self, _container: str) -> dict[str, Any]:
        if not self.runs:
            raise NotFound("gone")
        return {"State": {"Running": self.runs.pop(0)}}

    def _stream(self) -> Iterator[bytes]:
        if not self.streams:
            raise APIError("this log driver reads nothing")
        yield from self.streams.pop(0)
        raise OSError("the connection was lost")


def followed(daemon: Daemon, *, all_told: bool = False) -> tuple[list[str], int | None]:
    """Return what was told of the container until the stream ended, and its status."""
    from dagwright_airflow.watcher.in_docker import Followed

    told: list[str] = []
    one = Followed(daemon, told.append, lambda: all_told, pause_seconds=0)
    assert list(one.attach("c", stream=True)) == []
    one.wait("c")
    return told, one.status


def test_a_stream_that_is_cut_while_the_container_runs_is_asked_for_anew() -> None:
    daemon = Daemon([LINES[:2], LINES], [True, False])
    told, status = followed(daemon, all_told=True)
    assert told == ["one", "one", "two is long", "three"]  # What was cut is no line.
    assert status == 1
    assert daemon.asked == 1


def test_a_log_is_read_once_more_where_the_container_has_ended_and_something_is_missing() -> None:
    daemon = Daemon([LINES[:1], LINES], [False])
    assert followed(daemon)[0] == ["one", "one", "two is long", "three"]
    daemon = Daemon([LINES], [False])
    followed(daemon, all_told=True)
    assert daemon.asked == 0


def test_a_log_that_gives_nothing_is_not_asked_for_again_and_again() -> None:
    daemon = Daemon([LINES[:1]], [True] * 20)
    assert followed(daemon)[0] == ["one"]
    assert daemon.asked == 6
