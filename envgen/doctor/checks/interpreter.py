"""The interpreter itself, and the variables that change where it looks for modules."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import normpath

from envgen.compat.facts import Facts
from envgen.compat.words import listed
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.words import few
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed


def _starts(observed: Observed, facts: Facts) -> Iterator[Finding]:
    if observed.hampered:
        named = [name for name in ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP") if observed.variables.get(name)]
        suspects = f" with {listed(named)} set" if named else ""
        yield Finding(
            Severity.ERROR,
            f"The interpreter does not start{suspects}, only isolated from variables and the user's packages:"
            f" {observed.hampered}.",
            where=(observed.interpreter.executable, *(f"{name}={observed.variables[name]}" for name in named)),
            remedy="Unset those variables, or look for a module of the user's site that hides one of Python's own.",
            command=f"unset {' '.join(named)}" if named else "",
        )


def _kind(observed: Observed, facts: Facts) -> Iterator[Finding]:
    python = observed.interpreter
    if python.bits != 64:
        yield Finding(
            Severity.ERROR,
            f"The interpreter is a {python.bits}-bit program; there is no torch for those.",
            where=(python.executable,),
            remedy="Install a 64-bit Python.",
            cause=Cause.MACHINE_ARCH_MISMATCH,
        )
    if python.implementation != "CPython":
        yield Finding(
            Severity.ERROR,
            f"The interpreter is {python.implementation}; torch is built for CPython alone.",
            where=(python.executable,),
            remedy="Use CPython.",
            cause=Cause.PYTHON_ABI_MISMATCH,
        )
    if observed.system.processor:
        yield Finding(
            Severity.WARNING,
            f"The interpreter is a {python.machine} program that runs by translation on {observed.system.processor}:"
            " slow, and wheels and compilers for the hardware itself do not fit it.",
            where=(python.executable,),
            remedy=f"Install a Python for {observed.system.processor} and make the environment anew with it.",
            cause=Cause.MACHINE_ARCH_MISMATCH,
        )


def _home(observed: Observed, facts: Facts) -> Iterator[Finding]:
    home = observed.variables.get("PYTHONHOME")
    if not home:
        return
    own = normpath(home) == normpath(observed.interpreter.base_prefix)
    yield Finding(
        Severity.WARNING if own and not observed.hampered else Severity.ERROR,
        "PYTHONHOME is set: every interpreter that is started takes its standard library from there,"
        f" {'also those of other versions' if own else 'and it is not the home of this one'}.",
        where=(f"PYTHONHOME={home}",),
        remedy="Unset it; no Python needs it.",
        command="unset PYTHONHOME",
    )


def _python_path(observed: Observed, facts: Facts) -> Iterator[Finding]:
    standard = observed.interpreter.standard_modules - {"test"}
    for folder, names in observed.path_modules.items():
        hidden = sorted(names & standard)
        if hidden and normpath(folder) != normpath(observed.interpreter.stdlib):
            yield Finding(
                Severity.ERROR,
                f"PYTHONPATH puts {few(hidden)} before Python's own of that name.",
                where=(f"PYTHONPATH: {folder}",),
                remedy="Take the folder out of PYTHONPATH, or rename what lies in it.",
                command="unset PYTHONPATH",
            )


def _ignored_user_site(observed: Observed, facts: Facts) -> Iterator[Finding]:
    python = observed.interpreter
    if observed.has_torch or not observed.variables.get("PYTHONNOUSERSITE") or python.is_virtual:
        return
    if observed.user_site_torch:
        yield Finding(
            Severity.WARNING,
            "torch is in the user's own packages, and PYTHONNOUSERSITE hides them.",
            where=(python.user_site, f"PYTHONNOUSERSITE={observed.variables['PYTHONNOUSERSITE']}"),
            remedy="Unset it, or better install torch into an environment of its own.",
            command="unset PYTHONNOUSERSITE",
        )


CHECKS = (
    Check("interpreter-starts", "Does the interpreter start as it is?", _starts),
    Check("interpreter-kind", "Is it one that torch is built for?", _kind),
    Check("python-home", "Does PYTHONHOME lead elsewhere?", _home),
    Check("python-path", "Does PYTHONPATH hide modules of Python's own?", _python_path),
    Check("no-user-site", "Does PYTHONNOUSERSITE hide torch?", _ignored_user_site),
)
