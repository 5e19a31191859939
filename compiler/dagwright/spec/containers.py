"""Check what `execute:` says of containers: what no single key is enough to judge."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, Final

from dagwright.diagnostics import Note, Report
from dagwright.spec.amounts import amount
from dagwright.spec.container_rules import (
    DETAIL_WITHOUT_SOURCE,
    ECS_RUNS_ON,
    ENTRYPOINT_ENDS_IN_DBT,
    ILLEGAL_LABEL,
    LIMIT_BELOW_REQUEST,
    LIMIT_TOO_LOW,
    MOUNTED_TWICE,
    ONE_SOURCE,
    SECRET_AND_ENV,
)
from dagwright.spec.kubernetes_names import KEY, VALUE
from dagwright.spec.model import Spec, SpecPart
from dagwright.spec.model.execute import AwsEcsKeys, PodKeys
from dagwright.spec.model.execute.container import (
    VOLUME_SOURCES,
    ContainerKeys,
    ResourceKeys,
    Volume,
    VolumeKeys,
)
from dagwright.spec.model.execute.options import is_template
from dagwright.spec.model.execute.secrets import DETAILS, SOURCES, SecretKeys
from dagwright.text.route import Places, Route

_LEAST: Final = {"cpu": amount("1m"), "memory": amount("6Mi"), "storage": amount("1Mi")}
"""By what is limited: what a container needs at least, of any runtime."""
_HINTS: Final = {
    "cpu": "an amount of CPU such as `500m` or `2`; without a limit, leave it out",
    **dict.fromkeys(
        ("memory", "storage"), "a size such as `512Mi` or `2Gi`; without a limit, leave it out"
    ),
}


def check_containers(spec: Spec, places: Places, report: Report) -> None:
    """Report what is wrong with the block `execute`, and with the producer that it may have."""
    for route, block in _blocks(spec):
        if isinstance(block, SecretKeys):
            _secrets(route, block, places, report)
        if isinstance(block, VolumeKeys):
            for number, volume in enumerate(block.volumes):
                at = (*route, "volumes", number)
                _one_of(VOLUME_SOURCES, volume, at, places, report)
                _file_share(at, volume, places, report)
            _mounts(route, block, places, report)
        if isinstance(block, ResourceKeys):
            _limits(route, block, places, report)
        if isinstance(block, PodKeys):
            _labels(route, block, places, report)
        if isinstance(block, ContainerKeys):
            _entrypoint(route, block, places, report)
        if isinstance(block, AwsEcsKeys):
            _ecs(route, block, places, report)


def _blocks(spec: Spec) -> Iterator[tuple[Route, Any]]:
    yield ("execute",), spec.execute
    producer = getattr(spec.execute, "producer", None)
    if producer is not None:
        yield ("execute", "producer"), producer


def _secrets(route: Route, block: SecretKeys, places: Places, report: Report) -> None:
    env = getattr(block, "env", {})
    for name, secret in block.secrets.items():
        at: Route = (*route, "secrets", name)
        _one_of(SOURCES, secret, at, places, report)
        for detail, source in DETAILS.items():
            if getattr(secret, detail) is not None and getattr(secret, source) is None:
                where = places.key((*at, detail))
                report.add(DETAIL_WITHOUT_SOURCE.at(where, key=detail, other=source))
        if secret.kubernetes_secret is not None and secret.key is None:
            where = places.key((*at, "kubernetes_secret"))
            found = DETAIL_WITHOUT_SOURCE.at(where, key="kubernetes_secret", other="key")
            report.add(found)
        if name in env:
            note = Note(places.key((*route, "env", name)), "`env` has it here")
            report.add(SECRET_AND_ENV.at(places.key(at), name=name, notes=(note,)))


def _entrypoint(route: Route, block: ContainerKeys, places: Places, report: Report) -> None:
    """Report a list that ends in dbt, which would get `dbt` as its command."""
    words = block.entrypoint
    if isinstance(words, tuple) and posixpath.basename(words[-1]) == "dbt":
        at = places.value((*route, "entrypoint", len(words) - 1))
        report.add(ENTRYPOINT_ENDS_IN_DBT.at(at, word=words[-1]))


def _file_share(at: Route, volume: Volume, places: Places, report: Report) -> None:
    """Report a file share without its account or connection, and these without a file share."""
    details = ("storage_account", "connection")
    given = [name for name in ("file_share", *details) if getattr(volume, name) is not None]
    for name in ("file_share", *details) if given else ():
        if name not in given:
            where = places.key((*at, given[0]))
            report.add(DETAIL_WITHOUT_SOURCE.at(where, key=given[0], other=name))


def _mounts(route: Route, block: VolumeKeys, places: Places, report: Report) -> None:
    """Report a volume that is mounted where one before it is."""
    seen: dict[str, Route] = {}
    for number, volume in enumerate(block.volumes):
        at: Route = (*route, "volumes", number, "mount")
        place = posixpath.normpath(volume.mount)
        if place in seen:
            note = Note(places.value(seen[place]), "the other is here")
            report.add(MOUNTED_TWICE.at(places.value(at), mount=volume.mount, notes=(note,)))
        seen.setdefault(place, at)


def _ecs(route: Route, block: AwsEcsKeys, places: Places, report: Report) -> None:
    """Report what ECS runs tasks on twice, and a network that is said in part."""
    providers = {one.name for one in block.capacity_providers}
    if block.launch_type and providers:
        at = places.key((*route, "launch_type"))
        problem = "`launch_type` counts for nothing beside `capacity_providers`"
        report.add(ECS_RUNS_ON.at(at, problem=problem, hint="leave one of them out"))
    if block.subnets:
        return
    if block.on_fargate:
        key = "launch_type" if block.launch_type else "capacity_providers"
        problem = "a task on Fargate needs `subnets`"
        hint = "write `subnets`, and `security_groups` if not the default one"
        report.add(ECS_RUNS_ON.at(places.key((*route, key)), problem=problem, hint=hint))
    for key in ("security_groups", "assign_public_ip"):
        if getattr(block, key) not in ((), None):
            problem = f"`{key}` means nothing without `subnets`"
            found = ECS_RUNS_ON.at(
                places.key((*route, key)), problem=problem, hint="write `subnets` beside it"
            )
            report.add(found)


def _one_of(
    sources: tuple[str, ...], part: SpecPart, at: Route, places: Places, report: Report
) -> None:
    """Report a part that has none or several of the keys `sources`."""
    given = [source for source in sources if getattr(part, source) is not None]
    if len(given) == 1:
        return
    known = ", ".join(f"`{source}`" for source in sources)
    found = " and ".join(f"`{source}`" for source in given) or "none of them"
    where = places.key((*at, given[-1])) if given else places.key(at)
    report.add(ONE_SOURCE.at(where, known=known, found=found))


def _limits(route: Route, block: ResourceKeys, places: Places, report: Report) -> None:
    for name in type(block.limits).model_fields:
        least, most = getattr(block.resources, name), getattr(block.limits, name)
        if most is not None and amount(most) < _LEAST[name]:
            at = places.value((*route, "limits", name))
            report.add(LIMIT_TOO_LOW.at(at, name=name, most=most, hint=_HINTS[name]))
            continue
        if least is not None and most is not None and amount(most) < amount(least):
            note = Note(places.key((*route, "resources", name)), f"at least {least} is here")
            at = places.value((*route, "limits", name))
            found = LIMIT_BELOW_REQUEST.at(at, name=name, most=most, least=least, notes=(note,))
            report.add(found)


def _labels(route: Route, block: PodKeys, places: Places, report: Report) -> None:
    for where in ("labels", "node_selector"):
        for key, value in getattr(block, where).items():
            at: Route = (*route, where, key)
            if not KEY.pattern.fullmatch(key):
                report.add(ILLEGAL_LABEL.at(places.key(at), what="key", text=key))
            if not is_template(value) and not VALUE.pattern.fullmatch(value):
                report.add(ILLEGAL_LABEL.at(places.value(at), what="value", text=value))
