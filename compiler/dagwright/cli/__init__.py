"""The command line: arguments in, exit code out.

The only package that prints or reads the environment. Each command is a module of its own that is
imported when it is asked for, so that `validate` pays for no other.
"""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: Final = MappingProxyType(
    {
        "init": "write the files that a first DAG needs",
        "validate": "check specs without dbt, a manifest or Airflow",
        "upgrade": "write old words as the newest ones, if nothing else changes",
        "config": "print a spec as an environment has it, merged and with its defaults",
        "compile": "write the artifact of each spec",
        "bake": "let dbt parse each project as the tasks will",
        "check": "compile in memory, and say which artifacts on disk differ",
        "doctor": "ask the runtime of a spec for dbt, the project and the profile",
        "diff": "say what a change does to the DAGs, also as Markdown",
        "graph": "draw the tasks of a spec and what they wait for",
        "explain": "print a rule's page, or why a task is there",
        "ls": "list what dbt would select, without dbt",
        "schema": "print the JSON Schema of specs",
    }
)
"""Every command with its one line of help; the module of the same name has `command`."""

USAGE_ERROR: Final = 2
INTERNAL_ERROR: Final = 3


class Commands(click.Group):
    """The commands by name, in the order of `COMMANDS`."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Return the command called `name`, imported now."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"dagwright.cli.{name}").command
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is asked for; of one that is none, what was probably meant."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from dagwright.text.near import near_miss  # noqa: PLC0415 - only for a slip

            hint = near_miss(args[0], COMMANDS)
            context.fail(f"no such command {args[0]!r}{f'; {hint}' if hint else ''}")
        return super().resolve_command(context, args)

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin so, without importing any; the options, after a dash."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only for a shell

        commands = COMMANDS.items()
        found = [
            CompletionItem(name, help=text)
            for name, text in commands
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, context, incomplete)]

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dagwright", message="%(prog)s %(version)s")
def program() -> None:
    """Compile YAML specs and dbt projects into Airflow DAGs, ahead of time."""


def main() -> None:
    """Run the command line; never shows a traceback unless asked to by `DAGWRIGHT_DEBUG`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # What a terminal or a file cannot take is shown as its number, and no reason to stop.
            stream.reconfigure(errors="backslashreplace")
    try:
        program(prog_name="dagwright")
        sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"dagwright: {error.strerror or error}\n")
        sys.exit(USAGE_ERROR)
    except Exception as error:  # noqa: BLE001 - whatever it is, a user gets one sentence
        from dagwright.cli.crash import tell_crash  # noqa: PLC0415 - only where it is needed

        tell_crash(error)
        sys.exit(INTERNAL_ERROR)
