"""Make many alike operators: construct two, clone the rest.

Constructing an operator costs Airflow some hundred attribute writes through hooks, merges of
defaults and checks of types, with the same outcome every time for tasks that differ in their id
and command. A clone starts from a constructed operator's attributes instead, as Airflow's own
`BaseOperator.__deepcopy__` does, gets its own containers, and is registered by Airflow's own
`TaskGroup.add` and `DAG.add_task`.

Nothing is taken on trust. The second operator of a mould is constructed as well as cloned, and
only if the two agree in every attribute are the later ones cloned. On an Airflow where they do
not agree, every operator is constructed, which is slower and right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, MutableSet
from copy import copy
from functools import partial
from typing import Any, Final

from dagwright_airflow.airflow_api import DAG, BaseOperator, TaskGroup

_INIT: Final = "_BaseOperator__init_kwargs"
_BUILT_IN: Final = (dict, list, set)
_CONTAINERS: Final = (MutableMapping, MutableSequence, MutableSet)


class Mould:
    """Operators of one class in one DAG that share all arguments but those of each task."""

    def __init__(self, operator_class: Any, dag: DAG, shared: Mapping[str, Any]) -> None:
        """Construct nothing yet: the first operator asked for becomes the template."""
        self._class = operator_class
        self._dag = dag
        self._shared = dict(shared)
        self._template: dict[str, Any] = {}
        self._stored_as: dict[str, str] = {}
        self._containers: tuple[tuple[str, Callable[[], Any]], ...] = ()
        self._proven: bool | None = None

    def cast(self, task_id: str, group: TaskGroup, own: Mapping[str, Any]) -> BaseOperator:
        """Return the operator `task_id`, in its DAG and in `group`, with `own` arguments."""
        if self._proven:
            operator = self._clone(task_id, own)
            group.add(operator)
            self._dag.add_task(operator)
            return operator

        operator = self._class(
            task_id=task_id, dag=self._dag, task_group=group, **self._shared, **own
        )
        if not self._template:
            self._keep(operator, own)
        elif self._proven is None:
            self._proven = self._agrees(operator, task_id, own)
        return operator

    def _keep(self, operator: BaseOperator, own: Mapping[str, Any]) -> None:
        """Make `operator` the template, before anything waits for it."""
        self._template = dict(vars(operator))
        self._stored_as = {name: _attribute(operator, name, own[name]) for name in own}
        self._containers = tuple(
            (name, _copier(value))
            for name, value in self._template.items()
            if isinstance(value, _CONTAINERS)
        )

    def _clone(self, task_id: str, own: Mapping[str, Any]) -> BaseOperator:
        """Return a copy of the template that no DAG and no group knows of yet."""
        attributes = dict(self._template)
        for name, fresh in self._containers:
            attributes[name] = fresh()
        for name, value in own.items():
            attributes[self._stored_as[name]] = value
        attributes["task_id"] = task_id
        attributes["_dag"] = attributes["task_group"] = None
        attributes[_INIT].update(own, task_id=task_id)
        operator = self._class.__new__(self._class)
        object.__setattr__(operator, "__dict__", attributes)
        return operator

    def _agrees(self, constructed: BaseOperator, task_id: str, own: Mapping[str, Any]) -> bool:
        """Return whether a clone has the attributes that the constructor gave `constructed`."""
        clone = self._clone(task_id, own)
        attributes = vars(clone)
        for name in ("_dag", "task_group"):  # Given on registration.
            attributes[name] = vars(constructed)[name]
        attributes[_INIT]["task_group"] = vars(constructed)[_INIT]["task_group"]
        return bool(attributes == vars(constructed))


def _attribute(operator: BaseOperator, argument: str, value: object) -> str:
    """Return the attribute in which `operator` keeps an argument: by its name, or by its value."""
    attributes = vars(operator)
    if argument in attributes:
        return argument
    return next((name for name, kept in attributes.items() if kept is value), argument)


def _copier(container: Any) -> Callable[[], Any]:
    """Return what makes a container like `container`, which shares nothing with it."""
    if not container and type(container) in _BUILT_IN:
        return type(container)
    return partial(copy, copy(container))
