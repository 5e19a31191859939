"""What an API server of Kubernetes would refuse is found at compile time, at its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from dagwright.cli import program
from dagwright.diagnostics import Rule
from dagwright.official.api_server import NEVER_LABELS
from dagwright.official.rules import REFUSED_BY_SERVER, TEMPLATE_IN_LABEL
from dagwright.spec.container_rules import ILLEGAL_LABEL
from dagwright.spec.kubernetes_names import VALUE
from test_container_modes import EXECUTE, examples, found, spec
from test_pipeline import SPEC


def dbt(keys: str) -> str:
    return f"pod: {{spec: {{containers: [{{name: dbt, {keys}}}]}}}}"


CASES = (
    ("namespace: My_NS", "namespace", "`metadata.namespace` is not legal: 'My_NS'"),
    ("service_account: A_b", "service_account", "`spec.serviceAccountName` is not legal"),
    ("annotations: {a b: c}", "a b", "`metadata.annotations.a b` is not legal"),
    ("pod: {metadata: {labels: {a: b c}}}", "a", "`metadata.labels.a` is not legal: 'b c'"),
    ("pod: {metadata: {labels: {a: 1}}}", "a", "`metadata.labels.a` must be text"),
    ("tolerations: [{value: x}]", "{value: x}", "`spec.tolerations[0]` has no key"),
    (
        "tolerations: [{operator: Exists, value: x}]",
        "{operator: Exists, value: x}",
        "`spec.tolerations[0]` has a value",
    ),
    (
        "tolerations: [{key: x, toleration_seconds: 3}]",
        "{key: x, toleration_seconds: 3}",
        "`spec.tolerations[0]` says for how long",
    ),
    (
        dbt("volumeMounts: [{name: v, mountPath: /a}, {name: w, mountPath: '/a:ro'}]"),
        "mountPath",
        "`spec.containers[0].volumeMounts[1].mountPath` has a `:` in it",
    ),
    ("volumes: [{mount: /a, claim: ''}]", "{mount: /a, claim: ''}", "`spec.volumes[0].persist"),
    ("volumes: [{mount: /a, host: /b/../c}]", "{mount: /a, host: /b/../c}", "`spec.volumes[0].h"),
    (
        "volumes: [{mount: /a, empty: 1Gi, sub_path: ../x}]",
        "{mount: /a, empty: 1Gi, sub_path: ../x}",
        "`spec.containers[0].volumeMounts[0].subPath` leads out of its volume",
    ),
    (
        "secrets: {A: {kubernetes_secret: B_c, key: k}}",
        "A",
        "`spec.containers[0].env[0].valueFrom.secretKeyRef.name` is not legal",
    ),
    (
        "secrets: {A: {kubernetes_secret: b, key: a/b}}",
        "A",
        "`spec.containers[0].env[0].valueFrom.secretKeyRef.key` is not legal",
    ),
    ("overrides: [{select: revenue, labels: {a: b c}}]", "a", "`metadata.labels.a` is not legal"),
    (
        "overrides: [{select: revenue, service_account: A_b}]",
        "service_account",
        "`spec.serviceAccountName` is not legal",
    ),
    (dbt("env: [{name: A, value: 1}]"), "value", "`spec.containers[0].env[0].value` must be text"),
    (
        dbt("resources: {requests: {cpu: 3}, limits: {cpu: 2}}"),
        "cpu",
        "`spec.containers[0].resources.requests.cpu` is more than its limit of 2",
    ),
    (
        dbt("resources: {limits: {memory: 1GB}}"),
        "memory",
        "`spec.containers[0].resources.limits.memory` is no quantity: '1GB'",
    ),
    (
        dbt("resources: {requests: {a.b/c: 1}}"),
        "a.b/c",
        "`spec.containers[0].resources.requests.a.b/c` must stand among `limits` too",
    ),
    (
        dbt("volumeMounts: [{name: none, mountPath: /x}]"),
        "{name: none, mountPath: /x}",
        "`spec.containers[0].volumeMounts[0]` is of a volume 'none', and there is none",
    ),
    (
        dbt("lifecycle: {preStop: {httpGet: {port: 80}}}"),
        "preStop",
        "`spec.containers[0].lifecycle.preStop` does several things: exec, httpGet",
    ),
    (
        "pod: {spec: {containers: [{name: A, image: x}]}}",
        "name",
        "`spec.containers[1].name` is not legal: 'A'",
    ),
)


@pytest.mark.parametrize(("keys", "where", "sentence"), CASES)
@pytest.mark.parametrize("mode", ["kubernetes", "gcp_gke"])
def test_what_an_api_server_refuses(mode: str, keys: str, where: str, sentence: str) -> None:
    text = spec(mode, keys)
    told = [
        text[one.span.start : one.span.end]
        for one in found(text)
        if one.rule == REFUSED_BY_SERVER and one.message.startswith(sentence)
    ]
    assert told == [where]


LONG = "a" * 70
ILLEGAL_KEYS = (
    "a..b/c",
    "a-.b/c",
    "A.b/c",
    "/c",
    "a/",
    "a/b/c",
    "-c",
    "c" * 64,
    f"{'d.' * 127}e/c",
)
LEGAL_KEYS = (f"{LONG}.b/c", f"{'d.' * 126}e/c", f"a/{'c' * 63}", "C_c.c", "1/1")


@pytest.mark.parametrize("key", ILLEGAL_KEYS)
@pytest.mark.parametrize("where", ["labels", "node_selector"])
def test_an_illegal_key_is_found_by_the_spec_and_by_the_manifest(where: str, key: str) -> None:
    """Of a key of the spec one finding is shown: the two rules have one form."""
    at_key = found(spec("kubernetes", f"{where}: {{'{key}': x}}"))
    assert ILLEGAL_LABEL in {one.rule for one in at_key}
    field = {"labels": "metadata: {labels:", "node_selector": "spec: {nodeSelector:"}[where]
    in_pod = found(spec("kubernetes", f"pod: {{{field} {{'{key}': x}}}}}}"))
    assert [one.rule for one in in_pod] == [REFUSED_BY_SERVER]


@pytest.mark.parametrize("key", LEGAL_KEYS)
def test_a_key_that_an_api_server_takes_is_taken(key: str) -> None:
    assert (
        found(spec("kubernetes", f"labels: {{'{key}': x}}, node_selector: {{'{key}': x}}")) == []
    )
    assert found(spec("kubernetes", f"annotations: {{'{key}': x, Example.org/A: x}}")) == []
    assert found(spec("kubernetes", f"tolerations: [{{key: '{key}', operator: Exists}}]")) == []


@pytest.mark.parametrize(
    "keys",
    [
        "namespace: '{{ var.value.namespace }}'",
        "labels: {day: '{{ ds }}', at: '{{ ts_nodash }}', task: '{{ ti.task_id }}'}",
        "labels: {run: '{{ run_id | replace(\":\", \"\") }}', day: '{{ logical_date.year }}'}",
        "annotations: {run: '{{ run_id }}'}",
        dbt("lifecycle: {preStop: {exec: null, httpGet: {port: 80}}}"),
        dbt("resources: {limits: {hugepages-2Mi: 1e2}, requests: {cpu: '{{ params.cpu }}'}}"),
        "volumes: [{mount: /a, claim: a}, {mount: /b, claim: a}]",
    ],
)
def test_what_only_a_run_decides_is_left_to_it(keys: str) -> None:
    assert found(spec("kubernetes", keys)) == []


@pytest.mark.parametrize(
    ("template", "variable"),
    [
        ("{{ run_id }}", "run_id"),
        ("{{dag_run.run_id}}", "dag_run.run_id"),
        ("of-{{- ts -}}", "ts"),
        ("{{ ds }}-{{ logical_date }}", "logical_date"),
    ],
)
@pytest.mark.parametrize("where", ["", "overrides: [{select: revenue, "])
def test_a_label_that_no_run_can_make_legal(template: str, variable: str, where: str) -> None:
    text = spec("aws_eks", f"{where}labels: {{of: '{template}'}}{'}]' if where else ''}")
    (one,) = found(text)
    assert one.rule is TEMPLATE_IN_LABEL
    assert one.message.startswith(f"`metadata.labels.of` is made by `{variable}`")
    assert "`run_id`" in one.help
    assert "{{ ts_nodash }}" in one.help
    assert text[one.span.start : one.span.end] == "of"


def test_validate_finds_it_without_a_project(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = spec("kubernetes", "service_account: A_b")
    Path("shop.dagwright.yaml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(program, ["validate", "--format", "concise"])
    assert (done.exit_code, "DW543" in done.output) == (1, True)


def test_the_moments_that_no_label_holds_are_as_airflow_writes_them() -> None:
    """Held to the same form that labels are held to."""
    assert all(VALUE.pattern.fullmatch(text) is None for text in NEVER_LABELS.values())
    assert all(re.fullmatch(r"[a-z_.]+", name) for name in NEVER_LABELS)


@pytest.mark.parametrize(
    "rule", [REFUSED_BY_SERVER, TEMPLATE_IN_LABEL], ids=lambda rule: rule.code
)
def test_the_page_of_a_rule_tells_the_truth(rule: Rule) -> None:
    for heading, codes in (("Example", {rule.code}), ("Use instead", set())):
        for example in examples(rule, heading):
            text = SPEC.replace(EXECUTE + "\n", example).replace("/dbt/shop", "/srv/shop")
            assert {one.rule.code for one in found(text)} == codes
