"""Loads that really happened, of extensions whose names fitted: what the layouts alone say of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.version import Version

from envgen.binary import Binary, ElfFacts, Format
from envgen.cell import Arch, PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.prediction import Knowledge, Target, Verdict, predict_all
from envgen.symbols import IndexStore, SymbolIndex

HERE = Platform.LINUX_X86_64
# Names by which it is told what such an extension has built in.
TENSOR = "_ZN3c1019UndefinedTensorImpl10_singletonE"
REGISTERS = "_ZNR5torch7Library5_implEPKcONS_11CppFunctionENS_17_RegisterOrVerifyE"
TINY = (TENSOR, REGISTERS)
OPS = (*TINY, "_ZTIN5torch8autograd4NodeE", "_ZN3c106IValue7destroyEv")
NAMES = {
    "tinypb": ("THPVariableClass", TENSOR),
    "tiny": TINY,
    "ops": OPS,
    "heavy": (*OPS, "THPVariableClass", "_ZTIN3c105ErrorE"),
}
RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())["loads"]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.of(Facts.bundled(), SymbolIndex(IndexStore(None)))


def differs(knowledge: Knowledge, kind: str, built: str, loaded: str) -> bool:
    index, names = knowledge.symbols, NAMES[kind]
    one, other = (index.layout(Version(release), HERE) for release in (built, loaded))
    assert one is not None
    assert other is not None
    differences = one.differences(other, index.groups.used_by(names))
    return knowledge.consequences.gravest(differences, names) is not None


@pytest.mark.parametrize(("kind", "built", "loaded"), [row[:3] for row in RECORDED if not row[3]])
def test_every_load_that_went_wrong_was_a_risk(knowledge: Knowledge, kind: str, built: str, loaded: str) -> None:
    assert differs(knowledge, kind, built, loaded)


def test_a_load_in_its_own_release_is_none(knowledge: Knowledge) -> None:
    assert not any(differs(knowledge, kind, built, loaded) for kind, built, loaded, _ in RECORDED if built == loaded)


def test_false_alarms_are_few(knowledge: Knowledge) -> None:
    """What ran once and differs: an operator across 2.9 to 2.11, where the next run may lose a tensor's storage."""
    ran = [row[:3] for row in RECORDED if row[3] and row[1] != row[2]]
    alarms = [row for row in ran if differs(knowledge, *row)]
    assert alarms == [["tiny", "2.9.1", "2.10.0"], ["tiny", "2.9.1", "2.11.0"]]


# Names of torch's C shim that loaders missed in 162 recorded loads of stable-ABI libraries: the newest release of those
# in which they did, and the oldest in which the libraries ran.
SHIM = [
    ("aoti_torch_abi_version", "2.6.0", "2.8.0"),
    ("aoti_torch_library_def", "2.6.0", "2.8.0"),
    ("torch_library_impl", "2.9.1", "2.10.0"),
    ("torch_list_size", "2.9.1", "2.10.0"),
    ("torch_dtype_float4_e2m1fn_x2", "2.10.0", "2.11.0"),
    ("torch_exception_get_what_without_backtrace", "2.11.0", "2.13.0"),
]


@pytest.mark.parametrize(("name", "without", "floor"), SHIM)
def test_the_floor_of_a_stable_binary(knowledge: Knowledge, name: str, without: str, floor: str) -> None:
    binary = Binary(
        "libops.so",
        Format.ELF,
        "x86_64",
        Arch.X86_64,
        64,
        needed=("libtorch_cpu.so",),
        imports=frozenset({name}),
        elf=ElfFacts(),
    )
    targets = [Target.make(release, PythonVersion(12), HERE, knowledge.facts) for release in knowledge.facts.torch]
    for prediction in predict_all(binary, targets, knowledge):
        if prediction.target.torch <= Version(without):
            assert prediction.verdict is Verdict.FAILS, prediction
        elif prediction.target.torch >= Version(floor):
            assert prediction.verdict is Verdict.LOADS, prediction
