"""Payloads against the models of Kubernetes, AWS, Azure and Google: offline, at compile time."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dagwright.cli import program
from dagwright.diagnostics import Diagnostic
from dagwright.official.azure import WORDS
from dagwright.official.kubernetes import known_versions
from dagwright.official.rules import MODEL_MISSING, RULES
from dagwright.pipeline import Options
from dagwright.plan.pod_merge import MERGED_BY
from dagwright.plan.pod_merge import WORDS as MERGED_WORDS
from dagwright.spec.model import MODES
from golden_plans import SPEC as GOLDEN
from golden_plans import attempted
from test_container_modes import EXECUTE, found, spec
from test_pipeline import SPEC


def told(mode: str, keys: str) -> tuple[str, Diagnostic]:
    """Return the text at the one finding of a spec, and the finding."""
    text = spec(mode, keys)
    (one,) = found(text)
    return text[one.span.start : one.span.end], one


@pytest.mark.parametrize(
    ("keys", "where", "sentence"),
    [
        (
            "pod: {spec: {terminationGracePeriod: 60}}",
            "terminationGracePeriod",
            "`spec.terminationGracePeriod` is no field of Kubernetes 1.37",
        ),
        (
            (
                "pod: {spec: {containers: [{name: p, image: i},"
                " {name: dbt, securityContext: {runAsUser: root}}]}}"
            ),
            "runAsUser",
            "`spec.containers[0].securityContext.runAsUser` is of type integer",
        ),
        (
            "pod: {spec: {containers: [{name: proxy, imagee: envoy}]}}",
            "imagee",
            "`spec.containers[1].imagee` is no field of Kubernetes 1.37",
        ),
        (
            "overrides: [{select: revenue, pod: {spec: {hostNetwork: 'yes'}}}]",
            "hostNetwork",
            "`spec.hostNetwork` is of type boolean",
        ),
        (
            "kubernetes_version: '1.27', pod: {spec: {resources: {limits: {cpu: 1}}}}",
            "resources",
            "`spec.resources` is no field of Kubernetes 1.27",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["kubernetes", "aws_eks", "gcp_gke"])
def test_a_manifest_that_kubernetes_refuses(
    mode: str, keys: str, where: str, sentence: str
) -> None:
    at, one = told(mode, keys)
    assert one.rule.code == "DW540"
    assert at == where
    assert one.message.startswith(sentence)


def test_a_manifest_of_a_producer_is_checked_too() -> None:
    text = spec("watcher", "env: {}").replace(
        "producer: {mode: local}",
        "producer: {mode: kubernetes, image: x, pod: {spec: {hostNetwrk: true}}}",
    )
    (one,) = found(text)
    assert (one.rule.code, text[one.span.start : one.span.end]) == ("DW540", "hostNetwrk")


def test_validate_finds_it_without_a_manifest(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = spec("kubernetes", "pod: {spec: {hostNetwrk: true}}")
    Path("shop.dagwright.yaml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(program, ["validate", "--format", "concise"])
    assert done.exit_code == 1
    assert "DW540" in done.output
    Path("shop.dagwright.yaml").write_text(spec("aws_ecs", "env: {}"), encoding="utf-8")
    assert CliRunner().invoke(program, ["validate"], catch_exceptions=False).exit_code == 0


@pytest.mark.parametrize("mode", MODES)
def test_validate_finds_nothing_wrong_with_the_golden_spec(
    mode: str, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TESTS", "build")
    Path("golden.dagwright.yaml").write_text(GOLDEN, encoding="utf-8")
    words = ["validate", "--environment", mode]
    assert CliRunner().invoke(program, words, catch_exceptions=False).exit_code == 0


def test_a_near_name_is_proposed() -> None:
    _, one = told("kubernetes", "pod: {spec: {nodeSelectr: {a: b}}}")
    assert "nodeSelector" in one.help


def test_a_version_without_a_schema_is_told() -> None:
    at, one = told("kubernetes", "kubernetes_version: '1.2'")
    assert (at, one.rule.code) == ("'1.2'", "DW542")
    assert f"to {'.'.join(map(str, known_versions()[-1]))}" in one.help


@pytest.mark.parametrize(
    ("mode", "keys", "where", "sentence"),
    [
        (
            "aws_ecs",
            "operator_args: {placement_strategy: [{type: spreed, field: x}]}",
            "type",
            "`placement_strategy[0].type` is one of random, spread, binpack",
        ),
        (
            "aws_ecs",
            "operator_args: {placement_constraints: [{kind: x}]}",
            "kind",
            "`placement_constraints[0].kind` is no field of PlacementConstraint in ECS",
        ),
        (
            "aws_ecs",
            "operator_args: {volume_configurations: [{managedEBSVolume: {roleArn: r}}]}",
            "{managedEBSVolume: {roleArn: r}}",
            "`volume_configurations[0]` lacks `name`",
        ),
        (
            "azure_container_instance",
            "operator_args: {identity: {type: Sytem}}",
            "type",
            "`identity.type` is one of SystemAssigned,",
        ),
        (
            "azure_container_instance",
            "operator_args: {subnet_ids: [{ids: /x}]}",
            "{ids: /x}",
            "`subnet_ids[0]` lacks `id`",
        ),
    ],
)
def test_an_argument_that_a_cloud_refuses(mode: str, keys: str, where: str, sentence: str) -> None:
    text = spec(mode, keys)
    one, *_ = found(text)
    assert one.rule.code == "DW540"
    assert text[one.span.start : one.span.end] == where
    assert one.message.startswith(sentence)


def test_cloud_run_is_asked_in_the_words_of_googles_sdk() -> None:
    assert found(spec("gcp_cloud_run_job", "timeout: 90s, env: {A: b}")) == []


@pytest.mark.parametrize("mode", MODES)
def test_everything_that_the_golden_spec_asks_for_is_accepted(mode: str) -> None:
    text = GOLDEN.replace("version: 1\n", "version: 1\nrequires: {schemas: true}\n", 1)
    made, complaints = attempted(text, Options(environment=mode, variables={"TESTS": "build"}))
    assert made is not None, complaints
    # Where tasks run their tests, `airflow_async` submits none of them, and says so.
    assert {code for code, _ in complaints} <= {"DW580"}


def test_a_template_may_stand_for_a_word() -> None:
    keys = "operator_args: {placement_strategy: [{type: '{{ params.how }}'}]}"
    assert found(spec("aws_ecs", keys)) == []


def examples(rule: Any, heading: str) -> list[str]:
    _, _, below = textwrap.dedent(rule.explain).partition(f"## {heading}\n")
    return re.findall(r"```yaml\n(.*?)```", below.partition("\n## ")[0], re.DOTALL)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_page_of_a_rule_tells_the_truth(rule: Any) -> None:
    def codes(example: str) -> list[str]:
        text = SPEC.replace(EXECUTE + "\n", example).replace("/dbt/shop", "/srv/shop")
        return [one.rule.code for one in found(text)]

    for example in examples(rule, "Example"):
        assert codes(example) == ([] if rule is MODEL_MISSING else [rule.code])
    for example in examples(rule, "Use instead"):
        assert codes(example) == []


def test_the_keys_of_items_are_those_of_the_official_schema() -> None:
    """`MERGED_BY` is what a pod can be patched by, as the API says of each list."""
    from importlib.resources import files

    folders = files("kubernetes_validate").joinpath("kubernetes-json-schema")
    major, minor = known_versions()[-1]
    name = f"v{major}.{minor}.0-local-strict"
    schema = json.loads(folders.joinpath(name, "_definitions.json").read_text(encoding="utf-8"))
    merged: dict[str, str] = {}
    words = set()
    todo, done = (
        ["io.k8s.api.core.v1.PodSpec", "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"],
        set(),
    )
    while todo:
        kind = todo.pop()
        if kind in done:
            continue
        done.add(kind)
        todo += re.findall(r'\$defs/([\w.]+)"', json.dumps(schema["$defs"][kind]))
        for field, one in schema["$defs"][kind].get("properties", {}).items():
            if "x-kubernetes-patch-merge-key" in one:
                merged[field] = one["x-kubernetes-patch-merge-key"]
            elif one.get("x-kubernetes-patch-strategy") == "merge":
                words.add(field)
    assert merged == dict(MERGED_BY)
    assert words == set(MERGED_WORDS)


def test_the_words_of_azure_are_those_of_its_sdk() -> None:
    from azure.mgmt.containerinstance import models

    for (model, field), words in WORDS.items():
        assert field in getattr(models, model)._attribute_map
        assert list(getattr(models, words))
