"""A recipe as a build.ninja: what changed is made again, and nothing else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from envgen.errors import UsageError
from envgen.manual.calls import SOURCE
from envgen.manual.header import header
from envgen.manual.places import QUESTIONS, WINDOWS_QUESTIONS
from envgen.manual.recipe import Action, Form, Phase, Recipe, pieces
from envgen.manual.shell import environment

Quote = Callable[[str], str]

POSIX_RULES = """\
rule compile
  command = $before $program $arguments -MMD -MF $out.d
  depfile = $out.d
  deps = gcc
  description = $step: compile $out

rule compile_cuda
  command = $before $program $arguments $
    --generate-dependencies-with-compile --dependency-output $out.d
  depfile = $out.d
  deps = gcc
  description = $step: compile for the GPU $out

rule compile_and_link
  command = $before $program $arguments -MMD -MQ $out -MF $out.d$then
  depfile = $out.d
  deps = gcc
  description = $step: compile and link $out

rule link
  command = $before $program $arguments$then
  description = $step: link $out

rule archive
  command = $before rm -f $out && $program $arguments$then
  description = $step: archive $out

rule copy
  command = cp $in $out$then
  description = $step: copy $out
"""
WINDOWS_RULES = """\
rule compile
  command = $program $arguments /showIncludes
  deps = msvc
  description = $step: compile $out

rule compile_cuda
  command = $program $arguments --generate-dependencies-with-compile --dependency-output $out.d
  depfile = $out.d
  deps = gcc
  description = $step: compile for the GPU $out

rule link
  command = $program $arguments
  description = $step: link $out

rule archive
  command = $program $arguments
  description = $step: archive $out

rule copy
  command = "$python" -c "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])" $in $out
  description = $step: copy $out
"""
RULE = {
    Phase.COMPILE: "compile", Phase.DEVICE_LINK: "link", Phase.ARCHIVE: "archive", Phase.LINK: "link",
    Phase.COPY: "copy",
}  # fmt: skip
NAMES = {"OUT": "outdir", "BUILD": "builddir"}  # `out` and `build` are ninja's own words; its log goes to builddir


def ninja_file(recipe: Recipe, folder: Path) -> str:
    """The whole file.

    Args:
        folder: absolute; where objects and the importable files are made, unless the recipe is of another machine.

    Raises:
        UsageError: a path cannot stand in it.
    """
    windows = recipe.form is Form.WINDOWS
    lines = [*(f"# {line}".rstrip() for line in header(recipe)), "ninja_required_version = 1.5", ""]
    lines += _asked(recipe) if recipe.translated_from else _known(recipe, folder)
    lines += ["", WINDOWS_RULES if windows else POSIX_RULES]
    by_output: dict[str, list[Action]] = {}
    for action in recipe.actions:
        by_output.setdefault(action.output, []).append(action)
    quote = _windows_word if windows else _word
    for maker, *finishing in by_output.values():
        lines += [*_edge(maker, finishing, quote), ""]
    return "\n".join(lines)


def _known(recipe: Recipe, folder: Path) -> Iterator[str]:
    """The places of this machine, and what compilers read beside their arguments."""
    places = {name: "".join(text for _, text in pieces(value)) for name, value in recipe.places.items()}
    places |= {"BUILD": str(folder / "build"), "OUT": str(folder / "out")}
    for name, value in places.items():
        if name == "BUILD" or recipe.uses(name):
            yield f"{_name(name)} = {_value(name, value)}"
    lines = " ".join(f"{line};" for line in environment(recipe)).replace("$", "$$")
    yield f'before = {lines} cd "$builddir" &&'  # debug information says where a file was compiled


def _asked(recipe: Recipe) -> Iterator[str]:
    """The places of another machine: what its interpreter says, and defaults."""
    questions = WINDOWS_QUESTIONS if recipe.form is Form.WINDOWS else QUESTIONS
    yield "# The interpreter says where things are; once, before ninja:"
    for name, code in questions.items():
        if recipe.uses(name):
            printed = code.replace("print(", f"print('{_name(name)} =', ").replace('"', "'")
            yield f'#   {recipe.places["PYTHON"]} -c "{printed}" >> places.ninja'
    yield "include places.ninja"
    for name, value in recipe.places.items():
        if name == "PYTHON" or (name not in questions and recipe.uses(name)):
            yield f"{_name(name)} = {_value(name, value) or '.'}"
    yield "builddir = build"
    yield f"outdir = {recipe.cell}"
    yield "before ="


def _edge(maker: Action, finishing: list[Action], quote: Quote) -> Iterator[str]:
    """The edge of one file: the command that makes it, and those that change it in place afterwards."""
    units = [path for path in maker.inputs if SOURCE.search(path)]
    rule = RULE[maker.phase]
    if maker.cuda and rule == "compile":
        rule = "compile_cuda"
    elif rule == "link" and len(units) == 1 and not maker.cuda:
        rule = "compile_and_link"
    elif rule == "link" and units:
        yield "# One command compiles several units, so their headers are not watched."
    inputs = " ".join(map(_path, maker.inputs))
    yield f"build {_path(maker.output)}: {rule} {inputs}"
    yield f"  step = {maker.step}"
    if maker.program:
        yield f"  program = {quote(maker.program)}"
        yield f"  arguments = {' '.join(map(quote, maker.arguments))}"
    if finishing:
        commands = (" ".join(map(quote, (action.program, *action.arguments))) for action in finishing)
        yield f"  then = {''.join(f' && {command}' for command in commands)}"


def _name(place: str) -> str:
    return NAMES.get(place, place.lower())


def _value(name: str, path: str) -> str:
    """The path of a place; it lands between double quotes.

    Raises:
        UsageError: a shell would read it otherwise there.
    """
    if re.search(r'["`$\\\n]', path):
        raise UsageError(f"The path {path!r} of {name} cannot stand in a build.ninja.", "Move it to a plainer path.")
    return path


def _path(template: str) -> str:
    """A template as a path of a build line."""
    return "".join(
        f"${{{_name(text)}}}" if kind == "place" else re.sub(r"([$ :])", r"$\1", text)
        for kind, text in pieces(template)
    )


def _word(template: str) -> str:
    """A template as one word of a POSIX shell's command."""
    words = (
        f'"${{{_name(text)}}}"' if kind == "place" else shlex.quote(text).replace("$", "$$")
        for kind, text in pieces(template)
    )
    return "".join(words) or "''"


def _windows_word(template: str) -> str:
    """A template as one word of a command line of Windows, which every program takes apart by itself."""
    parts = list(pieces(template))
    joined = "".join(
        f"${{{_name(text)}}}" if kind == "place" else text.replace("$", "$$").replace('"', '\\"')
        for kind, text in parts
    )
    plain = len(parts) == 1 and parts[0][0] == "text" and not re.search(r'[\s"]', joined)
    return joined if plain else f'"{joined}"'
