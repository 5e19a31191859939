"""Quantities of Kubernetes as numbers, and in the units of other runtimes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from types import MappingProxyType
from typing import Final

SUFFIXES: Final[Mapping[str, Fraction]] = MappingProxyType(
    {
        "m": Fraction(1, 1000),
        **{letter: Fraction(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
        **{f"{letter}i": Fraction(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
    }
)
"""By suffix: what a number before it is multiplied by."""

GIB: Final = Fraction(1024**3)
MIB: Final = Fraction(1024**2)
ECS_CPU: Final = Fraction(1, 1024)
"""The unit of CPU of Amazon ECS."""


def amount(quantity: str) -> Fraction:
    """Return the number of CPUs, or of bytes, that `quantity` means, exactly.

    Example:
        >>> amount("500m"), amount("1Ki"), amount("1.5k")
        (Fraction(1, 2), Fraction(1024, 1), Fraction(1500, 1))
    """
    number = quantity.rstrip("mkMGTPEKi")
    return Fraction(number) * SUFFIXES.get(quantity[len(number) :], Fraction(1))


def whole_units(quantity: str, unit: Fraction) -> tuple[int, bool]:
    """Return `quantity` in whole units, rounded up, and whether nothing had to be rounded.

    Example:
        >>> whole_units("500m", ECS_CPU), whole_units("1G", MIB)
        ((512, True), (954, False))
    """
    exact = amount(quantity) / unit
    return ceil(exact), exact.denominator == 1
