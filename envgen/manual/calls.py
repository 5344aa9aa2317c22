"""What the recorder noted of a compiler's call, understood: what it is for, what it reads, what it makes."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envgen.manual.recipe import Phase

SOURCE = re.compile(r"\.(c|cc|cpp|cxx|c\+\+|C|cu|m|mm|S|s)$")
OBJECT = re.compile(r"\.(o|obj|a|lib|lo|so|dylib|tbd|bc)$|\.so\.[\d.]+$")
IN_PLACE = re.compile(r"(?:.*-)?(?:strip|ranlib|patchelf|install_name_tool)(?:-[\d.]+)?")
ARCHIVER = re.compile(r"(?:.*-)?ar(?:-[\d.]+)?")
# Options whose value is a path; joined to it or before it.
PATHS = ("-isystem", "-iquote", "-idirafter", "-include", "-imacros", "-I", "-L", "-B")
# Options, followed by a value that is no file to read or make.
VALUED = {
    "-D", "-U", "-l", "-x", "-T", "-u", "-z", "-e", "-t", "-j", "-std", "-arch", "-target", "-framework", "-undefined",
    "-rpath", "-install_name", "-current_version", "-compatibility_version", "-soname", "--sysroot", "-isysroot",
    "-Xcompiler", "-Xlinker", "-Xptxas", "-Xcudafe", "-Xclang", "-Xpreprocessor", "-Xassembler", "-mllvm", "--param",
    "-gencode", "--generate-code", "-ccbin", "--compiler-bindir", "--threads",
}  # fmt: skip
# What only tells a build tool which headers were read.
DEPENDENCIES = {"-M", "-MM", "-MD", "-MMD", "-MP", "-MG", "--generate-dependencies-with-compile"}
DEPENDENCY_FILES = {"-MF", "-MT", "-MQ", "--dependency-output"}
OUTPUTS = {"-o", "--output-file"}
COMPILES = {"-c", "--compile", "-dc", "--device-c", "-dw", "--device-w"}
DEVICE_LINKS = {"-dlink", "--device-link"}


@dataclass(frozen=True)
class Call:
    """One call of a compiler, linker or archiver that ended well.

    Attributes:
        arguments: with paths made absolute, without what only serves a build tool.
        written: path to how the call named it, where that was relative.
        inputs, output: absolute paths; a call that works in place has one file as both.
        sha256: of shared libraries it named or made, as they were when it had ended.
    """

    started: int
    program: Path
    arguments: tuple[str, ...]
    cwd: Path
    out: str
    path: str
    variables: dict[str, str]
    sha256: dict[str, str]
    phase: Phase
    inputs: tuple[str, ...]
    output: str
    written: dict[str, str]

    @property
    def is_cuda(self) -> bool:
        return "nvcc" in self.program.name

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names after `-l`."""
        return tuple(word[2:] for word in self.arguments if word.startswith("-l"))


def read_calls(folder: Path) -> tuple[Call, ...]:
    """The calls in the order they started; queries of a compiler (`--version`) are none."""
    notes = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    calls = (_call(note) for note in sorted(notes, key=lambda note: int(note["started"])))
    return tuple(call for call in calls if call)


def _call(note: dict[str, Any]) -> Call | None:
    cwd = Path(note["cwd"])
    program = Path(note["program"])
    words = _Words(cwd, list(_expanded(note["arguments"], note["responses"])))
    if IN_PLACE.fullmatch(program.name):
        files = [word for word in words.plain if (cwd / word).exists() or OBJECT.search(word)]
        words.output = str(cwd / files[-1]) if files else ""
        phase = Phase.FINISH
    elif ARCHIVER.fullmatch(program.name):
        archives = [word for word in words.inputs if word.endswith(".a")]
        words.output = archives[0] if archives else ""
        words.inputs = [word for word in words.inputs if word != words.output]
        phase = Phase.ARCHIVE
    else:
        phase = _phase(words)
        words.output = words.output or _default_output(words, phase)
    if not words.output or not (words.inputs or phase is Phase.FINISH):
        return None
    return Call(
        note["started"], program, tuple(words.arguments), cwd, note["out"], note["path"], note["variables"],
        {os.path.normpath(cwd / name): digest for name, digest in note["sha256"].items()},
        phase, tuple(words.inputs), words.output, words.written,
    )  # fmt: skip


def _expanded(arguments: Sequence[str], responses: dict[str, str]) -> Iterator[str]:
    """The arguments with those from files of arguments in their place."""
    for argument in arguments:
        if argument in responses:
            yield from shlex.split(responses[argument])
        else:
            yield argument


def _phase(words: _Words) -> Phase:
    given = set(words.arguments)
    if given & DEVICE_LINKS:
        return Phase.DEVICE_LINK
    return Phase.COMPILE if given & COMPILES else Phase.LINK


def _default_output(words: _Words, phase: Phase) -> str:
    if phase is not Phase.COMPILE or not words.inputs:
        return ""
    return str(words.cwd / Path(words.inputs[0]).with_suffix(".o").name)


class _Words:
    """The words of a call, read from left to right."""

    def __init__(self, cwd: Path, words: list[str]) -> None:
        self.cwd = cwd
        self.arguments: list[str] = []
        self.inputs: list[str] = []
        self.plain: list[str] = []
        self.written: dict[str, str] = {}
        self.output = ""
        rest = iter(words)
        for word in rest:
            self._take(word, rest)

    def _take(self, word: str, rest: Iterator[str]) -> None:
        if word in DEPENDENCY_FILES:
            next(rest, "")
        elif word in DEPENDENCIES or word.startswith("-MF") or (word == "-c" and word in self.arguments):
            return
        elif word in OUTPUTS:
            self.output = self._absolute(next(rest, ""))
            self.arguments += [word, self.output]
        elif word in VALUED:
            self.arguments += [word, next(rest, "")]
        elif word in PATHS:
            self.arguments += [word, self._absolute(next(rest, ""))]
        elif option := next((option for option in PATHS if word.startswith(option)), ""):
            folder = self._absolute(word.removeprefix(option))
            if option != "-I" or Path(folder).is_dir():  # interpreters name folders of headers that they lack
                self.arguments.append(option + folder)
        elif word.startswith("-o") and "/" in word:
            self.output = self._absolute(word[2:])
            self.arguments.append(f"-o{self.output}")
        else:
            self._plain(word)

    def _plain(self, word: str) -> None:
        if not word.startswith("-") and (SOURCE.search(word) or OBJECT.search(word)):
            word = self._absolute(word)
            self.inputs.append(word)
        if not word.startswith("-"):
            self.plain.append(word)
        self.arguments.append(word)

    def _absolute(self, path: str) -> str:
        if path.startswith("=") or not path:  # relative to the compiler's own root
            return path
        absolute = os.path.normpath(self.cwd / path)
        if not Path(path).is_absolute():
            self.written[absolute] = path
        return absolute
