"""Drift: where the artifacts on disk are not what the specs compile to."""

from dagwright.drift.find import find_drift, output_folder

__all__ = ["find_drift", "output_folder"]
