"""dbt's options in a plan: who gets which, in which form, and what is refused."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import jsonschema
import pytest

from dagwright.diagnostics import Report, Rule
from dagwright.files import MemoryFiles
from dagwright.pipeline import Compiled, Options, compile_spec
from dagwright.plan.commands import SharedCommand, whole_argv
from dagwright.plan.option_rules import RULES
from dagwright.plan.options import DATA_INTERVAL, OPTIONS
from dagwright.plan.worker_rules import RULES as WORKER_RULES
from dagwright.spec.model.execute import ExecuteCommon
from dagwright.spec.model.execute.options import DbtOptionKeys
from manifests import manifest

SCHEMAS = Path(__file__).parent.parent / "schemas"
SHOP = """
seed.shop.raw
model.shop.orders <- seed.shop.raw
test.shop.unique <- model.shop.orders
"""
SPEC = """\
version: 1
dag: {id: shop}
render: {project_dir: ../dbt/shop}
execute: {mode: local, project_dir: /opt/dbt/shop}
"""


def compiled(spec: str, project: str = SHOP) -> tuple[Compiled | None, list[str]]:
    disk = MemoryFiles(
        {
            "dags/a.dagwright.yaml": spec.encode(),
            "dbt/shop/target/manifest.json": manifest(project),
        }
    )
    report = Report()
    made = compile_spec(disk, "dags/a.dagwright.yaml", Options(), report)
    return made, [found.rule.code for found in report.sorted()]


def with_execute(keys: str) -> str:
    return SPEC.replace("/opt/dbt/shop}", f"/opt/dbt/shop, {keys}}}")


def shared(keys: str) -> dict:
    made, codes = compiled(with_execute(keys))
    assert made is not None, codes
    document = json.loads(made.text)
    schema = json.loads((SCHEMAS / "artifact-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, jsonschema.Draft7Validator)
    return document["defaults"]["dbt"]


def test_every_option_of_the_spec_is_a_row() -> None:
    of_spec = set(DbtOptionKeys.model_fields) - {"state", "event_time"}
    assert of_spec == set(OPTIONS)
    assert set(DbtOptionKeys.model_fields) <= set(ExecuteCommon.model_fields)


def test_a_worker_gets_values_and_how_to_write_them() -> None:
    made = shared('full_refresh: "{{ params.full }}", threads: 4')
    assert made["options"] == {"full_refresh": "{{ params.full }}", "threads": 4}
    assert made["option_forms"]["full_refresh"] == {
        "flag": "--full-refresh",
        "variable": "FULL_REFRESH",
        "type": "switch",
        "commands": ["build", "run", "seed"],
    }


def test_a_spec_without_options_says_nothing_of_them() -> None:
    made = shared("env: {}")
    assert not {"options", "option_forms"} & set(made)


def test_state_is_a_path() -> None:
    made = shared("defer: true, state: ../prod")
    assert made["paths"]["--state"] == "../prod"
    assert made["options"] == {"defer": True}


def test_the_data_interval_is_a_start_and_an_end() -> None:
    assert shared("event_time: data_interval")["options"] == dict(DATA_INTERVAL)


@pytest.mark.parametrize(
    ("version", "known"), [("1.8", ["build", "run"]), ("1.9", ["build", "run", "snapshot"])]
)
def test_the_dbt_that_runs_decides_which_commands_know_an_option(
    version: str, known: list[str]
) -> None:
    made = shared(f'empty: true, dbt_version: "{version}"')
    assert made["option_forms"]["empty"]["commands"] == known


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (("run", "--select", "a"), ["--full-refresh", "--no-empty", "--sample", "{{ x }}"]),
        (("seed", "--select", "a"), ["--full-refresh"]),
        (("source", "freshness", "--select", "a"), []),
    ],
)
def test_a_command_that_is_fixed_before_the_run_has_what_it_knows(
    words: tuple[str, ...], given: list[str]
) -> None:
    options = {"full_refresh": True, "empty": False, "sample": "{{ x }}", "defer": "{{ y }}"}
    command = SharedCommand((), {"--project-dir": "/dbt"}, {}, {}, options, (1, 11))
    assert whole_argv(words, command) == ["dbt", *words, "--project-dir", "/dbt", *given]


def test_a_switch_that_is_a_template_is_dbts_own_variable_in_a_container() -> None:
    spec = with_execute("image: x, full_refresh: '{{ params.full }}', env: {A: b}")
    made, codes = compiled(spec.replace("mode: local", "mode: docker"))
    assert made is not None, codes
    document = json.loads(made.text)
    assert document["defaults"]["docker"]["environment"] == {
        "DBT_FULL_REFRESH": "{{ params.full }}",
        "A": "b",
    }
    assert "full" not in json.dumps([task.get("command") for task in document["tasks"]])


def test_a_switch_that_is_off_and_has_no_flag_for_it_is_said_in_a_container_too() -> None:
    spec = with_execute("image: x, full_refresh: false, empty: false")
    made, codes = compiled(spec.replace("mode: local", "mode: docker"))
    assert made is not None, codes
    assert json.loads(made.text)["defaults"]["docker"]["environment"] == {
        "DBT_FULL_REFRESH": "False",
        "DBT_ENGINE_FULL_REFRESH": "False",
    }


@pytest.mark.parametrize(
    ("keys", "retried"),
    [
        ("policy: {test: {retries: 2}}", True),
        ("policy: {test: {retry_delay: 5m}}", False),
        ("policy: {model: {retries: 2}}", False),
        ("env: {}", False),
    ],
)
@pytest.mark.parametrize("tests", ["after_each", "build"])
def test_tests_are_retried_only_where_the_spec_says_so_of_tests(
    keys: str, retried: object, tests: str
) -> None:
    spec = with_execute(keys).replace("dbt/shop}", f"dbt/shop, tests: {tests}}}")
    made, _ = compiled(spec)
    assert made is not None
    tasks = json.loads(made.text)["tasks"]
    assert [
        task.get("retry_tests", False) for task in tasks if "test.shop.unique" in task["nodes"]
    ]
    for task in tasks:
        has_test = "test.shop.unique" in task["nodes"]
        assert task.get("retry_tests", False) == bool(has_test and retried)


def test_an_override_of_a_test_counts_too() -> None:
    override = "dbt/shop, overrides: [{select: unique, retries: 1}]}"
    made, _ = compiled(SPEC.replace("dbt/shop}", override, 1))
    assert made is not None
    assert '"retry_tests":true' in made.text


def examples(rule: Rule, heading: str) -> list[str]:
    _, _, below = textwrap.dedent(rule.explain).partition(f"## {heading}\n")
    return re.findall(r"```yaml\n(.*?)```", below.partition("\n## ")[0], re.DOTALL)


@pytest.mark.parametrize("rule", [*RULES, *WORKER_RULES], ids=lambda rule: rule.code)
def test_the_page_of_a_rule_tells_the_truth(rule: Rule) -> None:
    for example in examples(rule, "Example"):
        assert compiled(example)[1] == [rule.code]
    for example in examples(rule, "Use instead"):
        assert compiled(example)[1] == []


def test_an_option_that_no_command_knows_is_refused() -> None:
    assert compiled(with_execute("empty: true"), "seed.shop.raw")[1] == ["DW551"]
    assert compiled(with_execute("empty: true"))[1] == []


def test_the_dbt_of_the_manifest_counts_where_none_is_stated() -> None:
    old = manifest(SHOP).replace(b"1.11.16", b"1.9.1")
    disk = MemoryFiles(
        {
            "dags/a.dagwright.yaml": with_execute("sample: 3 days").encode(),
            "dbt/shop/target/manifest.json": old,
        }
    )
    report = Report()
    assert compile_spec(disk, "dags/a.dagwright.yaml", Options(), report) is None
    assert [found.rule.code for found in report.sorted()] == ["DW550"]


HOOKED = f"{SHOP}operation.shop.shop-on-run-start-0\noperation.shop.shop-on-run-end-0\n"


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("env: {}", ["DW557"]),
        ("hooks: per_task", []),
        ("hooks: per_run", ["DW558"]),
        ("hooks: 'off'", ["DW558"]),
    ],
)
def test_hooks_that_run_in_every_task_are_told_of(keys: str, found: list[str]) -> None:
    assert compiled(with_execute(keys), HOOKED)[1] == found
    assert compiled(with_execute(keys))[1] == []
