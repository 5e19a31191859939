# airflow dag loader
"""Every DAG that `dagwright compile` wrote to compiled/, beside this file."""

from dagwright_airflow import load_dags

load_dags(__file__, "compiled")
