"""The tables of `operator_args` know every argument of the clouds' real operators."""

from __future__ import annotations

import inspect
from typing import get_args, get_type_hints

import pytest

from dagwright.plan.modes.operator_args import (
    ELSEWHERE,
    OPERATOR_ARGS,
    PRIORITY,
    SYSTEM,
    TRANSPORT,
)

WRITTEN = {
    "aws_ecs": {
        "cluster",
        "task_definition",
        "launch_type",
        "platform_version",
        "propagate_tags",
        "deferrable",
    },
    "azure_container_instance": {"resource_group", "region", "image", "volumes", "deferrable"},
    "gcp_cloud_run_job": {"region", "deferrable"},
}
"""By kind: the arguments that a key of the same meaning, and mostly of that name, makes."""


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_argument_is_given_or_said_elsewhere(kind, airflow) -> None:
    from dagwright_airflow.kinds import KINDS

    operator = KINDS[kind].operator()
    own = next(one for one in operator.__mro__ if not one.__module__.startswith("dagwright"))
    names = {
        name
        for name, parameter in inspect.signature(own.__init__).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD and name != "self"
    }
    inherited = {"aws_conn_id", "region_name"}
    known = {*OPERATOR_ARGS[kind], *ELSEWHERE[kind], *WRITTEN[kind]}
    assert known - inherited == names - inherited


def test_the_words_of_arguments_are_those_of_the_clouds(airflow) -> None:
    from azure.mgmt.containerinstance import models

    from dagwright_airflow.kinds import cloud_run_operator

    hints = get_type_hints(cloud_run_operator().__init__)
    (words,) = (get_args(one) for one in get_args(hints["transport"]) if get_args(one))
    for said, known in (
        (TRANSPORT, words),
        (SYSTEM, [one.value for one in models.OperatingSystemTypes]),
        (PRIORITY, [one.value for one in models.ContainerGroupPriority]),
    ):
        assert {f"`{word}`" for word in known} == set(said.split(" or "))
