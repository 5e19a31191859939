"""What an API server of Kubernetes refuses of a pod beyond its schema; known without a package.

Only rules that every version of Kubernetes has are here, and that a spec can break. A text with an
Airflow template in it is not known yet, and so is legal; `template_faults` knows some better.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from dagwright.official.fault import Fault
from dagwright.spec.amounts import amount
from dagwright.spec.kubernetes_names import DOMAIN, FILE, KEY, NAME, VALUE, Form
from dagwright.spec.model.execute.options import is_template
from dagwright.text.route import Route

Json = Mapping[str, Any]


IMAGE: Final = Form(re.compile(r"\S(.*\S)?"), "the name of an image, without spaces around it")
PULLED: Final = Form(re.compile("Always|IfNotPresent|Never"), "Always, IfNotPresent or Never")

_QUANTITY: Final = re.compile(r"\+?(\d+\.?\d*|\.\d+)(m|k|[KMGTPE]i|[MGTPE])?")
_NATIVE: Final = ("cpu", "memory", "ephemeral-storage")

IN_METADATA: Final = (("namespace", NAME),)
IN_SPEC: Final = (
    ("serviceAccountName", DOMAIN),
    ("priorityClassName", DOMAIN),
    ("runtimeClassName", DOMAIN),
    ("hostname", NAME),
    ("subdomain", NAME),
)
IN_CONTAINER: Final = (("name", NAME), ("image", IMAGE), ("imagePullPolicy", PULLED))
"""By key: the form that its text must have; that it must be there is in the schema."""

NEVER_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("run_id", "dag_run.run_id", "ti.run_id", "task_instance.run_id"),
            "manual__2026-01-01T00:00:00+00:00",
        ),
        **dict.fromkeys(
            (
                *("ts", "ts_nodash_with_tz", "logical_date", "dag_run.logical_date"),
                *("execution_date", "dag_run.execution_date", "data_interval_start"),
                *("data_interval_end", "dag_run.start_date", "ti.start_date"),
            ),
            "2026-01-01T00:00:00+00:00",
        ),
    }
)
"""By variable of Airflow's templates that no label can hold as it is: how its values look."""

_PLAIN_VARIABLE: Final = re.compile(r"\{\{-?\s*([\w.]+)\s*-?\}\}")


def server_faults(manifest: Json) -> Iterator[Fault]:
    """Yield what an API server has against a manifest, whose shape may be anything."""
    metadata, spec = _mapping(manifest, "metadata"), _mapping(manifest, "spec")
    yield from _forms(("metadata",), metadata, IN_METADATA)
    yield from _labels(("metadata", "labels"), _mapping(metadata, "labels"))
    for key, value in _mapping(metadata, "annotations").items():
        yield from _unlike(KEY, ("metadata", "annotations", key), str(key).lower())
        yield from _no_text(("metadata", "annotations", key), value)
    yield from _forms(("spec",), spec, IN_SPEC)
    yield from _labels(("spec", "nodeSelector"), _mapping(spec, "nodeSelector"))
    for number, toleration in _rows(spec, "tolerations"):
        yield from _toleration(("spec", "tolerations", number), toleration)
    for number, volume in _rows(spec, "volumes"):
        yield from _volume(("spec", "volumes", number), volume)
    volumes = {one.get("name") for _, one in _rows(spec, "volumes")}
    names: Counter[object] = Counter()
    for part in ("initContainers", "containers"):
        for number, container in _rows(spec, part):
            at = ("spec", part, number)
            names[container.get("name")] += 1
            if names[container.get("name")] > 1:
                yield Fault(at, "has the name of another container", "give it one of its own")
            yield from _container(at, container, volumes)


def template_faults(manifest: Json) -> Iterator[Fault]:
    """Yield the values of labels that are made by a template which no label can hold."""
    for key, value in _mapping(_mapping(manifest, "metadata"), "labels").items():
        for variable in _PLAIN_VARIABLE.findall(value) if isinstance(value, str) else ():
            looks = NEVER_LABELS.get(variable)
            if looks is not None:
                problem = f"is made by `{variable}`, which is text such as `{looks}`"
                yield Fault(("metadata", "labels", key), problem)


def _forms(at: Route, part: Json, forms: Sequence[tuple[str, Form]]) -> Iterator[Fault]:
    for key, form in forms:
        if part.get(key) is not None:
            yield from _unlike(form, (*at, key), part[key])


def _labels(at: Route, labels: Json) -> Iterator[Fault]:
    for key, value in labels.items():
        yield from _unlike(KEY, (*at, key), str(key))
        yield from _unlike(VALUE, (*at, key), value)


def _container(at: Route, container: Json, volumes: set[object]) -> Iterator[Fault]:
    yield from _forms(at, container, IN_CONTAINER)
    for number, variable in _rows(container, "env"):
        yield from _variable((*at, "env", number), variable)
    mounted: set[object] = set()
    for number, mount in _rows(container, "volumeMounts"):
        here, path = (*at, "volumeMounts", number), mount.get("mountPath")
        if not path:
            yield Fault(here, "says not where it is mounted", "write its `mountPath`")
        elif path in mounted:
            yield Fault(here, f"is mounted at {path}, as another is", "mount it elsewhere")
        elif ":" in str(path):
            yield Fault((*here, "mountPath"), f"has a `:` in it: {path!r}")
        mounted.add(path)
        if mount.get("name") not in volumes:
            yield Fault(here, f"is of a volume {mount.get('name')!r}, and there is none")
        sub_path = str(mount.get("subPath") or "")
        if sub_path.startswith("/") or ".." in sub_path.split("/"):
            yield Fault((*here, "subPath"), f"leads out of its volume: {sub_path!r}")
    yield from _resources((*at, "resources"), _mapping(container, "resources"))
    for event, what in _mapping(container, "lifecycle").items():
        if isinstance(what, Mapping) and len(what) > 1:
            problem = f"does several things: {', '.join(sorted(what))}"
            yield Fault((*at, "lifecycle", event), problem, "`exec: null` takes one away")


def _variable(at: Route, variable: Json) -> Iterator[Fault]:
    if "valueFrom" not in variable:
        yield from _no_text((*at, "value"), variable.get("value", ""))
        return
    if variable.get("value"):
        yield Fault(at, "has a value, and says where it comes from", "write one of both")
    source = _mapping(variable, "valueFrom")
    for kind in ("secretKeyRef", "configMapKeyRef"):
        reference = _mapping(source, kind)
        if reference:
            yield from _unlike(DOMAIN, (*at, "valueFrom", kind, "name"), reference.get("name"))
            yield from _unlike(FILE, (*at, "valueFrom", kind, "key"), reference.get("key"))


def _toleration(at: Route, toleration: Json) -> Iterator[Fault]:
    operator, key = toleration.get("operator") or "Equal", toleration.get("key")
    if key:
        yield from _unlike(KEY, (*at, "key"), key)
    elif operator != "Exists":
        yield Fault(at, "has no key", "without one, `operator` must be `Exists`")
    if operator == "Exists" and toleration.get("value"):
        yield Fault(at, "has a value, and asks only whether the key exists", "leave one out")
    if toleration.get("value"):
        yield from _unlike(VALUE, (*at, "value"), toleration["value"])
    if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
        yield Fault(at, "says for how long, without `effect: NoExecute`", "write that effect")


def _volume(at: Route, volume: Json) -> Iterator[Fault]:
    yield from _unlike(NAME, (*at, "name"), volume.get("name"))
    sources = sorted(set(volume) - {"name"})
    if len(sources) > 1:
        yield Fault(at, f"comes from several places: {', '.join(sources)}", "keep one of them")
    path = str(_mapping(volume, "hostPath").get("path", ""))
    if ".." in path.split("/"):
        yield Fault((*at, "hostPath", "path"), f"has `..` in it: {path!r}")
    claim = volume.get("persistentVolumeClaim")
    if isinstance(claim, Mapping) and not claim.get("claimName"):
        yield Fault((*at, "persistentVolumeClaim"), "names no claim")
    size = _mapping(volume, "emptyDir").get("sizeLimit")
    if size is not None:
        yield from _no_quantity((*at, "emptyDir", "sizeLimit"), size)


def _resources(at: Route, resources: Json) -> Iterator[Fault]:
    least, most = _mapping(resources, "requests"), _mapping(resources, "limits")
    for part, quantities in (("requests", least), ("limits", most)):
        for name, quantity in quantities.items():
            here = (*at, part, name)
            yield from _no_quantity(here, quantity)
            if name not in _NATIVE and "/" not in name and not name.startswith("hugepages-"):
                yield Fault(here, "is no resource of Kubernetes", "others have a domain before")
    for name, quantity in least.items():
        here, asked, limit = (*at, "requests", name), _known(quantity), _known(most.get(name))
        if name not in _NATIVE and name not in most:
            yield Fault(here, "must stand among `limits` too", "write the same there")
        elif asked is None or limit is None:
            continue
        elif name not in _NATIVE and asked != limit:
            yield Fault(here, f"must be the same as its limit of {most[name]}")
        elif asked > limit:
            yield Fault(here, f"is more than its limit of {most[name]}")


def _known(quantity: object) -> Fraction | None:
    """Return the number that a quantity is; None if it is none, or not known yet."""
    text = str(quantity)
    return amount(text.lstrip("+")) if _QUANTITY.fullmatch(text) else None


def _no_quantity(at: Route, quantity: object) -> Iterator[Fault]:
    text = str(quantity)
    exponent = re.fullmatch(r"\+?(\d+\.?\d*|\.\d+)([eE][-+]?\d+|[nu])", text)
    if not (_QUANTITY.fullmatch(text) or exponent or is_template(text)):
        yield Fault(at, f"is no quantity: {text!r}", "such as `500m`, `2` or `1Gi`")


def _unlike(form: Form, at: Route, text: object) -> Iterator[Fault]:
    if not isinstance(text, str):
        yield from _no_text(at, text)
    elif form.pattern.fullmatch(text) is None and not is_template(text):
        yield Fault(at, f"is not legal: {text!r}", form.words)


def _no_text(at: Route, value: object) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(at, "must be text, and this is none", "put it in quotes")


def _mapping(part: object, key: str) -> Json:
    value = part.get(key) if isinstance(part, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _rows(part: Json, key: str) -> Iterator[tuple[int, Json]]:
    """Yield the items of a list that are mappings, with their numbers."""
    value = part.get(key)
    for number, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, Mapping):
            yield number, item
