"""Complaints about selectors, and about selections of nothing: DW3xx."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

UNKNOWN_METHOD: Final = Rule(
    code="DW301",
    name="unknown-selector-method",
    severity="error",
    message="unknown selector method {method!r}",
    help="{near}methods are {known}",
    explain="""\
    In a selector, a word before the first colon is a method: it says what the rest is compared
    with. dbt refuses a word that is none of its methods; their names are in lower case.

    ## Example
    ```yaml
    render:
      select: ["tags:nightly"]
    ```

    ## Use instead
    ```yaml
    render:
      select: ["tag:nightly"]
    ```
    """,
)

SELECTOR_SYNTAX: Final = Rule(
    code="DW302",
    name="selector-syntax",
    severity="error",
    message="{text!r} is no selector: {why}",
    help="a selector is [@][N+][METHOD:]VALUE[+N]; commas intersect, spaces unite",
    explain="""\
    Around a method and its value, a selector may carry graph operators: `+` or `2+` in front for
    parents, `+` or `+2` behind for children, and `@` in front for children and all that these
    need. `@` and a `+` behind exclude each other, and a selector is one line.

    ## Example
    ```yaml
    render:
      select: ["@orders+"]
    ```

    ## Use instead
    ```yaml
    render:
      select: ["@orders"]
    ```
    """,
)

SELECTOR_VALUE: Final = Rule(
    code="DW303",
    name="selector-value",
    severity="error",
    message="`{method}:` does not take {value!r}: {why}",
    help="{near}dbt stops at this selector too",
    explain="""\
    Some methods take only certain values: `resource_type:` a type of resource, `version:` one of
    four words, `source:` up to three parts between dots, `path:` a path relative to the project.
    dbt stops with an error at any other value.

    ## Example
    ```yaml
    render:
      select: ["resource_type:models"]
    ```

    ## Use instead
    ```yaml
    render:
      select: ["resource_type:model"]
    ```
    """,
)

SELECTOR_VALUE_TYPE: Final = Rule(
    code="DW304",
    name="selector-value-type",
    severity="error",
    message="`{method}` takes text as its value, not {kind}",
    help="write the value in quotes; numbers and booleans are for `config` alone",
    explain="""\
    In selectors.yml a value without quotes may be a number or a boolean. Only `config` compares
    with those; every other method compares text, and dbt fails on anything else.

    ## Example
    ```yaml
    selectors:
      - name: first_year
        definition: {tag: 2024}
    ```

    ## Use instead
    ```yaml
    selectors:
      - name: first_year
        definition: {tag: "2024"}
    ```
    """,
)

UNKNOWN_SELECTOR: Final = Rule(
    code="DW305",
    name="unknown-selector",
    severity="error",
    message="no selector is named {name!r}",
    help="{near}selectors are {known}",
    explain="""\
    `selector` names an entry of the project's selectors.yml, and there is none of that name. The
    entries are read from the copy in the manifest; dbt may leave that copy as it was when only
    selectors.yml changed, until `dbt parse --no-partial-parse`.

    ## Example
    ```yaml
    render:
      selector: nigthly
    ```

    ## Use instead
    ```yaml
    render:
      selector: nightly
    ```
    """,
)

SELECTOR_DEFINITION: Final = Rule(
    code="DW306",
    name="selector-definition",
    severity="error",
    message="in selectors.yml, {route}: {why}",
    help="dbt refuses the whole file for this, on every command",
    explain="""\
    A definition in selectors.yml is a string with one criterion, a mapping with one method and
    its value, a mapping with `method`, `value` and more, or a `union` or `intersection` of such
    members.

    ## Example
    ```yaml
    selectors:
      - name: nightly
        definition:
          union: ["tag:nightly"]
          exclude: ["tag:slow"]
    ```

    ## Use instead
    ```yaml
    selectors:
      - name: nightly
        definition:
          union:
            - "tag:nightly"
            - exclude: ["tag:slow"]
    ```
    """,
)

SELECTOR_CYCLE: Final = Rule(
    code="DW307",
    name="selector-cycle",
    severity="error",
    message="selectors refer to themselves: {chain}",
    help="break the chain: a selector cannot be part of what it is made of",
    explain="""\
    Since dbt 1.12 a selector may refer to others with `method: selector`. Following these
    references must come to an end.

    ## Example
    ```yaml
    selectors:
      - name: nightly
        definition: {method: selector, value: nightly}
    ```

    ## Use instead
    ```yaml
    selectors:
      - name: nightly
        definition: {method: tag, value: nightly}
    ```
    """,
)

STATE_MISSING: Final = Rule(
    code="DW308",
    name="selector-needs-state",
    severity="error",
    message="`{method}:` compares with {artifact}, and none is given",
    help="name a folder of artifacts by `render.state`, or compile what holds at every run",
    explain="""\
    `state:`, `result:` and `source_status:` ask what has changed since some earlier run. A
    compiled DAG is the same at every run, so these methods need artifacts that `render.state`
    names for the compiler, and are refused without them. Nothing is looked for in the target
    folder: what lies there by chance would decide the shape of the DAG.

    ## Example
    ```yaml
    render:
      select: ["state:modified+"]
    ```

    ## Use instead
    ```yaml
    render:
      select: ["tag:nightly"]
    ```
    """,
)

STATE_UNREADABLE: Final = Rule(
    code="DW309",
    name="unreadable-state",
    severity="error",
    message="{path!r} is not the {artifact} of an earlier run: {why}",
    help="name files that dbt wrote, whole and unchanged",
    explain="""\
    A selection compares with artifacts of an earlier run, and one of the files named for that
    is missing, broken, or not what it should be.

    ## Example
    ```sh
    dagwright ls --manifest target/manifest.json --state target/catalog.json
    ```

    ## Use instead
    ```sh
    dagwright ls --manifest target/manifest.json --state previous/manifest.json
    ```
    """,
)

SELECTOR_METHOD_TOO_NEW: Final = Rule(
    code="DW310",
    name="selector-method-too-new",
    severity="error",
    message="`selector:` is a method since dbt 1.12, and the manifest is of an older dbt",
    help="name the selector in `selector`, or write out what it stands for",
    explain="""\
    Before dbt 1.12 a selector could be named by `--selector`, or inside selectors.yml by
    `method: selector`, but not among the terms of `--select`. The manifest says which dbt will
    run, and that one would refuse the term.

    ## Example
    ```yaml
    render:
      select: ["selector:nightly"]
    ```

    ## Use instead
    ```yaml
    render:
      selector: nightly
    ```
    """,
)

UNKNOWN_RESOURCE_TYPE: Final = Rule(
    code="DW311",
    name="unknown-resource-type",
    severity="error",
    message="dbt has no resource type {type!r}",
    help="{near}types are {known}",
    explain="""\
    `--resource-type` and `--exclude-resource-type` take dbt's own names of types, in lower case
    and in the singular; the first also takes `all` and `default`.

    ## Example
    ```sh
    dagwright ls --manifest target/manifest.json --resource-type models
    ```

    ## Use instead
    ```sh
    dagwright ls --manifest target/manifest.json --resource-type model
    ```
    """,
)

RESOURCE_TYPE_NOT_TAKEN: Final = Rule(
    code="DW312",
    name="resource-type-not-taken",
    severity="error",
    message="`dbt {command}` takes no resource types",
    help="build, ls, test and clone do; `dbt {command}` has types of its own",
    explain="""\
    Some commands of dbt are about one type of resource by nature, `dbt run` about models, and
    have no flag to choose another. dbt refuses the flag there.

    ## Example
    ```sh
    dagwright ls --manifest target/manifest.json --command run --resource-type seed
    ```

    ## Use instead
    ```sh
    dagwright ls --manifest target/manifest.json --command build --resource-type seed
    ```
    """,
)

UNKNOWN_INDIRECT_SELECTION: Final = Rule(
    code="DW313",
    name="unknown-indirect-selection",
    severity="error",
    message="{mode!r} is no mode of indirect selection",
    help="{near}modes are {known}",
    explain="""\
    The mode says which tests come along with the nodes that they test: all that touch one
    (eager), those whose parents are all selected (cautious), those that could run (buildable),
    or none (empty).

    ## Example
    ```yaml
    execute:
      test_indirect_selection: careful
    ```

    ## Use instead
    ```yaml
    execute:
      test_indirect_selection: cautious
    ```
    """,
)

SELECTOR_TEMPLATE: Final = Rule(
    code="DW314",
    name="selector-template",
    severity="error",
    message="selectors.yml holds Jinja, which only dbt renders: {text!r}",
    help="use the copy in the manifest, which dbt has rendered: name no selectors file",
    explain="""\
    dbt renders selectors.yml with its variables, its target and the environment before it reads
    it. A compiler that has none of these would read something else.

    ## Example
    ```yaml
    selectors:
      - name: nightly
        definition: "tag:{{ var('tag') }}"
    ```

    ## Use instead
    ```yaml
    selectors:
      - name: nightly
        definition: "tag:nightly"
    ```
    """,
)

SELECTOR_FILE: Final = Rule(
    code="DW315",
    name="selector-file",
    severity="error",
    message="this is no selectors.yml: {why}",
    help="it holds a list `selectors` of mappings with `name` and `definition`",
    explain="""\
    A selectors.yml has one list, `selectors`. Each entry has a `name` and a `definition`, and
    may have a `description` and a `default`; dbt refuses any other key.

    ## Example
    ```yaml
    selectors:
      - nightly: "tag:nightly"
    ```

    ## Use instead
    ```yaml
    selectors:
      - name: nightly
        definition: "tag:nightly"
    ```
    """,
)

NOTHING_SELECTED: Final = Rule(
    code="DW316",
    name="nothing-selected",
    severity="error",
    message="nothing is selected",
    help="{near}{count} resources are in the project",
    explain="""\
    Of all resources in the project, the selection leaves none, so that the DAG would be empty.
    dbt would say so too, and exit with success; a compiler can tell before anything runs.

    ## Example
    ```yaml
    render:
      select: ["tag:nigthly"]
    ```

    ## Use instead
    ```yaml
    render:
      select: ["tag:nightly"]
    ```
    """,
)

TERM_MATCHES_NOTHING: Final = Rule(
    code="DW317",
    name="term-matches-nothing",
    severity="warning",
    message="{term!r} matches nothing in the project",
    help="{near}a renamed or disabled model looks like this",
    explain="""\
    One term of a selection selects nothing, while others do. dbt warns about this as well. An
    empty term, made by two spaces or a comma at an end, matches nothing either.

    ## Example
    ```yaml
    render:
      select: ["tag:nightly stg_oders"]
    ```

    ## Use instead
    ```yaml
    render:
      select: ["tag:nightly stg_orders"]
    ```
    """,
)

NO_EXACT_SELECTOR: Final = Rule(
    code="DW318",
    name="no-exact-selector",
    severity="error",
    message="no dbt selector names {node} alone in `dbt {command}`: {others} comes along",
    help="give one of them another name, or move it to another file",
    explain="""\
    A task runs named nodes, by selectors that are proved to pick these and nothing else. dbt has
    no selection by unique id, so two resources with the same name, file and package, or a name
    that is also a folder's, can be impossible to tell apart.

    ## Example
    ```yaml
    data_tests:
      - unique: {name: key_is_good}
      - not_null: {name: key_is_good}
    ```

    ## Use instead
    ```yaml
    data_tests:
      - unique: {name: key_is_unique}
      - not_null: {name: key_is_set}
    ```
    """,
)

RULES: Final = (
    UNKNOWN_METHOD,
    SELECTOR_SYNTAX,
    SELECTOR_VALUE,
    SELECTOR_VALUE_TYPE,
    UNKNOWN_SELECTOR,
    SELECTOR_DEFINITION,
    SELECTOR_CYCLE,
    STATE_MISSING,
    STATE_UNREADABLE,
    SELECTOR_METHOD_TOO_NEW,
    UNKNOWN_RESOURCE_TYPE,
    RESOURCE_TYPE_NOT_TAKEN,
    UNKNOWN_INDIRECT_SELECTION,
    SELECTOR_TEMPLATE,
    SELECTOR_FILE,
    NOTHING_SELECTED,
    TERM_MATCHES_NOTHING,
    NO_EXACT_SELECTOR,
)
