"""How importing torch went, and what everybody does with it next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement

from envgen.compat.facts import Facts
from envgen.compat.records import Companion
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.commands import pip
from envgen.doctor.checks.words import cause_of, explained
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed

AT_TORCH = " at the step torch"


def _torch(observed: Observed, facts: Facts) -> Iterator[Finding]:
    outcome = observed.imported
    step = outcome.step("torch")
    if (step is None and not outcome.died) or (step and not step.error):
        return
    told = explained(observed, (step.trace if step else "") or outcome.said)
    trouble = f"fails: {step.error}" if step else f"ends the process: {outcome.died.removesuffix(AT_TORCH)}"
    yield Finding(
        Severity.ERROR,
        f"`import torch` {trouble.rstrip('.')}.{' ' + told[0].sentence if told else ''}",
        where=tuple(map(str, observed.torches[:1])),
        remedy="Mend what the other findings say; if there are none, install torch again.",
        command=_again(observed),
        cause=cause_of(told[0]) if told else None,
        evidence={"printed": (step.trace if step else "") or outcome.said},
    )


def _again(observed: Observed) -> str:
    installed = observed.distribution("torch")
    version = f"=={installed.version}" if installed else ""
    return pip(observed, "install", "--force-reinstall", f"torch{version}")


def _numpy(observed: Observed, facts: Facts) -> Iterator[Finding]:
    trouble, numpy = trouble_at(observed, "numpy"), observed.distribution("numpy")
    if trouble:
        version = f" {numpy.version}" if numpy else ""
        yield Finding(
            Severity.ERROR,
            f"torch {observed.torch_version} does not work with the installed numpy{version}: {trouble}.",
            where=(str(numpy.info),) if numpy else (),
            remedy="Install a numpy of the major that this torch was built with.",
            command=_install(observed, facts.companions, "numpy"),
            cause=Cause.NUMPY_ABI_MISMATCH,
        )


def _building(observed: Observed, facts: Facts) -> Iterator[Finding]:
    trouble = trouble_at(observed, "building")
    if trouble:
        yield Finding(
            Severity.WARNING,
            "torch.utils.cpp_extension cannot be imported, so that no extension can be built:"
            f" {trouble}.",
            remedy="Install a setuptools of the age of this torch: newer ones lack what older torch imports from them,"
            " and Pythons from 3.12 on bring no distutils of their own.",
            command=_install(observed, facts.build_companions, "setuptools")
            or pip(observed, "install", "setuptools"),
            cause=Cause.BUILD_ENV_INCOMPLETE,
        )  # fmt: skip


def _install(observed: Observed, companions: Iterable[Companion], name: str) -> str:
    """The command that installs what is known to work beside this torch; empty when nothing is known."""
    version = observed.torch_version
    needs = (
        need
        for companion in companions
        if companion.package == "torch" and version and companion.versions.contains(version)
        for need in companion.requires
        if Requirement(need).name == name
    )
    need = next(needs, "")
    return pip(observed, "install", str(need)) if need else ""


def trouble_at(observed: Observed, name: str) -> str:
    """What a step of using torch failed with, or how the process ended at it; empty when it went well."""
    step, died = observed.imported.step(name), observed.imported.died
    if step:
        return step.error.rstrip(".")
    return died.removesuffix(f" at the step {name}") if died.endswith(f" at the step {name}") else ""


CHECKS = (
    Check("torch-imports", "Can torch be imported?", _torch),
    Check("numpy", "Do torch and numpy work together?", _numpy),
    Check("extension-tools", "Can torch's own tools for extensions be imported?", _building),
)
