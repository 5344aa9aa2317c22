"""What METADATA asks for on a target; read as it is written, which is not always well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.message import Message

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Cuda, PythonVersion
from envgen.compat.records import Platform

_RUNTIME = re.compile(r"nvidia-cuda-runtime(?:-cu\d\d)?|cuda-toolkit")
_PLACEHOLDER = Version("0.0.1")  # pins such as ==0.0.0a0 hold a name, not a release
# What `platform` and `sys` say there; the release of the kernel is of no interest but for not being Tegra's.
_SYSTEMS = {
    Platform.LINUX_X86_64: ("Linux", "linux", "posix", "x86_64"),
    Platform.LINUX_AARCH64: ("Linux", "linux", "posix", "aarch64"),
    Platform.WIN_AMD64: ("Windows", "win32", "nt", "AMD64"),
    Platform.WIN_ARM64: ("Windows", "win32", "nt", "ARM64"),
    Platform.MACOS_ARM64: ("Darwin", "darwin", "posix", "arm64"),
    Platform.MACOS_X86_64: ("Darwin", "darwin", "posix", "x86_64"),
}


def requires_of(metadata: Message) -> list[str]:
    """The Requires-Dist lines, without the carriage returns that some wheels have at their ends."""
    return [" ".join(str(line).split()) for line in metadata.get_all("Requires-Dist", [])]


def asked(requires: Iterable[str], platform: Platform, python: PythonVersion) -> Iterator[Requirement]:
    """The requirements whose markers hold on a target, extras aside."""
    system, sys_platform, os_name, machine = _SYSTEMS[platform]
    environment = {
        "platform_system": system,
        "sys_platform": sys_platform,
        "os_name": os_name,
        "platform_machine": machine,
        "platform_release": "",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": f"3.{python.minor}",
        "python_full_version": f"3.{python.minor}.0",
        "extra": "",
    }
    for requirement in _parsed(requires):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield requirement


def names(requires: Iterable[str]) -> frozenset[str]:
    """Every package that is asked for on any target."""
    return frozenset(requirement.name for requirement in _parsed(requires))


def cuda_asked(requirements: Iterable[Requirement]) -> Cuda | None:
    """The CUDA whose runtime is pinned; None when no real release of it is."""
    for requirement in requirements:
        pin = _pin(requirement.specifier)
        if _RUNTIME.fullmatch(requirement.name) and pin and pin >= _PLACEHOLDER:
            return Cuda(pin.major, pin.minor)
    return None


def wanted(requirements: Iterable[Requirement], package: str) -> SpecifierSet | None:
    """The range of a package that is asked for; None when it is not."""
    return next((each.specifier for each in requirements if each.name.replace("_", "-") == package), None)


def _pin(specifiers: SpecifierSet) -> Version | None:
    return next(
        (Version(each.version) for each in specifiers if each.operator == "==" and "*" not in each.version), None
    )


def _parsed(requires: Iterable[str]) -> Iterator[Requirement]:
    for line in requires:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            continue  # an old wheel's own way of writing; nothing is read from it
