"""Shared libraries: which of them torch's process takes, and whether they are the ones it was built with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from envgen.cell import OsFamily
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.compat.words import counted, listed
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.words import SHOWN, few
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import LibraryFolder, Observed

OPENMP = ("libgomp", "libiomp5", "libomp")


def stem(name: str) -> str:
    """A library without its versions: `libcudart` of `libcudart.so.13`, `libomp` of `libomp.dylib`."""
    return name.lower().split(".so")[0].removesuffix(".dylib").removesuffix(".dll")


def _foreign(observed: Observed) -> dict[Path, Path]:
    """Libraries in torch's process that the environment has itself: the file that was taken, to its own."""
    own: defaultdict[str, list[Path]] = defaultdict(list)
    for name, path in observed.libraries.brought.items():
        own[stem(name)].append(path)
    return {
        taken: own[stem(taken.name)][0]
        for taken in observed.imported.libraries
        if stem(taken.name) in own and taken not in own[stem(taken.name)]
    }


def _taken(observed: Observed, facts: Facts) -> Iterator[Finding]:
    by_way: defaultdict[str, list[Path]] = defaultdict(list)
    foreign = _foreign(observed)
    for path in foreign:
        by_way[_way(observed, path)].append(path)
    for way, paths in by_way.items():
        core = any(stem(path.name).startswith(("libtorch", "libc10")) for path in paths)
        yield Finding(
            Severity.ERROR if core or not observed.imported.torch else Severity.WARNING,
            f"torch loads {few(path.name for path in paths)} from outside the environment, {_leads(way)}, though the"
            f" environment has {'its' if len(paths) == 1 else 'their'} own.",
            where=tuple(f"{path} in place of {foreign[path]}" for path in paths[:SHOWN]),
            remedy=_leave(way),
            command=f"unset {way}" if way else "",
            cause=Cause.TORCH_VERSION_MISMATCH if core else Cause.VENDOR_LIB_VERSION_MIX,
        )


def _way(observed: Observed, path: Path) -> str:
    """The variable by which a library was found; empty for the loader's own configuration."""
    for folder in observed.libraries.folders:
        if path in folder.libraries.values():
            return folder.variable
    return ""


def _leads(way: str) -> str:
    return f"where {way} leads" if way else "where the loader's own configuration leads"


def _leave(way: str) -> str:
    if way:
        return f"Take the folder out of {way}; torch finds its libraries by itself."
    return "Look in /etc/ld.so.conf.d for the folder, or in what is loaded before torch."


def _offered(observed: Observed, facts: Facts) -> Iterator[Finding]:
    """What variables lead to, and torch's process has not taken so far: libraries opened later may take it."""
    taken = set(_foreign(observed))
    own = set(observed.libraries.brought.values())
    for folder in observed.libraries.folders:
        double = {
            name
            for name, path in folder.libraries.items()
            if name in observed.libraries.brought and path not in own and path not in taken
        }
        if double:
            yield Finding(
                Severity.WARNING,
                f"{folder.variable} offers {few(sorted(double))} in place of what the"
                " environment has itself; extensions, and what torch opens later, may take them.",
                where=(f"{folder.variable}: {folder.path}",),
                remedy=_leave(folder.variable),
                command=f"unset {folder.variable}",
                cause=Cause.VENDOR_LIB_VERSION_MIX,
            )


def _preloaded(observed: Observed, facts: Facts) -> Iterator[Finding]:
    for folder in observed.libraries.folders:
        if not folder.exists and _is_preload(folder):
            yield Finding(
                Severity.WARNING,
                f"{folder.variable} names a library that is not there; every program says so when it starts.",
                where=(f"{folder.variable}: {folder.path}",),
                remedy="Take it out.",
                command=f"unset {folder.variable}",
            )


def _is_preload(folder: LibraryFolder) -> bool:
    return folder.variable in ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES")


def _libstdcxx(observed: Observed, facts: Facts) -> Iterator[Finding]:
    process, compiler = observed.libraries.process_runtime, observed.libraries.compiler_runtime
    if process is None:
        return
    need = _torch_needs(observed, facts)
    if need and process.glibcxx < need:
        yield Finding(
            Severity.ERROR,
            f"torch needs GLIBCXX_{need}, and the libstdc++ in its process goes up to GLIBCXX_{process.glibcxx}.",
            where=(str(process.path),),
            remedy=_newer_runtime(observed, process.path, need),
            cause=Cause.LIBSTDCXX_TOO_OLD,
        )
    elif compiler and process.glibcxx < compiler.glibcxx:
        yield Finding(
            Severity.WARNING,
            f"The libstdc++ in torch's process goes up to GLIBCXX_{process.glibcxx}, and the compiler's own up to"
            f" GLIBCXX_{compiler.glibcxx}: what is compiled here may not load here.",
            where=(str(process.path), str(compiler.path)),
            remedy=_newer_runtime(observed, process.path, compiler.glibcxx),
            cause=Cause.LIBSTDCXX_TOO_OLD,
        )


def _torch_needs(observed: Observed, facts: Facts) -> Version | None:
    version, arch = observed.torch_version, observed.interpreter.arch
    floor = facts.abi.floor(version, arch) if version and arch else None
    return floor[0] if floor else None


def _newer_runtime(observed: Observed, path: Path, need: Version) -> str:
    way = _way(observed, path)
    if way:
        return f"Take {path.parent} out of {way}."
    if path.is_relative_to(observed.interpreter.prefix) or path.is_relative_to(observed.interpreter.base_prefix):
        return (
            f"Install a newer libstdcxx from conda-forge, one with GLIBCXX_{need}, or compile with conda's compilers."
        )
    return f"Use a newer system, or put a libstdc++ with GLIBCXX_{need} into the environment."


def _glibc(observed: Observed, facts: Facts) -> Iterator[Finding]:
    python, release = observed.interpreter, facts.torch.get(observed.torch_version or Version("0"))
    if release is None or python.arch is None or python.family is not OsFamily.LINUX or len(python.libc) < 2:
        return
    wheels = release.wheels.get(Platform.of(python.family, python.arch))
    name, has = python.libc[0], python.libc[1]
    if name != "glibc":
        yield Finding(
            Severity.ERROR,
            f"The system's C library is {name}; torch's wheels are built for glibc.",
            remedy="Use a system with glibc, such as Debian or Ubuntu.",
            cause=Cause.GLIBC_TOO_OLD,
        )
    elif wheels and wheels.glibc and Version(has) < wheels.glibc:
        yield Finding(
            Severity.ERROR,
            f"torch {release.version} needs glibc {wheels.glibc}, and this system has {has}.",
            remedy="Use a newer system, or an older torch.",
            cause=Cause.GLIBC_TOO_OLD,
            evidence={"source": str(facts.torch_source)},
        )


def _openmp(observed: Observed, facts: Facts) -> Iterator[Finding]:
    kinds: defaultdict[str, list[Path]] = defaultdict(list)
    for path in observed.imported.libraries:
        if kind := _kind(path):
            kinds[kind].append(path)
    if sum(map(len, kinds.values())) > 1:
        yield Finding(
            Severity.WARNING,
            f"{counted(sum(map(len, kinds.values())), 'OpenMP runtime')} in torch's process: threads are started twice"
            " over, and some abort when they meet another.",
            where=tuple(str(path) for paths in kinds.values() for path in paths),
            remedy="Install torch and what brings the other from one source (all by pip, or all from conda-forge).",
            cause=Cause.OPENMP_DUPLICATE,
        )
        return
    there = {kind for path in observed.libraries.openmp if (kind := _kind(path))}
    if len(there) > 1:
        yield Finding(
            Severity.INFO,
            f"The environment holds {counted(len(there), 'kind')} of OpenMP runtimes: {listed(sorted(there))}."
            " A process that loads more than one may stall or abort.",
            where=tuple(map(str, observed.libraries.openmp)),
            cause=Cause.OPENMP_DUPLICATE,
        )


def _kind(path: Path) -> str | None:
    own = stem(path.name).split("-")[0].removesuffix("md")
    return own if own in OPENMP else None


CHECKS = (
    Check("libraries-taken", "Does torch load its own libraries?", _taken),
    Check("libraries-offered", "Do variables lead the loader to others?", _offered),
    Check("preload", "Is there what is to be loaded before everything?", _preloaded),
    Check("libstdcxx", "Is the C++ runtime new enough?", _libstdcxx),
    Check("glibc", "Is the C library new enough?", _glibc),
    Check("openmp", "Is there one OpenMP runtime?", _openmp),
)
