"""What the modes share in which dbt runs in a container: the command, and settings by node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Generic, TypeVar

from dagwright.ir.choose import pick_nodes
from dagwright.plan.commands import whole_argv
from dagwright.plan.model import Step
from dagwright.plan.modes.mode import Call, Given
from dagwright.plan.pod_merge import strategic_merge
from dagwright.plan.rules import OVERRIDE_MATCHES_NOTHING
from dagwright.spec.model.execute.container import ContainerKeys, FolderKeys, NodeOverride
from dagwright.spec.model.execute.secrets import SecretRef
from dagwright.spec.model.words import SpecPart
from dagwright.text.route import Route

Keys = TypeVar("Keys", bound=ContainerKeys)

QUIET: Final = ("--no-use-colors", "--log-level-file", "none")
"""The output of a container is its log; colours are none there, and a file goes with it."""

LOGIN_SHELL: Final = ("/bin/sh", "-lc", 'exec "$0" "$@"')
"""Reads the profile, then becomes the program that its arguments name; they are never parsed."""


def entrypoint(keys: ContainerKeys) -> list[str] | None:
    """Return what the image's entrypoint is replaced by; None where it stays."""
    match keys.entrypoint:
        case "dbt":
            return ["dbt"]
        case "keep":
            return None
        case "shell":
            return [*LOGIN_SHELL]
        case words:
            return [*words]


def command(call: Call, keys: ContainerKeys, given: Given) -> list[str]:
    """Return what the entrypoint of the container of `call` gets.

    An entrypoint that is dbt gets the command without its first word.
    """
    places = {"--target-path": keys.target_path, "--log-path": keys.log_path}
    shared = replace(
        given.command,
        paths={**given.command.paths, **places},
        flags=(*QUIET, *given.command.flags),
    )
    argv = whole_argv(call.words, shared)
    return argv[1:] if keys.entrypoint == "dbt" else argv


def folder(keys: FolderKeys, given: Given) -> str:
    """Return where dbt starts: in its project, so that relative paths mean the same anywhere."""
    return keys.working_dir or given.command.paths["--project-dir"]


def environment(keys: Any, given: Given) -> dict[str, str]:
    """Return the environment variables of a command: what all have, and what `overrides` add."""
    return {**given.command.env, **getattr(keys, "env", {})}


def secret_sources(secrets: Mapping[str, SecretRef]) -> dict[str, dict[str, str]]:
    """Return, by environment variable, where the operator looks up its value when it runs."""
    found = {}
    for name, secret in secrets.items():
        if secret.connection is not None:
            found[name] = {"connection": secret.connection, "field": secret.field or "password"}
        elif secret.variable is not None:
            found[name] = {"variable": secret.variable}
    return found


class ByNode(Generic[Keys]):
    """The keys of a mode's block as `overrides` change them for single nodes."""

    def __init__(self, keys: Keys, given: Given) -> None:
        """Select the nodes of every override."""
        self.keys = keys
        self._given = given
        self.route: Route = (
            ("execute",) if keys is given.loaded.spec.execute else ("execute", "producer")
        )
        self._picked = [
            (override, self._nodes(number)) for number, override in enumerate(keys.overrides)
        ]

    def of(self, call: Call) -> Keys:
        """Return the keys for one task: those of the block, overridden in order."""
        keys = self.keys
        for override, nodes in self._picked:
            if not nodes.isdisjoint(call.nodes):
                keys = overridden(keys, override)
        return keys

    def each(self) -> Iterator[tuple[Route, Keys]]:
        """Yield the keys of the block, and those that each override makes of it; their routes."""
        yield self.route, self.keys
        for number, override in enumerate(self.keys.overrides):
            if override.resources is not None or override.limits is not None:
                yield (*self.route, "overrides", number), overridden(self.keys, override)

    def parts(self) -> Iterator[tuple[Route, Any]]:
        """Yield the block and each override, as they are written; their routes."""
        yield self.route, self.keys
        for number, override in enumerate(self.keys.overrides):
            yield (*self.route, "overrides", number), override

    def complain(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return `steps`, after a finding for each override that none of them takes."""
        ran = {node for step in steps for node in step.nodes}
        for number, (_, nodes) in enumerate(self._picked):
            if ran.isdisjoint(nodes):
                route = (*self.route, "overrides", number, "select")
                at = self._given.loaded.places.value(route)
                hint = "`dagwright ls` shows what it picks"
                self._given.report.add(OVERRIDE_MATCHES_NOTHING.at(at, hint=hint))
        return steps

    def _nodes(self, number: int) -> frozenset[Any]:
        given, route = self._given, (*self.route, "overrides", number)
        select = self.keys.overrides[number].select
        return pick_nodes(given.project, select, given.loaded, given.report, route)


def overridden(keys: Keys, override: NodeOverride) -> Keys:
    """Return `keys` with what `override` gives: mappings are merged, the rest is replaced."""
    changes: dict[str, Any] = {}
    for name in type(override).model_fields:
        value, below = getattr(override, name), getattr(keys, name, None)
        if name == "select" or value is None:
            continue
        if isinstance(value, dict) and below:
            value = strategic_merge(below, value) if name == "pod" else {**below, **value}
        elif isinstance(value, SpecPart) and isinstance(below, SpecPart):
            value = below.model_copy(update=value.model_dump(exclude_none=True))
        changes[name] = value
    return keys.model_copy(update=changes)


def changed(arguments: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of one task that are not those which all tasks share."""
    return {name: value for name, value in arguments.items() if shared.get(name) != value}


def given_only(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the arguments that have a value: None, and what is empty, is left to the operator."""
    return {name: value for name, value in pairs if value is not None and value not in ({}, [])}
