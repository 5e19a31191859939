"""What loading a spec gives: the model, and where each of its values comes from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dagwright.object_stores import is_address
from dagwright.span import LineIndex, Span
from dagwright.spec.model import Spec
from dagwright.text.route import Places, Route


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value of the merged spec comes from; `span` is None for a default.

    `how` are the steps on its way: aliases, `extends`, the environment.
    """

    route: Route
    value: Any
    span: Span | None
    line: int | None
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """One spec as one environment has it: merged, defaults filled in, every value located."""

    path: str
    spec: Spec
    environment: str | None
    places: Places
    variables_read: tuple[str, ...]

    def beside(self, route: Route, path: str) -> str:
        """Return `path`, the value at `route`, as this process sees it.

        A relative one starts at the folder of the file that it is written in, which need not be
        this spec but one that it extends. Backslashes are slashes, which Windows takes too.
        """
        path = path.replace("\\", "/")
        if path[1:2] == ":" or is_address(path):  # A drive of Windows, or an object.
            return path
        written_in = self.places.value(route).file
        return posixpath.normpath(posixpath.join(posixpath.dirname(written_in), path))

    @property
    def project_dir(self) -> str:
        """Where the dbt project lies for this process."""
        return self.beside(("render", "project_dir"), self.spec.render.project_dir)

    @property
    def manifest(self) -> str:
        """Where dbt's manifest lies for this process: a path, or the address of an object."""
        manifest = self.spec.render.manifest
        return manifest if is_address(manifest) else posixpath.join(self.project_dir, manifest)

    def long_form(self) -> dict[str, Any]:
        """Return the spec as data of JSON, defaults written out: it loads as the same spec."""
        return self.spec.model_dump(
            mode="json", exclude_none=True, exclude={"environments", "extends"}
        )

    def origins(self) -> tuple[Origin, ...]:
        """Return where every value comes from, in the order of the reference."""
        lines = {path: LineIndex(text) for path, text in self.places.texts.items()}
        return tuple(self._origin(route, value, lines) for route, value in self.leaves())

    def leaves(self) -> Iterator[tuple[Route, Any]]:
        """Return the values of the long form that hold no others, with their routes."""
        return _leaves(self.long_form())

    def _origin(self, route: Route, value: Any, lines: Mapping[str, LineIndex]) -> Origin:
        if not self.places.written(route):
            return Origin(route, value, None, None, ())
        span = self.places.value(route)
        line = lines[span.file].position(span.start).line
        how = tuple(note.text for note in self.places.notes(route))
        return Origin(route, value, span, line, how)


def _leaves(value: Any, route: Route = ()) -> Iterator[tuple[Route, Any]]:
    """Yield the values that hold no others, with their routes."""
    parts: list[tuple[str | int, Any]]
    match value:
        case dict():
            parts = list(value.items())
        case list():
            parts = list(enumerate(value))
        case _:
            parts = []
    if not parts:
        yield route, value
    for part, item in parts:
        yield from _leaves(item, (*route, part))
