"""A way to a Unix socket by TCP that can be cut: every connection at once, at any time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class CutWire:
    """Passes connections on to the socket at `path`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._made: list[socket.socket] = []
        self.cuts = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self._server.getsockname()[1]}"

    def cut(self) -> None:
        """End every connection that is open now; new ones are passed on."""
        now, self._open = self._open, []
        for one in now:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.cuts += len(now)

    def close(self) -> None:
        self._server.close()
        self.cut()
        for one in self._made:
            one.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._path)
                self._open += [near, far]
                self._made += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def cut_wire(path: str) -> Iterator[CutWire]:
    wire = CutWire(path)
    try:
        yield wire
    finally:
        wire.close()
