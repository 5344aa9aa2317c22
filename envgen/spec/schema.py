"""The form of matrix.yaml: strict models of its text, from which the JSON schema is made for editors."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from envgen.cell import FIXED_AXES, GrammarError
from envgen.spec.labels import LABELS
from envgen.spec.scalars import (
    ArchSelector,
    ArchValue,
    BudgetText,
    Bytes,
    CellSelector,
    CellVariable,
    Command,
    Condition,
    CudaSelector,
    CudaValue,
    ExactTensorrt,
    ExactTorch,
    ExtraSelector,
    ExtraValue,
    Factory,
    Flag,
    Folder,
    GpuArch,
    Image,
    Level,
    Line,
    Module,
    Name,
    OneOrMany,
    OsSelector,
    OsValue,
    PythonSelector,
    PythonValue,
    Reason,
    RequirementText,
    Seconds,
    Setting,
    SettingName,
    Sha256,
    Source,
    Strength,
    SystemKey,
    TensorrtSelector,
    TensorrtValue,
    Text,
    Tolerance,
    TorchSelector,
    TorchValue,
    Url,
    Variable,
    Weight,
    Whole,
)


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=False)


class ExtraAxisForm(_Form):
    """An axis of your own: its values pin a package, or set environment variables."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["package", "values"]}, {"required": ["variables"]}]}
    )

    package: Name | None = Field(
        default=None, description="The package whose version the values pin.", examples=["numpy"]
    )
    values: OneOrMany[ExtraValue] = Field(
        default=[],
        description="Versions of the package, `latest` (not pinned) or `none` (not installed).",
        examples=[["2.3"]],
    )
    variables: dict[ExtraValue, dict[CellVariable, Line]] = Field(
        default={}, description="Value to the environment variables it sets.", examples=[{"gcc13": {"CC": "gcc-13"}}]
    )

    @model_validator(mode="after")
    def one_kind(self) -> Self:
        if bool(self.values) == bool(self.variables) or (self.package and not self.values):
            raise GrammarError("an axis of your own has either `package` with `values`, or `variables`")
        return self


class AxesForm(_Form):
    """The axes; further names are axes of your own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ExtraAxisForm]

    python: OneOrMany[PythonValue] = Field(description="CPython minors.", examples=[["3.11", "3.12", "3.14t"]])
    torch: OneOrMany[TorchValue] = Field(
        description="Minors (their newest patch), exact releases, ranges, `latest`, `latest-2`.",
        examples=[["2.13", "2.13.0", ">=2.9,<2.12", "latest"]],
    )
    cuda: OneOrMany[CudaValue] = Field(
        description="`cpu`, or the CUDA of the torch build.", examples=[["cpu", "cu130"]]
    )
    tensorrt: OneOrMany[TensorrtValue] = Field(
        default=["none"],
        description="`none`, or TensorRT releases as for torch; a run-only one by its flavour (`lean`, `dispatch`).",
        examples=[["none", "10.16", "11.1lean"]],
    )
    os: OneOrMany[OsValue] = Field(description="Operating systems.", examples=[["debian12", "windows2022", "macos14"]])
    arch: OneOrMany[ArchValue] = Field(description="Processor architectures.", examples=[["x86_64", "aarch64"]])

    @model_validator(mode="before")
    @classmethod
    def labels_alone(cls, axes: object) -> object:
        """`compiler: [gcc13, clang17]`: an axis of a cell's surroundings is its values."""
        if not isinstance(axes, dict):
            return axes
        return {
            name: {"values": axis} if name in LABELS and isinstance(axis, str | list) else axis
            for name, axis in axes.items()
        }


class MatchForm(_Form):
    """Which cells: axis to value, range, glob or list of them; an axis not named accepts every value."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, OneOrMany[ExtraSelector]]

    python: OneOrMany[PythonSelector] = Field(default=[], examples=["3.12", ">=3.10"])
    torch: OneOrMany[TorchSelector] = Field(default=[], examples=["2.13", ">=2.9,<2.12", "latest"])
    cuda: OneOrMany[CudaSelector] = Field(default=[], examples=["cpu", "cu130", "cu12*", ">=12.6"])
    tensorrt: OneOrMany[TensorrtSelector] = Field(default=[], examples=["none", "10.16", "11.1lean", ">=10", "lean"])
    os: OneOrMany[OsSelector] = Field(default=[], examples=["debian12", "linux", "ubuntu*", "host"])
    arch: OneOrMany[ArchSelector] = Field(default=[], examples=["x86_64", "host"])
    cells: OneOrMany[CellSelector] = Field(default=[], description="Globs over cell ids.", examples=[["py312-*"]])

    def axes(self) -> dict[str, tuple[str, ...]]:
        """Axis name to the accepted texts, for the axes that are named."""
        fixed = {name: getattr(self, name) for name in FIXED_AXES if getattr(self, name)}
        return {axis: tuple(texts) for axis, texts in {**fixed, **(self.__pydantic_extra__ or {})}.items()}


class ChoiceForm(_Form):
    """A selection: which cells it is about, and which few of them stand for the rest."""

    among: OneOrMany[MatchForm] = Field(default=[], description="Cells that any of these speaks of. Default: all.")
    where: Condition | None = Field(
        default=None, description="A condition on them.", examples=["torch>=2.9 and cuda!=cpu"]
    )
    host: Flag = Field(default=False, description="Only what this machine can run.")
    cover: Strength | None = Field(
        default=None,
        description="Choose few cells that cover every combination of so many values: `pairs`, `triples`.",
        examples=["pairs"],
    )
    extremes: Flag = Field(default=False, description="Choose the oldest, the newest and the corners.")
    must: OneOrMany[MatchForm] = Field(default=[], description="Cells that are chosen in any case.")
    weights: dict[Name, dict[Line, Weight]] = Field(
        default={},
        description="How much rather a cell with a value is chosen; 1 where nothing is said.",
        examples=[{"python": {"3.12": 3}}],
    )
    budget: BudgetText | None = Field(
        default=None,
        description="What the chosen may cost: cells, minutes, dollars or gigabytes.",
        examples=["40 cells", "90m", "$5", "100GB"],
    )
    seed: Whole = Field(default=0, description="Of choices that are as good as others.")


def _entries_alone(value: object) -> object:
    """A list of matches, or one, is what `among` would hold."""
    whole = isinstance(value, dict) and set(value) & set(ChoiceForm.model_fields)
    return value if whole else {"among": value}


ShortChoice = Annotated[
    ChoiceForm, BeforeValidator(_entries_alone, json_schema_input_type=OneOrMany[MatchForm] | ChoiceForm)
]


class ExcludeForm(MatchForm):
    """Cells that are left out, and why."""

    reason: Reason = Field(description="Why; the plan and the report show it.")


class IncludeForm(_Form):
    """One cell beside the product of the axes: a value on every axis."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ExtraValue]

    python: PythonValue
    torch: ExactTorch
    cuda: CudaValue
    tensorrt: ExactTensorrt = "none"
    os: OsValue
    arch: ArchValue
    reason: Reason = Field(description="Why; the plan and the report show it.")

    def values(self) -> dict[str, str]:
        return {**{name: getattr(self, name) for name in FIXED_AXES}, **(self.__pydantic_extra__ or {})}


class RunnerForm(MatchForm):
    """A CI runner, and the cells it takes."""

    labels: OneOrMany[Text] = Field(description="Labels that the runner is asked for by.", examples=[["self-hosted"]])
    gpu: Flag = Field(default=False, description="Whether it has a GPU.")
    price: Weight | None = Field(default=None, description="Dollars a minute of it costs.", examples=[0.07])


class StepForm(_Form):
    """One command of the build; it leaves importable files in `$ENVGEN_OUT`."""

    name: Name = Field(examples=["ops"])
    run: Command = Field(description="The command, as a list of words or one line.", examples=["python build.py"])
    per: list[Text] | None = Field(
        default=None,
        description="Axes that its outcome depends on; cells that agree on them share it. Default: all of them.",
    )
    when: MatchForm | None = Field(default=None, description="The cells it is for. Default: all of them.")


class BuildForm(_Form):
    """How the extension is built; without steps, by its own build backend."""

    requires: list[RequirementText] | None = Field(
        default=None, description="Packages of the build.", examples=[["ninja"]]
    )
    env: dict[Variable, Line] = Field(default={}, description="Environment variables.", examples=[{"MAX_JOBS": "2"}])
    device_code: Literal["none", "optional", "required"] = Field(
        default="none",
        description="What a CUDA cell's binaries must hold. `optional`: what the machine's nvcc can compile.",
    )
    cuda_archs: OneOrMany[GpuArch] = Field(default=[], description="GPU architectures.", examples=[["9.0", "10.0+PTX"]])
    toolkit: Literal["machine", "wheels"] = Field(
        default="machine", description="Where nvcc comes from: the machine, or CUDA 13's compiler wheels."
    )
    steps: OneOrMany[StepForm] = Field(default=[], description="Commands in order. Default: the build backend.")


class CheckForm(_Form):
    """A command that proves one thing."""

    run: Command = Field(description="The command, as a list of words or one line.")
    needs: OneOrMany[Literal["gpu", "tensorrt"]] = Field(default=[], description="What it cannot do without.")


def _command_alone(value: object) -> object:
    return {"run": value} if isinstance(value, str | list) else value


ShortCheck = Annotated[CheckForm, BeforeValidator(_command_alone, json_schema_input_type=Command | CheckForm)]


class ChecksForm(_Form):
    """What proves that the extension works, rung by rung."""

    cpu: ShortCheck | None = Field(default=None, description="It runs on the CPU.")
    kernel: ShortCheck | None = Field(default=None, description="Its kernel runs on a GPU (implies the need `gpu`).")
    engine: ShortCheck | None = Field(
        default=None, description="A TensorRT engine with it runs (implies `gpu` and `tensorrt`)."
    )


class WindowsProgramForm(_Form):
    """A model that Linux cells compile for Windows by torch-tensorrt, and Windows cells load and run."""

    model: Factory = Field(
        description="MODULE:FUNCTION without arguments that gives (module, example inputs), or (module, example inputs,"
        " {input: {dimension: (min, usual, max)}}).",
        examples=["my_extension.models:make"],
    )
    shapes: OneOrMany[Literal["static", "dynamic"]] = Field(
        default=["static", "dynamic"], description="Inputs of one shape, inputs whose dimensions vary, or both."
    )
    hardware_compatible: Flag | None = Field(
        default=None, description="Runs on every GPU of compute capability 8.0 or newer, and not only on its own kind."
    )
    version_compatible: Flag | None = Field(default=None, description="Runs on newer releases of TensorRT too.")
    optimization_level: Level | None = Field(default=None, description="0 to 5; TensorRT's own is 3.")
    tolerance: Tolerance = Field(
        default=1e-3,
        description="How far outputs may be from those recorded on Linux, as a part of the largest of them or of 1.",
    )
    settings: dict[SettingName, Setting] = Field(
        default={}, description="Further settings of cross_compile_for_windows.", examples=[{"disable_tf32": True}]
    )

    @model_validator(mode="after")
    def each_once(self) -> Self:
        own = ("hardware_compatible", "version_compatible", "optimization_level")
        if twice := [name for name in own if name in self.settings]:
            raise GrammarError(f"`{twice[0]}` stands beside `settings`, not in it")
        return self


class ExtensionForm(_Form):
    """What is built and checked in every cell: a folder, or a source distribution."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["path"]}, {"required": ["source"]}]})

    path: Folder | None = Field(default=None, description="Folder, relative to this file.", examples=["csrc"])
    source: Source | None = Field(default=None, description="Source distribution.", examples=["torch-scatter==2.1.2"])
    sha256: Sha256 | None = Field(default=None, description="Hash of the source distribution.")
    name: Name | None = Field(default=None, description="Default: the project's name, or the folder's.")
    requires: list[RequirementText] = Field(
        default=[], description="Packages it needs at run time.", examples=[["numpy"]]
    )
    imports: OneOrMany[Module] = Field(
        [], alias="import", description="Modules that must import. Default: from the name.", examples=["my_extension"]
    )
    build: BuildForm = BuildForm()
    checks: ChecksForm = ChecksForm()
    windows_program: WindowsProgramForm | None = None
    engines: OneOrMany[Folder] = Field(
        default=[],
        description="TensorRT engines made elsewhere that cells with TensorRT are to load and run: files, folders or"
        " globs, relative to this file.",
        examples=[["engines/*.plan"]],
    )

    @model_validator(mode="after")
    def one_origin(self) -> Self:
        if bool(self.path) == bool(self.source):
            raise GrammarError("an extension has either `path` or `source`")
        if self.sha256 and not self.source:
            raise GrammarError("`sha256` is the hash of a `source`, and there is none")
        return self


class IndexesForm(_Form):
    """Where packages come from, beside pip's and uv's own configuration."""

    pytorch: Url | None = Field(
        default=None, description="A mirror of PyTorch's wheel index; `cu126`, `cpu`, ... follow it."
    )
    extra: OneOrMany[Url] = Field(default=[], description="Further indexes, asked after your own.")


class CondaForm(_Form):
    """Conda environments: channels, and packages by the names they have there."""

    channels: OneOrMany[Text] = Field(
        default=[],
        description="Channels in order of priority, as names, addresses or folders. Default: conda-forge.",
        examples=[["conda-forge"]],
    )
    requires: OneOrMany[Line] = Field(
        default=[], description="Packages of every conda environment.", examples=[["sysroot_linux-64 2.28.*"]]
    )
    names: dict[Name, Text] = Field(
        default={},
        description="Package of the Python index to its name in the channels.",
        examples=[{"tables": "pytables"}],
    )


class DockerForm(_Form):
    """What Dockerfiles start from."""

    images: dict[SystemKey, Image] = Field(
        default={},
        description="An operating system to your own image of it; with a CUDA, to one with its nvcc.",
        examples=[{"debian12": "registry.example.com/team/debian:12", "ubuntu24.04-cu130": "team/cuda:13.0-devel"}],
    )


TimeoutOf = Literal[
    "default", "planned", "published", "locked", "created", "built", "inspected", "loaded", "cpu", "kernel", "engine"
]


class LimitsForm(_Form):
    """Bounds on each rung, and on the age of facts."""

    memory: Bytes | None = Field(default=None, description="Memory of all its processes.", examples=["8GB", "512MiB"])
    facts: Seconds | None = Field(
        default=None, description="Age from which CI fails for the facts of envgen.", examples=["180d"]
    )
    timeouts: dict[TimeoutOf, Seconds] = Field(default={}, description="Time by rung.", examples=[{"built": "30m"}])


class MatrixForm(_Form):
    """The combinations of Python, torch, CUDA, TensorRT, operating system and processor that are to work."""

    version: Annotated[Literal["1"], WithJsonSchema({"const": 1})] = Field(description="Version of this form.")
    axes: AxesForm
    exclude: list[ExcludeForm] = Field(default=[], description="Cells left out.")
    include: list[IncludeForm] = Field(default=[], description="Cells beside the product of the axes.")
    select: dict[Name, ShortChoice] = Field(default={}, description="Named selections; `default` is the usual one.")
    extension: ExtensionForm | None = None
    runners: list[RunnerForm] = Field(default=[], description="CI runners; the first that takes a cell is its runner.")
    indexes: IndexesForm = IndexesForm()
    docker: DockerForm = DockerForm()
    conda: CondaForm = CondaForm()
    limits: LimitsForm = LimitsForm()


class _EditorSchema(GenerateJsonSchema):
    """The schema for what the file may say: a key with no value is never right, so null is left out."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def get_title_from_name(self, name: str) -> str:
        return name

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def _name_labels(axes: dict[str, Any]) -> None:
    """The axes of a cell's surroundings, for editors: their values alone, or an axis of your own of that name."""
    value = {"type": ["string", "number"]}
    values = {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}, {"$ref": "#/$defs/ExtraAxisForm"}]}
    axes["properties"] |= {
        "compiler": {**values, "description": "Host compilers.", "examples": [["gcc13", "clang17", "msvc2022"]]},
        "gpu": {**values, "description": "GPU architectures.", "examples": [["7.5", "9.0"]]},
        "driver": {**values, "description": "Versions of NVIDIA's driver.", "examples": [["550.54.15", "580"]]},
    }


def json_schema() -> dict[str, Any]:
    """The JSON schema of matrix.yaml, for editors; `envgen/spec/matrix.schema.json` is its text."""
    schema = MatrixForm.model_json_schema(schema_generator=_EditorSchema)
    _name_labels(schema["$defs"]["AxesForm"])
    # What has the key of a selection is one, and no match with an axis of that name.
    schema["$defs"]["MatchForm"]["propertyNames"] = {"not": {"enum": [*ChoiceForm.model_fields]}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "matrix.yaml of envgen"}
