"""The closed table of task kinds: which operator a task becomes, and with which arguments.

An artifact names a kind, never a class. A new kind is one function and one row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final

from dagwright_airflow.airflow_api import empty_operator
from dagwright_airflow.artifact import ArtifactError
from dagwright_airflow.operators.dbt import DbtOperator
from dagwright_airflow.operators.ended import ending

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How tasks of one kind become operators.

    `operator` returns the class, and imports it there when it belongs to a provider. `own` are
    the keys of a task's line, beside the shared ones, that its constructor takes. An operator
    that `needs_folder` runs in the worker and finds relative paths from the loader file's folder.
    One that `needs_prefix` looks at other tasks, and must know what stands before their ids.
    """

    operator: Callable[[], Any]
    own: tuple[str, ...] = ()
    needs_folder: bool = False
    needs_prefix: bool = False
    convert: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """By argument: what makes of its JSON value what the constructor takes."""
    callbacks: tuple[str, ...] = ()
    """The arguments that are import paths, which the loader file's author must have allowed."""

    def argument(self, name: str, value: Any) -> Any:
        """Return what the constructor takes for the JSON value of `name`; lists are tuples."""
        if (convert := self.convert.get(name)) is not None:
            return convert(value)
        return tuple(value) if isinstance(value, list) else value


def docker_operator() -> Any:
    """Return the provider's DockerOperator, with secrets."""
    from dagwright_airflow.operators.docker import DbtDockerOperator  # noqa: PLC0415

    return DbtDockerOperator


def pod_operator() -> Any:
    """Return the provider's KubernetesPodOperator."""
    from airflow.providers.cncf.kubernetes.operators.pod import (  # noqa: PLC0415
        KubernetesPodOperator,
    )

    return ending(_that_renders_manifests(KubernetesPodOperator), "pods.DeletingTrigger")


def eks_pod_operator() -> Any:
    """Return the provider's EksPodOperator."""
    from airflow.providers.amazon.aws.operators.eks import EksPodOperator  # noqa: PLC0415

    return ending(_that_renders_manifests(EksPodOperator), "eks.DeletingTrigger")


def gke_pod_operator() -> Any:
    """Return the provider's GKEStartPodOperator."""
    from airflow.providers.google.cloud.operators.kubernetes_engine import (  # noqa: PLC0415
        GKEStartPodOperator,
    )

    return ending(_that_renders_manifests(GKEStartPodOperator), "gke.DeletingTrigger")


def ecs_operator() -> Any:
    """Return the provider's EcsRunTaskOperator."""
    from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator  # noqa: PLC0415

    return ending(EcsRunTaskOperator, "ecs.StoppingTrigger", started="arn")


def aci_operator() -> Any:
    """Return the provider's AzureContainerInstancesOperator, with secrets."""
    from dagwright_airflow.operators.azure import DbtContainerGroupOperator  # noqa: PLC0415

    return ending(DbtContainerGroupOperator, "azure.DeletingTrigger")


def cloud_run_operator() -> Any:
    """Return the provider's CloudRunExecuteJobOperator, whose execution ends with its task."""
    from dagwright_airflow.operators.cloud_run import DbtExecutionOperator  # noqa: PLC0415

    return ending(DbtExecutionOperator, "cloud_run.CancellingTrigger", started="operation")


def _that_renders_manifests(operator: Any) -> Any:
    """Return `operator`, if it renders the templates in a manifest that is given as data.

    Raises:
        ArtifactError: it is too old, and `{{ ds }}` would reach dbt as it stands.
    """
    if "pod_template_dict" not in operator.template_fields:
        message = "the provider cncf.kubernetes is too old: it renders no `pod_template_dict`"
        raise ArtifactError(message)
    return operator


def _mounts(stated: Sequence[Mapping[str, Any]]) -> list[Any]:
    from docker.types import Mount  # noqa: PLC0415

    return [Mount(**one) for one in stated]


def _device_requests(stated: Sequence[Mapping[str, Any]]) -> list[Any]:
    from docker.types import DeviceRequest  # noqa: PLC0415

    return [DeviceRequest(**one) for one in stated]


_AZURE_MODELS: Final = "azure.mgmt.containerinstance.models"


def _gpu(stated: Mapping[str, Any]) -> Any:
    return import_module(_AZURE_MODELS).GpuResource(**stated)


def _subnets(stated: Sequence[Mapping[str, Any]]) -> list[Any]:
    subnet = import_module(_AZURE_MODELS).ContainerGroupSubnetId
    return [subnet(**one) for one in stated]


def _as_they_are(*names: str) -> Mapping[str, Callable[[Any], Any]]:
    """Return the conversion of arguments that must be lists, as JSON has them."""
    return dict.fromkeys(names, list)


_POD_LISTS: Final = MappingProxyType({"arguments": list})
_POD_OWN: Final = ("arguments", "pod_template_dict", "active_deadline_seconds")


def watching(house: Callable[[], Any]) -> Callable[[], Any]:
    """Return what returns the watcher whose own command runs by the operator of `house`."""

    def operator() -> Any:
        _refuse_airflow_2()
        from dagwright_airflow.watcher.watch import watching  # noqa: PLC0415 (imports triggers)

        return watching(house())

    return operator


def producing(house: Callable[[], Any]) -> Callable[[], Any]:
    """Return what returns the producer whose dbt runs by the operator of `house`."""

    def operator() -> Any:
        _refuse_airflow_2()
        from dagwright_airflow.watcher.producer import producing  # noqa: PLC0415

        return producing(house())

    return operator


def house_in_worker() -> Any:
    """Return the operator of producers and watchers whose dbt runs in the worker."""
    from dagwright_airflow.watcher.house import InWorker  # noqa: PLC0415

    return InWorker


def house_in_docker() -> Any:
    """Return the operator of producers and watchers whose dbt runs in Docker."""
    from dagwright_airflow.watcher.in_docker import InDocker  # noqa: PLC0415

    return InDocker


def house_in_pods(operator: Callable[[], Any]) -> Callable[[], Any]:
    """Return what returns the operator of producers and watchers whose dbt runs in pods."""

    def house() -> Any:
        from dagwright_airflow.watcher.in_pods import in_pods  # noqa: PLC0415

        return in_pods(operator())

    return house


def documenting_dbt() -> Any:
    """Return the operator that makes the project's documentation."""
    from dagwright_airflow.operators.docs import DocsOperator  # noqa: PLC0415 (few need it)

    return DocsOperator


def _refuse_airflow_2() -> None:
    if find_spec("airflow.sdk") is None:
        raise ArtifactError("mode `watcher` needs Airflow 3; use another mode here")


def compiling_dbt() -> Any:
    """Return the helper of `airflow_async` that compiles."""
    from dagwright_airflow.statements.compile import CompileOperator  # noqa: PLC0415

    return CompileOperator


def _statement(module: str, name: str) -> Kind:
    """Return the kind of tasks that submit statements, by the operator of one provider."""

    def operator() -> Any:
        return getattr(import_module(f"dagwright_airflow.statements.{module}"), name)

    return Kind(operator, ("nodes",), needs_prefix=True)


_BY_MODE: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "dbt": Kind(
            lambda: DbtOperator,
            ("command", "nodes", "vars", "env", "seed", "retry_tests"),
            needs_folder=True,
            callbacks=("on_warning",),
        ),
        "docs": Kind(documenting_dbt, ("command", "nodes"), needs_folder=True),
        "docker": Kind(
            docker_operator,
            ("command", "image", "environment", "labels", "cpus", "mem_limit", "device_requests"),
            convert={
                "command": list,
                "entrypoint": list,
                "mounts": _mounts,
                "device_requests": _device_requests,
            },
        ),
        "kubernetes": Kind(pod_operator, ("name", *_POD_OWN), convert=_POD_LISTS),
        "aws_eks": Kind(eks_pod_operator, ("pod_name", *_POD_OWN), convert=_POD_LISTS),
        "gcp_gke": Kind(gke_pod_operator, ("name", *_POD_OWN), convert=_POD_LISTS),
        "aws_ecs": Kind(
            ecs_operator,
            ("overrides", "tags"),
            convert={
                **_as_they_are(
                    "capacity_provider_strategy",
                    "placement_constraints",
                    "placement_strategy",
                    "volume_configurations",
                ),
                "awslogs_fetch_interval": lambda seconds: timedelta(seconds=seconds),
            },
        ),
        "azure_container_instance": Kind(
            aci_operator,
            (
                "name",
                "command",
                "image",
                "environment_variables",
                "cpu",
                "memory_in_gb",
                "gpu",
                "tags",
            ),
            convert={**_as_they_are("command", "volumes"), "gpu": _gpu, "subnet_ids": _subnets},
        ),
        "gcp_cloud_run_job": Kind(cloud_run_operator, ("overrides",)),
        "async_compile": Kind(
            compiling_dbt, ("command", "models"), needs_folder=True, callbacks=("on_warning",)
        ),
        "async_bigquery": _statement("bigquery", "BigQueryStatement"),
        "async_databricks": _statement("databricks", "DatabricksStatement"),
        "async_snowflake": _statement("snowflake", "SnowflakeStatement"),
        "async_redshift": _statement("redshift", "RedshiftStatement"),
        "async_athena": _statement("athena", "AthenaStatement"),
        "empty": Kind(empty_operator),
    }
)
"""What tasks become where each runs its own dbt."""

HOUSES: Final[Mapping[str, Callable[[], Any]]] = MappingProxyType(
    {
        "dbt": house_in_worker,
        "docker": house_in_docker,
        "kubernetes": house_in_pods(pod_operator),
        "aws_eks": house_in_pods(eks_pod_operator),
        "gcp_gke": house_in_pods(gke_pod_operator),
    }
)
"""By kind that a producer can have: the operator of its watchers, and of itself."""

_OF_CALL: Final = frozenset({"command", "arguments", "nodes", "vars", "env", "seed"})
"""What a producer decides itself, of the keys of a task."""


def _watcher(kind: Kind, house: Callable[[], Any]) -> Kind:
    own = (*(key for key in kind.own if key != "seed"), "starts_in", "retry_tests")
    return replace(
        kind, operator=watching(house), own=tuple(dict.fromkeys(own)), needs_prefix=True
    )


def _producer(kind: Kind, house: Callable[[], Any]) -> Kind:
    own = (key for key in kind.own if key not in (*_OF_CALL, "retry_tests"))
    return replace(
        kind,
        operator=producing(house),
        own=("phases", "watched", "tails", *own),
        needs_prefix=True,
        callbacks=(),
    )


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        **_BY_MODE,
        **{f"watcher_{kind}": _watcher(_BY_MODE[kind], house) for kind, house in HOUSES.items()},
        **{f"producer_{kind}": _producer(_BY_MODE[kind], house) for kind, house in HOUSES.items()},
    }
)
"""By the kind that an artifact names: how a task becomes an operator."""


def kind_named(name: str) -> Kind:
    """Return the row of `KINDS` for `name`.

    Raises:
        ArtifactError: there is none.
    """
    if (kind := KINDS.get(name)) is None:
        message = (
            f"tasks of kind {name!r} are unknown to this version, which knows "
            f"{', '.join(KINDS)}; install the version of dagwright that compiled it"
        )
        raise ArtifactError(message)
    return kind
