"""What a Kubernetes API server refuses of a pod: the official schema, and rules beyond it.

The schema comes with `kubernetes-validate`, and is read strictly: a field that it does not have is
a fault. The rules beyond it are those of the API server's own validation that a compiler of pods
could break; the real API server is asked about the same pods (`test_kubernetes`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import kubernetes_validate

SCHEMA = "1.33"
"""The release whose schema is meant."""

Json = dict[str, Any]

LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"(?=.{{1,253}}$){PART}(\.{PART})*"
WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
VALUE = rf"({WORD})?"
QUALIFIED = rf"((?=[^/]{{1,253}}/){PART}(\.{PART})*/)?{WORD}"
ENVIRONMENT = r"[-._a-zA-Z][-._a-zA-Z0-9]*"
KEY_OF_DATA = r"(?!\.$|\.\.)[-._a-zA-Z0-9]{1,253}"
QUANTITY = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)(n|u|m|k|Ki|[MGTPE]i?|[eE][-+]?\d+)?")
UNITS = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "k": Decimal(1000)}
UNITS |= {unit: Decimal(1000) ** (power + 2) for power, unit in enumerate("MGTPE")}
UNITS |= {f"{unit}i": Decimal(1024) ** (power + 1) for power, unit in enumerate("KMGTPE")}
NATIVE = ("cpu", "memory", "ephemeral-storage")


def faults(pod: Json, namespace: str) -> list[str]:
    """Return what is wrong with a pod that is to be made in `namespace`."""
    try:
        kubernetes_validate.validate(
            {"apiVersion": "v1", "kind": "Pod"} | pod, SCHEMA, strict=True
        )
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}"]
    return [*_metadata(pod["metadata"], namespace), *_spec(pod["spec"])]


def _metadata(metadata: Json, namespace: str) -> Iterator[str]:
    yield from _unlike(SUBDOMAIN, "metadata.name", metadata.get("name", ""))
    if metadata.get("namespace", namespace) != namespace:
        yield f"metadata.namespace: {metadata['namespace']} is not {namespace}"
    yield from _labels("metadata.labels", metadata.get("labels"))
    for key in metadata.get("annotations") or {}:
        yield from _unlike(QUALIFIED, "metadata.annotations", key.lower())


def _spec(spec: Json) -> Iterator[str]:
    yield from _labels("spec.nodeSelector", spec.get("nodeSelector"))
    for key in ("serviceAccountName", "priorityClassName", "runtimeClassName"):
        if spec.get(key):
            yield from _unlike(SUBDOMAIN, f"spec.{key}", spec[key])
    if spec.get("restartPolicy", "Always") not in {"Always", "OnFailure", "Never"}:
        yield f"spec.restartPolicy: {spec['restartPolicy']}"
    for number, toleration in enumerate(spec.get("tolerations") or ()):
        yield from _toleration(f"spec.tolerations[{number}]", toleration)
    volumes = spec.get("volumes") or ()
    yield from _twice("spec.volumes", (one["name"] for one in volumes))
    for number, volume in enumerate(volumes):
        yield from _volume(f"spec.volumes[{number}]", volume)
    if not spec["containers"]:
        yield "spec.containers: there is none"
    containers = [*(spec.get("initContainers") or ()), *spec["containers"]]
    yield from _twice("spec.containers", (one["name"] for one in containers))
    names = {one["name"] for one in volumes}
    for container in containers:
        yield from _container(f"spec.containers[{container['name']}]", container, names)


def _container(at: str, container: Json, volumes: set[str]) -> Iterator[str]:
    yield from _unlike(LABEL, f"{at}.name", container["name"])
    image = container.get("image") or ""
    if not image or image != image.strip():
        yield f"{at}.image: {image!r}"
    if container.get("imagePullPolicy", "Always") not in {"Always", "IfNotPresent", "Never"}:
        yield f"{at}.imagePullPolicy: {container['imagePullPolicy']}"
    for variable in container.get("env") or ():
        yield from _variable(f"{at}.env[{variable['name']}]", variable)
    mounts = container.get("volumeMounts") or ()
    yield from _twice(f"{at}.volumeMounts", (one["mountPath"] for one in mounts))
    for mount in mounts:
        if mount["name"] not in volumes:
            yield f"{at}.volumeMounts: no volume {mount['name']}"
        yield from _unlike(".+", f"{at}.volumeMounts.mountPath", mount["mountPath"])
        yield from _inside(f"{at}.volumeMounts.subPath", mount.get("subPath") or "")
    yield from _resources(f"{at}.resources", container.get("resources") or {})


def _variable(at: str, variable: Json) -> Iterator[str]:
    yield from _unlike(ENVIRONMENT, at, variable["name"])
    source = variable.get("valueFrom")
    if source is None:
        return
    if variable.get("value"):
        yield f"{at}: both a value and where it comes from"
    if len(source) != 1:
        yield f"{at}.valueFrom: {sorted(source)}"
    for reference in (source.get("secretKeyRef"), source.get("configMapKeyRef")):
        if reference is not None:
            yield from _unlike(SUBDOMAIN, f"{at}.valueFrom", reference.get("name") or "")
            yield from _unlike(KEY_OF_DATA, f"{at}.valueFrom.key", reference["key"])


def _toleration(at: str, toleration: Json) -> Iterator[str]:
    operator = toleration.get("operator") or "Equal"
    if toleration.get("key"):
        yield from _unlike(QUALIFIED, at, toleration["key"])
    elif operator != "Exists":
        yield f"{at}: without a key it must be Exists"
    if operator == "Exists" and toleration.get("value"):
        yield f"{at}: Exists has no value"
    if toleration.get("value"):
        yield from _unlike(VALUE, at, toleration["value"])
    if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
        yield f"{at}: tolerationSeconds is for NoExecute"


def _volume(at: str, volume: Json) -> Iterator[str]:
    yield from _unlike(LABEL, f"{at}.name", volume["name"])
    sources = sorted(set(volume) - {"name"})
    if len(sources) > 1:
        yield f"{at}: may be of one kind only, not {sources}"
    claim = volume.get("persistentVolumeClaim")
    if claim is not None:
        yield from _unlike(".+", f"{at}.claimName", claim["claimName"])
    yield from _inside(f"{at}.hostPath", (volume.get("hostPath") or {}).get("path", ""))
    size = (volume.get("emptyDir") or {}).get("sizeLimit")
    if size is not None and amount(size) is None:
        yield f"{at}.sizeLimit: {size!r}"


def _resources(at: str, resources: Json) -> Iterator[str]:
    least, most = resources.get("requests") or {}, resources.get("limits") or {}
    for name, quantity in [*least.items(), *most.items()]:
        if amount(quantity) is None:
            yield f"{at}.{name}: {quantity!r} is no quantity"
            return
        if name not in NATIVE and "/" not in name:
            yield f"{at}: no resource is called {name}"
    for name, quantity in least.items():
        asked, limit = amount(quantity), amount(most[name]) if name in most else None
        if name not in NATIVE and limit != asked:
            yield f"{at}.{name}: limit and request of an extended resource must be equal"
        elif limit is not None and asked is not None and asked > limit:
            yield f"{at}.{name}: a request of {quantity} is more than the limit"


def amount(quantity: Any) -> Decimal | None:
    """Return the number that a quantity is, None if it is none.

    >>> amount("1.5Gi") / 1024**3, amount("500m"), amount("1GB")
    (Decimal('1.5'), Decimal('0.500'), None)
    """
    match = QUANTITY.fullmatch(str(quantity))
    if match is None:
        return None
    number, unit = Decimal(match[1]), match[2] or ""
    if unit[:1] in {"e", "E"} and unit[1:] not in {"", "i"}:
        return number * Decimal(f"1{unit}")
    return number * UNITS.get(unit, Decimal(1))


def _labels(at: str, labels: Mapping[str, str] | None) -> Iterator[str]:
    for key, value in (labels or {}).items():
        yield from _unlike(QUALIFIED, at, key)
        yield from _unlike(VALUE, f"{at}.{key}", value)


def _unlike(pattern: str, at: str, text: str) -> Iterator[str]:
    if re.fullmatch(pattern, text) is None:
        yield f"{at}: {text!r} is not legal"


def _inside(at: str, path: str) -> Iterator[str]:
    if ".." in path.split("/") or (at.endswith("subPath") and path.startswith("/")):
        yield f"{at}: {path}"


def _twice(at: str, names: Iterable[str]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{at}: {name} is there {times} times"
