"""Complaints about the packages of a dbt project: DW23x."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

NOT_LOCKED: Final = Rule(
    code="DW231",
    name="packages-not-locked",
    severity="warning",
    message="the project asks for packages, and has no {lock}",
    help="run `dbt deps` and commit the lock",
    ignorable=True,
    explain="""\
    Packages are installed once, where the image or the project folder is built, or on a worker
    (`execute.install_deps`). Without a lock that installs whatever fits on that day, which need
    not be what the DAG was compiled from. dbt writes the lock since version 1.7.

    ## Example
    A project with `packages.yml` and no `package-lock.yml`.

    ## Use instead
    `dbt deps`, and `package-lock.yml` under version control.
    """,
)

LOCK_DIFFERS: Final = Rule(
    code="DW232",
    name="package-lock-differs",
    severity="warning",
    message="the package {name} is not locked as it is asked for: {why}",
    help="run `dbt deps` and commit the lock",
    ignorable=True,
    explain="""\
    `package-lock.yml` was written for other packages than the project asks for now. The next
    `dbt deps` writes it anew, and installs what the DAG was not compiled from.

    ## Example
    `packages.yml` with version 1.3.0 of a package, and a lock with version 1.1.1.

    ## Use instead
    `dbt deps`, `dbt parse` and `dagwright compile`, in this order.
    """,
)

NOT_INSTALLED: Final = Rule(
    code="DW233",
    name="package-not-installed",
    severity="warning",
    message="the package {name} is locked, and is not in {folder}",
    help="run `dbt deps`, then `dbt parse`",
    ignorable=True,
    explain="""\
    The manifest is made from the packages that are installed. One that is missing, or that was
    installed for another lock, leaves the DAG without its models.

    ## Example
    A lock that was pulled from version control, without `dbt deps` after it.

    ## Use instead
    `dbt deps`, `dbt parse` and `dagwright compile`, in this order.
    """,
)

RULES: Final = (NOT_LOCKED, LOCK_DIFFERS, NOT_INSTALLED)
