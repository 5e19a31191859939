"""How to start a dbt command in the runtime of each mode, from the machine at hand.

A runtime that cannot be asked from here says why. Values that are Airflow templates are not known
here, so variables of the environment that hold one are left out, and named.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from dagwright.pipeline import Compiled
from dagwright.spec.model import Docker, Local


@dataclass(frozen=True, slots=True)
class Site:
    """What the machine at hand gives: the loader file's folder, a scratch folder, variables."""

    loader: str
    scratch: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Launch:
    """A dbt command as a program of this machine; `left_out` are variables without a value."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str | None = None
    target: str = ""
    left_out: tuple[str, ...] = ()


Runtime = Callable[[Compiled, Sequence[str], Site], Launch]
"""From a spec, the words of a dbt command, and a machine to what to start there."""


@dataclass(frozen=True, slots=True)
class Unaskable:
    """Why a runtime cannot be asked from here, and what to do."""

    why: str
    hint: str = field(default="")


def _local(compiled: Compiled, words: Sequence[str], site: Site) -> Launch:
    execute = compiled.loaded.spec.execute
    if not isinstance(execute, Local):
        raise TypeError(execute)
    known, left_out = _known(execute.env)
    program = execute.dbt_executable
    program = posixpath.join(site.loader, program) if "/" in program else program
    paths = compiled.plan.command.paths
    here = {path: posixpath.normpath(posixpath.join(site.loader, path)) for path in paths.values()}
    return Launch(
        (program, "--no-use-colors", *(here.get(word, word) for word in words)),
        {**site.environment, **known},
        folder=here[paths["--project-dir"]],
        target=site.scratch,
        left_out=left_out,
    )


def _docker(compiled: Compiled, words: Sequence[str], site: Site) -> Launch:
    execute = compiled.loaded.spec.execute
    if not isinstance(execute, Docker):
        raise TypeError(execute)
    known, left_out = _known(execute.env)
    daemon = () if execute.docker_url is None else ("--host", execute.docker_url)
    network = () if execute.network is None else ("--network", execute.network)
    variables = [word for name, text in known.items() for word in ("--env", f"{name}={text}")]
    return Launch(
        (
            *("docker", *daemon, "run", "--rm", *network, *variables),
            *("--entrypoint", "dbt", execute.image, "--no-use-colors", *words),
        ),
        site.environment,
        target="/tmp/dagwright-doctor",  # noqa: S108 - in a container that is thrown away
        left_out=left_out,
    )


def _known(env: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the variables whose values are known here, and the names of the others."""
    known = {name: text for name, text in env.items() if "{{" not in text and "{%" not in text}
    return known, tuple(_missing(env, known))


def _missing(env: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    return (name for name in env if name not in known)


RUNTIMES: Final[Mapping[str, Runtime | Unaskable]] = MappingProxyType(
    {"local": _local, "docker": _docker}
)
"""By `execute.mode`."""
