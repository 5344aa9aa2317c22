"""Pairs of packages that do not go together, though their metadata allows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from envgen.compat.facts import Facts
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.commands import pip
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed, public_version

CAUSES = {"numpy": Cause.NUMPY_ABI_MISMATCH, "setuptools": Cause.BUILD_ENV_INCOMPLETE}
TENSORRT = re.compile(r"tensorrt(?:-lean|-dispatch)?(?:-cu(\d+))?")


def _companions(observed: Observed, facts: Facts) -> Iterator[Finding]:
    for companion in facts.companions:
        package = observed.distribution(companion.package)
        version = public_version(package.version) if package else None
        if package is None or version is None or not companion.versions.contains(version, prereleases=True):
            continue
        for need in map(Requirement, companion.requires):
            installed = observed.distribution(canonicalize_name(need.name))
            if installed and not need.specifier.contains(installed.version, prereleases=True):
                yield Finding(
                    Severity.ERROR,
                    f"{package.name} {package.version} works only beside {need}, though its metadata does not say so,"
                    f" and {installed.version} is installed.",
                    where=(str(package.info), str(installed.info)),
                    remedy=f"Install {need}.",
                    command=pip(observed, "install", str(need)),
                    cause=CAUSES.get(installed.name, Cause.VENDOR_LIB_VERSION_MIX),
                    evidence={"source": str(companion.source)},
                )


def _tensorrt_whole(observed: Observed, facts: Facts) -> Iterator[Finding]:
    """TensorRT's packages are shells around others that hold the libraries, or the system has them."""
    offered = {name for folder in observed.libraries.folders for name in folder.libraries}
    if any(name.startswith(("libnvinfer", "nvinfer")) for name in {*observed.libraries.brought, *offered}):
        return
    whole = {check.package for check in observed.files if check.libraries}
    for name in dict.fromkeys(each.name for each in observed.distributions):
        match, installed = TENSORRT.fullmatch(name), observed.distribution(name)
        kin = f"{name}-" if match and match[1] else f"{name}-cu"
        if match and installed and not any(other == name or other.startswith(kin) for other in whole):
            yield Finding(
                Severity.ERROR,
                f"{name} {installed.version} is only a shell: no package here holds its libraries.",
                where=(str(installed.info),),
                remedy="Install it again with its dependencies; they come from NVIDIA's own index.",
                command=pip(observed, "install", "--force-reinstall", f"{name}=={installed.version}"),
                cause=Cause.TRT_LIB_MISSING,
            )


def _tensorrt_cuda(observed: Observed, facts: Facts) -> Iterator[Finding]:
    cuda = observed.torch_cuda
    for each in observed.distributions:
        match = re.fullmatch(r"tensorrt(?:-lean|-dispatch)?-cu(\d+)-libs", each.name)
        if match and cuda and not cuda.is_cpu and int(match[1]) != cuda.major:
            yield Finding(
                Severity.WARNING,
                f"{each.name} is for CUDA {match[1]}, and torch for CUDA {cuda.dotted}: a process that uses both loads"
                " both runtimes.",
                where=(str(each.info),),
                remedy=f"Install TensorRT's packages for CUDA {cuda.major}.",
                command=pip(observed, "install", f"tensorrt-cu{cuda.major}"),
                cause=Cause.VENDOR_LIB_VERSION_MIX,
            )


CHECKS = (
    Check("companions", "Do packages go together whose metadata does not tell?", _companions),
    Check("tensorrt-libraries", "Does TensorRT have its libraries?", _tensorrt_whole),
    Check("tensorrt-cuda", "Is TensorRT for torch's CUDA?", _tensorrt_cuda),
)
