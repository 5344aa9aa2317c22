"""What must agree within one matrix.yaml: axes, and the entries that speak of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from packaging.utils import canonicalize_name

from envgen.cell import AXIS_NAME, FIXED_AXES, GrammarError
from envgen.errors import MatrixError
from envgen.spec.choices import choice_problems
from envgen.spec.document import Document, named
from envgen.spec.entries import exclude_problems, include_problems
from envgen.spec.labels import LABELS
from envgen.spec.matrix import KeyPath
from envgen.spec.problems import did_you_mean
from envgen.spec.scalars import system_key
from envgen.spec.schema import (
    AxesForm,
    BuildForm,
    ChecksForm,
    ChoiceForm,
    DockerForm,
    ExtensionForm,
    ExtraAxisForm,
    MatrixForm,
)
from envgen.spec.scope import Scope

BUILD_FILES = ("pyproject.toml", "setup.py")  # what an installer builds by itself
_PROJECT_FILES = (*BUILD_FILES, "CMakeLists.txt")
_OWN_MEANING = ("cell", "cells", "reason", "labels", "price", *ChoiceForm.model_fields)


def problems_within(form: MatrixForm, document: Document) -> Iterator[MatrixError]:
    """Everything in the file that contradicts something else in it.

    Args:
        form: the sections of the file that are well formed in themselves.
        document: the whole file, for the places.
    """
    axes = Scope.of_axes(form.axes, document)
    cells = axes.with_includes(form.include)
    yield from _axis_problems(form.axes, axes)
    yield from exclude_problems(form.exclude, axes)
    yield from include_problems(form.include, form.axes, axes)
    for name, choice in form.select.items():
        yield from choice_problems(name, choice, cells)
    for i, runner in enumerate(form.runners):
        yield from cells.match_problems(runner, ("runners", i))
    yield from _image_problems(form.docker, cells)
    if form.extension:
        yield from _build_problems(form.extension.build, cells)
        yield from _origin_problems(form.extension, cells)
        yield from _script_problems(form.extension.checks, cells)


def _axis_problems(axes: AxesForm, scope: Scope) -> Iterator[MatrixError]:
    for axis, values in scope.values.items():
        path = ("axes", axis) if axis in FIXED_AXES else ("axes", axis, "values")
        yield from _repeated(values, path, scope)
    packages: dict[str, str] = {"torch": "torch", "tensorrt": "tensorrt"}
    for name, axis_form in (axes.__pydantic_extra__ or {}).items():
        place = scope.document.keys[("axes", name)]
        if not AXIS_NAME.fullmatch(name):
            yield MatrixError(f"`{name}` is no name for an axis.", "Use small letters and digits.", place)
        elif name in _OWN_MEANING:
            yield MatrixError(f"`{name}` has a meaning of its own in matrix.yaml.", "Name the axis otherwise.", place)
        elif axis_form.values and not axis_form.package:
            yield from _label_problems(name, axis_form, scope)
        package = canonicalize_name(axis_form.package or "")
        if package in packages:
            what = f"The axis `{name}` pins {package}, which the axis `{packages[package]}` pins already."
            yield MatrixError(what, "Keep one of them.", place)
        elif package:
            packages[package] = name


def _label_problems(name: str, form: ExtraAxisForm, scope: Scope) -> Iterator[MatrixError]:
    """An axis that is only its values is one that the rules read, and has its grammar."""
    if name not in LABELS:
        what = f"`axes.{name}` has values that stand for nothing."
        yield MatrixError(what, "Name the `package` they are versions of.", scope.document.keys[("axes", name)])
        return
    for i, value in enumerate(form.values):
        try:
            LABELS[name](value)
        except GrammarError as error:
            yield MatrixError(f"`axes.{name}`: {error}.", "", scope.place("axes", name, i))


def _image_problems(docker: DockerForm, scope: Scope) -> Iterator[MatrixError]:
    """An image for what no cell has is a misspelt one."""
    keys = scope.document.keys.items()
    written = {str(path[2]): place for path, place in keys if path[:2] == ("docker", "images") and path[2:]}
    for key, place in written.items() if docker.images else ():
        for axis, value in zip(("os", "cuda"), system_key(key).split("-"), strict=False):
            if value not in scope.values[axis]:
                what = f"`docker.images` names `{value}`, which is no value of the axis `{axis}`."
                yield MatrixError(what, did_you_mean(value, scope.values[axis]), place)


def _build_problems(build: BuildForm, scope: Scope) -> Iterator[MatrixError]:
    steps: KeyPath = ("extension", "build", "steps")
    yield from _repeated([step.name for step in build.steps], steps, scope, last="name")
    for i, step in enumerate(build.steps):
        path = _item(scope.document, steps, i)
        for j, axis in enumerate(step.per or []):
            if axis not in scope.values:
                error = scope.unknown_axis(axis, (*path, "per"))
                yield MatrixError(error.what, error.remedy, scope.place(*path, "per", j))
        yield from _repeated(step.per or [], (*path, "per"), scope)
        if step.when:
            yield from scope.match_problems(step.when, (*path, "when"))


def _origin_problems(extension: ExtensionForm, scope: Scope) -> Iterator[MatrixError]:
    if not extension.path:
        return
    place = scope.place("extension", "path")
    folder = Path(place.file).parent / extension.path
    if not folder.is_dir():
        what = f"`extension.path`: there is no folder `{extension.path}` beside {place.file.name}."
        yield MatrixError(what, "Write the path relative to the file.", place)
    elif folder.resolve() in Path(place.file).resolve().parent.parents and not _holds(folder, _PROJECT_FILES):
        what = f"`extension.path`: `{extension.path}` is {folder.resolve()}, which is no project's folder."
        yield MatrixError(what, "Name the folder that holds the extension's build file.", place)
    elif not _holds(folder, BUILD_FILES) and not extension.build.steps:
        what = f"`extension.path`: there is neither {' nor '.join(BUILD_FILES)} in `{extension.path}`, and no step."
        yield MatrixError(what, "Say under `extension.build.steps` how it is built, or name another folder.", place)


def _script_problems(checks: ChecksForm, scope: Scope) -> Iterator[MatrixError]:
    """A check runs in an empty folder, so that it meets what was built and not the project's own files."""
    for rung, check in checks:
        script = _script(check.run) if check else None
        if script:
            what = f"`extension.checks.{rung}`: a check runs in an empty folder, where there is no `{script}`."
            remedy = "Make it a module of what is built, and run `python -m my_extension.checks`."
            yield MatrixError(what, remedy, scope.place("extension", "checks", rung))


def _script(command: Sequence[str]) -> str | None:
    """The file that a command names relative to where it runs, and could not do without."""
    program, *words = command
    if ("/" in program or "\\" in program) and not _anchored(program):
        return program
    script = words[0] if words and program.startswith("python") else ""
    return script if script.endswith(".py") and not _anchored(script) else None


def _anchored(path: str) -> bool:
    return bool(PurePosixPath(path).anchor or PureWindowsPath(path).anchor)


def _holds(folder: Path, names: Iterable[str]) -> bool:
    return any((folder / name).is_file() for name in names)


def _repeated(values: Iterable[Hashable], path: KeyPath, scope: Scope, last: str = "") -> Iterator[MatrixError]:
    seen: dict[Hashable, int] = {}
    for i, value in enumerate(values):
        place = scope.place(*path, i, *([last] if last else []))
        if value in seen:
            what = f"{named(path)} holds `{value}` twice; it is already on line {seen[value]}."
            yield MatrixError(what, "Keep one of them.", place)
        seen.setdefault(value, place.line)


def _item(document: Document, path: KeyPath, i: int) -> KeyPath:
    """The path of an item; of a single one without brackets, the path itself."""
    return (*path, i) if (*path, i) in document.places else path
