"""What compiles an extension's host code: the compiler, ninja, headers, memory, and how the project asks for torch."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from envgen.cell import OsFamily
from envgen.compat.compilers import names
from envgen.compat.facts import Facts
from envgen.compat.words import listed
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.commands import pip
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed

GB = 1_000_000_000


def _compiler(observed: Observed, facts: Facts) -> Iterator[Finding]:
    cxx = observed.tools.cxx
    if cxx.path is None and cxx.variable:
        yield Finding(
            Severity.ERROR,
            f"{cxx.variable} names a compiler that is not there: {cxx.asked}.",
            where=(f"{cxx.variable}={cxx.asked}",),
            remedy="Install it, or unset the variable.",
            command=f"unset {cxx.variable}",
            cause=Cause.HOST_COMPILER_MISSING,
        )
    elif cxx.path is None:
        beside = f"; there is only a C compiler ({observed.tools.c_only})" if observed.tools.c_only else ""
        yield Finding(
            Severity.WARNING,
            f"There is no C++ compiler on PATH{beside}: no extension can be compiled here.",
            remedy=_how_to_install(observed.interpreter.family),
            command="apt-get install g++" if observed.interpreter.family is OsFamily.LINUX else "",
            cause=Cause.HOST_COMPILER_MISSING,
        )
    elif cxx.compiler is None:
        yield Finding(
            Severity.WARNING,
            f"The C++ compiler does not answer as one: {cxx.asked}.",
            where=(str(cxx.path),),
            remedy="Try it by hand; an unfinished installation often lacks cc1plus.",
            command=f"{cxx.path} --version",
            cause=Cause.HOST_COMPILER_MISSING,
        )


def _how_to_install(family: OsFamily) -> str:
    return {
        OsFamily.WINDOWS: "Work in a developer prompt of Visual Studio, or install its C++ build tools.",
        OsFamily.MACOS: "Install Apple's command line tools (`xcode-select --install`).",
    }.get(family, "Install g++ with the system's package manager.")


def _standard(observed: Observed, facts: Facts) -> Iterator[Finding]:
    torch, compiler = observed.torch_version, observed.tools.cxx.compiler
    if torch is None or compiler is None:
        return
    standard, floor = facts.compilers.standard(torch), facts.compilers.floor(torch)
    demands = [demand for demand in (standard.demand if standard else None, floor) if demand]
    for demand in demands:
        if not demand.takes(compiler):
            yield Finding(
                Severity.ERROR,
                f"torch {torch}: {demand.limits_of([compiler])}, and the compiler is"
                f" {facts.compilers.described(compiler)}.",
                where=(str(observed.tools.cxx.path),),
                remedy="Install a newer compiler, and name it in CXX and CC.",
                cause=Cause.CXX_STANDARD_MISMATCH,
                evidence={"source": str(demand.source)},
            )


def _ninja(observed: Observed, facts: Facts) -> Iterator[Finding]:
    ninja = observed.tools.ninja
    if ninja is None:
        yield Finding(
            Severity.INFO,
            "There is no ninja on PATH: extensions compile one unit at a time, and cpp_extension.load() refuses to.",
            remedy="Install it into the environment.",
            command=pip(observed, "install", "ninja"),
            cause=Cause.BUILD_ENV_INCOMPLETE,
        )
    elif ninja.version is None:
        yield Finding(
            Severity.WARNING,
            "The ninja on PATH does not run; torch takes it for a usable one, or says that there is none.",
            where=(str(ninja.path),),
            remedy="Install it again: a moved or copied environment breaks the first line of its programs.",
            command=pip(observed, "install", "--force-reinstall", "ninja"),
            cause=Cause.BUILD_ENV_INCOMPLETE,
        )


def _headers(observed: Observed, facts: Facts) -> Iterator[Finding]:
    python = observed.interpreter
    if not observed.tools.python_h:
        minor = ".".join(python.version.split(".")[:2])
        yield Finding(
            Severity.WARNING,
            "Python's own headers are missing (Python.h): no extension can be compiled for this interpreter.",
            where=(python.include,),
            remedy="Install the development package of this Python.",
            command=f"apt-get install python{minor}-dev" if python.family is OsFamily.LINUX else "",
            cause=Cause.DEV_HEADERS_MISSING,
        )


def _isolation(observed: Observed, facts: Facts) -> Iterator[Finding]:
    project = observed.project
    if project.unreadable:
        yield Finding(
            Severity.ERROR,
            f"The project's pyproject.toml cannot be read: {project.unreadable}.",
            where=(str(project.folder / "pyproject.toml"),),
            remedy="Mend it; no tool can build the project.",
            cause=Cause.BUILD_ENV_INCOMPLETE,
        )
        return
    if not project.imports_torch or any(_is_torch(text) for text in project.build_requires or ()):
        return
    where = "build-system.requires of its pyproject.toml does not name torch"
    if project.build_requires is None:
        where = "no pyproject.toml asks for torch"
    yield Finding(
        Severity.WARNING,
        f"The project's setup.py imports torch, and {where}: built in isolation, which is what pip and uv do, it"
        " fails with `No module named 'torch'`.",
        where=(str(project.folder / "setup.py"),),
        remedy="Build it without isolation, against this torch; torch in build-system.requires would be another one.",
        command=pip(observed, "install", "--no-build-isolation", "."),
        cause=Cause.BUILD_ENV_INCOMPLETE,
    )


def _is_torch(text: str) -> bool:
    try:
        return canonicalize_name(Requirement(text).name) == "torch"
    except InvalidRequirement:
        return False


def _build_companions(observed: Observed, facts: Facts) -> Iterator[Finding]:
    torch = observed.torch_version
    for companion in facts.build_companions:
        if companion.package != "torch" or torch is None or not companion.versions.contains(torch):
            continue
        for need in map(Requirement, companion.requires):
            installed = observed.distribution(canonicalize_name(need.name))
            # Where importing the tools failed, that is said already, with what it printed.
            step = observed.imported.step("building")
            if installed and not need.specifier.contains(installed.version) and not (step and step.error):
                yield Finding(
                    Severity.WARNING,
                    f"Extensions for torch {torch} are built beside {need}, and {installed.version} is installed.",
                    where=(str(installed.info),),
                    remedy=f"Install {need} where extensions are built.",
                    command=pip(observed, "install", str(need)),
                    cause=Cause.BUILD_ENV_INCOMPLETE,
                    evidence={"source": str(companion.source)},
                )


def _memory(observed: Observed, facts: Facts) -> Iterator[Finding]:
    if observed.tools.cxx.compiler is None or not observed.has_torch:
        return
    text = observed.variables.get("MAX_JOBS", "")
    jobs = int(text) if text.isascii() and text.isdigit() else _ninja_jobs(observed.system.cpus)
    cuda = observed.torch_cuda
    with_nvcc = cuda is not None and not cuda.is_cpu and observed.tools.nvcc is not None
    unit = facts.compilers.unit_gb["nvcc" if with_nvcc else "host"]
    fitting = max(1, int(observed.system.memory_bytes / (unit * GB)))
    if fitting < jobs:
        yield Finding(
            Severity.WARNING if fitting < 2 else Severity.INFO,
            f"A build runs {jobs} compilers at once{' (MAX_JOBS)' if text else ''}; with all of torch's headers each"
            f" takes {unit:g} GB, and there are {observed.system.memory_bytes / GB:.1f} GB here.",
            remedy="Limit them where a project has that many units.",
            command=f"export MAX_JOBS={fitting}",
            cause=Cause.BUILD_OOM,
        )


def _ninja_jobs(cpus: int) -> int:
    """How many ninja runs by itself."""
    return {1: 2, 2: 3}.get(cpus, cpus + 2)


def _both_compilers(observed: Observed, facts: Facts) -> Iterator[Finding]:
    """CC and CXX of two kinds: setuptools links with one what the other compiled."""
    cxx, host = observed.tools.cxx.compiler, observed.tools.nvcc_host
    if cxx and host and host.variable == "CC" and host.compiler and host.compiler != cxx:
        yield Finding(
            Severity.WARNING,
            f"CC and CXX are two compilers: {listed([names([host.compiler]), names([cxx])])}.",
            where=(f"CC={host.asked}", f"CXX={observed.tools.cxx.asked}"),
            remedy="Set both to one release.",
            cause=Cause.HEADER_COMPILER_CONFLICT,
        )


CHECKS = (
    Check("compiler", "Is there a C++ compiler?", _compiler),
    Check("cxx-standard", "Does it know the C++ of torch's headers?", _standard),
    Check("two-compilers", "Are CC and CXX one compiler?", _both_compilers),
    Check("ninja", "Is there a ninja that runs?", _ninja),
    Check("python-headers", "Are Python's headers there?", _headers),
    Check("build-isolation", "Does the project's build see torch?", _isolation),
    Check("build-companions", "Is the setuptools one for this torch?", _build_companions),
    Check("memory", "Is there memory for as many compilers as run at once?", _memory),
)
