"""How a cell's binaries are made, command by command: what a build left behind, and what every form is written from.

Texts are templates: `${SOURCE}/src/bind.cpp`, where a name in braces is a place of the machine and `$$` a dollar.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Literal

from pydantic import Field, ValidationError

from envgen.results import Record


class Phase(StrEnum):
    """What a command is there for."""

    COMPILE = "compile"
    DEVICE_LINK = "device link"
    ARCHIVE = "archive"
    LINK = "link"
    FINISH = "finish"
    COPY = "copy"


class Form(StrEnum):
    """Whose shell and whose compilers the commands are for."""

    POSIX = "posix"
    WINDOWS = "windows"


class Action(Record):
    """One command that makes one file.

    Attributes:
        step: the build step it comes from.
        program: empty for a copy.
        inputs: the files it reads that are named in its arguments; of a copy, the one file.
        cuda: whether a CUDA compiler runs it.
    """

    step: str
    phase: Phase
    program: str
    arguments: tuple[str, ...]
    inputs: tuple[str, ...]
    output: str
    cuda: bool = False


class Recipe(Record):
    """Everything that the binaries of a cell are made by.

    Attributes:
        key: of the job that was recorded; another key is another build.
        versions: the locked packages; torch's tells for which one the commands are.
        places: name to the folder or program that it stood for in the recorded build.
        path: folders of PATH in which compilers find the assembler and the linker, and a shell its programs.
        variables: what compilers read of the environment.
        unset: what they would read, and was not set.
        binaries: file, relative to the importable folder, to its SHA-256 as the recorded build left it.
        left_out: what no command here makes or says, and why.
        translated_from: the cell whose build was recorded, where this is the recipe of another; its places are not
            known then, and are defaults or empty.
    """

    version: Literal[1] = 1
    envgen: str
    key: str
    cell: str
    extension: str
    environment: str
    lock: str
    versions: dict[str, str]
    places: dict[str, str]
    path: tuple[str, ...]
    variables: dict[str, str]
    unset: tuple[str, ...]
    actions: tuple[Action, ...]
    binaries: dict[str, str]
    left_out: dict[str, str] = Field(default_factory=dict)
    form: Form = Form.POSIX
    translated_from: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(action.step for action in self.actions))

    def of_step(self, step: str) -> Recipe:
        """Only what one step makes."""
        return self.model_copy(update={"actions": tuple(action for action in self.actions if action.step == step)})

    def uses(self, place: str) -> bool:
        """Whether any command names a place."""
        return any(f"${{{place}}}" in text for action in self.actions for text in texts(action))


def texts(action: Action) -> Iterator[str]:
    """Every template of an action."""
    yield from (action.program, *action.arguments, *action.inputs, action.output)


def read_recipe(file: Path) -> Recipe | None:
    """The recipe of a file; None where there is none, or one of another envgen."""
    try:
        return Recipe.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def pieces(template: str) -> Iterator[tuple[str, str]]:
    """The parts of a template: ("text", "-I") and ("place", "TORCH")."""
    text, end = "", 0
    for match in Template.pattern.finditer(template):
        text += template[end : match.start()]
        end = match.end()
        if match["braced"] is None:
            text += "$"
            continue
        if text:
            yield "text", text
        yield "place", match["braced"]
        text = ""
    if text := text + template[end:]:
        yield "text", text
