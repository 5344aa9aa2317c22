"""Installed packages against what torch and its neighbours require of each other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement

from envgen.cell import PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.compat.words import listed
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.commands import pip
from envgen.doctor.checks.near import TORCH, near_torch, requirements
from envgen.doctor.checks.words import SHOWN, few
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Distribution, Observed, public_version

VENDOR = re.compile(r"(nvidia-.+?)(?:-cu(\d+))?")  # the library, and the CUDA major in its package's name


@dataclass(frozen=True)
class _Missed:
    """A requirement, and what is installed of that name."""

    need: Requirement
    installed: Distribution | None

    @property
    def is_met(self) -> bool:
        return self.installed is not None and self.need.specifier.contains(self.installed.version, prereleases=True)

    @property
    def text(self) -> str:
        return f"{self.need.name}{self.need.specifier}"

    @property
    def words(self) -> str:
        return f"{self.text} ({f'{self.installed.version} is' if self.installed else 'not'} installed)"

    @property
    def cause(self) -> Cause | None:
        if self.need.name == TORCH:
            return Cause.TORCH_VERSION_MISMATCH
        if VENDOR.fullmatch(self.need.name):
            return Cause.VENDOR_LIB_VERSION_MIX if self.installed else Cause.CUDA_RUNTIME_MISSING
        return None


def _no_torch(observed: Observed, facts: Facts) -> Iterator[Finding]:
    if observed.has_torch or observed.hollow:
        return
    interpreter = observed.interpreter
    python = PythonVersion(int(interpreter.version.split(".")[1]), interpreter.free_threaded)
    platform = Platform.of(interpreter.family, interpreter.arch) if interpreter.arch else None
    on_platform = (
        {version: release.wheels.get(platform) for version, release in facts.torch.items()} if platform else {}
    )
    fitting = [str(version) for version, wheels in on_platform.items() if wheels and python in wheels.pythons]
    has = f"PyPI has wheels of torch {fitting[0]} to {fitting[-1]}" if fitting else "no known release has a wheel"
    yield Finding(
        Severity.ERROR,
        f"torch is not installed; {has} for Python {python} here.",
        where=(observed.interpreter.purelib,),
        remedy="Install it." if fitting else "Make an environment with another Python, and install it there.",
        command=pip(observed, "install", "torch") if fitting else "",
    )


def _required(observed: Observed, facts: Facts) -> Iterator[Finding]:
    """What each package near torch requires, against what is installed."""
    for package in near_torch(observed):
        if package is not observed.distribution(package.name):
            continue  # hidden by another of its name
        missed = [
            _Missed(need, observed.distribution(need.name))
            for need in requirements(observed, package, _extras(observed, package))
        ]
        missed = [each for each in missed if not each.is_met]
        # What one command mends is one finding.
        for about_torch in (True, False):
            if group := [each for each in missed if (each.need.name == TORCH) is about_torch]:
                yield _finding(observed, package, group)


def _extras(observed: Observed, package: Distribution) -> frozenset[str]:
    """The extras with which torch asks for a package: `cuda-toolkit[cublas]`."""
    torch = observed.distribution(TORCH)
    needs = requirements(observed, torch) if torch and torch is not package else ()
    return frozenset(extra for need in needs if need.name == package.name for extra in need.extras)


def _finding(observed: Observed, package: Distribution, missed: list[_Missed]) -> Finding:
    torch = missed[0].installed if missed[0].need.name == TORCH else None
    # A package built against one torch fails with another; another copy of a library may do, until it does not.
    strict = torch or (observed.has_torch and observed.imported.torch is None)
    wanted = ("--upgrade", package.name, f"torch=={torch.version}") if torch else tuple(each.text for each in missed)
    return Finding(
        Severity.ERROR if strict else Severity.WARNING,
        f"{package.name} {package.version} requires {few(each.words for each in missed)}.",
        where=tuple(str(each.info) for each in (package, *(one.installed for one in missed[:SHOWN])) if each),
        remedy=f"Install the {package.name} for this torch." if torch else "Install what it requires.",
        command=pip(observed, "install", *wanted),
        cause=next((each.cause for each in missed if each.cause), None),
        evidence={each.text: each.installed.version if each.installed else "" for each in missed},
    )


def _generations(observed: Observed, facts: Facts) -> Iterator[Finding]:
    """One NVIDIA library for two majors of CUDA."""
    packages: defaultdict[str, dict[str, Distribution]] = defaultdict(dict)
    for each in observed.distributions:
        if match := VENDOR.fullmatch(each.name):
            packages[match[1]].setdefault(each.name, each)
    needed = {need.name for each in observed.distributions for need in requirements(observed, each)}
    double = {library: found for library, found in packages.items() if len(found) > 1}
    if not double:
        return
    wanted = {each.name for each in near_torch(observed)}
    others = sorted({name for found in double.values() for name in found} - wanted)
    leftover = [name for name in others if name not in needed]
    yield Finding(
        Severity.WARNING if leftover else Severity.INFO,
        f"{listed(library for library in sorted(double))} {'is' if len(double) == 1 else 'are'} installed for more than"
        f" one major of CUDA{f'; nothing here requires {listed(leftover)}' if leftover else ''}.",
        where=tuple(f"{each.name} {each.version}" for found in double.values() for each in found.values()),
        remedy="Uninstall those that nothing requires; they can be loaded in place of torch's own." if leftover else
        "They can meet in one process; keep what asks for each of them in an environment of its own if that fails.",
        command=pip(observed, "uninstall", *leftover) if leftover else "",
        cause=Cause.VENDOR_LIB_VERSION_MIX,
    )  # fmt: skip


def _remains(observed: Observed, facts: Facts) -> Iterator[Finding]:
    if observed.remains:
        yield Finding(
            Severity.WARNING,
            "An interrupted pip left parts of packages behind: an installation here was not finished.",
            where=tuple(map(str, observed.remains)),
            remedy="Remove them, and install those packages again.",
        )


def _unparsable(observed: Observed, facts: Facts) -> Iterator[Finding]:
    installed = observed.distribution(TORCH)
    if installed and public_version(installed.version) is None:
        yield Finding(
            Severity.ERROR,
            f"The installed torch says its version is {installed.version!r}, which is none.",
            where=(str(installed.info),),
            remedy="Install torch again.",
            command=pip(observed, "install", "--force-reinstall", "torch"),
            cause=Cause.BINARY_DAMAGED,
        )


CHECKS = (
    Check("torch-installed", "Is torch installed?", _no_torch),
    Check("torch-version", "Does its record name a version?", _unparsable),
    Check("requirements", "Do torch and its neighbours have what they require of each other?", _required),
    Check("cuda-generations", "Is an NVIDIA library there for two majors of CUDA?", _generations),
    Check("remains", "Did an interrupted pip leave something behind?", _remains),
)
