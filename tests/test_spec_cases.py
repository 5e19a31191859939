"""Run the cases of tests/cases/spec and tests/cases/text, written as `spec_cases` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec_cases import Case, cases

FOLDER = Path(__file__).parent / "cases"
CASES = [*cases(FOLDER / "text"), *cases(FOLDER / "spec")]


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{c.path.stem}: {c.title}") for c in CASES])
def test_case(case: Case, *, update: bool) -> None:
    if update:
        text = case.path.read_text(encoding="utf-8")
        case.path.write_text(text.replace(case.chunk, case.updated()), encoding="utf-8")
        return
    got, wanted = case.got(), case.wanted()
    places = [(f.file, f.line, f.column, f.severity, f.code, f.text) for f in got]
    assert places == [(f.file, f.line, f.column, f.severity, f.code, f.text) for f in wanted]
    for found, want in zip(got, wanted, strict=True):
        assert want.said in found.said


def test_every_file_holds_cases() -> None:
    files = {path for name in ("text", "spec") for path in (FOLDER / name).glob("*.md")}
    assert files == {case.path for case in CASES}


def test_there_are_many_broken_specs() -> None:
    assert sum(bool(case.wanted()) for case in CASES) >= 80
