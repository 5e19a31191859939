"""Match `version:latest` and its kin: where a model's version stands among its siblings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from dagwright.project import Resource, UniqueId
from dagwright.select.index import Index
from dagwright.select.refusal import value_refused
from dagwright.select.spec import Criterion

_Version: TypeAlias = str | int | float


def by_version(index: Index, criterion: Criterion) -> set[UniqueId]:
    """`version:latest`, `old`, `prerelease` or `none`: models alone."""
    question = _QUESTIONS.get(criterion.value)
    if question is None:
        why = f"it is one of {', '.join(_QUESTIONS)}"
        raise value_refused(criterion, why, _QUESTIONS)
    return {one for one in index.of_types("model") if question(index.resources[one])}


def _is_latest(model: Resource) -> bool:
    return model.version is not None and model.version == model.latest_version


def _is_old(model: Resource) -> bool:
    """Whether the version is before the latest; version 0 never is, since dbt takes 0 for none."""
    version, latest = model.version, model.latest_version
    return bool(version and latest and _before(version, latest))


def _is_prerelease(model: Resource) -> bool:
    version, latest = model.version, model.latest_version
    return bool(version and latest and _before(latest, version))


def _before(version: _Version, other: _Version) -> bool:
    try:
        return float(version) < float(other)
    except ValueError:
        return str(version) < str(other)


_QUESTIONS: Final[Mapping[str, Callable[[Resource], bool]]] = MappingProxyType(
    {
        "latest": _is_latest,
        "prerelease": _is_prerelease,
        "old": _is_old,
        "none": lambda model: model.version is None,
    }
)
