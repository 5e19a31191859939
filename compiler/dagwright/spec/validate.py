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
    return next(iter(validate_each(files, path, environment, variables, report)), None)


def validate_each(
    files: Files,
    path: str,
    environment: str | None,
    variables: Mapping[str, str],
    report: Report,
) -> tuple[LoadedSpec, ...]:
    """Return the spec at `path` for each of its environments in which nothing is wrong with it.

    For the wanted one alone, where one is.
    """
    document = read_spec(files, path, variables, report)
    if document is None:
        return ()
    wanted = variants(document) if environment is None else (environment,)
    loaded = [resolve(document, name, report) for name in wanted]
    return tuple(one for one in loaded if one is not None)
