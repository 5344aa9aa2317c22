"""A recipe as a script for PowerShell, to be pasted where Microsoft's compilers are on the path, or run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath

from envgen.manual.header import header, heading
from envgen.manual.places import SAME_TORCH, WINDOWS_QUESTIONS
from envgen.manual.recipe import Action, Phase, Recipe, pieces

PLAIN = re.compile(r"/?\w[\w:+]*")  # a word that PowerShell hands on as it stands
CHECK = 'function Confirm-Exit { if ($LASTEXITCODE) { throw "it ended with code $LASTEXITCODE" } }'


def powershell_script(recipe: Recipe) -> str:
    """The commands, one a line. They stand in a block of their own: pasted, they change nothing of the shell."""
    lines = [*(f"# {line}".rstrip() for line in header(recipe)), "& {", "$ErrorActionPreference = 'Stop'", CHECK]
    lines += [*_places(recipe), *_folders(recipe)]
    for (step, phase), actions in groupby(recipe.actions, lambda action: (action.step, heading(action))):
        lines += ["", f"# {step}: {phase}"]
        lines += map(_command, actions)
    return "\n".join([*lines, "}", ""])


def _places(recipe: Recipe) -> Iterator[str]:
    yield "$PYTHON = if ($env:PYTHON) { $env:PYTHON } else { 'python' }"
    yield f"& $PYTHON -c {_code(SAME_TORCH)} '{recipe.versions['torch']}'; Confirm-Exit"
    for name, code in WINDOWS_QUESTIONS.items():
        if recipe.uses(name):
            yield f"${name} = & $PYTHON -c {_code(code)}; Confirm-Exit"
    for name, value in recipe.places.items():
        if name in ("PYTHON", *WINDOWS_QUESTIONS) or not recipe.uses(name):
            continue
        if name == "CUDA_HOME":
            yield "$CUDA_HOME = if ($env:CUDA_HOME) { $env:CUDA_HOME } else { $env:CUDA_PATH }"
        elif name == "SOURCE":
            yield f"$SOURCE = if ($env:SOURCE) {{ $env:SOURCE }} else {{ (Resolve-Path {_text(value)}).Path }}"
        else:
            yield f"${name} = if ($env:{name}) {{ $env:{name} }} else {{ {_text(value)} }}"
    for name, folder in (("BUILD", "build"), ("OUT", "out")):
        yield f'${name} = if ($env:{name}) {{ $env:{name} }} else {{ "$PWD/{recipe.cell}/{folder}" }}'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _code(code: str) -> str:
    """Python code as an argument; older PowerShells lose double quotes on the way to a program."""
    return '"' + code.replace('"', "'") + '"'


def _folders(recipe: Recipe) -> Iterator[str]:
    folders = dict.fromkeys(str(PurePosixPath(action.output).parent) for action in recipe.actions)
    folders |= dict.fromkeys(f"${{BUILD}}/{step}" for step in recipe.steps)
    yield f"New-Item -ItemType Directory -Force -Path {', '.join(map(word, folders))} | Out-Null"


def _command(action: Action) -> str:
    if action.phase is Phase.COPY:
        return f"Copy-Item {word(action.inputs[0])} {word(action.output)}"
    return f"& {' '.join(map(word, (action.program, *action.arguments)))}; Confirm-Exit"


def word(template: str) -> str:
    """A template as one word."""
    parts = list(pieces(template))
    if len(parts) == 1 and PLAIN.fullmatch(parts[0][1]):
        return f"${parts[0][1]}" if parts[0][0] == "place" else parts[0][1]
    escaped = (f"${{{text}}}" if kind == "place" else re.sub(r'([`"$])', r"`\1", text) for kind, text in parts)
    return '"' + "".join(escaped) + '"'
