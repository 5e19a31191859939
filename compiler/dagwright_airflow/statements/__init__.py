"""The tasks of mode `airflow_async`: one compiles SQL, the others submit it and defer."""
