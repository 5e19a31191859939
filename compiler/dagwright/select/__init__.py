"""Selection: which resources of a project dbt would pick, proved equal to dbt's own answer.

`select_nodes` answers a `Request`; `near_misses` says what a term that matches nothing may have
been meant for; and `ExactSelectors` goes the other way, from nodes to selectors that name these
alone. The grammar is in `syntax` and `selectors`, one question a method in `methods`, and the
order in which tests join and sets combine in `evaluate` and `indirect`.
"""

from dagwright.select.exact import Ambiguity, ExactSelection, ExactSelectors
from dagwright.select.misses import near_misses
from dagwright.select.request import Complaints, Request, select_nodes
from dagwright.select.selector_file import read_selector_file
from dagwright.select.spec import Place, Term
from dagwright.select.state import State, read_state

__all__ = [
    "Ambiguity",
    "Complaints",
    "ExactSelection",
    "ExactSelectors",
    "Place",
    "Request",
    "State",
    "Term",
    "near_misses",
    "read_selector_file",
    "read_state",
    "select_nodes",
]
