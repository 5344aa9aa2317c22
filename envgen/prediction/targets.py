"""Which targets there are: every release, Python and build that the facts know, on the places that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Arch, Cuda, GrammarError, Os, OsFamily, PythonVersion, SmArch
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.compat.toolchain import DriverVersion
from envgen.prediction.target import Target


@dataclass(frozen=True)
class Place:
    """A platform, and the one system on it when one is named."""

    platform: Platform
    os: Os | None = None

    @classmethod
    def parse(cls, text: str, default: Arch | None) -> Place:
        """From `linux`, `linux-x86_64`, `linux_x86_64`, `ubuntu22.04` or `ubuntu22.04-aarch64`.

        Args:
            default: the architecture where the text names none.

        Raises:
            GrammarError: it is none of them.
        """
        if text in list(Platform):
            return cls(Platform(text))
        name, _, machine = text.partition("-")
        arch = Arch.parse(machine) if machine else default
        if arch is None:
            raise GrammarError(f"{text!r} does not say which architecture", "Add one, such as -x86_64.")
        if name in list(OsFamily):
            return cls(Platform.of(OsFamily(name), arch))
        try:
            os = Os.parse(name)
        except GrammarError:
            raise GrammarError(f"{text!r} is no platform such as linux-x86_64, ubuntu22.04 or macos-arm64") from None
        return cls(Platform.of(os.family, arch), os)


@dataclass(frozen=True)
class Build:
    """Which builds of torch are meant: for one CUDA (`cu126`), for one major of it (`cu12`), or without (`cpu`)."""

    major: int
    exact: Cuda | None = None

    @classmethod
    def parse(cls, text: str) -> Build:
        """From `cpu`, `12`, `cu12`, `cu126` or `12.6`.

        Raises:
            GrammarError: it is none of them.
        """
        if text == "cpu":
            return cls(0, Cuda())
        digits = text.removeprefix("cu")
        if digits.isascii() and digits.isdigit() and len(digits) == 2:
            return cls(int(digits))
        exact = Cuda.parse(text)
        return cls(exact.major, exact)

    def of(self, builds: Sequence[Cuda]) -> Cuda | None:
        """The newest of the builds that is meant; None when there is none."""
        fitting = (build for build in builds if build.major == self.major and self.exact in (None, build))
        return max(fitting, default=None)


@dataclass(frozen=True)
class Question:
    """What a binary is to be tried against.

    Attributes:
        pythons: all that a release has wheels for when empty.
        build: the one on the default index when None.
        driver, gpu: of the machine; None when it is not asked whether kernels run.
    """

    torch: SpecifierSet
    places: tuple[Place, ...]
    pythons: tuple[PythonVersion, ...] = ()
    build: Build | None = None
    driver: DriverVersion | None = None
    gpu: SmArch | None = None


def targets(question: Question, facts: Facts) -> tuple[Target, ...]:
    """Every environment that the question is about and that can be: ascending by place as asked, torch, Python."""
    return tuple(_targets(question, facts))


def _targets(question: Question, facts: Facts) -> Iterator[Target]:
    for place in question.places:
        for torch in facts.torch:
            if not question.torch.contains(torch, prereleases=True):
                continue
            for python, cuda in _published(torch, place.platform, question, facts):
                yield Target.make(
                    torch,
                    python,
                    place.platform,
                    facts,
                    cuda=cuda,
                    os=place.os,
                    driver=question.driver,
                    gpu=question.gpu,
                )


def _published(
    torch: Version, platform: Platform, question: Question, facts: Facts
) -> Iterator[tuple[PythonVersion, Cuda | None]]:
    """The Pythons that have a wheel, with the build that is meant."""
    wheels = facts.torch[torch].wheels.get(platform)
    pythons = wheels.pythons if wheels else ()
    for python in pythons:
        if question.pythons and python not in question.pythons:
            continue
        if question.build is None:
            yield python, wheels.cuda if wheels else None
        elif cuda := question.build.of(_builds(torch, platform, facts)):
            yield python, cuda


def _builds(torch: Version, platform: Platform, facts: Facts) -> tuple[Cuda, ...]:
    """The CUDA of every build on the default index, on PyTorch's own and on the user's; PyTorch's has one without."""
    wheels = facts.torch[torch].wheels.get(platform)
    arch = Arch.AARCH64 if platform.value.endswith(("aarch64", "arm64")) else Arch.X86_64
    promise = facts.promised.get((f"{torch.major}.{torch.minor}", arch))
    on_macos = platform.value.startswith("macos")
    promised = promise.cuda if promise and not on_macos else ()
    seen = facts.seen.get((torch, platform), {})
    default = (wheels.cuda,) if wheels and wheels.cuda else ()
    return (Cuda(), *default, *promised, *seen)
