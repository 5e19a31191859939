"""The plan: the graph with every decision made, in the runtime's own words."""

from dagwright.plan.lower import make_plan
from dagwright.plan.model import Group, Plan, Step

__all__ = ["Group", "Plan", "Step", "make_plan"]
