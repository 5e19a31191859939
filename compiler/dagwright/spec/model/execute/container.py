"""The words that all modes share in which dbt runs in an image."""

from __future__ import annotations

from dagwright.spec.model.words import SpecPart


class ContainerKeys(SpecPart):
    """The keys of every mode that names an image."""

    image: str
    """The image that dbt and its adapter are in."""
