"""Literate cases: Markdown whose second-level headings are cases and whose fences have roles.

A fence's first line is its language and its role: "```ir before". With `pytest --update` a test
rewrites the blocks it can compute, and a reviewer reads the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "cases"
_FENCE = re.compile(r"^```(\w+) ([\w-]+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Case:
    """One case: its prose and the text of each block by role; a block's options by role too."""

    path: Path
    title: str
    chunk: str

    def __str__(self) -> str:
        return f"{self.path.stem}: {self.title}"

    @property
    def blocks(self) -> Mapping[str, str]:
        return {role: text for _, role, _, text in _FENCE.findall(self.chunk)}

    @property
    def options(self) -> Mapping[str, Mapping[str, str]]:
        """The `key=value` words behind each block's role."""
        return {
            role: dict(word.split("=", 1) for word in words.split())
            for _, role, words, _ in _FENCE.findall(self.chunk)
        }

    def expect(self, role: str, got: str, *, update: bool) -> None:
        """Compare a block with `got`, or write `got` into the file."""
        wanted = self.blocks[role]
        if update and got != wanted:
            text = self.path.read_text(encoding="utf-8")
            block = re.compile(rf"^(```\w+ {role}\b[^\n]*\n).*?^```$", re.MULTILINE | re.DOTALL)
            chunk = block.sub(lambda match: f"{match[1]}{got}```", self.chunk, count=1)
            self.path.write_text(text.replace(self.chunk, chunk), encoding="utf-8")
            return
        assert got == wanted


def cases(folder: str) -> Iterator[Case]:
    """Yield every case below `tests/cases/FOLDER`, files in the order of their names."""
    for path in sorted((CASES / folder).rglob("*.md")):
        for chunk in re.split(r"(?m)^(?=## )", path.read_text(encoding="utf-8"))[1:]:
            yield Case(path, chunk.partition("\n")[0].removeprefix("## "), chunk)
