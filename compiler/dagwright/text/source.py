"""A file's bytes to text: what is no UTF-8, no text or no reasonable size is reported here.

The text keeps its line ends and loses its byte order mark, so that offsets are those of editors.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from dagwright.diagnostics import Report
from dagwright.files import Files
from dagwright.span import Span
from dagwright.text.rules import (
    BYTE_ORDER_MARK,
    CARRIAGE_RETURN,
    CONTROL_CHARACTER,
    NOT_UTF8,
    TOO_LONG,
    UNREADABLE,
)

MOST_CHARACTERS: Final = 1_000_000
"""The length of the longest text that is read: some seconds for the slower of the parsers."""

_NOT_PRINTABLE: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\\ufeff\\ufffe\\uffff]"
)


def read_text(
    files: Files, path: str, report: Report, *, asked_at: Span | None = None
) -> str | None:
    """Return the text of the file at `path`, or None where it cannot be used.

    `asked_at` is the place that names the file, where it is another file that does.
    """
    try:
        data = files.read(path)
    except OSError as error:
        at = asked_at or Span(path, 0, 0)
        reason, hint = _reason(files, path, error)
        report.add(UNREADABLE.at(at, path=path, reason=reason, hint=hint))
        return None
    return decode_text(data, path, report)


def decode_text(data: bytes, path: str, report: Report) -> str | None:
    """Return the text that `data` is, or None where YAML allows no such text."""
    start = Span(path, 0, 0)
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
        report.add(BYTE_ORDER_MARK.at(start))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        report.add(NOT_UTF8.at(start, path=path, at=error.start, byte=data[error.start]))
        return None
    if len(text) > MOST_CHARACTERS:
        report.add(TOO_LONG.at(start, path=path, size=len(text), limit=MOST_CHARACTERS))
        return None
    if bad := _NOT_PRINTABLE.search(text):
        at = Span(path, bad.start(), bad.end())
        report.add(CONTROL_CHARACTER.at(at, code=ord(bad[0])))
        return None
    if (at_return := text.find("\r")) >= 0:
        report.add(CARRIAGE_RETURN.at(Span(path, at_return, at_return + 1)))
    return text


def _reason(files: Files, path: str, error: OSError) -> tuple[str, str]:
    match error:
        case FileNotFoundError() | NotADirectoryError() if not files.exists(path):
            return "there is no such file", "is the path spelt right?"
        case IsADirectoryError() | FileNotFoundError():
            return "it is a folder", "name the file in it"
        case PermissionError():
            return "permission denied", "ask for the right to read it"
        case _:
            return (error.strerror or "input/output error").lower(), ""
