"""What every form of the commands says of itself first, and what it calls their phases."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from envgen.manual.recipe import Action, Form, Phase, Recipe

WIDTH = 110


def header(recipe: Recipe) -> Iterator[str]:
    """Lines: what it is, of which cell and lock, how it was made, and what it does not do."""
    yield f"The plain compiler and linker commands of {recipe.extension} in the cell"
    yield recipe.cell
    yield f"with torch {recipe.versions['torch']}. Made by envgen {recipe.envgen}: envgen build-commands {recipe.cell}"
    if recipe.lock:
        yield f"The cell's lock has the SHA-256 {recipe.lock}."
    yield ""
    yield from _wrapped(_origin(recipe))
    yield from _wrapped(_use(recipe))
    if recipe.binaries:
        yield "The cell's own build made these binaries, with these SHA-256:"
        yield from (f"  {digest}  {name}" for name, digest in recipe.binaries.items())
    for name, why in recipe.left_out.items():
        yield from _wrapped(f"Note: {name} {why}.")


def _origin(recipe: Recipe) -> str:
    if recipe.translated_from:
        return (
            f"Translated from the build of {recipe.translated_from}: the same units, definitions and libraries."
            " The cell itself was not built; what its build script does only on that system is not seen."
        )
    said = f"Recorded from the cell's own build ({recipe.environment}): the same sources give the same bytes."
    if any(action.cuda and action.phase is Phase.COMPILE for action in recipe.actions):
        said += (
            " But nvcc names what is local to a unit after the unit's path, so those names, the device code that holds"
            f" them and the build id differ, unless SOURCE is {recipe.places['RECORDED']}."
        )
    return said


def _use(recipe: Recipe) -> str:
    if recipe.form is Form.WINDOWS:
        where = (
            "Start PowerShell from Visual Studio's x64 Native Tools prompt in the folder of matrix.yaml and paste it"
        )
    elif recipe.translated_from:
        where = "Paste it into a shell in the folder of matrix.yaml"
    else:
        where = "Paste it into any shell"
    return f"{where}; PYTHON, SOURCE, BUILD and OUT can be set to absolute paths before. OUT then goes on PYTHONPATH."


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def heading(action: Action) -> str:
    """The phase of an action in words."""
    if action.phase is Phase.COMPILE:
        return "compile for the GPU" if action.cuda else "compile"
    return action.phase.value
