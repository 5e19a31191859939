"""What a stand-in for a cloud runs a container with, where a real Docker is wanted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from docker_daemon import Daemon
from engine import IMAGE, Container


@dataclass
class DockerEngine:
    """Containers of a daemon, without a network; IMAGE is the one image with dbt."""

    daemon: Daemon
    name: str = "docker"
    folders: dict[str, str] = field(default_factory=dict)
    """By where a folder is in every container: where it is here."""
    started: list[_Contained] = field(default_factory=list)

    def place(self, folder: Path, inside: str) -> str:
        self.folders[inside] = str(folder)
        return inside

    def start(self, container: Container) -> _Contained:
        if container.image != IMAGE:
            raise LookupError(container.image)
        program, *words = container.argv
        made = self.daemon.client().containers.create(
            self.daemon.image,
            words,
            entrypoint=[program],
            environment=dict(container.environment),
            network_mode="none",
            volumes=[f"{folder}:{inside}" for inside, folder in self.folders.items()],
        )
        running = _Contained(made)
        self.started.append(running)
        return running

    def close(self) -> None:
        """Remove every container."""
        for one in self.started:
            one.remove()


class _Contained:
    """A container of Docker; one that cannot start says so as a shell would, by 127."""

    def __init__(self, made: Any) -> None:
        self._made, self._refusal = made, ""
        self._last: tuple[int, str] | None = None
        try:
            made.start()
        except APIError as error:
            self._refusal = str(error.explanation)

    def code(self) -> int | None:
        if self._last is not None:
            return self._last[0]
        if self._refusal:
            return 127
        self._made.reload()
        state = self._made.attrs["State"]
        return int(state["ExitCode"]) if state["Status"] == "exited" else None

    def output(self) -> str:
        if self._last is not None:
            return self._last[1]
        return self._refusal or self._made.logs().decode(errors="replace")

    def interrupt(self) -> None:
        with suppress(APIError):  # It has ended.
            self._made.kill(signal="SIGINT")

    def stop(self) -> None:
        """End it and remove it; its code and its output stay known."""
        if self._last is None:
            code, output = self.code(), self.output()
            self._last = (137 if code is None else code, output)
            self.remove()

    def remove(self) -> None:
        with suppress(NotFound):
            self._made.remove(force=True)
