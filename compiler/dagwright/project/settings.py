"""The whole `config` of every resource, which few compiles ask for.

Decoding 10,000 config objects costs as much as all the rest of a manifest, and only `config.*`
selectors look into them; so they are decoded when the first one is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec


class _Configured(msgspec.Struct, gc=False):
    config: dict[str, Any] = {}


class _Settings(msgspec.Struct, gc=False):
    nodes: dict[str, _Configured] = {}
    sources: dict[str, _Configured] = {}
    exposures: dict[str, _Configured] = {}
    metrics: dict[str, _Configured] = {}
    semantic_models: dict[str, _Configured] = {}
    saved_queries: dict[str, _Configured] = {}
    unit_tests: dict[str, _Configured] = {}
    functions: dict[str, _Configured] = {}


_DECODER: Final = msgspec.json.Decoder(_Settings)


class Settings:
    """`config` by unique id, decoded from a manifest's bytes at the first question."""

    __slots__ = ("_known", "data")

    def __init__(self, data: bytes = b"{}") -> None:
        """Keep `data`, the whole manifest, which was decoded once; decode nothing yet."""
        self.data = data
        self._known: dict[str, dict[str, Any]] | None = None

    def of(self, unique_id: str) -> Mapping[str, Any]:
        """Return the `config` of that resource as dbt wrote it; empty where it has none."""
        if self._known is None:
            found = _DECODER.decode(self.data)
            self._known = {
                key: resource.config
                for name in _Settings.__struct_fields__
                for key, resource in getattr(found, name).items()
            }
        return self._known.get(unique_id, {})
