"""Strategic merge: how `kubectl patch` lays a part of a manifest over a whole one.

Mappings are merged key by key and null removes a key. Lists whose items have a name of their own
are merged item by item; other lists are replaced. `$patch: delete` takes an item out, `$patch:
replace` keeps nothing of what was there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

MERGED_BY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "containers": "name",
        "env": "name",
        "ephemeralContainers": "name",
        "hostAliases": "ip",
        "imagePullSecrets": "name",
        "initContainers": "name",
        "ports": "containerPort",
        "resourceClaims": "name",
        "topologySpreadConstraints": "topologyKey",
        "volumeDevices": "devicePath",
        "volumeMounts": "mountPath",
        "volumes": "name",
    }
)
"""By the key of a list in a pod: the key that its items are known by (the API's patchMergeKey)."""

_DIRECTIVE: Final = "$patch"


def strategic_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` laid over it; neither is changed.

    Example:
        >>> strategic_merge({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "B"}]})
        {'env': [{'name': 'A', 'value': '1'}, {'name': 'B'}]}
    """
    if over.get(_DIRECTIVE) == "replace":
        return {key: _plain(value) for key, value in over.items() if key != _DIRECTIVE}
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            merged[key] = strategic_merge(below if isinstance(below, Mapping) else {}, value)
        elif key in MERGED_BY and _is_list(value):
            merged[key] = _merged_items(below, value, MERGED_BY[key])
        else:
            merged[key] = _plain(value)
    return merged


def _merged_items(base: Sequence[Any] | None, over: Sequence[Any], name: str) -> list[Any]:
    """Return the items of `base`, changed by those of `over` that have the same `name`."""
    unnamed = [item for item in over if not isinstance(item, Mapping)]
    if unnamed:  # No such list is right; the schema says so.
        return [_plain(item) for item in over]
    items = {item.get(name): item for item in base or ()}
    for item in over:
        if item.get(_DIRECTIVE) == "delete":
            items.pop(item.get(name), None)
        else:
            items[item.get(name)] = strategic_merge(items.get(item.get(name), {}), item)
    return list(items.values())


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _plain(value: Any) -> Any:
    """Return `value` with lists for tuples, as JSON reads it back."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if _is_list(value) else value
