"""The spec as the later stages see it: long form, defaults filled in, every type right.

One class a block of the YAML, strict and frozen; sequences are tuples, durations are seconds, and
what was not given is None. The docstring below a field is what editors show for its key, and the
types are what `schemas/spec-1.json` is made from: a key added here is a key of the language.
"""

from dagwright.spec.model.dag import AllOf, AnyOf, AssetSchedule, Dag, TaskGroup
from dagwright.spec.model.deadline import Deadline
from dagwright.spec.model.execute import (
    COMMON_KEYS,
    MODES,
    AwsEcs,
    AwsEks,
    AzureContainerInstance,
    ContainerKeys,
    Docker,
    Execute,
    ExecuteCommon,
    GcpCloudRunJob,
    GcpGke,
    Kubernetes,
    Local,
    PathRow,
    Policy,
    Profile,
)
from dagwright.spec.model.render import Override, Render, RenderDbt
from dagwright.spec.model.settings import TaskSettings
from dagwright.spec.model.spec import VERSION, Environment, EnvironmentDag, Requires, Spec
from dagwright.spec.model.words import SpecPart

__all__ = [
    "COMMON_KEYS",
    "MODES",
    "VERSION",
    "AllOf",
    "AnyOf",
    "AssetSchedule",
    "AwsEcs",
    "AwsEks",
    "AzureContainerInstance",
    "ContainerKeys",
    "Dag",
    "Deadline",
    "Docker",
    "Environment",
    "EnvironmentDag",
    "Execute",
    "ExecuteCommon",
    "GcpCloudRunJob",
    "GcpGke",
    "Kubernetes",
    "Local",
    "Override",
    "PathRow",
    "Policy",
    "Profile",
    "Render",
    "RenderDbt",
    "Requires",
    "Spec",
    "SpecPart",
    "TaskGroup",
    "TaskSettings",
]
