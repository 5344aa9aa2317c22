"""From recorded calls to a recipe: names for places, one file for one command, and the same bytes in another folder."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen.manual.calls import Call
from envgen.manual.copies import copies
from envgen.manual.needed import Needed, needed_calls, producer_of, read_by, unmade
from envgen.manual.places import Places
from envgen.manual.recipe import Action, Phase

PROGRAMS = {"CXX": ("c++", "g++", "clang++"), "CC": ("cc", "gcc", "clang")}


@dataclass(frozen=True)
class StepRecord:
    """A recorded build step: its name, the importable files it left, and the calls it made."""

    name: str
    out: Path
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Composed:
    """The commands of a step, and what is to be told of them."""

    actions: tuple[Action, ...]
    programs: dict[str, str]
    left_out: dict[str, str]


@dataclass(frozen=True)
class Step:
    """A step on its way to commands.

    Attributes:
        folders: the places that every step has: TORCH, SITE, ...
        source: the extension's source as its user has it.
        copied: the copy of it that was built.
        suffix: of Python's own kind of extension modules.
    """

    record: StepRecord
    needed: Needed
    folders: Mapping[str, Path]
    source: Path | None
    copied: Path
    suffix: str

    @classmethod
    def of(
        cls, record: StepRecord, folders: Mapping[str, Path], source: Path | None, copied: Path, suffix: str
    ) -> Step:
        return cls(record, needed_calls(record.calls, record.out), folders, source, copied, suffix)

    def compose(self, programs: Mapping[str, str]) -> Composed:
        """The step's commands.

        Args:
            programs: name to path of the programs that earlier steps use.
        """
        named = dict(programs)
        actions = [self._action(call, named) for call in self.needed.calls]
        actions += self._placing(named)
        left_out = dict.fromkeys(self.needed.altered, "was changed after the last recorded command")
        for call in self.needed.calls:
            for path in unmade(call, self.needed.calls):
                left_out[Path(path).name] = f"is read by the command for {Path(call.output).name}, and no compiler that"
                left_out[Path(path).name] += " is known made it"
        further, generated = copies(self.record, self.needed, self.source)
        return Composed((*actions, *further), named, left_out | generated)

    def _action(self, call: Call, programs: dict[str, str]) -> Action:
        places = self._places(call)
        arguments = [*self._same_paths(call), *(places.template(word) for word in call.arguments)]
        if call.is_cuda:
            arguments = [*self._host_compiler(call, programs), *arguments]
            program = places.template(str(call.program))
        else:
            program = f"${{{_named(call.program, programs)}}}"
        return Action(
            step=self.record.name,
            phase=call.phase,
            program=program,
            arguments=tuple(arguments),
            inputs=tuple(places.template(path) for path in read_by(call, self._before(call))),
            output=places.template(call.output),
            cuda=call.is_cuda,
        )

    def _before(self, call: Call) -> tuple[Call, ...]:
        return self.needed.calls[: self.needed.calls.index(call)]

    def _placing(self, programs: dict[str, str]) -> Iterator[Action]:
        """What brings linked files to where they are imported from, and changes them there."""
        step = self.record.name
        for name, link in self.needed.made.items():
            places = self._places(link)
            target, linked = places.suffixed(f"${{OUT}}/{name}"), places.template(link.output)
            if linked != target:
                yield Action(step=step, phase=Phase.COPY, program="", arguments=(), inputs=(linked,), output=target)
            for call in self.needed.finishing.get(name, ()):
                words = tuple(target if word == call.output else word for word in call.arguments)
                program = f"${{{_named(call.program, programs)}}}"
                yield Action(
                    step=step, phase=Phase.FINISH, program=program, arguments=words, inputs=(target,), output=target
                )

    def _places(self, call: Call) -> Places:
        return Places(
            {**self.folders, "OUT": self.record.out}, self.source, self.copied, self._made_before(call), self.suffix
        )

    def _made_before(self, call: Call) -> dict[str, str]:
        """What stands for the files that calls made, as this call meets them; a path made twice has two names."""
        calls, files = self.needed.calls, {}
        index = calls.index(call)
        for path in {other.output for other in calls}:
            own = path == call.output and call.phase is not Phase.FINISH
            maker = index if own else producer_of(path, calls, index)
            if maker is None or Path(path).is_relative_to(self.record.out):
                continue
            earlier = sum(other.output == path and other.phase is not Phase.FINISH for other in calls[:maker])
            folder = f"${{BUILD}}/{self.record.name}"
            file = Path(os.path.relpath(path, self._build_root()))
            name = f"{file.stem}-{earlier + 1}{file.suffix}" if earlier else file.name
            files[path] = (Path(folder) / file.with_name(name)).as_posix()
            files[f"-L{Path(path).parent}"] = f"-L{(Path(folder) / file.parent).as_posix()}"
            files[f"-o{path}"] = f"-o{files[path]}"
        return files

    def _build_root(self) -> str:
        """The folder that holds all that the build made on its way."""
        made = [call.output for call in self.needed.calls if not Path(call.output).is_relative_to(self.record.out)]
        return os.path.commonpath([str(Path(path).parent) for path in made])

    def _same_paths(self, call: Call) -> Iterator[str]:
        """Options by which `__FILE__` and debug information say the paths of the automatic build.

        They stand first: of two that fit a path the compiler takes the last, and the extension's own are to win.
        """
        if call.phase is not Phase.COMPILE or self.source is None:
            return
        maps = {"${SOURCE}": str(self.copied)}
        for path, written in call.written.items():
            if Path(path).is_relative_to(self.copied) and path != call.output:
                new, old = self._places(call).template(path), written
                if Path(path).is_file():
                    new, old = posixpath.dirname(new), posixpath.dirname(old)
                maps[new if old else f"{new}/"] = old
        if any(word.startswith(("-g", "-ggdb")) for word in call.arguments):
            maps["${BUILD}"] = str(call.cwd)
        for new, old in maps.items():
            if not any(word.startswith(f"-ffile-prefix-map={old}=") for word in call.arguments):
                yield from ["-Xcompiler"] * call.is_cuda
                yield f"-ffile-prefix-map={new}={old.replace('$', '$$')}"

    @staticmethod
    def _host_compiler(call: Call, programs: dict[str, str]) -> list[str]:
        """nvcc looks for its host compiler on PATH; here it is told."""
        if "NVCC_CCBIN" in call.variables or {"-ccbin", "--compiler-bindir"} & set(call.arguments):
            return []
        path = os.pathsep.join(call.path.split(os.pathsep)[1:])  # the first are the recording programs
        found = shutil.which("gcc", path=path)
        return ["-ccbin", f"${{{_named(Path(found), programs)}}}"] if found else []


def _named(program: Path, programs: dict[str, str]) -> str:
    """The name of a program's place; a further compiler of the same kind gets a number."""
    kind = next((name for name, stems in PROGRAMS.items() if program.name in stems), "")
    usual = kind or program.name.upper().replace("-", "_").replace("+", "X").replace(".", "_")
    count, name = 1, usual
    while programs.setdefault(name, str(program)) != str(program):
        count += 1
        name = f"{usual}_{count}"
    return name
