"""A recipe as a script for a POSIX shell, to be pasted or run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath

from envgen.manual.header import header, heading
from envgen.manual.places import QUESTIONS, SAME_TORCH
from envgen.manual.recipe import Action, Phase, Recipe, pieces


def shell_script(recipe: Recipe) -> str:
    """The commands, one a line, between what they need and what is to be told of them.

    They stand in a subshell: pasted, they change nothing of the shell, and an error does not end it.
    """
    lines = ["#!/bin/sh", *(f"# {line}".rstrip() for line in header(recipe)), "(", "set -eu"]
    lines += [*_places(recipe), *environment(recipe), *_folders(recipe)]
    for (step, phase), actions in groupby(recipe.actions, lambda action: (action.step, heading(action))):
        lines += ["", f"# {step}: {phase}"]
        lines += _commands(list(actions))
    return "\n".join([*lines, ")", ""])


def _places(recipe: Recipe) -> Iterator[str]:
    places = recipe.places
    yield _default("PYTHON", shlex.quote(_plain(places["PYTHON"])))
    yield f'"$PYTHON" -c {shlex.quote(SAME_TORCH)} {shlex.quote(recipe.versions["torch"])}'
    for name, code in QUESTIONS.items():
        if recipe.uses(name):
            yield f'{name}=$("$PYTHON" -c {shlex.quote(code)})'
    for name, value in places.items():
        if name not in ("PYTHON", *QUESTIONS) and recipe.uses(name):
            yield _place(name, value, relative=bool(recipe.translated_from))
    yield _default("BUILD", f"$PWD/{recipe.cell}/build")
    yield _default("OUT", f"$PWD/{recipe.cell}/out")


def _place(name: str, value: str, *, relative: bool) -> str:
    if not value:
        return f': "${{{name}:?say where it is}}"'
    quoted = shlex.quote(_plain(value))
    return _default(name, f"$PWD/{quoted}" if name == "SOURCE" and relative else quoted)


def _default(name: str, value: str) -> str:
    return f"{name}=${{{name}:-{value}}}"


def _plain(template: str) -> str:
    return "".join(text for _, text in pieces(template))


def environment(recipe: Recipe) -> Iterator[str]:
    """What compilers read beside their arguments, as it was."""
    if recipe.path:
        yield f"export PATH={shlex.quote(':'.join(recipe.path))}${{PATH:+:$PATH}}"
    if recipe.unset:
        yield f"unset {' '.join(recipe.unset)}"
    for name, value in recipe.variables.items():
        yield f"export {name}={shlex.quote(value)}"


def _folders(recipe: Recipe) -> Iterator[str]:
    folders = {"${BUILD}": None} | {
        str(PurePosixPath(action.output).parent): None
        for action in recipe.actions
        if action.output.startswith(("${BUILD}/", "${OUT}/"))
    }
    yield f"mkdir -p {' '.join(map(word, folders))}"
    yield 'cd "$BUILD"'


def _commands(actions: list[Action]) -> Iterator[str]:
    if actions[0].phase is not Phase.COPY:
        yield from (" ".join(map(word, (action.program, *action.arguments))) for action in actions)
        return
    for (folder, same_name), group in groupby(actions, _target):
        found = list(group)
        if same_name:
            yield f"cp {' '.join(word(action.inputs[0]) for action in found)} {word(folder)}/"
        else:
            yield from (f"cp {word(action.inputs[0])} {word(action.output)}" for action in found)


def _target(action: Action) -> tuple[str, bool]:
    """Where a copy goes, and whether it keeps its name."""
    output = PurePosixPath(action.output)
    return str(output.parent), output.name == PurePosixPath(action.inputs[0]).name


def word(template: str) -> str:
    """A template as one word of a shell."""
    return "".join(f'"${text}"' if kind == "place" else shlex.quote(text) for kind, text in pieces(template)) or "''"
