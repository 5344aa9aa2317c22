"""What is asked of the conda solver: cells that differ only in their platform are one request, and one lock file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from envgen.cell import Arch, Cell, Os, OsFamily
from envgen.compat.conda import CondaNames
from envgen.compat.facts import Facts
from envgen.compat.judge import Judge
from envgen.compat.pins import pins
from envgen.compat.verdict import Answer
from envgen.errors import LockError
from envgen.spec.labels import COMPILER, Compiler
from envgen.spec.matrix import DeviceCode, Extension, ExtraAxis, LabelAxis, Matrix, PackageAxis

_SYSTEMS = {
    OsFamily.LINUX: ("linux", "Linux", "posix"),
    OsFamily.MACOS: ("darwin", "Darwin", "posix"),
    OsFamily.WINDOWS: ("win32", "Windows", "nt"),
}


@dataclass(frozen=True)
class PlatformRequest:
    """One platform of a lock.

    Attributes:
        subdir: its name in a channel: `linux-64`.
        cell: one of the cells that it is for.
        specs: what the environment holds, as conda writes it: `pytorch 2.13.* cuda129*`.
        virtual: what every machine of the cells has: name and `VERSION` or `VERSION BUILD`.
        pip: requirements that no channel has.
    """

    subdir: str
    cell: Cell
    specs: tuple[str, ...]
    virtual: tuple[tuple[str, str], ...]
    pip: tuple[str, ...] = ()

    def digest(self, channels: Sequence[str]) -> str:
        """A hash over everything that decides the packages; an equal one keeps them until an upgrade."""
        content = [list(channels), self.subdir, self.specs, self.virtual, self.pip, str(self.cell) if self.pip else ""]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True)
class CondaRequest:
    """One lock file.

    Attributes:
        name: what its cells have in common, as a folder's name: `py312-torch2.13-cu129`.
        cells: the cells that it is for.
    """

    name: str
    channels: tuple[str, ...]
    platforms: tuple[PlatformRequest, ...]
    cells: tuple[Cell, ...]

    @property
    def pattern(self) -> str:
        """A glob of its cells' ids, for the command that makes it again."""
        plain = next(iter(self.cells))
        head = str(Cell(plain.python, plain.torch, plain.cuda, plain.tensorrt, plain.os, plain.arch))
        return f"{head.removesuffix(f'-{plain.os}-{plain.arch}')}-*"


def conda_requests(cells: Iterable[Cell], matrix: Matrix, facts: Facts, names: CondaNames) -> tuple[CondaRequest, ...]:
    """The requests for the cells of a matrix, in the order of their first cells.

    Raises:
        LockError: a requirement cannot be said in conda's words.
    """
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(_group(cell, matrix), []).append(cell)
    channels = matrix.conda.channels or names.channels
    asking = _Asking(matrix, facts, names, Judge(facts))
    return tuple(CondaRequest(name, channels, asking.platforms(group), tuple(group)) for name, group in groups.items())


def _group(cell: Cell, matrix: Matrix) -> str:
    parts = [cell.python.id_part, f"torch{cell.torch}", str(cell.cuda)]
    if cell.tensorrt:
        parts.append(f"trt{cell.tensorrt}")
    values = dict(cell.extra)
    parts += [f"{axis.name}_{values[axis.name]}" for axis in matrix.extra if _decides(axis)]
    return "-".join(parts)


def _decides(axis: ExtraAxis) -> bool:
    """Whether an axis of the user's own decides what is installed."""
    return isinstance(axis, PackageAxis) or (isinstance(axis, LabelAxis) and axis.name == COMPILER)


@dataclass(frozen=True)
class _Asking:
    matrix: Matrix
    facts: Facts
    names: CondaNames
    judge: Judge

    def platforms(self, group: Sequence[Cell]) -> tuple[PlatformRequest, ...]:
        by_subdir: dict[str, list[Cell]] = {}
        for cell in group:
            by_subdir.setdefault(self.names.subdir(cell), []).append(cell)
        return tuple(self._platform(subdir, by_subdir[subdir]) for subdir in sorted(by_subdir))

    def _platform(self, subdir: str, cells: Sequence[Cell]) -> PlatformRequest:
        cell = cells[0]
        wanted = list(self._requirements(cell))
        by_pip = [str(line) for line in wanted if self._by_pip(line)]
        specs = [*self._torch(cell), *self._compilers(cell)]
        specs += [self._spec(line) for line in wanted if not self._by_pip(line)]
        specs += ["pip"] * bool(by_pip)
        specs += self.matrix.conda.requires
        return PlatformRequest(
            subdir=subdir,
            cell=cell,
            specs=tuple(dict.fromkeys(specs)),
            virtual=_common([self.names.virtual(member, self.facts) for member in self._served(cells)]),
            pip=tuple(sorted(set(by_pip))),
        )

    def _served(self, cells: Sequence[Cell]) -> list[Cell]:
        """The cells, and those that differ from them by an os of the matrix: whichever are locked now."""
        systems = [os for os in map(Os.parse, self.matrix.os) if os.family is cells[0].os.family]
        siblings = [replace(cell, os=os) for cell in cells for os in systems]
        return [*cells, *(cell for cell in siblings if self._can_be(cell))]

    def _can_be(self, cell: Cell) -> bool:
        """Whether no rule speaks against it; what wheels there are is not a channel's matter."""
        return all(verdict.answer is not Answer.IMPOSSIBLE for verdict in self.judge.trace(cell).verdicts)

    def _torch(self, cell: Cell) -> Iterator[str]:
        python = f"3.{cell.python.minor}"
        yield f"python {python}.* {self.names.python_build(cell.python)}".rstrip()
        version = f"{cell.torch}.*" if cell.torch.is_minor else f"=={cell.torch}"
        yield f"{self.names.name('torch')} {version} {self.names.torch_build(cell.cuda)}"
        if not cell.cuda.is_cpu:
            yield f"cuda-version {cell.cuda.dotted}.*"

    def _compilers(self, cell: Cell) -> Iterator[str]:
        named = dict(cell.extra).get(COMPILER)
        yield from self.names.compilers(cell, Compiler.parse(named) if named else None)
        build = self.matrix.extension.build if self.matrix.extension else None
        if build and build.device_code is not DeviceCode.NONE and not cell.cuda.is_cpu:
            yield from self.names.device_code

    def _requirements(self, cell: Cell) -> Iterator[Requirement]:
        lines = [line for line in pins(cell, self.facts).requirements if self._by_pip(Requirement(line))]
        values = dict(cell.extra)
        for axis in self.matrix.extra:
            if isinstance(axis, PackageAxis) and values[axis.name] != "none":
                version = values[axis.name]
                lines.append(axis.package if version == "latest" else f"{axis.package}=={version}.*")
        if self.matrix.extension:
            lines += _lines(self.matrix.extension)
        for line in lines:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(_marker_environment(cell)):
                requirement.marker = None
                yield requirement

    def _by_pip(self, requirement: Requirement) -> bool:
        name = canonicalize_name(requirement.name)
        return name not in self._named and any(fnmatch(name, glob) for glob in self.names.by_pip)

    @property
    def _named(self) -> Mapping[str, str]:
        return {canonicalize_name(name): conda for name, conda in self.matrix.conda.names.items()}

    def _spec(self, requirement: Requirement) -> str:
        if requirement.url:
            raise LockError(
                f"the requirement {requirement} names an address, which a conda environment cannot be asked for.",
                "Require a released version of it, or name a channel that has it under `conda: {channels: ...}`.",
            )
        name = self._named.get(canonicalize_name(requirement.name)) or self.names.name(requirement.name)
        bounds = sorted(str(bound).replace("===", "==") for bound in requirement.specifier)
        return f"{name} {','.join(bounds)}".rstrip()


def _lines(extension: Extension) -> list[str]:
    return [*extension.requires, *extension.build.requires]


def _common(machines: Sequence[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """What all of the machines have: of each virtual package the oldest version."""
    names = set.intersection(*(set(machine) for machine in machines))
    return tuple(
        (name, min((m[name] for m in machines), key=lambda v: Version(v.split()[0]))) for name in sorted(names)
    )


def _marker_environment(cell: Cell) -> dict[str, str]:
    platform, system, os_name = _SYSTEMS[cell.os.family]
    python = f"3.{cell.python.minor}"
    on_arm = "ARM64" if cell.os.family is OsFamily.WINDOWS else "arm64"
    elsewhere = on_arm if cell.arch is Arch.AARCH64 else {OsFamily.WINDOWS: "AMD64"}.get(cell.os.family, "x86_64")
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform,
        "platform_system": system,
        "platform_machine": cell.arch.value if cell.os.family is OsFamily.LINUX else elsewhere,
        "os_name": os_name,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
