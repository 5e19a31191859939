"""A merged tree to the spec model; every complaint of pydantic's becomes one of our findings."""

from __future__ import annotations

from pydantic import ValidationError

from dagwright.diagnostics import Report
from dagwright.spec.complaints import Complaint
from dagwright.spec.model import Spec
from dagwright.text.route import Places
from dagwright.text.tree import plain


def decode(places: Places, report: Report) -> Spec | None:
    """Return the spec that the tree of `places` is, or None, with every reason in `report`."""
    try:
        return Spec.model_validate(plain(places.root))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        complaints = [Complaint(places, details) for details in errors]
        misspelt = {c.meant() for c in complaints if c.kind == "extra_forbidden"}
        for complaint in complaints:
            missing = (*complaint.route, complaint.last)
            if complaint.kind != "missing" or missing not in misspelt:
                report.add(complaint.diagnostic())
        return None
