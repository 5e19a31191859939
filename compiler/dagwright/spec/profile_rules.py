"""Complaints about a profile that is made from an Airflow connection: DW155-DW157."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

PROFILE_IN_CONTAINER: Final = Rule(
    code="DW155",
    name="profile-in-container",
    severity="error",
    message="mode `{mode}` cannot make a profile from an Airflow connection",
    help="modes that can: {modes}, a watcher by such a producer; or give the image a profiles.yml",
    explain="""\
    The profile is a file, made by the worker when a task runs. A container has no such file, and
    to put the connection's secrets into its command would show them. Put a `profiles.yml` into the
    image that reads them by `env_var()`, and give those variables to the container.

    ## Example
    ```yaml
    execute:
      mode: docker
      image: dbt
      project_dir: /dbt
      profile: {connection: shop_db, type: postgres}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: docker
      image: dbt
      project_dir: /dbt
      profile: {profiles_dir: /dbt, target: prod}
    ```
    """,
)

TWO_PROFILES: Final = Rule(
    code="DW156",
    name="two-profiles",
    severity="error",
    message="`{other}` stands beside `connection`, and a profile is a file or made from that",
    help="remove one of the two",
    explain="""\
    A profile is read from the `profiles.yml` in `profiles_dir`, or made from an Airflow
    connection.

    ## Example
    ```yaml
    execute:
      mode: local
      profile: {profiles_dir: /dbt, connection: shop_db, type: postgres, schema: shop}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      profile: {connection: shop_db, type: postgres, schema: shop}
    ```
    """,
)

REPEATED_FIELD: Final = Rule(
    code="DW157",
    name="repeated-profile-field",
    severity="error",
    message="`{field}` and `{other}` are two names of one field of the profile",
    help="remove one of the two",
    explain="""\
    dbt knows some fields by several names, and takes a profile with two of them for a mistake.

    ## Example
    ```yaml
    execute:
      mode: local
      profile: {connection: shop_db, type: postgres, dbname: shop, database: shop}
    ```

    ## Use instead
    ```yaml
    execute:
      mode: local
      profile: {connection: shop_db, type: postgres, dbname: shop}
    ```
    """,
)

RULES: Final = (PROFILE_IN_CONTAINER, TWO_PROFILES, REPEATED_FIELD)
