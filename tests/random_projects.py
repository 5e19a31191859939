"""Random projects with names that confuse selectors; one seed, one project."""

from __future__ import annotations

from random import Random

from dagwright.project import Config, Metadata, Project, Resource, TestMetadata, UniqueId

PACKAGES = ("shop", "parts")
WORDS = (
    "orders",
    "a.b",
    "sp ace",
    "com,ma",
    "st*r",
    "q?x",
    "br[a]ck",
    "plus+2",
    "v1",
    "shop",
    "!",
    "é",
)
FOLDERS = ("staging", "shop", "orders", "parts", "a.b")
COMMANDS = ("run", "seed", "snapshot", "test", "build", "source freshness")


def random_project(seed: int, release: str = "1.12.6") -> Project:
    """Return a project of a few dozen resources of every runnable type."""
    random = Random(seed)  # noqa: S311 - a test, no secret
    found: dict[UniqueId, Resource] = {}
    for make in (_source, _seed, _model, _model, _snapshot, _other, _test, _test, _unit_test):
        for _ in range(random.randint(2, 7)):
            resource = make(random, found)
            if resource is not None:
                found.setdefault(resource.unique_id, resource)
    resources = dict(sorted(found.items()))
    children: dict[UniqueId, list[UniqueId]] = {one: [] for one in resources}
    for one, resource in resources.items():
        for parent in resource.parents:
            children[parent].append(one)
    metadata = Metadata(release, "https://schemas.getdbt.com/dbt/manifest/v12.json", "shop")
    return Project(metadata, resources, {one: tuple(ids) for one, ids in children.items()})


def _place(random: Random) -> tuple[str, list[str]]:
    package = random.choice(PACKAGES)
    return package, random.sample(FOLDERS, random.choice((0, 0, 1, 1, 2)))


def _source(random: Random, _: dict[UniqueId, Resource]) -> Resource:
    package, folders = _place(random)
    source, table = random.choice(("raw", "r.w", "r w")), random.choice(WORDS)
    return Resource(
        UniqueId(f"source.{package}.{source}.{table}"),
        "source",
        table,
        package,
        (package, *folders, source, table),
        "/".join(("models", *folders, "schema.yml")),
        source_name=source,
        has_freshness=random.random() < 0.7,
    )


def _seed(random: Random, _: dict[UniqueId, Resource]) -> Resource:
    package, _folders = _place(random)
    return _file(random, "seed", package, (), "seeds", ".csv")


def _snapshot(random: Random, found: dict[UniqueId, Resource]) -> Resource:
    package, folders = _place(random)
    return _file(random, "snapshot", package, folders, "snapshots", ".sql", _some(random, found))


def _other(random: Random, found: dict[UniqueId, Resource]) -> Resource:
    package, folders = _place(random)
    kind = random.choice(("exposure", "saved_query", "function", "analysis"))
    return _file(random, kind, package, folders, "models", ".yml", _some(random, found))


def _model(random: Random, found: dict[UniqueId, Resource]) -> Resource:
    package, folders = _place(random)
    version = random.choice((None, None, None, 1, 2))
    return _file(
        random, "model", package, folders, "models", ".sql", _some(random, found), version
    )


def _file(  # noqa: PLR0917 - one builder for many types
    random: Random,
    kind: str,
    package: str,
    folders: list[str] | tuple[str, ...],
    root: str,
    suffix: str,
    parents: tuple[UniqueId, ...] = (),
    version: int | None = None,
) -> Resource:
    name = random.choice(WORDS)
    ending = () if version is None else (f"v{version}",)
    stem = name if version is None else f"{name}_v{version}"
    return Resource(
        UniqueId(".".join((kind, package, name, *ending))),
        kind,
        name,
        package,
        (package, *folders, name, *ending),
        "/".join((root, *folders, stem.replace("/", "_") + suffix)),
        parents,
        Config(),
        version=version,
        latest_version=version and 1,
        empty=kind == "model" and random.random() < 0.05,
    )


def _test(random: Random, found: dict[UniqueId, Resource]) -> Resource | None:
    package, folders = _place(random)
    generic = random.random() < 0.7
    name = random.choice(("orders", "key_is_good", "st*r", "a.b"))
    file = "schema.yml" if generic else f"{name}.sql"
    tail = f".{random.randrange(1000)}" if generic else ""
    return Resource(
        UniqueId(f"test.{package}.{name}{tail}"),
        "test",
        name,
        package,
        (package, *folders, name),
        "/".join(("models" if generic else "tests", *folders, file)),
        _some(random, found),
        test_metadata=TestMetadata(random.choice(("unique", "not_null"))) if generic else None,
    )


def _unit_test(random: Random, found: dict[UniqueId, Resource]) -> Resource | None:
    models = [one for one in found.values() if one.resource_type == "model"]
    if not models:
        return None
    model = random.choice(models)
    folders = model.fqn[1 : -2 if model.version else -1]
    ending = f"_v{model.version}" if model.version else ""
    return Resource(
        UniqueId(f"unit_test.{model.package_name}.{model.name}.works{ending}"),
        "unit_test",
        "works",
        model.package_name,
        (model.package_name, *folders, model.name, "works"),
        "/".join(("models", *folders, "schema.yml")),
        (model.unique_id,),
        version=model.version,
    )


def _some(random: Random, found: dict[UniqueId, Resource]) -> tuple[UniqueId, ...]:
    possible = sorted(
        one for one, it in found.items() if it.resource_type in {"source", "seed", "model"}
    )
    return tuple(random.sample(possible, min(len(possible), random.choice((0, 1, 1, 2, 3)))))
