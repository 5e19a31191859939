"""The proof that selection is dbt's: random requests, answered by both sides."""

from __future__ import annotations

import json

import pytest

from dagwright.select import ExactSelectors
from dagwright.select.commands import kept_by
from differential.arbitrary import Requests, Vocabulary
from differential.compare import Sides
from differential.trim import trimmed
from literate import cases
from select_cases import MANIFEST, request_of

pytestmark = pytest.mark.dbt

TASKS = ("build", "clone", "compile", "ls", "run", "seed", "snapshot", "test")
USAGE_ERRORS = ("DW311", "DW312", "DW313", "DW314")
"""What dbt's command line refuses before selection, or renders."""


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Sides:
    pytest.importorskip("dbt.cli.main")
    return Sides(tmp_path_factory.mktemp("differential"))


@pytest.fixture(scope="module")
def requests(sides: Sides) -> Requests:
    return Requests(Vocabulary(sides.root / "target" / "manifest.json"))


def test_recorded_cases_are_dbts_answers(sides):
    """All of them but those of other releases, and those that never reach dbt's selection."""
    recorded = [
        (request_of(case), case)
        for case in cases("select")
        if "dbt" not in case.options["ask"]
        and not case.blocks.get("refused", "").startswith(USAGE_ERRORS)
    ]
    recorded = [(request, case) for request, case in recorded if request["command"] in TASKS]
    answers = sides.ask([request for request, _ in recorded])
    for answer, (_, case) in zip(answers, recorded, strict=True):
        if "ids" in case.blocks:
            assert answer["ids"] == case.blocks["ids"].split("\n")[:-1], case
        else:
            assert answer["ids"] is None, case
    assert len(recorded) > 80


def test_the_committed_manifest_is_that_of_the_project(sides, update):
    fresh = json.loads((sides.root / "target" / "manifest.json").read_text(encoding="utf-8"))
    if update:
        MANIFEST.write_text(trimmed(fresh), encoding="utf-8")
    committed = json.loads(MANIFEST.read_text(encoding="utf-8"))
    fresh["metadata"]["dbt_version"] = committed["metadata"]["dbt_version"]
    assert json.loads(trimmed(fresh)) == committed


def test_exact_selectors_are_exact_to_dbt(sides):
    exact = ExactSelectors(sides.project)
    wanted, asked = [], []
    for command in ("run", "seed", "snapshot", "test", "build"):
        kept = kept_by(command, sides.project.metadata.release)
        for one, resource in sides.project.resources.items():
            if not kept.keeps(resource):
                continue
            found = exact.for_nodes({one}, command)
            assert not found.ambiguous, found
            wanted.append([one])
            asked.append(
                {
                    "select": list(found.arguments),
                    "exclude": [],
                    "selector": None,
                    "selectors": [],
                    "indirect_selection": found.indirect,
                    "command": command,
                    "resource_types": [],
                    "exclude_resource_types": [],
                }
            )
    answers = [answer["ids"] for answer in sides.ask(asked)]
    assert answers == wanted
    assert len(wanted) > 100


def _agree(sides: Sides, asked: list[dict]) -> int:
    """Return how many requests found something, after checking that none found another thing."""
    checked = sides.check(asked)
    different = [one for one in checked if not one.same]
    assert not different, "\n".join(map(str, different[:20]))
    return sum(bool(one.ours) for one in checked)


def test_dbt_gives_the_same_answers(sides, requests):
    found = _agree(sides, [requests.request(number) for number in range(300)])
    assert found > 100


@pytest.mark.slow
def test_dbt_gives_the_same_answers_to_many(sides, requests):
    found = _agree(sides, [requests.request(number) for number in range(300, 6300)])
    assert found > 2000


def test_the_command_line_agrees_with_the_classes_behind_it(sides, requests):
    asked = []
    for number in range(20):
        request = requests.request(number)
        if request["selector"] is None:
            plain = {"selectors": [], "resource_types": [], "exclude_resource_types": []}
            asked.append({**request, **plain, "command": "ls", "real": True})
    names = ("nightly", "nightly_models", "spaced", "with_depth", "without_tests", "pair")
    asked += [
        {**asked[0], "select": [], "exclude": [], "selector": name, "indirect_selection": mode}
        for name in (*names, "pair_minus", "inherited", "inherited_more")
        for mode in ("eager", "cautious")
    ]
    assert _agree(sides, asked) > 10
