"""Decide node by node whether a statement of ours does all that dbt would do, and nothing else.

The world is closed: a model is safe if every key of its config that says anything is among those
that change neither a table nor a view, and if nothing of the project takes the place of a macro
that dbt would call. Any other node is run by dbt itself, and says why.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Final

from dagwright.ir.graph import Verb
from dagwright.plan.modes.mode import Call, Given
from dagwright.plan.parses import templates_in
from dagwright.plan.warehouses import Warehouse
from dagwright.project.code import Code, Coded
from dagwright.project.model import Project, Resource, UniqueId

PLAIN: Final = (
    *("enabled", "alias", "schema", "database", "materialized", "packages"),
    *("tags", "meta", "group", "docs", "access", "static_analysis"),
    *("on_schema_change", "on_configuration_change", "lookback"),
    *("event_time", "concurrent_batches", "freshness", "column_types"),
)
"""Keys of dbt's config that say where a table or view is, or nothing that changes it."""

PLAIN_OF_COLUMNS: Final = (
    *("name", "description", "meta", "data_type", "quote", "config", "tags"),
    *("granularity", "doc_blocks", "dimension", "entity"),
)
"""Keys of a column that are words about it."""

_KEPT_OPTIONS: Final = frozenset({"threads", "fail_fast", "full_refresh"})
"""Options that change no SELECT."""

_ASKS: Final = (
    r"\b(?:run_query|statement|load_result|store_result|load_relation|load_cached_relation"
    r"|flags|invocation_args_dict|selected_resources)\b"
    r"|\badapter\b(?!\s*\.\s*dispatch\b)(?:\s*\.\s*\w+)?"
    r"|\bcontext\s*[\[.]\s*\S+|\{[{%](?:(?![%}]\})[\s\S])*?\bcontext\b"
)
"""What makes a model's SQL depend on the warehouse, or on which dbt command compiles it."""

_OF_A_TASK: Final = re.compile(r"(?<![\w.'\"])(?:ti|task|task_instance|task_instance_key_str)\b")
"""What a template says of the task that renders it, here the one that compiles for all."""

_DISPATCHED: Final = re.compile(r"^[a-z0-9]+__(?=\w)")
MATERIALIZES: Final = re.compile(r"^materialization_(?:table|view)_")
"""Matches the names of macros by which dbt makes a table or a view."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One task that may become a statement: its model, and all that is known of it."""

    call: Call
    resource: Resource
    config: Mapping[str, Any]
    code: Coded


def bare(macro: str) -> str:
    """Return the name by which a macro is called: that of an implementation without its adapter.

    Example:
        >>> bare("bigquery__create_table_as"), bare("ref")
        ('create_table_as', 'ref')
    """
    return _DISPATCHED.sub("", macro)


def says_something(value: object) -> bool:
    """Return whether a value in dbt's config is more than the absence of one.

    `false` is: Snowflake's `transient: false` is another table than no `transient` is.

    Example:
        >>> [says_something(value) for value in (None, [], {"enforced": False}, False)]
        [False, False, False, True]
    """
    if isinstance(value, Mapping) and "enforced" in value:
        return bool(value["enforced"])
    return value is not None and value not in ("", [], {}, ())


class Safety:
    """The judge of one project on one warehouse."""

    def __init__(self, given: Given, warehouse: Warehouse, secrets: Iterable[str] = ()) -> None:
        """Take what a mode may lean on; read no more of the manifest than what is asked for.

        `secrets` are the variables whose values nobody may see: statements lie open in XCom.
        """
        self._project: Project = given.project
        self._options = given.command.options
        self._rendered = (given.command.variables, given.command.env)
        self._warehouse = warehouse
        self._code = Code(given.project.configs.data)
        self._asked: dict[UniqueId, str | None] = {}
        self.words = "|".join((_ASKS, *(rf"\b{name}\b" for name in sorted(secrets))))
        self._words = re.compile(self.words)

    def why_not(self, call: Call) -> str | None:
        """Return why the task of `call` is dbt's own to run; None if a statement will do."""
        if call.verb is not Verb.RUN:
            return f"only runs of models become statements, and this is dbt's `{call.words[0]}`"
        if self._refusal is not None:
            return self._refusal
        resource = self._project.resources[UniqueId(call.nodes[0])]
        config = self._project.settings(resource)
        candidate = Candidate(call, resource, config, self._code.of(resource.unique_id))
        return next(filter(None, (rule(self, candidate) for rule in RULES)), None)

    @cached_property
    def guarded(self) -> tuple[str, ...]:
        """The bare names of the macros that dbt calls to make a table or a view, sorted."""
        own = self._warehouse.packages
        roots = [
            name
            for name, macro in self._code.macros.items()
            if macro.package_name in own and MATERIALIZES.match(macro.name)
        ]
        reached = self._code.reached(roots)
        return tuple(sorted({bare(macro.name) for macro in reached if macro.package_name in own}))

    @cached_property
    def _refusal(self) -> str | None:
        """Why no node of the project is safe, if none is."""
        adapter = self._project.metadata.adapter_type
        if adapter != self._warehouse.adapter:
            return f"the manifest was parsed for {adapter}, not for {self._warehouse.adapter}"
        if not self.guarded:
            return "the manifest holds no macros, so what they do is not known"
        kept = {key for key, value in self._options.items() if value not in (None, False)}
        if changing := sorted(kept - _KEPT_OPTIONS):
            return f"`execute.{changing[0]}` changes what dbt runs"
        for text in chain.from_iterable(map(templates_in, self._rendered)):
            if found := _OF_A_TASK.search(text):
                return f"`{found[0]}` in a template is another one for each task"
        for resource in self._project.resources.values():
            if resource.resource_type == "operation":
                return f"dbt runs the hook {resource.name} around every command"
        return next(self._overridden(), None)

    def _overridden(self) -> Iterator[str]:
        guarded = set(self.guarded)
        for macro in self._code.macros.values():
            if macro.package_name in self._warehouse.packages:
                continue
            if bare(macro.name) in guarded or MATERIALIZES.match(macro.name):
                yield f"the macro {macro.package_name}.{macro.name} takes the place of dbt's own"

    def refusal_of(self, materialized: str) -> str:
        """Return why the warehouse makes nothing of `materialized`; "" if it does."""
        if materialized in self._warehouse.statements:
            return ""
        plain = "it is no plain table or view"
        why = self._warehouse.refusals.get(materialized, plain)
        return f"`materialized: {materialized}`: {why}"

    def refreshed(self, materialized: str) -> str | None:
        """Return why a full refresh of `materialized` is dbt's, if one may be asked for."""
        asked = self._options.get("full_refresh") not in (None, False)
        if asked and materialized in self._warehouse.refreshed:
            return f"`execute.full_refresh` changes what a {materialized} may take the place of"
        return None

    def asks(self, resource: Resource) -> str | None:
        """Return what the SQL of `resource`, or of an ephemeral parent, asks while it compiles."""
        name = resource.unique_id
        if name not in self._asked:
            self._asked[name] = next(self._questions(resource), None)
        return self._asked[name]

    def _questions(self, resource: Resource) -> Iterator[str]:
        code = self._code.of(resource.unique_id)
        if found := self._words.search(code.raw_code or ""):
            yield f"`{found[0].split()[-1]}` in {resource.name}"
        # dbt has noted what was called while it parsed, which leaves out `{% if execute %}`.
        called = (*code.depends_on.macros, *self._code.named(code.raw_code or ""))
        yield from (self._asking[macro] for macro in called if macro in self._asking)
        for name in resource.parents:
            parent = self._project.resources[name]
            if parent.config.materialized == "ephemeral" and (asked := self.asks(parent)):
                yield asked

    @cached_property
    def _asking(self) -> Mapping[str, str]:
        """What each macro asks, itself or by those that it calls; only those that ask."""
        told = {
            name: f"`{found[0].split()[-1]}` in the macro {macro.package_name}.{macro.name}"
            for name, macro in self._code.macros.items()
            if (found := self._words.search(macro.macro_sql))
        }
        waiting = deque(told)
        while waiting:
            asking = waiting.popleft()
            for caller in self._code.callers.get(asking, ()):
                if caller not in told:
                    told[caller] = told[asking]
                    waiting.append(caller)
        return told


def _alone(_: Safety, one: Candidate) -> str | None:
    if len(one.call.nodes) == 1 and one.resource.resource_type == "model":
        return None
    return "it runs more than one model"


def _language(_: Safety, one: Candidate) -> str | None:
    return None if one.code.language == "sql" else f"it is written in {one.code.language}"


def _materialization(safety: Safety, one: Candidate) -> str | None:
    return safety.refusal_of(str(one.config.get("materialized"))) or None


def _config(_: Safety, one: Candidate) -> str | None:
    """Look at hooks, contracts, grants, partitions and whatever else a config may hold."""
    keys = [key for key, value in one.config.items() if says_something(value)]
    loud = sorted(set(keys) - set(PLAIN))
    return f"its config has {', '.join(f'`{key}`' for key in loud)}" if loud else None


def _refresh(safety: Safety, one: Candidate) -> str | None:
    return safety.refreshed(str(one.config.get("materialized")))


def _constraints(_: Safety, one: Candidate) -> str | None:
    return "it has `constraints`" if one.code.constraints else None


def _columns(_: Safety, one: Candidate) -> str | None:
    for name, column in sorted(one.code.columns.items()):
        keys = {key for key, value in column.items() if says_something(value)}
        deeper = column.get("config") or {}
        more = {key for key, value in deeper.items() if says_something(value)}
        loud = sorted((keys | more) - set(PLAIN_OF_COLUMNS))
        if loud:
            return f"its column {name} has `{loud[0]}`"
    return None


def _asks(safety: Safety, one: Candidate) -> str | None:
    asked = safety.asks(one.resource)
    return f"what it compiles to is known only when it runs: {asked}" if asked else None


RULES: Final[tuple[Callable[[Safety, Candidate], str | None], ...]] = (
    _alone,
    _language,
    _materialization,
    _refresh,
    _config,
    _constraints,
    _columns,
    _asks,
)
"""In the order in which they are asked; each returns why not, or None."""
