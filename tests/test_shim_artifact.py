"""Reading artifacts: all of one, or one task of it, and refusing what is none."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from artifact_builder import artifact_text, dbt_task

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

SCHEMA = json.loads((Path(__file__).parents[1] / "schemas/artifact-1.json").read_text())
TASKS = [
    dbt_task("a", ["seed", "--select", "a"], ["seed.shop.a"], label='says "a" {"id":"b",'),
    dbt_task(
        "a.b", ["run", "--select", "\u00e9t\u00e9\n"], ["model.shop.a"], after=["a"], group="g"
    ),
    dbt_task("\u00fcber-b", ["test"], ["test.shop.b"], after=["a", "a.b"], airflow={"retries": 3}),
    {"id": "last", "kind": "empty", "nodes": ["model.shop.e"], "after": ["a.b"]},
]
GROUPS = [{"id": "g", "label": "g", "parent": None}]


@pytest.fixture
def text() -> str:
    return artifact_text(TASKS, groups=GROUPS, defaults={"dbt": {"flags": ["--quiet"]}})


@pytest.fixture
def path(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "shop.dag.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_schema_is_valid_and_takes_what_the_tests_write(text: str) -> None:
    Draft7Validator.check_schema(SCHEMA)
    Draft7Validator(SCHEMA).validate(json.loads(text))


@pytest.mark.parametrize(
    "route", [(), ("dag",), ("digests",), ("defaults",), ("tasks", 0), ("groups", 0)]
)
def test_the_schema_refuses_unknown_keys_everywhere(
    text: str, route: tuple[str | int, ...]
) -> None:
    document = json.loads(text)
    part = document
    for step in route:
        part = part[step]
    part["unknown"] = 1
    assert list(Draft7Validator(SCHEMA).iter_errors(document))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["id"])
def test_one_task_is_read_as_it_stands_in_the_whole(path: Path, task: dict) -> None:
    from dagwright_airflow.artifact import read_artifact, read_one_task

    whole, one = read_artifact(path), read_one_task(path, task["id"])
    assert (whole.whole, one.whole) == (True, False)
    assert list(one.tasks) == [row for row in whole.tasks if row["id"] == task["id"]]
    keys = ("format", "kind", "dag", "defaults", "groups")
    assert {key: one.header[key] for key in keys} == {key: whole.header[key] for key in keys}


@pytest.mark.parametrize("absent", ["b", "a.", "A", 'a","kind":"', "shop"])
def test_a_task_that_is_not_there_is_not_found_in_other_text(path: Path, absent: str) -> None:
    from dagwright_airflow.artifact import read_one_task

    assert read_one_task(path, absent).tasks == ()


def test_one_task_is_found_in_an_artifact_that_somebody_reformatted(path: Path, text: str) -> None:
    from dagwright_airflow.artifact import read_one_task

    path.write_text(json.dumps(json.loads(text), indent=4))
    assert [task["id"] for task in read_one_task(path, "a.b").tasks] == ["a.b"]


def test_a_file_cut_anywhere_is_refused_by_both_readers(path: Path) -> None:
    from dagwright_airflow.artifact import ArtifactError, read_artifact, read_one_task

    whole = path.read_bytes()
    for end in range(len(whole) - 2):  # Without the last newline it is still whole.
        path.write_bytes(whole[:end])
        with pytest.raises(ArtifactError):
            list(read_artifact(path).tasks)
        with pytest.raises(ArtifactError):
            read_one_task(path, "a")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe\x00junk", "not valid JSON"),
        (b"[]", "holds no artifact"),
        (b"{}", "format None"),
        (b'{\n"format": 1,\n"tasks": [\n{"id":"a",\n],\n"content": ""}\n', "not valid JSON"),
        (b'{"format": 2, "tasks": []}', "format 2, but this dagwright_airflow reads 1"),
        (b'{"format": 1, "tasks": {}}', "list of objects"),
        (b'{"format": 1, "tasks": [1]}', "list of objects"),
    ],
)
def test_what_is_no_artifact_is_refused_with_a_reason(
    tmp_path: Path, content: bytes, said: str
) -> None:
    from dagwright_airflow.artifact import ArtifactError, read_artifact, read_one_task

    path = tmp_path / "shop.dag.json"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=said):
        list(read_artifact(path).tasks)
    with pytest.raises(ArtifactError, match=said):
        read_one_task(path, "a")


def test_a_folder_or_a_missing_file_is_refused_with_a_reason(tmp_path: Path) -> None:
    from dagwright_airflow.artifact import ArtifactError, read_artifact

    for path, said in ((tmp_path, "Is a directory"), (tmp_path / "gone", "No such file")):
        with pytest.raises(ArtifactError, match=said):
            read_artifact(path)
