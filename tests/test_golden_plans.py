"""What every mode makes of every dbt command, as files to read, and that dbt hears the same."""

from __future__ import annotations

import json
from typing import Any

import jinja2
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from dagwright.pipeline import Compiled
from dagwright.plan.commands import whole_argv
from dagwright.plan.modes import MODES
from dagwright.text.write import scalar_text
from golden_plans import ARGV, ENVIRONMENT, FOLDER, artifact, attempted, compiled, tasks
from test_pipeline import BLOCKS

HEAD = """\
# Made by `make update` from spec.yaml, for its environment {mode}.
# `defaults` are shared by all tasks of a kind; `tasks` is one of every dbt command.
"""


def is_flag(word: object) -> bool:
    return str(word).startswith("--")


def lines(value: Any) -> list[str]:
    """Return YAML to read: an argv has a line for each option and its values."""
    match value:
        case dict() if value:
            return [
                line for key, item in value.items() for line in entry(f"{scalar_text(key)}:", item)
            ]
        case list() if any(isinstance(item, (dict, list)) for item in value):
            made = [entry("-", item) for item in value]
            return [line for item in made for line in item]
        case list() if any(map(is_flag, value)):
            rows: list[list[str]] = []
            for item in value:
                rows += [[]] if is_flag(item) or not rows else []
                rows[-1].append(f"{scalar_text(item)},")
            return ["[", *(f"  {' '.join(row)}" for row in rows), "]"]
        case list():
            return [f"[{', '.join(map(scalar_text, value))}]"]
        case _:
            return [scalar_text(value)]


def entry(head: str, value: Any) -> list[str]:
    first, *others = lines(value)
    if head == "-":
        return [f"- {first}", *(f"  {line}" for line in others)]
    if (isinstance(value, dict) and value) or first.startswith("- "):
        return [head, *(f"  {line}" for line in (first, *others))]
    return [f"{head} {first}", *others]


def golden(mode: str) -> str:
    made = artifact(mode)
    built = {t["id"]: t for t in artifact(mode, tests="build")["tasks"]}
    rows = [*made["tasks"], built["shop.orders.build"]]
    shown = {"defaults": made["defaults"], "tasks": rows}
    text = HEAD.format(mode=mode) + "".join(f"{line}\n" for line in lines(shown))
    assert YAML(typ="safe").load(text) == shown
    return text


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_makes_of_every_command_what_its_file_says(mode: str, update: bool) -> None:  # noqa: FBT001
    path, now = FOLDER / f"{mode}.yaml", golden(mode)
    if update:
        path.write_text(now, encoding="utf-8")
        return
    assert now == path.read_text(encoding="utf-8")


def test_there_is_a_file_for_every_mode_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*MODES, "spec"}


def test_every_dbt_command_is_shown() -> None:
    words = {task["command"][0] for task in tasks(artifact("local")).values()}
    built = {task["command"][0] for task in tasks(artifact("local", tests="build")).values()}
    assert words | built == {"seed", "run", "snapshot", "test", "source", "build"}


PATHS = {"--project-dir": "project_dir", "--profiles-dir": "profiles_dir", "--state": "state"}
"""By flag: the key of the spec that says its path in every mode."""


def heard(argv: list[str]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return what dbt hears: its command, and the values of each flag; mapped paths by name."""
    start = next(n for n, word in enumerate(argv) if is_flag(word))
    flags: dict[str, list[str]] = {}
    for word in argv[start:]:
        if is_flag(word):
            assert word not in flags
            flags[word] = values = []
        else:
            values.append(word)
    named = {flag: ["mapped"] if flag in PATHS else values for flag, values in flags.items()}
    return argv[:start], {flag: tuple(values) for flag, values in named.items()}


def from_dbt_on(argv: list[str]) -> list[str]:
    """Return a command without what starts dbt in the container."""
    return argv[argv.index("dbt") + 1 :] if "dbt" in argv[:4] else argv


OF_CONTAINERS = {
    "--target-path": ("/tmp/dbt/target",),  # noqa: S108 - in a container
    "--log-path": ("/tmp/dbt/logs",),  # noqa: S108 - the same
    "--no-use-colors": (),
    "--log-level-file": ("none",),
}
"""What a worker adds when a task runs, and a container mode at compile time."""


def assert_dbt_hears_the_same(made: Compiled, plain: Compiled) -> None:
    """Compare the argv of each task of a mode with the command that every mode is given."""
    wanted = {step.id: whole_argv(step.words, plain.plan.command) for step in plain.plan.steps}
    found = tasks(json.loads(made.text))
    assert set(found) == set(wanted)
    for name, task in found.items():
        argv = from_dbt_on(ARGV[task["kind"]](task))
        words, flags = heard(argv)
        common, shared = heard(from_dbt_on(wanted[name]))
        assert words == common
        assert flags == shared | OF_CONTAINERS
        assert ENVIRONMENT[task["kind"]](task).items() >= made.plan.command.env.items()


@pytest.mark.parametrize("mode", ARGV)
@pytest.mark.parametrize("tests", ["after_each", "build"])
def test_dbt_hears_the_same_in_every_container_mode(mode: str, tests: str) -> None:
    assert_dbt_hears_the_same(compiled(mode, tests=tests), compiled("local", tests=tests))


@pytest.mark.parametrize("tests", ["after_each", "after_all", "build", "none"])
def test_every_environment_of_the_spec_has_one_shape(tests: str) -> None:
    made = [compiled(mode, tests=tests) for mode in MODES]
    assert len({one.plan.digests.shape for one in made}) == 1
    assert len({one.plan.digests.spec for one in made}) == len(made)


SWITCH = st.sampled_from([True, False, "{{ params.yes }}"])
WORD = st.text("ab{}'\" \\é", min_size=1, max_size=6)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "full_refresh": SWITCH,
        "fail_fast": SWITCH,
        "empty": SWITCH,
        "threads": st.one_of(st.integers(1, 64), st.just("{{ params.threads }}")),
        "event_time": st.just("data_interval"),
        "sample": WORD,
        "vars": st.dictionaries(WORD, st.one_of(WORD, st.integers(), st.just("{{ ds }}"))),
        "env": st.dictionaries(st.sampled_from(["A", "DBT_FULL_REFRESH"]), WORD, max_size=2),
        "profile": st.fixed_dictionaries({}, optional={"name": WORD, "target": WORD}),
        "test_indirect_selection": st.sampled_from(["eager", "cautious", "buildable", "empty"]),
    },
)


@given(OPTIONS, st.sampled_from(["after_each", "after_all", "build", "none"]))
@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_whatever_is_said_to_dbt_it_hears_the_same(options: dict[str, Any], tests: str) -> None:
    def whole(mode: str) -> tuple[Compiled | None, set[str]]:
        execute = {
            "project_dir": f"/dbt/{mode}",
            **options,
            **YAML(typ="safe").load(f"{{{BLOCKS[mode]}}}"),
        }
        spec = {
            "version": 1,
            "dag": {"id": "shop"},
            "render": {"project_dir": "../../shop", "tests": tests},
            "execute": execute,
        }
        made, found = attempted(json.dumps(spec))
        return made, {code for code, _ in found} if made is None else set()

    plain, wrong = whole("local")
    for mode in MODES:
        made, found = whole(mode)
        assert found == wrong, mode
        if made is None or plain is None:
            continue
        assert made.plan.digests.shape == plain.plan.digests.shape
        if mode in ARGV:
            assert_dbt_hears_the_same(made, plain)


WORKERS = """
import json, sys
from pathlib import Path
from dagwright_airflow import load_dags
from dagwright_airflow.operators.options import typed_options

dag = load_dags(sys.argv[1], ".")["shop"]
found = {}
for task in dag.tasks:
    task.secrets = {}
    task.options = typed_options(task.options, task.option_forms)
    found[task.task_id] = task._call(Path("shop"), Path("scratch")).arguments
print("CALLS" + json.dumps(found))
"""


@pytest.mark.airflow
def test_dbt_hears_in_a_worker_what_it_hears_in_a_container(airflow_home) -> None:
    made = {mode: compiled(mode) for mode in ("local", "docker")}
    (airflow_home.dags / made["local"].name).write_text(made["local"].text, encoding="utf-8")
    printed = airflow_home.python(WORKERS, str(airflow_home.dags / "dbt.py"))
    calls = json.loads(next(row for row in printed.splitlines() if row.startswith("CALLS"))[5:])
    containers = {
        name: from_dbt_on(ARGV["docker"](task))
        for name, task in tasks(json.loads(made["docker"].text)).items()
    }
    assert set(calls) == set(containers)
    for name, argv in calls.items():
        words, flags = heard(argv)
        in_container, others = heard(containers[name])
        assert words == in_container
        assert set(flags) == set(others)
        for flag in {*OF_CONTAINERS, "--vars"}:
            one, other = flags.pop(flag), others.pop(flag)
            if flag == "--vars":
                assert json.loads(rendered(*one)) == json.loads(rendered(*other))
        assert flags == others


def rendered(template: str) -> str:
    made: str = jinja2.Environment(autoescape=False).from_string(template).render(ds="2026-01-01")  # noqa: S701
    return made
