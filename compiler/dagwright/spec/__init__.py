"""From a located document to the spec model: merge, interpolate, check, decode."""

from dagwright.spec.load import (
    SpecDocument,
    environment_names,
    load_spec,
    read_spec,
    resolve,
    resolve_selection,
    variants,
)
from dagwright.spec.loaded import LoadedSpec, Origin

__all__ = [
    "LoadedSpec",
    "Origin",
    "SpecDocument",
    "environment_names",
    "load_spec",
    "read_spec",
    "resolve",
    "resolve_selection",
    "variants",
]
