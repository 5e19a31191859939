"""Clients of Docker for DockerOperator, which are the real one in all but what they are for.

DockerOperator starts a container, reads what it prints, waits for it, judges it and removes it,
all in one call. A task that waits in the triggerer needs the first half and then the other. So it
runs that call twice: once by a client that stops when the container runs, and once by one that
gives what is there, so that a deferred container is judged by the code that judges any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from docker.errors import APIError, NotFound

from dagwright_airflow.operators.process import bounded_lines

_LINE_BYTES: Final = 65_536


class Client:
    """The real client."""

    def __init__(self, client: Any) -> None:
        """Keep the real client."""
        self._client = client

    def __getattr__(self, name: str) -> Any:
        """Return what the real client has."""
        return getattr(self._client, name)


class Printed(Client):
    """Blanks the secrets out of what a container prints.

    Nor does it believe an exit code alone that dbt has run.
    """

    def __init__(
        self, client: Any, blank: Callable[[str], str], check: Callable[[Any, str], None]
    ) -> None:
        """Keep the client, what blanks a line, and what asks for results.

        `check` raises where a container that ended well has none.
        """
        super().__init__(client)
        self._blank = blank
        self._check = check

    def attach(self, container: str, **how: Any) -> Iterator[bytes]:
        """Return the lines as they come; of one that is very long, only its beginning."""
        lines = bounded_lines(self._client.attach(container, **how), _LINE_BYTES)
        return (f"{self._blank(line)}\n".encode() for line in lines)

    def wait(self, container: str) -> Any:
        """Return how a container ended."""
        ended = self._client.wait(container)
        if ended["StatusCode"] == 0:
            self._check(self._client, container)
        return ended


class RunsNow(Exception):  # noqa: N818 (no error: it ends the first half)
    """A container was started, and nobody waits for it here."""


class Starting(Client):
    """Starts a container, and raises RunsNow where it would be waited for."""

    _left = False

    def attach(self, container: str, **_how: Any) -> Iterator[bytes]:
        """Return nothing: what the container prints is read when it has ended."""
        del container
        return iter(())

    def wait(self, container: str, **_how: Any) -> Any:
        """Leave the container alone.

        Raises:
            RunsNow: always.
        """
        self._left = True
        raise RunsNow(container)

    def remove_container(self, container: str, **how: Any) -> None:
        """Remove a container that did not start; one that did goes on."""
        if not self._left:
            self._client.remove_container(container, **how)


class Started(Client):
    """Gives a container that was started before in place of a new one."""

    def __init__(self, client: Any, container: str) -> None:
        """Keep the client, and the container's id."""
        super().__init__(client)
        self._container = container

    def create_host_config(self, **_settings: Any) -> None:
        """Return nothing: the container is made."""

    def create_container(self, **_settings: Any) -> dict[str, str]:
        """Return the container that is there."""
        return {"Id": self._container}

    def start(self, container: str) -> None:
        """Do nothing: it was started."""

    def attach(self, container: str, **_how: Any) -> Iterator[bytes]:
        """Return all that the container has printed, from its first line.

        Raises:
            NotFound: it is not there any more.
        """
        try:
            printed = self._client.logs(container, stdout=True, stderr=True, stream=True)
        except NotFound:
            raise
        except APIError as error:  # Its log goes where nobody can read it back.
            printed = (f"The daemon does not give the log: {error.explanation}",)
        # With a terminal, Docker's SDK gives text.
        return (part.encode() if isinstance(part, str) else part for part in printed)
