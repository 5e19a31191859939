"""Check a profile by connection against the table of adapters: its keys, methods and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from dagwright.diagnostics import Note, Report
from dagwright.diagnostics.redact import is_secret_name
from dagwright.spec.adapters import ADAPTERS, Adapter, Field
from dagwright.spec.model import MODES, Profile
from dagwright.spec.model.execute.local import WorkerKeys
from dagwright.spec.profile_rules import PROFILE_IN_CONTAINER, REPEATED_FIELD, TWO_PROFILES
from dagwright.spec.rules import MISSING_KEY, SECRET_KEY, UNKNOWN_KEY, UNKNOWN_WORD, WRONG_TYPE
from dagwright.text.near import near_miss, sure_miss
from dagwright.text.route import Places, Route
from dagwright.text.tree import Items, Scalar, Table, Tree

ROUTE: Final[Route] = ("execute", "profile")
_KEYS: Final = tuple(Profile.model_fields)
_OF_CONNECTION: Final = ("type", "method")

EXPECTED: Final[Mapping[str, tuple[str, tuple[type, ...]]]] = MappingProxyType(
    {
        "int": ("a whole number", (int,)),
        "number": ("a number", (int, float)),
        "bool": ("true or false", (bool,)),
        "list": ("a list", (list,)),
        "mapping": ("a mapping", (dict,)),
    }
)
"""By form: what such a value is called, and its types. The other forms are of any scalar."""


def modes_that_make_profiles() -> tuple[str, ...]:
    """Return the modes in which a worker starts dbt, and so can make it a profile."""
    return tuple(name for name, mode in MODES.items() if WorkerKeys in mode.__mro__)


def check_profile(places: Places, report: Report) -> None:
    """Report what is wrong with `execute.profile`, whose keys depend on its `type`."""
    table = places.tree(ROUTE)
    if not isinstance(table, Table):
        return
    written = {name for name in table.entries if not name.startswith("x-")}
    if _scalar(places, "connection") is None:
        _file_alone(written, places, report)
    else:
        _mode(places, report)
        if _scalar(places, "profiles_dir") is not None:
            route = (*ROUTE, "profiles_dir")
            note = Note(places.key((*ROUTE, "connection")), "`connection` is here")
            notes = (note, *places.notes(route))
            report.add(TWO_PROFILES.at(places.key(route), other="profiles_dir", notes=notes))
        _ByConnection(places, report).check(written)


def _file_alone(written: set[str], places: Places, report: Report) -> None:
    """Report the keys that a profile in a file does not have."""
    if given := [key for key in _OF_CONNECTION if key in written]:
        hint = f"`{given[0]}` is of a profile that is made from an Airflow connection: name it"
        at = places.key((*ROUTE, given[0]))
        notes = places.notes((*ROUTE, given[0]))
        report.add(MISSING_KEY.at(at, key="connection", where="`profile`", hint=hint, notes=notes))
        return
    for key in sorted(written - set(_KEYS)):
        instead = sure_miss(key, _KEYS)
        _unknown(key, near_miss(key, _KEYS) or _list("keys", _KEYS), instead, places, report)


def _unknown(key: str, hint: str, instead: str | None, places: Places, report: Report) -> None:
    route = (*ROUTE, key)
    table = places.tree(ROUTE)
    if isinstance(table, Table) and instead in table.entries:
        instead = None
    report.add(
        UNKNOWN_KEY.at(
            places.key(route),
            key=key,
            where="`profile`",
            hint=hint,
            notes=places.notes(route),
            instead=instead,
        )
    )


def _mode(places: Places, report: Report) -> None:
    """Report a mode in which no worker starts dbt; a watcher's is that of its producer."""
    mode = places.tree(("execute", "mode"))
    if isinstance(mode, Scalar) and mode.text == "watcher":
        mode = places.tree(("execute", "producer", "mode"))
    able = modes_that_make_profiles()
    if isinstance(mode, Scalar) and mode.text in MODES and mode.text not in able:
        route = (*ROUTE, "connection")
        report.add(
            PROFILE_IN_CONTAINER.at(
                places.key(route), mode=mode.text, modes=", ".join(able), notes=places.notes(route)
            )
        )


@dataclass(frozen=True, slots=True)
class _ByConnection:
    """The checks of a profile that has a `connection`."""

    places: Places
    report: Report

    def check(self, written: set[str]) -> None:
        """Report every key and value that the table of adapters does not have."""
        stated = _scalar(self.places, "type")
        if stated is None:
            at = self.places.key((*ROUTE, "connection"))
            hint = f"it is dbt's name of the adapter; {_list('types', tuple(ADAPTERS))}"
            notes = self.places.notes((*ROUTE, "connection"))
            self.report.add(
                MISSING_KEY.at(at, key="type", where="`profile`", hint=hint, notes=notes)
            )
            return
        adapter = ADAPTERS.get(stated.text)
        if adapter is None:
            return  # The model says so.
        method = self._method(adapter)
        fields = adapter.writable(method)
        first: dict[str, str] = {}
        for key in sorted(written - set(_KEYS)):
            if (field := fields.get(key)) is None:
                self._unknown_field(key, adapter, method)
                continue
            self._value(key, field)
            other = first.setdefault(field.name, key)
            if other != key:
                route = (*ROUTE, key)
                note = Note(self.places.key((*ROUTE, other)), f"`{other}` is here")
                notes = (note, *self.places.notes(route))
                at = self.places.key(route)
                self.report.add(REPEATED_FIELD.at(at, field=key, other=other, notes=notes))

    def _method(self, adapter: Adapter) -> str | None:
        """Return the method that is named; None where none is, or none of the adapter's."""
        stated = _scalar(self.places, "method")
        if stated is None or adapter.method(stated.text) is not None:
            return None if stated is None else stated.text
        known = [method.name for method in adapter.methods]
        route = (*ROUTE, "method")
        self.report.add(
            UNKNOWN_WORD.at(
                self.places.value(route),
                where="`method`",
                known=" or ".join(f"`{name}`" for name in known),
                found=f"`{stated.text[:40]}`",
                hint=near_miss(stated.text, known) or f"methods of type {adapter.type}",
                notes=self.places.notes(route),
                instead=None,
            )
        )
        return None

    def _unknown_field(self, key: str, adapter: Adapter, method: str | None) -> None:
        known = tuple(adapter.writable(method))
        having = [one.name for one in adapter.methods if key in adapter.writable(one.name)]
        hint, instead = near_miss(key, known), sure_miss(key, (*known, *_KEYS))
        if having:
            hint, instead = _list("methods that have this field", tuple(having)), None
        elif any(key == field.name for one in adapter.methods for field in one.fields):
            hint, instead = "the `method` decides it", None
        hint = hint or _list(f"fields of type {adapter.type}", known)
        _unknown(key, hint, instead, self.places, self.report)

    def _value(self, key: str, field: Field) -> None:
        route = (*ROUTE, key)
        tree = self.places.tree(route)
        expected, found = _mistaken(field, tree)
        if expected:
            self.report.add(
                WRONG_TYPE.at(
                    self.places.value(route),
                    where=f"`{key}`",
                    expected=expected,
                    found=found,
                    hint="",
                    notes=self.places.notes(route),
                )
            )
        elif field.secret and isinstance(tree, Scalar) and _is_written_out(key, tree):
            hint = "keep it in the connection, or write a template, filled in at run time"
            notes = self.places.notes(route)
            self.report.add(SECRET_KEY.at(tree.span, key=key, hint=hint, notes=notes))


def _is_written_out(key: str, value: Scalar) -> bool:
    """Return whether a secret stands in the spec itself, and no other check says so."""
    return not is_secret_name(key) and value.value is not None and "{{" not in value.text


def _mistaken(field: Field, tree: Tree | None) -> tuple[str, str]:
    """Return what should stand there and what does, where they differ; templates may be any."""
    called, types = EXPECTED.get(field.form, ("text", ()))
    match tree:
        case Table():
            value: Any = {}
            found = "a mapping"
        case Items():
            value, found = [], "a list"
        case Scalar():
            value, found = tree.value, f"`{tree.text}`" if not field.secret else "something else"
            if value is None or (isinstance(value, str) and ("{{" in value or tree.template)):
                return "", ""
        case None:
            return "", ""
    if isinstance(value, (dict, list)) and field.form == "data":
        return "", ""
    if not types:
        return (called, found) if isinstance(value, (dict, list)) else ("", "")
    right = isinstance(value, types) and (bool in types or not isinstance(value, bool))
    return ("", "") if right else (called, found if len(found) < 40 else "something else")


def _scalar(places: Places, key: str) -> Scalar | None:
    tree = places.tree((*ROUTE, key))
    return tree if isinstance(tree, Scalar) and tree.value is not None else None


def _list(what: str, names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:24])
    return f"{what}: {shown}{', ...' if len(names) > 24 else ''}"
