"""The rule on the C++ ABI on Linux: what shares a process must agree on it."""

from __future__ import annotations

from packaging.version import Version

from envgen.cell import FAMILY, Cell, OsFamily
from envgen.compat.builds import Where, torch_builds
from envgen.compat.facts import Facts
from envgen.compat.rules.rule import Finding, Rule, fits, impossible, unknown
from envgen.compat.rules.torch import no_such_torch
from envgen.compat.verdict import Source

_WORDS = {True: "the C++11 ABI", False: "the ABI before C++11"}


def _cxx11_abi(cell: Cell, facts: Facts) -> Finding:
    if cell.os.family is not OsFamily.LINUX:
        return fits("The ABI of libstdc++ is Linux's alone.")
    torch = facts.newest_patch(cell.torch)
    if torch is None:
        return no_such_torch(cell)
    known = _torch_abi(cell, facts, torch)
    if known is None:
        return unknown(f"The C++ ABI of torch {torch} for {cell.cuda} is not known.")
    cxx11, source = known
    built = f"torch {torch} for {cell.cuda} has {_WORDS[cxx11]}"
    pair = facts.torch_tensorrt_for(torch) if cell.tensorrt and cell.tensorrt.is_full else None
    other = facts.abi.of_torch_tensorrt(pair.version) if pair else None
    if pair is None or other is None:
        return fits(f"{built}: an extension needs _GLIBCXX_USE_CXX11_ABI={int(cxx11)}.", source)
    if other[0] == cxx11:
        return fits(f"{built}, and so has torch-tensorrt {pair.version}.", source, other[1])
    return impossible(
        f"{built}, and torch-tensorrt {pair.version} has {_WORDS[other[0]]}: its symbols are not found.",
        source,
        other[1],
    )


def _torch_abi(cell: Cell, facts: Facts, torch: Version) -> tuple[bool, Source] | None:
    builds = torch_builds(cell, facts)
    if builds and builds.default and builds.where(cell.cuda) is Where.DEFAULT:
        cxx11 = builds.default.cxx11_abi
        return None if cxx11 is None else (cxx11, facts.torch_source)
    return facts.abi.of_torch(torch, cell.cuda)


CXX11_ABI = Rule(
    "cxx11-abi",
    "Do torch and torch-tensorrt share a C++ ABI?",
    ("torch", "cuda", "tensorrt", FAMILY, "arch"),
    _cxx11_abi,
)
