"""The environment of these tests is the one that `requirements.txt` locks."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

LOCK = Path(__file__).with_name("requirements.txt")
WANTED = Path(__file__).with_name("requirements.in")


def requirements(path: Path) -> list[Requirement]:
    lines = path.read_text(encoding="utf-8").splitlines()
    read = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [one for one in read if one.marker is None or one.marker.evaluate()]


@pytest.mark.parametrize("wanted", requirements(WANTED), ids=lambda one: one.name)
def test_what_is_installed_is_what_is_locked(wanted: Requirement) -> None:
    (locked,) = (one for one in requirements(LOCK) if one.name == wanted.name)
    assert locked.specifier.contains(version(wanted.name))


def test_the_lock_names_no_registry() -> None:
    assert "://" not in LOCK.read_text(encoding="utf-8")
