"""Complaints about the dbt project and its manifest: DW2xx."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

SCHEMA_VERSION: Final = 12
"""The version of dbt's manifest schema that is read: the one of dbt 1.8 and all later ones."""

MANIFEST_MISSING: Final = Rule(
    code="DW201",
    name="missing-manifest",
    severity="error",
    message="no manifest at {path!r}",
    help="run `dbt parse` in the project, or say in `render.manifest` where the file lies",
    explain="""\
    The compiler reads a dbt project from the `manifest.json` that dbt writes, and there is no
    file at the path named. Every dbt command that parses the project writes one to its target
    folder; `dbt parse` needs no warehouse. `render.manifest` is relative to
    `render.project_dir`.

    ## Example
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: manifest.json
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: target/manifest.json
    ```
    """,
)

MANIFEST_UNREADABLE: Final = Rule(
    code="DW202",
    name="unreadable-manifest",
    severity="error",
    message="cannot read {path!r}: {reason}",
    help="`render.manifest` must name a file that this user may read",
    explain="""\
    Something lies at the path of the manifest, and the system refuses to hand it out: it is a
    folder, or its permissions keep this user away.

    ## Example
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: target
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: target/manifest.json
    ```
    """,
)

MANIFEST_EMPTY: Final = Rule(
    code="DW203",
    name="empty-manifest",
    severity="error",
    message="{path!r} is empty ({size} bytes)",
    help="run `dbt parse` again; a full disk or a killed dbt leaves such files",
    explain="""\
    The manifest holds nothing. A dbt that was killed while it wrote the file, a full disk, and
    a placeholder made by a build script all look like this.

    ## Example
    ```sh
    touch target/manifest.json
    ```

    ## Use instead
    ```sh
    dbt parse
    ```
    """,
)

MANIFEST_NOT_JSON: Final = Rule(
    code="DW204",
    name="manifest-not-json",
    severity="error",
    message="{path!r} is not JSON, at byte {offset}: {why}",
    help="run `dbt parse` again, and copy the file whole",
    explain="""\
    The manifest stops being JSON at the byte named. Where that is the end of the file, it was
    cut off: by an interrupted copy, or by reading it while dbt was still writing.

    ## Example
    ```sh
    head --bytes 1000 target/manifest.json > manifest.json
    ```

    ## Use instead
    ```sh
    cp target/manifest.json manifest.json
    ```
    """,
)

NOT_A_MANIFEST: Final = Rule(
    code="DW205",
    name="not-a-manifest",
    severity="error",
    message="{path!r} is not a dbt manifest: it {what}",
    help="`render.manifest` must name the manifest.json that dbt wrote to its target folder",
    explain="""\
    The file is JSON, yet no manifest of dbt: another tool wrote it, or it is another of dbt's
    artifacts, such as `catalog.json` or `run_results.json`. A manifest says what it is in
    `metadata.dbt_schema_version`.

    ## Example
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: target/run_results.json
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: target/manifest.json
    ```
    """,
)

MANIFEST_TOO_OLD: Final = Rule(
    code="DW206",
    name="old-manifest",
    severity="error",
    message="{path!r} has manifest schema v{version}, written by {dbt}; v{wanted} is read",
    help="write the manifest with dbt 1.8 or newer",
    explain="""\
    dbt 1.8 and everything after it write manifest schema v12. Older schemas lack what selection
    needs (unit tests, saved queries, the root project's name), so that reading them would give
    another answer than dbt's own.

    ## Example
    ```sh
    pip install 'dbt-core==1.7.*' && dbt parse
    ```

    ## Use instead
    ```sh
    pip install 'dbt-core>=1.8' && dbt parse
    ```
    """,
)

MANIFEST_TOO_NEW: Final = Rule(
    code="DW207",
    name="new-manifest",
    severity="error",
    message="{path!r} has manifest schema v{version}, written by {dbt}; v{wanted} is read",
    help="upgrade dagwright, or write the manifest with a dbt whose schema is v{wanted}",
    explain="""\
    The manifest has a newer schema than this compiler knows. Fields may have moved, and a guess
    about them could select the wrong nodes without a word.

    ## Example
    ```json
    {"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v13.json"}}
    ```

    ## Use instead
    ```json
    {"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}}
    ```
    """,
)

MANIFEST_SHAPE: Final = Rule(
    code="DW208",
    name="manifest-shape",
    severity="error",
    message="{path!r} does not look as schema v12 says, at `{place}`: {why}",
    help="run `dbt parse` again; a file that was edited by hand or by a script can look so",
    explain="""\
    The file says that it is a manifest of schema v12, and a value in it has another type than
    that schema gives it. dbt writes no such file, so something changed it afterwards.

    ## Example
    ```json
    {"nodes": [{"unique_id": "model.shop.orders"}]}
    ```

    ## Use instead
    ```json
    {"nodes": {"model.shop.orders": {"unique_id": "model.shop.orders"}}}
    ```
    """,
)

DEPENDENCY_CYCLE: Final = Rule(
    code="DW209",
    name="dependency-cycle",
    severity="error",
    message="nodes in {path!r} depend on themselves: {cycle}",
    help="each node named depends on the next one; remove one of these references",
    explain="""\
    Following `depends_on` from a node leads back to it, so that no order of running exists. dbt
    refuses such projects too, when it links them.

    ## Example
    ```sql
    -- orders.sql
    select * from {{ ref('revenue') }}
    -- revenue.sql
    select * from {{ ref('orders') }}
    ```

    ## Use instead
    ```sql
    -- orders.sql
    select * from {{ source('shop', 'orders') }}
    -- revenue.sql
    select * from {{ ref('orders') }}
    ```
    """,
)

PARENT_MISSING: Final = Rule(
    code="DW210",
    name="missing-parent",
    severity="warning",
    message="{count} dependencies in {path!r} lead nowhere: {child} depends on {parent}",
    help="run `dbt parse` again; these dependencies are ignored, and order nothing",
    explain="""\
    A node depends on an id that the manifest neither holds nor lists as disabled. dbt writes no
    such manifest; a script that trims manifests may. The dependency is left out, so nothing
    waits for it.

    ## Example
    ```sh
    jq 'del(.nodes["model.shop.stg_orders"])' target/manifest.json > manifest.json
    ```

    ## Use instead
    ```sh
    cp target/manifest.json manifest.json
    ```
    """,
)

DBT_TOO_NEW: Final = Rule(
    code="DW211",
    name="newer-dbt",
    severity="warning",
    message="{path!r} was written by dbt {version}; nodes are selected as dbt 1.12 would",
    help="in a few corners a newer dbt selects otherwise: `dagwright explain DW211` lists them",
    explain="""\
    Selection is equal to dbt 1.8 to 1.12, by the version that wrote the manifest. dbt 2 differs
    in corners: a selector's YAML text may hold spaces and commas, `path:` wildcards cross
    folders, `config:` values take wildcards, method names ignore case, and an excluded model
    takes all its tests along in every indirect mode. The selectors in compiled tasks
    (`fqn:...,file:...`, one node each) mean the same in both.

    ## Example
    ```yaml
    render:
      select: ["path:models/*/orders.sql"]
    ```

    ## Use instead
    ```yaml
    render:
      select: ["path:models/marts"]
    ```
    """,
)

DBT_NOT_FOUND: Final = Rule(
    code="DW220",
    name="dbt-not-found",
    severity="error",
    message="cannot start {executable!r} to parse the project: {reason}",
    help="set `render.dbt.executable`, or `render.load: manifest` to read one that is there",
    explain="""\
    `render.load: dbt` (and `auto`, where there is no manifest) runs `dbt parse` in the compiler's
    own environment. The program that `render.dbt.executable` names could not be started.

    ## Example
    ```yaml
    render:
      project_dir: ../dbt/shop
      load: dbt
      dbt: {executable: /no/such/dbt}
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: ../dbt/shop
      load: dbt
      dbt: {executable: dbt}
    ```
    """,
)

DBT_FAILED: Final = Rule(
    code="DW221",
    name="dbt-parse-failed",
    severity="error",
    message="`{executable} parse` failed with exit code {code}",
    help="dbt said:\n{output}",
    explain="""\
    dbt itself could not parse the project, so there is no manifest to compile. What it said last
    is repeated in the complaint. Mend the project until `dbt parse` succeeds.

    ## Example
    ```sql
    select * from {{ ref('no_such_model') }}
    ```

    ## Use instead
    ```sql
    select * from {{ ref('orders') }}
    ```
    """,
)

STORE_UNREADABLE: Final = Rule(
    code="DW222",
    name="unreadable-store",
    severity="error",
    message="nothing here reads {path!r}: {why}",
    help='pip install "dagwright[remote]" brings what reads S3, Google Cloud Storage and Azure\'s '
    "Blob Storage",
    explain="""\
    `render.manifest` and `render.state` may be addresses: of web servers, and of object stores.
    Those are read by fsspec, which the compiler does not need otherwise, so it comes as an extra.
    Who may read is what the environment says: the usual variables, files and accounts of each
    cloud.

    ## Example
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: ftp://artifacts/shop/manifest.json
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: s3://artifacts/shop/manifest.json
    ```
    """,
)

PARSED_ELSEWHERE: Final = Rule(
    code="DW223",
    name="parsed-elsewhere",
    severity="error",
    message="`load: dbt` writes a manifest on this machine, and {path!r} is to be read",
    help="take away one of the two",
    explain="""\
    `render.load: dbt` runs `dbt parse`, which writes target/manifest.json of the project here.
    A manifest in an object store was written by another dbt before, and is what it is.

    ## Example
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: s3://artifacts/shop/manifest.json
      load: dbt
    ```

    ## Use instead
    ```yaml
    render:
      project_dir: ../dbt/shop
      manifest: s3://artifacts/shop/manifest.json
    ```
    """,
)

RULES: Final = (
    MANIFEST_MISSING,
    MANIFEST_UNREADABLE,
    MANIFEST_EMPTY,
    MANIFEST_NOT_JSON,
    NOT_A_MANIFEST,
    MANIFEST_TOO_OLD,
    MANIFEST_TOO_NEW,
    MANIFEST_SHAPE,
    DEPENDENCY_CYCLE,
    PARENT_MISSING,
    DBT_TOO_NEW,
    DBT_NOT_FOUND,
    DBT_FAILED,
    PARSED_ELSEWHERE,
    STORE_UNREADABLE,
)
