"""`graph --format html`: one page, whole, that holds every task and edge and acts on a click."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagwright.diagnostics import Report
from dagwright.emit.page import HEIGHT, WIDTH, laid_out, page
from dagwright.files import MemoryFiles
from dagwright.pipeline import Options, compile_spec
from dagwright.plan import Plan, Step
from manifests import manifest

PROJECT = """
model.shop.orders
model.shop.revenue <- model.shop.orders
model.shop.stock
test.shop.unique_orders <- model.shop.orders
"""
SPEC = """\
version: 1
dag: {id: shop}
render: {project_dir: shop}
execute: {mode: local, project_dir: /srv/shop}
"""


def plan(project: str = PROJECT) -> Plan:
    contents = {
        "shop.dagwright.yaml": SPEC.encode(),
        "shop/target/manifest.json": manifest(project),
    }
    compiled = compile_spec(MemoryFiles(contents), "shop.dagwright.yaml", Options(), Report())
    assert compiled is not None
    return compiled.plan


class Elements(HTMLParser):
    """The elements of a page with their attributes, and how each that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "input"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_task_and_edge_is_on_it_once() -> None:
    made = plan()
    elements = Elements(page(made))
    assert elements.open == []
    boxes = [attrs for tag, attrs in elements.found if tag == "g"]
    assert [box["data-at"] for box in boxes] == [str(at) for at in range(len(made.steps))]
    edges = [attrs["data-ends"] for tag, attrs in elements.found if tag == "path"]
    at = {step.id: number for number, step in enumerate(made.steps)}
    assert edges == [f"{at[up]} {at[one.id]}" for one in made.steps for up in one.after]


def test_it_asks_for_nothing_from_anywhere() -> None:
    text = page(plan())
    assert re.findall(r"https?:|src=|href=|url\(|@import|fetch", text) == []
    assert "default-src 'none'" in text
    assert text == page(plan())


def test_no_name_can_leave_its_place() -> None:
    name = "</script><script>alert(1)</script>&\"'"
    step = Step(id=name, kind="dbt", label=name, nodes=(name,), after=(), words=("run", name))
    made = plan()
    text = page(
        Plan(made.kind, {"id": name}, None, (), made.digests, made.command, (step,), (), {})
    )
    tags = [tag for tag, _ in Elements(text).found]
    assert tags.count("script") == 2
    data = re.search(r'id="data">(.*)</script>', text)
    assert data is not None
    assert json.loads(data[1])[0]["id"] == name


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    made: list[Step] = []
    for at in range(draw(st.integers(0, 12))):
        ups = draw(st.sets(st.integers(0, max(at - 1, 0)), max_size=3)) if at else set()
        after = tuple(f"t{up}" for up in sorted(ups))
        made.append(Step(id=f"t{at}", kind="dbt", label=f"t{at}", nodes=(), after=after))
    return made


@given(steps())
def test_a_task_stands_to_the_right_of_what_it_waits_for_and_on_no_other(made: list[Step]) -> None:
    places = laid_out(made)
    for step in made:
        assert all(places[up][0] + WIDTH < places[step.id][0] for up in step.after)
    assert len(set(places.values())) == len(made)
    for x, y in places.values():
        assert not any(x == x2 and 0 < y2 - y < HEIGHT for x2, y2 in places.values())


@pytest.mark.skipif(shutil.which("node") is None, reason="needs something that runs JavaScript")
def test_a_click_lights_up_what_is_before_and_after() -> None:
    done = subprocess.run(
        ["node", str(Path(__file__).parent / "graph_page.js"), "shop.orders.test", "REVENUE"],
        input=page(plan()),
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)
    assert said["near"] == ["shop.orders.run", "shop.orders.test", "shop.revenue.run"]
    assert said["panel"][0] == "shop.orders.test"
    assert said["panel"][1].startswith("dbt test ")
    assert said["panel"][-2:] == ["waits for", "shop.orders.run"]
    assert said["found"] == ["shop.revenue.run"]
    assert said["after"] == 4
