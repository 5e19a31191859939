"""The dbt operator: what it asks of dbt, and what it makes of the outcome.

A stand-in for dbt, which records how it was called, answers most questions in milliseconds; the
last part runs the real dbt, under the real task runner.
"""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from artifact_builder import dbt_task
from processes import all_gone, child_of, running_with
from tiny import runner

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

TESTS = Path(__file__).parent
STAND_IN = f"""\
#!{sys.executable}
import json, os, pathlib, sys
seen = {{"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}}
pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(seen))
target = pathlib.Path(sys.argv[sys.argv.index("--target-path") + 1])
target.mkdir(parents=True)
results = [{{"unique_id": node, "status": "success"}} for node in os.environ["RUNS"].split()]
(target / "run_results.json").write_text(json.dumps({{"results": results}}))
print("100% done")
sys.exit(int(os.environ.get("STATUS", "0")))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A loader file's folder beside a project, and the stand-in for dbt in bin/."""
    for name in ("dags", "shop", "bin"):
        (tmp_path / name).mkdir()
    program = tmp_path / "bin" / "dbt"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setenv("SEEN", str(tmp_path / "seen.json"))
    monkeypatch.setenv("RUNS", "model.shop.a")
    return tmp_path / "dags"


def run(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return what the operator pushes to XCom."""
    from dagwright_airflow.operators.dbt import DbtOperator

    arguments = {
        "command": ("run", "--select", "a"),
        "nodes": ("model.shop.a",),
        "flags": ("--target", "prod"),
        "paths": {"--project-dir": "../shop", "--profiles-dir": "/etc/dbt"},
        "executable": "../bin/dbt",
        "folder": str(folder),
        **changes,
    }
    operator = DbtOperator(task_id="a", **arguments)
    summary: dict[str, Any] = DbtOperator.execute.__wrapped__(operator, {})
    return summary


def seen(folder: Path) -> Any:
    return json.loads((folder.parent / "seen.json").read_text())


def test_the_command_comes_first_then_paths_from_the_folder_then_flags_then_ours(
    folder: Path,
) -> None:
    result = run(folder, vars={"day": "x", "n": {"deep": 1}})
    assert [node["unique_id"] for node in result["nodes"]] == ["model.shop.a"]
    argv = seen(folder)["argv"]
    scratch = Path(argv[argv.index("--target-path") + 1]).parent
    assert argv == [
        *("run", "--select", "a", "--no-use-colors", "--log-level-file", "none"),
        *("--project-dir", str(folder.parent / "shop"), "--profiles-dir", "/etc/dbt"),
        *("--target", "prod", "--vars", '{"day": "x", "n": {"deep": 1}}'),
        *("--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs")),
        "--write-json",
    ]
    assert seen(folder)["cwd"] == str(folder.parent / "shop")
    assert not scratch.exists()


def test_the_first_partial_parse_that_is_there_is_used_where_it_lies(folder: Path) -> None:
    target = folder.parent / "shop" / "target"
    target.mkdir()

    def used(*names: str) -> str | None:
        run(folder, partial_parse=names)
        argv = seen(folder)["argv"]
        flag = "--partial-parse-file-path"
        return argv[argv.index(flag) + 1] if flag in argv else None

    names = ("target/baked.msgpack", "target/partial_parse.msgpack")
    assert used(*names) is None
    (target / "partial_parse.msgpack").touch()
    assert used(*names) == str(target / "partial_parse.msgpack")
    (target / "baked.msgpack").touch()
    assert used(*names) == str(target / "baked.msgpack")
    assert used() is None


def test_the_environment_is_the_workers_and_the_tasks_but_for_what_changes_the_selection(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RESOURCE_TYPES", "EXCLUDE_RESOURCE_TYPES", "INDIRECT_SELECTION"):
        monkeypatch.setenv(f"DBT_{name}", "leaked")
        monkeypatch.setenv(f"DBT_ENGINE_{name}", "leaked")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "leaked")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "leaked")
    monkeypatch.setenv("FROM_WORKER", "kept")
    monkeypatch.setenv("FROM_BOTH", "worker")
    before = dict(os.environ)
    run(folder, env={"FROM_BOTH": "task", "FROM_TASK": "set"})
    environment = seen(folder)["env"]
    assert "leaked" not in environment.values()
    assert (environment["FROM_WORKER"], environment["FROM_TASK"]) == ("kept", "set")
    assert environment["FROM_BOTH"] == "task"
    assert dict(os.environ) == before


def test_the_log_holds_the_command_and_the_output_but_no_environment(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(folder, env={"DBT_PASSWORD": "canary-31415"})
    output = "".join(capfd.readouterr())
    assert "dbt run --select a" in output
    assert "100% done" in output
    assert "canary" not in output


def test_a_bare_executable_is_found_on_the_path_that_dbt_will_have(folder: Path) -> None:
    path = f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run(folder, executable="dbt", env={"PATH": path})
    assert seen(folder)["argv"][0] == "run"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"executable": "no-such-dbt"}, "'no-such-dbt' is not on this worker"),
        ({"executable": "./dbt"}, "is not on this worker"),
        ({"paths": {"--project-dir": "../gone"}}, "gone is no folder of this worker"),
        ({"nodes": ("model.shop.b",)}, "dbt did not run model.shop.b"),
        ({"env": {"RUNS": ""}}, "dbt ran nothing. Expected: model.shop.a"),
        ({"env": {"STATUS": "1"}}, "dbt exited with 1"),
    ],
)
def test_what_went_wrong_is_said(folder: Path, changes: Mapping[str, Any], said: str) -> None:
    from airflow.sdk.exceptions import AirflowException

    with pytest.raises(AirflowException, match=said):
        run(folder, **changes)


def test_a_dbt_that_ran_nothing_is_quoted(folder: Path) -> None:
    from airflow.sdk.exceptions import AirflowException

    with pytest.raises(AirflowException, match=r"exited with 0; its last lines:\n100% done"):
        run(folder, env={"RUNS": ""})


@pytest.mark.parametrize("name", ["DBT_WARN_ERROR", "DBT_ENGINE_WARN_ERROR"])
def test_a_worker_on_which_every_warning_is_an_error_gets_no_list_of_them(
    name: str, folder: Path
) -> None:
    from dagwright_airflow.operators.dbt import DbtOperator

    flags = ["--target", "prod", "--warn-error-options", "{}", "--quiet"]

    def arguments(value: str) -> list[str]:
        operator = DbtOperator(
            task_id="t", command=["run"], nodes=[], flags=flags, env={name: value}
        )
        return operator._call(folder, folder).arguments

    assert flags[2] in arguments("0")
    strict = arguments("1")
    assert not {"--warn-error-options", "{}"} & set(strict)
    assert {"--target", "prod", "--quiet"} <= set(strict)


def test_templates_are_rendered_value_by_value(folder: Path) -> None:
    from dagwright_airflow.operators.dbt import DbtOperator

    operator = DbtOperator(
        task_id="a",
        command=("run", "--select", "a"),
        nodes=(),
        flags=("--event-time-start", "{{ day }}"),
        paths={"--project-dir": "../shop", "--state": "/state/{{ ds }}"},
        vars={"day": "{{ day }}", "list": ["{{ day }}", 1]},
        env={"DAY": "{{ day }}"},
    )
    operator.render_template_fields({"day": 'a "quoted" day', "ds": "2026-01-01"})  # type: ignore[typeddict-unknown-key]
    arguments = operator._call(folder, folder).arguments
    given = json.loads(arguments[arguments.index("--vars") + 1])
    assert given == {"day": 'a "quoted" day', "list": ['a "quoted" day', 1]}
    assert 'a "quoted" day' in arguments
    assert arguments[arguments.index("--state") + 1] == "/state/2026-01-01"
    assert operator.env == {"DAY": 'a "quoted" day'}


# The real dbt, under the real task runner.

SEED = dbt_task("raw.seed", ["seed", "--select", "raw_orders"], ["seed.tiny.raw_orders"])
ORDERS = dbt_task(
    "orders.run", ["run", "--select", "orders"], ["model.tiny.orders"], after=["raw.seed"]
)
SLOW = dbt_task("slow.run", ["run", "--select", "slow"], ["model.tiny.slow"])
STATES = """
import sys
from airflow.dag_processing.dagbag import BundleDagBag

bag = BundleDagBag(sys.argv[1], bundle_path=sys.argv[1], bundle_name="dags-folder")
run = bag.dags["tiny"].test()
for instance in sorted(run.get_task_instances(), key=lambda one: one.task_id):
    value = instance.xcom_pull(task_ids=instance.task_id) if instance.state == "success" else None
    nodes = [node["unique_id"] for node in value["nodes"]] if value else []
    print("STATE", instance.task_id, instance.state, *nodes)
"""


@pytest.mark.dbt
@pytest.mark.slow
def test_a_failing_test_stops_what_it_gates_and_no_more(tiny: Any) -> None:
    gate = ["amount_is_small", "not_null_orders_id", "unique_orders_id"]
    home = tiny(
        SEED,
        ORDERS,
        dbt_task(
            "orders.test",
            ["test", "--select", *gate],
            [
                "test.tiny.amount_is_small.f369cc9b05",
                "test.tiny.not_null_orders_id.84ef11d8fe",
                "test.tiny.unique_orders_id.1360ecc70e",
            ],
            after=["orders.run"],
        ),
        dbt_task(
            "revenue.run",
            ["run", "--select", "revenue"],
            ["model.tiny.revenue"],
            after=["orders.run", "orders.test"],
        ),
        dbt_task(
            "raw.freshness",
            ["source", "freshness", "--select", "source:shop.raw_orders"],
            ["source.tiny.shop.raw_orders"],
            after=["raw.seed"],
        ),
    )
    csv = home.root / "tiny" / "seeds" / "raw_orders.csv"
    csv.write_text(csv.read_text() + "4,99,2026-01-04\n")
    output = home.python(STATES, str(home.dags), PATH=home.environment["PATH"])
    hook = "operation.tiny.tiny-on-run-start-0"
    assert [line.split()[1:] for line in output.splitlines() if line.startswith("STATE")] == [
        ["orders.run", "success", hook, "model.tiny.orders"],
        ["orders.test", "failed"],
        ["raw.freshness", "success", "source.tiny.shop.raw_orders"],
        ["raw.seed", "success", hook, "seed.tiny.raw_orders"],
        ["revenue.run", "upstream_failed"],
    ]
    assert "1 of 4 failed" in output
    assert "amount_is_small.f369cc9b05: fail. Got 1 result, configured to fail if != 0" in output
    assert "Found 3 models" in output
    assert "Unable to do partial parsing" not in output


@pytest.mark.dbt
@pytest.mark.slow
def test_an_unchanged_seed_is_not_loaded_again(tiny: Any) -> None:
    seed = {"node": "seed.tiny.raw_orders", "file": "seeds/raw_orders.csv", "checksum": "1"}
    home = tiny({**SEED, "seed": seed})
    twice = STATES.replace("run = bag", 'bag.dags["tiny"].test()\nrun = bag')
    output = home.python(twice, str(home.dags), PATH=home.environment["PATH"])
    assert [line.split() for line in output.splitlines() if line.startswith("STATE")] == [
        ["STATE", "raw.seed", "success"]
    ]
    assert output.count("OK loaded seed file") == 1
    assert output.count("Not loaded: unchanged since the last time") == 1


@pytest.mark.dbt
@pytest.mark.slow
def test_a_model_renamed_since_the_compile_fails_its_task_by_name(tiny: Any) -> None:
    home = tiny({**ORDERS, "after": []})
    models = home.root / "tiny" / "models"
    (models / "orders.sql").rename(models / "purchases.sql")
    for name in ("models.yml", "revenue.sql"):
        text = (models / name).read_text()
        text = text.replace("name: orders", "name: purchases").replace("'orders'", "'purchases'")
        (models / name).write_text(text)
    with runner(home, "orders.run") as process:
        output, _ = process.communicate()
    assert "state: failed" in output
    assert "dbt ran nothing. Expected: model.tiny.orders." in output
    assert "does not match any enabled nodes" in output


@pytest.mark.dbt
@pytest.mark.slow
def test_the_task_runner_parses_one_task_and_dbts_python_api_runs_it(tiny: Any) -> None:
    home = tiny(SEED, ORDERS, invocation="dbt_runner")
    (home.dags / "compiled" / "unread.dag.json").mkdir()  # Opening it would fail.
    with runner(home, "raw.seed") as process:
        output, _ = process.communicate()
    assert "state: success" in output
    assert "OK loaded seed file main.raw_orders" in output
    assert "leaked semaphore" not in output
    # Airflow filled its DAG bag twice, for the scheduler's sake and in the worker, where
    # the folder in the artifact's place is not even looked at.
    assert output.count("unread.dag.json cannot be read") == 1


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize(
    ("invocation", "number"),
    [("subprocess", signal.SIGTERM), ("dbt_runner", signal.SIGKILL)],
    ids=["subprocess-term", "dbt_runner-kill"],
)
def test_a_killed_task_leaves_no_dbt(tiny: Any, invocation: str, number: int) -> None:
    home = tiny(SLOW, invocation=invocation)
    variable = f"AIRFLOW_HOME={home.root}"
    with runner(home, "slow.run") as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any("START sql table model main.slow" in line for line in lines)
        assert len(running_with(variable, "--target-path")) >= 2
        os.kill(child_of(process.pid), number)
        rest = "".join(lines)
    assert all_gone(variable, "--target-path")
    if number == signal.SIGTERM:
        assert "dbt was stopped because the task was killed" in rest
        assert "state: failed" in rest
