"""Literate spec cases: YAML with what is expected of it, read from and written back to Markdown.

A file holds cases, each under a heading of the second level. Its blocks are

    ```yaml              the spec; what it needs to be whole is added below it
    ```yaml whole        the spec, exactly as it stands
    ```yaml base.yaml    another file
    ```env               variables, one `NAME=value` a line
    ```findings          findings on lines that cannot hold a comment

An expectation stands at the end of the line that causes it: the column, exactly the characters
that are pointed at, and a piece of what is said.

    schedul: "@daily"  # error: DW103 3 "schedul" "did you mean `schedule`?"
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dagwright.diagnostics import Diagnostic, Report
from dagwright.files import MemoryFiles
from dagwright.span import LineIndex
from dagwright.spec import read_spec, resolve, variants

SPEC = "spec.yaml"
GOOD = """\
version: 1
x-retry: &retry {retries: 2, retry_delay: 5m}
dag:
  id: shop
  schedule: "0 6 * * mon-fri"
  start_date: 2026-01-01
  timezone: Europe/Amsterdam
  tags: [dbt, 'the shop']
  params: {full: true, limit: 1e3}
  default_args:
    <<: *retry
    owner: "${OWNER:-analytics}"
  doc_md: |
    # The shop
      as it is
render:
  project_dir: shop
  select: >-
    path:models/marts+
    tag:nightly
  overrides:
    - {select: "tag:heavy", pool: heavy, execution_timeout: 2h}
execute:
  mode: local
  project_dir: /opt/shop
  paths: [{render: ../dbt, execute: /dbt}]
  vars: {day: "{{ ds }}"}
  env: {A: "1"}
  policy: {test: *retry}
environments:
  prod:
    dag: {schedule: {assets: {any: ["s3://a/b", {all: ["s3://c/d"]}]}}}
    execute: {profile: {target: prod}}
"""
"""A good spec that uses most of the language."""
_BLOCK = re.compile(r"^```(\w+)[ ]?([\w.]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WANT = re.compile(
    r'[ ]*# (error|warning): (DW\d+) (\d+) ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")(?=$|[ ]*#)',
    re.MULTILINE,
)
_FINDING = re.compile(
    r'^([\w.]+):(\d+): (error|warning): (DW\d+) (\d+) ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$',
    re.MULTILINE,
)
_REST = {
    "version": "version: 1\n",
    "dag": "dag: {id: shop}\n",
    "render": "render: {project_dir: shop}\n",
    "execute": "execute: {mode: local, project_dir: shop}\n",
}


@dataclass(frozen=True, order=True)
class Found:
    """One finding as a case tells it."""

    file: str
    line: int
    column: int
    severity: str
    code: str
    text: str
    said: str

    def __str__(self) -> str:
        quoted = (
            json.dumps(self.text, ensure_ascii=False),
            json.dumps(self.said, ensure_ascii=False),
        )
        return f"{self.severity}: {self.code} {self.column} {quoted[0]} {quoted[1]}"


def whole(text: str) -> str:
    """Return a spec with the blocks that it lacks added below, so that its lines stay."""
    if text and not re.search(r"^[\w\-]+:", text, re.MULTILINE):
        return text
    missing = [name for name in _REST if not re.search(rf"^{name}:", text, re.MULTILINE)]
    if re.search(r"^task_group:", text, re.MULTILINE) and "dag" in missing:
        missing.remove("dag")
    ended = text if text.endswith("\n") or not text else f"{text}\n"
    return ended + "".join(_REST[name] for name in missing)


def findings(contents: dict[str, str], variables: dict[str, str]) -> list[Diagnostic]:
    """Return what is found in every variant of the spec."""
    files = MemoryFiles({name: text.encode() for name, text in contents.items()})
    report = Report()
    document = read_spec(files, SPEC, variables, report)
    if document is not None:
        for environment in variants(document):
            resolve(document, environment, report)
    return report.sorted()


@dataclass(frozen=True)
class Case:
    """One case: where it stands, its files, its variables, and what is expected."""

    path: Path
    title: str
    chunk: str

    def contents(self) -> dict[str, str]:
        """Return the files of the case by their names."""
        made = {}
        for language, argument, body in _BLOCK.findall(self.chunk):
            if language == "yaml":
                name = argument if "." in argument else SPEC
                made[name] = body if argument else whole(body)
        return made

    def variables(self) -> dict[str, str]:
        """Return the variables of the case."""
        bodies = [body for language, _, body in _BLOCK.findall(self.chunk) if language == "env"]
        lines = [line.partition("=") for body in bodies for line in body.splitlines()]
        return {name: value for name, _, value in lines}

    def wanted(self) -> list[Found]:
        """Return what the case expects, in the order in which it is reported."""
        found = [
            Found(file, number, int(column), severity, code, json.loads(text), json.loads(said))
            for file, body in self.contents().items()
            for number, line in enumerate(body.splitlines(), 1)
            for severity, code, column, text, said in _WANT.findall(line)
        ]
        for language, _, body in _BLOCK.findall(self.chunk):
            if language == "findings":
                for file, line, severity, code, column, text, said in _FINDING.findall(body):
                    found.append(
                        Found(
                            file,
                            int(line),
                            int(column),
                            severity,
                            code,
                            json.loads(text),
                            json.loads(said),
                        )
                    )
        return sorted(found)

    def got(self) -> list[Found]:
        """Return what is found, in the order in which it is reported."""
        contents = self.contents()
        return sorted(_told(found, contents) for found in findings(contents, self.variables()))

    def updated(self) -> str:
        """Return the chunk with what is found written into it."""
        got = self._kept_short()
        held = got if "```findings" in self.chunk else []
        chunk = self.chunk
        for match in reversed(list(_BLOCK.finditer(chunk))):
            language, argument, body = match.groups()
            if language == "findings":
                body = "".join(f"{found.file}:{found.line}: {found}\n" for found in held)
            elif language == "yaml":
                name = argument if "." in argument else SPEC
                mine = [found for found in got if found.file == name and found not in held]
                body = _commented(body, mine)
            chunk = chunk[: match.start(3)] + body + chunk[match.end(3) :]
        return chunk

    def _kept_short(self) -> list[Found]:
        """Return what is found, told in the words of the case where those are still said."""
        old = {replace(want, said=""): want.said for want in self.wanted()}
        made = []
        for found in self.got():
            said = old.get(replace(found, said=""), "")
            message, _, advice = found.said.partition(" | ")
            made.append(
                found
                if not said and not advice
                else replace(
                    found, said=said if said and said in found.said else advice or message
                )
            )
        return made


def _commented(body: str, found: list[Found]) -> str:
    lines = [_WANT.sub("", line) for line in body.splitlines()]
    for one in found:
        if one.line <= len(lines):
            lines[one.line - 1] += f"  # {one}"
    return "".join(f"{line}\n" for line in lines)


def _told(found: Diagnostic, contents: dict[str, str]) -> Found:
    text = contents[found.span.file]
    at = LineIndex(text).position(found.span.start)
    said = f"{found.message} | {found.help}" if found.help else found.message
    said = "; ".join([said, *(note.text for note in found.notes)])
    return Found(
        found.span.file,
        at.line,
        at.column,
        found.rule.severity,
        found.rule.code,
        text[found.span.start : found.span.end],
        said,
    )


def cases(folder: Path) -> Iterator[Case]:
    """Yield the cases of all files below `folder`."""
    for path in sorted(folder.rglob("*.md")):
        for chunk in re.split(r"(?m)^(?=## )", path.read_text(encoding="utf-8"))[1:]:
            yield Case(path, chunk.splitlines()[0].removeprefix("## "), chunk)
