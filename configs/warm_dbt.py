"""One dbt process for all tasks of the demo, which saves most of its time.

    python warm_dbt.py serve SOCKET        import dbt once, then answer calls, one after another
    python warm_dbt.py call SOCKET ARG...  run `dbt ARG...` there, as if it were run here

Starting dbt takes longer than building a small model, and every task of a DAG starts it anew. The
demo's tasks run one after another on one machine, so they can share a process: `dbtRunner` may be
called again and again. A call has the folder, the environment and the output of its caller.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Final, NoReturn

LONGEST_CALL: Final = 1 << 17
"""The most bytes that the arguments and the environment of one call may take."""


def serve(address: str) -> NoReturn:
    """Answer calls until this process is terminated."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(address)
        listening.listen()
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 (seconds, in which calls may wait)

        while True:
            caller, _ = listening.accept()
            with caller:
                message, streams, _, _ = socket.recv_fds(caller, LONGEST_CALL, 2)
                call = json.loads(message)
                for number, stream in enumerate(streams, start=1):
                    os.dup2(stream, number)
                    os.close(stream)
                os.chdir(call["folder"])
                os.environ.clear()
                os.environ.update(call["environment"])
                result = dbtRunner().invoke(call["arguments"])
                if result.exception is not None:
                    sys.stderr.write(f"{result.exception}\n")
                sys.stdout.flush()
                sys.stderr.flush()
                hand_back_output()
                caller.send(b"\0" if result.success else b"\1")


def hand_back_output() -> None:
    """Let go of the caller's output, which would otherwise never come to its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def call(address: str, arguments: list[str]) -> int:
    """Return the exit code of `dbt` with `arguments`, run by the server at `address`."""
    asked = {
        "arguments": arguments,
        "folder": str(Path.cwd()),
        "environment": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(address)
        socket.send_fds(server, [json.dumps(asked).encode()], [1, 2])
        code = server.recv(1)
    return code[0] if code else 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", address]:
            serve(address)
        case ["call", address, *arguments]:
            sys.exit(call(address, arguments))
        case _:
            sys.exit(__doc__)
