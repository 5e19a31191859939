"""What a mode can do in part: which sources of secrets, which volumes, which resources.

Whether a mode has a key at all, its class says. This table says the rest, a row a feature; the
matrix in the documents and the checks are made from both. A mode that is added adds its name to
the rows of what it can do, and to no others: a feature that no row gives it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from dagwright.diagnostics import Diagnostic, Report
from dagwright.spec.container_rules import FEATURE_OF_OTHER_MODE, SECRET_OF_DEFINITION
from dagwright.spec.keys import mode_of
from dagwright.spec.model import MODES, Spec
from dagwright.text.route import Places, Route
from dagwright.text.tree import Items, Scalar, Table, Tree

PODS: Final = frozenset({"kubernetes", "aws_eks", "gcp_gke"})
DOCKER: Final = frozenset({"docker"})
WORKERS: Final = frozenset({"local", "virtualenv", "airflow_async"})
ECS: Final = frozenset({"aws_ecs"})
ACI: Final = frozenset({"azure_container_instance"})
CLOUD_RUN: Final = frozenset({"gcp_cloud_run_job"})

Pattern = tuple[str, ...]
"""Keys below `execute`; `*` is any, and a last `=WORD` is the value itself, `=[]` a list."""

FEATURES: Final[Mapping[Pattern, frozenset[str]]] = MappingProxyType(
    {
        ("secrets", "*", "connection"): DOCKER | WORKERS | ACI,
        ("secrets", "*", "variable"): DOCKER | WORKERS | ACI,
        ("secrets", "*", "kubernetes_secret"): PODS,
        ("entrypoint", "=dbt"): DOCKER | PODS | ECS | ACI | CLOUD_RUN,
        ("entrypoint", "=keep"): DOCKER | PODS | ECS | CLOUD_RUN,
        ("entrypoint", "=shell"): DOCKER | PODS | ACI,
        ("entrypoint", "=[]"): DOCKER | PODS | ACI,
        ("resources", "cpu"): DOCKER | PODS | ECS | ACI,
        ("resources", "memory"): PODS | ECS | ACI,
        ("resources", "gpu"): DOCKER | PODS | ACI,
        ("resources", "storage"): PODS,
        ("limits", "cpu"): PODS,
        ("limits", "memory"): DOCKER | PODS | ECS,
        ("limits", "storage"): PODS,
        ("volumes", "*", "host"): DOCKER | PODS,
        ("volumes", "*", "volume"): DOCKER,
        ("volumes", "*", "claim"): PODS,
        ("volumes", "*", "config_map"): PODS,
        ("volumes", "*", "kubernetes_secret"): PODS,
        ("volumes", "*", "empty"): DOCKER | PODS,
        ("volumes", "*", "sub_path"): PODS,
        ("volumes", "*", "file_share"): ACI,
        ("volumes", "*", "storage_account"): ACI,
        ("volumes", "*", "connection"): ACI,
    }
)
"""By feature: the modes that have it."""

DEFINED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "aws_ecs": ("the task definition", "write it there, as `secrets` of the container"),
        "gcp_cloud_run_job": ("the job", "write it there, as `env` with `valueSource`"),
    }
)
"""By mode whose secrets are those of a definition: its name, and how they stand there."""

OVERRIDDEN: Final = "overrides"
"""The key whose items have keys of `execute` again: a mode can override what it has."""


def modes_with(feature: Pattern) -> tuple[str, ...]:
    """Return the modes that have `feature`, a key or a row of `FEATURES`, in their order."""
    part = feature[2:] if feature[:1] == (OVERRIDDEN,) else feature
    has_key = {
        mode
        for mode, block in MODES.items()
        if part[:1] == ("*",) or part[0] in block.model_fields
        if part is feature or OVERRIDDEN in block.model_fields
    }
    able = has_key & FEATURES.get(part, has_key)
    return tuple(mode for mode in MODES if mode in able)


def check_abilities(_: Spec, places: Places, report: Report) -> None:
    """Report every feature that the mode of its block does not have."""
    for block in (("execute",), ("execute", "producer")):
        tree = places.tree(block)
        mode = mode_of(tree)
        if mode is None or tree is None:
            continue
        for feature, below in features(tree):
            able = modes_with(feature)
            if mode not in able:
                report.add(_refusal(mode, feature, places.key((*block, *below)), able))


def _refusal(mode: str, feature: Pattern, at: Any, able: tuple[str, ...]) -> Diagnostic:
    modes = ", ".join(f"`{one}`" for one in able)
    if feature[0] == "secrets" and mode in DEFINED:
        definition, hint = DEFINED[mode]
        return SECRET_OF_DEFINITION.at(
            at, mode=mode, definition=definition, hint=hint, modes=modes
        )
    return FEATURE_OF_OTHER_MODE.at(at, mode=mode, feature=shown(feature), modes=modes)


def features(tree: Tree) -> Iterator[tuple[Pattern, Route]]:
    """Yield the features that a block of `execute` asks for, with their routes in it."""
    for feature in FEATURES:
        for route in _matches(tree, feature):
            yield feature, route
    items = _below(tree, OVERRIDDEN)
    for number, item in enumerate(items.items if isinstance(items, Items) else ()):
        keys = item.entries if isinstance(item, Table) else {}
        for key in keys:
            inner = [feature for feature in FEATURES if feature[0] == key]
            if not inner and key != "select" and not key.startswith("x-"):
                yield (OVERRIDDEN, "*", key), (OVERRIDDEN, number, key)
            for feature in inner:
                for found in _matches(item, feature):
                    yield (OVERRIDDEN, "*", *feature), (OVERRIDDEN, number, *found)


def shown(feature: Pattern) -> str:
    """Return the name of a feature for people: `secrets: {...: {connection}}` and the like.

    Example:
        >>> shown(("volumes", "*", "host")), shown(("entrypoint", "=keep"))
        ('volumes[].host', 'entrypoint: keep')
    """
    text = ".".join(feature).replace(".*", "[]")
    return text.replace(".=[]", ": [...]").replace(".=", ": ")


def _matches(tree: Tree | None, pattern: Pattern) -> Iterator[Route]:
    if not pattern:
        yield ()
        return
    first, rest = pattern[0], pattern[1:]
    match tree:
        case Scalar() if first == f"={tree.text}":
            yield ()
        case Items() if first == "=[]":
            yield ()
        case Table(entries=entries):
            names = entries if first == "*" else [first] if first in entries else []
            for name in names:
                for route in _matches(entries[name].value, rest):
                    yield (name, *route)
        case Items(items=items) if first == "*":
            for number, item in enumerate(items):
                for route in _matches(item, rest):
                    yield (number, *route)
        case _:
            return


def _below(tree: Tree, key: str) -> Tree | None:
    entry = tree.entries.get(key) if isinstance(tree, Table) else None
    return None if entry is None else entry.value
