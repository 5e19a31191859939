"""Files of dbt in S3: moto's server, reached by an Airflow connection as a task reaches it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from aws_stand_in import Aws

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.usefixtures("airflow")]

LOG = logging.getLogger("kept")
INSTANCE = SimpleNamespace(dag_id="shop", run_id="one", task_id="a.run", try_number=2)


@pytest.fixture
def bucket(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket, by the connection `lake`."""
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", json.dumps(aws.connection))
    where = {"LocationConstraint": "eu-west-1"}
    aws.client("s3").create_bucket(Bucket="dbt", CreateBucketConfiguration=where)
    return "s3://lake@dbt"


def objects(aws: Aws) -> dict[str, str]:
    s3 = aws.client("s3")
    found = s3.list_objects_v2(Bucket="dbt").get("Contents", [])
    return {
        one["Key"]: s3.get_object(Bucket="dbt", Key=one["Key"])["Body"].read().decode()
        for one in found
    }


def test_artifacts_and_documentation_lie_in_s3(aws: Aws, bucket: str, tmp_path: Path) -> None:
    from airflow.sdk.execution_time.context import set_current_context

    from dagwright_airflow.operators.artifacts import keep_artifacts, keep_docs

    for name in ("run_results.json", "manifest.json", "catalog.json", "index.html"):
        (tmp_path / name).write_text(f"{name} of c4n4ry")

    def blank(text: str) -> str:
        return text.replace("c4n4ry", "***")

    with set_current_context({"ti": INSTANCE}):
        kept = {"path": f"{bucket}/runs", "files": ["run_results"]}
        keep_artifacts(tmp_path, kept, blank, LOG)
    for _ in range(2):  # The second is put over the first.
        keep_docs(tmp_path, {"path": f"{bucket}/docs", "static": False}, blank, LOG)
    assert objects(aws) == {
        "runs/shop/one/a.run/2/run_results.json": "run_results.json of ***",
        "docs/catalog.json": "catalog.json of ***",
        "docs/index.html": "index.html of ***",
        "docs/manifest.json": "manifest.json of ***",
    }
