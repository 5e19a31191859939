"""Quantities in the whole units of a cloud, and what is said where that is not the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from dagwright.plan.modes.cloud_rules import ROUNDED
from dagwright.plan.modes.mode import Given
from dagwright.spec.amounts import whole_units
from dagwright.text.route import Route

BYTE: Final = Fraction(1)
"""What Docker and Kubernetes count memory and disks in."""


@dataclass(frozen=True, slots=True)
class Rounded:
    """A quantity in whole units, rounded up unless `exact`."""

    quantity: str
    whole: int
    exact: bool

    def tell(self, route: tuple[str | int, ...], called: str, given: Given) -> None:
        """Report that this is more than what was asked for at `route`, if it was there."""
        places = given.loaded.places
        if not self.exact and places.tree(route) is not None:
            at = places.value(route)
            made = f"{self.whole} {called}"
            given.report.add(ROUNDED.at(at, quantity=self.quantity, made=made))


def rounded(quantity: str, unit: Fraction) -> Rounded:
    """Return `quantity` of Kubernetes in units of `unit`."""
    return Rounded(quantity, *whole_units(quantity, unit))


def tell_rounded_bytes(each: Iterable[tuple[Route, Any]], given: Given) -> None:
    """Report quantities of bytes that are no whole number of them, in blocks and their routes."""
    for route, keys in each:
        quantities: list[tuple[Route, str | None]] = [
            ((*route, part, name), getattr(getattr(keys, part), name, None))
            for part in ("resources", "limits")
            for name in ("memory", "storage")
        ]
        volumes = enumerate(keys.volumes)
        quantities += [((*route, "volumes", n, "empty"), one.empty) for n, one in volumes]
        for at, quantity in quantities:
            if quantity is not None:
                rounded(quantity, BYTE).tell(at, "bytes", given)
