"""The recipe of a cell of another machine, from one recorded on this one: the same units, in its compilers' words.

What a build script does only on that other system is not seen; what has no equal there is left out, and named.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from envgen.cell import Cell, OsFamily
from envgen.compat.platforms import macos_target
from envgen.manual.recipe import Action, Form, Phase, Recipe, pieces
from envgen.manual.toolchains import Toolchains

SUFFIX = "${EXT_SUFFIX}"
LIBSTDCXX = "-D_GLIBCXX_"  # what only gcc's library reads
DEFAULTS = {
    OsFamily.LINUX: {"CXX": "c++", "CC": "cc"},
    OsFamily.MACOS: {"CXX": "clang++", "CC": "clang"},
    OsFamily.WINDOWS: {"CXX": "cl", "LINKER": "link", "ARCHIVER": "lib"},  # CL, LINK and LIB are their own variables,
}


def translated(recipe: Recipe, cell: Cell, source: Path, lock: str, versions: dict[str, str]) -> Recipe:
    """The commands for a cell whose system is not here.

    Args:
        recipe: of a cell with the same torch and CUDA.
        source: the extension's source, relative to where the commands are run.
        lock: hash of the cell's own lock.
        versions: what it holds.
    """
    family = cell.os.family
    words = _Windows(cell) if family is OsFamily.WINDOWS else _Unix(cell)
    kept = [action for action in recipe.actions if action.phase is not Phase.FINISH]
    actions = tuple(words.action(action) for action in kept)
    places = {"PYTHON": "python", **DEFAULTS[family], "CUDA_HOME": "", "SOURCE": source.as_posix()}
    finished = {
        action.program: "changes files in place and is left out" for action in recipe.actions if action not in kept
    }
    return recipe.model_copy(
        update={
            "cell": str(cell),
            "form": Form.WINDOWS if family is OsFamily.WINDOWS else Form.POSIX,
            "translated_from": recipe.cell,
            "lock": lock,
            "versions": versions or recipe.versions,
            "places": places,
            "path": (),
            "variables": {},
            "unset": (),
            "actions": actions,
            "binaries": {},
            "left_out": finished
            | {_said(word): "has no equal there and is left out" for word in sorted(words.left_out)},
        }
    )


class _Unix:
    """gcc's words for another Linux, clang's for macOS."""

    def __init__(self, cell: Cell) -> None:
        self.left_out: set[str] = set()
        self._macos = cell.os.family is OsFamily.MACOS
        self._target = ["-arch", "arm64" if cell.arch == "aarch64" else cell.arch.value]
        self._target.append(f"-mmacosx-version-min={macos_target(cell)}")

    def action(self, action: Action) -> Action:
        output, rename = self._named(action.output), self._named
        if action.phase is Phase.COPY:
            return action.model_copy(update={"inputs": tuple(map(rename, action.inputs)), "output": output})
        words = [rename(word) for word in _without_maps(action.arguments)]
        program = "${CC}" if action.program == "${CC}" else "${CXX}"
        if action.phase is Phase.ARCHIVE or action.cuda:
            program = action.program if action.cuda else "ar"
        elif self._macos:
            words = self._apple(action, output, words)
        return action.model_copy(
            update={"program": program, "arguments": tuple(words), "inputs": tuple(map(rename, action.inputs)),
                    "output": output}
        )  # fmt: skip

    def _apple(self, action: Action, output: str, words: list[str]) -> list[str]:
        meaningless = Toolchains.load().macos_meaningless
        self.left_out |= {word for word in words if word.startswith("-Wl,") and word not in meaningless}
        words = [word for word in words if word not in meaningless and not word.startswith(("-Wl,", LIBSTDCXX))]
        if action.phase is Phase.LINK:
            name = posixpath.basename(output)
            kind = ["-bundle"] if SUFFIX in output else ["-dynamiclib", "-install_name", f"@rpath/{name}"]
            up = "/".join([".."] * (output.count("/") - 1)) or "."  # from the folder of the file to that of torch
            words = [*kind, "-undefined", "dynamic_lookup", *words, f"-Wl,-rpath,@loader_path/{up}/torch/lib"]
        return [*self._target, *words]

    def _named(self, word: str) -> str:
        return re.sub(r"\.so$", ".dylib", word) if self._macos and SUFFIX not in word and "${OUT}" in word else word


class _Windows:
    """cl's, link's and, for CUDA units, nvcc's words."""

    def __init__(self, cell: Cell) -> None:
        self.left_out: set[str] = set()
        self._known = Toolchains.load()

    def action(self, action: Action) -> Action:
        made: dict[Phase, Callable[[Action], tuple[str, Iterator[str]]]] = {
            Phase.COMPILE: self._nvcc if action.cuda else self._cl,
            Phase.DEVICE_LINK: self._nvcc,
            Phase.ARCHIVE: self._lib,
            Phase.LINK: self._link,
        }
        changes: dict[str, object] = {"inputs": tuple(map(_file, action.inputs)), "output": _file(action.output)}
        if action.phase in made:
            program, words = made[action.phase](action)
            changes |= {"program": program, "arguments": tuple(words)}
        return action.model_copy(update=changes)

    def _cl(self, action: Action) -> tuple[str, Iterator[str]]:
        return "${CXX}", self._cl_words(action)

    def _cl_words(self, action: Action) -> Iterator[str]:
        yield from (*self._known.msvc_compile, *self._known.msvc_torch)
        for option, value in _options(action):
            if option in ("-I", "-isystem", "-iquote"):
                yield f"/I{value}"
            elif option == "-D":
                known = f"/D{value}" in self._known.msvc_compile or f"-D{value}".startswith(LIBSTDCXX)
                yield from () if known else (f"/D{value}",)
            elif option.startswith("-std="):
                yield f"/std:{option.removeprefix('-std=').replace('gnu++', 'c++')}"
            elif option in self._known.msvc_same:
                yield from {self._known.msvc_same[option]} - {"/O2"}  # which all units have
            else:
                self._leave_out(option)
        yield from ("/c", action.inputs[0], f"/Fo{_file(action.output)}")

    def _nvcc(self, action: Action) -> tuple[str, Iterator[str]]:
        return "${CUDA_HOME}/bin/nvcc", self._nvcc_words(action)

    def _nvcc_words(self, action: Action) -> Iterator[str]:
        yield from ("-ccbin", "cl", "--use-local-env")
        for option in ("/MD", *self._known.msvc_torch):
            yield from ("-Xcompiler", option)
        for warning in self._known.cudafe:
            yield from ("-Xcudafe", f"--diag_suppress={warning}")
        for option, value in _options(action):
            if option in ("-Xcompiler", "--compiler-options", "-ccbin"):
                self._leave_out(value.strip("'"))
            elif option in ("-D", "-I"):
                yield option + value
            else:
                yield from (word for word in (option, value) if word)
        yield from (*([] if action.phase is Phase.DEVICE_LINK else ["-c"]), *map(_file, action.inputs))
        yield from ("-o", _file(action.output))

    def _link(self, action: Action) -> tuple[str, Iterator[str]]:
        return "${LINKER}", self._link_words(action)

    def _link_words(self, action: Action) -> Iterator[str]:
        yield from self._known.msvc_link
        yield from map(_file, action.inputs)
        for option, value in _options(action):
            if option == "-L":
                cuda = value.startswith("${CUDA_HOME}")
                yield "/LIBPATH:" + ("${CUDA_HOME}/lib/x64" if cuda else value)
            elif option == "-l":
                yield f"{value}.lib"
            elif option != "-D":
                self._leave_out(option)
        output = _file(action.output)
        stem = posixpath.basename(output).removesuffix(SUFFIX)
        if SUFFIX in output:
            yield f"/EXPORT:PyInit_{stem}"
        library = f"${{BUILD}}/{action.step}/{stem.removesuffix('.dll')}.lib"
        yield from (f"/OUT:{output}", f"/IMPLIB:{library}")

    def _lib(self, action: Action) -> tuple[str, Iterator[str]]:
        return "${ARCHIVER}", iter(("/nologo", "/LTCG", f"/OUT:{_file(action.output)}", *map(_file, action.inputs)))

    def _leave_out(self, option: str) -> None:
        own = option.startswith("-ffile-prefix-map=") or "${" in option
        if option and not own and option not in self._known.msvc_meaningless:
            self.left_out.add(option)


def _options(action: Action) -> Iterator[tuple[str, str]]:
    """The options of a call, joined values taken apart, without the files it reads and makes."""
    rest = iter(action.arguments)
    for word in rest:
        if word in action.inputs or word == "-c" or _of_this_machine(word):
            continue
        if word == "-o":
            next(rest, "")
        elif word in SEPARATE:
            yield word, next(rest, "")
        elif word[:2] in ("-I", "-D", "-L", "-l"):
            yield word[:2], word[2:]
        else:
            yield word, ""


SEPARATE = (
    "-I", "-D", "-L", "-l", "-isystem", "-iquote", "-Xcompiler", "--compiler-options", "-ccbin", "-gencode", "-Xptxas",
    "-Xcudafe", "--threads",
)  # fmt: skip


def _said(template: str) -> str:
    """A word as a person reads it."""
    return "".join(f"${text}" if kind == "place" else text for kind, text in pieces(template))


def _without_maps(words: tuple[str, ...]) -> Iterator[str]:
    """The words without those that make the paths of the recorded build come out again."""
    for word, following in pairwise((*words, "")):
        if not _of_this_machine(word) and not (word == "-Xcompiler" and _of_this_machine(following)):
            yield word


def _of_this_machine(word: str) -> bool:
    """Whether a word only makes the paths of the recorded build come out again."""
    return word.startswith("-ffile-prefix-map=") and word.rpartition("=")[2].startswith("/")


def _file(template: str) -> str:
    """A file that is made, under its name on Windows."""
    if template.endswith(".o"):
        return f"{template[:-2]}.obj"
    folder, name = posixpath.split(template)
    if match := re.fullmatch(r"(?:lib)?(.+?)\.(so|a)", name):
        return f"{folder}/{match[1]}.{'dll' if match[2] == 'so' else 'lib'}"
    return template
