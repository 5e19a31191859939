"""A profile from an Airflow connection: dbt runs by it, and its secrets come out nowhere."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from artifact_builder import dbt_task
from dagwright.plan.profiles import profile_argument
from dagwright.spec.model import Profile
from tiny import DATABASE, runner

pytestmark = [pytest.mark.airflow, pytest.mark.dbt, pytest.mark.slow]

CANARY = "canary-Xw3vT9k1"
"""The name of a folder that DuckDB takes for its home: a secret which SQL can ask for."""
WHERE = "select current_setting('home_directory')"
ASKS = f'{{% set found = run_query("{WHERE}").columns[0].values()[0] if execute else "" %}}'
MODELS = {
    "told": ASKS + "{{ log('the secret is ' ~ found, info=True) }} select 1 as id",
    "compiled": ASKS + "select '{{ found }}' as id",
    "raised": ASKS
    + "{% if execute %}{{ exceptions.raise_compiler_error(found) }}{% endif %} select 1 as id",
    "refused": ASKS + "select no_such_column_{{ found | replace('-', '_') }}_{{ found }}",
}
CALL = dbt_task("orders.run", ["run", "--select", "orders"], ["model.tiny.orders"])
SPY = """#!/bin/sh
# dbt, after what it is given to read was copied, and the rights on it.
for word in "$@"; do
  if [ "$last" = --profiles-dir ]; then cp -r "$word" {seen}; ls -ld "$word"/* > {seen}/rights; fi
  last=$word
done
exec {dbt} "$@"
"""


class Ran(NamedTuple):
    """All that came out of a task."""

    log: str
    database: bytes
    left: dict[str, bytes]
    profile: str
    rights: str


@pytest.fixture
def run(tiny: Any, tmp_path: Path) -> Callable[..., Ran]:
    """A function that runs one model by a profile from a connection, and gathers what came out."""

    def outcome(sql: str, given: dict[str, Any], **shared: Any) -> Ran:
        seen, temporary, spy = (tmp_path / name for name in ("seen", "temporary", "spy"))
        temporary.mkdir()
        dbt = Path(sys.executable).parent / "dbt"
        spy.write_text(SPY.format(seen=shlex.quote(str(seen)), dbt=shlex.quote(str(dbt))))
        spy.chmod(0o755)
        stated = Profile.model_validate({"connection": "shop", "type": "duckdb"})
        home = tiny(
            CALL,
            **{
                "paths": {"--project-dir": "../tiny"},
                "flags": ["--profile", "dagwright", "--target", "default"],
                "profile": profile_argument(stated),
                "executable": str(spy),
                **shared,
            },
        )
        (home.root / "tiny/models/orders.sql").write_text(sql)
        (home.root / "tiny/models/models.yml").write_text("version: 2\n")
        (home.root / "tiny/models/revenue.sql").unlink()
        environment = {
            **home.environment,
            "AIRFLOW_CONN_SHOP": json.dumps({"conn_type": "duckdb", "host": DATABASE, **given}),
            "TMPDIR": str(temporary),
        }
        with runner(type(home)(home.root, environment), "orders.run") as process:
            log, _ = process.communicate()
        files = [path for folder in (home.root, temporary) for path in folder.rglob("*")]
        left = {str(path): path.read_bytes() for path in files if path.is_file()}
        return Ran(
            log,
            b"".join(left[name] for name in sorted(left) if "airflow.db" in name),
            {name: content for name, content in left.items() if ".duckdb" not in name},
            (seen / "profiles.yml").read_text() if seen.is_dir() else "",
            (seen / "rights").read_text() if seen.is_dir() else "",
        )

    return outcome


def secretly(**extra: Any) -> dict[str, Any]:
    return {"extra": {"settings": {"home_directory": f"/tmp/{CANARY}"}, **extra}}  # noqa: S108


def places_with_the_canary(ran: Ran) -> list[str]:
    """Return where the secret came out: the log, the profile's file, files left behind."""
    shown = {"the log": ran.log.encode(), "the profile": ran.profile.encode(), **ran.left}
    return [place for place, content in shown.items() if CANARY.encode() in content]


@pytest.mark.parametrize("model", list(MODELS))
def test_a_secret_of_the_connection_comes_out_nowhere(run: Callable[..., Ran], model: str) -> None:
    ran = run(MODELS[model], secretly())
    assert places_with_the_canary(ran) == []
    assert "env_var('DBT_ENV_SECRET_DAGWRIGHT_SETTINGS_HOME_DIRECTORY')" in ran.profile
    assert ran.rights.startswith("-rw-------")
    assert not [name for name in ran.left if name.endswith("profiles.yml") and "tiny/" not in name]
    good = model in ("told", "compiled")
    assert f"state: {'success' if good else 'failed'}" in ran.log, ran.log
    assert "(duckdb, method file) has by the Airflow connection shop: " in ran.log
    if model == "compiled":
        assert b"as id" in ran.database  # The rendered fields hold the SQL, the secret blanked.
    else:
        assert "***" in ran.log


@pytest.mark.parametrize("model", ["told", "compiled"])
def test_dbts_api_is_told_no_more(run: Callable[..., Ran], model: str) -> None:
    ran = run(MODELS[model], secretly(), invocation="dbt_runner", executable="dbt")
    assert "state: success" in ran.log, ran.log
    assert places_with_the_canary(ran) == []


def test_the_canary_sings_where_it_is_no_secret(run: Callable[..., Ran]) -> None:
    """The same text in a field that is none: whatever looks for it finds it."""
    ran = run("select '{{ target.schema }}' as id", {"extra": {"schema": CANARY}})
    assert "state: success" in ran.log, ran.log
    found = places_with_the_canary(ran)
    assert {"the log", "the profile"} <= set(found)
    assert CANARY.encode() in ran.database


def test_a_connection_without_what_dbt_needs_fails_the_task_by_name(
    run: Callable[..., Ran],
) -> None:
    ran = run(MODELS["told"], {"host": "", **secretly(retries=CANARY)})
    assert "state: failed" in ran.log
    assert "the Airflow connection 'shop' makes no dbt profile of type duckdb" in ran.log
    assert "there is no `extra.path` or `host` for its field `path`" in ran.log
    assert places_with_the_canary(ran) == []
