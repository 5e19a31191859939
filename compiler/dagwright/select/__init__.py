"""Selection: which resources of a project dbt would pick, proved equal to dbt's own answer.

`select_nodes` answers a `Request`. The grammar is in `syntax` and `selectors`, one question a
method in `methods`, and the order in which tests join and sets combine in `evaluate` and
`indirect`.
"""

from dagwright.select.request import Complaints, Request, select_nodes
from dagwright.select.spec import Place, Term
from dagwright.select.state import State

__all__ = ["Complaints", "Place", "Request", "State", "Term", "select_nodes"]
