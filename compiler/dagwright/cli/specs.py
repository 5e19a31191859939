"""Which specs a command is about: the files named, or all below the working directory."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Decorated = TypeVar("Decorated", bound=Callable[..., object])

SUFFIXES: Final = (".dagwright.yaml", ".dagwright.yml")
"""How the names of spec files end: editors, hooks and this search rely on it."""

SKIPPED: Final = frozenset({"node_modules", "target", "dbt_packages", "__pycache__", "venv"})
"""Folders that hold what other programs made; those whose names start with a dot too."""


def specs_argument(command: Decorated) -> Decorated:
    """Return `command` with the argument FILES."""
    return click.argument("paths", metavar="[FILES]...", nargs=-1, type=click.Path())(command)


def environment_option(command: Decorated) -> Decorated:
    """Return `command` with `--environment`."""
    return click.option(
        "--environment",
        metavar="NAME",
        shell_complete=_complete_environments,
        help="One of the spec's environments; default: none.",
    )(command)


def _complete_environments(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    # Imported here, since commands that run complete nothing.
    from dagwright.cli.completion import complete_environments  # noqa: PLC0415

    return complete_environments(context, parameter, incomplete)


def named_or_found(paths: tuple[str, ...]) -> list[str]:
    """Return the specs named on the command line, or every spec below the working directory.

    Raises:
        click.UsageError: none is named, and none is there.
    """
    named = (path.replace(os.sep, "/") for path in paths)
    # A shell's wildcards and pre-commit may name a file twice, and `./x` is `x`.
    specs = list({posixpath.normpath(path): path for path in named}.values()) or found_below()
    if not specs:
        raise click.UsageError("no spec is named, and no *.dagwright.yaml lies below this folder")
    return specs


def named_or_only(path: str | None) -> str:
    """Return the spec named on the command line, or the only one below the working directory.

    Raises:
        click.UsageError: none is named, and there is not exactly one.
    """
    specs = named_or_found((path,) if path is not None else ())
    if len(specs) > 1:
        raise click.UsageError(f"there are several specs: name one of {', '.join(specs)}")
    return specs[0]


def found_below() -> list[str]:
    """Return every spec below the working directory, sorted."""
    return sorted(below(Path(), SUFFIXES))


def below(folder: Path, endings: tuple[str, ...]) -> Iterator[str]:
    """Yield the files below `folder` whose names end so, but for what other programs made."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in SKIPPED and not name.startswith(".")
        )
        for name in names:
            if name.endswith(endings):
                yield (Path(here) / name).as_posix()


def variables() -> Mapping[str, str]:
    """Return what `${NAME}` in a spec may read: the variables of this process."""
    return dict(os.environ)
