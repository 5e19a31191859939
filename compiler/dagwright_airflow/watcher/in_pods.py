"""dbt in pods: how a producer follows one by the operator's callbacks, and how one is ended."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Final

from airflow.providers.cncf.kubernetes.callbacks import KubernetesPodOperatorCallback
from airflow.providers.cncf.kubernetes.utils.pod_manager import PodManager

from dagwright_airflow.airflow_api import AirflowException
from dagwright_airflow.watcher import dbt_log
from dagwright_airflow.watcher.house import MARK, TASK, Contained, Ended, Run

_OF_ONE_RUN: Final = ("hook", "client", "pod_manager")
"""What an operator makes once, for the credentials of one run."""

_PATIENCE_SECONDS: Final = 180.0
"""How long a pod that was deleted may take to be gone."""


class _Telling(KubernetesPodOperatorCallback):  # type: ignore[misc]  # Airflow is untyped here.
    """Tells each line of a pod's log, once it is whole; a line may be told twice."""

    def __init__(self, run: Run) -> None:
        """Keep whom to tell."""
        self._run = run

    def progress_callback(self, *, line: str, **_: Any) -> None:
        """Tell one line; what had no time of its own was joined with the line before."""
        for one in line.split("\n"):
            self._run.tell(one, str)

    def on_pod_completion(self, *, pod: Any, operator: Any, **_: Any) -> None:
        """Read the log once more, where its stream was cut before it had told everything."""
        if pod is None or self._run.told():
            return
        operator.log.info("The stream of the log was cut: reading the log again.")
        for line in operator.pod_manager.read_pod_logs(
            pod=pod, container_name=operator.base_container_name, follow=False
        ):
            self._run.tell(line.decode(errors="replace").rstrip("\r\n"), str)


class _QuietPodManager(PodManager):  # type: ignore[misc]
    """Writes no line into the task's log by itself: the producer writes what people read."""

    def _log_message(self, *_: Any, **__: Any) -> None:
        return


class PodHouse(Contained):
    """A mixin over an operator of pods: a producer follows a pod, and its pods are marked."""

    _telling: _Telling | None = None
    _to_end: Mapping[str, Collection[str]] = MappingProxyType({})
    client: Any
    callbacks: Any
    namespace: str
    base_container_name: str

    @cached_property
    def pod_manager(self) -> Any:
        """What reads the logs of pods, for the operator too."""
        manager = PodManager if self._telling is None else _QuietPodManager
        return manager(kube_client=self.client, callbacks=self.callbacks)

    def end(self, labels: Mapping[str, Collection[str]]) -> None:
        """Keep the labels of pods that must be gone before one is made.

        The operator of EKS reaches its cluster only while it runs.
        """
        self._to_end = labels

    def get_or_create_pod(self, pod_request_obj: Any, context: Any) -> Any:
        """Return a new pod, once none is left that may be at the same nodes."""
        if self._to_end:
            super().end(self._to_end)
            self._to_end = {}
        return super().get_or_create_pod(pod_request_obj, context)  # type: ignore[misc]

    def end_left(self, labels: Mapping[str, Collection[str]]) -> int:
        """Return how many pods were there with these labels, when all of them are gone."""
        number = None
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            left = self._pods(labels)
            number = len(left) if number is None else number
            if not left:
                return number
            if time.monotonic() > until:
                names = ", ".join(pod.metadata.name for pod in left)
                message = f"pods that killed tasks had left do not end: {names}"
                raise AirflowException(message)
            for pod in left:
                self.pod_manager.delete_pod(pod)
            time.sleep(1.0)

    def _pods(self, labels: Mapping[str, Collection[str]]) -> list[Any]:
        (mark,) = labels[MARK]
        found = self.client.list_namespaced_pod(
            namespace=self.namespace, label_selector=f"{MARK}={mark}"
        ).items
        tasks = labels.get(TASK)
        return [pod for pod in found if not tasks or pod.metadata.labels.get(TASK) in tasks]

    def follow(self, run: Run, context: Mapping[str, Any]) -> Ended:
        """Return how a dbt command ended, after all of its log was told."""
        self.arguments = [*run.words, *dbt_log.FLAGS]
        self.new_call()
        self._telling = _Telling(run)
        self.callbacks = [self._telling]
        for name in _OF_ONE_RUN:
            self.__dict__.pop(name, None)
        self.pod = self.pod_request_obj = self.remote_pod = None
        fault = ""
        try:
            super().execute(context)  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 (a dbt that exits with 1 is one)
            fault = str(error)
        status = _exit_code(self.remote_pod, self.base_container_name)
        if status is None and not fault:
            status = 0
        return Ended(status, fault="" if status is not None else fault)


@lru_cache
def in_pods(operator: Any) -> Any:
    """Return the class whose dbt runs in a pod by `operator`, marked as one of its run."""
    return type("InPods", (PodHouse, operator), {"__doc__": "dbt in a pod."})


def _exit_code(pod: Any, container: str) -> int | None:
    """Return the exit status of a container of a pod, if the pod has it."""
    statuses = getattr(getattr(pod, "status", None), "container_statuses", None) or ()
    for one in statuses:
        ended = getattr(one.state, "terminated", None)
        if one.name == container and ended is not None:
            return int(ended.exit_code)
    return None
