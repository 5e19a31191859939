"""`execute.operator_args`: arguments of the operators that are data and have no key of their own.

A table a kind. What the compiler decides, or what another key says, is refused with a reason, and
so is what only Python can hold. A test compares the tables with the signatures of the providers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from math import inf
from types import MappingProxyType
from typing import Any, Final

from dagwright.plan.modes.container_rules import OPERATOR_ARGUMENT, OPERATOR_ARGUMENT_TYPE
from dagwright.plan.modes.mode import Given
from dagwright.spec.model import ContainerKeys
from dagwright.spec.model.settings import TaskSettings
from dagwright.text.near import near_miss

TEXT, TRUTH, LIST, MAPPING = "text", "true or false", "a list", "a mapping"
TEXTS, HOSTS = "a list of text", "a mapping of text to text"
FROM_0, FROM_1 = "a whole number from 0", "a whole number from 1"
SECONDS = "a number of seconds above 0"
EXIT_CODE = "an exit code from 1 to 255"
ROTATED = "the number of files as text, such as `'3'`"
SIZE = "a size as text, such as `10m`"
IPC = "`none`, `private`, `shareable`, `host` or `container:NAME`"
ON_KILL = "`delete_pod` or `keep_pod`"
TERMINATION = "`File` or `FallbackToLogsOnError`"
SYSTEM = "`Linux` or `Windows`"
PRIORITY = "`Regular` or `Spot`"
TRANSPORT = "`rest` or `grpc`"


def _whole(least: int, most: float = inf) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _like(pattern: str) -> Callable[[Any], bool]:
    form = re.compile(pattern)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def _each_is_text(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _one_of(words: str) -> Callable[[Any], bool]:
    """Return what asks for a word that `words` has between backquotes."""
    return _like("|".join(map(re.escape, re.findall("`(.+?)`", words))))


TYPES: Final[Mapping[str, Callable[[Any], bool]]] = MappingProxyType(
    {
        TEXT: lambda value: isinstance(value, str),
        TRUTH: lambda value: isinstance(value, bool),
        LIST: lambda value: isinstance(value, (list, tuple)),
        TEXTS: lambda value: isinstance(value, (list, tuple)) and _each_is_text(value),
        MAPPING: lambda value: isinstance(value, Mapping),
        HOSTS: lambda value: isinstance(value, Mapping) and _each_is_text(value.values()),
        FROM_0: _whole(0),
        FROM_1: _whole(1),
        SECONDS: lambda value: type(value) in {int, float} and value > 0,
        EXIT_CODE: _whole(1, 255),
        ROTATED: _like("[1-9][0-9]*"),
        SIZE: _like("[1-9][0-9]*[bkmg]?"),
        IPC: _like("none|private|shareable|host|container:.+"),
        **{words: _one_of(words) for words in (ON_KILL, TERMINATION, SYSTEM, PRIORITY, TRANSPORT)},
    }
)
"""By the name of a type: whether a value is of it.

A 0 for an exit code would take each dbt that succeeds for one that was skipped.
"""

_POD: Final = {
    "base_container_status_polling_interval": SECONDS,
    "cluster_context": TEXT,
    "container_name_log_prefix_enabled": TRUTH,
    "durable": TRUTH,
    "get_logs": TRUTH,
    "in_cluster": TRUTH,
    "log_events_on_failure": TRUTH,
    "log_events_on_startup": TRUTH,
    "log_pod_spec_on_failure": TRUTH,
    "logging_interval": FROM_1,
    "on_kill_action": ON_KILL,
    "poll_interval": SECONDS,
    "random_name_suffix": TRUTH,
    "reattach_on_restart": TRUTH,
    "schedule_timeout_seconds": FROM_1,
    "skip_on_exit_code": EXIT_CODE,
    "startup_check_interval_seconds": FROM_1,
    "termination_grace_period": FROM_0,
    "termination_message_policy": TERMINATION,
}

OPERATOR_ARGS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "docker": {
            "api_version": TEXT,
            "cap_add": TEXTS,
            "dns": TEXTS,
            "dns_search": TEXTS,
            "extra_hosts": HOSTS,
            "force_pull": TRUTH,
            "hostname": TEXT,
            "ipc_mode": IPC,
            "log_opts_max_file": ROTATED,
            "log_opts_max_size": SIZE,
            "privileged": TRUTH,
            "shm_size": FROM_0,
            "skip_on_exit_code": EXIT_CODE,
            "timeout": FROM_1,
            "tls_ca_cert": TEXT,
            "tls_client_cert": TEXT,
            "tls_client_key": TEXT,
            "tls_hostname": TEXT,
            "tls_verify": TRUTH,
            "tty": TRUTH,
            "user": TEXT,
            "xcom_all": TRUTH,
        },
        "kubernetes": {**_POD, "config_file": TEXT},
        "aws_eks": _POD,
        "gcp_gke": {
            **_POD,
            "impersonation_chain": TEXT,
            "use_dns_endpoint": TRUTH,
            "use_internal_ip": TRUTH,
        },
        "aws_ecs": {
            "awslogs_fetch_interval": SECONDS,
            "group": TEXT,
            "number_logs_exception": FROM_1,
            "placement_constraints": LIST,
            "placement_strategy": LIST,
            "quota_retry": MAPPING,
            "reattach": TRUTH,
            "skip_on_exit_code": EXIT_CODE,
            "stop_task_on_failure": TRUTH,
            "volume_configurations": LIST,
            "waiter_delay": FROM_1,
            "waiter_max_attempts": FROM_1,
        },
        "azure_container_instance": {
            "fail_if_exists": TRUTH,
            "identity": MAPPING,
            "os_type": SYSTEM,
            "polling_interval": SECONDS,
            "priority": PRIORITY,
            "subnet_ids": LIST,
            "xcom_all": TRUTH,
        },
        "gcp_cloud_run_job": {
            "impersonation_chain": TEXT,
            "polling_period_seconds": SECONDS,
            "timeout_seconds": SECONDS,
            "transport": TRANSPORT,
            "use_regional_endpoint": TRUTH,
            "verbose": TRUTH,
        },
    }
)
"""By kind: the arguments that may be given, and the type of each."""

ELSEWHERE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "docker": {
            "command": "the compiler decides it",
            "environment": "write it as `env`",
            "env_file": "write it as `env`: a file would be read where the task runs",
            "private_environment": "write it as `secrets`",
            "container_name": "containers are named after their tasks, so that they can be found",
            "auto_remove": "a container goes away with its task",
            "entrypoint": "write it as `entrypoint`",
            "labels": "write them as `labels`",
            "working_dir": "write it as `working_dir`",
            "mounts": "write them as `volumes`",
            "mem_limit": "write it as `limits.memory`",
            "cpus": "write it as `resources.cpu`",
            "device_requests": "write it as `resources.gpu`",
            "network_mode": "write it as `network`",
            "docker_conn_id": "write it as `connection`",
        },
        "kubernetes": {
            "active_deadline_seconds": "it follows `execution_timeout`, or `pod` says it",
            "arguments": "the compiler decides it",
            "cmds": "write it as `entrypoint`",
            "env_vars": "write it as `env`",
            "secrets": "it is a Python object; write it as `execute.secrets`",
            "container_resources": "write it as `resources` and `limits`",
            "service_account_name": "write it as `service_account`",
            "kubernetes_conn_id": "write it as `connection`",
            "startup_timeout_seconds": "write it as `startup_timeout`",
            "on_finish_action": "write it as `on_finish`",
            "full_pod_spec": "write it as `pod`",
            "pod_template_dict": "write it as `pod`",
            "pod_template_file": "write it as `pod`",
        },
        "aws_ecs": {
            "overrides": "the compiler decides them",
            "aws_conn_id": "write it as `connection`",
            "region_name": "write it as `region`",
            "container_name": "write it as `container`",
            "capacity_provider_strategy": "write it as `capacity_providers`",
            "network_configuration": "write it as `subnets` and `security_groups`",
            "tags": "write them as `labels`",
            "awslogs_group": "write it as `logs.group`",
            "awslogs_stream_prefix": "write it as `logs.stream_prefix`",
            "awslogs_region": "write it as `logs.region`",
            "wait_for_completion": "a task that does not wait says nothing of its dbt",
        },
        "azure_container_instance": {
            "command": "the compiler decides it",
            "name": "container groups are named after their tasks, so that they can be found",
            "environment_variables": "write them as `env`",
            "secured_variables": "write them as `secrets`",
            "ci_conn_id": "write it as `connection`",
            "registry_conn_id": "write it as `registry_connection`",
            "cpu": "write it as `resources.cpu`",
            "memory_in_gb": "write it as `resources.memory`",
            "gpu": "write it as `resources.gpu`",
            "tags": "write them as `labels`",
            "remove_on_error": "write it as `keep`",
            "remove_on_success": "write it as `keep`",
            "restart_policy": "a task that fails is tried again by Airflow: see `retries`",
            "diagnostics": "it holds the key of a workspace; a policy of Azure can set it",
            "ip_address": "dbt listens to nobody",
            "ports": "dbt listens to nobody",
            "dns_config": "it is a Python object; the virtual network of `subnet_ids` has a DNS",
        },
        "gcp_cloud_run_job": {
            "overrides": "the compiler decides them",
            "gcp_conn_id": "write it as `connection`",
            "project_id": "write it as `project`",
            "job_name": "write it as `job`",
        },
    }
)
"""By kind: arguments that a key of the spec, or the compiler, decides."""


def checked_operator_args(kind: str, keys: ContainerKeys, given: Given) -> dict[str, Any]:
    """Return `operator_args` where the operator of `kind` takes them; report the others."""
    known, places = OPERATOR_ARGS[kind], given.loaded.places
    block = ("execute",) if keys is given.loaded.spec.execute else ("execute", "producer")
    right = {}
    for name, value in keys.operator_args.items():
        route = (*block, "operator_args", name)
        if name not in known:
            reason = _elsewhere(kind, keys).get(name) or near_miss(name, known)
            reason = reason or f"arguments are: {', '.join(known)}"
            found = OPERATOR_ARGUMENT.at(places.key(route), name=name, kind=kind, hint=reason)
            given.report.add(found)
        elif not TYPES[known[name]](value):
            at = places.value(route)
            given.report.add(OPERATOR_ARGUMENT_TYPE.at(at, name=name, expected=known[name]))
        else:
            right[name] = list(value) if isinstance(value, tuple) else value
    return right


def _elsewhere(kind: str, keys: ContainerKeys) -> Mapping[str, str]:
    """Return by argument of the operator of `kind` what says it in a spec, if that is known."""
    setting = "it is a setting of tasks: write it in `execute.policy` or `render.overrides`"
    return {
        **dict.fromkeys(TaskSettings.model_fields, setting),
        **{name: f"write it as `{name}`" for name in type(keys).model_fields},
        **ELSEWHERE.get(kind, ELSEWHERE["kubernetes"]),
    }
