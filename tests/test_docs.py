"""dbt's documentation: a helper task after all others makes it, and puts it where it is read."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from dagwright.diagnostics import Report
from dagwright.pipeline import Options, compile_spec
from test_pipeline import SCHEMAS, SPEC, files
from tiny import runner

DOCS: dict[str, Any] = {
    "id": "dagwright_docs",
    "kind": "docs",
    "label": "dbt docs generate",
    "nodes": [],
    "after": [],
    "helper": True,
}


def compiled(execute: str) -> Any:
    report = Report()
    spec = SPEC.replace("mode: local", execute)
    assert spec != SPEC or execute == "mode: local"
    made = compile_spec(files(spec), "dags/shop.dagwright.yaml", Options(), report)
    assert made is not None, report.sorted()
    return made


@pytest.mark.parametrize("mode", ["local", "virtualenv, prebuilt: /opt/dbt"])
def test_it_waits_for_all_and_is_no_part_of_the_shape(mode: str) -> None:
    docs = "docs: {path: /srv/docs, static: true}, artifacts: {path: kept}"
    profile = "profile: {connection: shop_db, type: postgres, schema: main}"
    made = compiled(f"mode: {mode}, {docs}, {profile}")
    document = json.loads(made.text)
    schema = json.loads((SCHEMAS / "artifact-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, jsonschema.Draft7Validator)
    *tasks, docs = document["tasks"]
    assert docs["after"] == ["shop.match.data_test"]
    assert docs["helper"] is True
    assert docs["command"] == ["docs", "generate", "--static"]
    assert document["defaults"]["docs"]["docs"] == {"path": "/srv/docs", "static": True}
    assert "artifacts" not in document["defaults"]["docs"]
    for key in ("profile", "virtualenv"):
        assert document["defaults"]["docs"].get(key) == document["defaults"]["dbt"].get(key)

    plain = compiled("mode: local")
    assert [task["id"] for task in tasks] == [step.id for step in plain.plan.steps]
    assert made.plan.digests.shape == plain.plan.digests.shape


@pytest.mark.airflow
@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("invocation", "words"),
    [("subprocess", ["docs", "generate"]), ("dbt_runner", ["docs", "generate", "--static"])],
)
def test_a_worker_makes_it(tiny, invocation: str, words: list[str]) -> None:
    static = "--static" in words
    stated = {"path": "../{{ dag.dag_id }}_docs", "static": static}
    home = tiny({**DOCS, "command": words}, kind="docs", invocation=invocation, docs=stated)
    folder = home.root / "tiny_docs"
    folder.mkdir()
    (folder / "index.html").write_text("of the last run")
    with runner(home, "dagwright_docs") as process:
        output, _ = process.communicate()
    assert "state: success" in output, output
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert sorted(found) == ["catalog.json", "index.html", "manifest.json"]
    assert "<title>" in found["index.html"]
    assert ("model.tiny.orders" in found["index.html"]) is static


@pytest.mark.airflow
@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_store_that_fails_fails_the_task(tiny) -> None:
    stated = {"path": "../tiny/dbt_project.yml", "static": False}
    task = {**DOCS, "command": ["docs", "generate"]}
    home = tiny(task, kind="docs", invocation="dbt_runner", docs=stated)
    with runner(home, "dagwright_docs") as process:
        output, _ = process.communicate()
    assert "the documentation could not be kept (FileExistsError" in output
    assert "state: success" not in output
