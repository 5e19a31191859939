"""Every mode's tasks become the provider's operators, and take every argument that a spec may."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from dagwright.diagnostics import Report
from dagwright.files import MemoryFiles
from dagwright.pipeline import Options, compile_spec
from dagwright.plan.modes.operator_args import OPERATOR_ARGS
from manifests import manifest

SPEC = "dags/shop.dagwright.yaml"
PODS = "namespace: etl, resources: {cpu: 500m}, secrets: {TOKEN: {kubernetes_secret: s, key: k}}"
BLOCKS = {
    "docker": ("image: dbt, volumes: [{host: /srv, mount: /srv}]", "DbtDockerOperator"),
    "kubernetes": (f"image: dbt, {PODS}", "KubernetesPodOperator"),
    "aws_eks": (f"image: dbt, cluster: c, region: r, {PODS}", "EksPodOperator"),
    "gcp_gke": (f"image: dbt, cluster: c, region: r, {PODS}", "GKEStartPodOperator"),
}
"""By mode: keys of its block, and the class of the operator."""


@pytest.mark.parametrize("kind", OPERATOR_ARGS)
def test_the_operator_has_every_argument_of_the_table(kind: str, airflow) -> None:
    from dagwright_airflow.kinds import KINDS

    known = {
        name
        for one in KINDS[kind].operator().__mro__
        if "__init__" in vars(one)
        for name in inspect.signature(one.__init__).parameters
    }
    assert set(OPERATOR_ARGS[kind]) - known == set()


def loaded(text: str, nodes: str, folder: Path):
    """Return the DAG that Airflow loads of a spec and a project of `nodes`."""
    from dagwright_airflow import load_dags

    files = {SPEC: text.encode(), "shop/target/manifest.json": manifest(nodes)}
    report = Report()
    made = compile_spec(MemoryFiles(files), SPEC, Options(), report)
    assert made is not None, report.sorted()
    (folder / "compiled").mkdir()
    (folder / "compiled" / made.name).write_text(made.text)
    loader = folder / "loader.py"
    loader.write_text("")
    return load_dags(loader)["shop"]


@pytest.mark.parametrize("mode", BLOCKS)
def test_a_compiled_dag_is_made_of_the_providers_operators(
    mode: str, airflow, tmp_path: Path
) -> None:
    keys, name = BLOCKS[mode]
    text = (
        "version: 1\ndag: {id: shop}\nrender: {project_dir: ../shop}\n"
        f"execute: {{mode: {mode}, project_dir: /srv/shop, env: {{DAY: '{{{{ ds }}}}'}}, "
        f"{keys}}}\n"
    )
    nodes = "model.shop.orders\nmodel.shop.revenue <- model.shop.orders\n"
    dag = loaded(text, nodes, tmp_path)
    assert dag.tags == set()
    orders, revenue = dag.get_task("shop.orders.run"), dag.get_task("shop.revenue.run")
    assert type(orders).__name__ == name
    assert revenue.upstream_task_ids == {orders.task_id}
    command = orders.command if mode == "docker" else orders.arguments
    assert command[:1] == ["run"]
    assert "/srv/shop" in command
    assert dag.get_task("shop.revenue.run") is not orders


@pytest.mark.parametrize("mode", BLOCKS)
def test_watchers_and_their_producer_are_made_over_the_providers_operators(
    mode: str, airflow, tmp_path: Path
) -> None:
    from dagwright_airflow.kinds import KINDS
    from dagwright_airflow.watcher.house import Contained

    keys, _ = BLOCKS[mode]
    text = (
        "version: 1\ndag: {id: shop}\nrender: {project_dir: ../shop}\nexecute:\n"
        "  {mode: watcher, project_dir: /srv/shop, vars: {day: '{{ ds }}'}, "
        f"producer: {{mode: {mode}, {keys}}}}}\n"
    )
    nodes = "model.shop.orders\nmodel.shop.revenue <- model.shop.orders\nmodel.shop.third\n"
    dag = loaded(text, nodes, tmp_path)
    producer, watcher = dag.get_task("dagwright_producer"), dag.get_task("shop.orders.run")
    for one in (producer, watcher):
        assert isinstance(one, KINDS[mode].operator())
        assert isinstance(one, Contained)
    assert watcher.start_from_trigger
    assert "tails" in producer.template_fields
    assert not {"command", "arguments"} & {*producer.template_fields}
    assert producer.render_template(producer.tails, {"ds": "today"})[0][-1] == '{"day":"today"}'
