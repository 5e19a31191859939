"""What the SQL of this worker's project asks while it compiles, so that dbt must run it.

The compiler asked the same of its manifest, by the same words; the project may have changed since.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

_WORD: Final = re.compile(r"\w+")


def asked(manifest: Mapping[str, Any], words: str) -> dict[str, str]:
    """Return what each node asks, itself or by a macro or an ephemeral parent; those that ask.

    `words` is the regular expression that finds what asks. Nodes that may call a macro by a word
    in their code count as callers: dbt does not note what is called only while it runs.
    """
    pattern = re.compile(words)
    macros, nodes = manifest.get("macros", {}), manifest.get("nodes", {})
    told: dict[str, str] = {}
    for name, one in (*macros.items(), *nodes.items()):
        if found := pattern.search(one.get("macro_sql") or one.get("raw_code") or ""):
            told[name] = f"`{found[0].split()[-1]}` in {one['name']} is known only when it runs"
    readers = defaultdict[str, list[str]](list)
    for name, up in (*_calls(macros, nodes), *_ephemeral(nodes)):
        readers[up].append(name)
    waiting = deque(told)
    while waiting:
        asking = waiting.popleft()
        for reader in readers[asking]:
            if reader not in told:
                told[reader] = told[asking]
                waiting.append(reader)
    return told


def _calls(
    macros: Mapping[str, Mapping[str, Any]], nodes: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Yield who may call which macro."""
    by_name = defaultdict[str, list[str]](list)
    for name, macro in macros.items():
        by_name[macro["name"]].append(name)
    for name, one in (*macros.items(), *nodes.items()):
        for called in one.get("depends_on", {}).get("macros", ()):
            yield name, called
    for name, node in nodes.items():
        for word in set(_WORD.findall(node.get("raw_code") or "")):
            for called in by_name.get(word, ()):
                yield name, called


def _ephemeral(nodes: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield who is built with the SQL of which ephemeral model."""
    for name, node in nodes.items():
        for up in node.get("depends_on", {}).get("nodes", ()):
            if nodes.get(up, {}).get("config", {}).get("materialized") == "ephemeral":
                yield name, up
