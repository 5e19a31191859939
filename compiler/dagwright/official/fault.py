"""What an official model finds wrong with a payload."""

from __future__ import annotations

from dataclasses import dataclass

from dagwright.text.route import Route


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the path in the payload, what is wrong there, and what may be meant."""

    path: Route
    problem: str
    hint: str = ""

    @property
    def field(self) -> str:
        """The path as people write it.

        Example:
            >>> Fault(("spec", "containers", 0, "image"), "").field
            'spec.containers[0].image'
        """
        text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return text.removeprefix(".")
