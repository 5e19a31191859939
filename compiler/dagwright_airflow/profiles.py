"""A dbt profile made from an Airflow connection, when a task runs.

The artifact holds the rows of the compiler's table of adapters: which fields the profile has, and
where in the connection each stands. Here they are filled in, and nothing is known of any adapter.
No secret, and no text that a template gave, gets into the file: there stand references to
environment variables, which dbt's process alone is given. A number or a boolean inside of a
mapping is no secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dagwright_airflow.airflow_api import AirflowException, get_connection, mask_secret
from dagwright_airflow.profile_forms import FORMS

Row = Mapping[str, Any]
Render = Callable[[Any], Any]

FILE: Final = "profiles.yml"
_SECRET: Final = "DBT_ENV_SECRET_DAGWRIGHT"  # noqa: S105 (the start of a name)
"""What starts like this, dbt blanks out of its own logs and keeps out of its artifacts."""
_PLAIN: Final = "DAGWRIGHT"
_MARKS: Final = ("{{", "{%", "{#")


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that dbt can read: the text of its file, and the variables that it refers to."""

    text: str
    variables: Mapping[str, str] = field(repr=False)
    told: str
    """What may be logged: where the fields came from, and no value."""

    @property
    def identity(self) -> list[Any]:
        """All that it says of where dbt works, the secrets left out."""
        named = sorted(self.variables.items())
        return [self.text, [pair for pair in named if not pair[0].startswith(_SECRET)]]

    @property
    def secrets(self) -> list[str]:
        """The values among its variables that must come out nowhere."""
        return [text for name, text in self.variables.items() if name.startswith(_SECRET)]

    def write(self, folder: Path) -> list[str]:
        """Return the arguments that make dbt use it, after the file was written to `folder`."""
        file = folder / FILE
        file.touch(mode=0o600)
        file.write_text(self.text, encoding="utf-8")
        return ["--profiles-dir", str(folder)]


def make_profile(stated: Mapping[str, Any], render: Render) -> Profile:
    """Return the profile that `stated`, the `profile` of an artifact, makes of its connection.

    Args:
        stated: the id of the `connection`, the `type`, `name` and `target` of the profile, the
            `fields` that the spec gives, and the rows: `shared` ones, and those of `methods`.
        render: fills in Airflow templates.

    Raises:
        AirflowException: there is no such connection, or it lacks what the profile needs, or holds
            what it cannot have. The sentence names fields and never a value.
    """
    source = _Source(stated["connection"], _connection(stated["connection"]))
    given = {name: _rendered(value, render) for name, value in stated["fields"].items()}
    filled = _chosen(stated, source, given)
    usual = _usual(stated, source)
    _complain(stated, filled, given, usual)
    sealed = _Sealed()
    output = {"type": stated["type"]}
    for name, value in filled.values.items():
        output[name] = sealed.value(name, value, filled.rows[name])
    profile = {"target": stated["target"], "outputs": {stated["target"]: output}}
    text = json.dumps({stated["name"]: profile}, indent=1) + "\n"
    return Profile(text, sealed.variables, _told(stated, filled, given) + usual)


def _usual(stated: Mapping[str, Any], source: _Source) -> str:
    """Return what to say of a connection whose type is none of those that hold such a profile."""
    known = stated.get("connections", ())
    if not known or source.type in known:
        return ""
    return f"; the connection is of type {source.type}, where {' or '.join(known)} is usual"


def _connection(name: str) -> Any:
    try:
        return get_connection(name)
    except Exception as error:  # noqa: BLE001 (of whichever store of secrets; it may quote them)
        kind = type(error).__name__
    raise AirflowException(f"Airflow gives no connection {name!r} for the dbt profile ({kind})")


class _FromTemplate(str):
    """Text that a template gave: it may be anything, so it does not go into the file."""

    __slots__ = ()


def _rendered(value: Any, render: Render) -> Any:
    match value:
        case str() if any(mark in value for mark in _MARKS):
            made = render(value)
            return _FromTemplate(made) if isinstance(made, str) else made
        case Mapping():
            return {name: _rendered(item, render) for name, item in value.items()}
        case list() | tuple():
            return [_rendered(item, render) for item in value]
        case _:
            return value


class _Source:
    """An Airflow connection, read by the names of its places."""

    def __init__(self, name: str, connection: Any) -> None:
        self.name = name
        self.type = str(connection.conn_type)
        self._connection = connection
        extra = connection.extra_dejson
        self._extra: Mapping[str, Any] = extra if isinstance(extra, Mapping) else {}

    def first(self, places: tuple[str, ...] | list[str]) -> Any:
        """Return what the first of `places` that is not empty holds, or None."""
        return next((value for value in map(self._at, places) if value not in (None, "")), None)

    def _at(self, place: str) -> Any:
        if place.startswith("{"):
            parts = [part.partition("}") for part in place.split("{")[1:]]
            values = [(self._at(name), between) for name, _, between in parts]
            if any(value in (None, "") for value, _ in values):
                return None
            return "".join(f"{value}{between}" for value, between in values)
        where, _, key = place.partition(".")
        if where != "extra":
            return getattr(self._connection, where, None)
        return self._in_extra(key)

    def _in_extra(self, key: str) -> Any:
        """Return what the extra holds at `key`; old connections have it behind a prefix."""
        outer, _, inner = key.partition(".")
        value = self._extra.get(outer)
        for name in self._extra if value is None else ():
            if name.startswith("extra__") and name.endswith(f"__{outer}"):
                value = self._extra[name]
        if not inner:
            return value
        try:
            return FORMS["mapping"].convert(value).get(inner)
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class _Filled:
    """One method, filled in: a value a field, and the fields that found none or a wrong one."""

    method: str
    rows: Mapping[str, Row]
    values: Mapping[str, Any] = field(repr=False)
    missing: tuple[str, ...]
    wrong: Mapping[str, str]


def _chosen(stated: Row, source: _Source, given: Mapping[str, Any]) -> _Filled:
    """Return the first method that fits the connection; the last one, if none does."""
    filled = None
    for method in stated["methods"]:
        filled = _filled(method["name"], {**stated["shared"], **method["fields"]}, source, given)
        if any(_holds(condition, filled, source, given) for condition in method.get("when", ())):
            return filled
    if filled is None:
        message = "the artifact has no method for the profile; compile it again"
        raise AirflowException(message)
    return filled


def _holds(condition: str, filled: _Filled, source: _Source, given: Mapping[str, Any]) -> bool:
    place, _, wanted = condition.partition("=")
    if not place.startswith("extra."):
        return place in filled.values
    value = given.get(place.removeprefix("extra."), source.first([place]))
    return str(value).lower() == wanted if wanted else value is not None


def _filled(
    method: str, rows: Mapping[str, Row], source: _Source, given: Mapping[str, Any]
) -> _Filled:
    values: dict[str, Any] = {}
    missing = []
    wrong: dict[str, str] = {}
    for name, row in rows.items():
        found = given.get(name)
        if found in (None, ""):
            found = source.first(row.get("from", ()))
        if found is None:
            found = row.get("value")
        if found is None:
            if row.get("required"):
                missing.append(name)
            continue
        form = FORMS[row.get("form", "text")]
        try:
            made = form.convert(found)
        except (TypeError, ValueError):
            wrong[name] = form.called  # The error itself would quote the value.
            continue
        values[name] = _marked(made) if isinstance(found, _FromTemplate) else made
    return _Filled(method, rows, values, tuple(missing), wrong)


def _marked(value: Any) -> Any:
    match value:
        case str():
            return _FromTemplate(value)
        case Mapping():
            return {name: _marked(item) for name, item in value.items()}
        case list():
            return [_marked(item) for item in value]
        case _:
            return value


def _complain(stated: Row, filled: _Filled, given: Mapping[str, Any], usual: str) -> None:
    """Say what keeps `filled` from being a profile; `given` are the fields of the spec."""
    faults = [
        f"there is no {_where(name, filled.rows[name])} for its field `{name}`"
        for name in filled.missing
    ]
    for name, called in filled.wrong.items():
        place = "in the spec" if name in given else "there"
        faults.append(f"what stands {place} for its field `{name}` is not {called}")
    plain = [name for name in filled.missing if not filled.rows[name].get("secret")]
    if plain:
        faults.append(f"{', '.join(plain)} may be written below `profile` in the spec")
    strange = sorted(set(given) - set(filled.rows))
    if strange:
        faults.append(f"it has no field {', '.join(strange)}: name the `method` that is meant")
    if faults:
        profile = f"dbt profile of type {stated['type']} (method {filled.method})"
        raise AirflowException(
            f"the Airflow connection {stated['connection']!r} makes no {profile}: "
            f"{'; '.join(faults)}{usual}"
        )


def _where(name: str, row: Row) -> str:
    places = row.get("from", ())
    return " or ".join(f"`{place}`" for place in places) or f"`{name}`"


def _told(stated: Row, filled: _Filled, given: Mapping[str, Any]) -> str:
    written = ", ".join(name for name in filled.values if name in given)
    read = ", ".join(
        name for name in filled.values if name not in given and "from" in filled.rows[name]
    )
    kind = f"{stated['type']}, method {filled.method}"
    return (
        f"The dbt profile ({kind}) has by the Airflow connection {stated['connection']}: "
        f"{read or 'nothing'}; by the spec: {written or 'nothing'}"
    )


class _Sealed:
    """Puts references in the place of texts, and keeps the texts apart."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}

    def value(self, name: str, value: Any, row: Row) -> Any:
        """Return what stands in the file for the `value` of a field."""
        return self._sealed((name,), value, row)

    def _sealed(self, route: tuple[str, ...], value: Any, row: Row) -> Any:
        match value:
            case Mapping():
                return {k: self._sealed((*route, str(k)), item, row) for k, item in value.items()}
            case list() | tuple():
                return [self._sealed((*route, str(n)), item, row) for n, item in enumerate(value)]
            case str() if row.get("secret"):
                hidden = row.get("hidden", route[-1:])
                return self._reference(route, value, secret=route[-1] in hidden)
            case _FromTemplate():
                return self._reference(route, value, secret=False)
            case str() if any(mark in value for mark in _MARKS):
                return self._reference(route, value, secret=False)
            case _:
                return value

    def _reference(self, route: tuple[str, ...], value: str, *, secret: bool) -> str:
        words = "_".join("".join(_plain(part)) for part in route)
        name = f"{_SECRET if secret else _PLAIN}_{words}".upper()
        while name in self.variables:
            name += "_"
        self.variables[name] = str(value)
        if secret:
            mask_secret(str(value))
        return f"{{{{ env_var('{name}') }}}}"


def _plain(part: str) -> Iterator[str]:
    return (letter if letter.isascii() and letter.isalnum() else "_" for letter in part)
