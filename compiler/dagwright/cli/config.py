"""`dagwright config`: a spec as an environment has it, and where each of its values comes from."""

from __future__ import annotations

import json
import posixpath
import sys
from collections.abc import Callable
from typing import Any

import click

from dagwright.cli.findings import TEXT, Exit, tell
from dagwright.cli.specs import environment_option, named_or_only, variables
from dagwright.cli.variable_list import list_variables
from dagwright.diagnostics import Report
from dagwright.diagnostics.redact import is_secret_name
from dagwright.files import DiskFiles
from dagwright.spec import LoadedSpec, Origin, environment_names, read_spec, resolve
from dagwright.spec.variables import uses
from dagwright.text.route import Route
from dagwright.text.tree import Scalar
from dagwright.text.write import yaml_text


@click.command("config")
@click.argument("spec", required=False, type=click.Path())
@environment_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="The YAML is a spec again; the JSON is its data.",
)
@click.option("--origins", is_flag=True, help="Say of each value where it is written.")
@click.option("--variables", "listing", is_flag=True, help="List the ${NAME}s that are used.")
def command(
    *, spec: str | None, environment: str | None, form: str, origins: bool, listing: bool
) -> None:
    """Print SPEC as an environment has it: merged, variables replaced, defaults written out.

    Without SPEC, the only one below this folder. A value that comes from a variable with the
    name of a secret is printed as that variable.
    """
    if origins and listing:
        raise click.UsageError("--origins and --variables are two questions: ask one")
    files, report, path = DiskFiles(), Report(), named_or_only(spec)
    document = read_spec(files, path, variables(), report)
    known = document is not None and environment in (None, *environment_names(document))
    if listing and document is not None and known:
        click.echo(list_variables(document, environment, form), nl=False)
        sys.exit(Exit.CLEAN)
    loaded = resolve(document, environment, report) if document is not None else None
    code = tell(report, files, TEXT, to_stderr=True)
    if loaded is None:
        sys.exit(code)
    click.echo(_ORIGINS[form](loaded) if origins else _SHOWN[form](loaded), nl=False)


def _yaml(loaded: LoadedSpec) -> str:
    return yaml_text(_values(loaded, _doubled))


def _yaml_origins(loaded: LoadedSpec) -> str:
    at = {origin.route: _where(origin) for origin in loaded.origins()}
    return yaml_text(_values(loaded, _doubled), at.__getitem__)


def _json(loaded: LoadedSpec) -> str:
    return _json_text(_values(loaded, str))


def _json_origins(loaded: LoadedSpec) -> str:
    return _json_text(
        [
            {
                "route": list(origin.route),
                "value": _secret(loaded, origin.route) or origin.value,
                "file": None if origin.span is None else origin.span.file,
                "line": origin.line,
                "how": [_step(text) for text in origin.how],
            }
            for origin in loaded.origins()
        ]
    )


_SHOWN = {"yaml": _yaml, "json": _json}
_ORIGINS = {"yaml": _yaml_origins, "json": _json_origins}


def _doubled(text: str) -> str:
    """Return `text` as YAML has to say it, where `$` may begin a variable."""
    return text.replace("$", "$$")


def _values(loaded: LoadedSpec, say: Callable[[str], str]) -> Any:
    """Return the long form, each text as `say` has it, and paths from the spec's folder on."""

    def value_at(route: Route, value: Any) -> Any:
        if not isinstance(value, str):
            return _secret(loaded, route) or value
        return _secret(loaded, route) or say(_moved(loaded, route, value))

    return _mapped(loaded.long_form(), value_at)


def _moved(loaded: LoadedSpec, route: Route, value: str) -> str:
    """Return a path that is written in a file of another folder as the spec's folder has it."""
    folder = posixpath.dirname(loaded.path)
    away = posixpath.dirname(loaded.places.value(route).file) != folder
    if not (away and _is_path(route, value)):
        return value
    moved = posixpath.relpath(loaded.beside(route, value), folder or ".")
    return moved if "/" in moved or route[-1] != "executable" else f"./{moved}"


def _is_path(route: Route, value: str) -> bool:
    """Return whether the value at `route` starts at the file that it is written in."""
    match route:
        case ("render", "project_dir" | "state") | ("render", "dbt", "profiles_dir"):
            return not posixpath.isabs(value)
        case ("execute", "paths", int(), "render"):
            return not posixpath.isabs(value)
        case ("render", "dbt", "executable"):
            return "/" in value and not posixpath.isabs(value)
        case _:
            return False


def _secret(loaded: LoadedSpec, route: Route) -> str | None:
    """Return what is written at `route`, where a variable with the name of a secret is in it."""
    tree = loaded.places.tree(route)
    if not isinstance(tree, Scalar) or tree.template is None:
        return None
    names = (use.name for use in uses(tree, loaded.places.texts))
    return tree.template if any(map(is_secret_name, names)) else None


def _mapped(value: Any, change: Callable[[Route, Any], Any], route: Route = ()) -> Any:
    """Return `value` with what holds no other values changed."""
    match value:
        case dict():
            return {key: _mapped(item, change, (*route, key)) for key, item in value.items()}
        case list():
            return [_mapped(item, change, (*route, i)) for i, item in enumerate(value)]
        case _:
            return change(route, value)


def _where(origin: Origin) -> str:
    if origin.span is None:
        return "default"
    return ", ".join([f"{origin.span.file}:{origin.line}", *map(_step, origin.how)])


def _step(note: str) -> str:
    return note.removeprefix("used here, ")


def _json_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
