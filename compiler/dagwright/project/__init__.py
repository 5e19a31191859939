"""The dbt project that a spec renders: read from `manifest.json`, and nothing else.

Public names: `read_project` and the model's types. What a selector picks from a project is for
`dagwright.select`.
"""

from dagwright.project.manifest import read_project
from dagwright.project.model import (
    Config,
    Meta,
    Metadata,
    Project,
    Resource,
    TestMetadata,
    UniqueId,
)

__all__ = [
    "Config",
    "Meta",
    "Metadata",
    "Project",
    "Resource",
    "TestMetadata",
    "UniqueId",
    "read_project",
]
