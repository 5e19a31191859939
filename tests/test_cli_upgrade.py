"""`dagwright upgrade`: what it writes, what it leaves, and when it refuses."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from dagwright.cli import program
from dagwright.cli.fix import write
from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, Drafts, MemoryFiles
from dagwright.mend import Fixed
from dagwright.pipeline import Options, compile_spec
from dagwright.spec import read_spec
from dagwright.upgrade import Upgrading
from dagwright.upgrade.meaning import changes, meaning
from literate import Case, cases
from manifests import manifest
from spec_cases import GOOD, whole

NAME = "case.dagwright.yaml"
SPEC = """\
version: 1
dag: {id: shop, schedule: "@daily"}
render: {project_dir: shop}
execute: {mode: local, project_dir: /srv/shop, vars: {start: "1:30"}}
"""
OLD = SPEC.replace("schedule:", "schedule_interval:")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["upgrade", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("case", list(cases("cli/upgrade")), ids=str)
def test_upgrade_cases(case: Case, folder: Path, *, update: bool) -> None:
    """The block `after` is the new text, then what was said, by line, as comments."""
    before = case.blocks["before"]
    text = before if "before whole" in case.chunk else whole(before)
    path = folder / NAME
    path.write_text(text)
    done = run("--format", "concise")
    said = (*done.stderr.splitlines(), *done.stdout.splitlines())
    told = "".join(f"# {line.replace(f'{NAME}:', '')}\n" for line in said)
    after = path.read_text().removesuffix(text[len(before) :])
    case.expect("after", f"{after}{told}", update=update)
    again = run("--format", "concise")
    assert (again.stdout, again.stderr) == (done.stdout, "")


def test_check_and_diff_write_nothing_and_fail_where_something_is_old(folder: Path) -> None:
    path = folder / NAME
    path.write_text(OLD)
    line = f"{NAME}:2: DW108 retired-key: schedule_interval -> schedule\n"
    checked = run("--check", "--format", "concise")
    assert checked.stderr == f"would upgrade {line}"
    assert f"{NAME}:2:17: DW108" in checked.stdout
    shown = run("--diff")
    assert shown.stderr.startswith(f"would upgrade {line}")
    assert [one for one in shown.stdout.splitlines() if one[0] in "+-"] == [
        f"--- a/{NAME}",
        f"+++ b/{NAME}",
        *(f"-{one}" for one in OLD.splitlines() if "interval" in one),
        *(f"+{one}" for one in SPEC.splitlines() if "schedule" in one),
    ]
    assert (checked.exit_code, shown.exit_code) == (1, 1)
    assert path.read_text() == OLD
    done = run()
    assert (done.exit_code, done.stderr) == (0, f"upgraded {line}")
    assert path.read_text() == SPEC
    assert (run("--check").exit_code, run("--check").stderr) == (0, "")


def test_check_fails_for_a_warning_that_validate_lets_pass(folder: Path) -> None:
    (folder / NAME).write_text(SPEC.replace('"1:30"', "1:30"))
    assert CliRunner().invoke(program, ["validate"]).exit_code == 0
    assert run("--check").exit_code == 1


def test_layout_line_ends_links_and_modes_stay(folder: Path) -> None:
    (folder / "real.yaml").write_bytes(b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode())
    (folder / "real.yaml").chmod(0o640)
    (folder / NAME).symlink_to("real.yaml")
    run(NAME)
    assert (folder / NAME).is_symlink()
    assert (folder / "real.yaml").stat().st_mode & 0o777 == 0o640
    expected = b"\xef\xbb\xbf" + SPEC.replace("\n", "\r\n").encode()
    assert (folder / "real.yaml").read_bytes() == expected


def test_what_cannot_be_written_is_said(folder: Path) -> None:
    (folder / "file").write_text("no folder")
    drafts = Drafts(DiskFiles(), {f"file/{NAME}": SPEC.encode()})
    with pytest.raises(click.UsageError, match=f"cannot write {folder}/file/{NAME}"):
        write(Fixed(drafts, (), Report()), DiskFiles())


# Files that several specs extend

BASE = "x-limits: &limits {task_concurrency: 2}\ndag: {default_args: *limits}\n"


def child(name: str, more: str = "") -> str:
    return f"extends: base.yaml\n{SPEC.replace('id: shop', f'id: {name}')}{more}"


def test_what_a_spec_extends_is_upgraded_too(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE)
    (folder / "a.dagwright.yaml").write_text(child("a"))
    done = run(f"{folder}/a.dagwright.yaml")
    assert done.exit_code == 0
    assert "task_concurrency" not in (folder / "base.yaml").read_text()


def test_a_spec_that_is_not_named_must_mean_the_same_too(folder: Path) -> None:
    (folder / "base.yaml").write_text("x-limits: &limits {task_concurrency: 2}\n" + OLD)
    (folder / "a.dagwright.yaml").write_text("extends: base.yaml\nexecute: {vars: {}}\n")
    other = "extends: base.yaml\ndag: {id: b, schedule_interval: '@hourly'}\n"
    (folder / "b.dagwright.yaml").write_text(other)
    # What `b` says replaces a key of the base only as long as both are called the same.
    refused = run("a.dagwright.yaml", "--format", "concise")
    assert refused.exit_code == 1
    assert refused.stdout.startswith("b.dagwright.yaml:1:1: DW651")
    assert "schedule_interval" in (folder / "base.yaml").read_text()
    assert run().exit_code == 0
    assert "schedule_interval" not in (folder / "base.yaml").read_text()


# What may not change


def test_the_artifact_stays_the_same_to_the_byte() -> None:
    text = OLD.replace("schedule_interval", "schedule").replace('"1:30"', "1:30")
    contents = {
        NAME: text.encode(),
        "shop/target/manifest.json": manifest("model.shop.orders"),
    }
    files = MemoryFiles(contents)
    fixed = Upgrading([NAME], {}).upgraded(files)
    assert fixed.drafts.texts == {NAME: SPEC.encode()}
    old, new = (compile_spec(disk, NAME, Options(), Report()) for disk in (files, fixed.drafts))
    assert old is not None
    assert new is not None
    assert old.text == new.text


def test_another_artifact_is_another_meaning_though_every_value_is_the_same() -> None:
    projects = {
        "shop/target/manifest.json": manifest("model.shop.orders"),
        "dags/shop/target/manifest.json": manifest("model.shop.invoices"),
    }
    here = SPEC.replace("render: {project_dir: shop}\n", "extends: dags/base.yaml\n")
    render = "render: {project_dir: shop}\n"
    before = {NAME: f"{here}{render}", "dags/base.yaml": "{}"}
    after = {NAME: here, "dags/base.yaml": render}
    meanings = []
    for texts in (before, after):
        files = MemoryFiles({**projects, **{name: text.encode() for name, text in texts.items()}})
        report = Report()
        document = read_spec(files, NAME, {}, report)
        meanings.append(meaning(files, NAME, document, report))
    said = [found.message for found in changes(*meanings)]
    assert said == [
        f"{NAME} would not mean the same after an upgrade: its artifact would be another one"
    ]
    assert list(changes(meanings[0], meanings[0])) == []


NEWEST = GOOD.replace("retry_delay: 5m", "retry_delay: 300s").replace(
    "execution_timeout: 2h", "max_active_tis_per_dag: 2"
)
OLD_WORDS = {
    "  id: shop": "  dag_id: shop",
    "  schedule: ": "  schedule_interval: ",
    "retry_delay: 300s": "retry_delay: 300",
    "dag: {schedule: {assets: ": "dag: {schedule_interval: {datasets: ",
    "max_active_tis_per_dag: 2": "task_concurrency: 2",
}


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(OLD_WORDS))))
def test_only_the_words_change(chosen: set[str]) -> None:
    old = NEWEST
    for word in chosen:
        old = old.replace(word, OLD_WORDS[word], 1)
    fixed = Upgrading([NAME], {}).upgraded(MemoryFiles({NAME: old.encode()}))
    assert fixed.left.sorted() == []
    assert fixed.drafts.read(NAME).decode() == NEWEST
