"""How importing torch went, and what everybody does with it next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement

from envgen.compat.facts import Facts
from envgen.compat.records import Companion
from envgen.diagnose.causes import Cause
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed


def _torch(observed: Observed, facts: Facts) -> Iterator[Finding]:
    outcome = observed.imported
    step = outcome.step("torch")
    if step and step.error:
        yield Finding(
            Severity.ERROR,
            f"`import torch` fails: {step.error}",
            where=tuple(map(str, observed.torches[:1])),
            remedy="Mend what the other findings say; if there are none, install torch again.",
            evidence={"trace": step.trace},
        )
    elif outcome.died and step is None:
        yield Finding(
            Severity.ERROR,
            f"`import torch` ends the process: {outcome.died}.",
            where=tuple(map(str, observed.torches[:1])),
            remedy="Mend what the other findings say; if there are none, install torch again.",
            evidence={"said": outcome.said},
        )


def _numpy(observed: Observed, facts: Facts) -> Iterator[Finding]:
    step, numpy = observed.imported.step("numpy"), observed.distribution("numpy")
    died = _died_at(observed, "numpy")
    if (step and step.error) or died:
        version = f" {numpy.version}" if numpy else ""
        yield Finding(
            Severity.ERROR,
            f"torch {observed.torch_version} does not work with the installed numpy{version}:"
            f" {died or (step and step.error)}",
            where=(str(numpy.info),) if numpy else (),
            remedy="Install a numpy of the major that this torch was built with.",
            command=_install(observed, facts.companions, "numpy"),
            cause=Cause.NUMPY_ABI_MISMATCH,
        )


def _building(observed: Observed, facts: Facts) -> Iterator[Finding]:
    step = observed.imported.step("building")
    died = _died_at(observed, "building")
    if (step and step.error) or died:
        yield Finding(
            Severity.WARNING,
            "torch.utils.cpp_extension cannot be imported, so that no extension can be built:"
            f" {died or (step and step.error)}",
            remedy="Install a setuptools of the age of this torch: newer ones lack what older torch imports from them,"
            " and Pythons from 3.12 on bring no distutils of their own.",
            command=_install(observed, facts.build_companions, "setuptools")
            or f"{observed.python} -m pip install setuptools",
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
    return f"{observed.python} -m pip install '{need}'" if need else ""


def _died_at(observed: Observed, name: str) -> str:
    """How the process ended, if it did so at that step: the first that has no line."""
    died = observed.imported.died
    return died if died.endswith(f" at the step {name}") else ""


CHECKS = (
    Check("torch-imports", "Can torch be imported?", _torch),
    Check("numpy", "Do torch and numpy work together?", _numpy),
    Check("extension-tools", "Can torch's own tools for extensions be imported?", _building),
)
