"""The parts of watcher mode: dbt's log, verdicts, the ledger, one look of a watcher."""

# ruff: noqa: PLC0415 (Airflow reads its settings on import, which the fixture must come before)
from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

pytestmark = [pytest.mark.airflow, pytest.mark.usefixtures("airflow")]


def event(name: str, level: str = "debug", **data: Any) -> str:
    return json.dumps({"info": {"name": name, "level": level, "msg": f"({name})"}, "data": data})


def finished(node: str, status: str, message: str = "") -> str:
    result = {"status": status, "message": message}
    return event("NodeFinished", node_info={"unique_id": node}, run_result=result)


def test_a_node_ends_when_dbt_says_that_it_finished() -> None:
    from dagwright_airflow.watcher.dbt_log import Line, read_line
    from dagwright_airflow.watcher.verdicts import NodeEnd

    assert read_line(finished("model.a", "error", "no table")) == Line(
        None, NodeEnd("model.a", "error", "no table")
    )
    started = event("LogStartLine", "info", node_info={"unique_id": "a", "node_status": "started"})
    assert read_line(started) == Line("(LogStartLine)")
    ephemeral = {"unique_id": "model.e", "materialized": "ephemeral"}
    assert read_line(event("NodeFinished", node_info=ephemeral)).end is None
    skipped = {"unique_id": "model.b", "node_status": "skipped"}
    assert read_line(event("SkippingDetails", "info", node_info=skipped)).end == NodeEnd(
        "model.b", "skipped"
    )


def test_what_is_no_event_is_passed_on() -> None:
    from dagwright_airflow.watcher.dbt_log import Line, read_line

    for line in ("", "a traceback", '{"not": "an event"}', "{cut off", "[1]", '{"info": 1}'):
        assert read_line(line) == Line(line)
    assert read_line("base " + finished("model.a", "success")).end is not None


def test_a_task_has_a_verdict_when_all_its_nodes_ended() -> None:
    from dagwright_airflow.watcher.verdicts import NodeEnd, Tasks

    tasks = Tasks({"a": ["model.a"], "t": ["test.1", "test.2"], "s": ["model.s", "test.s"]})
    assert tasks.hear(NodeEnd("model.a", "success")) == {"task": "a", "verdict": "done"}
    assert tasks.hear(NodeEnd("model.a", "error")) is None
    assert tasks.hear(NodeEnd("test.1", "warn", "3 rows")) is None
    assert tasks.hear(NodeEnd("model.unknown", "success")) is None
    assert tasks.hear(NodeEnd("test.2", "fail", "Got 1")) == {
        "task": "t",
        "verdict": "failed",
        "said": {"test.1": ["warn", "3 rows"], "test.2": ["fail", "Got 1"]},
    }
    assert tasks.hear(NodeEnd("model.s", "skipped")) is None
    assert tasks.unheard() == ["test.s"]
    assert tasks.hear(NodeEnd("test.s", "skipped")) == {"task": "s", "verdict": "skipped"}
    assert tasks.done() == ["a"]


def test_a_status_that_nobody_knows_is_a_failure() -> None:
    from dagwright_airflow.watcher.states import Verdict
    from dagwright_airflow.watcher.verdicts import NodeEnd

    assert NodeEnd("model.a", "reused").verdict is Verdict.FAILED


def told(task: str, verdict: str = "done") -> dict[str, Any]:
    return {"task": task, "verdict": verdict}


def test_a_reader_goes_on_where_it_stopped_and_reads_each_entry_once() -> None:
    from dagwright_airflow.watcher.ledger import Head, Publisher, Reader
    from dagwright_airflow.watcher.states import Verdict

    kept: dict[str, Any] = {}
    asked: list[str] = []

    def get(key: str) -> Any:
        asked.append(key)
        return kept.get(key)

    reader = Reader(get)
    assert not reader.read()
    first = Publisher(kept.__setitem__, Head(1, 0))
    first.tell(told("a"))
    first.end(["a"])
    assert reader.read()
    assert reader.told["a"].verdict is Verdict.DONE
    assert reader.head == Head(1, 0, ended=True)
    assert not reader.read()
    assert max(asked.count(key) for key in kept if key != "dagwright_head") == 1

    second = Publisher(kept.__setitem__, Head(2, 5))
    second.tell(told("b", "failed"))
    second.tell(told("a"), clears=0)
    second.stop()
    assert reader.read()
    assert {task: (e.verdict.value, e.clears) for task, e in reader.told.items()} == {
        "b": ("failed", 5),
        "a": ("done", 0),
    }
    assert reader.head == Head(2, 5)


def test_who_comes_late_asks_twice_whatever_was_told() -> None:
    from dagwright_airflow.watcher.ledger import Head, Publisher, read_at_the_end
    from dagwright_airflow.watcher.states import Verdict

    kept: dict[str, Any] = {}
    publisher = Publisher(kept.__setitem__, Head(3, 1))
    publisher.tell(told("old"), clears=0)
    for task in ("a", "b", "c"):
        publisher.tell(told(task))
    publisher.tell(told("bad", "failed"))
    publisher.stop()
    assert read_at_the_end(kept.get, "a")[1].verdict is Verdict.DONE  # Entry by entry.
    publisher.end(["old", "a", "b", "c", "bad", "untold"])
    assert len(kept["dagwright_3_end"]) == 3  # Not what is just done.

    asked: list[str] = []

    def get(key: str) -> Any:
        asked.append(key)
        return kept.get(key)

    found = {task: read_at_the_end(get, task)[1] for task in ("old", "a", "bad", "untold")}
    assert len(asked) == 2 * len(found)
    assert found["old"].clears == 0
    assert (found["a"].verdict, found["a"].clears) == (Verdict.DONE, 1)
    assert found["bad"].verdict is Verdict.FAILED
    assert found["untold"] is None


def test_what_nodes_said_is_kept_once_however_much_it_is() -> None:
    from dagwright_airflow.watcher.ledger import Head, Publisher, read_at_the_end

    kept: dict[str, Any] = {}
    publisher = Publisher(kept.__setitem__, Head(1, 0))
    for number in range(100):
        said = {f"test.{number}": ["fail", f"{number} " * 500]}
        publisher.tell({**told(f"t{number}", "failed"), "said": said})
    publisher.end([f"t{number}" for number in range(100)])
    assert len(json.dumps(kept["dagwright_1_end"])) < 100 * 100

    asked: list[str] = []

    def get(key: str) -> Any:
        asked.append(key)
        return kept.get(key)

    _, entry = read_at_the_end(get, "t7")
    assert entry is not None
    assert entry.said["test.7"] == ["fail", "7 " * 500]
    assert len(asked) == 3


def test_what_airflow_refuses_for_a_while_is_published_all_the_same() -> None:
    from dagwright_airflow.watcher.ledger import Head, Publisher, PublishingError, Reader

    kept: dict[str, Any] = {}
    faults = [None, OSError("502"), OSError("502"), None]

    def write(key: str, value: Any) -> None:
        fault = faults.pop(0) if faults else None
        if fault:
            raise fault
        kept[key] = value

    publisher = Publisher(write, Head(1, 0))
    publisher.tell(told("a"))
    publisher.end(["a"])
    reader = Reader(kept.get)
    reader.read()
    assert set(reader.told) == {"a"}

    def refuse(key: str, _value: Any) -> None:
        if key != "dagwright_head":
            raise OSError("down")

    publisher = Publisher(refuse, Head(1, 0), patience=0.1)
    publisher.tell(told("a"))
    with pytest.raises(PublishingError, match="down"):
        publisher.end(["a"])


def test_a_watcher_that_was_cleared_takes_no_older_word() -> None:
    from dagwright_airflow.watcher.ledger import Entry
    from dagwright_airflow.watcher.states import (
        Attempt,
        Do,
        Producer,
        Verdict,
        counts_from,
        tries_of,
    )
    from dagwright_airflow.watcher.trigger import Seen, decide

    seen = Seen(Producer.OVER, {"a": Entry(Verdict.DONE, 0)})
    assert decide(seen, "a", Attempt.FIRST, 0)[0] is Do.PASS
    assert decide(seen, "a", Attempt.FIRST, 1) == (Do.RUN, None)
    never, cleared = tries_of(1, 2, retries=2), tries_of(3, 4, retries=2)
    assert (never.attempt, counts_from(never, 7)) == (Attempt.FIRST, 0)
    assert (cleared.attempt, counts_from(cleared, 7)) == (Attempt.FIRST, 7)
    assert tries_of(4, 4, retries=2).attempt is Attempt.AGAIN


def test_looks_become_rarer_where_nothing_happens_and_most_where_nobody_answers() -> None:
    from dagwright_airflow.pauses import jittered, pause_after

    idle, mute = [1.0], [1.0]
    for _ in range(20):
        idle.append(pause_after(idle[-1]))
        mute.append(pause_after(mute[-1], answered=False))
    assert idle == sorted(idle)
    assert mute == sorted(mute)
    assert (idle[-1], mute[-1]) == (10, 60)
    assert pause_after(60, news=True) == 1
    several = [jittered(10) for _ in range(50)]
    assert len(set(several)) > 40
    assert 8 <= min(several) < max(several) <= 12


def test_all_watchers_of_a_run_share_one_poll_that_ends_with_the_last() -> None:
    """Nobody answers here, which changes nothing about who asks."""
    from dagwright_airflow.watcher.ledger import Place
    from dagwright_airflow.watcher.trigger import followed

    producer, ledger = Place("d", "r", "producer"), Place("d", "r", "results")

    async def watch() -> None:
        others = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
        async with followed(producer, ledger) as one:
            async with followed(producer, ledger) as same:
                assert same is one
                (poll,) = asyncio.all_tasks() - others - {asyncio.current_task()}
            async with followed(Place("d", "other", "producer"), ledger) as another:
                assert another is not one
            assert not poll.cancelled()
        await asyncio.gather(poll, return_exceptions=True)
        assert poll.cancelled()

    asyncio.run(watch())


def test_the_dbt_of_a_stopped_try_is_waited_for_once() -> None:
    from dagwright_airflow.watcher.ledger import Head, may_have_left_dbt, note_gone

    for head in (None, Head(1, 0)):
        kept: dict[str, Any] = {}
        assert may_have_left_dbt(head, kept.get)
        note_gone(head, kept.__setitem__)
        assert not may_have_left_dbt(head, kept.get)
        assert may_have_left_dbt(Head(2, 0), kept.get)
    assert not may_have_left_dbt(Head(1, 0, ended=True), {}.get)
