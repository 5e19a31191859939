"""Loading artifacts into a real Airflow: its DAG bag, its serialization, its task groups."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from artifact_builder import artifact_text, dbt_task, write_artifact

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

LOADER = """\
# airflow dag loader
from dagwright_airflow import load_dags

load_dags(__file__, "compiled"{more})
"""
DEFAULTS = {
    "dbt": {"flags": ["--quiet"], "paths": {"--project-dir": "../shop"}, "env": {"A": "1"}}
}
GROUPS = [
    {"id": "marts", "label": "marts", "parent": None},
    {"id": "marts--core", "label": "core", "parent": "marts"},
    {"id": "unused", "label": "unused", "parent": None},
]
TASKS = [
    dbt_task("raw.seed", ["seed", "--select", "raw"], ["seed.shop.raw"]),
    dbt_task(
        "orders.run",
        ["run", "--select", "orders"],
        ["model.shop.orders"],
        after=["raw.seed"],
        group="marts",
    ),
    dbt_task(
        "orders.test",
        ["test", "--select", "orders"],
        ["test.shop.t"],
        after=["orders.run"],
        group="marts",
        airflow={"retries": 0},
    ),
    dbt_task(
        "items.run",
        ["run", "--select", "items"],
        ["model.shop.items"],
        after=["raw.seed"],
        group="marts--core",
        airflow={"pool": "heavy", "execution_timeout": 60.0},
        env={"B": "2"},
    ),
    dbt_task(
        "lines.run",
        ["run", "--select", "lines"],
        ["model.shop.lines"],
        after=["raw.seed"],
        group="marts--core",
        airflow={"pool": "heavy", "execution_timeout": 60.0},
        env={"B": "3"},
    ),
    {
        "id": "eph.show",
        "kind": "empty",
        "label": "eph",
        "nodes": ["model.shop.eph"],
        "after": ["items.run", "lines.run"],
    },
]
DAG = {
    "schedule": "0 6 * * *",
    "start_date": "2026-01-01",
    "timezone": "Europe/Amsterdam",
    "catchup": False,
    "tags": ["dbt"],
    "params": {"day": "today"},
    "display_name": "The shop",
    "fail_fast": True,
    "default_args": {"owner": "analytics", "retries": 2, "retry_delay": 300.0},
}


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    """A dags folder with a loader and one compiled DAG, `shop`."""
    (tmp_path / "dbt.py").write_text(LOADER.format(more=""))
    write_artifact(tmp_path / "compiled", "shop", TASKS, dag=DAG, defaults=DEFAULTS, groups=GROUPS)
    return tmp_path


def bag_of(dags: Path) -> Any:
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dag_folder=dags, bundle_path=dags, bundle_name="test", load_op_links=False)


def shape(dag: Any) -> dict[str, tuple[set[str], set[str]]]:
    return {
        task.task_id: (set(task.upstream_task_ids), set(task.downstream_task_ids))
        for task in dag.tasks
    }


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that makes this process look like the task runner asking for one task."""
    from airflow.sdk.execution_time import task_runner

    def ask(dag_id: str, task_id: str) -> None:
        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", object(), raising=False)
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", dag_id)
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", task_id)

    return ask


def test_the_dag_bag_takes_the_dag_with_its_tasks_edges_groups_and_arguments(dags: Path) -> None:
    bag = bag_of(dags)
    assert bag.import_errors == {}
    (dag,) = bag.dags.values()
    assert shape(dag) == {
        "raw.seed": (set(), {"orders.run", "items.run", "lines.run"}),
        "orders.run": ({"raw.seed"}, {"orders.test"}),
        "orders.test": ({"orders.run"}, set()),
        "items.run": ({"raw.seed"}, {"eph.show"}),
        "lines.run": ({"raw.seed"}, {"eph.show"}),
        "eph.show": ({"items.run", "lines.run"}, set()),
    }
    assert (dag.dag_id, dag.tags, dag.timezone.name) == ("shop", {"dbt"}, "Europe/Amsterdam")
    assert dag.start_date.isoformat() == "2025-12-31T23:00:00+00:00"
    assert dag.params.dump() == {"day": "today"}
    assert (dag.dag_display_name, dag.fail_fast) == ("The shop", True)
    items = dag.get_task("items.run")
    assert (items.command, items.flags, items.env) == (
        ("run", "--select", "items"),
        ("--quiet",),
        {"A": "1", "B": "2"},
    )
    assert (items.pool, items.retries, items.owner) == ("heavy", 2, "analytics")
    assert (items.execution_timeout, items.retry_delay) == (
        timedelta(minutes=1),
        timedelta(minutes=5),
    )
    assert (items.task_group.group_id, items.task_group.label) == ("marts--core", "core")
    assert (items.task_display_name, items.folder) == ("items.run", str(dags))
    assert dag.get_task("orders.test").retries == 0
    assert dag.get_task("eph.show").inherits_from_empty_operator


def test_the_dag_survives_airflows_serialization(dags: Path) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    dag = bag_of(dags).dags["shop"]
    text = json.dumps(DagSerialization.serialize_dag(dag), sort_keys=True)
    back = DagSerialization.deserialize_dag(json.loads(text))
    assert shape(back) == shape(dag)
    assert list(back.task_group.get_task_group_dict()) == [None, "marts", "marts--core", "unused"]
    assert str(dags) not in text.replace(json.dumps(str(dags / "dbt.py")), ""), "machine paths"


def test_clones_equal_constructed_operators_in_airflows_eyes(
    dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    from dagwright_airflow.mould import Mould

    variants: list[dict[str, Any]] = [
        {},
        {"group": "marts"},
        {"env": {"N": "1"}},
        {"airflow": {"doc_md": "docs", "outlets": ["s3://a/b"], "retries": 7}},
    ]
    tasks = [
        dbt_task(f"v{v}m{n}.run", ["run", str(n)], [f"model.v{v}m{n}"], after=["raw.seed"], **more)
        for v, more in enumerate(variants)
        for n in range(5)
    ]
    tasks = [*TASKS, *tasks]
    write_artifact(dags / "compiled", "shop", tasks, dag=DAG, defaults=DEFAULTS, groups=GROUPS)
    cast: list[bool] = []
    clone = Mould._clone

    def counted(mould: Mould, *given: Any) -> Any:
        cast.append(True)
        return clone(mould, *given)

    monkeypatch.setattr(Mould, "_clone", counted)
    cloned = bag_of(dags).dags["shop"]
    assert len(cast) > len(tasks) / 2, "most operators should have been cloned"
    monkeypatch.setattr(Mould, "_agrees", lambda *_: False)
    constructed = bag_of(dags).dags["shop"]

    assert DagSerialization.serialize_dag(cloned) == DagSerialization.serialize_dag(constructed)
    for task in constructed.tasks:
        twin = cloned.get_task(task.task_id)
        ours, theirs = dict(vars(twin)), dict(vars(task))
        for attributes in (ours, theirs):  # Of different DAG objects, so only their ids agree.
            attributes["_dag"] = attributes["_dag"].dag_id
            attributes["task_group"] = attributes["task_group"].group_id
            attributes["_BaseOperator__init_kwargs"] = {
                name: value
                for name, value in attributes["_BaseOperator__init_kwargs"].items()
                if name not in ("dag", "task_group")
            }
        assert ours == theirs


def test_clones_share_no_container_that_can_be_changed(dags: Path) -> None:
    tasks = [dbt_task(f"m{n}.run", ["run"], [f"model.shop.m{n}"]) for n in range(5)]
    write_artifact(dags / "compiled", "shop", tasks, defaults=DEFAULTS)
    *_, one, other = bag_of(dags).dags["shop"].tasks
    before = {name: repr(value) for name, value in vars(other).items()}
    for value in vars(one).values():
        match value:
            case dict():
                value["changed"] = True
            case list():
                value.append("changed")
            case set():
                value.add("changed")
    one.params["changed"] = True
    assert {name: repr(value) for name, value in vars(other).items()} == before


def test_where_a_clone_would_differ_every_operator_is_constructed(
    dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagwright_airflow import kinds
    from dagwright_airflow.operators.dbt import DbtOperator

    class Deriving(DbtOperator):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.derived = f"derived from {kwargs['task_id']}"

    monkeypatch.setattr(kinds, "DbtOperator", Deriving)
    tasks = [dbt_task(f"m{n}.run", ["run"], [f"model.shop.m{n}"]) for n in range(5)]
    write_artifact(dags / "compiled", "shop", tasks, defaults=DEFAULTS)
    for task in bag_of(dags).dags["shop"].tasks:
        assert task.derived == f"derived from {task.task_id}"


def test_a_worker_reads_one_artifact_and_builds_one_task_with_its_groups(
    dags: Path, worker: Any
) -> None:
    (dags / "compiled" / "other.dag.json").mkdir()  # Opening it would fail.
    worker("shop", "items.run")
    bag = bag_of(dags)
    assert bag.import_errors == {}
    (dag,) = bag.dags.values()
    assert shape(dag) == {"items.run": ({"raw.seed"}, set())}
    assert list(dag.task_group.get_task_group_dict()) == [None, "marts", "marts--core"]
    assert dag.params.dump() == {"day": "today"}


def test_a_worker_gets_the_same_operator_that_the_whole_dag_has(dags: Path, worker: Any) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    whole = {task.task_id: task for task in bag_of(dags).dags["shop"].tasks}
    for task_id, task in whole.items():
        worker("shop", task_id)
        (alone,) = bag_of(dags).dags["shop"].tasks
        task.downstream_task_ids.clear()
        assert DagSerialization.serialize_dag(alone.dag)["tasks"][0] == next(
            row
            for row in DagSerialization.serialize_dag(task.dag)["tasks"]
            if row["__var"]["task_id"] == task_id
        )


def test_the_parsing_context_counts_only_inside_the_task_runner(
    dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.execution_time import task_runner

    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "shop")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "items.run")
    assert len(bag_of(dags).dags["shop"].tasks) == len(TASKS)


def test_a_worker_asked_for_another_files_dag_builds_nothing(dags: Path, worker: Any) -> None:
    worker("handwritten", "items.run")
    assert bag_of(dags).dags == {}


BROKEN = {
    "truncated": lambda text: text[: len(text) // 2],
    "a newer format": lambda text: text.replace('"format": 1', '"format": 2'),
    "an unknown kind": lambda text: text.replace('"kind":"empty"', '"kind":"shell"'),
    "an unknown argument": lambda text: text.replace('"pool"', '"pools"'),
    "a missing task": lambda text: text.replace('"after":["raw.seed"]', '"after":["gone"]'),
    "a task listed twice": lambda text: text.replace("lines.run", "items.run"),
    "an illegal id": lambda text: text.replace("lines.run", "lines run"),
    "a bad schedule": lambda text: text.replace("0 6 * * *", "sometimes"),
    "a bad date": lambda text: text.replace("2026-01-01", "soon"),
    "a bad time zone": lambda text: text.replace("Europe/Amsterdam", "Mars/Base"),
    "another DAG's id": lambda text: text.replace('"id":"shop"', '"id":"store"'),
    "a callback": lambda text: text.replace('"owner"', '"on_failure_callback":"os.abort","owner"'),
    "no DAG": lambda text: text.replace('"dag": {', '"dog": {'),
}


@pytest.mark.parametrize("breakage", BROKEN)
def test_a_broken_artifact_is_a_dag_that_fails_with_the_reason_and_the_others_load(
    dags: Path, breakage: str, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    whole = dags / "compiled" / "shop.dag.json"
    write_artifact(dags / "compiled", "another", TASKS[:1])
    whole.write_text(BROKEN[breakage](whole.read_text()))
    with caplog.at_level(logging.WARNING):
        bag = bag_of(dags)
    assert bag.import_errors == {}
    assert list(bag.dags["another"].task_dict) == ["raw.seed"]
    dag = bag.dags["shop"]
    assert dag.tags == {"broken-artifact"}
    (task,) = dag.tasks
    with pytest.raises(AirflowFailException, match=r"^shop\.dag\.json"):
        type(task).execute(task, {})
    assert task.reason in dag.doc_md


def test_a_broken_artifact_can_be_an_import_error_and_the_others_still_load(dags: Path) -> None:
    (dags / "dbt.py").write_text(LOADER.format(more=', on_broken="import_error"'))
    for name in ("bad", "worse"):
        (dags / "compiled" / f"{name}.dag.json").write_text("{")
    bag = bag_of(dags)
    assert list(bag.dags) == ["shop"]
    (error,) = bag.import_errors.values()
    assert "bad.dag.json is not valid JSON" in error
    assert "worse.dag.json is not valid JSON" in error


def test_outside_of_a_dag_bag_an_import_error_is_raised(dags: Path) -> None:
    from dagwright_airflow import load_dags

    (dags / "compiled" / "bad.dag.json").write_text("{")
    with pytest.raises(ImportError, match="not valid JSON"):
        load_dags(dags / "dbt.py", "compiled", on_broken="import_error")


@pytest.mark.parametrize("task_id", ["items.run", "gone.run"])
def test_a_worker_whose_task_cannot_be_built_gets_one_that_says_why(
    dags: Path, worker: Any, task_id: str
) -> None:
    path = dags / "compiled" / "shop.dag.json"
    path.write_text(path.read_text().replace('"pool"', '"pools"'))
    worker("shop", task_id)
    (task,) = bag_of(dags).dags["shop"].tasks
    assert task.task_id == task_id
    assert ("pools" in task.reason) if task_id == "items.run" else ("recompiled" in task.reason)


def test_a_missing_folder_is_an_import_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "dbt.py").write_text(LOADER.format(more=""))
    (error,) = bag_of(tmp_path).import_errors.values()
    assert "dagwright compile" in error


def test_load_dags_returns_the_dags_and_an_empty_folder_is_no_fault(dags: Path) -> None:
    from dagwright_airflow import load_dags

    assert list(load_dags(dags / "dbt.py")) == ["shop"]
    (dags / "empty").mkdir()
    assert load_dags(dags / "dbt.py", "empty") == {}
    with pytest.raises(ValueError, match="on_broken"):
        load_dags(dags / "dbt.py", on_broken="ignore")  # type: ignore[arg-type]


def test_callbacks_are_imported_only_where_the_loader_allows_their_prefix(
    dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (dags / "house_alerts.py").write_text("def notify(context):\n    pass\n")
    monkeypatch.syspath_prepend(dags)
    dag = {**DAG, "on_failure_callback": ["house_alerts.notify"]}
    dag["default_args"] = {"on_failure_callback": "house_alerts.notify"}
    write_artifact(dags / "compiled", "shop", TASKS, dag=dag, defaults=DEFAULTS, groups=GROUPS)

    for allowed, works in (("house_alerts.", True), ("house_alerts", True), ("house", False)):
        sys.modules.pop("house_alerts", None)
        (dags / "dbt.py").write_text(LOADER.format(more=f", callbacks=({allowed!r},)"))
        loaded = bag_of(dags).dags["shop"]
        assert ("broken-artifact" not in loaded.tags) is works
        assert ("house_alerts" in sys.modules) is works
        if works:
            names = [fn.__name__ for fn in loaded.get_task("items.run").on_failure_callback]
            assert names == ["notify"]
            assert [fn.__name__ for fn in loaded.on_failure_callback] == ["notify"]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (None, "NullTimetable"),
        ("@daily", "0 0 * * *"),
        ({"assets": "s3://a"}, ["s3://a"]),
        ({"assets": ["s3://a", "s3://b"]}, ["all", ["s3://a"], ["s3://b"]]),
        (
            {"assets": {"any": ["s3://a", {"all": ["s3://b", "s3://c"]}]}},
            ["any", ["s3://a"], ["all", ["s3://b"], ["s3://c"]]],
        ),
    ],
)
def test_schedules_by_time_and_by_assets(dags: Path, schedule: Any, said: Any) -> None:
    write_artifact(dags / "compiled", "shop", TASKS[:1], dag={"schedule": schedule})
    timetable = bag_of(dags).dags["shop"].timetable
    condition = getattr(timetable, "asset_condition", None)
    if condition is None:
        assert said in (type(timetable).__name__, getattr(timetable, "expression", ""))
    else:
        assert described(condition) in (said, ["all", said])


def described(condition: Any) -> list[Any]:
    if hasattr(condition, "uri"):
        return [condition.name]
    word = type(condition).__name__.removeprefix("Asset").lower()
    return [word, *map(described, condition.objects)]


GROUPED = """\
# airflow dag
from pathlib import Path

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup
from dagwright_airflow import load_task_group

HERE = Path(__file__).parent

with DAG("byhand", schedule=None, default_args={"retries": 5}):
    before = EmptyOperator(task_id="before")
    group = load_task_group("compiled/shop.group.json", folder=HERE)
    after = EmptyOperator(task_id="after")
    before >> group >> after
    with TaskGroup("outer"):
        load_task_group("compiled/shop.group.json", folder=HERE, group_id="again")
"""


def test_a_task_group_stands_between_tasks_of_a_handwritten_dag(dags: Path) -> None:
    text = artifact_text(TASKS, group={"id": "shop"}, defaults=DEFAULTS, groups=GROUPS)
    (dags / "compiled" / "shop.group.json").write_text(text)
    (dags / "byhand.py").write_text(GROUPED)
    bag = bag_of(dags)
    assert bag.import_errors == {}
    dag = bag.dags["byhand"]
    edges = shape(dag)
    assert edges["before"] == (set(), {"shop.raw.seed"})
    assert edges["after"] == ({"shop.orders.test", "shop.eph.show"}, set())
    assert edges["shop.items.run"] == ({"shop.raw.seed"}, {"shop.eph.show"})
    assert edges["outer.again.items.run"] == ({"outer.again.raw.seed"}, {"outer.again.eph.show"})
    assert dag.get_task("shop.items.run").retries == 5
    assert dag.get_task("shop.items.run").folder == str(dags)
    groups = set(dag.task_group.get_task_group_dict())
    assert {"shop", "shop__marts", "shop__marts--core", "outer", "outer.again"} <= groups

    from airflow.serialization.serialized_objects import DagSerialization

    back = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    assert shape(back) == edges


def test_a_task_group_is_whole_in_a_worker_since_the_code_around_may_look_anything_up(
    dags: Path, worker: Any
) -> None:
    text = artifact_text(TASKS, group={"id": "shop"}, defaults=DEFAULTS, groups=GROUPS)
    (dags / "compiled" / "shop.group.json").write_text(text)
    (dags / "byhand.py").write_text(GROUPED)
    worker("byhand", "shop.items.run")
    assert len(bag_of(dags).dags["byhand"].tasks) == 2 * len(TASKS) + 2


def test_the_two_kinds_of_artifact_are_not_mixed_up(dags: Path) -> None:
    from airflow import sdk

    from dagwright_airflow import load_task_group

    with (
        sdk.DAG("byhand", schedule=None),
        pytest.raises(ValueError, match="load it by the other"),
    ):
        load_task_group(dags / "compiled" / "shop.dag.json")
    (dags / "compiled" / "shop.dag.json").write_text(
        artifact_text(TASKS[:1], group={"id": "shop"})
    )
    assert bag_of(dags).dags["shop"].tags == {"broken-artifact"}


def test_the_runtime_imports_neither_dbt_nor_yaml_nor_the_compiler(airflow_home: Any) -> None:
    found = airflow_home.python(
        "import sys, airflow.sdk\n"
        "before = set(sys.modules)\n"
        "import dagwright_airflow\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - sys.stdlib_module_names))\n"
    )
    assert found.split() == ["['dagwright_airflow']"]
