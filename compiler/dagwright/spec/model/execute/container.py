"""The words that the modes share in which dbt runs in a container.

A mode takes the classes of what it has. What it has only in part is refused by `spec.abilities`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import Field, PlainSerializer, PlainValidator
from pydantic_core import PydanticCustomError

from dagwright.spec.model.execute.quantities import Bytes, Cpu
from dagwright.spec.model.execute.secrets import SecretKeys
from dagwright.spec.model.words import Count, Data, EnvironmentName, Form, Shown, SpecPart, Strings

AbsolutePath = Annotated[str, Form(r"/.*", "an absolute path in the container, such as `/dbt`")]

HostPath = Annotated[
    str, Form(r"/.*", "an absolute path of the machine that runs it, such as `/srv/dbt`")
]

ENTRYPOINTS: Final = MappingProxyType(
    {
        "dbt": "the entrypoint is dbt, whatever the image has, and gets the rest of the command; "
        "where no entrypoint can be set, the image's is taken to be dbt",
        "keep": "the image's entrypoint stays, and gets the whole command: `dbt run ...`",
        "shell": "a login shell of the image sets up its PATH, then becomes dbt; the command goes "
        "through it as arguments, never as the text of a script",
    }
)
"""The words for what starts in a container."""


def _entrypoint(value: object) -> object:
    if isinstance(value, str) and value not in ENTRYPOINTS:
        *most, last = map(repr, ENTRYPOINTS)
        expected = {"expected": f"{', '.join(most)} or {last}"}
        raise PydanticCustomError("literal_error", "no such word", expected)
    words = value if isinstance(value, (list, tuple)) else ()
    if not (isinstance(value, str) or words) or not all(isinstance(w, str) for w in words):
        raise PydanticCustomError("form", "no entrypoint", {"called": "a word or a list of text"})
    return value if isinstance(value, str) else tuple(words)


_WORDS: Final = [{"const": word, "description": text} for word, text in ENTRYPOINTS.items()]
Entrypoint = Annotated[
    str | tuple[str, ...],
    PlainValidator(_entrypoint),
    PlainSerializer(lambda words: words if isinstance(words, str) else list(words)),
    Shown(
        {
            "anyOf": [
                {"oneOf": _WORDS},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]

Image = Annotated[
    str,
    Form(r"\S+|.*\{\{.*", "the name of an image, such as `registry.example/dbt:1.11`"),
]

Labels = dict[str, str]


class Resources(SpecPart):
    """What a task is given at least."""

    cpu: Cpu | None = None
    """CPUs, such as `500m` or `2`."""
    memory: Bytes | None = None
    """Memory, such as `1Gi`."""
    gpu: Count | None = None
    """GPUs, whole ones."""
    storage: Bytes | None = None
    """Space on the disk of the container, such as `2Gi`."""


class Limits(SpecPart):
    """What a task may use at most."""

    cpu: Cpu | None = None
    """CPUs; more than that is not given."""
    memory: Bytes | None = None
    """Memory; a task that takes more is killed."""
    storage: Bytes | None = None
    """Space on the disk of the container; a task that takes more is killed."""


class Volume(SpecPart):
    """A folder in the container that comes from elsewhere: from exactly one place."""

    mount: AbsolutePath
    """Where the container sees it."""
    read_only: bool = False
    """Whether the container may only read it."""
    sub_path: str | None = None
    """The folder in the volume to mount, if not all of it."""
    host: HostPath | None = None
    """A folder of the machine that the container runs on."""
    volume: str | None = None
    """A named volume of Docker."""
    claim: str | None = None
    """A PersistentVolumeClaim of the pod's namespace."""
    config_map: str | None = None
    """A ConfigMap of the pod's namespace, a file a key."""
    kubernetes_secret: str | None = None
    """A Secret of the pod's namespace, a file a key."""
    file_share: str | None = None
    """A file share of Azure Storage."""
    storage_account: str | None = None
    """The storage account that the file share is in."""
    connection: str | None = None
    """The Airflow connection that has the key of the storage account."""
    empty: Bytes | None = None
    """An empty folder that goes away with the container, of at most this size."""


VOLUME_SOURCES: Final = (
    "host",
    "volume",
    "claim",
    "config_map",
    "kubernetes_secret",
    "file_share",
    "empty",
)
"""The keys of `Volume` of which one must be written."""


class Toleration(SpecPart):
    """A taint of nodes that the pod does not mind; see Kubernetes."""

    key: str | None = None
    """The key of the taint; any, if not given."""
    operator: Literal["Exists", "Equal"] | None = None
    """Whether the taint must have the value; `Equal` if not given."""
    value: str | None = None
    """The value of the taint."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The effect of the taint; any, if not given."""
    toleration_seconds: Count | None = None
    """How long the pod stays on a node that gets the taint `NoExecute`."""


class NodeOverride(SpecPart):
    """Other settings for the tasks of some nodes; mappings are merged, the rest is replaced."""

    select: Strings
    """Which nodes, as `render.select`; tests only where they are named."""
    image: Image | None = None
    """The image for these nodes."""
    resources: Resources | None = None
    """What they are given at least."""
    limits: Limits | None = None
    """What they may use at most."""
    env: dict[EnvironmentName, str] | None = None
    """Environment variables of their commands."""
    labels: Labels | None = None
    """Labels of their containers or pods."""
    node_selector: Labels | None = None
    """Labels that the machine of their pods must have."""
    tolerations: tuple[Toleration, ...] | None = None
    """Taints of nodes that their pods do not mind."""
    service_account: str | None = None
    """The service account of their pods."""
    pod: Data | None = None
    """What is merged into the manifest of their pods."""


class ContainerKeys(SecretKeys):
    """The keys of every mode in which dbt runs in a container."""

    entrypoint: Entrypoint = "dbt"
    """What starts in the container: a word, or a list, which then gets the whole command."""
    target_path: AbsolutePath = "/tmp/dbt/target"  # noqa: S108 - in a container of its own
    """Where dbt writes its artifacts in the container: a folder that it can make."""
    log_path: AbsolutePath = "/tmp/dbt/logs"  # noqa: S108 - in a container of its own
    """Where dbt writes its log file in the container: a folder that it can make."""
    overrides: tuple[NodeOverride, ...] = ()
    """Other settings for some nodes; each must match a node that a task runs."""
    operator_args: Data = Field(default_factory=dict)
    """Arguments of Airflow's operator that have no key here, by its own names."""


class ImageKeys(ContainerKeys):
    """The keys of the modes that name an image."""

    image: Image
    """The image that dbt and its adapter are in; Airflow templates are allowed."""


class ResourceKeys(SpecPart):
    """The keys of the modes in which a task is given CPU and memory."""

    resources: Resources = Field(default_factory=Resources)
    """What a task is given at least, as Kubernetes quantities."""
    limits: Limits = Field(default_factory=Limits)
    """What a task may use at most, as Kubernetes quantities."""


class VolumeKeys(SpecPart):
    """The keys of the modes in which folders can be mounted."""

    volumes: tuple[Volume, ...] = ()
    """Folders in the container that come from elsewhere."""


class FolderKeys(SpecPart):
    """The keys of the modes that say in which folder a container starts.

    A run of ECS or Cloud Run starts where its definition says, a container group where its image
    says.
    """

    working_dir: AbsolutePath | None = None
    """Where dbt starts in the container; the project if not given, as in a worker."""


class LabelKeys(SpecPart):
    """The keys of the modes in which a container has labels."""

    labels: Labels = Field(default_factory=dict)
    """Labels of the containers or pods; Airflow templates are allowed."""


class DeferrableKeys(SpecPart):
    """The keys of the modes whose operator can wait in the triggerer."""

    deferrable: bool | None = None
    """Whether a task gives back its worker slot while it waits; Airflow decides if not given."""
