"""Complaints about the packages of mode `virtualenv`, and about their lock: DW560-DW563."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

NOT_LOCKED: Final = Rule(
    code="DW560",
    name="not-locked",
    severity="error",
    message="{path} {fault}",
    help="run `dagwright compile`, and commit the lock with the spec",
    explain="""\
    `dagwright compile` resolves `execute.requirements` once, and writes every package with its
    version and its hashes into a lock beside the spec, `NAME.requirements.lock`. From then on the
    lock decides what workers install: the requirements are resolved anew only where they or
    `python` change, or by `compile --upgrade-lock`. Other commands never resolve.

    Two environments of one spec with different requirements would take turns in one lock: give
    them specs of their own, by `extends`.

    ## Example
    `requirements: [dbt-core, dbt-postgres]` became `[dbt-core, dbt-snowflake]`, and `dagwright
    check` finds the lock of before.

    ## Use instead
    `dagwright compile`; then commit the spec, the lock and the artifact.
    """,
)

NOT_RESOLVED: Final = Rule(
    code="DW561",
    name="not-resolved",
    severity="error",
    message="the requirements cannot be resolved: {reason}",
    help="{output}",
    explain="""\
    No set of versions satisfies the requirements, or the package index is out of reach. uv is
    used if it is installed, and pip otherwise, which resolves for its own Python alone. Both take
    the index, and its password, from their environment variables. A compile with a fresh lock
    needs neither of them, and no network.

    ## Example
    `requirements: [dbt-core==1.8.0, dbt-adapters==0.1]`

    ## Use instead
    `requirements: [dbt-core==1.8.0, dbt-postgres]`
    """,
)

REQUIREMENTS_UNREADABLE: Final = Rule(
    code="DW562",
    name="unreadable-requirements",
    severity="error",
    message="{path} cannot be read: {reason}",
    help="`execute.requirements` is a list of packages, or a file relative to the spec",
    explain="""\
    Text in `execute.requirements` is the path of a requirements file, relative to the spec.

    ## Example
    `requirements: dbt-core`

    ## Use instead
    `requirements: [dbt-core, dbt-postgres]`, or `requirements: requirements.txt`.
    """,
)

LOCK_WITHOUT_DBT: Final = Rule(
    code="DW563",
    name="lock-without-dbt",
    severity="error",
    message="the requirements bring no dbt",
    help="add `dbt-core` to `execute.requirements`",
    explain="""\
    The tasks run the dbt of their environment, and no package of the lock is dbt.

    ## Example
    `requirements: [duckdb]`

    ## Use instead
    `requirements: [dbt-core, dbt-duckdb]`
    """,
)

RULES: Final = (NOT_LOCKED, NOT_RESOLVED, REQUIREMENTS_UNREADABLE, LOCK_WITHOUT_DBT)
