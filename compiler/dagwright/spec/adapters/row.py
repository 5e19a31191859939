"""What a row of the table of adapters is: which fields a dbt profile has, and where from.

A field's `sources` are places in an Airflow connection: `host`, `login`, `password`, `port`,
`schema`, `extra.KEY`, or several of them as `{host}:{port}`; the first that holds anything counts.
What a spec says goes before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

Form = Literal[
    "text", "int", "number", "bool", "list", "mapping", "data", "url_host", "account", "pem"
]
"""What dbt takes for a field; the runtime makes it of the text that a connection holds."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a dbt profile.

    A `secret` never stands in a file, not even in parts. `value` is what it is where neither spec
    nor connection say; a `fixed` field is that always. `also` are other names that dbt knows it
    by. Of a secret mapping `hidden` are the keys that are secret themselves, if not all are.
    """

    name: str
    sources: tuple[str, ...] = ()
    form: Form = "text"
    required: bool = False
    secret: bool = False
    value: Any = None
    fixed: bool = False
    also: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """One way to prove who one is: the fields it adds to those of its adapter.

    It is taken where any of `when` holds: one of its fields has a value, or `extra.KEY` of the
    connection has (or the same key of the spec), or has the value of `extra.KEY=VALUE`.
    """

    name: str
    fields: tuple[Field, ...]
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adapter:
    """A type of dbt profile, and how each of its methods is made from an Airflow connection.

    The first method that fits a connection is taken; the last one, if none does.
    """

    type: str
    connections: tuple[str, ...]
    """Airflow's types of connection that hold what it needs."""
    methods: tuple[Method, ...]
    fields: tuple[Field, ...]

    def method(self, name: str) -> Method | None:
        """Return the method called `name`, if there is one."""
        return next((method for method in self.methods if method.name == name), None)

    def all_fields(self, method: Method) -> tuple[Field, ...]:
        """Return the fields of a profile with `method`, those of the method first."""
        own = {field.name for field in method.fields}
        return (*method.fields, *(field for field in self.fields if field.name not in own))

    def writable(self, method: str | None = None) -> dict[str, Field]:
        """Return the fields that a spec may write, by all their names.

        Those of all methods, unless one is named.
        """
        chosen = self.method(method) if method is not None else None
        methods = self.methods if chosen is None else (chosen,)
        fields = [field for one in methods for field in self.all_fields(one) if not field.fixed]
        return {name: field for field in fields for name in (field.name, *field.also)}


def need(name: str, *sources: str, form: Form = "text", also: str = "") -> Field:
    """Return a field without which dbt does not start."""
    return Field(name, _sources(name, sources), form, required=True, also=tuple(also.split()))


def secret(name: str, *sources: str, form: Form = "text", also: str = "") -> Field:
    """Return a field that is needed, and secret."""
    names = tuple(also.split())
    return Field(name, _sources(name, sources), form, required=True, secret=True, also=names)


def hidden(name: str, *sources: str) -> Field:
    """Return a field that is secret, and that dbt can do without."""
    return Field(name, _sources(name, sources), secret=True)


def fixed(name: str, value: Any) -> Field:
    """Return a field that the method itself decides."""
    return Field(name, form="data", value=value, fixed=True)


def may(name: str, *sources: str, form: Form = "text", value: Any = None, also: str = "") -> Field:
    """Return a field that dbt can do without, or for which there is a `value`."""
    return Field(name, _sources(name, sources), form, value=value, also=tuple(also.split()))


def options(words: str) -> tuple[Field, ...]:
    """Return optional fields from `NAME` or `NAME:FORM`; a `!` behind it means secret.

    Their source is the key of the same name in the connection's extra.

    Example:
        >>> [(one.name, one.form, one.secret) for one in options("retries:int token!")]
        [('retries', 'int', False), ('token', 'text', True)]
    """
    return tuple(_options(words))


def _options(words: str) -> Iterator[Field]:
    forms = {form: form for form in get_args(Form)}
    for word in words.split():
        name, _, form = word.rstrip("!").partition(":")
        hidden = word.endswith("!")
        yield Field(name, (f"extra.{name}",), forms[form or "text"], secret=hidden)


def _sources(name: str, sources: tuple[str, ...]) -> tuple[str, ...]:
    return sources or (f"extra.{name}",)
