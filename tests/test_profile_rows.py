"""The rows of the table of adapters at run time: each place of a connection reaches its field."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dagwright.spec.adapters import ADAPTERS
from dagwright.spec.adapters.row import Field
from dagwright.spec.model import Profile
from profiles.rows import (
    AWKWARD,
    CANARY,
    ID,
    KEYFILE,
    Row,
    connection,
    made,
    output,
    parts,
    places_of,
    profile,
    rows,
    sample,
)

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

EACH = pytest.mark.parametrize("row", rows(), ids=str)
POSTGRES = {"conn_type": "postgres", "host": "db", "login": "me", "password": "pw-of-me"}
SHOP = {"connection": ID, "type": "postgres", "dbname": "shop", "schema": "shop"}


def faults(stated: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    from dagwright_airflow.airflow_api import AirflowException

    with pytest.raises(AirflowException) as raised:
        made(Profile.model_validate(stated), given)
    assert raised.value.__context__ is None  # An error of a value would quote it.
    return str(raised.value)


def as_dbt_has_it(field: Field, source: str) -> Any:
    """Return the value of a field whose source is `source`, by the samples alone."""
    if source.startswith("{"):
        return source.format(
            **{place: sample(field, place) for place in parts(source) if "." not in place},
            extra=type("Extra", (), {p[6:]: sample(field, p) for p in parts(source)}),
        )
    value = sample(field, source)
    if source == "extra.keyfile_dict.project_id":
        return KEYFILE["project_id"]
    if field.form == "url_host":
        return str(value).partition("://")[2].rstrip("/") or value
    return str(value) if field.form == "text" else value


@EACH
def test_each_place_reaches_the_field(row: Row) -> None:
    needed = places_of(row, all_of_them=False)
    everywhere = places_of(row, all_of_them=True)
    found = output(made(profile(row), connection(row.adapter, everywhere)))
    tried = 0
    for field in row.fields(all_of_them=True):
        if field.sources == (f"extra.{field.name}",):
            assert found[field.name] == as_dbt_has_it(field, field.sources[0]), field.name
            continue
        for number, source in enumerate(field.sources):
            before = {place for one in field.sources[:number] for place in parts(one)}
            others = {place: value for place, value in needed.items() if place not in before}
            places = {place: sample(field, place) for place in parts(source)}
            alone = output(made(profile(row), connection(row.adapter, {**others, **places})))
            assert alone[field.name] == as_dbt_has_it(field, source), (field.name, source)
            tried += 1
    assert tried


@EACH
def test_what_the_spec_says_goes_before_the_connection(row: Row) -> None:
    places = connection(row.adapter, places_of(row, all_of_them=True))
    writable = row.adapter.writable(row.method.name)
    plain = next(name for name, field in writable.items() if field.form in ("text", "url_host"))
    stated = {**profile(row).model_dump(exclude_none=True), plain: "of-the-spec"}
    found = output(made(Profile.model_validate(stated), places))
    assert found[writable[plain].name] == "of-the-spec"


@EACH
def test_no_secret_is_in_the_text_or_in_what_is_told(row: Row) -> None:
    found = made(profile(row), connection(row.adapter, places_of(row, all_of_them=True)))
    for shown in (found.text, found.told, repr(found), str(found.identity)):
        assert CANARY not in shown
    given = [text for text in found.variables.values() if CANARY in text]
    assert set(given) <= set(found.secrets)


@EACH
def test_the_method_is_known_by_what_the_connection_holds(row: Row) -> None:
    places = places_of(row, all_of_them=False)
    conditions = [one for one in row.method.when if one.startswith("extra.")]
    for condition in conditions[:1]:
        place, _, value = condition.partition("=")
        places[place] = value or "given"
    by_field = [field for field in row.fields(all_of_them=True) if field.name in row.method.when]
    if row.method.when and not conditions:
        places |= {place: sample(by_field[0], place) for place in parts(by_field[0].sources[-1])}
    found = made(profile(row, named=False), connection(row.adapter, places))
    assert f"method {row.method.name})" in found.told


def test_a_connection_that_lacks_fields_is_told_which() -> None:
    said = faults(SHOP, {"conn_type": "postgres", "login": "me", "port": 5})
    assert said == (
        "the Airflow connection 'shop' makes no dbt profile of type postgres (method password): "
        "there is no `host` for its field `host`; there is no `password` for its field "
        "`password`; host may be written below `profile` in the spec"
    )


def test_a_connection_that_is_not_there_is_named() -> None:
    said = faults({**SHOP, "connection": "nowhere"}, POSTGRES)
    assert said.startswith("Airflow gives no connection 'nowhere' for the dbt profile (")


def test_a_connection_of_another_type_is_told_of_and_no_fault_by_itself() -> None:
    unusual = "; the connection is of type http, where postgres is usual"
    stated = Profile.model_validate(SHOP)
    assert made(stated, {**POSTGRES, "conn_type": "http"}).told.endswith(unusual)
    assert "usual" not in made(stated, POSTGRES).told
    said = faults(SHOP, {"conn_type": "http", "host": "db"})
    assert "there is no `login` for its field `user`" in said
    assert said.endswith(unusual)


def test_a_value_of_a_wrong_form_is_told_without_the_value() -> None:
    given = {**POSTGRES, "extra": {"retries": f"{CANARY}", "autocommit": f"{CANARY}"}}
    said = faults(SHOP, given)
    assert "what stands there for its field `retries` is not a whole number" in said
    assert "what stands there for its field `autocommit` is not true or false" in said
    assert CANARY not in said
    said = faults({**SHOP, "connect_timeout": CANARY}, POSTGRES)
    assert "what stands in the spec for its field `connect_timeout`" in said
    assert CANARY not in said


def test_fields_of_another_method_are_refused_by_name() -> None:
    stated = {
        "connection": ID,
        "type": "redshift",
        "dbname": "d",
        "schema": "s",
        "iam_profile": "p",
    }
    assert "it has no field iam_profile: name the `method`" in faults(stated, POSTGRES)


def test_a_template_goes_into_no_file_and_is_typed_when_rendered() -> None:
    from dagwright.plan.profiles import profile_argument
    from dagwright_airflow.profiles import make_profile

    made(Profile.model_validate(SHOP), POSTGRES)  # It leaves the connection there.
    stated = Profile.model_validate({**SHOP, "role": "{{ r }}", "retries": "{{ n }}"})
    rendered = {"{{ r }}": "{{ not again }}", "{{ n }}": "7"}
    argument = profile_argument(stated)
    assert argument is not None
    found = make_profile(argument, lambda text: rendered[text])
    assert output(found)["role"] == "{{ not again }}"
    assert output(found)["retries"] == 7
    assert "not again" not in found.text


def test_texts_that_look_like_templates_of_dbt_stay_texts() -> None:
    found = made(Profile.model_validate(SHOP), {**POSTGRES, "login": "{{ env_var('HOME') }}"})
    assert "HOME" not in found.text
    assert found.variables["DAGWRIGHT_USER"] == "{{ env_var('HOME') }}"


def test_old_connections_have_their_extra_behind_a_prefix() -> None:
    given = {**POSTGRES, "extra": {"extra__postgres__sslmode": "require"}}
    assert output(made(Profile.model_validate(SHOP), given))["sslmode"] == "require"


def test_an_empty_field_of_a_connection_counts_as_none() -> None:
    given = {**POSTGRES, "schema": "", "extra": {"dbname": "by_extra"}}
    stated = {key: value for key, value in SHOP.items() if key != "dbname"}
    assert output(made(Profile.model_validate(stated), given))["dbname"] == "by_extra"


def test_equal_connections_make_equal_bytes() -> None:
    one = made(Profile.model_validate(SHOP), {**POSTGRES, "extra": {"role": "r", "retries": 1}})
    two = made(Profile.model_validate(SHOP), {**POSTGRES, "extra": {"retries": 1, "role": "r"}})
    assert (one.text, one.variables) == (two.text, two.variables)


def test_samples_hold_what_they_are_there_for() -> None:
    assert CANARY in AWKWARD
    assert len(rows()) == sum(len(adapter.methods) for adapter in ADAPTERS.values()) > 40
