"""The texts that matrix.yaml is made of, as pydantic types: each checks its grammar and gives the text it stands for.

Every scalar of the document is a text as written, so a number is welcome where a version is meant. The JSON schema
says so too.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from envgen.cell import (
    AXIS_NAME,
    EXTRA_VALUE,
    Arch,
    Cell,
    Cuda,
    GrammarError,
    Os,
    PythonVersion,
    Release,
    SmArch,
    TensorRt,
)
from envgen.image import ImageReference
from envgen.spec.expression import Where
from envgen.spec.matrix import Budget
from envgen.spec.quantity import STRENGTHS, parse_budget, parse_duration, parse_size, parse_strength
from envgen.spec.selector import (
    HOST,
    NONE,
    Glob,
    is_glob,
    parse_cuda_selector,
    parse_os_selector,
    parse_python_selector,
    parse_release_selector,
    parse_tensorrt_selector,
    parse_tensorrt_value,
)

T = TypeVar("T")


def one_line(text: str) -> str:
    """The text without surrounding space; it goes into shells and Dockerfiles, where a line end would end a command."""
    stripped = text.strip()
    if "\n" in stripped:
        raise GrammarError("the text runs over several lines")
    return stripped


def some_line(text: str) -> str:
    stripped = one_line(text)
    if not stripped:
        raise GrammarError("the text is empty")
    return stripped


def _parsed(parse: Callable[[str], object]) -> AfterValidator:
    return AfterValidator(lambda text: str(parse(one_line(text))))


def _matching(pattern: str, meaning: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, one_line(text), re.ASCII):
            raise GrammarError(f"{text!r} is not {meaning}")
        return one_line(text)

    return AfterValidator(check)


def _reason(text: str) -> str:
    return some_line(" ".join(text.split()))


def _or_none(parse: Callable[[str], object]) -> AfterValidator:
    return _parsed(lambda text: text if text == NONE else parse(text))


def _os_or_host(text: str) -> str:
    return text if text == HOST else str(parse_os_selector(text))


def _arch_or_host(text: str) -> str:
    return text if text == HOST else str(Arch.parse(text))


def _extra_or_glob(text: str) -> str:
    if is_glob(text):
        return str(Glob.parse(text))
    if not EXTRA_VALUE.fullmatch(text):
        raise GrammarError(f"{text!r} is not a value of letters, digits, dots and underscores, or a pattern of them")
    return text


def _cell(text: str) -> str:
    return str(Glob.parse(text)) if is_glob(text) else str(Cell.parse(text))


def _requirement(text: str) -> str:
    try:
        Requirement(text)
    except InvalidRequirement:
        raise GrammarError(f"{text!r} is not a requirement such as numpy or numpy>=1.26") from None
    return text


def _source(text: str) -> str:
    name, _, version = (part.strip() for part in text.partition("=="))
    try:
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name, re.ASCII):
            raise InvalidVersion
        return f"{name}=={Version(version)}"
    except InvalidVersion:
        raise GrammarError(f"{text!r} is not NAME==VERSION, such as torch-scatter==2.1.2") from None


def _of_cells(name: str) -> str:
    if name.upper() in ("PYTHONHOME", "PYTHONPATH"):
        raise GrammarError(
            f"{name} would let modules into a cell that are none of its own",
            "A package that a cell needs is an axis with `package`; a build's own variables are `extension.build.env`.",
        )
    return name


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise GrammarError(f"{text!r} is not an address such as https://host/simple") from None
    if parts.scheme not in ("https", "http", "file") or not (parts.netloc or parts.path) or " " in text:
        raise GrammarError(f"{text!r} is not an address such as https://host/simple")
    if "@" in parts.netloc:
        raise GrammarError("the address holds a user name or password, which belongs into pip's configuration or netrc")
    return text.rstrip("/")


def _folder(text: str) -> str:
    if PurePosixPath(text).is_absolute() or PureWindowsPath(text).drive:
        raise GrammarError(f"{text!r} is an absolute path; write it relative to the file")
    return some_line(text)


def _flag(value: object) -> object:
    """YAML's own true and false only: `yes` and `on` are texts here."""
    if value in ("true", "false"):
        return value == "true"
    raise GrammarError("this is neither true nor false")


def _strength(value: object) -> int:
    if not isinstance(value, str):
        raise GrammarError("this must be a text such as pairs")
    return parse_strength(value.strip())


def _whole(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise GrammarError(f"{value!r} is not a whole number")
    return int(value)


def _level(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-5]", value, re.ASCII):
        raise GrammarError(f"{value!r} is not a level from 0 to 5")
    return int(value)


def _tolerance(value: object) -> float:
    if isinstance(value, str) and re.fullmatch(r"\d?\.?\d{1,12}(e-\d{1,2})?", value, re.ASCII) and 0 < float(value) < 1:
        return float(value)
    raise GrammarError(f"{value!r} is not a number between 0 and 1 such as 1e-3")


def _setting(value: object) -> bool | int | float | str:
    """As a program's own setting: true and false, numbers, and anything else as a text."""
    if not isinstance(value, str):
        raise GrammarError("this must be true, false, a number or a text")
    if value in ("true", "false"):
        return value == "true"
    if re.fullmatch(r"-?\d{1,15}", value, re.ASCII):
        return int(value)
    return float(value) if re.fullmatch(r"-?\d{1,15}\.\d{1,15}", value, re.ASCII) else some_line(value)


def _weight(value: object) -> float:
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII) or not float(value):
        remedy = "Every cell keeps some weight; what is not wanted at all is left out by `where`."
        raise GrammarError(f"{value!r} is not a number above zero such as 3 or 0.5", remedy)
    return float(value)


def _budget(value: object) -> Budget:
    if not isinstance(value, str):
        raise GrammarError("this must be a text such as 40 cells, 90m or $5")
    return parse_budget(value.strip())


def _condition(value: object) -> Where:
    if not isinstance(value, str):
        raise GrammarError("this must be a text such as torch>=2.9 and cuda!=cpu")
    return Where.parse(one_line(value))


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(one_line(value))
    except ValueError as error:
        raise GrammarError(f"the command cannot be split into words: {error}") from None


class _OneOrMany:
    """A list, of which a single item may stand without brackets."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def listed(value: object) -> object:
            return value if value is None or isinstance(value, list) else [value]

        return core_schema.no_info_before_validator_function(listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


_version_like = WithJsonSchema({"type": ["string", "number"]})

OneOrMany = Annotated[list[T], Field(min_length=1), _OneOrMany()]

Line = Annotated[str, AfterValidator(one_line), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Text = Annotated[str, AfterValidator(some_line)]
Reason = Annotated[str, AfterValidator(_reason)]
Flag = Annotated[bool, BeforeValidator(_flag, json_schema_input_type=bool)]
Command = Annotated[list[Line], Field(min_length=1), BeforeValidator(_words, json_schema_input_type=str | list[Line])]
Seconds = Annotated[float, BeforeValidator(lambda v: _measured(parse_duration, v), json_schema_input_type=str | int)]
Bytes = Annotated[int, BeforeValidator(lambda v: _measured(parse_size, v), json_schema_input_type=str)]

Strength = Annotated[int, BeforeValidator(_strength), WithJsonSchema({"enum": [*STRENGTHS, *STRENGTHS.values()]})]
Whole = Annotated[int, BeforeValidator(_whole, json_schema_input_type=int)]
Level = Annotated[int, BeforeValidator(_level, json_schema_input_type=int)]
Tolerance = Annotated[float, BeforeValidator(_tolerance, json_schema_input_type=float | str)]
Setting = Annotated[
    Any, BeforeValidator(_setting), WithJsonSchema({"type": ["boolean", "integer", "number", "string"]})
]
Weight = Annotated[float, BeforeValidator(_weight, json_schema_input_type=float)]
BudgetText = Annotated[Any, BeforeValidator(_budget), WithJsonSchema({"type": ["string", "integer"]})]
Condition = Annotated[Any, BeforeValidator(_condition), WithJsonSchema({"type": "string"})]

PythonValue = Annotated[str, _parsed(PythonVersion.parse), _version_like]
TorchValue = Annotated[str, _parsed(parse_release_selector), _version_like]
TensorrtValue = Annotated[str, _or_none(parse_tensorrt_value), _version_like]
CudaValue = Annotated[str, _parsed(Cuda.parse), _version_like]
OsValue = Annotated[str, _parsed(Os.parse)]
ArchValue = Annotated[str, _parsed(Arch.parse)]
ExtraValue = Annotated[
    str, _matching(EXTRA_VALUE.pattern, "a value of letters, digits, dots and underscores"), _version_like
]

ExtraSelector = Annotated[str, _parsed(_extra_or_glob), _version_like]
PythonSelector = Annotated[str, _parsed(parse_python_selector), _version_like]
TorchSelector = TorchValue
TensorrtSelector = Annotated[str, _or_none(parse_tensorrt_selector), _version_like]
CudaSelector = Annotated[str, _parsed(parse_cuda_selector), _version_like]
OsSelector = Annotated[str, _parsed(_os_or_host)]
ArchSelector = Annotated[str, _parsed(_arch_or_host)]
CellSelector = Annotated[str, _parsed(_cell)]
ExactTorch = Annotated[str, _parsed(Release.parse), _version_like]
ExactTensorrt = Annotated[str, _or_none(TensorRt.parse), _version_like]

AxisName = Annotated[str, _matching(AXIS_NAME.pattern, "an axis name: small letters and digits")]
Name = Annotated[
    str, _matching(r"[A-Za-z0-9][A-Za-z0-9._-]*", "a name of letters, digits, dots, dashes and underscores")
]
Module = Annotated[str, _matching(r"[^\W\d]\w*(\.[^\W\d]\w*)*", "a module to import, such as my_extension")]
Factory = Annotated[
    str,
    _matching(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", "MODULE:FUNCTION, such as my_extension.models:make"),
]
SettingName = Annotated[str, _matching(r"[a-z_][a-z0-9_]*", "a setting such as disable_tf32")]
Variable = Annotated[str, _matching(r"[A-Za-z_][A-Za-z0-9_]*", "a name of an environment variable")]
CellVariable = Annotated[Variable, AfterValidator(_of_cells)]
Sha256 = Annotated[str, _matching(r"[0-9a-f]{64}", "a SHA-256 in 64 small hexadecimal digits")]
GpuArch = Annotated[str, _parsed(SmArch.parse), _version_like]
RequirementText = Annotated[str, _parsed(_requirement)]
Source = Annotated[str, _parsed(_source)]
Url = Annotated[str, _parsed(_url)]
Folder = Annotated[str, _parsed(_folder)]
SystemKey = Annotated[str, AfterValidator(lambda text: system_key(one_line(text)))]
Image = Annotated[str, _parsed(ImageReference.parse)]


def system_key(text: str) -> str:
    """The canonical form of `debian12`, or of `ubuntu24.04-cu130` for the image with nvcc."""
    os, dash, cuda = text.partition("-")
    return f"{Os.parse(os)}-{_with_nvcc(cuda)}" if dash else str(Os.parse(os))


def _with_nvcc(text: str) -> Cuda:
    cuda = Cuda.parse(text)
    if cuda.is_cpu:
        raise GrammarError("an image for `cpu` is that of the operating system alone, such as debian12")
    return cuda


def _measured(parse: Callable[[str], float], value: object) -> float:
    if not isinstance(value, str):
        raise GrammarError("this must be a text such as 10m or 8GB")
    return parse(value.strip())
