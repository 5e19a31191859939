"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near_miss(word: str, known: Iterable[str]) -> str:
    """Return `did you mean ...?` for the known word that `word` is most like, or nothing.

    Example:
        >>> near_miss("schedul", ("schedule", "tags"))
        'did you mean `schedule`?'
    """
    candidates = sorted(known)
    close = get_close_matches(word[:80], candidates, n=1, cutoff=0.65)
    if not close:
        folded = {candidate.lower().replace("-", "_"): candidate for candidate in candidates}
        close = [folded[key]] if (key := word.lower().replace("-", "_")) in folded else []
    return f"did you mean `{close[0]}`?" if close else ""
