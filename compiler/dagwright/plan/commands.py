"""The dbt command of a task: the same words for every mode.

A command is the part that is a task's own (`run --select ...`) and the part that all tasks of a
spec share: flags, and paths by flag. Each mode joins them in its own way; none adds a dbt word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

import msgspec

from dagwright.ir.graph import Verb
from dagwright.plan.engines import Release
from dagwright.plan.options import given_options, option_variables, option_words
from dagwright.project.model import NEWEST_RELEASE
from dagwright.spec.model import ExecuteCommon
from dagwright.spec.model.execute import runs_in_worker

WORDS: Final[Mapping[Verb, tuple[str, ...]]] = MappingProxyType(
    {
        Verb.SEED: ("seed",),
        Verb.RUN: ("run",),
        Verb.SNAPSHOT: ("snapshot",),
        Verb.FUNCTION: ("build", "--resource-type", "function"),
        Verb.TEST: ("test",),
        Verb.UNIT_TEST: ("test",),
        Verb.BUILD: ("build",),
        Verb.FRESHNESS: ("source", "freshness"),
    }
)
"""By verb: how a dbt command starts. `SHOW` has none: nothing runs."""

COMMANDS: Final[Mapping[Verb, str]] = MappingProxyType(
    {verb: words[0] for verb, words in WORDS.items()} | {Verb.FRESHNESS: "source freshness"}
)
"""By verb: dbt's command, which decides what a selector can pick."""


@dataclass(frozen=True, slots=True)
class SharedCommand:
    """What every dbt command of a spec has, whatever its mode.

    `paths` maps a flag to an execute path; relative ones are resolved at run time. `variables`
    are kept apart from `flags` because their values may hold Airflow templates: they are rendered
    one by one and only then become the JSON of `--vars`. `options` are by key of `execute:`; each
    goes to the commands that know it in the dbt of `release`, which a worker asks at run time.
    """

    flags: tuple[str, ...]
    paths: Mapping[str, str]
    variables: Mapping[str, Any]
    env: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    release: Release = NEWEST_RELEASE[:2]


def shared_command(
    execute: ExecuteCommon, project_dir: str, warnings: tuple[str, ...], release: Release
) -> SharedCommand:
    """Return what `execute` gives to every command, with the project at `project_dir`."""
    profile = execute.profile
    flags = [*warnings]
    paths = {"--project-dir": project_dir}
    flags += [*_flag("--profile", profile.used_name), *_flag("--target", profile.used_target)]
    if profile.profiles_dir is not None:
        paths["--profiles-dir"] = profile.profiles_dir
    if execute.state is not None:
        paths["--state"] = execute.state
    options = given_options(execute)
    later = {} if runs_in_worker(execute) else option_variables(options)
    env = {**later, **execute.env}
    return SharedCommand(tuple(flags), paths, dict(execute.vars), env, options, release)


def _flag(flag: str, value: str | None) -> tuple[str, ...]:
    return () if value is None else (flag, value)


def task_words(verb: Verb, selectors: tuple[str, ...], indirect: str) -> tuple[str, ...]:
    """Return the words of one task's command, the tests that take part pinned by `indirect`."""
    return (*WORDS[verb], "--indirect-selection", indirect, "--select", *selectors)


def whole_argv(words: tuple[str, ...], shared: SharedCommand) -> list[str]:
    """Return the whole command, for modes in which it is fixed before the run.

    Airflow renders each argument as a template, that of `--vars` too.
    """
    paths = chain.from_iterable(shared.paths.items())
    options = option_words(command_of(words), shared.options, shared.release)
    variables = ("--vars", templated_json(shared.variables)) if shared.variables else ()
    return ["dbt", *words, *paths, *shared.flags, *options, *variables]


def command_of(words: Sequence[str]) -> str:
    """Return dbt's command that `words` start with."""
    return " ".join(words[:2]) if words[0] == "source" else words[0]


def templated_json(value: Any) -> str:
    """Return JSON that is a template, and still JSON once its strings have been rendered.

    A string that is nothing but a template may render to what Python prints for true, false and
    nothing, and then is that, as in a worker: the text "False" would be true for dbt.

    Example:
        >>> templated_json({"full": True, "day": "of {{ ds }}"})
        '{"full":true,"day":{% filter tojson %}of {{ ds }}{% endfilter %}}'
    """
    match value:
        case str() if _ALONE.fullmatch(value):
            return f"{{% set dagwright %}}{value}{{% endset %}}{_TYPED}"
        case str():
            return _templated_text(value)
        case Mapping():
            pairs = (f"{_templated_text(k)}:{templated_json(v)}" for k, v in value.items())
            return "{" + ",".join(pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(map(templated_json, value)) + "]"
        case _:
            return msgspec.json.encode(value).decode()


_ALONE: Final = re.compile(r"\s*(\{\{.*\}\}|\{%.*%\})\s*", re.DOTALL)
"""A template with no text around it."""
_TYPED: Final = (
    '{{ {"True": true, "False": false, "None": none}.get(dagwright.strip(), dagwright) | tojson }}'
)


def _templated_text(text: str) -> str:
    """Return a JSON string that is a template, and still one once it has been rendered."""
    if any(mark in text for mark in ("{{", "{%", "{#")):
        return f"{{% filter tojson %}}{text}{{% endfilter %}}"
    return msgspec.json.encode(text).decode()
