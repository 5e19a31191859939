"""`dagwright schema`: the JSON Schema of specs, for editors that have no network."""

from __future__ import annotations

import click

from dagwright.spec.schema import schema_text


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of specs (draft-07)."""
    click.echo(schema_text(), nl=False)
