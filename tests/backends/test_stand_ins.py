"""The stand-ins of the clouds are servers of ours: the providers' operators and SDKs try them.

What they run here is no dbt: the tests of the modes do that.
"""

from __future__ import annotations

import pytest

from aws_stand_in import LOG_GROUP, LOG_PREFIX
from azure_stand_in import CONNECTION, not_a_group
from dag_runs import connections, run_dag
from engine import IMAGE
from google_stand_in import PROJECT, connection

AZURE = """
from airflow.sdk import DAG
from airflow.providers.microsoft.azure.operators.container_instances import (
    AzureContainerInstancesOperator,
)

with DAG("azure"):
    for name, words, deferrable in [
        ("good", ["echo", "hello"], False), ("good-deferred", ["echo", "hello"], True),
        ("bad", ["sh", "-c", "exit 3"], False), ("bad-deferred", ["sh", "-c", "exit 3"], True),
    ]:
        AzureContainerInstancesOperator(
            task_id=name, ci_conn_id="azure", resource_group="rg", name=name, image={image!r},
            region="westeurope", environment_variables={{"A": "b", "C": "d"}},
            secured_variables=["C"], command=words, cpu=1.0, memory_in_gb=1.5,
            deferrable=deferrable, polling_interval=0.2,
        )
"""

GOOGLE = """
from airflow.sdk import DAG
from airflow.providers.google.cloud.operators.cloud_run import CloudRunExecuteJobOperator

with DAG("google"):
    for name, words, deferrable in [
        ("good", ["hello"], False), ("good-deferred", ["hello"], True),
        ("bad", ["-c", "exit 3"], False), ("bad-deferred", ["-c", "exit 3"], True),
    ]:
        CloudRunExecuteJobOperator(
            task_id=name, project_id={project!r}, region="europe-west1",
            job_name=name.partition('-')[0],
            overrides={{"container_overrides": [
                {{"args": words, "env": [{{"name": "A", "value": "b"}}]}}
            ]}},
            gcp_conn_id="google", transport="rest", polling_period_seconds=0.2,
            deferrable=deferrable,
        )
"""

AWS = """
from datetime import timedelta
from airflow.sdk import DAG
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator

with DAG("aws"):
    for name, words, deferrable in [
        ("good", ["echo", "hello"], False), ("good-deferred", ["echo", "hello"], True),
        ("bad", ["sh", "-c", "exit 3"], False), ("bad-deferred", ["sh", "-c", "exit 3"], True),
    ]:
        EcsRunTaskOperator(
            task_id=name, cluster="dbt", task_definition="family", launch_type="FARGATE",
            overrides={{"containerOverrides": [
                {{"name": "dbt", "command": words, "environment": [{{"name": "A", "value": "b"}}]}}
            ]}},
            network_configuration={{"awsvpcConfiguration": {network}}},
            aws_conn_id="aws", awslogs_group={group!r}, awslogs_stream_prefix={prefix!r},
            container_name="dbt", awslogs_fetch_interval=timedelta(seconds=1),
            waiter_delay=1, deferrable=deferrable,
        )
"""

ENDS = {
    "good": "success",
    "good-deferred": "success",
    "bad": "failed",
    "bad-deferred": "failed",
}


def test_our_azure_serves_the_operator(airflow_home, azure, clouds) -> None:
    text = AZURE.format(image=IMAGE)
    (airflow_home.dags / "azure.py").write_text(text, encoding="utf-8")
    known = connections(azure=CONNECTION)
    run = run_dag(airflow_home, "azure", **clouds.environment, **known)
    assert run.states == ENDS, run.output
    assert sorted(azure.deleted) == sorted(ENDS)
    assert clouds.refused == []
    last = azure.asked[-1]["properties"]["containers"][0]["properties"]
    assert last["environmentVariables"] == [
        {"name": "A", "value": "b"},
        {"name": "C", "secureValue": "d"},
    ]


@pytest.mark.parametrize(
    "wrong", [{"bogus": 1}, {"osType": None}, {"containers": [{"name": "A_b", "properties": {}}]}]
)
def test_our_azure_refuses_what_the_sdk_has_no_word_for(wrong) -> None:
    container = {
        "name": "dbt",
        "properties": {
            "image": "i",
            "resources": {"requests": {"cpu": 1.0, "memoryInGB": 2.0}},
        },
    }
    right = {"osType": "Linux", "containers": [container]}
    assert not_a_group({"properties": right}) is None
    assert not_a_group({"properties": {**right, **wrong}})


def test_our_cloud_run_serves_the_operator(airflow_home, cloud_run, clouds) -> None:
    for name, program in {"good": "echo", "bad": "sh"}.items():
        container = {"image": IMAGE, "command": [program]}
        full = f"projects/{PROJECT}/locations/europe-west1/jobs/{name}"
        cloud_run.jobs[full] = {
            "name": full,
            "template": {"template": {"containers": [container]}},
        }
    text = GOOGLE.format(project=PROJECT)
    (airflow_home.dags / "google.py").write_text(text, encoding="utf-8")
    known = connections(google=connection())
    run = run_dag(airflow_home, "google", **clouds.environment, **known)
    assert run.states == ENDS, run.output
    assert clouds.refused == []


def test_our_ecs_runs_what_the_operator_asks_for(airflow_home, aws) -> None:
    aws.define("dbt", "family", "dbt", IMAGE)
    text = AWS.format(
        network=aws.network(),
        group=LOG_GROUP,
        prefix=LOG_PREFIX,
    )
    (airflow_home.dags / "aws.py").write_text(text, encoding="utf-8")
    run = run_dag(airflow_home, "aws", **connections(aws=aws.connection))
    assert run.states == ENDS, run.output
    assert "hello" in run.output
    assert sorted(task.containers[0].exitCode for task in aws.tasks) == [0, 0, 3, 3]
