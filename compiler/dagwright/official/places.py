"""Where in a spec a field of a payload was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from dagwright.official.kubernetes import manifest_of
from dagwright.plan.pod_merge import MERGED_BY
from dagwright.spec import LoadedSpec
from dagwright.text.route import Route

POD_KEYS: Final[Mapping[Route, str]] = MappingProxyType(
    {
        ("metadata", "labels"): "labels",
        ("metadata", "annotations"): "annotations",
        ("metadata", "namespace"): "namespace",
        ("spec", "nodeSelector"): "node_selector",
        ("spec", "tolerations"): "tolerations",
        ("spec", "volumes"): "volumes",
        ("spec", "imagePullSecrets"): "image_pull_secrets",
        ("spec", "serviceAccountName"): "service_account",
        ("image",): "image",
        ("env",): "env",
        ("resources",): "resources",
        ("volumeMounts",): "volumes",
    }
)
"""By field of a pod, or of its container: the key of `execute` that it is made from."""

OTHER_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "environment_variables": "env",
        "overrides": "env",
        "launch_type": "launch_type",
        "capacity_provider_strategy": "capacity_providers",
        "platform_version": "platform_version",
        "network_configuration": "subnets",
        "propagate_tags": "propagate_tags",
        "task_definition": "task_definition",
        "cluster": "cluster",
        "location": "region",
        "tags": "labels",
        "resources": "resources",
        "image": "image",
    }
)
"""By argument of an operator, or field of a payload: the key of `execute` that it is made from."""


def pod_route(
    path: Route, arguments: Mapping[str, Any], loaded: LoadedSpec, block: Route
) -> Route:
    """Return the route of what decided the field at `path`: a patch, or a key of the block."""
    manifest = manifest_of(arguments)
    patches = filter(loaded.places.written, _patches(loaded, block))
    found = [_in_patch(path, manifest, loaded, route) for route in patches]
    best = max(found, key=lambda one: one[1], default=((), 0))
    if best[1] == len(path) or (best[1] > 1 and not _of_a_key(path)):
        return best[0]
    written = [
        _as_far_as_written((*start, *_in_keys(path, manifest)), loaded)
        for start in (*_overrides(loaded, block), block)
    ]
    return max(written, key=len)


def _in_keys(path: Route, manifest: Any) -> Route:
    """Return where the keys of a block say what stands at `path`; nowhere, if none does."""
    key = _of_a_key(path)
    if key is None:
        return ()
    below = path[4:] if path[:2] == ("spec", "containers") else path[2:]
    if key == "env" and below:
        item = _below(manifest, *path[:5])
        return ("secrets" if "valueFrom" in item else "env", str(item.get("name")))
    return (key, *below)


def _overrides(loaded: LoadedSpec, block: Route) -> Iterator[Route]:
    keys: Any = loaded.spec.execute
    keys = keys if block == ("execute",) else keys.producer
    for number in range(len(keys.overrides)):
        yield (*block, "overrides", number)


def _patches(loaded: LoadedSpec, block: Route) -> Iterator[Route]:
    for route in (block, *_overrides(loaded, block)):
        yield (*route, "pod")


def _in_patch(path: Route, manifest: Any, loaded: LoadedSpec, start: Route) -> tuple[Route, int]:
    """Return how far a patch writes what stands at `path`, and how many parts of it that is."""
    route, whole, last = start, manifest, ""
    for depth, part in enumerate(path):
        at = part
        if isinstance(part, int):
            at = _index(route, last, whole[part], loaded, part)
        if not loaded.places.written((*route, at)):
            return route, depth
        whole = _below(whole, part)
        route, last = (*route, at), str(part)
    return route, len(path)


def _below(whole: Any, *route: str | int) -> Any:
    for part in route:
        match whole, part:
            case {}, str():
                whole = whole.get(part)
            case list(), int():
                whole = whole[part]
            case _:
                return None
    return whole


def _index(route: Route, name: str, item: Any, loaded: LoadedSpec, number: int) -> int:
    """Return which item of a patch's list became `item`; -1 where none did."""
    key = MERGED_BY.get(name)
    if key is None or not isinstance(item, Mapping):
        return number
    count = 0
    while loaded.places.written((*route, count)):
        tree: Any = loaded.places.tree((*route, count, key))
        if tree is not None and str(getattr(tree, "value", None)) == str(item.get(key)):
            return count
        count += 1
    return -1


def _of_a_key(path: Route) -> str | None:
    if path[:2] == ("spec", "containers"):
        return POD_KEYS.get(path[3:4])
    return POD_KEYS.get(path[:2])


def other_route(
    path: Route, arguments: Mapping[str, Any], loaded: LoadedSpec, block: Route
) -> Route:
    """Return the route of what decided a field of what is no pod."""
    del arguments
    given = [part for part in path if isinstance(part, str)]
    for number, part in enumerate(path):
        route = (*block, "operator_args", part)
        if loaded.places.written(route):
            return _as_far_as_written((*route, *path[number + 1 :]), loaded)
    keys = [OTHER_KEYS[part] for part in given if part in OTHER_KEYS]
    written = [(*block, key) for key in keys if loaded.places.written((*block, key))]
    return written[-1] if written else block


def _as_far_as_written(route: Route, loaded: LoadedSpec) -> Route:
    while not loaded.places.written(route):
        route = route[:-1]
    return route
