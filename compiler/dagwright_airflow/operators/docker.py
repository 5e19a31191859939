"""DockerOperator, whose container gets secrets that nothing ever shows, and ends with its task."""

from __future__ import annotations

import re
import signal
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from airflow.providers.docker.exceptions import (
    DockerContainerFailedException,
    DockerContainerFailedSkipException,
)
from airflow.providers.docker.operators.docker import DockerOperator
from docker.errors import APIError, NotFound

from dagwright_airflow import leash
from dagwright_airflow.airflow_api import AirflowException
from dagwright_airflow.operators.blank import blanker
from dagwright_airflow.operators.process import bounded_lines
from dagwright_airflow.secrets import look_up

_POLL_SECONDS: Final = 0.1
_LONGEST_NAME: Final = 200
_LINE_BYTES: Final = 65_536

_NO_IMAGE: Final = "the image is not there, and could not be fetched"

REFUSALS: Final[tuple[tuple[str, str], ...]] = (
    ("bind source path does not exist", "a folder of `volumes` is not on the daemon's machine"),
    ("invalid mount", "a row of `volumes` cannot be mounted"),
    ("executable file not found", "the entrypoint is no program of the image"),
    ("No such image", _NO_IMAGE),
    ("pull access denied", _NO_IMAGE),
    ("manifest unknown", _NO_IMAGE),
    ("dial tcp", _NO_IMAGE),
    ("/v2/", _NO_IMAGE),
)
"""What the daemon says when it refuses, and what that comes to; the first row that fits."""

ENDINGS: Final[Mapping[int, str]] = {
    1: "dbt says above what failed",
    2: "dbt could not start on its work; its last lines say why",
    137: "it was killed, as a container is that takes more memory than `limits.memory`",
}
"""By exit code of a container: what it means."""


class Printed:
    """A client of Docker that blanks the secrets out of what a container prints.

    Nor does it believe an exit code alone that dbt has run.
    """

    def __init__(
        self, client: Any, blank: Callable[[str], str], check: Callable[[Any, str], None]
    ) -> None:
        """Keep the client, which it is in all else, what blanks a line, and what asks for results.

        `check` raises where a container that ended well has none.
        """
        self._client = client
        self._blank = blank
        self._check = check

    def __getattr__(self, name: str) -> Any:
        """Return what the client has."""
        return getattr(self._client, name)

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


class DbtDockerOperator(DockerOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Runs one dbt command in a container of the worker's Docker."""

    template_fields: Sequence[str] = (*DockerOperator.template_fields, "labels", "working_dir")
    template_ext: Sequence[str] = ()
    """None: an argument that ends in `.sh` is an argument, and no file to be read."""
    labels: Any

    def __init__(
        self, *, secrets: Mapping[str, Mapping[str, str]] | None = None, **kwargs: Any
    ) -> None:
        """Keep where secrets lie, by environment variable; `kwargs` are DockerOperator's."""
        super().__init__(**kwargs)
        self.secrets = dict(secrets or {})
        self._killed = False
        self._printed: Printed | None = None

    def execute(self, context: Any) -> Any:
        """Return the last line that dbt printed, as DockerOperator does, without secrets.

        Raises:
            AirflowException: dbt failed, or the daemon would not run it; says why.
        """
        identity = task_labels(context)
        found = look_up(self.secrets)
        blank = blanker(found.values())
        self._remove_earlier(identity)
        self.container_name = unique_name(context["ti"].task_id)
        labels: dict[str, str] = self.labels or {}
        self.labels = {**labels, **identity, TRY: str(context["ti"].try_number)}
        self._private_environment: dict[str, str] = found
        self._printed = Printed(self.cli, blank, self._check_results)
        try:
            return super().execute(context)
        except APIError as error:
            raise AirflowException(blank(self._refused(error))) from None
        except (DockerContainerFailedException, DockerContainerFailedSkipException) as error:
            raise _failure(error) from None
        finally:
            self._private_environment, self._printed = {}, None
            if self._killed:
                self._remove(self.container_name)

    def on_kill(self) -> None:
        """End dbt and remove its container, in less than the seconds that Airflow gives.

        dbt cancels its queries on an interrupt alone; as the first process of a container it does
        not even hear of the signal that `docker stop` sends.
        """
        client = self.hook.api_client if self.hook.client_created else None
        self._killed = True
        if client is None or self.container is None:
            return
        name = self.container["Id"]
        with suppress(APIError):  # It is over already.
            interrupt(client, [name])
        self._remove(name)

    @property
    def cli(self) -> Any:
        """The client of the daemon; a task that was killed asks it for nothing more."""
        if self._killed:
            raise AirflowException("the container was stopped because the task was killed")
        return self._printed or self.hook.api_client

    def _check_results(self, client: Any, container: str) -> None:
        """Raise if dbt left no results, though its container ended well: nothing has run then.

        A folder in memory is gone with its container, and a daemon may refuse to tell.
        """
        place = results_place(self.command)
        if place is None or any(_in_memory(mount, place) for mount in self.mounts):
            return
        try:
            stream, told = client.get_archive(container, place)
        except NotFound:
            raise AirflowException(NOTHING_RAN.format(place=place)) from None
        except APIError as error:
            self.log.info("Nobody can tell whether dbt left results: %s", error)
            return
        stream.close()
        began = client.inspect_container(container)["State"]["StartedAt"]
        if moment(told["mtime"]) < moment(began) - _SKEW:
            raise AirflowException(NOTHING_RAN.format(place=place))

    def _remove(self, name: str) -> None:
        with suppress(APIError):  # It is gone, or going.
            self.hook.api_client.remove_container(name, force=True)

    def _remove_earlier(self, identity: Mapping[str, str]) -> None:
        """Remove what an earlier try left running: a worker that dies takes no container along."""
        wanted = {"label": [f"{name}={value}" for name, value in identity.items()]}
        for one in self.cli.containers(all=True, filters=wanted):
            self.log.warning("Removing the container %s of an earlier try", one["Names"][0][1:])
            self._remove(one["Id"])

    def _refused(self, error: APIError) -> str:
        said = str(error.explanation or error)
        why = next((f"{meaning}. " for sign, meaning in REFUSALS if sign in said), "")
        return f"Docker does not run the image {self.image!r}: {why}The daemon says: {said}"


NOTHING_RAN: Final = (
    "the container ended with exit code 0, and its dbt wrote no {place}: nothing has run. With "
    "`entrypoint: keep`, the image's entrypoint must run its arguments; and a dbt that is told to "
    "write no JSON (DBT_WRITE_JSON) cannot be told from none"
)

_SKEW: Final = timedelta(minutes=1)
"""How far the clock of a volume may be behind that of the daemon."""


def results_place(command: Sequence[str]) -> str | None:
    """Return the file in which a dbt command leaves its results; None if it says no folder.

    Example:
        >>> results_place(["run", "--target-path", "/tmp/target"])
        '/tmp/target/run_results.json'
    """
    if _TARGET_PATH not in command:
        return None
    name = "sources.json" if "freshness" in command[:3] else "run_results.json"
    folder = command[list(command).index(_TARGET_PATH) + 1]
    return f"{folder.rstrip('/')}/{name}"


_TARGET_PATH: Final = "--target-path"


def _in_memory(mount: Mapping[str, Any], place: str) -> bool:
    target = str(mount["Target"]).rstrip("/")
    return mount["Type"] == "tmpfs" and place.startswith(f"{target}/")


def moment(text: str) -> datetime:
    """Return the moment that Docker tells, to the microsecond.

    Example:
        >>> moment("2026-01-01T06:00:00.123456789Z").isoformat()
        '2026-01-01T06:00:00.123456+00:00'
    """
    whole = re.sub(r"(\.\d{1,6})\d*", lambda digits: digits[1].ljust(7, "0"), text)
    return datetime.fromisoformat(whole.replace("Z", "+00:00"))


def interrupt(client: Any, containers: Collection[str]) -> None:
    """Let the dbts of `containers` cancel their queries, which they do on this signal only.

    Returns when they have ended, or have had their time.
    """
    for container in containers:
        with suppress(APIError):  # It may have ended.
            client.kill(container, signal.SIGINT)
    until = time.monotonic() + leash.INTERRUPT_SECONDS
    while time.monotonic() < until and any(is_running(client, one) for one in containers):
        time.sleep(_POLL_SECONDS)


def is_running(client: Any, container: str) -> bool:
    """Return whether a container runs; one that is not there does not."""
    try:
        return bool(client.inspect_container(container)["State"]["Running"])
    except NotFound:
        return False


TRY: Final = "dagwright.try_number"
"""The label of a container that says which try of its task it is."""


def task_labels(context: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels by which the containers of one task of one run are found.

    The start of the run is among them: two Airflows may share a Docker, and have equal names.
    """
    instance, run = context["ti"], context["dag_run"]
    return {
        "dagwright.dag_id": str(instance.dag_id),
        "dagwright.run_id": str(instance.run_id),
        "dagwright.run_started": str(run.start_date),
        "dagwright.task_id": str(instance.task_id),
        "dagwright.map_index": str(instance.map_index),
    }


def unique_name(task_id: str) -> str:
    """Return a name that Docker allows and no other container has."""
    legal = re.sub(r"[^A-Za-z0-9_.-]+", "-", task_id)
    return f"dbt-{legal[:_LONGEST_NAME]}-{uuid.uuid4().hex[:12]}"


def _failure(error: Any) -> Exception:
    """Return `error` with a meaning; the lines that it carries were blanked when they came."""
    message = str(error)
    code = re.search(r"'StatusCode': (\d+)", message)
    if code is not None:
        meaning = ENDINGS.get(int(code[1]), "see what it printed")
        message = f"dbt ended with exit code {code[1]} in its container: {meaning}"
    made: Exception = type(error)(message, logs=error.logs)
    return made
