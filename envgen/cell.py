"""A cell of the matrix, the values on its axes, and the grammar of its id.

An id reads `py312-torch2.13-cu130-trt10.16-ubuntu24.04-x86_64`: the TensorRT part is left out when the cell has
none, and the user's own axes follow as `name_value`. Every value parses and prints itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, total_ordering
from typing import Self

from packaging.version import Version

FAMILY = "family"  # no axis of its own: the family of the os, which is all that many rules read of it
FIXED_AXES = ("python", "torch", "cuda", "tensorrt", "os", "arch")


class GrammarError(ValueError):
    """A text that does not follow the grammar of the value it stands for.

    Args:
        what: what is wrong, as a part of a sentence.
        remedy: one sentence saying what to write, where the first part does not say it already.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.remedy = remedy


@total_ordering
@dataclass(frozen=True)
class PythonVersion:
    """A CPython minor version, free-threaded or not: `3.12`, `3.14t`."""

    minor: int
    free_threaded: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        match = re.fullmatch(r"3\.(\d|[1-9]\d)(t?)", text, re.ASCII)
        if not match:
            raise GrammarError(f"{text!r} is not a Python version such as 3.12 or 3.14t")
        return cls(int(match[1]), bool(match[2]))

    @classmethod
    def from_tag(cls, tag: str) -> Self:
        """From the interpreter tag of a wheel or a cell id: `cp312`, `cp314t`, `py312`."""
        match = re.fullmatch(r"(?:cp|py)3(\d|[1-9]\d)(t?)", tag, re.ASCII)
        if not match:
            raise GrammarError(f"{tag!r} is not a CPython tag such as cp312")
        return cls(int(match[1]), bool(match[2]))

    def __str__(self) -> str:
        return f"3.{self.minor}{'t' * self.free_threaded}"

    def __lt__(self, other: PythonVersion) -> bool:
        return (self.minor, self.free_threaded) < (other.minor, other.free_threaded)

    @property
    def wheel_tag(self) -> str:
        return f"cp3{self.minor}{'t' * self.free_threaded}"

    @property
    def id_part(self) -> str:
        return f"py3{self.minor}{'t' * self.free_threaded}"


@total_ordering
@dataclass(frozen=True)
class Release:
    """A release as a matrix names it: a minor (`2.13`, its newest patch) or exact (`2.13.0`, `10.14.1.48.post1`)."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        if not re.fullmatch(r"\d+\.\d+(\.\w+)*", text, re.ASCII):
            raise GrammarError(f"{text!r} is not a release such as 2.13 or 2.13.0")
        try:
            Version(text)
        except ValueError:  # not a version, or of more digits than Python takes
            raise GrammarError(f"{text!r} is not a release such as 2.13 or 2.13.0") from None
        return cls(text)

    def __str__(self) -> str:
        return self.text

    def __lt__(self, other: Release) -> bool:
        return (self.version, self.text) < (other.version, other.text)

    @cached_property
    def version(self) -> Version:
        return Version(self.text)

    @property
    def is_minor(self) -> bool:
        return self.text.count(".") == 1

    @property
    def minor(self) -> str:
        return f"{self.version.major}.{self.version.minor}"

    def covers(self, version: Version) -> bool:
        """Whether an exact version is this release, or a patch of this minor."""
        if self.is_minor:
            return (version.major, version.minor) == (self.version.major, self.version.minor)
        return version == self.version


class Flavour(StrEnum):
    """Which of TensorRT's libraries, the one that can most first."""

    FULL = "full"  # builds engines
    LEAN = "lean"  # only runs version-compatible ones
    DISPATCH = "dispatch"  # only finds a lean one that does


@total_ordering
@dataclass(frozen=True)
class TensorRt:
    """A TensorRT as a matrix names it: `11.1`, `11.1.0.106`; with its flavour where that is not full: `11.1lean`."""

    release: Release
    flavour: Flavour = Flavour.FULL

    @classmethod
    def parse(cls, text: str) -> Self:
        number, flavour = text, Flavour.FULL
        for other in (Flavour.LEAN, Flavour.DISPATCH):
            if text.endswith(other):
                number, flavour = text.removesuffix(other), other
        try:
            return cls(Release.parse(number), flavour)
        except GrammarError:
            raise GrammarError(
                f"{text!r} is not a TensorRT such as 11.1, 11.1.0.106, 11.1lean or 11.1dispatch"
            ) from None

    def __str__(self) -> str:
        return f"{self.release}{'' if self.flavour is Flavour.FULL else self.flavour}"

    def __lt__(self, other: TensorRt) -> bool:
        return (self.release, self._can) < (other.release, other._can)

    @property
    def _can(self) -> int:
        """Of one release the full one is the last: it stands for the newest where one is wanted."""
        return -list(Flavour).index(self.flavour)

    @property
    def is_full(self) -> bool:
        """Whether it builds engines; only then torch-tensorrt stands beside it."""
        return self.flavour is Flavour.FULL


@total_ordering
@dataclass(frozen=True)
class Cuda:
    """The CUDA a torch was built for, or none: `cpu`, `cu130` (also written `13.0`)."""

    major: int = 0
    minor: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        if text == "cpu":
            return cls()
        match = re.fullmatch(r"(?:cu([1-9]\d)(\d)|([1-9]\d)\.(\d))", text, re.ASCII)
        if not match:
            raise GrammarError(f"{text!r} is not a CUDA value such as cpu, cu130 or 13.0")
        return cls(int(match[1] or match[3]), int(match[2] or match[4]))

    def __str__(self) -> str:
        return "cpu" if self.is_cpu else f"cu{self.major}{self.minor}"

    def __lt__(self, other: Cuda) -> bool:
        return (self.major, self.minor) < (other.major, other.minor)

    @property
    def is_cpu(self) -> bool:
        return self.major == 0

    @property
    def dotted(self) -> str:
        """`13.0`; empty for cpu."""
        return "" if self.is_cpu else f"{self.major}.{self.minor}"


class OsFamily(StrEnum):
    LINUX = "linux"
    WINDOWS = "windows"
    MACOS = "macos"


@total_ordering
@dataclass(frozen=True)
class Os:
    """An operating system release: `ubuntu24.04`, `debian12`, `windows2022`, `macos14`."""

    name: str
    release: str

    @classmethod
    def parse(cls, text: str) -> Self:
        match = re.fullmatch(r"([a-z]+)(\d{1,4}(?:\.\d{1,4})?)", text, re.ASCII)
        if not match:
            raise GrammarError(f"{text!r} is not an operating system such as ubuntu24.04, windows2022 or macos14")
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.name}{self.release}"

    def __lt__(self, other: Os) -> bool:
        own, others = (self.name, Version(self.release)), (other.name, Version(other.release))
        return (own, self.release) < (others, other.release)

    @property
    def family(self) -> OsFamily:
        return OsFamily(self.name) if self.name in ("windows", "macos") else OsFamily.LINUX


class Arch(StrEnum):
    """A processor architecture under Linux's name for it."""

    X86_64 = "x86_64"
    AARCH64 = "aarch64"

    @classmethod
    def parse(cls, text: str) -> Self:
        aliases = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}
        try:
            return cls(aliases.get(text.lower(), text.lower()))
        except ValueError:
            raise GrammarError(f"{text!r} is not an architecture: x86_64 or aarch64") from None


@total_ordering
@dataclass(frozen=True)
class SmArch:
    """A GPU architecture as TORCH_CUDA_ARCH_LIST writes it: `9.0`, `9.0a`, `10.0+PTX`."""

    major: int
    minor: int
    suffix: str = ""
    ptx: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        match = re.fullmatch(r"(\d{1,2})\.(\d)([af]?)(\+PTX)?", text, re.ASCII)
        if not match:
            raise GrammarError(f"{text!r} is not a GPU architecture such as 9.0, 9.0a or 10.0+PTX")
        return cls(int(match[1]), int(match[2]), match[3], bool(match[4]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}{self.suffix}{'+PTX' * self.ptx}"

    def __lt__(self, other: SmArch) -> bool:
        return (self.major, self.minor, self.suffix, self.ptx) < (other.major, other.minor, other.suffix, other.ptx)

    @property
    def sm(self) -> str:
        """As binaries and nvcc name it: `sm_90a`."""
        return f"sm_{self.major}{self.minor}{self.suffix}"


AXIS_NAME = re.compile(r"[a-z][a-z0-9]*", re.ASCII)
EXTRA_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]*", re.ASCII)


@total_ordering
@dataclass(frozen=True)
class Cell:
    """One value on every axis.

    `extra` holds the values on the user's own axes, as (axis, value) in the order of matrix.yaml.
    """

    python: PythonVersion
    torch: Release
    cuda: Cuda
    tensorrt: TensorRt | None
    os: Os
    arch: Arch
    extra: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cell that an id names; `str()` of it gives the id again.

        Raises:
            GrammarError: the text is not a cell id.
        """
        match = re.fullmatch(
            r"(?P<python>py\d+t?)-torch(?P<torch>[\w.]+)-(?P<cuda>cpu|cu\d{3})(?:-trt(?P<trt>[\w.]+))?"
            r"-(?P<os>[a-z]+[\d.]+)-(?P<arch>x86_64|aarch64)(?P<extra>(?:-[a-z][a-z0-9]*_[A-Za-z0-9][\w.]*)*)",
            text,
            flags=re.ASCII,
        )
        if not match:
            raise GrammarError(
                f"{text!r} is not a cell id such as py312-torch2.13-cu130-ubuntu24.04-x86_64"
                " or py312-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64"
            )
        extra = tuple(_extra_axis(part) for part in match["extra"].split("-")[1:])
        names = [*FIXED_AXES, *(axis for axis, _ in extra)]
        if len(set(names)) < len(names):
            raise GrammarError(f"{text!r} has two values on one axis")
        return cls(
            python=PythonVersion.from_tag(match["python"]),
            torch=Release.parse(match["torch"]),
            cuda=Cuda.parse(match["cuda"]),
            tensorrt=TensorRt.parse(match["trt"]) if match["trt"] else None,
            os=Os.parse(match["os"]),
            arch=Arch.parse(match["arch"]),
            extra=extra,
        )

    def __str__(self) -> str:
        return self._id

    @cached_property
    def _id(self) -> str:
        parts = [self.python.id_part, f"torch{self.torch}", str(self.cuda)]
        if self.tensorrt:
            parts.append(f"trt{self.tensorrt}")
        parts += [str(self.os), str(self.arch)]
        parts += [f"{axis}_{value}" for axis, value in self.extra]
        return "-".join(parts)

    def __lt__(self, other: Cell) -> bool:
        return self._order < other._order

    @cached_property
    def _order(self) -> tuple[object, ...]:
        trt = (self.tensorrt,) if self.tensorrt else ()
        return (self.os, self.arch.value, self.torch, self.cuda, trt, self.python, self.extra)

    def value(self, axis: str) -> object:
        """The value on an axis, or the `family` of the os; None when there is none, or no TensorRT."""
        if axis == FAMILY:
            return self.os.family
        return getattr(self, axis) if axis in FIXED_AXES else dict(self.extra).get(axis)

    def axes(self) -> Mapping[str, str]:
        """Axis name to value, as text; `none` stands for no TensorRT."""
        return dict(self._axis_items())

    def _axis_items(self) -> Iterator[tuple[str, str]]:
        yield "python", str(self.python)
        yield "torch", str(self.torch)
        yield "cuda", str(self.cuda)
        yield "tensorrt", str(self.tensorrt) if self.tensorrt else "none"
        yield "os", str(self.os)
        yield "arch", str(self.arch)
        yield from self.extra


def _extra_axis(part: str) -> tuple[str, str]:
    axis, _, value = part.partition("_")
    return axis, value
