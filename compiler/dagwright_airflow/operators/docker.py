"""DockerOperator, whose container gets secrets that nothing ever shows, and ends with its task.

With `deferrable` the task waits for its container in the triggerer, which DockerOperator cannot.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from airflow.providers.docker.exceptions import (
    DockerContainerFailedException,
    DockerContainerFailedSkipException,
)
from airflow.providers.docker.operators.docker import DockerOperator
from docker.errors import APIError, DockerException, NotFound

from dagwright_airflow.airflow_api import AirflowException, AirflowTaskTimeout, defers_unasked
from dagwright_airflow.operators.blank import blanker
from dagwright_airflow.operators.docker_client import Printed, RunsNow, Started, Starting
from dagwright_airflow.operators.docker_daemon import address_of, id_of, interrupt, remove
from dagwright_airflow.operators.docker_results import check_results
from dagwright_airflow.operators.docker_trigger import ELSEWHERE, LATE, LOST, ContainerTrigger
from dagwright_airflow.operators.docker_words import failure, refusal
from dagwright_airflow.pauses import SETTLE_SECONDS
from dagwright_airflow.secrets import look_up

_LONGEST_NAME: Final = 200
_GRACE_SECONDS: Final = 120.0
"""How long the triggerer may take to say that a container is late before the scheduler does."""


class DbtDockerOperator(DockerOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Runs one dbt command in a container of the worker's Docker."""

    template_fields: Sequence[str] = (*DockerOperator.template_fields, "labels", "working_dir")
    template_ext: Sequence[str] = ()
    """None: an argument that ends in `.sh` is an argument, and no file to be read."""
    labels: Any

    def __init__(
        self,
        *,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep where secrets lie, by environment variable; `kwargs` are DockerOperator's."""
        super().__init__(**kwargs)
        self.secrets = dict(secrets or {})
        self.deferrable = defers_unasked() if deferrable is None else deferrable
        self._killed = False
        self._printed: Printed | None = None

    def execute(self, context: Any) -> Any:
        """Return the last line that dbt printed, as DockerOperator does, without secrets.

        Raises:
            AirflowException: dbt failed, or the daemon would not run it; says why.
            TaskDeferred: the container runs, and the triggerer waits for it.
        """
        identity = task_labels(context)
        began = time.time()
        found = look_up(self.secrets)
        self._remove_earlier(identity)
        self.container_name = unique_name(context["ti"].task_id)
        labels: dict[str, str] = self.labels or {}
        self.labels = {**labels, **identity, TRY: str(context["ti"].try_number)}
        try:
            if not self.deferrable:
                return self._through(self.cli, found, super().execute, context)
            daemon = id_of(self.cli)
            with suppress(RunsNow):
                self._through(Starting(self.cli), found, super().execute, context)
            self._check_not_killed()
            return self._defer(daemon, began)
        finally:
            if self._killed:
                self._remove(self.container_name)

    def resume(self, context: Any, event: Mapping[str, str]) -> Any:
        """Return what `execute` returns where it waits itself, once the container has ended.

        Raises:
            AirflowException: dbt failed, or its container is gone, or cannot be asked about.
            AirflowTaskTimeout: the time of the task was up.
        """
        del context
        container = event["container"]
        self.container = {"Id": container}
        try:
            client = Started(self.cli, container)
            return self._through(client, look_up(self.secrets), self._finish, event)
        finally:
            if self.auto_remove == "force":
                self._remove(container)

    def resume_execution(self, next_method: str, next_kwargs: Any, context: Any) -> Any:
        """Return what `resume` returns; where the trigger died, remove the container first."""
        if next_method != "resume":
            with suppress(AirflowException, DockerException, OSError):
                self._remove_earlier(task_labels(context))
        return super().resume_execution(next_method, next_kwargs, context)

    def _through(
        self, client: Any, secrets: dict[str, str], call: Callable[..., Any], *given: Any
    ) -> Any:
        """Return what `call` returns, to which `cli` is `client`; secrets are blanked in it."""
        blank = blanker(secrets.values())
        self._private_environment: dict[str, str] = secrets
        self._printed = Printed(client, blank, self._check_results)
        try:
            return call(*given)
        except APIError as error:
            raise AirflowException(blank(refusal(self.image, error))) from None
        except (DockerContainerFailedException, DockerContainerFailedSkipException) as error:
            raise failure(error) from None
        finally:
            self._private_environment, self._printed = {}, None

    def _check_results(self, client: Any, container: str) -> None:
        """Raise if dbt left no results, though its container ended well."""
        if doubt := check_results(client, container, self.command, self.mounts):
            self.log.info("Nobody can tell whether dbt left results: %s", doubt)

    def _defer(self, daemon: str, began: float) -> Any:
        """Let the triggerer wait for the container that runs."""
        limit = self.execution_timeout
        until = None if limit is None else began + limit.total_seconds()
        trigger = ContainerTrigger(
            container=self.container["Id"],
            daemon=daemon,
            address=address_of(self),
            earliest=time.time() + SETTLE_SECONDS,
            until=until,
        )
        self.log.info("The container %s runs; waiting in the triggerer.", self.container_name)
        return self.defer(
            trigger=trigger,
            method_name="resume",
            timeout=None if limit is None else limit + timedelta(seconds=_GRACE_SECONDS),
        )

    def _finish(self, event: Mapping[str, str]) -> Any:
        """Return what DockerOperator makes of the container, as if it had waited for it itself.

        What is late, or was lost sight of, is ended; its log is shown, and it is never a success.
        """
        container, saw = event["container"], event["saw"]
        try:
            if saw not in (LATE, LOST):
                return self._run_image_with_mounts(self.mounts, add_tmp_variable=False)
            interrupt(self.cli, [container])
            for line in self.cli.attach(container):
                self.log.info("%s", line.decode().rstrip())
        except NotFound:
            why = "it was removed by somebody else"
            if id_of(self.cli) != event["daemon"]:
                why = ELSEWHERE.format(url=self.docker_url)
            why = event["why"] or why
            message = f"the container is gone, and nobody knows what became of its dbt: {why}"
            raise AirflowException(message) from None
        if saw == LATE:
            raise AirflowTaskTimeout("the container was stopped: execution_timeout is over")
        raise AirflowException(f"the container was stopped: {event['why']}")

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
        remove(client, name)

    @property
    def cli(self) -> Any:
        """The client of the daemon; a task that was killed asks it for nothing more."""
        self._check_not_killed()
        return self._printed or self.hook.api_client

    def _check_not_killed(self) -> None:
        if self._killed:
            raise AirflowException("the container was stopped because the task was killed")

    def _remove(self, name: str) -> None:
        remove(self.hook.api_client, name)

    def _remove_earlier(self, identity: Mapping[str, str]) -> None:
        """End what an earlier try left running: a worker that dies takes no container along.

        Its dbt is let cancel its queries: removed at once, it leaves them going in the warehouse,
        beside those of this try.
        """
        wanted = {"label": [f"{name}={value}" for name, value in identity.items()]}
        found = self.cli.containers(all=True, filters=wanted)
        for one in found:
            self.log.warning("Removing the container %s of an earlier try", one["Names"][0][1:])
        interrupt(self.cli, [one["Id"] for one in found])
        for one in found:
            self._remove(one["Id"])


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
