"""Container groups against the request models of Azure's SDK.

The SDK itself sends what has a wrong type, or leaves it out; its models say what is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from dagwright.official.fault import Fault
from dagwright.text.near import near_miss

WORDS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("ContainerGroup", "os_type"): "OperatingSystemTypes",
        ("ContainerGroup", "priority"): "ContainerGroupPriority",
        ("ContainerGroupIdentity", "type"): "ResourceIdentityType",
        ("GpuResource", "sku"): "GpuSku",
    }
)
"""By model and field: the SDK's class of its words. The models call such a field text."""

_SCALARS: Final[Mapping[str, Any]] = MappingProxyType(
    {"str": str, "int": int, "bool": bool, "float": (int, float)}
)


def container_group_faults(arguments: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what Azure has against the group that the operator makes of its arguments."""
    yield from model_faults(_group(arguments), "ContainerGroup", ())


def _group(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the group in the SDK's words, without names and secrets, which come at run time."""
    requests = {
        "cpu": arguments.get("cpu", 1.0),
        "memory_in_gb": arguments.get("memory_in_gb", 1.5),
        "gpu": arguments.get("gpu"),
    }
    variables = arguments.get("environment_variables", {})
    container = {
        "name": "dbt",
        "image": arguments.get("image"),
        "command": arguments.get("command"),
        "environment_variables": [{"name": n, "value": v} for n, v in variables.items()],
        "resources": {"requests": requests},
    }
    group = {
        "location": arguments.get("region"),
        "containers": [container],
        "os_type": arguments.get("os_type", "Linux"),
        **{name: arguments.get(name) for name in ("tags", "identity", "subnet_ids", "priority")},
    }
    return {name: value for name, value in group.items() if value is not None}


def model_faults(value: Any, kind: str, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """Yield what a type of the SDK's attribute maps has against `value`; None is not given."""
    if value is None or kind == "object":
        return
    if kind[0] in "[{":
        yield from _many_faults(value, kind, path)
    elif kind in _SCALARS:
        if not isinstance(value, _SCALARS[kind]) or (kind != "bool" and isinstance(value, bool)):
            yield Fault(path, f"is of type {kind}, and this is none")
    elif not isinstance(value, Mapping):
        yield Fault(path, f"is a mapping, a {kind}, and this is none")
    else:
        yield from _fields_faults(value, kind, path)


def _many_faults(value: Any, kind: str, path: tuple[str | int, ...]) -> Iterator[Fault]:
    is_list, inner = kind[0] == "[", kind[1:-1]
    if not isinstance(value, (list, tuple) if is_list else Mapping):
        yield Fault(path, f"is a {'list' if is_list else 'mapping'}, and this is none")
        return
    for part, item in enumerate(value) if is_list else value.items():
        yield from model_faults(item, inner, (*path, part))


def _fields_faults(
    value: Mapping[str, Any], kind: str, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    models = import_module("azure.mgmt.containerinstance.models")
    model = getattr(models, kind)
    for name, rule in model._validation.items():  # noqa: SLF001 - the SDK has no other name
        if rule.get("required") and value.get(name) is None:
            yield Fault(path, f"lacks `{name}`")
    fields = model._attribute_map  # noqa: SLF001 - the same
    for name, item in value.items():
        if name not in fields:
            hint = near_miss(name, fields) or ""
            yield Fault((*path, name), f"is no field of {kind} in Azure", hint)
            continue
        yield from model_faults(item, fields[name]["type"], (*path, name))
        words = WORDS.get((kind, name))
        known = [one.value for one in getattr(models, words)] if words else []
        if known and isinstance(item, str) and "{{" not in item and item not in known:
            hint = near_miss(item, known) or ""
            yield Fault((*path, name), f"is one of {', '.join(known)}", hint)
