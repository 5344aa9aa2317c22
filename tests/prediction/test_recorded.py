"""Loads that really happened, of extensions whose names fitted: what the layouts alone say of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.version import Version

from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.prediction import Knowledge
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
