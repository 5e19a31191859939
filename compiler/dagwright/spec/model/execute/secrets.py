"""References to secrets: a spec says where one lies, never what it is."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from dagwright.spec.model.words import Form, SpecPart

VariableName = Annotated[
    str, Form(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")
]

SecretField = Annotated[
    str,
    Form(
        r"login|password|host|port|schema|extra\.\S+",
        "`login`, `password`, `host`, `port`, `schema` or `extra.NAME`",
    ),
]


class SecretRef(SpecPart):
    """Where one secret lies: in an Airflow connection, a variable, or a Secret of Kubernetes."""

    connection: str | None = None
    """The Airflow connection that holds it, looked up when the task runs."""
    field: SecretField | None = None
    """Which field of the connection; `password` if not given, `extra.NAME` for one of extra."""
    variable: str | None = None
    """The Airflow variable that holds it, looked up when the task runs."""
    kubernetes_secret: str | None = None
    """The Secret of the pod's namespace that holds it; Airflow never sees it."""
    key: str | None = None
    """The key in that Secret."""


class SecretKeys(SpecPart):
    """The keys of every mode that can give dbt a secret.

    Where a secret lies depends on the mode, so an environment of another mode names its own.
    """

    secrets: dict[VariableName, SecretRef] = Field(default_factory=dict)
    """Environment variables of every command whose values are secrets, and where they lie."""


SOURCES: Final = ("connection", "variable", "kubernetes_secret")
"""The keys of `SecretRef` of which one must be written."""

DETAILS: Final = {"field": "connection", "key": "kubernetes_secret"}
"""The keys of `SecretRef` that mean nothing without another."""
