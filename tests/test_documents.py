"""What our Markdown shows is true: blocks are run, tables are made from the code.

In a document, `<!-- run: COMMAND -->` stands before a block that must be what the command prints,
`<!-- file: PATH -->` before one that is (or becomes) that file, and `<!-- table: NAME -->` before
a table that is made here. `pytest --update` writes them anew.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path

import pytest
import tomllib
from click.testing import CliRunner

from dagwright.cli import COMMANDS, program
from dagwright.passes import PASSES
from dagwright.plan.warehouses import WAREHOUSES, Warehouse
from dagwright.spec.abilities import FEATURES, modes_with
from dagwright.spec.model import MODES
from profile_tables import fields_table, profiles_table
from run_table import faults_table
from run_table import table as runs_table
from state_tables import states

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "compiler/ARCHITECTURE.md",
    ROOT / "compiler/WATCHER.md",
    ROOT / "compiler/PROFILES.md",
    ROOT / "compiler/ASYNC.md",
]
MARK = re.compile(r"<!-- (run|file): ([^\n]*?) -->\n```(\w*)\n(.*?)```\n", re.DOTALL)
TABLE = re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)


def without_comments(text: str) -> str:
    """Return YAML without its comments, and without the empty lines that these leave."""
    lines = [
        re.sub(r"(^|\s+)#(?! yaml-language-server).*", "", line) for line in text.splitlines()
    ]
    kept = [line for line, old in zip(lines, text.splitlines(), strict=True) if line or not old]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"


def shown(path: str, written: str, folder: Path) -> str:
    """Return what a `file:` block shows: the file of that name, or the block, which becomes it."""
    name, _, how = path.partition(" ")
    existing = folder / name
    if not existing.exists():
        existing.write_text(written, encoding="utf-8")
        return written
    text = existing.read_text(encoding="utf-8")
    return without_comments(text) if how else text


def printed(command: str) -> str:
    name, *arguments = shlex.split(command)
    assert name == "dagwright"
    return CliRunner().invoke(program, arguments, catch_exceptions=False).output


@pytest.mark.dbt
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_blocks_are_what_the_commands_print(document, update, configs, monkeypatch) -> None:
    monkeypatch.chdir(configs.parent)
    text = document.read_text(encoding="utf-8")

    def fresh(match: re.Match[str]) -> str:
        kind, what, language, written = match.groups()
        new = printed(what) if kind == "run" else shown(what, written, configs.parent)
        return f"<!-- {kind}: {what} -->\n```{language}\n{new}```\n"

    agree(document, text, MARK.sub(fresh, text), update=update)


def layers() -> list[str]:
    """Return the stages that import-linter orders, the lowest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (
        one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers"
    )
    names = [name.strip() for row in contract["layers"][::-1] for name in row.split("|")]
    return [name.removeprefix("dagwright.") for name in names if "__main__" not in name]


def first_line(function: Callable[..., object]) -> str:
    module = __import__(function.__module__, fromlist=["_"])
    return str(module.__doc__).partition("\n")[0].rstrip(".")


def passes_table(_written: str) -> str:
    rows = (f"| `{name}` | {first_line(run)} |\n" for name, run, _ in PASSES)
    return "".join(("| pass | what it does |\n| --- | --- |\n", *rows))


def layers_table(written: str) -> str:
    """Return the table as it is, if its rows are the layers in their order."""
    rows = re.findall(r"^\| `(\w+)` \|", written, re.MULTILINE)
    assert sorted(rows) == sorted(layers())
    in_order = [name for name in layers() if name not in ("spec", "project")]
    assert [name for name in rows if name not in ("spec", "project")] == in_order
    return written


def cell(values: Iterable[Enum], of: type[Enum]) -> str:
    """Return the words of a cell, in the order in which they are declared."""
    words = [one.value for one in of if one in set(values)]
    return "any" if len(words) == len(of) else ", ".join(words)


def watcher_table(_written: str) -> str:
    rows = (
        f"| {cell(row.attempt, states.Attempt)} | {cell(row.verdict, states.Verdict)} "
        f"| {cell(row.producer, states.Producer)} | `{row.do.value}` | {row.why} |\n"
        for row in states.WATCHER
    )
    head = "| attempt | verdict | producer | does | because |\n| --- | --- | --- | --- | --- |\n"
    return "".join((head, *rows))


def producer_table(_written: str) -> str:
    rows = (
        f"| {row.start.value} | {cell(row.verdict, states.Verdict)} "
        f"| {cell(row.watcher, states.Watcher)} | `{row.plan.value}` | {row.why} |\n"
        for row in states.PRODUCER
    )
    head = "| start | verdict | watcher | does | because |\n| --- | --- | --- | --- | --- |\n"
    return "".join((head, *rows))


def modes_table(_written: str) -> str:
    rows = (
        f"| `{name}` | {str(block.__doc__).partition(chr(10))[0].rstrip('.')} |\n"
        for name, block in MODES.items()
    )
    return "".join(("| mode | where dbt runs |\n| --- | --- |\n", *rows))


def abilities_table(_written: str) -> str:
    """Return what containers can do in part, mode by mode."""
    modes = [mode for mode in MODES if any(mode in able for able in FEATURES.values())]
    head = f"| | {' | '.join(f'`{mode}`' for mode in modes)} |\n| --- |{' --- |' * len(modes)}\n"
    rows = (
        f"| `{'.'.join(feature).replace('.=', ': ').replace('.*', '')}` | "
        + " | ".join("yes" if mode in modes_with(feature) else "" for mode in modes)
        + " |\n"
        for feature in FEATURES
    )
    return "".join((head, *rows))


def warehouses_table(_written: str) -> str:
    def made(row: Warehouse, name: str) -> str:
        if name not in row.statements:
            return f"by dbt: {row.refusals[name]}"
        return "; ".join(f"`{' '.join(line.split())}`" for line in row.statements[name])

    rows = (
        f"| `{name}` | {made(row, 'table')} | {made(row, 'view')} |\n"
        for name, row in WAREHOUSES.items()
    )
    return "".join(("| warehouse | a table | a view |\n| --- | --- | --- |\n", *rows))


TABLES: Mapping[str, Callable[[str], str]] = {
    "modes": modes_table,
    "abilities": abilities_table,
    "runs": lambda _: runs_table(),
    "profiles": lambda _: profiles_table(),
    "fields": lambda _: fields_table(),
    "passes": passes_table,
    "layers": layers_table,
    "watcher": watcher_table,
    "faults": faults_table,
    "producer": producer_table,
    "warehouses": warehouses_table,
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_tables_are_made_from_the_code(document, update) -> None:
    text = document.read_text(encoding="utf-8")

    def fresh(match: re.Match[str]) -> str:
        name, written = match.groups()
        return f"<!-- table: {name} -->\n{TABLES[name](written)}<!-- end -->\n"

    agree(document, text, TABLE.sub(fresh, text), update=update)


def agree(document: Path, text: str, new: str, *, update: bool) -> None:
    if update and new != text:
        document.write_text(new, encoding="utf-8")
        return
    assert text == new


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_paths_lead_somewhere(document) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_architecture_page_names_files_that_exist() -> None:
    text = DOCUMENTS[1].read_text(encoding="utf-8")
    names = re.findall(r"`((?:\w+/)+\w+\.py)`", text)
    places = (ROOT / "compiler/dagwright", ROOT / "compiler")
    assert names
    assert [n for n in names if not any((place / n).exists() for place in places)] == []


def test_the_readme_lists_every_command() -> None:
    text = DOCUMENTS[0].read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`dagwright {name}" not in text] == []


def test_the_readme_names_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = DOCUMENTS[0].read_text(encoding="utf-8") + (ROOT / ".ci/run").read_text()
    assert set(re.findall(r"\bmake ([a-z-]+)\b", text)) - targets == set()


def test_every_example_spec_compiles(configs, monkeypatch) -> None:
    monkeypatch.chdir(configs / "dags")
    compiled = CliRunner().invoke(program, ["compile"], catch_exceptions=False)
    assert compiled.exit_code == 0, compiled.output
    specs = sorted(path.name for path in (configs / "dags").glob("*.dagwright.yaml"))
    assert len(compiled.stdout.splitlines()) == len(specs)
    shutil.rmtree(configs / "dags/compiled")


test_every_example_spec_compiles.pytestmark = [pytest.mark.dbt]


@pytest.mark.dbt
def test_one_example_runs_in_three_places_with_one_shape(configs, monkeypatch) -> None:
    monkeypatch.chdir(configs / "dags")
    spec, shapes, kinds = "shop_environments.dagwright.yaml", set(), {}
    for name in ("dev", "ci", "prod"):
        words = ["compile", spec, "--environment", name]
        compiled = CliRunner().invoke(program, words, catch_exceptions=False)
        assert compiled.exit_code == 0, compiled.output
        made = json.loads(Path("compiled/shop_environments.dag.json").read_bytes())
        assert made["environment"] == name
        shapes.add(made["digests"]["shape"])
        kinds[name] = {task["kind"] for task in made["tasks"]} - {"empty"}
    assert len(shapes) == 1
    assert kinds == {"dev": {"dbt"}, "ci": {"docker"}, "prod": {"kubernetes"}}
