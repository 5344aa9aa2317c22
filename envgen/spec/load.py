"""matrix.yaml -> Matrix, or all of its problems."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from envgen.cell import Cuda, Os, SmArch
from envgen.errors import MatrixError
from envgen.image import ImageReference
from envgen.results import LADDER, Rung
from envgen.spec.checks import problems_within
from envgen.spec.defaults import load_defaults
from envgen.spec.document import Document, read_document
from envgen.spec.matrix import (
    Build,
    BuildStep,
    Check,
    Choice,
    Conda,
    DeviceCode,
    Docker,
    Exclude,
    Extension,
    ExtraAxis,
    Include,
    Indexes,
    LabelAxis,
    Limits,
    Match,
    Matrix,
    PackageAxis,
    Runner,
    Toolkit,
    VariableAxis,
    WindowsProgram,
)
from envgen.spec.problems import MatrixFileError
from envgen.spec.schema import (
    AxesForm,
    BuildForm,
    ChecksForm,
    ChoiceForm,
    DockerForm,
    ExtensionForm,
    ExtraAxisForm,
    IndexesForm,
    LimitsForm,
    MatchForm,
    MatrixForm,
    WindowsProgramForm,
)
from envgen.spec.sentences import sections, structural_errors

_NEEDS: Mapping[Rung, tuple[str, ...]] = {Rung.CPU: (), Rung.KERNEL: ("gpu",), Rung.ENGINE: ("gpu", "tensorrt")}


def load(path: Path) -> Matrix:
    """The matrix that a file holds; its axis values stand in canonical form (`13.0` as `cu130`).

    Raises:
        MatrixFileError: the file cannot be read, or has problems; `errors` holds every one with its place.
    """
    try:
        document = read_document(path)
    except MatrixError as error:
        raise MatrixFileError([error]) from None
    problems = list(document.problems)
    form = _well_formed(document, problems)
    if form:
        problems += problems_within(form, document)
    if problems or not form:
        raise MatrixFileError(problems)
    return _matrix(form, document, path)


def _well_formed(document: Document, problems: list[MatrixError]) -> MatrixForm | None:
    """The sections that are right in themselves; None when too little is left to check one against another."""
    try:
        return MatrixForm.model_validate(document.tree)
    except ValidationError as error:
        problems += structural_errors(error, document)
        broken = sections(error)
    if not isinstance(document.tree, dict) or "axes" in broken or "version" in broken:
        return None
    return MatrixForm.model_validate({key: value for key, value in document.tree.items() if key not in broken})


def _matrix(form: MatrixForm, document: Document, path: Path) -> Matrix:
    return Matrix(
        file=path,
        python=tuple(form.axes.python),
        torch=tuple(form.axes.torch),
        cuda=tuple(form.axes.cuda),
        tensorrt=tuple(form.axes.tensorrt),
        os=tuple(form.axes.os),
        arch=tuple(form.axes.arch),
        extra=_extra_axes(form.axes),
        exclude=tuple(Exclude(_match(entry), entry.reason) for entry in form.exclude),
        include=tuple(Include(entry.values(), entry.reason) for entry in form.include),
        selections={name: _choice(choice) for name, choice in form.select.items()},
        extension=_extension(form.extension, document, path) if form.extension else None,
        runners=tuple(
            Runner(_match(entry), tuple(entry.labels), entry.gpu, entry.price or 0.0) for entry in form.runners
        ),
        indexes=_indexes(form.indexes),
        docker=_docker(form.docker),
        limits=_limits(form.limits),
        places=document.places,
        conda=Conda(tuple(form.conda.channels), tuple(form.conda.requires), form.conda.names),
    )


def _extra_axes(axes: AxesForm) -> tuple[ExtraAxis, ...]:
    return tuple(_extra_axis(name, axis) for name, axis in (axes.__pydantic_extra__ or {}).items())


def _extra_axis(name: str, form: ExtraAxisForm) -> ExtraAxis:
    if form.variables:
        return VariableAxis(name, tuple(form.variables), form.variables)
    values = tuple(form.values)
    return PackageAxis(name, values, form.package) if form.package else LabelAxis(name, values)


def _choice(form: ChoiceForm) -> Choice:
    return Choice(
        entries=tuple(map(_match, form.among)),
        where=form.where,
        host=form.host,
        cover=form.cover,
        extremes=form.extremes,
        must=tuple(map(_match, form.must)),
        weights=form.weights,
        budget=form.budget,
        seed=form.seed,
    )


def _match(form: MatchForm) -> Match:
    return Match(form.axes(), tuple(form.cells))


def _extension(form: ExtensionForm, document: Document, file: Path) -> Extension:
    folder = file.parent / form.path if form.path else None
    name = form.name or (_project_name(folder, document) if folder else str(form.source).partition("==")[0])
    return Extension(
        name=name,
        path=folder,
        source=form.source,
        sha256=form.sha256,
        requires=tuple(form.requires),
        build=_build(form.build),
        imports=tuple(form.imports) or (name.replace("-", "_"),),
        checks=_checks(form.checks),
        engines=tuple(form.engines),
        windows_program=_windows_program(form.windows_program) if form.windows_program else None,
    )


def _windows_program(form: WindowsProgramForm) -> WindowsProgram:
    named = {
        "hardware_compatible": form.hardware_compatible,
        "version_compatible": form.version_compatible,
        "optimization_level": form.optimization_level,
    }
    settings = {name: value for name, value in named.items() if value is not None}
    return WindowsProgram(form.model, tuple(form.shapes), {**form.settings, **settings}, form.tolerance)


def _project_name(folder: Path, document: Document) -> str:
    """The name in the folder's pyproject.toml, or the folder's."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project")
    except FileNotFoundError:
        project = None
    except (OSError, ValueError, RecursionError) as error:
        what = f"`extension.path`: the folder's pyproject.toml cannot be read: {error}."
        raise MatrixFileError([MatrixError(what, "", document.places["extension", "path"])]) from None
    name = project.get("name") if isinstance(project, dict) else None
    return name if isinstance(name, str) and name else folder.resolve().name


def _build(form: BuildForm) -> Build:
    steps = tuple(
        BuildStep(
            name=step.name,
            run=tuple(step.run),
            per=None if step.per is None else tuple(step.per),
            when=_match(step.when) if step.when else None,
        )
        for step in form.steps
    )
    return Build(
        requires=Build.requires if form.requires is None else tuple(form.requires),
        env=form.env,
        steps=steps,
        device_code=DeviceCode(form.device_code),
        cuda_archs=tuple(map(SmArch.parse, form.cuda_archs)),
        toolkit=Toolkit(form.toolkit),
    )


def _checks(form: ChecksForm) -> tuple[Check, ...]:
    written = {Rung.CPU: form.cpu, Rung.KERNEL: form.kernel, Rung.ENGINE: form.engine}
    return tuple(
        Check(rung, tuple(check.run), tuple(dict.fromkeys((*_NEEDS[rung], *check.needs))))
        for rung, check in written.items()
        if check
    )


def _indexes(form: IndexesForm) -> Indexes:
    return Indexes(form.pytorch or "", tuple(form.extra))


def _docker(form: DockerForm) -> Docker:
    return Docker({_system(key): ImageReference.parse(image) for key, image in form.images.items()})


def _system(key: str) -> tuple[Os, Cuda | None]:
    os, _, cuda = key.partition("-")
    return Os.parse(os), Cuda.parse(cuda) if cuda else None


def _limits(form: LimitsForm) -> Limits:
    shipped = load_defaults().timeouts
    written = {Rung(name): seconds for name, seconds in form.timeouts.items() if name != "default"}
    usual = form.timeouts.get("default")
    timeouts = {rung: written.get(rung, usual if usual is not None else shipped[rung]) for rung in LADDER}
    return Limits(timeouts, form.memory, form.facts)
