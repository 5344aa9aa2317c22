"""A recipe as a build.ninja: what changed is made again, and nothing else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from envgen.errors import UsageError
from envgen.manual.header import header
from envgen.manual.recipe import Action, Phase, Recipe, pieces
from envgen.manual.shell import environment

# `cd` first: debug information says where a file was compiled.
RULES = """\
rule compile
  command = $environment cd "$builddir" && $program $arguments -MMD -MF $out.d
  depfile = $out.d
  deps = gcc
  description = $step: compile $out

rule compile_cuda
  command = $environment cd "$builddir" && $program $arguments $
    --generate-dependencies-with-compile --dependency-output $out.d
  depfile = $out.d
  deps = gcc
  description = $step: compile for the GPU $out

rule link
  command = $environment cd "$builddir" && $program $arguments$then
  description = $step: link $out

rule archive
  command = $environment cd "$builddir" && rm -f $out && $program $arguments$then
  description = $step: archive $out

rule copy
  command = cp $in $out$then
  description = $step: copy $out
"""
RULE = {
    Phase.COMPILE: "compile", Phase.DEVICE_LINK: "link", Phase.ARCHIVE: "archive", Phase.LINK: "link",
    Phase.COPY: "copy",
}  # fmt: skip
NAMES = {"OUT": "outdir", "BUILD": "builddir"}  # `out` and `build` are words of ninja's; its log goes to builddir


def ninja_file(recipe: Recipe, folder: Path) -> str:
    """The whole file.

    Args:
        folder: absolute; where objects and the importable files are made.
    """
    lines = [*(f"# {line}".rstrip() for line in header(recipe)), "ninja_required_version = 1.5", ""]
    places = {name: "".join(text for _, text in pieces(value)) for name, value in recipe.places.items()}
    places |= {"BUILD": str(folder / "build"), "OUT": str(folder / "out")}
    lines += [f"{_name(name)} = {_value(name, value)}" for name, value in places.items() if _is_used(recipe, name)]
    lines += [f"environment = {_environment(recipe)}", "", RULES]
    by_output: dict[str, list[Action]] = {}
    for action in recipe.actions:
        by_output.setdefault(action.output, []).append(action)
    for actions in by_output.values():
        lines += [*_edge(*actions), ""]
    return "\n".join(lines)


def _is_used(recipe: Recipe, place: str) -> bool:
    return place == "BUILD" or recipe.uses(place)


def _edge(maker: Action, *finishing: Action) -> Iterator[str]:
    """The edge of one file: the command that makes it, and those that change it in place afterwards."""
    rule = "compile_cuda" if maker.phase is Phase.COMPILE and maker.cuda else RULE[maker.phase]
    inputs = " ".join(map(_path, maker.inputs))
    yield f"build {_path(maker.output)}: {rule} {inputs}"
    yield f"  step = {maker.step}"
    if maker.program:
        yield f"  program = {_word(maker.program)}"
        yield f"  arguments = {' '.join(map(_word, maker.arguments))}"
    if finishing:
        commands = (" ".join(map(_word, (action.program, *action.arguments))) for action in finishing)
        yield f"  then = {''.join(f' && {command}' for command in commands)}"


def _environment(recipe: Recipe) -> str:
    """What compilers read beside their arguments, as it was."""
    return " ".join(f"{line};" for line in environment(recipe)).replace("$", "$$")


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
    """A template as one word of a command."""
    words = (
        f'"${{{_name(text)}}}"' if kind == "place" else shlex.quote(text).replace("$", "$$")
        for kind, text in pieces(template)
    )
    return "".join(words) or "''"
