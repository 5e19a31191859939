"""Load what dagwright compiled: artifacts in, Airflow DAGs out.

This is the whole of a loader file in a dags folder:

    from dagwright_airflow import load_dags  # airflow dag loader

    load_dags(__file__, "compiled")

It imports the standard library, Airflow, and the providers that an artifact names: no dbt, no
YAML, nothing of the compiler.
"""

from __future__ import annotations

from dagwright_airflow.load import load_dags, load_task_group

__all__ = ["load_dags", "load_task_group"]
