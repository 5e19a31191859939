"""Say of one spec all that can be said without a manifest or dbt."""

from __future__ import annotations

from collections.abc import Mapping

from dagwright.diagnostics import Report
from dagwright.files import Files
from dagwright.spec.load import read_spec, resolve, variants
from dagwright.spec.loaded import LoadedSpec


def validate_spec(
    files: Files,
    path: str,
    environment: str | None,
    variables: Mapping[str, str],
    report: Report,
) -> LoadedSpec | None:
    """Return the spec at `path`, or None where the report says what is wrong with it.

    Without an environment, each of the spec's is checked, and the first of them returned.
    """
    document = read_spec(files, path, variables, report)
    if document is None:
        return None
    wanted = variants(document) if environment is None else (environment,)
    first, *_ = [resolve(document, name, report) for name in wanted]
    return first
