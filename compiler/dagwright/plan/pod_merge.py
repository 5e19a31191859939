"""Strategic merge: how `kubectl patch` lays a part of a manifest over a whole one.

Mappings are merged key by key, and null removes a key. Lists whose items have a key of their own
are merged item by item, `finalizers` word by word; other lists are replaced. Directives:

- `$patch: delete` takes away the item, or all keys of the mapping, that it stands in.
- `$patch: replace` keeps nothing of what was there; alone in an item, nothing of the list.
- `$retainKeys: [...]` keeps only these keys, as a volume needs that comes from elsewhere.
- `$deleteFromPrimitiveList/finalizers: [...]` takes these words out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from dagwright.text.route import Route

MERGED_BY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "containers": "name",
        "env": "name",
        "ephemeralContainers": "name",
        "evictionResponders": "name",
        "hostAliases": "ip",
        "imagePullSecrets": "name",
        "initContainers": "name",
        "ownerReferences": "uid",
        "ports": "containerPort",
        "resourceClaims": "name",
        "schedulingGates": "name",
        "topologySpreadConstraints": "topologyKey",
        "volumeDevices": "devicePath",
        "volumeMounts": "mountPath",
        "volumes": "name",
    }
)
"""By the key of a list in a pod: the key that its items are known by (the API's patchMergeKey)."""

WORDS: Final = frozenset({"finalizers"})
"""The lists of words that are merged, too."""

_PATCH: Final = "$patch"
_RETAIN: Final = "$retainKeys"
_DELETE_WORDS: Final = "$deleteFromPrimitiveList/"
_PATCHES: Final = ("merge", "replace", "delete")


def strategic_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` laid over it; neither is changed.

    Example:
        >>> strategic_merge({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "B"}]})
        {'env': [{'name': 'A', 'value': '1'}, {'name': 'B'}]}
    """
    directive = over.get(_PATCH)
    if directive == "delete":
        return {}
    if directive == "replace":
        return {key: _plain(value) for key, value in over.items() if not key.startswith("$")}
    kept = over.get(_RETAIN)
    merged = {key: value for key, value in base.items() if kept is None or key in kept}
    for key, value in over.items():
        if key.startswith(_DELETE_WORDS):
            name = key.removeprefix(_DELETE_WORDS)
            merged[name] = [word for word in merged.get(name, ()) if word not in value]
        elif value is None:
            merged.pop(key, None)
        elif not key.startswith("$"):
            merged[key] = _merged(key, merged.get(key), value)
    return merged


def _merged(key: str, below: Any, value: Any) -> Any:
    """Return what `value` makes of `below`, both under `key`."""
    if isinstance(value, Mapping):
        return strategic_merge(below if isinstance(below, Mapping) else {}, value)
    if _is_list(value) and key in WORDS:
        return list(dict.fromkeys([*(below or ()), *value]))
    if _is_list(value) and key in MERGED_BY:
        return _merged_items(below, value, MERGED_BY[key])
    return _plain(value)


def _merged_items(base: Sequence[Any] | None, over: Sequence[Any], name: str) -> list[Any]:
    """Return the items of `base`, changed by those of `over` that have the same `name`."""
    unnamed = [item for item in over if not isinstance(item, Mapping)]
    if unnamed:  # No such list is right; the schema says so.
        return [_plain(item) for item in over]
    whole = {_PATCH: "replace"} in over
    items = {} if whole else {item.get(name): item for item in base or ()}
    for item in over:
        if item.get(_PATCH) == "delete":
            items.pop(item.get(name), None)
        elif item != {_PATCH: "replace"}:
            items[item.get(name)] = strategic_merge(items.get(item.get(name), {}), item)
    return list(items.values())


def patch_faults(patch: Mapping[str, Any], at: Route = ()) -> Iterator[tuple[Route, str]]:
    """Yield the place of each fault of a patch, as Kubernetes would find it, and what it is."""
    for key, value in patch.items():
        route = (*at, key)
        if key.startswith("$"):
            yield from ((route, fault) for fault in _directive_faults(key, value))
        elif isinstance(value, Mapping):
            yield from patch_faults(value, route)
        elif _is_list(value):
            yield from _item_faults(key, value, route)


def _directive_faults(key: str, value: Any) -> Iterator[str]:
    if key == _PATCH:
        if value not in _PATCHES:
            yield f"`$patch` is one of {', '.join(_PATCHES)}"
    elif key != _RETAIN and key.removeprefix(_DELETE_WORDS) not in WORDS:
        yield f"`{key}` is no directive that is known here"
    elif not _is_list(value):
        yield f"`{key}` has a list of words"


def _item_faults(key: str, items: Sequence[Any], at: Route) -> Iterator[tuple[Route, str]]:
    name = MERGED_BY.get(key)
    for number, item in enumerate(items):
        if isinstance(item, Mapping):
            if name is not None and name not in item and item != {_PATCH: "replace"}:
                yield (*at, number), f"an item of `{key}` is known by its `{name}`, and has none"
            yield from patch_faults(item, (*at, number))


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _plain(value: Any) -> Any:
    """Return `value` with lists for tuples, as JSON reads it back."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if _is_list(value) else value
