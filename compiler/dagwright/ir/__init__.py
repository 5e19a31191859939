"""The intermediate graph: what will run, and what each task waits for."""

from dagwright.ir.graph import Graph, Task, TaskId, Verb

__all__ = ["Graph", "Task", "TaskId", "Verb"]
