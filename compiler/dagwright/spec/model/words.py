"""The types that several blocks of a spec share: durations, strings of a form, documented words.

A validator here refuses a value by a `PydanticCustomError` whose type names the fault; the
sentence that a user reads is a rule's, chosen by that type in `spec.decode`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class SpecPart(BaseModel):
    """A block of the spec: strict, frozen, and with no key but its own.

    Keys that begin with `x-` belong to the author (a home for anchors) and are left out.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_extensions(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {key: item for key, item in value.items() if not str(key).startswith("x-")}


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """What each word of an enumeration means, for the JSON Schema and so for editors."""

    of: Mapping[str, str]

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return a `oneOf` that documents each word, the form that editors show best."""
        handler(schema)
        return {"oneOf": [{"const": word, "description": text} for word, text in self.of.items()]}


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The JSON Schema of a type, where it says more than the Python type does."""

    schema: Mapping[str, Any]

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the schema as it is."""
        return dict(self.schema)


@dataclass(frozen=True, slots=True)
class Form:
    """A pattern that a string must match whole, and what such a string is called."""

    pattern: str
    called: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema of `source`, the pattern checked after it."""
        compiled = re.compile(self.pattern)

        def check(value: str) -> str:
            if not compiled.fullmatch(value):
                raise PydanticCustomError("form", "wrong form", {"called": self.called})
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the string schema with the pattern in it."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


@dataclass(frozen=True, slots=True)
class Filled:
    """A list that must have an item; `items` is what they are called."""

    items: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema of `source`, its length checked after it."""

        def check(value: tuple[Any, ...]) -> tuple[Any, ...]:
            if not value:
                raise PydanticCustomError("form", "empty", {"called": f"a list of {self.items}"})
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the schema of the list with its least length in it."""
        return {**handler(schema), "minItems": 1}


_DURATION: Final = (
    r"[0-9]+(?:\.[0-9]+)?[smhd]"
    r"|P(?=.)(?:[0-9]+W)?(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?"
)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_ISO_SECONDS: Final = {"W": 604_800, "D": 86_400, "TH": 3_600, "TM": 60, "TS": 1}
_LONGEST_SECONDS: Final = 86_400 * 36_500


def seconds(value: object) -> float:
    """Return the seconds that a duration such as `90s`, `5m` or `PT1H30M` lasts.

    Whole numbers of seconds are `int`, so that they print without a fraction.

    Raises:
        PydanticCustomError: it is no duration, or lasts over 100 years.

    Example:
        >>> seconds("5m"), seconds("PT1H30M"), seconds("0.5s")
        (300, 5400, 0.5)
    """
    if not isinstance(value, str) or not re.fullmatch(_DURATION, value):
        raise PydanticCustomError("duration", "not a duration")
    if value.startswith("P"):
        days, _, clock = value[1:].partition("T")
        parts = [("", part) for part in re.findall(r"[0-9]+[WD]", days)]
        parts += [("T", part) for part in re.findall(r"[0-9.]+[HMS]", clock)]
        total = sum(float(part[:-1]) * _ISO_SECONDS[half + part[-1]] for half, part in parts)
    else:
        total = float(value[:-1]) * _SECONDS[value[-1]]
    if total > _LONGEST_SECONDS:
        raise PydanticCustomError("duration", "not a duration")
    return int(total) if total == int(total) else total


Duration = Annotated[
    float,
    PlainValidator(seconds),
    PlainSerializer(lambda length: f"{length}s", return_type=str, when_used="json"),
    Shown(
        {
            "type": "string",
            "pattern": f"^(?:{_DURATION})$",
            "examples": ["90s", "5m", "2h", "1d", "PT1H30M"],
        }
    ),
]
"""A length of time as a person writes it (`90s`, `5m`, `2h`, `1d`, ISO 8601); seconds here."""

Count = Annotated[int, Field(ge=0)]
"""A whole number from 0."""

Positive = Annotated[int, Field(ge=1)]
"""A whole number from 1."""


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _one_or_more_schema(item: Mapping[str, Any]) -> Shown:
    return Shown({"anyOf": [dict(item), {"type": "array", "items": dict(item)}]})


Strings = Annotated[
    tuple[str, ...], BeforeValidator(_one_or_more), _one_or_more_schema({"type": "string"})
]
"""One string, or a list of them; always a tuple here."""

_WRITTEN: Final = r"[\s\S]*\S[\s\S]*"
_WRITTEN_OUT: Final = rf"(?![\s\S]*(?:\{{\{{|\{{%)){_WRITTEN}"

RunPath = Annotated[
    str, Form(_WRITTEN, "the path of a folder where dbt runs, or a template of it")
]
"""A folder where dbt runs; empty text, as of a variable that is not set, is none."""

FixedPath = Annotated[str, Form(_WRITTEN_OUT, "the path of a folder, which is no template")]
"""A folder of a worker that is wanted before templates are filled in."""

Program = Annotated[str, Form(_WRITTEN_OUT, "the name or the path of a program, and no template")]

Store = Annotated[str, Form(_WRITTEN, "the path of a folder or of an object store")]

_IMPORT_PATH: Final = Form(
    r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+",
    "an import path such as `package.module.function`",
)
ImportPath = Annotated[str, _IMPORT_PATH]
"""Where a Python object is found: `package.module.name`."""

ImportPaths = Annotated[
    tuple[ImportPath, ...],
    BeforeValidator(_one_or_more),
    _one_or_more_schema({"type": "string", "pattern": f"^(?:{_IMPORT_PATH.pattern})$"}),
]
"""One import path, or a list of them; always a tuple here."""

Data = dict[str, Any]
"""Any data under keys of the author's choosing; sequences are tuples."""


EnvironmentName = Annotated[
    str, Form(r"[^=]+", "the name of an environment variable, which has no `=` in it")
]
