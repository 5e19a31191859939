"""`dagwright schema`: the JSON Schema of specs, for editors that have no network."""

from __future__ import annotations

import click

from dagwright.cli.findings import write_file
from dagwright.files import DiskFiles
from dagwright.spec.schema import schema_text


@click.command("schema")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write it there, for the first line of specs to name, and print nothing.",
)
def command(output: str | None) -> None:
    """Print the JSON Schema of specs (draft-07)."""
    if output is None:
        click.echo(schema_text(), nl=False)
    else:
        write_file(DiskFiles(), output, schema_text().encode())
