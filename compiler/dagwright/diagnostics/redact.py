"""What secrets look like, and where a text holds them: by the name of a key, and by their shape.

Renderers blank these places out of every line they show, whatever the finding is about. The lint
of `dagwright.spec.secrets` uses the same patterns on values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NAMES: Final = (
    "pass|pwd|pw|pat|secret|token|secret_?key|api_?key|access_?key|private_?key|auth_?key"
    "|account_?key|sas_?token|connection_?string"
)
_SECRET_NAME: Final = re.compile(
    # The last are dbt's own: it hides the values of variables that begin so.
    rf"(?:^|_)(?:{_NAMES})$|(?:password|passwd|passphrase)$|^dbt_env_(?:custom_env_)?secret_"
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_KEY: Final = re.compile(
    # It begins where a word does, so that a long one is looked at once.
    r"(?<![A-Za-z0-9_\-])(?P<key>[A-Za-z0-9_\-]+)[\"']?[ \t]*:[ \t]*"
)
_VALUE: Final = re.compile(
    r"\"[^\"\n]*\"?|'[^'\n]*'?|\[[^\]\n]*|\{[^{}\n]*|[^\s,}\]\[{][^,}\]\n]*"
)
_TEMPLATE: Final = re.compile(r"[\"']?(?:\{\{|\$\{|\*)")
_URL: Final = re.compile(
    r"(?<![A-Za-z0-9+.\-])[A-Za-z0-9+.\-]+://"
    r"[^\s/?#@:\"']{0,200}:(?P<password>[^\s/?#@\"']{1,200})@"
)
_SHAPES: Final = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^\"']*")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{20,})")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_\-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9\-]{10,}")),
    ("a Slack webhook", re.compile(r"\bhooks\.slack\.com/services/[A-Za-z0-9/]{20,}")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_\-]{35}")),
    ("a Databricks token", re.compile(r"\bdapi[0-9a-f]{32}")),
    ("a Stripe key", re.compile(r"\b[sr]k_(?:live|test)_[0-9A-Za-z]{16,}")),
    ("a dbt Cloud token", re.compile(r"\bdbt[cu]_[A-Za-z0-9_\-]{30,}")),
    ("an npm token", re.compile(r"\bnpm_[A-Za-z0-9]{36}")),
    ("a PyPI token", re.compile(r"\bpypi-[A-Za-z0-9_\-]{50,}")),
    ("a Vault token", re.compile(r"\bhv[bs]\.[A-Za-z0-9_\-]{20,}")),
    ("a SendGrid key", re.compile(r"\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}")),
    ("an API key", re.compile(r"\bsk-(?=[A-Za-z_\-]{0,40}[0-9])[A-Za-z0-9_\-]{20,}")),
    (
        "a password in a connection string",
        re.compile(
            r"(?i)(?<![A-Za-z0-9_.\-])(?:password|passwd|pwd|accountkey|sharedaccesskey|sig)"
            r"=(?![{$%<*])[^\s;&\"'{}$]{4,200}"
        ),
    ),
    (
        "an authorization header",
        re.compile(r"\b(?:Bearer|Basic) (?=\S{0,200}[0-9])[A-Za-z0-9._~+/\-]{16,}=*"),
    ),
    ("a JSON web token", re.compile(r"\beyJ[A-Za-z0-9_\-]{10,200}\.eyJ[A-Za-z0-9_\-]{10,}\S*")),
)


def is_secret_name(name: str) -> bool:
    """Return whether a key of this name most likely holds a secret.

    Example:
        >>> [is_secret_name(name) for name in ("DBT_PASSWORD", "apiKey", "TOKEN_FILE", "compass")]
        [True, True, False, False]
    """
    return bool(_SECRET_NAME.search(_CAMEL.sub("_", name).lower().replace("-", "_")))


def secret_shape(text: str) -> str | None:
    """Return what kind of key or token `text` holds, in words, or None."""
    return next((kind for kind, _ in shaped_secrets(text)), None)


def url_passwords(text: str) -> Iterator[tuple[int, int]]:
    """Yield where `text` has passwords of URLs that are no variables or templates."""
    for url in _URL.finditer(text):
        if not url["password"].startswith(("$", "{")):
            yield url.span("password")


def shaped_secrets(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each key and token that `text` holds: its kind in words, and where it is."""
    for kind, pattern in _SHAPES:
        for match in pattern.finditer(text):
            yield kind, match.span()


def secret_stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield where `text`, any text of YAML's manner, most likely holds secrets."""
    end = 0  # Values are searched once, so that the time stays linear.
    for key in _KEY.finditer(text):
        if key.start() < end or not is_secret_name(key["key"]):
            continue
        value = _VALUE.match(text, key.end())
        if value is not None and not _TEMPLATE.match(value[0]):
            end = value.end()
            yield value.span()
    for match in _URL.finditer(text):
        yield match.span("password")
    for _, stretch in shaped_secrets(text):
        yield stretch


def blanked(text: str) -> str:
    """Return `text` with a star for each character that most likely belongs to a secret.

    Example:
        >>> blanked("{user: me, password: hunter2}")
        '{user: me, password: *******}'
    """
    characters = list(text)
    for start, end in secret_stretches(text):
        for at in range(start, end):
            if characters[at] not in "\r\n":
                characters[at] = "*"
    return "".join(characters)
