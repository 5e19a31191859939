"""The shop with one model more, whose task can be held still at the moments where a kill hurts.

    start   the program dbt has been started, and has done nothing
    parse   dbt is about to read the project
    model   the model's SQL runs
    test    a test's SQL runs
    end     dbt has ended and left its results; its program has not
    keep    the task keeps what dbt left, and dbt is gone

The first five hold dbt itself, by its program or in the database. The last holds the task: it
writes into a pipe that nobody reads.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dagwright_airflow import leash
from live.postgres import Postgres
from live.server import LiveAirflow
from live.shop_in_postgres import Shop, connection, dbt, deploy, shop_in_postgres
from processes import running_with

TASK: Final = "shop.slow_orders.build"
ROWS: Final = 60

_MODEL: Final = """\
{{ config(materialized='table', schema='slow') }}
with held as materialized (select public.hold('model') as seconds)
select orders.* from {{ ref('stg_orders') }} as orders cross join held
"""
_TEST: Final = """\
-- depends_on: {{ ref('slow_orders') }}
select seconds from (select public.hold('test') as seconds) as held where seconds > 0
"""
_HOLD: Final = """
create table public.holds (moment text primary key);
create function public.hold(wanted text) returns int language plpgsql as $$
begin
  if exists (select from public.holds where moment = wanted) then
    perform pg_sleep(600);
  end if;
  return 0;
end $$;
"""
_PROGRAM: Final = f'''\
#!{sys.executable}
"""dbt, held still at a moment for as long as there is a file of that name."""

import os, sys, time
from pathlib import Path

HOLDS = Path(__file__).parent / "holds"

def hold(moment):
    if (HOLDS / moment).exists():
        (HOLDS / (moment + ".HELD_SHOP=" + os.environ["HELD_SHOP"])).touch()
    while (HOLDS / moment).exists():
        time.sleep(0.05)

def look(event, arguments):
    if event == "open" and str(arguments[0]).endswith("partial_parse.msgpack"):
        hold("parse")

hold("start")
from dbt.cli.main import cli

sys.addaudithook(look)
try:
    cli()
finally:
    hold("end")
'''

_SPEC: Final = """\
version: 1
dag: {{id: {dag}, schedule: null, default_args: {{retries: 1, retry_delay: 1s}}}}
render: {{project_dir: {project}, select: [slow_orders], tests: build}}
execute:
  mode: local
  dbt_executable: {program}
  project_dir: {project}
  profile: {{name: shop, target: warehouse, connection: held_db, type: postgres, schema: main}}
  env: {{HELD_SHOP: "{{{{ run_id }}}}.{{{{ ti.try_number }}}}"}}
  artifacts: {{path: {kept}}}
"""


@dataclass(frozen=True, slots=True)
class HeldShop:
    """One DAG of one task, its project, and the folder that says when to hold."""

    airflow: LiveAirflow
    shop: Shop
    dag: str
    folder: Path

    def reset(self) -> None:
        """Hold nothing, end what is still held from before, and forget the model."""
        for file in (self.folder / "holds").iterdir():
            file.unlink()
        self.shop.rows("delete from public.holds")
        self.shop.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = %s and pid <> pg_backend_pid()",
            self.shop.database,
        )
        self.shop.rows("drop schema if exists slow cascade")

    def start(self, run: str) -> None:
        """Start a run of that name."""
        self.airflow.await_dag(self.dag)
        self.pause(paused=False)
        self.airflow.call(
            "POST", f"dags/{self.dag}/dagRuns", {"logical_date": None, "dag_run_id": run}
        )

    def pause(self, *, paused: bool) -> None:
        """Let the scheduler start no more tasks, or go on."""
        self.airflow.call("PATCH", f"dags/{self.dag}", {"is_paused": paused})

    def clear(self, run: str) -> None:
        body = {"dag_run_id": run, "dry_run": False, "only_failed": False}
        self.airflow.call("POST", f"dags/{self.dag}/clearTaskInstances", body)

    def hold(self, moment: str) -> None:
        """Hold dbt or its task at `moment` from now on."""
        (self.folder / "holds" / moment).touch()
        self.shop.rows("insert into public.holds values (%s) on conflict do nothing", moment)

    def let_go(self, *moments: str) -> None:
        """Hold nothing at `moments` from now on."""
        for moment in moments:
            (self.folder / "holds" / moment).unlink(missing_ok=True)
            self.shop.rows("delete from public.holds where moment = %s", moment)

    def reached(self, moment: str, run: str) -> bool:
        """Return whether the first attempt is held at `moment` now."""
        if moment in ("model", "test"):
            query = "select wait_event from pg_stat_activity where datname = %s"
            return ("PgSleep",) in self.shop.rows(query, self.shop.database)
        if moment == "keep":
            return not running_with(mark(run))
        return (self.folder / "holds" / f"{moment}.{mark(run)}").exists()

    def hold_keeping(self, run: str) -> None:
        """Put a pipe where the first attempt is to keep its results."""
        place = self.folder / "kept" / self.dag / run / TASK / "1" / "run_results.json"
        place.parent.mkdir(parents=True)
        os.mkfifo(place)

    def task_process(self, run: str) -> int:
        """Return the process of the first attempt, once it has started dbt."""

        def leashed() -> list[int]:
            return running_with(mark(run), leash.__file__)

        return parent_of(self.airflow.until(leashed, "dbt runs")[0])

    def made(self) -> dict[str, int]:
        """Return the tables and views in the model's schema, and how many rows each has."""
        query = "select table_name from information_schema.tables where table_schema = 'slow'"
        return {
            name: self.shop.rows(f'select count(*) from slow."{name}"')[0][0]  # noqa: S608
            for (name,) in self.shop.rows(query)
        }


def mark(run: str) -> str:
    """Return what stands in the environment of each process of dbt in a run's first attempt."""
    return f"HELD_SHOP={run}.1"


def parent_of(process: int) -> int:
    """Return the process that started another: the task a leash, a supervisor the task."""
    status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    return int(status.rpartition(")")[2].split()[1])


def held_shop(airflow: LiveAirflow, postgres: Postgres, folder: Path, name: str) -> HeldShop:
    """Return the shop whose model and task wait to be held; what it reads is there already."""
    shop = shop_in_postgres(postgres, folder / "shop", name)
    (shop.folder / "models/slow_orders.sql").write_text(_MODEL, encoding="utf-8")
    (shop.folder / "tests/slow_orders_are_held.sql").write_text(_TEST, encoding="utf-8")
    shop.rows(_HOLD)
    words = ("build", "-s", "+stg_orders", "--indirect-selection", "cautious")
    dbt(shop.folder, *words, DBT_ENV_SECRET_SHOP=postgres.password)
    airflow.add_connection("held_db", **connection(shop))
    (folder / "holds").mkdir()
    program = folder / "dbt"
    program.write_text(_PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    spec = _SPEC.format(dag=name, project=shop.folder, program=program, kept=folder / "kept")
    deploy(airflow, name, spec)
    return HeldShop(airflow, shop, name, folder)
