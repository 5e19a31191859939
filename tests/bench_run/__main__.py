"""Run the sample shop by each way, side by side: python tests/bench_run [SELECTOR...]

A whole Airflow (PostgreSQL, LocalExecutor with four slots) runs the shop's 72 nodes in our modes
`local` and `watcher` and in the peer's, and plain `dbt build` runs it without Airflow. Each is
timed from the trigger to the end of the run, and once a second all its processes are looked at for
the memory of tasks and of their dbt, and at the slots of workers that tasks take in Airflow's
database: in all, and by tasks other than a producer. DuckDB lets one process write at a time, so
where each node has a dbt of its own, tasks go one by one. A run of one seed comes first and is not
counted: who is first would pay for what Airflow reads once. Selectors leave the rest of the shop
out, for a shorter look. All of it ends after an hour, with what there is by then.

Then the follower replays logs of 100 to 3,000 nodes, and a real dbt builds as many with and
without a producer, which tells what a node costs it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any, Final

HERE: Final = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import slope  # noqa: E402
from sqlalchemy import create_engine, text  # noqa: E402

from dagwright_airflow.watcher.dbt_log import read_line  # noqa: E402
from dagwright_airflow.watcher.ledger import Head, Publisher  # noqa: E402
from dagwright_airflow.watcher.verdicts import Tasks  # noqa: E402
from live.postgres import running_postgres  # noqa: E402
from live.server import BIN, LiveAirflow, running_airflow  # noqa: E402
from processes import running_with  # noqa: E402

CONFIGS: Final = HERE.parent.parent / "configs"
MIB: Final = 1 << 20
SIZES: Final = (100, 300, 1_000, 3_000)
LOADER: Final = "# airflow dag\nfrom dagwright_airflow import load_dags\nload_dags(__file__)\n"

SPEC: Final = """\
version: 1
dag: {{id: {dag}, schedule: null, max_active_tasks: {most}}}
render: {{project_dir: {shop}, select: {select}, assets: {assets}}}
execute:
  {mode}
  project_dir: {shop}
  profile: {{profiles_dir: {shop}}}
  env: {{SHOP_DIR: {shop}}}
"""
MODES: Final = {
    "local": ("mode: local", 1),
    "watcher": ("mode: watcher\n  producer: {mode: local}", 16),
    "watcher_alone": ("mode: watcher\n  producer: {mode: local}", 16),
    "warm-up": ("mode: local", 1),
}
NO_ASSETS: Final = {"watcher_alone"}
"""Where no task updates an asset, for which Airflow needs a worker."""
LABELS: Final = {"watcher_alone": "our `watcher`, `assets: false`"}
WARM_UP: Final = ["raw_orders"]

PEER: Final = """\
# airflow dag
import os
from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode

shop = {shop!r}
dag = DbtDag(
    dag_id={dag!r},
    schedule=None,
    max_active_tasks={most},
    project_config=ProjectConfig(
        shop, manifest_path=shop + "/target/manifest.json", env_vars={{"SHOP_DIR": shop}},
        install_dbt_deps=False,
    ),
    profile_config=ProfileConfig(
        profile_name="shop", target_name="dev", profiles_yml_filepath=shop + "/profiles.yml"
    ),
    execution_config=ExecutionConfig(
        execution_mode=ExecutionMode.{mode}, invocation_mode=InvocationMode.SUBPROCESS,
        dbt_executable_path={dbt!r},
    ),
    render_config=RenderConfig(
        load_method=LoadMode.DBT_MANIFEST, should_detach_multiple_parents_tests=True,
        select={select!r},
    ),
)
"""
PEERS: Final = {"local": 1, "watcher": 16}


RUN_SECONDS: Final = 2_400
COST_SECONDS: Final = 1_200


@dataclass(slots=True)
class Seen:
    """What was seen of a run: the most memory at once, and the slots taken, second by second."""

    idle: Mapping[int, int] = field(default_factory=dict)
    """Of Airflow's processes before it, by pid: what each of them has more counts."""
    peak: int = 0
    slots: list[int] = field(default_factory=list)
    """Of all tasks."""
    others: list[int] = field(default_factory=list)
    """Of those that are no producer."""


Row = tuple[str, str, float, Seen]


class LateError(Exception):
    """It takes too long."""


def main(select: list[str]) -> int:
    """Print the tables; 1 if a run of ours did not end well, or at all."""
    rows: list[Row] = []
    with at_most(RUN_SECONDS):
        measure(rows, select)
    show(rows)
    with at_most(COST_SECONDS):
        replay()
        slope.main(slope.SIZES)
    bad = [name for name, state, *_ in rows if "peer" not in name and state != "success"]
    return int(bool(bad) or len(rows) < 2 + 2 * len(PEERS))


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Go on after so many seconds, whatever is being measured."""

    def late(*_: object) -> None:
        raise LateError(f"\n{seconds} seconds are over; this is what there is by now.\n")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    except LateError as error:
        say(error)
    finally:
        signal.alarm(0)


def measure(rows: list[Row], select: list[str]) -> None:
    """Add the rows, one by one."""
    root = Path(tempfile.mkdtemp(prefix="dagwright-bench-"))
    try:
        rows.append(plain(shop_in(root / "plain"), select))
        with (
            running_postgres() as postgres,
            running_airflow(postgres, root / "airflow", {"OPENBLAS_NUM_THREADS": "1"}) as airflow,
        ):
            ours(airflow, root, "warm-up", WARM_UP)
            rows.append(ours(airflow, root, "watcher_alone", select))
            for name in ("watcher", "local"):
                rows.append(ours(airflow, root, name, select))
                rows.append(peers(airflow, root, name, select))
    finally:
        shutil.rmtree(root, ignore_errors=True)


def shop_in(folder: Path) -> Path:
    """Return a parsed copy of the shop."""
    made = shutil.ignore_patterns("target", "logs", "*.duckdb*")
    shop = Path(shutil.copytree(CONFIGS / "shop", folder / "shop", ignore=made))
    dbt(shop, "parse")
    return shop


def dbt(shop: Path, *words: str) -> int:
    """Return the exit status of dbt in the shop."""
    environment = {**os.environ, "SHOP_DIR": str(shop), "DBT_SEND_ANONYMOUS_USAGE_STATS": "False"}
    argv = [str(BIN / "dbt"), *words, "--profiles-dir", "."]
    return subprocess.run(
        argv, cwd=shop, env=environment, stdout=subprocess.DEVNULL, check=False
    ).returncode


def plain(shop: Path, select: list[str]) -> Row:
    """Return how `dbt build` itself does."""
    mark = "DAGWRIGHT_BENCH=plain"
    os.environ["DAGWRIGHT_BENCH"] = "plain"
    seen = Seen()
    with looked_at(mark, seen, without=os.getpid()):
        start = time.monotonic()
        status = dbt(shop, "build", *(word for one in select for word in ("--select", one)))
        seconds = time.monotonic() - start
    del os.environ["DAGWRIGHT_BENCH"]
    return "plain `dbt build`", "failed" if status else "success", seconds, seen


def ours(airflow: LiveAirflow, root: Path, name: str, select: list[str]) -> Row:
    """Return how one of our modes does."""
    dag = f"our_{name}"
    shop = shop_in(root / dag)
    folder = airflow.dags / dag
    folder.mkdir()
    mode, most = MODES[name]
    spec = folder / f"{dag}.dagwright.yaml"
    given = {"mode": mode, "most": most, "select": json.dumps(select or ["*"])}
    given["assets"] = json.dumps(name not in NO_ASSETS)
    spec.write_text(SPEC.format(dag=dag, shop=shop, **given), encoding="utf-8")
    argv = [str(BIN / "dagwright"), "compile", str(spec), "--output", str(folder / "compiled")]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    (folder / "loader.py").write_text(LOADER, encoding="utf-8")
    return (LABELS.get(name, f"our `{name}`"), *timed(airflow, dag))


def peers(airflow: LiveAirflow, root: Path, name: str, select: list[str]) -> Row:
    """Return how one of the peer's modes does."""
    dag = f"peer_{name}"
    shop = shop_in(root / dag)
    most = PEERS[name]
    given = {"mode": name.upper(), "most": most, "select": select, "dbt": str(BIN / "dbt")}
    text = PEER.format(shop=str(shop), dag=dag, **given)
    (airflow.dags / f"{dag}.py").write_text(text, encoding="utf-8")
    return (f"peer's `{name}`", *timed(airflow, dag))


def timed(airflow: LiveAirflow, dag: str) -> tuple[str, float, Seen]:
    """Return the state, the seconds and what was seen of one run."""
    airflow.await_dag(dag)
    seen = Seen({pid: memory(pid) for pid in running_with(airflow.mark)})
    with looked_at(airflow.mark, seen, airflow=airflow):
        start = time.monotonic()
        run = airflow.trigger(dag)
        state = airflow.wait(dag, run)
        seconds = time.monotonic() - start
    if state != "success":
        say({name: one for name, one in airflow.states(dag, run).items() if one != "success"})
    (airflow.dags / f"{dag}.py").unlink(missing_ok=True)
    return state, seconds, seen


@contextmanager
def looked_at(
    mark: str, seen: Seen, without: int = 0, airflow: LiveAirflow | None = None
) -> Iterator[None]:
    """Look once a second at the memory of all processes that carry `mark`, and at the slots."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(1):
            mine = [pid for pid in running_with(mark) if pid != without]
            more = [memory(pid) - seen.idle.get(pid, 0) for pid in mine]
            seen.peak = max(seen.peak, sum(one for one in more if one > 0))
            if airflow is not None:
                taken, others = slots(airflow)
                seen.slots.append(taken)
                seen.others.append(others)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def slots(airflow: LiveAirflow) -> tuple[int, int]:
    """Return how many tasks are queued or run, and how many of them are no producer."""
    query = """select count(*), count(*) filter (where task_id not like '%producer%')
        from task_instance where state in ('queued', 'running')"""
    engine = create_engine(airflow.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    with engine.connect() as connection:
        taken, others = connection.execute(text(query)).one()
    engine.dispose()
    return taken, others


def memory(pid: int) -> int:
    """Return the bytes of memory that are a process's share; 0 if it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if "Pss:" in line), 0)


def show(rows: list[Row]) -> None:
    """Print what was measured as Markdown."""
    say("| the shop by | ended | seconds | memory over idle, MiB | slots, mean | of no producer |")
    say("| --- | --- | --- | --- | --- | --- |")
    for name, state, seconds, seen in rows:
        usual = f"{mean(seen.slots):.2f} | {mean(seen.others):.2f}" if seen.slots else "- | -"
        say(f"| {name} | {state} | {seconds:.0f} | {seen.peak / MIB:.0f} | {usual} |")
    say("\nA watcher that waits has no slot: it takes one for a moment, to start and to settle.")


def replay() -> None:
    """Print what a node costs the producer, by the size of the log."""
    say("\n| nodes in the log | CPU us a node | XComs written | bytes an XCom |")
    say("| --- | --- | --- | --- |")
    for size in SIZES:
        tasks = Tasks({f"t{n}": [f"model.shop.m{n}"] for n in range(size)})
        written: dict[str, int] = {}

        def write(key: str, value: Any, written: dict[str, int] = written) -> None:
            written[key] = len(json.dumps(value))
            time.sleep(0.01)  # About what Airflow's API takes; no CPU.

        publisher = Publisher(write, Head(1, 0))
        lines = [log_line(n) for n in range(size)]
        start = time.process_time()
        for line in lines:
            end = read_line(line).end
            told = tasks.hear(end) if end else None
            if told:
                publisher.tell(told)
        publisher.end(tasks.nodes)
        spent = (time.process_time() - start) / size * 1e6
        say(f"| {size} | {spent:.0f} | {len(written)} | {max(written.values())} |")


def log_line(number: int) -> str:
    """Return the line in which dbt says that a node finished."""
    node: Mapping[str, Any] = {"unique_id": f"model.shop.m{number}", "node_status": "success"}
    result = {"status": "success", "message": "CREATE VIEW", "execution_time": 0.1}
    data = {"node_info": node, "run_result": result}
    return json.dumps(
        {"info": {"name": "NodeFinished", "level": "debug", "msg": "x"}, "data": data}
    )


def say(what: object) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
