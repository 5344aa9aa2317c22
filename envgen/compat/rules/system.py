"""Rules about the operating system alone."""

from __future__ import annotations

from difflib import get_close_matches

from packaging.version import Version

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.rules.rule import Finding, Rule, fits, impossible, missing, unknown
from envgen.compat.verdict import Source
from envgen.compat.words import listed


def _os_release(cell: Cell, facts: Facts) -> Finding:
    os = cell.os
    if os.name in facts.other_libc:
        libc, source = facts.other_libc[os.name]
        return impossible(f"{os} has {libc} as its C library, and torch publishes Linux wheels for glibc only.", source)
    system = facts.systems.get(os)
    if system:
        has = f" and has glibc {system.glibc}" if system.glibc else ""
        hosted = f" GitHub hosts it as {listed(system.runners)}." if system.runners else ""
        return fits(f"{os} is known{has}.{hosted}", system.source)
    releases = [known for known in facts.systems if known.name == os.name]
    if releases:
        return unknown(f"envgen has no facts about {os}; it has them about {listed(sorted(releases))}.")
    names = sorted({known.name for known in facts.systems})
    meant = get_close_matches(os.name, names, n=1, cutoff=0.75)
    if meant:
        return missing(f"There is no operating system {os.name!r}; did you mean {meant[0]!r}?")
    return unknown(f"envgen has no facts about {os.name}; the distributions it has them about are {listed(names)}.")


OS_RELEASE = Rule("os-release", "Is the operating system one that torch's wheels can run on?", ("os",), _os_release)


def glibc_floor(
    cell: Cell, facts: Facts, what: str, needs: Version | None, origin: Source, *, note: str = ""
) -> Finding | None:
    """Judges a binary's glibc floor by what the cell's system has.

    Args:
        cell: the cell.
        facts: the facts.
        what: the package and version, as the sentence begins.
        needs: the floor; None when the binary has none.
        origin: where the floor is known from.
        note: what else to say of the floor.

    Returns:
        A finding; None when there is nothing to compare.
    """
    system = facts.systems.get(cell.os)
    if needs is None or system is None or system.glibc is None:
        return None
    sentence = f"{what} needs glibc {needs}{note}, and {cell.os} has {system.glibc}."
    return (fits if needs <= system.glibc else impossible)(sentence, origin, system.source)


def libstdcxx_floor(cell: Cell, facts: Facts, torch: Version) -> Finding | None:
    """Judges torch's libstdc++ floor by what the cell's system has; None when there is nothing to compare."""
    floor, system = facts.abi.floor(torch, cell.arch), facts.abi.systems.get(cell.os)
    if floor is None or system is None:
        return None
    sentence = f"torch {torch} needs GLIBCXX_{floor[0]}, and {cell.os} has up to GLIBCXX_{system[0]}."
    return (fits if floor[0] <= system[0] else impossible)(sentence, floor[1], system[1])
