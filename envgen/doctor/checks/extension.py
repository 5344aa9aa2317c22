"""An extension against this very environment: what happens when it is loaded, and what its libraries say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from packaging.version import Version

from envgen.binary import Binary
from envgen.cell import OsFamily, PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.gpus import gpu_of
from envgen.compat.records import Platform
from envgen.compat.words import counted
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.words import cause_of, explained
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Extension, Observed
from envgen.prediction import Knowledge, Prediction, System, Target, Verdict, predict
from envgen.prediction.bundle import together
from envgen.results import Diagnosis
from envgen.symbols import SymbolIndex


def _loads(observed: Observed, facts: Facts) -> Iterator[Finding]:
    for extension in observed.extensions:
        trouble = _trouble(extension)
        if not trouble:
            continue
        step = extension.outcome.step("extension")
        predicted = _predictions(observed, extension, facts)
        told = [*explained(observed, (step.trace if step else "") or extension.outcome.said), *_against(predicted)]
        yield Finding(
            Severity.ERROR,
            f"{extension.asked} does not load: {trouble}{' ' + told[0].sentence if told else ''}",
            where=_where(extension),
            remedy=told[0].fix if told else _remedy(extension),
            cause=next((cause for each in told if (cause := cause_of(each))), None),
            evidence=_evidence(told),
        )


def _remedy(extension: Extension) -> str:
    if extension.binaries or extension.places:
        return "Build it again in this environment."
    return "Install it into this environment, or name another with --venv."


def _trouble(extension: Extension) -> str:
    """Why it does not load; empty when it does, or when torch did not either, which is said elsewhere."""
    outcome = extension.outcome
    if outcome.torch is None:
        return ""
    step = outcome.step("extension")
    if step is None:
        return f"the process was {outcome.died.removesuffix(' at the step extension') or 'ended'}."
    return step.error.rstrip(".") + "." if step.error else ""


def _where(extension: Extension) -> tuple[str, ...]:
    return tuple(map(str, extension.places[:1])) or tuple(binary.file for binary in extension.binaries[:1])


def _evidence(told: list[Diagnosis]) -> dict[str, str]:
    return {**told[0].evidence, "rule": told[0].rule} if told else {}


def _risks(observed: Observed, facts: Facts) -> Iterator[Finding]:
    """It loaded, and its libraries speak against it all the same."""
    for extension in observed.extensions:
        if _trouble(extension) or extension.outcome.torch is None:
            continue
        for diagnosis in _against(_predictions(observed, extension, facts)):
            yield Finding(
                Severity.WARNING,
                f"{extension.asked} loads, but {diagnosis.sentence[0].lower()}{diagnosis.sentence[1:]}",
                where=_where(extension),
                remedy=diagnosis.fix,
                cause=cause_of(diagnosis),
                evidence={**diagnosis.evidence, "rule": diagnosis.rule},
            )


def _unreadable(observed: Observed, facts: Facts) -> Iterator[Finding]:
    for extension in observed.extensions:
        for file, reason in extension.unreadable.items():
            yield Finding(
                Severity.ERROR,
                f"A library of {extension.asked} cannot be read: {reason}.",
                where=(file,),
                remedy="Build or install it again.",
                cause=Cause.BINARY_DAMAGED,
            )


def _shadowed(observed: Observed, facts: Facts) -> Iterator[Finding]:
    for extension in observed.extensions:
        if len(extension.places) > 1:
            yield Finding(
                Severity.WARNING,
                f"The path leads to {extension.asked} in {counted(len(extension.places), 'place')}; the first is"
                " imported.",
                where=tuple(map(str, extension.places)),
                remedy="Uninstall what is not meant, or take its folder out of the path.",
            )
        local = observed.project.modules.get(extension.asked.split(".")[0])
        if local and local not in extension.places:
            yield Finding(
                Severity.WARNING,
                f"The working directory holds {local.name}, which `python -m`, `python -c` and pytest take in place of"
                " the installed one; sources have no compiled modules in them.",
                where=(str(local),),
                remedy="Work in another folder, or keep sources under `src/`.",
            )


def _against(predictions: list[Prediction]) -> list[Diagnosis]:
    return [
        diagnosis
        for prediction in predictions
        if prediction.verdict in (Verdict.FAILS, Verdict.RISK)
        for diagnosis in prediction.diagnoses
        if cause_of(diagnosis)
    ]


def _predictions(observed: Observed, extension: Extension, facts: Facts) -> list[Prediction]:
    target = _target(observed, facts)
    if target is None:
        return []
    knowledge = Knowledge.of(facts, SymbolIndex.current())
    return [predict(subject, target, knowledge) for subject in together(_fitting(extension.binaries, observed))]


def _fitting(binaries: tuple[Binary, ...], observed: Observed) -> tuple[Binary, ...]:
    """Of a universal file only this machine's slice counts, where it has one."""
    own = tuple(binary for binary in binaries if binary.arch == observed.interpreter.arch)
    return own or binaries


def _target(observed: Observed, facts: Facts) -> Target | None:
    """This environment, as predictions know one."""
    python, torch = observed.interpreter, observed.torch_version
    if torch is None or python.arch is None:
        return None
    platform = Platform.of(python.family, python.arch)
    gpus = observed.system.gpus
    target = Target.make(
        torch,
        PythonVersion(int(python.version.split(".")[1]), python.free_threaded),
        platform,
        facts,
        cuda=observed.torch_cuda,
        driver=observed.system.driver,
        gpu=gpu_of(gpus[0].compute_capability) if gpus else None,
        libraries=frozenset(observed.libraries.brought),
    )
    imported = observed.imported.torch
    abi = imported.cxx11_abi if imported and python.family is OsFamily.LINUX else target.cxx11_abi
    return replace(target, system=_system(observed), cxx11_abi=abi)


def _system(observed: Observed) -> System:
    python, runtime = observed.interpreter, observed.libraries.process_runtime
    is_glibc = python.libc[:1] == ("glibc",)
    return System(
        name="this system",
        exact=True,
        glibc=Version(python.libc[1]) if is_glibc and len(python.libc) > 1 else None,
        glibcxx=runtime.glibcxx if runtime else None,
        macos=Version(python.macos) if python.macos else None,
    )


CHECKS = (
    Check("extension-files", "Can the extension's libraries be read?", _unreadable),
    Check("extension-loads", "Does the extension load after torch?", _loads),
    Check("extension-risks", "Do its libraries fit this torch, though they load?", _risks),
    Check("extension-place", "Is the extension that is imported the installed one?", _shadowed),
)
