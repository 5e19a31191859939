"""What ECS is asked to run, against the model of its API that botocore ships.

botocore checks names, types and lengths; the words that a field may have are checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from dagwright.official.fault import Fault
from dagwright.text.near import near_miss

PARAMETERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cluster": "cluster",
        "task_definition": "taskDefinition",
        "overrides": "overrides",
        "launch_type": "launchType",
        "capacity_provider_strategy": "capacityProviderStrategy",
        "platform_version": "platformVersion",
        "group": "group",
        "placement_constraints": "placementConstraints",
        "placement_strategy": "placementStrategy",
        "network_configuration": "networkConfiguration",
        "propagate_tags": "propagateTags",
        "volume_configurations": "volumeConfigurations",
    }
)
"""By argument of the operator: the parameter of RunTask that it becomes as it is."""


def run_task_faults(arguments: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what ECS has against the call that the operator makes of its arguments.

    The paths start with the operator's argument.
    """
    for name, parameter in PARAMETERS.items():
        if name in arguments:
            shape = _run_task().members[parameter]
            yield from shape_faults(arguments[name], shape, (name,))


def shape_faults(value: Any, shape: Any, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """Yield what a shape of botocore has against `value`."""
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            yield from _structure_faults(value, shape, path)
        case "list" if isinstance(value, (list, tuple)):
            for number, item in enumerate(value):
                yield from shape_faults(item, shape.member, (*path, number))
        case "map" if isinstance(value, Mapping):
            for key, item in value.items():
                yield from shape_faults(item, shape.value, (*path, key))
        case kind if kind in _SCALARS and isinstance(value, _SCALARS[kind]):
            words = shape.metadata.get("enum", ())
            if words and value not in words and "{{" not in str(value):
                hint = near_miss(str(value), words) or ""
                yield Fault(path, f"is one of {', '.join(words)}", hint)
        case kind:
            yield Fault(path, f"is a {kind}, and this is none")


def _structure_faults(
    value: Mapping[str, Any], shape: Any, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    for name in shape.required_members:
        if name not in value:
            yield Fault(path, f"lacks `{name}`")
    for name, item in value.items():
        if name in shape.members:
            yield from shape_faults(item, shape.members[name], (*path, name))
        else:
            hint = near_miss(name, shape.members) or ""
            yield Fault((*path, name), f"is no field of {shape.name} in ECS", hint)


_SCALARS: Final[Mapping[str, type]] = MappingProxyType(
    {"string": str, "integer": int, "long": int, "boolean": bool, "float": float, "double": float}
)


@lru_cache(maxsize=1)
def _run_task() -> Any:
    loader = import_module("botocore.loaders").Loader()
    model = import_module("botocore.model").ServiceModel(
        loader.load_service_model("ecs", "service-2")
    )
    return model.operation_model("RunTask").input_shape
