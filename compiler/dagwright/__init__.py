"""dagwright: compile a YAML spec and a dbt project into Airflow DAGs, ahead of time."""
