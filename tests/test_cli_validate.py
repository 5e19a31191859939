"""`dagwright validate`: fixing, watching, standard input, GitHub, and what it does not import."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagwright.cli import program
from dagwright.cli.findings import STATIC, judge_ignores
from dagwright.cli.watch import Noting, watch
from dagwright.diagnostics import Report
from dagwright.files import Files, MemoryFiles
from dagwright.mend import fix
from dagwright.spec.validate import validate_spec
from literate import Case, cases
from spec_cases import GOOD, whole

SPEC = """\
version: 1
dag: {id: shop}
render: {project_dir: shop}
execute: {mode: local, project_dir: /srv/shop}
"""
MISSPELT = SPEC.replace("execute: {mode", "execute: {moed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop.dagwright.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(program, list(arguments), input=stdin, catch_exceptions=False)


def checked(files: Files) -> Report:
    report = Report()
    validate_spec(files, "spec.yaml", None, {}, report)
    return report


# Fixing


@pytest.mark.parametrize("case", list(cases("cli/fix")), ids=str)
def test_fix_cases(case: Case, folder: Path, request: pytest.FixtureRequest) -> None:
    """The block `after` is the mended text, then what was said, by line, as comments."""
    before = case.blocks["before"]
    path = folder / "case.dagwright.yaml"
    path.write_text(whole(before))
    fixed = run("validate", "case.dagwright.yaml", "--fix", "--format", "concise")
    said = (*fixed.stderr.splitlines(), *fixed.stdout.splitlines())
    told = "".join(f"# {line.replace('case.dagwright.yaml:', '')}\n" for line in said)
    after = path.read_text().removesuffix(whole(before)[len(before) :])
    case.expect("after", f"{after}{told}", update=bool(request.config.getoption("--update")))
    again = run("validate", "case.dagwright.yaml", "--fix", "--format", "concise")
    assert (again.stdout, again.stderr) == (fixed.stdout, "")


def test_diff_changes_nothing_and_fix_does_what_it_shows(folder: Path) -> None:
    path = folder / "shop.dagwright.yaml"
    path.write_text(MISSPELT)
    shown = run("validate", "--diff")
    assert shown.exit_code == 1
    assert path.read_text() == MISSPELT
    patch = [line for line in shown.stdout.splitlines() if line[0] in "+-"]
    assert patch == [
        "--- a/shop.dagwright.yaml",
        "+++ b/shop.dagwright.yaml",
        "-execute: {moed: local, project_dir: /srv/shop}",
        "+execute: {mode: local, project_dir: /srv/shop}",
    ]
    assert run("validate", "--fix").exit_code == 0
    assert path.read_text() == SPEC
    assert run("validate", "--diff").stdout == ""


def test_fix_mends_the_file_where_the_mistake_is_written(folder: Path) -> None:
    (folder / "base.yaml").write_text("dag: {tagz: [a]}\n")
    (folder / "shop.dagwright.yaml").write_text(f"extends: base.yaml\n{SPEC}")
    assert run("validate", "--fix").exit_code == 0
    assert (folder / "base.yaml").read_text() == "dag: {tags: [a]}\n"


def test_fix_says_what_it_cannot_write(folder: Path) -> None:
    (folder / "shop.dagwright.yaml").write_text(MISSPELT)
    linked = folder / "gone" / "x.dagwright.yaml"
    refused = run("validate", str(linked), "--fix")
    assert refused.exit_code == 1
    assert "DW009" in refused.stdout


def test_a_diff_shows_no_secret(folder: Path) -> None:
    env = "/srv/shop,\n  env: {DBT_PASSWORD: hunter2}}"
    text = SPEC.replace("/srv/shop}", env).replace("local,", "locall,")
    (folder / "shop.dagwright.yaml").write_text(text)
    shown = run("validate", "--diff")
    assert "+execute: {mode: local," in shown.stdout
    assert "DBT_PASSWORD: *******" in shown.stdout
    assert "hunter2" not in shown.output


@st.composite
def slipped(draw: st.DrawFn) -> str:
    """Return the good spec with slips of the pen in it: letters lost, doubled and swapped."""
    text = GOOD
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text) - 2))
        if text[at : at + 2].isalpha():
            one, two = text[at : at + 2]
            text = (
                text[:at]
                + draw(st.sampled_from((one, one + one + two, two + one)))
                + text[at + 2 :]
            )
    return text


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(slipped())
def test_fixing_adds_no_syntax_error_and_ends(text: str) -> None:
    files = MemoryFiles({"spec.yaml": text.encode()})
    before = {found.rule.code for found in checked(files).found}
    fixed = fix(files, checked)
    after = {found.rule.code for found in fixed.left.found}
    assert {code for code in after - before if code.startswith("DW0")} == set()
    assert all(found.instead is None for found in fixed.left.sorted())
    assert files.writes == []


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(slipped())
def test_fixing_leaves_every_line_that_it_does_not_tell_of(text: str) -> None:
    fixed = fix(MemoryFiles({"spec.yaml": text.encode()}), checked)
    new = fixed.drafts.texts.get("spec.yaml", text.encode()).decode().splitlines()
    told = {int(line.split(":")[1]) for line in fixed.done}
    pairs = enumerate(zip(text.splitlines(), new, strict=True), 1)
    assert {number for number, (old, now) in pairs if old != now} == told


def test_fixing_warnings_keeps_what_a_spec_means() -> None:
    text = (
        "\ufeffversion: 1\r\n"
        "dag: {id: shop, params: {1_000: a, at: 1:30}}  # dagwright: ignore[DW702] gone\r\n"
        "render: {project_dir: shop}\r\n"
        "execute: {mode: local, project_dir: shop}\r\n"
    )
    files = MemoryFiles({"spec.yaml": text.encode()})

    def judged(some: Files) -> Report:
        report = checked(some)
        judge_ignores(report, STATIC)
        return report

    assert {found.rule.code for found in judged(files).found} == {
        *("DW013", "DW014", "DW015", "DW021")
    }
    fixed = fix(files, judged)
    assert fixed.left.found == []
    assert fixed.drafts.texts["spec.yaml"].decode() == (
        "version: 1\n"
        'dag: {id: shop, params: {"1_000": a, at: "1:30"}}\n'
        "render: {project_dir: shop}\n"
        "execute: {mode: local, project_dir: shop}\n"
    )
    before, after = (
        validate_spec(some, "spec.yaml", None, {}, Report()) for some in (files, fixed.drafts)
    )
    assert before is not None
    assert after is not None
    assert after.long_form() == before.long_form()


def test_nothing_to_fix_writes_nothing(folder: Path) -> None:
    path = folder / "shop.dagwright.yaml"
    before = path.stat().st_mtime_ns
    assert run("validate", "--fix").exit_code == 0
    assert path.stat().st_mtime_ns == before


# Standard input


def test_a_spec_comes_by_standard_input(folder: Path) -> None:
    assert run("validate", "-", stdin=SPEC).stdout == "No findings\n"
    found = run("validate", "-", "--format", "concise", stdin=MISSPELT)
    assert found.exit_code == 1
    assert found.stdout.startswith("stdin.dagwright.yaml:4:11: DW103 ")


def test_standard_input_extends_files_beside_its_name(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep/base.yaml").write_text(SPEC)
    piped = ("validate", "-", "--stdin-filename", "deep/x.dagwright.yaml", "--format", "concise")
    assert run(*piped, stdin="extends: base.yaml\n").exit_code == 0
    found = run(*piped, stdin="extends: base.yaml\nversio: 1\n")
    assert found.stdout.startswith("deep/x.dagwright.yaml:2:1: DW103 ")


def test_fix_of_standard_input_is_a_filter(folder: Path) -> None:
    fixed = run("validate", "-", "--fix", stdin=MISSPELT)
    assert (fixed.exit_code, fixed.stdout) == (0, SPEC)
    shown = run("validate", "-", "--diff", stdin=MISSPELT)
    assert "+execute: {mode: local" in shown.stdout
    assert not (folder / "stdin.dagwright.yaml").exists()


@pytest.mark.parametrize("wrong", [("-", "x.yaml"), ("--watch", "--fix"), ("--watch", "-")])
def test_what_cannot_go_together_is_a_usage_error(wrong: tuple[str, ...], folder: Path) -> None:
    assert run("validate", *wrong).exit_code == 2


# Watching


class Enough(Exception):  # noqa: N818 - it ends a loop that has no end
    """Seen enough."""


def test_watch_checks_again_after_each_change(folder: Path) -> None:
    spec, base = folder / "a.yaml", folder / "base.yaml"
    spec.write_text("1")
    base.write_text("1")
    looked: list[str] = []
    changes = [
        lambda: None,
        lambda: spec.write_text("22"),
        lambda: base.write_text("333"),
        base.unlink,
        lambda: (folder / "b.yaml").write_text("4"),
    ]

    def check(files: Noting) -> None:
        looked.append("".join(path.name for path in sorted(folder.glob("?.yaml"))))
        for path in (spec, base):
            if path.exists():
                files.read(str(path))

    def pause() -> None:
        if not changes:
            raise Enough
        changes.pop(0)()

    with pytest.raises(Enough):
        watch(check, lambda: sorted(map(str, folder.glob("?.yaml"))), pause)
    assert looked == ["a.yaml"] * 4 + ["a.yamlb.yaml"]


def test_watch_ends_cleanly_by_an_interrupt(folder: Path) -> None:
    spec = folder / "shop.dagwright.yaml"
    arguments = [sys.executable, "-m", "dagwright", "validate", "--watch", "--format", "concise"]
    with subprocess.Popen(
        arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        guard = threading.Timer(60, watching.kill)
        guard.start()
        assert watching.stderr is not None
        assert watching.stderr.readline().startswith("watching")
        spec.write_text(MISSPELT)
        assert watching.stderr.readline().startswith("watching")
        watching.send_signal(signal.SIGINT)
        said, errors = watching.communicate()
        guard.cancel()
    assert (watching.returncode, errors) == (0, "\n")
    assert said.count("DW103") == 1


# Where findings go


def test_a_file_gets_the_format_and_the_log_the_text(folder: Path) -> None:
    (folder / "shop.dagwright.yaml").write_text(MISSPELT)
    found = run("validate", "--format", "sarif", "--output-file", "out/found.sarif")
    assert found.exit_code == 1
    assert found.stdout.startswith("error[DW103]")
    log = json.loads((folder / "out/found.sarif").read_text())
    assert log["runs"][0]["results"][0]["ruleId"] == "DW103"
    assert run("validate", "--output-file", "shop.dagwright.yaml/x").exit_code == 2


def test_github_gets_annotations_beside_the_text(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "".join(f"  zzz{number}: 1\n" for number in range(13))
    (folder / "shop.dagwright.yaml").write_text(
        SPEC.replace(
            "dag: {id: shop}", f"dag:\n  id: shop\n  params: {{a: yes}}\n{wrong.rstrip()}"
        )
    )
    assert "::" not in run("validate").stdout
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    said = run("validate").stdout
    lines = [line for line in said.splitlines() if line.startswith("::")]
    assert len(lines) == 10
    assert all(line.startswith("::error file=shop.dagwright.yaml,") for line in lines)
    assert said.endswith("+4 more without an annotation\n")
    assert "warning[DW015]" in said
    assert "::" not in run("validate", "--format", "concise").stdout


def test_ignoring_comments_that_ignore_nothing_are_found(folder: Path) -> None:
    text = SPEC + "x-a: yes  # dagwright: ignore[DW015] so be it\n"
    (folder / "shop.dagwright.yaml").write_text(text)
    assert run("validate").stdout == "No findings\n"
    (folder / "shop.dagwright.yaml").write_text(text.replace("yes", "true"))
    found = run("validate", "--format", "concise")
    assert found.exit_code == 0
    assert ": DW021 " in found.stdout


# What it imports

LIGHT = """
import sys
from dagwright.cli import program
try:
    program(["validate", "shop.dagwright.yaml"])
except SystemExit as stop:
    assert stop.code == 0, stop.code
print(*sorted(sys.modules))
"""


def test_validate_imports_the_front_end_alone(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], cwd=folder, check=True, capture_output=True, text=True
    )
    modules = set(done.stdout.split())
    top = {name.partition(".")[0] for name in modules}
    others = {"airflow", "dbt", "networkx", "jsonschema", "msgspec", "rich", "difflib", "http"}
    assert top & others - {"difflib"} == set()
    ours = {name.split(".")[1] for name in modules if name.startswith("dagwright.")}
    assert ours == {"cli", "diagnostics", "files", "object_stores", "span", "spec", "text"}


def test_validate_works_where_heavy_packages_cannot_be_imported(folder: Path) -> None:
    block = "import sys\nfor name in ('airflow', 'dbt', 'networkx', 'jsonschema', 'yaml'):\n"
    script = f"{block}    sys.modules[name] = None\n{LIGHT}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
