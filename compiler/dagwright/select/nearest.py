"""Guess what a misspelled word was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the question that a help line begins with, or nothing where no word is near.

    Example:
        >>> did_you_mean("tags", ["fqn", "tag"])
        "did you mean 'tag'? "
    """
    near = get_close_matches(word, sorted(known), n=1)
    return f"did you mean {near[0]!r}? " if near else ""
