"""The table of adapters as tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from dagwright.spec.adapters import ADAPTERS, Field, Method


def profiles_table() -> str:
    """Return what each method needs, and when it is taken."""
    rows = (
        f"| `{adapter.type}` | {_words(adapter.connections)} | `{method.name}` "
        f"| {_condition(method)} | {_needed(adapter.all_fields(method))} |\n"
        for adapter in ADAPTERS.values()
        for method in adapter.methods
    )
    head = "| type | connection | method | taken where there is | needs |\n"
    return "".join((head, "| --- | --- | --- | --- | --- |\n", *rows))


def fields_table() -> str:
    """Return the fields of each type that dbt can do without."""
    rows = (
        f"| `{adapter.type}` | {_optional(adapter.methods, adapter.fields)} |\n"
        for adapter in ADAPTERS.values()
    )
    return "".join(("| type | fields |\n| --- | --- |\n", *rows))


def _condition(method: Method) -> str:
    return " or ".join(f"`{one}`" for one in method.when) or "anything"


def _needed(fields: Iterable[Field]) -> str:
    return ", ".join(_shown(field, always=True) for field in fields if field.required)


def _optional(methods: Iterable[Method], shared: Iterable[Field]) -> str:
    of_methods = [field for method in methods for field in method.fields]
    fields = {
        field.name: field
        for field in (*of_methods, *shared)
        if not field.required and not field.fixed
    }
    return ", ".join(_shown(field, always=False) for field in fields.values())


def _shown(field: Field, *, always: bool) -> str:
    names = "/".join(f"`{name}`" for name in (field.name, *field.also))
    own = field.sources == (f"extra.{field.name}",)
    places = "" if own and not always else _words(field.sources)
    default = "" if field.value is None else f"else {field.value}"
    where = ", ".join(part for part in (places, default) if part)
    return f"{names}{'•' if field.secret else ''}{f' ({where})' if where else ''}"


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
