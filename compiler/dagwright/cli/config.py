"""`dagwright config`: a spec as an environment has it, and where each of its values comes from."""

from __future__ import annotations

import json
import sys
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
    return yaml_text(_as_written(loaded))


def _yaml_origins(loaded: LoadedSpec) -> str:
    at = {origin.route: _where(origin) for origin in loaded.origins()}
    return yaml_text(_as_written(loaded), at.__getitem__)


def _json(loaded: LoadedSpec) -> str:
    return _json_text(_mapped(loaded.long_form(), lambda at, value: _secret(loaded, at) or value))


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


def _as_written(loaded: LoadedSpec) -> Any:
    """Return the long form as a spec has it: `$` is doubled, so that none begins a variable."""

    def written(route: Route, value: Any) -> Any:
        plain = value.replace("$", "$$") if isinstance(value, str) else value
        return _secret(loaded, route) or plain

    return _mapped(loaded.long_form(), written)


def _secret(loaded: LoadedSpec, route: Route) -> str | None:
    """Return what is written at `route`, where a variable with the name of a secret is in it."""
    tree = loaded.places.tree(route)
    if not isinstance(tree, Scalar) or tree.template is None:
        return None
    names = (use.name for use in uses(tree, loaded.places.texts))
    return tree.template if any(map(is_secret_name, names)) else None


def _mapped(value: Any, change: Any, route: Route = ()) -> Any:
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
