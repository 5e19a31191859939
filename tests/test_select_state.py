"""`state:`, `result:` and `source_status:` against the real dbt, on a project that was edited."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from differential.compare import Sides

pytestmark = [pytest.mark.dbt, pytest.mark.slow]

QUESTIONS = (
    "state:new",
    "state:old",
    "state:modified",
    "state:modified+1",
    "state:unmodified",
    "state:modified.body",
    "state:modified.configs",
    "state:modified.persisted_descriptions",
    "state:modified.relation",
    "state:modified.macros",
    "state:modified.contract",
    "state:modified.nonsense",
    "state:Modified",
    "result:success",
    "result:error+",
    "result:never",
    "1+result:fail",
    "source_status:fresher",
    "source_status:fresher+",
    "source_status:stale",
)


def _replace(before: str, after: str) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert before in text, (path, before)
        path.write_text(text.replace(before, after), encoding="utf-8")

    return edit


def _append(line: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")


EDITS: tuple[tuple[str, Callable[[Path], None]], ...] = (
    ("models/staging/stg_orders.sql", _append("where 1 = 1\n")),
    ("models/marts/customers.sql", _replace("unique_key='id'", "unique_key='key'")),
    ("models/marts/dim_beta.sql", lambda path: path.rename(path.with_name("dim_gamma.sql"))),
    ("models/marts/marts.yml", _replace("defined_in: dim_beta}", "defined_in: dim_gamma}")),
    ("models/marts/marts.yml", _replace("access: protected", "access: public")),
    ("models/marts/marts.yml", _replace("latest_version: 2", "latest_version: 10")),
    ("models/marts/marts.yml", _replace("type: notebook", "type: analysis")),
    ("models/marts/marts.yml", _replace("tags: [nightly, heavy]", "tags: [nightly]")),
    ("models/marts/doubled.sql", lambda path: path.unlink()),
    ("models/marts/crm/leads.sql", _replace("select id", "{{ config(alias='l') }} select id")),
    ("models/sku/sku.sql", lambda path: path.with_name("fresh.sql").write_text("select 1 as id")),
    ("models/root.yml", _replace("A model whose", "The model whose")),
    ("models/root.yml", _replace("expect: {rows: [{id: 1}]}", "expect: {rows: [{id: 2}]}")),
    ("models/staging/sources.yml", _replace("identifier: o", "identifier: p")),
    ("models/staging/sources.yml", _replace("count: 1", "count: 2")),
    ("models/staging/staging.yml", _replace("severity: error", "severity: warn")),
    ("models/staging/staging.yml", _replace("[critical]", "[harmless]")),
    ("models/metrics/metrics.yml", _replace("label: Orders", "label: Orders made")),
    ("models/metrics/metrics.yml", _replace("export_as: table", "export_as: view")),
    ("models/metrics/metrics.yml", _replace("agg: count", "agg: sum")),
    (
        "tests/generic/same_count.sql",
        _replace("1 from {{ model }}, {{ other }}", "2 from {{ model }}"),
    ),
    ("tests/staging/orders.sql", _append("-- other\n")),
    ("seeds/countries.csv", _append("2\n")),
    ("functions/functions.yml", _replace("data_type: integer}]", "data_type: bigint}]")),
)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Sides:
    pytest.importorskip("dbt.cli.main")
    made = Sides(tmp_path_factory.mktemp("state"))
    contract = "models:\n  - name: order_lines\n    config: {contract: {enforced: ENFORCED}}\n"
    columns = "    columns:\n      - {name: id, data_type: TYPE, data_tests: [not_null]}\n"
    schema = made.root / "models" / "orders" / "schema.yml"
    schema.write_text((contract + columns).replace("ENFORCED", "true").replace("TYPE", "integer"))
    made.parse()
    shutil.copytree(made.root / "target", made.root / "before")
    for path, edit in EDITS:
        edit(made.root / path)
    schema.write_text((contract + columns).replace("ENFORCED", "true").replace("TYPE", "bigint"))
    made.parse()
    _write_results(made.root)
    return made


def _write_results(root: Path) -> None:
    """Write what an earlier run, and two looks at the freshness of sources, leave behind."""
    manifest = json.loads((root / "target" / "manifest.json").read_text(encoding="utf-8"))
    schema = "https://schemas.getdbt.com/dbt/{}.json"
    metadata = {"dbt_version": "1.11.0", "generated_at": "2026-01-01T00:00:00Z", "env": {}}
    statuses = ("success", "error", "skipped", "partial success")
    results = [
        {
            "unique_id": unique_id,
            "status": "fail" if unique_id.startswith("test.") else statuses[number % 4],
            "timing": [],
            "thread_id": "main",
            "execution_time": 1.0,
            "adapter_response": {},
            "message": None,
            "failures": None,
            "compiled": True,
            "compiled_code": "",
            "relation_name": None,
        }
        for number, unique_id in enumerate(sorted(manifest["nodes"]))
    ]
    run = {"metadata": {**metadata, "dbt_schema_version": schema.format("run-results/v6")}}
    run |= {"results": results, "elapsed_time": 1.0, "args": {}}
    (root / "before" / "run_results.json").write_text(json.dumps(run))

    sources = sorted(manifest["sources"])
    for folder, known, hour in (("before", sources[1:], 1), ("target", sources, 2)):
        seen = [
            {
                "unique_id": unique_id,
                "max_loaded_at": f"2026-01-0{number + (hour if number % 2 else 1)}T00:00:00Z",
                "snapshotted_at": "2026-01-09T00:00:00Z",
                "max_loaded_at_time_ago_in_s": 1.0,
                "status": "pass",
                "criteria": {},
                "adapter_response": {},
                "timing": [],
                "thread_id": "main",
                "execution_time": 1.0,
            }
            for number, unique_id in enumerate(known, start=1 + len(sources) - len(known))
        ]
        document = {"metadata": {**metadata, "dbt_schema_version": schema.format("sources/v3")}}
        document |= {"results": seen, "elapsed_time": 1.0}
        (root / folder / "sources.json").write_text(json.dumps(document))


def test_every_question_has_dbts_answer(sides):
    plain = {
        "exclude": [],
        "selector": None,
        "selectors": [],
        "command": "ls",
        "resource_types": [],
    }
    asked = [
        {
            **plain,
            "select": [question],
            "indirect_selection": mode,
            "exclude_resource_types": [],
            "state": state,
        }
        for question in QUESTIONS
        for mode in ("empty", "cautious")
        for state in (str(sides.root / "before"), None)
    ]
    checked = sides.check(asked)
    assert not [one for one in checked if not one.same], "\n".join(
        str(one) for one in checked if not one.same
    )
    assert sum(bool(one.ours) for one in checked) > 25
