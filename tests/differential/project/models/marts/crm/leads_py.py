def model(dbt, session):  # noqa: ARG001
    dbt.config(tags=["python"])
    return dbt.ref("leads")
