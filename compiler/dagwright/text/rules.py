"""Complaints about files and YAML as such: DW0xx."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

DUPLICATE_KEY: Final = Rule(
    code="DW001",
    name="duplicate-key",
    severity="error",
    message="key `{key}` is written twice in one mapping",
    help="remove one of the two",
    explain="""\
    Most YAML readers keep the last of two equal keys and lose the other without a word.
    Here both are kept apart by refusing them.

    ## Example
    ```yaml
    dag:
      id: shop
      id: store
    ```

    ## Use instead
    ```yaml
    dag:
      id: store
    ```
    """,
)

SYNTAX: Final = Rule(
    code="DW002",
    name="invalid-yaml",
    severity="error",
    message="this is not YAML: {problem}",
    help="{hint}",
    explain="""\
    The text breaks the grammar of YAML, so that nothing after this place can be read.

    ## Example
    ```yaml
    dag:
      id: shop
      description: orders: all of them
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      description: "orders: all of them"
    ```
    """,
)

TAB: Final = Rule(
    code="DW003",
    name="tab-indentation",
    severity="error",
    message="a tab stands where YAML wants spaces",
    help="indent with spaces; most editors can convert the file",
    explain="""\
    YAML forbids tabs in indentation, because their width is a matter of taste. They are fine
    inside quotes, comments and block scalars.

    ## Example
    ```yaml
    dag:
    \tid: shop
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
    ```
    """,
)

INDENTATION: Final = Rule(
    code="DW004",
    name="inconsistent-indentation",
    severity="error",
    message="the indentation of this line fits no line above it",
    help="align it with the other keys or items of its block",
    explain="""\
    In a block, all keys of a mapping (and all dashes of a list) start in the same column.

    ## Example
    ```yaml
    dag:
        id: shop
      tags: [dbt]
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      tags: [dbt]
    ```
    """,
)

UNKNOWN_ANCHOR: Final = Rule(
    code="DW005",
    name="unknown-anchor",
    severity="error",
    message="no anchor `&{name}` stands above this alias",
    help="{hint}",
    explain="""\
    An alias such as `*retry` repeats the value that is marked `&retry` earlier in the same file.

    ## Example
    ```yaml
    x-retry: &retry {retries: 2}
    dag:
      id: shop
      default_args: *retries
    ```

    ## Use instead
    ```yaml
    x-retry: &retry {retries: 2}
    dag:
      id: shop
      default_args: *retry
    ```
    """,
)

SEVERAL_DOCUMENTS: Final = Rule(
    code="DW006",
    name="several-documents",
    severity="error",
    message="a second YAML document starts here",
    help="one file is one spec: move it to a file of its own",
    explain="""\
    `---` starts a new document. A spec file holds one; the others would be lost.

    ## Example
    ```yaml
    dag: {id: shop}
    ---
    dag: {id: store}
    ```

    ## Use instead
    ```yaml
    dag: {id: shop}
    ```
    """,
)

NOT_UTF8: Final = Rule(
    code="DW007",
    name="not-utf-8",
    severity="error",
    message="{path} is not UTF-8 text (byte {at} is 0x{byte:02x})",
    help="save the file as UTF-8; a binary file is no spec",
    explain="""\
    Specs are UTF-8, so that they read the same on every machine. Another encoding, or a file
    that is no text at all, is refused as a whole.

    ## Example
    A spec saved as UTF-16, or a compressed file with the name of a spec.

    ## Use instead
    The same text saved as UTF-8.
    """,
)

CONTROL_CHARACTER: Final = Rule(
    code="DW008",
    name="control-character",
    severity="error",
    message="character U+{code:04X} is not allowed in YAML",
    help="remove it, or write it as an escape in double quotes",
    explain="""\
    YAML allows printable characters, tabs and line breaks. Invisible ones come from copying out
    of other programs.

    ## Example
    A NUL or a bell character between two keys.

    ## Use instead
    ```yaml
    dag:
      id: shop
      description: "a bell: \\a"
    ```
    """,
)

UNREADABLE: Final = Rule(
    code="DW009",
    name="unreadable-file",
    severity="error",
    message="{path} cannot be read: {reason}",
    help="{hint}",
    explain="""\
    The file is missing, is a folder, or may not be read.

    ## Example
    `dagwright validate configs` where `configs` is a file that was moved away.

    ## Use instead
    The path of a file that is there.
    """,
)

EMPTY: Final = Rule(
    code="DW010",
    name="empty-spec",
    severity="error",
    message="{path} holds no YAML mapping",
    help="a spec begins with `version: 1`; `dagwright init` writes one",
    explain="""\
    A spec is a mapping of keys to values. An empty file, a lone string or a list is none.

    ## Example
    ```yaml
    - dag
    - render
    ```

    ## Use instead
    ```yaml
    version: 1
    dag: {id: shop}
    render: {project_dir: shop}
    execute: {mode: local, project_dir: shop}
    ```
    """,
)

TOO_MANY_NODES: Final = Rule(
    code="DW011",
    name="alias-expansion",
    severity="error",
    message="with this alias the document grows beyond {limit} values",
    help="write the value out where it is needed",
    explain="""\
    Aliases of aliases can make a short text grow without bound, which is used to attack programs
    that read YAML. Documents are limited to 100,000 values, aliases written out.

    ## Example
    Ten lines, each a list of ten aliases of the line before: ten thousand million values.

    ## Use instead
    Aliases of plain blocks, a few levels deep.
    """,
)

TOO_DEEP: Final = Rule(
    code="DW012",
    name="deep-nesting",
    severity="error",
    message="this is nested more than {limit} levels deep",
    help="no part of a spec needs so many levels",
    explain="""\
    The depth of documents is limited, so that no text can exhaust the stack of a program.

    ## Example
    A hundred opening brackets.

    ## Use instead
    Fewer levels.
    """,
)

BYTE_ORDER_MARK: Final = Rule(
    code="DW013",
    name="byte-order-mark",
    severity="warning",
    message="the file begins with a byte order mark",
    help="save it as UTF-8 without BOM",
    explain="""\
    The mark is invisible and legal, but some tools that read the same file take it for the first
    character of the first key.

    ## Example
    A file saved as "UTF-8 with BOM".

    ## Use instead
    The same file saved as "UTF-8".
    """,
)

CARRIAGE_RETURN: Final = Rule(
    code="DW014",
    name="carriage-return",
    severity="warning",
    message="lines end in carriage returns",
    help="save the file with Unix line ends (LF); git can do it: `* text=auto eol=lf`",
    explain="""\
    The text reads the same, but its digest and its diffs differ between machines.

    ## Example
    A file saved on Windows with CRLF line ends.

    ## Use instead
    The same file with LF line ends.
    """,
)

YAML_1_1_WORD: Final = Rule(
    code="DW015",
    name="yaml-1-1-word",
    severity="warning",
    message="`{text}` is {here} here, but {there} to tools that read YAML 1.1",
    help="write {better}",
    explain="""\
    YAML 1.1, which many tools still read, takes `no`, `on`, `1:30` and `010` for a boolean, a
    boolean, the number 90 and the number 8. YAML 1.2, which editors and dagwright read, does not.

    ## Example
    ```yaml
    dag:
      id: shop
      params: {full: yes}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      params: {full: true}
    ```
    """,
)

BAD_MERGE: Final = Rule(
    code="DW016",
    name="bad-merge",
    severity="error",
    message="`<<` merges a mapping or a list of mappings, and this is {found}",
    help="give it an alias of a mapping, such as `<<: *defaults`",
    explain="""\
    `<<` copies the keys of other mappings into this one; keys that are written out win.

    ## Example
    ```yaml
    x-tags: &tags [dbt]
    dag:
      <<: *tags
      id: shop
    ```

    ## Use instead
    ```yaml
    x-tags: &tags [dbt]
    dag:
      id: shop
      tags: *tags
    ```
    """,
)

KEY_NOT_TEXT: Final = Rule(
    code="DW017",
    name="key-not-text",
    severity="error",
    message="a key is text, and this is {found}",
    help="{hint}",
    explain="""\
    YAML allows any value as a key, JSON and so the artifact only text. A number or a boolean that
    is meant as text needs quotes.

    ## Example
    ```yaml
    dag:
      id: shop
      params: {2026: current}
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
      params: {"2026": current}
    ```
    """,
)

UNKNOWN_TAG: Final = Rule(
    code="DW018",
    name="unknown-tag",
    severity="error",
    message="YAML tag `{tag}` means nothing here",
    help="leave the tag out; to make a value a string, quote it",
    explain="""\
    Tags such as `!include` or `!!python/object` are extensions of other programs. Specs know only
    YAML's own: `!!str !!int !!float !!bool !!null !!map !!seq`.

    ## Example
    ```yaml
    dag: !include dag.yaml
    ```

    ## Use instead
    ```yaml
    extends: dag.yaml
    ```
    """,
)

SELF_ALIAS: Final = Rule(
    code="DW019",
    name="self-alias",
    severity="error",
    message="`*{name}` stands inside the value that `&{name}` marks",
    help="a value cannot hold itself",
    explain="""\
    An alias inside its own anchor would make a value without end.

    ## Example
    ```yaml
    x-loop: &loop
      again: *loop
    ```

    ## Use instead
    ```yaml
    x-loop: &loop {again: false}
    ```
    """,
)

TOO_LONG: Final = Rule(
    code="DW020",
    name="long-file",
    severity="error",
    message="{path} has {size} characters, and a spec at most {limit}",
    help="is it the right file?",
    explain="""\
    A spec is written by a person. A file this long is some other YAML, and reading it would keep
    editors and hooks waiting.

    ## Example
    A dump of a whole project, named `shop.dagwright.yaml`.

    ## Use instead
    One file for each DAG.
    """,
)

UNUSED_IGNORE: Final = Rule(
    code="DW021",
    name="unused-ignore",
    severity="warning",
    message="no finding for {code} begins on the line that this comment is about",
    help="remove the comment, or the code from its list",
    explain="""\
    `# dagwright: ignore[CODE] reason` hides a finding of its own line; alone on a line, of the
    next one. When the finding is gone the comment hides the next mistake, so it should go too.

    ## Example
    ```yaml
    dag:
      id: shop  # dagwright: ignore[DW015] the other tools cope
    ```

    ## Use instead
    ```yaml
    dag:
      id: shop
    ```
    """,
)

FUTILE_IGNORE: Final = Rule(
    code="DW022",
    name="futile-ignore",
    severity="warning",
    message="{code} cannot be ignored: {reason}",
    help="mend the finding itself",
    explain="""\
    Warnings can be ignored, and the few errors that may be mistaken, such as a string that only
    looks like a secret. An error that would make the artifact wrong cannot.

    ## Example
    ```yaml
    dag:
      # dagwright: ignore[DW001] the last one counts
      id: shop
      id: store
    ```

    ## Use instead
    ```yaml
    dag:
      id: store
    ```
    """,
)

RULES: Final = (
    DUPLICATE_KEY,
    SYNTAX,
    TAB,
    INDENTATION,
    UNKNOWN_ANCHOR,
    SEVERAL_DOCUMENTS,
    NOT_UTF8,
    CONTROL_CHARACTER,
    UNREADABLE,
    EMPTY,
    TOO_MANY_NODES,
    TOO_DEEP,
    BYTE_ORDER_MARK,
    CARRIAGE_RETURN,
    YAML_1_1_WORD,
    BAD_MERGE,
    KEY_NOT_TEXT,
    UNKNOWN_TAG,
    SELF_ALIAS,
    TOO_LONG,
    UNUSED_IGNORE,
    FUTILE_IGNORE,
)
