"""A dbt project on PostgreSQL whose nodes can be told to fail or to take their time.

    raw -> base -> left, right, third (three that wait for one) ; base -> thin (ephemeral) -> wide
    base -> kept (a snapshot) ; told.orders (a source with freshness) -> lone

`base` has two tests, `lone` one that only warns, `left` a unit test, and one test reads `left` and
`lone`. Each model and seed counts its starts where no rollback reaches, and takes a lock on its
own name, so that a second dbt on the same node at the same time is counted too.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from live.postgres import Postgres
from live.server import BIN

MODELS: Final = ("base", "left", "right", "third", "wide", "lone")
NODES: Final = (*MODELS, "raw", "kept")

_SQL: Final = """
drop schema if exists {schema} cascade;
create schema {schema};
create table {schema}.orders (node text primary key, seconds float default 0, fails int default 0,
    bad bool default false, seen timestamptz default now());
insert into {schema}.orders (node) select unnest(array[{names}]);
create sequence {schema}.twice start 1;
create function {schema}.begin_node(name text) returns void language plpgsql as $$
declare told {schema}.orders; n bigint;
begin
  n := nextval('{schema}.runs_of_' || name);
  if not pg_try_advisory_lock(hashtext('{schema}' || name)) then
    perform nextval('{schema}.twice');
  end if;
  select * into told from {schema}.orders where node = name;
  perform pg_sleep(told.seconds);
  if n <= told.fails then raise exception '% was told to fail', name; end if;
end $$;
create function {schema}.end_node(name text) returns void language sql as
  $$ select pg_advisory_unlock(hashtext('{schema}' || name)) $$;
"""

_MODELS: Final = {
    "base": "select * from {{ ref('raw') }}",
    "left": "select * from {{ ref('base') }}",
    "right": "select * from {{ ref('base') }}",
    "third": "select * from {{ ref('base') }}",
    "thin": "{{ config(materialized='ephemeral') }} select id from {{ ref('base') }}",
    "wide": "select id, id + 1 as next_id from {{ ref('thin') }}",
    "lone": "-- {{ source('told', 'orders') }}\nselect 1 as id, "
    "'{{ var(\"day\", \"none\") }}' as day, '{{ flags.FULL_REFRESH }}' as refreshed",
}

_SCHEMA: Final = """
sources:
  - name: told
    schema: {schema}
    tables:
      - name: orders
        config:
          loaded_at_field: seen
          freshness: {{error_after: {{count: 1, period: hour}}}}
snapshots:
  - name: kept
    relation: ref('base')
    config: {{unique_key: id, strategy: check, check_cols: all}}
models:
  - name: base
    columns: [{{name: id, data_tests: [unique, not_null]}}]
unit_tests:
  - name: left_is_base
    model: left
    given: [{{input: ref('base'), rows: [{{id: 1}}]}}]
    expect: {{rows: [{{id: 1}}]}}
"""

_TESTS: Final = {
    "lone_warns": "{{ config(severity='warn') }} -- {{ ref('lone') }}",
    "left_and_lone": "-- {{ ref('left') }} {{ ref('lone') }}",
    "base_is_fine": "-- {{ ref('base') }}",
}


@dataclass(frozen=True, slots=True)
class WatchedShop:
    """The project in `folder`, and the schema that holds its orders and tables."""

    postgres: Postgres
    folder: Path
    schema: str

    def order(self, node: str, **what: object) -> None:
        """Tell a node to take some `seconds`, to fail some times, or that a test is `bad`."""
        for name, value in what.items():
            self.postgres.rows(
                f"update {self.schema}.orders set {name} = %s where node = %s",  # noqa: S608
                value,
                node,
            )

    def runs(self) -> dict[str, int]:
        """Return how often each node was started."""
        return {
            node: self.postgres.rows(
                "select coalesce(pg_sequence_last_value(%s::regclass), 0)",
                f"{self.schema}.runs_of_{node}",
            )[0][0]
            for node in NODES
        }

    def doubled(self) -> int:
        """Return how often a node was started while it ran."""
        found = self.postgres.rows(
            "select coalesce(pg_sequence_last_value(%s::regclass), 0)", f"{self.schema}.twice"
        )
        return int(found[0][0])

    def built(self) -> set[str]:
        """Return the tables that dbt left."""
        query = "select table_name from information_schema.tables where table_schema = %s"
        return {name for (name,) in self.postgres.rows(query, self.schema)}

    def value(self, query: str) -> Any:
        """Return the one value of a query in the schema."""
        return self.postgres.rows(query.format(schema=self.schema))[0][0]


def watched_shop(postgres: Postgres, folder: Path, schema: str) -> WatchedShop:
    """Return the project, written into `folder` and parsed."""
    shop = WatchedShop(postgres, folder, schema)
    reset(shop)
    for name, text in _files(postgres, schema).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    parse = [str(BIN / "dbt"), "parse", "--profiles-dir", "."]
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "False"}
    done = subprocess.run(
        parse, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return shop


def reset(shop: WatchedShop) -> None:
    """Forget every run and every order."""
    names = ", ".join(f"'{name}'" for name in (*NODES, *_TESTS))
    shop.postgres.rows(_SQL.format(schema=shop.schema, names=names))
    for node in NODES:
        shop.postgres.rows(f"create sequence {shop.schema}.runs_of_{node}")


def _files(postgres: Postgres, schema: str) -> Mapping[str, str]:
    hooks = {
        "+pre-hook": f"select {schema}.begin_node('{{{{ this.name }}}}')",
        "+post-hook": f"select {schema}.end_node('{{{{ this.name }}}}')",
    }
    project = {
        "name": "watched",
        "version": "1.0.0",
        "config-version": 2,
        "profile": "watched",
        "models": {"+materialized": "table", **hooks},
        "seeds": hooks,
        "snapshots": hooks,
    }
    target = {
        "type": "postgres",
        "host": postgres.host,
        "port": postgres.port,
        "user": postgres.user,
        "password": postgres.password,
        "dbname": postgres.database,
        "schema": schema,
        "threads": 2,
    }
    profile = {"watched": {"target": "dev", "outputs": {"dev": target}}}
    orders = f"select 1 from {schema}.orders where bad and node = "  # noqa: S608 (the test's own words)
    return {
        "dbt_project.yml": json.dumps(project),
        "profiles.yml": json.dumps(profile),
        "seeds/raw.csv": "id\n1\n2\n",
        "models/schema.yml": _SCHEMA.format(schema=schema),
        **{f"models/{name}.sql": text for name, text in _MODELS.items()},
        **{f"tests/{name}.sql": f"{text}\n{orders}'{name}'" for name, text in _TESTS.items()},
    }
