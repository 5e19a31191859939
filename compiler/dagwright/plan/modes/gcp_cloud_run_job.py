"""Mode `gcp_cloud_run_job`: each dbt command is an execution of a job that is there.

An execution can change the arguments and the plain variables of the job's container.
"""

from __future__ import annotations

from typing import Any

from dagwright.plan.modes.containers import ByNode, command, environment, given_only
from dagwright.plan.modes.mode import Arguments, Call, Given, Mode
from dagwright.plan.modes.operator_args import checked_operator_args
from dagwright.spec.model import GcpCloudRunJob


def gcp_cloud_run_job(execute: GcpCloudRunJob, given: Given) -> Mode:
    """Return the mode that runs dbt in executions of a job of Cloud Run."""
    by_node = ByNode(execute, given)
    stated = {
        "gcp_conn_id": execute.connection,
        "project_id": execute.project,
        "region": execute.region,
        "job_name": execute.job,
        "deferrable": execute.deferrable,
    }
    more = checked_operator_args("gcp_cloud_run_job", execute, given)
    shared = {**given_only(stated.items()), **more}

    def own(call: Call) -> Arguments:
        keys = by_node.of(call)
        return {"overrides": overrides(command(call, keys, given), keys, given)}

    return Mode(kind="gcp_cloud_run_job", shared=shared, own=own, finish=by_node.complain)


def overrides(words: list[str], execute: GcpCloudRunJob, given: Given) -> dict[str, Any]:
    """Return what an execution changes of its job.

    It is one task, whatever the job says: several would run the same command side by side.
    """
    container = (
        ("name", execute.container),
        ("args", words),
        ("env", [{"name": n, "value": v} for n, v in environment(execute, given).items()]),
    )
    timeout = None if execute.timeout is None else f"{execute.timeout}s"
    parts = (("task_count", 1), ("timeout", timeout))
    return {"container_overrides": [given_only(container)], **given_only(parts)}
