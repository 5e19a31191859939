"""Run one task as an executor would: python airflow_runner.py DAG_ID TASK_ID

The DAGs folder is synchronized with the database, a run is made, and Airflow's supervisor forks
the task runner, which parses the loader file for this one task. Prints the task's last state.
"""

from __future__ import annotations

import sys

from airflow import settings
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
from airflow.executors.workloads import BundleInfo, ExecuteTask
from airflow.models.dagrun import get_or_create_dagrun
from airflow.sdk import timezone
from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor, supervise_task
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.state import TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType


def main(dag_id: str, task_id: str) -> None:
    session = settings.Session()
    manager = DagBundlesManager()
    manager.sync_bundles_to_db(session=session)
    session.commit()
    (bundle,) = manager.get_all_dag_bundles()
    bundle.initialize()
    bag = BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
    sync_bag_to_db(bag, bundle.name, bundle.version)
    dag = bag.dags[dag_id]

    now = timezone.utcnow()
    run = get_or_create_dagrun(
        dag=DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)),
        start_date=now,
        logical_date=now,
        data_interval=None,
        run_after=now,
        run_id=f"of_{task_id}",
        session=session,
        conf=None,
        triggered_by=DagRunTriggeredByType.TEST,
        triggering_user_name="test",
    )
    instance = run.get_task_instance(task_id, session=session)
    instance.try_number = 1
    instance.state = TaskInstanceState.QUEUED
    session.commit()
    workload = ExecuteTask.make(
        instance,
        dag_rel_path=dag.relative_fileloc,
        bundle_info=BundleInfo(name=bundle.name),
    )
    supervise_task(
        ti=workload.ti,
        bundle_info=workload.bundle_info,
        dag_rel_path=workload.dag_rel_path,
        token="",
        client=InProcessTestSupervisor._api_client(dag),
        subprocess_logs_to_stdout=True,
    )
    session.expire_all()
    state = run.get_task_instance(task_id, session=session).state
    sys.stdout.write(f"state: {state}\n")


main(*sys.argv[1:])
