"""What modes with containers make of overrides, patches and quantities, and what they refuse."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import pytest

from dagwright.diagnostics import Diagnostic, Report, Rule
from dagwright.pipeline import compile_spec
from dagwright.plan.modes.cloud_rules import RULES as CLOUD_RULES
from dagwright.plan.modes.container_rules import RULES as CONTAINER_RULES
from dagwright.plan.pod_merge import patch_faults, strategic_merge
from golden_plans import tasks
from test_pipeline import BLOCKS, PLAIN, SPEC, compiled, files

EXECUTE = "execute: {mode: local, project_dir: /srv/shop}"


def spec(mode: str, keys: str) -> str:
    block = f"execute: {{project_dir: /srv/shop, {BLOCKS[mode]}, {keys}}}"
    return SPEC.replace(EXECUTE, block)


def found(text: str) -> list[Diagnostic]:
    report = Report()
    compile_spec(files(text), "dags/shop.dagwright.yaml", PLAIN, report)
    return report.sorted()


def made(mode: str, keys: str) -> Mapping[str, Any]:
    return tasks(json.loads(compiled(spec(mode, keys)).text))


def examples(rule: Rule, heading: str) -> list[str]:
    _, _, below = textwrap.dedent(rule.explain).partition(f"## {heading}\n")
    return re.findall(r"```yaml\n(.*?)```", below.partition("\n## ")[0], re.DOTALL)


@pytest.mark.parametrize("rule", [*CONTAINER_RULES, *CLOUD_RULES], ids=lambda rule: rule.code)
def test_the_page_of_a_rule_tells_the_truth(rule: Rule) -> None:
    def codes(example: str) -> list[str]:
        whole = example.replace("... nine thousand characters ...", "x" * 9_000)
        text = SPEC.replace(EXECUTE + "\n", whole).replace("/dbt/shop", "/srv/shop")
        return [one.rule.code for one in found(text)]

    for example in examples(rule, "Example"):
        assert set(codes(example)) == {rule.code}
    for example in examples(rule, "Use instead"):
        assert codes(example) == []


def container(task: Mapping[str, Any]) -> Mapping[str, Any]:
    (one,) = task["pod_template_dict"]["spec"]["containers"]
    return dict(one)


OVERRIDES = """
resources: {cpu: 1, memory: 1Gi}, labels: {a: "1"}, env: {A: "1"},
tolerations: [{key: a, operator: Exists}], pod: {spec: {hostNetwork: true}}, overrides: [
  {select: "tag:nightly", resources: {memory: 2Gi}, labels: {b: "2"}, env: {A: "2"},
   tolerations: [{key: b, operator: Exists}], pod: {spec: {priorityClassName: high}}},
  {select: revenue, image: heavy, resources: {cpu: 4}, limits: {memory: 8Gi},
   node_selector: {pool: heavy}, service_account: heavy}]
"""


def test_overrides_are_laid_over_the_block_one_after_the_other() -> None:
    all_tasks = made("kubernetes", OVERRIDES)
    plain, nightly, both = (
        all_tasks[f"shop.{name}.run"] for name in ("stock", "orders", "revenue")
    )
    assert (
        "pod_template_dict"
        not in json.loads(compiled(spec("kubernetes", OVERRIDES)).text)["tasks"][0]
    )  # What nothing overrides is said once, for all.
    assert container(plain)["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}
    assert container(nightly)["resources"]["requests"] == {"cpu": "1", "memory": "2Gi"}
    assert container(both)["resources"] == {
        "requests": {"cpu": "4", "memory": "2Gi"},
        "limits": {"memory": "8Gi"},
    }
    assert [container(one)["image"] for one in (plain, nightly, both)] == ["dbt", "dbt", "heavy"]
    assert container(both)["env"] == [{"name": "A", "value": "2"}]
    pods = [one["pod_template_dict"] for one in (plain, nightly, both)]
    assert [pod["metadata"]["labels"] for pod in pods] == [
        {"a": "1"},
        *[{"a": "1", "b": "2"}] * 2,
    ]
    assert [pod["spec"]["tolerations"][0]["key"] for pod in pods] == ["a", "b", "b"]
    assert [pod["spec"].get("priorityClassName") for pod in pods] == [None, "high", "high"]
    assert all(pod["spec"]["hostNetwork"] for pod in pods)
    assert [pod["spec"].get("nodeSelector") for pod in pods] == [None, None, {"pool": "heavy"}]
    assert [pod["spec"].get("serviceAccountName") for pod in pods] == [None, None, "heavy"]


def test_an_override_reaches_tests_only_where_they_are_named() -> None:
    keys = "overrides: [{select: orders, image: heavy}, {select: unique_orders, image: tests}]"
    images = {name: task["image"] for name, task in made("docker", keys).items()}
    assert images["shop.orders.run"] == "heavy"
    assert images["shop.orders.test"] == "tests"
    assert images["shop.revenue.run"] == "dbt"


def test_an_override_that_no_task_takes_is_an_error() -> None:
    assert [
        one.rule.code for one in found(spec("docker", "overrides: [{select: x, image: y}]"))
    ] == ["DW502"]


@pytest.mark.parametrize(
    ("mode", "arguments", "told"),
    [
        ("docker", "forcepull: true", "did you mean `force_pull`?"),
        ("docker", "mem_limit: 1g", "write it as `limits.memory`"),
        ("docker", "command: x", "the compiler decides it"),
        ("docker", "env_file: vars.env", "write it as `env`"),
        ("kubernetes", "secrets: []", "it is a Python object; write it as `execute.secrets`"),
        ("aws_eks", "env_vars: {}", "write it as `env`"),
        ("gcp_gke", "startup_timeout_seconds: 1", "write it as `startup_timeout`"),
        ("aws_ecs", "wait_for_completion: false", "a task that does not wait says nothing"),
        ("azure_container_instance", "restart_policy: Always", "see `retries`"),
        ("gcp_cloud_run_job", "job_name: x", "write it as `job`"),
        ("gcp_cloud_run_job", "nonsense: x", "arguments are: impersonation_chain,"),
    ],
)
def test_an_argument_that_a_spec_cannot_give_says_what_can(
    mode: str, arguments: str, told: str
) -> None:
    (one,) = found(spec(mode, f"operator_args: {{{arguments}}}"))
    assert one.rule.code == "DW520"
    assert told in one.help


@pytest.mark.parametrize(
    ("mode", "arguments", "expected"),
    [
        ("docker", "tty: 'yes'", "true or false for `tty`"),
        ("docker", "timeout: 1.5", "a whole number from 1 for `timeout`"),
        ("docker", "timeout: 0", "a whole number from 1 for `timeout`"),
        ("docker", "timeout: true", "a whole number from 1 for `timeout`"),
        ("docker", "shm_size: -1", "a whole number from 0 for `shm_size`"),
        ("docker", "dns: 1.1.1.1", "a list of text for `dns`"),
        ("docker", "cap_add: [SYS_PTRACE, 1]", "a list of text for `cap_add`"),
        ("docker", "extra_hosts: {db: 1}", "a mapping of text to text for `extra_hosts`"),
        ("docker", "skip_on_exit_code: 0", "an exit code from 1 to 255"),
        ("docker", "skip_on_exit_code: 256", "an exit code from 1 to 255"),
        ("docker", "log_opts_max_file: '0'", "the number of files as text"),
        ("docker", "log_opts_max_size: much", "a size as text, such as `10m`"),
        ("docker", "ipc_mode: shared", "`none`, `private`, `shareable`, `host` or"),
        ("kubernetes", "poll_interval: fast", "a number of seconds above 0 for `poll_interval`"),
        ("kubernetes", "poll_interval: -1", "a number of seconds above 0 for `poll_interval`"),
        ("gcp_gke", "logging_interval: 0", "a whole number from 1 for `logging_interval`"),
        ("aws_eks", "termination_grace_period: -1", "a whole number from 0 for `termination"),
        ("aws_eks", "on_kill_action: [keep_pod]", "`delete_pod` or `keep_pod`"),
        ("aws_eks", "on_kill_action: keep", "`delete_pod` or `keep_pod` for `on_kill_action`"),
        ("aws_ecs", "quota_retry: 3", "a mapping for `quota_retry`"),
        ("aws_ecs", "waiter_max_attempts: 0", "a whole number from 1 for `waiter_max_attempts`"),
        ("aws_ecs", "awslogs_fetch_interval: 0", "a number of seconds above 0"),
        ("azure_container_instance", "os_type: linux", "`Linux` or `Windows` for `os_type`"),
        ("azure_container_instance", "priority: Low", "`Regular` or `Spot` for `priority`"),
        ("gcp_cloud_run_job", "transport: 1", "`rest` or `grpc` for `transport`"),
        ("gcp_cloud_run_job", "transport: http", "`rest` or `grpc` for `transport`"),
        ("gcp_cloud_run_job", "timeout_seconds: 0", "a number of seconds above 0"),
    ],
)
def test_an_argument_of_another_type_is_an_error(mode: str, arguments: str, expected: str) -> None:
    (one,) = found(spec(mode, f"operator_args: {{{arguments}}}"))
    assert one.rule.code == "DW521"
    assert expected in one.message


@pytest.mark.parametrize(
    ("mode", "arguments"),
    [
        ("docker", "timeout: 1, shm_size: 0, dns: [1.1.1.1], cap_add: [], extra_hosts: {db: a}"),
        ("docker", "log_opts_max_file: '3', log_opts_max_size: 10m, skip_on_exit_code: 255"),
        ("docker", "ipc_mode: 'container:other'"),
        ("kubernetes", "poll_interval: 0.5, termination_grace_period: 0, logging_interval: 1"),
        ("aws_eks", "on_kill_action: keep_pod, termination_message_policy: File"),
        ("aws_ecs", "awslogs_fetch_interval: 2.5, waiter_delay: 1"),
        ("azure_container_instance", "os_type: Linux, priority: Spot"),
        ("gcp_cloud_run_job", "transport: grpc, timeout_seconds: 0.1"),
    ],
)
def test_an_argument_at_the_edge_of_its_range_is_taken(mode: str, arguments: str) -> None:
    assert found(spec(mode, f"operator_args: {{{arguments}}}")) == []


@pytest.mark.parametrize(
    ("pod", "part"),
    [
        ("kind: Job", "`kind`"),
        ("apiVersion: v2", "`apiVersion`"),
        ("status: {}", "`status`"),
        ("metadata: {name: x}", "`name`"),
        ("metadata: {namespace: x}", "`namespace`"),
        ("spec: {restartPolicy: Always}", "`restartPolicy`"),
        ("spec: {containers: [{name: dbt, args: [x]}]}", "`args`"),
        ("spec: {containers: [{name: dbt, command: [x]}]}", "`command`"),
        ("spec: {containers: [{name: dbt, image: x}]}", "`image`"),
        ("spec: {containers: [{name: dbt, $patch: delete}]}", "no container `dbt`"),
        ("spec: {containers: [{$patch: replace}, {name: other}]}", "no container `dbt`"),
        ("spec: {$patch: replace}", "no container `dbt`"),
        ("spec: {containers: null}", "no container `dbt`"),
    ],
)
@pytest.mark.parametrize("place", ["pod: {POD}", "overrides: [{select: revenue, pod: {POD}}]"])
def test_what_a_pod_cannot_decide_is_an_error_in_both_places(
    pod: str, part: str, place: str
) -> None:
    (one,) = found(spec("kubernetes", place.replace("POD", pod)))
    assert one.rule.code == "DW522"
    assert part in one.message


def test_a_sidecar_may_decide_all_of_its_own() -> None:
    pod = "spec: {containers: [{name: proxy, image: envoy, args: [x], command: [y]}]}"
    assert found(spec("kubernetes", f"pod: {{{pod}}}")) == []


BASE = {
    "metadata": {"labels": {"a": "1"}, "finalizers": ["x"]},
    "spec": {
        "containers": [
            {"name": "dbt", "env": [{"name": "A", "value": "1"}], "args": ["run"]},
            {"name": "proxy", "image": "envoy"},
        ],
        "tolerations": [{"key": "a"}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}],
        "nodeSelector": {"pool": "dbt"},
    },
}


@pytest.mark.parametrize(
    ("patch", "place", "value"),
    [
        ({"metadata": {"labels": {"b": "2"}}}, "metadata.labels", {"a": "1", "b": "2"}),
        ({"metadata": {"labels": {"a": None}}}, "metadata.labels", {}),
        ({"spec": {"nodeSelector": None}}, "spec.nodeSelector", None),
        (
            {"spec": {"nodeSelector": {"$patch": "replace", "x": "y"}}},
            "spec.nodeSelector",
            {"x": "y"},
        ),
        ({"spec": {"nodeSelector": {"$patch": "delete"}}}, "spec.nodeSelector", {}),
        (
            {"spec": {"nodeSelector": {"$patch": "merge", "x": "y"}}},
            "spec.nodeSelector.pool",
            "dbt",
        ),
        ({"spec": {"tolerations": [{"key": "b"}]}}, "spec.tolerations", [{"key": "b"}]),
        (
            {"spec": {"containers": [{"name": "dbt", "env": [{"name": "B", "value": "2"}]}]}},
            "spec.containers.0.env",
            [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        ),
        (
            {"spec": {"containers": [{"name": "dbt", "args": ["test"]}]}},
            "spec.containers.0.args",
            ["test"],
        ),
        (
            {"spec": {"containers": [{"name": "proxy", "$patch": "delete"}, {"name": "new"}]}},
            "spec.containers.1",
            {"name": "new"},
        ),
        (
            {"spec": {"containers": [{"$patch": "replace"}, {"name": "new"}]}},
            "spec.containers",
            [{"name": "new"}],
        ),
        (
            {
                "spec": {
                    "volumes": [
                        {"$retainKeys": ["name", "emptyDir"], "name": "data", "emptyDir": {}}
                    ]
                }
            },
            "spec.volumes",
            [{"name": "data", "emptyDir": {}}],
        ),
        ({"metadata": {"finalizers": ["y", "x"]}}, "metadata.finalizers", ["x", "y"]),
        (
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x"]}},
            "metadata.finalizers",
            [],
        ),
    ],
)
def test_a_patch_is_merged_as_kubernetes_documents_it(
    patch: dict[str, Any], place: str, value: Any
) -> None:
    before = json.dumps(BASE)
    merged: Any = strategic_merge(BASE, patch)
    for part in place.split("."):
        merged = merged[int(part)] if isinstance(merged, list) else merged.get(part)
    assert merged == value
    assert json.dumps(BASE) == before
    assert list(patch_faults(patch)) == []
    assert "$" not in json.dumps(strategic_merge(BASE, patch))


@pytest.mark.parametrize(
    ("mode", "limit", "told"),
    [
        ("docker", "memory: 0", "at most 0 of memory"),
        ("docker", "memory: 512", "at most 512 of memory"),
        ("docker", "memory: 6Mi", ""),
        ("kubernetes", "memory: 1.5", "at most 1.5 of memory"),
        ("kubernetes", "cpu: 0", "at most 0 of cpu"),
        ("kubernetes", "cpu: 1m", ""),
        ("aws_ecs", "memory: 100k", "at most 100k of memory"),
    ],
)
def test_a_limit_of_next_to_nothing_is_an_error(mode: str, limit: str, told: str) -> None:
    assert [one.message for one in found(spec(mode, f"limits: {{{limit}}}"))] == (
        [f"no container runs with {told}"] if told else []
    )


@pytest.mark.parametrize(
    "keys",
    [
        "labels: {run_id: x}",
        "overrides: [{select: revenue, labels: {run_id: x}}]",
        "pod: {metadata: {labels: {run_id: x}}}",
        "overrides: [{select: revenue, pod: {metadata: {labels: {run_id: x}}}}]",
    ],
)
def test_the_labels_of_the_operator_are_its_own(keys: str) -> None:
    text = spec("aws_eks", keys)
    (one,) = found(text)
    assert (one.rule.code, text[one.span.start : one.span.end]) == ("DW524", "run_id")
    assert found(spec("docker", "labels: {run_id: x}")) == []


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ("retries: 3", "it is a setting of tasks"),
        ("namespace: x", "write it as `namespace`"),
        ("full_pod_spec: {}", "write it as `pod`"),
        ("get_lgs: true", "did you mean `get_logs`?"),
    ],
)
def test_an_argument_that_is_said_elsewhere_names_the_place(arguments: str, hint: str) -> None:
    (one,) = found(spec("kubernetes", f"operator_args: {{{arguments}}}"))
    assert one.rule.code == "DW520"
    assert one.help.startswith(hint)


CONN = "'{{ conn.shop.password }}'"
VAULT = "vault.hashicorp.com/agent-inject-secret-db-password"


@pytest.mark.parametrize(
    ("mode", "keys", "told"),
    [
        ("docker", f"env: {{A: {CONN}}}", ["DW704"]),
        ("aws_ecs", "env: {DB_PASSWORD: '{{ var.value.pw }}'}", ["DW704"]),
        ("kubernetes", f"overrides: [{{select: revenue, env: {{A: {CONN}}}}}]", ["DW704"]),
        (
            "kubernetes",
            f"pod: {{spec: {{containers: [{{name: dbt, env: [{{name: A, value: {CONN}}}]}}]}}}}",
            ["DW704"],
        ),
        ("docker", "env: {A: '{{ conn.shop.host }}', B: '{{ ds }}'}", []),
        ("local", f"env: {{A: {CONN}}}", []),
        ("docker", "overrides: [{select: revenue, env: {DB_PASSWORD: x}}]", ["DW701"]),
        ("azure_container_instance", "operator_args: {identity: {password: x}}", ["DW701"]),
        (
            "kubernetes",
            "pod: {spec: {containers: [{name: dbt, env: [{name: API_TOKEN, value: x}]}]}}",
            ["DW701"],
        ),
        ("kubernetes", "pod: {spec: {volumes: [{name: a, secret: {secretName: b}}]}}", []),
        *((mode, "labels: {db_password: hunter2}", ["DW701"]) for mode in ("docker", "aws_ecs")),
        ("gcp_gke", "annotations: {example.org/db-password: hunter2}", ["DW701"]),
        ("kubernetes", "pod: {metadata: {annotations: {db_password: hunter2}}}", ["DW701"]),
        ("kubernetes", "pod: {metadata: {labels: {apiKey: hunter2}}}", ["DW701"]),
        ("docker", "overrides: [{select: revenue, labels: {db_password: hunter2}}]", ["DW701"]),
        ("kubernetes", f"annotations: {{a: {CONN}}}", ["DW704"]),
        ("azure_container_instance", f"labels: {{a: {CONN}}}", ["DW704"]),
        ("kubernetes", "annotations: {vault.hashicorp.com/agent-inject-token: 'true'}", []),
        ("kubernetes", f"pod: {{metadata: {{annotations: {{{VAULT}: database/creds}}}}}}", []),
        ("kubernetes", "annotations: {token_file: /run/token}, labels: {team: finance}", []),
        ("docker", "env: {'A=B': x}", ["DW107"]),
        ("docker", "env: {'': x}", ["DW107"]),
        ("docker", "overrides: [{select: revenue, image: 'a b'}]", ["DW107"]),
        ("docker", "overrides: [{select: revenue, image: 'a:{{ ds }}'}]", []),
    ],
)
def test_what_containers_are_told_in_plain_sight(mode: str, keys: str, told: list[str]) -> None:
    assert [one.rule.code for one in found(spec(mode, keys))] == told


@pytest.mark.parametrize("pod", ["hostPID: true", "shareProcessNamespace: true"])
def test_dbt_is_interrupted_where_it_is_the_first_process(pod: str) -> None:
    """Elsewhere that is the node's own, or the one that holds the pod."""
    keys = "pod: {spec: {terminationGracePeriodSeconds: 90}}"
    usual = container(made("kubernetes", keys)["shop.revenue.run"])
    assert usual["lifecycle"]["preStop"]["exec"]["command"][2].startswith("kill -INT 1;")
    shared = container(made("kubernetes", f"pod: {{spec: {{{pod}}}}}")["shop.revenue.run"])
    assert "lifecycle" not in shared
    own = "pod: {spec: {containers: [{name: dbt, lifecycle: null}]}}"
    assert "lifecycle" not in container(made("kubernetes", own)["shop.revenue.run"])


POLICY = "policy: {model: {execution_timeout: 90.5s}}"


@pytest.mark.parametrize(
    ("keys", "least"),
    [
        (POLICY, 151),
        (f"{POLICY}, pod: {{spec: {{priorityClassName: high}}}}", 151),
        (POLICY.replace("90.5s", "36500d"), 2**31 - 1),
        (f"{POLICY}, pod: {{spec: {{activeDeadlineSeconds: 5}}}}", None),
        (f"{POLICY}, pod: {{spec: {{activeDeadlineSeconds: null}}}}", None),
        ("labels: {a: b}", None),
    ],
)
@pytest.mark.parametrize("mode", ["kubernetes", "aws_eks", "gcp_gke"])
def test_kubernetes_ends_a_pod_that_outlives_its_task(
    mode: str, keys: str, least: int | None
) -> None:
    """Also one whose task nobody watches any more; what `pod` says stands in its manifest."""
    tasks = made(mode, keys)
    assert tasks["shop.revenue.run"].get("active_deadline_seconds") == least
    assert "active_deadline_seconds" not in tasks["shop.orders.test"]


def test_the_deadline_of_a_pod_follows_what_airflow_goes_by() -> None:
    """The DAG's `default_args`, and a task's own setting over them."""
    usual = "dag: {default_args: {execution_timeout: 10m}, "
    text = spec("kubernetes", POLICY).replace("dag: {", usual)
    pods = tasks(json.loads(compiled(text).text))
    assert pods["shop.revenue.run"]["active_deadline_seconds"] == 151
    assert pods["shop.orders.test"]["active_deadline_seconds"] == 660
    producer = "mode: watcher, producer: {mode: kubernetes, image: dbt, task: {TASK}}"
    for task, seconds in (("", 660), ("execution_timeout: 1h", 3660)):
        block = producer.replace("TASK", task)
        text = SPEC.replace("mode: local", block).replace("dag: {", usual)
        (first, *_) = json.loads(compiled(text).text)["tasks"]
        assert first["id"] == "dagwright_producer"
        assert first["active_deadline_seconds"] == seconds


@pytest.mark.parametrize(
    ("pod", "fault"),
    [
        ("spec: {containers: [{image: x}]}", "is known by its `name`"),
        ("spec: {hostAliases: [{hostnames: [a]}]}", "is known by its `ip`"),
        ("spec: {$patch: remove}", "`$patch` is one of merge, replace, delete"),
        ("spec: {$setElementOrder/containers: []}", "no directive that is known here"),
        ("spec: {volumes: [{name: a, $retainKeys: name}]}", "has a list of words"),
    ],
)
def test_a_patch_that_kubernetes_could_not_merge_is_an_error(pod: str, fault: str) -> None:
    (one,) = found(spec("kubernetes", f"pod: {{{pod}}}"))
    assert one.rule.code == "DW523"
    assert fault in one.message


@pytest.mark.parametrize(
    ("mode", "keys", "quantity", "becomes"),
    [
        ("docker", "limits: {memory: 0.3Gi}", "0.3Gi", "322122548 bytes"),
        ("docker", "volumes: [{mount: /a, empty: 0.3Ki}]", "0.3Ki", "308 bytes"),
        ("kubernetes", "resources: {memory: 0.3Gi}", "0.3Gi", "322122548 bytes"),
        ("aws_eks", "limits: {storage: 0.3Gi}", "0.3Gi", "322122548 bytes"),
        ("kubernetes", "startup_timeout: 0.5s", "0.5s", "1s"),
        ("aws_ecs", "resources: {cpu: 333m}", "333m", "341 CPU units"),
        ("aws_ecs", "limits: {memory: 1G}", "1G", "954 MiB"),
        ("azure_container_instance", "resources: {cpu: 333m}", "333m", "34 hundredths of a CPU"),
        ("azure_container_instance", "resources: {memory: 1G}", "1G", "10 tenths of a GB"),
    ],
)
def test_what_is_rounded_is_said_where_it_is_written(
    mode: str, keys: str, quantity: str, becomes: str
) -> None:
    text = spec(mode, keys)
    (one,) = found(text)
    assert one.rule.code == "DW532"
    assert quantity in one.message
    assert one.message.endswith(f"becomes {becomes}")
    assert text[one.span.start : one.span.end] == quantity


def test_a_quantity_in_an_override_is_told_once_there() -> None:
    text = spec("docker", "overrides: [{select: revenue, limits: {memory: 0.3Gi}}]")
    (one,) = found(text)
    assert text[one.span.start : one.span.end] == "0.3Gi"


def test_docker_gets_at_least_what_was_asked_for() -> None:
    assert made("docker", "limits: {memory: 0.3Gi}")["shop.stock.run"]["mem_limit"] == 322122548


@pytest.mark.parametrize(
    ("resources", "hint"),
    [
        ("{cpu: 3, memory: 8Gi}", "CPUs that it has: 0.25, 0.5, 1, 2, 4, 8, 16"),
        ("{cpu: 500m, memory: 8Gi}", "from 1024Mi to 4096Mi, in steps of 1024Mi"),
    ],
)
def test_fargate_has_sizes(resources: str, hint: str) -> None:
    keys = f"launch_type: FARGATE, subnets: [s], resources: {resources}"
    (one,) = found(spec("aws_ecs", keys))
    assert one.rule.code == "DW531"
    assert hint in one.help


def test_overrides_of_ecs_have_a_longest_length() -> None:
    codes = {one.rule.code for one in found(spec("aws_ecs", f"env: {{NOTE: {'x' * 8_000}}}"))}
    assert codes == {"DW530"}
    assert found(spec("aws_ecs", f"env: {{NOTE: {'x' * 6_000}}}")) == []
