"""Each row of the table of adapters against the adapter itself: its own class of credentials.

The profile is made at run time from a connection that Airflow reads, with what dbt needs and with
everything that the table knows. dbt reads its file, fills in the variables and hands the fields to
the adapter, in an environment that holds the adapters: `make test-adapters`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dagwright.spec.adapters import ADAPTERS
from profiles.rows import CANARY, Row, connection, made, output, places_of, profile, rows

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.dbt,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("airflow"),
]

PYTHON = os.environ["DAGWRIGHT_ADAPTERS"]
LOADER = Path(__file__).with_name("load.py")
NOT_INSTALLED = {
    "mysql": "dbt-mysql 1.7 is the last one, and wants dbt 1.7",
    "vertica": "each dbt-vertica wants one dbt alone: 1.12, or 1.8.5",
}
"""By type: why no adapter can be asked. Its rows are as its documents say."""
TELLING = {"redshift", "athena", "duckdb", "teradata"}
"""Types of which `dbt debug` itself shows secret fields, such as the id of an access key; the
operator blanks them out of what it logs."""
VALIDATED = {
    "databricks-azure_service_principal": "it asks its service for a token at once",
    "databricks-oauth": "it asks its service for a token at once",
    "spark-odbc": "it wants a library of the system",
    "spark-session": "it wants PySpark",
    "duckdb-motherduck": "it makes objects of its fields",
    "duckdb-file": "it makes objects of its fields",
}
"""Rows whose fields the class of credentials validates, and no more is made of them; why."""
LATER = {"query_tags"}
"""Fields that the adapter of a later dbt takes, and the one here passes over."""


class Loaded(NamedTuple):
    """What was written for a row, and what dbt read."""

    row: Row
    wrote: dict[str, Any]
    read: dict[str, Any]


def written(row: Row, folder: Path, *, all_of_them: bool) -> dict[str, Any]:
    """Return what a profile says, after it was put into `folder` as a task does it."""
    given = connection(row.adapter, places_of(row, all_of_them=all_of_them))
    found = made(profile(row), given)
    folder.mkdir()
    found.write(folder)
    if str(row) in VALIDATED:
        (folder / "validate").touch()
    (folder / "variables.json").write_text(json.dumps(dict(found.variables)), encoding="utf-8")
    return output(found)


def loaded(kind: str, folder: Path) -> Iterator[Loaded]:
    """Yield each row of a type twice, as its adapter took it: with what it needs, and with all."""
    both = [
        (row, folder / f"{row.method.name}-{all_of_them}", all_of_them)
        for row in rows()
        for all_of_them in (False, True)
        if row.adapter.type == kind
    ]
    wrote = [written(row, place, all_of_them=wanted) for row, place, wanted in both]
    done = subprocess.run(
        [PYTHON, str(LOADER), *(str(place) for _, place, _ in both)],
        env={key: value for key, value in os.environ.items() if CANARY not in value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    read = [json.loads(line) for line in lines]
    for (row, _, _), one, other in zip(both, wrote, read, strict=True):
        yield Loaded(row, one, other)


@pytest.mark.parametrize("kind", [name for name in ADAPTERS if name not in NOT_INSTALLED])
def test_the_adapter_takes_every_field_for_what_it_is(kind: str, tmp_path: Path) -> None:
    for row, wrote, read in loaded(kind, tmp_path):
        assert "refused" not in read, (str(row), read["refused"])
        assert wrote.pop("type") == kind
        assert read["threads"] == wrote.pop("threads", 1)
        taken = {name: read["fields"].get(read["aliases"].get(name, name)) for name in wrote}
        for name in set(wrote) - LATER:
            whole = repr(wrote[name])
            begun = whole[:-1] + ", " if isinstance(wrote[name], dict) else whole
            found = str(taken[name])  # An adapter may add keys to a mapping.
            assert found == whole or found.startswith(begun), (str(row), name, found)
        assert kind in TELLING or not [text for text in read["told"] if CANARY in text]


def test_a_row_that_is_wrong_is_refused(tmp_path: Path) -> None:
    row = next(row for row in rows() if row.adapter.type == "postgres")
    written(row, tmp_path / "one", all_of_them=False)
    file = tmp_path / "one" / "profiles.yml"
    file.write_text(file.read_text().replace('"host"', '"hosst"'))
    done = subprocess.run([PYTHON, str(LOADER), str(file.parent)], capture_output=True, check=True)
    assert "'host' is a required property" in json.loads(done.stdout)["refused"]


def test_what_cannot_be_asked_is_in_the_table() -> None:
    assert set(NOT_INSTALLED) < set(ADAPTERS)
