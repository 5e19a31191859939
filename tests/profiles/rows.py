"""Every row of the table of adapters, as an Airflow connection that has what it wants.

A connection holds a sample at each place that a row reads; texts that are secret are as awkward as
they get: quotes, braces of Jinja, a backslash, letters of other alphabets.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dagwright.plan.profiles import profile_argument
from dagwright.spec.adapters import ADAPTERS, Adapter, Field, Method
from dagwright.spec.model import Profile

CANARY: Final = "canary-5Tq"
AWKWARD: Final = CANARY + "-{name}'\"{{{{ x }}}}{{% y %}}\\n#: é日"
ID: Final = "shop"

_SAMPLES: Final[Mapping[str, Any]] = {
    "int": 4321,
    "number": 1.5,
    "bool": True,
    "list": ["a", "b"],
    "mapping": {"key": "value"},
    "data": True,
    "url_host": "https://host.example/",
    "account": "acme",
    "pem": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n",
}
_PLACES: Final[Mapping[str, Any]] = {
    "port": 1234,
    "login": "my-login",
    "schema": "my-schema",
    "password": AWKWARD.format(name="password"),
}
_WORDS: Final[Mapping[str, Any]] = {
    "sslmode": "require",
    "priority": "interactive",
    "backend": "pyodbc",
    "http_scheme": "https",
    "secrets": [{"type": "s3", "secret": f"{CANARY}-in-a-list"}],
    "attach": [{"path": f"{CANARY}-in-a-path"}],
    "plugins": [{"module": "excel", "config": {"key": f"{CANARY}-of-a-plugin"}}],
    "filesystems": [{"fs": "s3", "key": f"{CANARY}-of-files"}],
    "http_headers": {"X-Key": f"{CANARY}-in-a-header"},
    "server_side_parameters": {"spark.sql.ansi.enabled": "false"},
}
"""Samples of fields that take but a few words."""
_NOT_ASKED_FOR: Final = {"project"}
"""dbt asks Google for it where it is not given."""
SECRET_MAPPING: Final = {"key": f"{CANARY}-in-a-mapping", "deep": {"list": [f"{CANARY}-deep", 7]}}
KEYFILE: Final = {
    "type": "service_account",
    "project_id": "acme",
    "private_key_id": f"{CANARY}-id",
    "private_key": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One method of one adapter."""

    adapter: Adapter
    method: Method

    def __str__(self) -> str:
        """Return the id of its test."""
        return f"{self.adapter.type}-{self.method.name}"

    def fields(self, *, all_of_them: bool) -> Iterator[Field]:
        """Yield the fields that a connection gives: the needed ones, or all."""
        for field in self.adapter.all_fields(self.method):
            needed = field.required or field.name in _NOT_ASKED_FOR
            if field.sources and (needed or all_of_them):
                yield field


def rows() -> list[Row]:
    """Return all rows, in the order of the table."""
    return [Row(adapter, method) for adapter in ADAPTERS.values() for method in adapter.methods]


def sample(field: Field, place: str) -> Any:
    """Return what stands at `place` for `field`; a place is of one form, whoever reads it."""
    if place in _PLACES:
        return _PLACES[place]
    if field.name == "keyfile_json" or place.startswith("extra.keyfile_dict"):
        return KEYFILE
    if field.name in _WORDS:
        return _WORDS[field.name]
    if field.name == "retries" and field.form == "mapping":
        return {"connect_attempts": 2}
    if field.form in ("mapping", "list") and field.secret:
        return SECRET_MAPPING if field.form == "mapping" else [SECRET_MAPPING]
    text = AWKWARD.format(name=field.name) if field.secret else f"my-{field.name}"
    return _SAMPLES.get(field.form, text)


def parts(source: str) -> list[str]:
    """Return the places that a source is made of."""
    if not source.startswith("{"):
        return [source]
    return [part.partition("}")[0] for part in source.split("{")[1:]]


def connection(adapter: Adapter, places: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connection of Airflow as its own JSON has it."""
    made: dict[str, Any] = {"conn_type": adapter.connections[0], "extra": {}}
    for place, value in places.items():
        where, _, key = place.partition(".")
        if where == "extra":
            made["extra"][key.partition(".")[0]] = value
        else:
            made[where] = value
    return made


def places_of(row: Row, *, all_of_them: bool) -> dict[str, Any]:
    """Return a sample by place, at the last source of each field: the name that dbt has for it."""
    return {
        place: sample(field, place)
        for field in row.fields(all_of_them=all_of_them)
        for place in parts(field.sources[0 if field.name in _NOT_ASKED_FOR else -1])
    }


def made(stated: Profile, given: Mapping[str, Any]) -> Any:
    """Return the profile that the runtime makes of a connection; Airflow reads it itself."""
    from dagwright_airflow.profiles import make_profile  # noqa: PLC0415 (it imports Airflow)

    os.environ[f"AIRFLOW_CONN_{ID.upper()}"] = json.dumps(given)
    argument = profile_argument(stated)
    assert argument is not None
    return make_profile(json.loads(json.dumps(argument)), lambda value: value)


def profile(row: Row, *, named: bool = True) -> Profile:
    """Return the block of a spec for `row`."""
    method = row.method.name if named else None
    return Profile.model_validate(
        {"connection": ID, "type": row.adapter.type, **({"method": method} if method else {})}
    )


def output(profile: Any) -> dict[str, Any]:
    """Return the fields of a made profile with the variables filled in."""
    (outer,) = json.loads(profile.text).values()
    (inner,) = outer["outputs"].values()
    return {name: _filled(value, profile.variables) for name, value in inner.items()}


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    match value:
        case str() if value.startswith("{{ env_var('"):
            return variables[value.split("'")[1]]
        case dict():
            return {name: _filled(item, variables) for name, item in value.items()}
        case list():
            return [_filled(item, variables) for item in value]
        case _:
            return value
