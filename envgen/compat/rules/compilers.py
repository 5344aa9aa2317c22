"""Rules about the host compiler: the one that a cell names, or else any that its system's own archive has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from envgen.cell import Cell, OsFamily
from envgen.compat.compilers import Compiler, Demand, Family, names
from envgen.compat.facts import Facts
from envgen.compat.rules.rule import Finding, Rule, fits, impossible, unknown, unsupported
from envgen.compat.rules.torch import no_such_torch
from envgen.compat.verdict import Source

AXIS = "compiler"


@dataclass(frozen=True)
class _Choice:
    """The compilers that a cell can be built with; no sources when it names them itself."""

    compilers: tuple[Compiler, ...]
    sources: tuple[Source, ...] = ()


def _compiler_system(cell: Cell, facts: Facts) -> Finding:
    text = cell.value(AXIS)
    if text is None:
        return fits("The cell names no compiler: any of its system's own will do.")
    named = facts.compilers.named(str(text))
    if not named:
        return unknown(f"envgen has no facts about a compiler {text!r}; it has them about gcc12, clang17 and msvc2022.")
    return _misplaced(named, cell, facts) or _origin(named, cell, facts)


def _misplaced(named: tuple[Compiler, ...], cell: Cell, facts: Facts) -> Finding | None:
    family, on_windows = named[0].family, cell.os.family is OsFamily.WINDOWS
    if family is Family.MSVC and not on_windows:
        return impossible(f"{named[0]} compiles for Windows, and the cell has {cell.os}.")
    if family is Family.GCC and on_windows:
        return impossible("torch for Windows is built with MSVC, whose C++ ABI gcc does not have.", facts.torch_source)
    return None


def _origin(named: tuple[Compiler, ...], cell: Cell, facts: Facts) -> Finding:
    system = facts.compilers.systems.get(cell.os)
    if system is None:
        return fits(f"Whether {cell.os} has {names(named)} of its own is not known.")
    if set(named) & set(system.compilers):
        return fits(f"{cell.os} has {names(named)} of its own.", *system.sources)
    return fits(f"{names(named)} is not among {cell.os}'s own: it comes from elsewhere.", *system.sources)


def _nvcc_compiler(cell: Cell, facts: Facts) -> Finding:
    if cell.cuda.is_cpu or cell.os.family is OsFamily.MACOS:
        return fits("The cell needs no nvcc.")
    demand = facts.toolchain.host.get(cell.cuda)
    if demand is None:
        return unknown(f"Which compilers nvcc {cell.cuda.dotted} takes is not known.")
    choice = _choice(cell, facts)
    if isinstance(choice, Finding):
        return choice
    if cell.os.family is OsFamily.WINDOWS and choice.compilers[0].family is not Family.MSVC:
        return unsupported(f"nvcc on Windows takes MSVC alone, not {names(choice.compilers)}.", demand.source)
    return _judged(cell, facts, choice, (demand,))


def _torch_compiler(cell: Cell, facts: Facts) -> Finding:
    """torch's own check and nvcc's are two: what one takes, the other may refuse."""
    torch = facts.newest_patch(cell.torch)
    if torch is None:
        return no_such_torch(cell)
    check = facts.compilers.check(torch, cell.cuda)
    if check is None or cell.os.family is not OsFamily.LINUX:
        return fits(f"cpp_extension of torch {torch} checks no compiler for {cell.cuda} on {cell.os}.")
    choice = _choice(cell, facts)
    if isinstance(choice, Finding):
        return choice
    check = replace(check, asks=f"cpp_extension of torch {torch} takes")
    nvcc = facts.toolchain.host.get(cell.cuda)
    taken = tuple(compiler for compiler in choice.compilers if nvcc is None or nvcc.takes(compiler))
    if not taken:
        return fits("nvcc takes none of the cell's compilers, so torch's check has none left to judge.")
    return _judged(cell, facts, replace(choice, compilers=taken), (check,))


def _torch_standard(cell: Cell, facts: Facts) -> Finding:
    torch = facts.newest_patch(cell.torch)
    standard = facts.compilers.standard(torch) if torch else None
    if torch is None or standard is None:
        return no_such_torch(cell)
    choice = _choice(cell, facts)
    if isinstance(choice, Finding):
        return choice
    floor = facts.compilers.floor(torch)
    demands = (standard.demand, floor) if floor else (standard.demand,)
    enforced = standard.flag == standard.headers
    least = "and its headers take no less" if enforced else f"though its headers still take C++{standard.headers}"
    opening = f"torch {torch} has extensions compiled as C++{standard.flag}, {least}. "
    return _judged(cell, facts, choice, demands, opening=opening)


def _choice(cell: Cell, facts: Facts) -> _Choice | Finding:
    text = cell.value(AXIS)
    if text is not None:
        named = facts.compilers.named(str(text))
        return _Choice(named) if named else unknown(f"envgen has no facts about a compiler {text!r}.")
    system = facts.compilers.systems.get(cell.os)
    return _Choice(system.compilers, system.sources) if system else unknown(f"{cell.os}'s own compilers are not known.")


def _judged(cell: Cell, facts: Facts, choice: _Choice, demands: Sequence[Demand], *, opening: str = "") -> Finding:
    """Whether any compiler meets all demands: a cell is not lost while one that can be installed does."""
    taken = [compiler for compiler in choice.compilers if all(demand.takes(compiler) for demand in demands)]
    limits = [words for demand in demands if (words := demand.limits_of(choice.compilers))]
    asks = opening + (" and ".join(limits) or "It limits no compiler of that kind")
    has = f"{cell.os} has" if choice.sources else "the cell names"
    sources = (*(demand.source for demand in demands), *choice.sources)
    if not taken:
        return unsupported(f"{asks}, and {has} {names(choice.compilers)}.", *sources)
    default = choice.compilers[0]
    spurned = (
        f", but its default is {facts.compilers.described(default)}" if choice.sources and default not in taken else ""
    )
    return fits(f"{asks}, and {has} {names(taken)}{spurned}.", *sources)


COMPILER_SYSTEM = Rule(
    "compiler-system", "Does the named compiler compile for the system?", ("os", AXIS), _compiler_system
)
NVCC_COMPILER = Rule(
    "nvcc-compiler", "Does the CUDA's nvcc take the host compiler?", ("cuda", "os", AXIS), _nvcc_compiler
)
TORCH_COMPILER = Rule(
    "torch-compiler",
    "Does torch's own check let it compile beside that nvcc?",
    ("torch", "cuda", "os", AXIS),
    _torch_compiler,
)
TORCH_STANDARD = Rule(
    "torch-standard", "Does it know the C++ of torch's headers?", ("torch", "os", AXIS), _torch_standard
)
