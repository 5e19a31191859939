"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from typing import Final


def near_miss(word: str, known: Iterable[str]) -> str:
    """Return `did you mean ...?` for the known word that `word` is most like, or nothing.

    Example:
        >>> near_miss("schedul", ("schedule", "tags"))
        'did you mean `schedule`?'
    """
    near = near_key(word, known)
    return "" if near is None else f"did you mean `{near}`?"


def near_key(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` is most like, or None where it is like none."""
    candidates = sorted(known)
    close = get_close_matches(word[:80], candidates, n=1, cutoff=0.65)
    if close:
        return close[0]
    begun = [c for c in candidates if len(c) >= 3 and (c.startswith(word) or word.startswith(c))]
    if begun and len(word) >= 3:
        return begun[0]
    folded = {candidate.lower().replace("-", "_"): candidate for candidate in candidates}
    return folded.get(word.lower().replace("-", "_"))


def sure_miss(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` can only be a slip of: very like it, and like no other.

    Example:
        >>> sure_miss("shedule", ("schedule", "tags"))
        'schedule'
        >>> sure_miss("after", ("after_each", "after_all"))
    """
    likeness = sorted((SequenceMatcher(None, word[:80], one).ratio(), one) for one in known)
    if not likeness or likeness[-1][0] < _SURE:
        return None
    second = likeness[-2][0] if len(likeness) > 1 else 0.0
    return likeness[-1][1] if likeness[-1][0] - second >= _LEAD else None


_SURE: Final = 0.75
_LEAD: Final = 0.1
