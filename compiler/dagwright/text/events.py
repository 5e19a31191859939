"""Text to parser events: ruamel.yaml judges, and PyYAML's C parser is used where it is as good.

Both are children of one parser, and agree event for event on text without the constructs in
`_WILD`; a test compares them. On any error ruamel.yaml is asked again, so that what is accepted,
and what is said of what is not, never depends on which of the two is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, Protocol


class Mark(Protocol):
    """A place in the text, as both parsers give it."""

    index: int


class Event(Protocol):
    """A parser event; its class is known by its name, which is the same in both libraries."""

    start_mark: Mark
    end_mark: Mark


class SyntaxFault(Exception):  # noqa: N818 - the user's error, and told as a diagnostic
    """The text is not YAML; `index` is where the parser gave up, `context` where it began."""

    def __init__(self, problem: str, index: int, context: str, context_index: int) -> None:
        """Keep what the parser said."""
        super().__init__(problem)
        self.problem = problem
        self.index = index
        self.context = context
        self.context_index = context_index


_WILD: Final = re.compile(
    r"[\t\r\x85\u2028\u2029!%]"  # Tabs, odd line breaks, tags and directives.
    r"|[*&]\S*:"  # An alias that may be a key, and an anchor whose name may hold a colon.
    r"|[|>][-+0-9]*[ ]*(?:\#|$)",  # Block scalars, where blank lines are read differently.
    re.MULTILINE,
)


_DEEPER: Final = MappingProxyType(
    dict.fromkeys(("MappingStartEvent", "SequenceStartEvent"), 1)
    | dict.fromkeys(("MappingEndEvent", "SequenceEndEvent"), -1)
)
_MOST_LEVELS: Final = 100
"""Deeper than any document that is read: the C parser's time grows with the square of it."""


def events_of(text: str) -> Iterator[Event]:
    """Yield the events of `text`.

    Raises:
        SyntaxFault: the text is not YAML from here on.
    """
    if not _WILD.search(text) and (events := _fast_events(text)) is not None:
        return iter(events)
    return slow_events(text)


def _fast_events(text: str) -> list[Event] | None:
    """Return the events by the C parser, or None where there is none, or it found an error."""
    try:
        yaml: Any = import_module("yaml")  # Only where there is text to read.
    except ImportError:
        return None
    if not yaml.__with_libyaml__:
        return None
    events: list[Event] = []
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += _DEEPER.get(type(event).__name__, 0)
            if depth > _MOST_LEVELS:
                return None
            events.append(event)
    except yaml.YAMLError:
        return None
    return events


def slow_events(text: str) -> Iterator[Event]:
    """Yield the events of `text` as ruamel.yaml sees them.

    Raises:
        SyntaxFault: the text is not YAML from here on.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to import, and seldom needed
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise SyntaxFault(
            str(error.problem or "invalid syntax"),
            _index(error.problem_mark, len(text)),
            str(error.context or ""),
            _index(error.context_mark, -1),
        ) from None
    except YAMLError as error:
        raise SyntaxFault(str(error), 0, "", -1) from None


def _index(mark: Any, otherwise: int) -> int:
    return otherwise if mark is None else int(mark.index)
