"""One complaint of pydantic to one finding: which rule, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic_core import ErrorDetails

from dagwright.diagnostics import Diagnostic, Note
from dagwright.diagnostics.redact import is_secret_name, secret_shape
from dagwright.spec.conversions import (
    EXPECTED,
    as_duration,
    conversion,
    converted,
    cron_hint,
)
from dagwright.spec.cron import PRESETS
from dagwright.spec.keys import BLOCKS_WITH_MODES, home_of, keys_at, mode_of, modes_with
from dagwright.spec.model.execute.watcher import UNFIT
from dagwright.spec.model.settings import OLD_WORDS, REFUSED, RENAMED
from dagwright.spec.producer_rules import UNFIT_PRODUCER
from dagwright.spec.rules import (
    BAD_CRON,
    BAD_DURATION,
    BAD_FORM,
    BAD_MOMENT,
    DAG_OR_TASK_GROUP,
    MISSING_KEY,
    OUT_OF_RANGE,
    REFUSED_KEY,
    RETIRED_WORD,
    UNKNOWN_KEY,
    UNKNOWN_PRESET,
    UNKNOWN_TIMEZONE,
    UNKNOWN_WORD,
    WRONG_TYPE,
)
from dagwright.spec.zone_names import ZONE_NAMES
from dagwright.text.near import near_key, near_miss, sure_miss
from dagwright.text.route import Places, Route
from dagwright.text.tree import Items, Scalar, Table, Tree


class Complaint:
    """One error of pydantic's, at the longest written part of the route that it names."""

    def __init__(self, places: Places, details: ErrorDetails) -> None:
        """Find the route; the tags of unions and the items of short forms are no part of it."""
        self.places = places
        self.context: Mapping[str, Any] = details.get("ctx", {})
        self.sentence = details["msg"]
        self.kind, location = _untagged(details)
        self.last = str(location[-1]) if location else ""
        if self.kind == "missing":
            location = location[:-1]
        self.route: Route = ()
        tree: Tree = places.root
        tag = mode_of(tree)
        for part in location:
            match tree:
                case Table() if tag is not None and part == tag:
                    tag = None
                    continue
                case Table(entries=entries) if part in entries:
                    tree = entries[str(part)].value
                case Items(items=items) if isinstance(part, int) and part < len(items):
                    tree = items[part]
                case _:
                    continue
            tag = mode_of(tree)
            self.route = (*self.route, part)
        self.tree = tree

    def _keys(self, route: Route) -> tuple[str, ...]:
        """Return the keys that the mapping at `route` may have, by the mode that is written."""
        return keys_at(route, lambda at: mode_of(self.places.tree(at)))

    @property
    def notes(self) -> tuple[Note, ...]:
        """How the value came where it is."""
        return self.places.notes(self.route)

    @property
    def where(self) -> str:
        """The name of the place: the last key of the route, or the item of a list."""
        match self.route:
            case (*_, str(key), int(item)):
                return f"item {item + 1} of `{key}`"
            case (*_, last):
                return f"`{last}`"
            case _:
                return "the spec"

    @property
    def found(self) -> str:
        """What stands there, in words that never quote what may be secret."""
        match self.tree:
            case Table():
                return "a mapping"
            case Items():
                return "a list"
            case Scalar(value=None):
                return "nothing"
            case Scalar(value=bool()):
                return f"`{self.tree.text}`, a boolean"
            case Scalar(value=int() | float()):
                return f"{self.quoted}, a number" if self.quoted else "a number"
            case _:
                return "text"

    @property
    def quoted(self) -> str:
        """The short word that stands there; empty where it is long, or may be a secret."""
        text = self.tree.text if isinstance(self.tree, Scalar) else ""
        secret = any(is_secret_name(str(part)) for part in self.route) or secret_shape(text)
        told = not secret and isinstance(self.tree, Scalar) and self.tree.template is None
        return f"`{text}`" if 0 < len(text) <= 40 and told else ""

    @property
    def _shown(self) -> Scalar | None:
        """The scalar that stands there, if what it says may be told."""
        tree = self.tree
        return tree if isinstance(tree, Scalar) and (self.quoted or tree.template) else None

    def diagnostic(self) -> Diagnostic:
        """Return the finding that the error is."""
        make = _BY_KIND.get(self.kind, Complaint._wrong_type)
        return self.retired() or self.unfit_producer() or make(self)

    def missing(self) -> Diagnostic:
        """A key that must be there."""
        at = self.places.key(self.route)
        if not self.route and self.places.root.entries:
            at = next(iter(self.places.root.entries.values())).key.span
        hint = _MISSING_HINTS.get((*self.route, self.last), f"write `{self.last}: ...` below it")
        return MISSING_KEY.at(at, key=self.last, where=self.where, hint=hint, notes=self.notes)

    def meant(self) -> Route:
        """Return the route of the key that an unknown one was probably meant to be."""
        near = RENAMED.get(self.last) or near_key(self.last, self._keys(self.route[:-1]))
        return (*self.route[:-1], near) if near is not None else ()

    def unknown_key(self) -> Diagnostic:
        """A key that the block does not have."""
        at, key = self.places.key(self.route), self.last
        parent = self.route[:-1]
        elsewhere = home_of(key, parent, self.places.root.entries)
        of_a_mode = bool(elsewhere) and parent in BLOCKS_WITH_MODES
        of_airflow = {"dag", "task_group", "execute", "render"} & set(self.route[:3])
        if key in REFUSED and of_airflow and not of_a_mode:
            instead = self._free_key(RENAMED.get(key))
            return REFUSED_KEY.at(
                at, key=key, reason=REFUSED[key], notes=self.notes, instead=instead
            )
        known = self._keys(parent)
        instead = self._free_key(sure_miss(key, known))
        hint = near_miss(key, known) or f"keys are: {', '.join(known)}"
        if elsewhere and (instead is None or of_a_mode):
            hint, instead = elsewhere, None
        if not key.isprintable():
            hint = "a character of it cannot be seen: type the key anew"
            key = "".join(c if c.isprintable() else f"[U+{ord(c):04X}]" for c in key)
        where = (
            f"`{parent[-1]}`" if parent and isinstance(parent[-1], str) else self._block(parent)
        )
        return UNKNOWN_KEY.at(
            at, key=key, where=where, hint=hint, notes=self.notes, instead=instead
        )

    def _free_key(self, better: str | None) -> str | None:
        """Return `better`, if the block may have that key and has it not yet."""
        block = self.places.tree(self.route[:-1])
        taken = isinstance(block, Table) and better in block.entries
        return better if better in self._keys(self.route[:-1]) and not taken else None

    def _rewritten(self, better: str | None) -> str | None:
        """Return `better` in the quotes that the scalar has; None where it is no simple one."""
        tree = self.tree
        simple = isinstance(tree, Scalar) and tree.tag is None and bool(self.quoted)
        if (
            better is None
            or not isinstance(tree, Scalar)
            or not simple
            or tree.style in {"|", ">"}
        ):
            return None
        return f"{tree.style}{better}{tree.style}"

    @staticmethod
    def _block(parent: Route) -> str:
        return f"an item of `{parent[-2]}`" if len(parent) > 1 else "the spec"

    def retired(self) -> Diagnostic | None:
        """Return the finding that the word here is an old one, or None where it is not."""
        key = next((part for part in reversed(self.route) if isinstance(part, str)), "")
        old = self.quoted.strip("`")
        new = OLD_WORDS.get(key, {}).get(old)
        if new is None:
            return None
        instead = new if new == "null" else self._rewritten(new)
        return RETIRED_WORD.at(self._value(), old=old, new=new, notes=self.notes, instead=instead)

    def unfit_producer(self) -> Diagnostic | None:
        """Return the finding that no producer can have this mode; None where it is not that."""
        mode = self.tree.text if isinstance(self.tree, Scalar) else ""
        if self.route[-2:] != ("producer", "mode") or mode not in UNFIT:
            return None
        modes = str(self.context.get("expected_tags", "")).replace("'", "`")
        return UNFIT_PRODUCER.at(
            self._value(), mode=mode, reason=UNFIT[mode], modes=modes, notes=self.notes
        )

    def unknown_word(self) -> Diagnostic:
        """A word that is none of a few."""
        known = str(self.context.get("expected") or self.context.get("expected_tags", ""))
        known = known.replace("'", "`")
        if "expected_tags" in self.context:
            known = " or ".join(known.rsplit(", ", 1))
        one_of = f"one of {known}" if " or " in known else known
        word = self.tree.text if isinstance(self.tree, Scalar) else ""
        words = known.replace("`", "").replace(" or ", ", ").split(", ")
        hint = near_miss(word, words)
        return UNKNOWN_WORD.at(
            self._value(),
            where=self.where,
            known=one_of,
            found=self.quoted or self.found,
            hint=hint,
            notes=self.notes,
            instead=self._rewritten(sure_miss(word, words)),
        )

    def _value(self) -> Any:
        return self.places.value(self.route)

    def _wrong_type(self) -> Diagnostic:
        """A value of another type, or any error that has no rule of its own."""
        expected = EXPECTED.get(self.kind, "something else")
        if self.route[-2:] == ("dag", "schedule"):
            expected = "text, or `{assets: [...]}`"
        tree = self._shown
        return WRONG_TYPE.at(
            self._value(),
            where=self.where,
            expected=expected,
            found=self.found,
            hint="" if tree is None else conversion(tree, expected, self.last),
            notes=self.notes,
            instead=None if tree is None else converted(tree, expected, self.last),
        )

    def out_of_range(self) -> Diagnostic:
        """A number that is too small."""
        least = self.context.get("ge", 0)
        return OUT_OF_RANGE.at(
            self._value(), where=self.where, least=least, found=self.found, notes=self.notes
        )

    def duration(self) -> Diagnostic:
        """Something that is no duration."""
        hint, sure = as_duration(self._shown, self.last)
        return BAD_DURATION.at(
            self._value(),
            where=self.where,
            hint=hint,
            notes=self.notes,
            instead=self._rewritten(sure),
        )

    def form(self) -> Diagnostic:
        """Text that has not the form it must have."""
        called = self.context["called"]
        is_key = self.last == "[key]"  # So pydantic tells it.
        return BAD_FORM.at(
            self.places.key(self.route) if is_key else self._value(),
            where=self.where,
            called=called,
            hint=self._better_id(),
            notes=self.notes,
        )

    def _better_id(self) -> str:
        """Return an id that Airflow takes, made from one that it does not."""
        if self.route not in {("dag", "id"), ("task_group", "id")}:
            return ""
        text = self.tree.text if isinstance(self.tree, Scalar) else ""
        allowed = "_-." if self.route[0] == "dag" else "_-"
        better = "".join(
            c if c.isascii() and (c.isalnum() or c in allowed) else "_" for c in text
        )[:200]
        better = better if text[:1] == "_" else better.strip("_")
        return f"such as `{better}`" if better.strip("_") and better != text else ""

    def cron(self) -> Diagnostic:
        """A cron expression with a fault at a known place in it."""
        start, end, why = (self.context[name] for name in ("start", "end", "why"))
        at = self.places.part(self.route, start, end)
        return BAD_CRON.at(at, why=why, hint=cron_hint(self._shown), notes=self.notes)

    def preset(self) -> Diagnostic:
        """A schedule by a name that Airflow does not know."""
        hint = near_miss(self.quoted.strip("`"), PRESETS) or f"presets are: {', '.join(PRESETS)}"
        return UNKNOWN_PRESET.at(
            self._value(),
            preset=self.quoted or "a longer name",
            hint=hint,
            notes=self.notes,
            instead=self._rewritten(sure_miss(self.quoted.strip("`"), PRESETS)),
        )

    def timezone(self) -> Diagnostic:
        """A time zone that is in no database."""
        hint = (
            near_miss(self.quoted.strip("`"), ZONE_NAMES)
            or "names are such as Europe/Amsterdam or UTC"
        )
        return UNKNOWN_TIMEZONE.at(
            self._value(),
            zone=self.quoted or "of this name",
            hint=hint,
            notes=self.notes,
            instead=self._rewritten(sure_miss(self.quoted.strip("`"), ZONE_NAMES)),
        )

    def moment(self) -> Diagnostic:
        """Something that is no date."""
        return BAD_MOMENT.at(self._value(), where=self.where, notes=self.notes)

    def dag_missing(self) -> Diagnostic:
        """Neither a DAG nor a task group."""
        at = next(iter(self.places.root.entries.values())).key.span
        problem = "neither `dag` nor `task_group` is there"
        return DAG_OR_TASK_GROUP.at(at, problem=problem)

    def dag_and_task_group(self) -> Diagnostic:
        """Both a DAG and a task group."""
        note = Note(self.places.key(("dag",)), "`dag` is here")
        at = self.places.key(("task_group",))
        return DAG_OR_TASK_GROUP.at(at, problem="`task_group` stands beside `dag`", notes=(note,))


def _untagged(details: ErrorDetails) -> tuple[str, tuple[int | str, ...]]:
    """Return the kind of an error and its place; for a union's tag, those of the tag's key."""
    tag = str(details.get("ctx", {}).get("discriminator", "")).strip("'")
    match details["type"]:
        case "union_tag_invalid":
            return "literal_error", (*details["loc"], tag)
        case "union_tag_not_found":
            return "missing", (*details["loc"], tag)
        case kind:
            return kind, details["loc"]


_MISSING_HINTS: Final[Mapping[Route, str]] = MappingProxyType(
    {
        ("version",): "write `version: 1` on the first line",
        ("render",): "write `render: {project_dir: ...}`",
        ("execute",): "write `execute: {mode: local}`, or choose an environment that has it",
        ("execute", "mode"): f"modes are: {', '.join(modes_with('mode'))}",
        ("render", "project_dir"): "name the folder of dbt_project.yml, relative to this file",
    }
)
_BY_KIND: Final[Mapping[str, Callable[[Complaint], Diagnostic]]] = MappingProxyType(
    {
        "missing": Complaint.missing,
        "extra_forbidden": Complaint.unknown_key,
        "literal_error": Complaint.unknown_word,
        "greater_than_equal": Complaint.out_of_range,
        "duration": Complaint.duration,
        "form": Complaint.form,
        "cron": Complaint.cron,
        "preset": Complaint.preset,
        "timezone": Complaint.timezone,
        "moment": Complaint.moment,
        "dag_missing": Complaint.dag_missing,
        "dag_and_task_group": Complaint.dag_and_task_group,
    }
)
