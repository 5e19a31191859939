"""Every rule of every stage, by code. Codes and names are unique, which a test checks."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule
from dagwright.doctor import rules as doctor
from dagwright.drift import rules as drift
from dagwright.ir import rules as ir
from dagwright.official import rules as official
from dagwright.plan import async_rules as plan_async
from dagwright.plan import option_rules as plan_options
from dagwright.plan import requirement_rules
from dagwright.plan import rules as plan
from dagwright.plan import worker_rules as plan_worker
from dagwright.plan.modes import cloud_rules as plan_clouds
from dagwright.plan.modes import container_rules as plan_containers
from dagwright.plan.modes import watcher_rules
from dagwright.project import package_rules as packages
from dagwright.project import rules as project
from dagwright.select import rules as select
from dagwright.spec import async_rules as spec_async
from dagwright.spec import container_rules as spec_containers
from dagwright.spec import option_rules as spec_options
from dagwright.spec import producer_rules as spec_producers
from dagwright.spec import profile_rules as spec_profiles
from dagwright.spec import rules as spec
from dagwright.spec import virtualenv_rules as spec_virtualenv
from dagwright.text import rules as text
from dagwright.upgrade import rules as upgrade

_MODULES: Final = (
    text,
    spec,
    spec_async,
    spec_options,
    spec_containers,
    spec_producers,
    spec_virtualenv,
    spec_profiles,
    project,
    packages,
    select,
    ir,
    plan,
    plan_async,
    plan_options,
    doctor,
    plan_containers,
    plan_clouds,
    plan_worker,
    requirement_rules,
    watcher_rules,
    official,
    drift,
    upgrade,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted((rule for module in _MODULES for rule in module.RULES), key=lambda rule: rule.code)
)
