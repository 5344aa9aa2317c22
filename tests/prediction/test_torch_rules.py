"""What the rules on torch say of libraries that were really compiled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from envgen.binary import Format
from envgen.cell import Arch
from envgen.compat.records import Platform
from envgen.diagnose import Cause
from envgen.prediction import Subject, Verdict, predict
from prediction.conftest import World

REGISTERS = "namespace torch { struct Library { Library& _def(int); }; } void f(torch::Library& m) { m._def(1); }"
USES_ADDED = REGISTERS + " namespace c10 { void added(int); } void g() { c10::added(1); }"
STABLE = 'extern "C" void torch_added(); void f() { torch_added(); }'
STRINGS = (
    "#include <string>\nnamespace c10 { void say(const std::string&); } void f() { c10::say(std::string(99, 'x')); }"
)


def test_what_torch_defines_loads(world: World) -> None:
    subject = Subject(world.compile(USES_ADDED), built_with=Version("2.9.0"))
    for release in ("2.9.0", "2.10.0"):
        prediction = predict(subject, world.target(release), world.knowledge)
        assert prediction.verdict is Verdict.LOADS, prediction.diagnoses


def test_a_missing_symbol_fails_and_is_named(world: World) -> None:
    prediction = predict(world.compile(USES_ADDED), world.target("2.8.0"), world.knowledge)
    assert prediction.verdict is Verdict.FAILS
    assert prediction.missing == ("_ZN3c105addedEi",)
    first = prediction.diagnoses[0]
    assert first.cause == Cause.TORCH_VERSION_MISMATCH
    assert first.evidence["function"] == "c10::added(int)"


def test_a_name_that_comes_with_it_is_not_missing(world: World) -> None:
    subject = Subject(world.compile(USES_ADDED), provided=frozenset({"_ZN3c105addedEi"}), built_with=Version("2.8.0"))
    assert predict(subject, world.target("2.8.0"), world.knowledge).verdict is Verdict.LOADS


@pytest.mark.parametrize(("built_with", "verdict"), [("2.9.0", Verdict.FAILS), (None, Verdict.RISK)])
def test_another_layout(world: World, built_with: str | None, verdict: Verdict) -> None:
    """Certain where it is known what it was compiled for; a risk where it may have been another release."""
    subject = Subject(world.compile(REGISTERS), built_with=Version(built_with) if built_with else None)
    prediction = predict(subject, world.target("2.8.0"), world.knowledge)
    assert prediction.verdict is verdict
    assert prediction.diagnoses[0].evidence["difference"] == "sizeof torch::CppFunction: 104, 96"


def test_the_layout_it_was_compiled_for_loads(world: World) -> None:
    subject = Subject(world.compile(REGISTERS), built_with=Version("2.8.0"))
    assert predict(subject, world.target("2.8.0"), world.knowledge).verdict is Verdict.LOADS


def test_a_release_that_nobody_looked_into_is_unknown(world: World) -> None:
    prediction = predict(world.compile(REGISTERS), world.target("2.11.0"), world.knowledge)
    assert prediction.verdict is Verdict.UNKNOWN
    assert "envgen facts index torch==2.11.0" in prediction.diagnoses[0].fix


def test_a_release_newer_than_the_facts_is_unknown(world: World) -> None:
    for code in (REGISTERS, STABLE):
        prediction = predict(world.compile(code), world.target("9.0.0"), world.knowledge)
        assert prediction.verdict is Verdict.UNKNOWN
        assert "newer than the facts" in prediction.diagnoses[0].sentence


@pytest.mark.parametrize(
    ("release", "verdict"),
    [("2.7.1", Verdict.FAILS), ("2.8.0", Verdict.FAILS), ("2.9.0", Verdict.LOADS), ("2.13.0", Verdict.LOADS)],
)
def test_the_stable_abi_has_a_floor(world: World, release: str, verdict: Verdict) -> None:
    """Releases below and above those that were looked into follow, for the C shim only grows."""
    assert predict(world.compile(STABLE), world.target(release), world.knowledge).verdict is verdict


@pytest.mark.parametrize("new", [0, 1])
def test_the_abi_of_strings(world: World, new: int) -> None:
    binary = world.compile(STRINGS, "lib.so", f"-D_GLIBCXX_USE_CXX11_ABI={new}")
    target = replace(world.target("2.9.0"), cxx11_abi=not new)
    causes = [each.cause for each in predict(binary, target, world.knowledge).failures]
    assert causes[0] == Cause.CXX11_ABI_MISMATCH
    same = replace(target, cxx11_abi=bool(new))
    causes = [each.cause for each in predict(binary, same, world.knowledge).failures]
    assert Cause.CXX11_ABI_MISMATCH not in causes


def test_libraries_that_only_a_build_with_cuda_has(world: World) -> None:
    binary = replace(world.compile("void f() {}"), needed=("libc10_cuda.so",))
    without = predict(binary, world.target("2.9.0", cuda="cpu"), world.knowledge)
    assert [each.cause for each in without.failures] == [Cause.CUDA_CPU_BUILD_MISMATCH]
    assert predict(binary, world.target("2.9.0", cuda="cu126"), world.knowledge).verdict is Verdict.LOADS
    unknown = replace(world.target("2.9.0"), cuda=None)
    assert predict(binary, unknown, world.knowledge).verdict is Verdict.UNKNOWN


def test_linux_stands_for_a_platform_whose_layouts_nobody_measured(world: World) -> None:
    """What is alike there is said to be so on condition; what differs is a risk, and no certain failure."""
    index = world.knowledge.symbols
    assert index.layout(Version("2.9.0"), Platform.MACOS_ARM64) is None
    binary = replace(world.compile(REGISTERS), format=Format.MACHO, machine="arm64", arch=Arch.AARCH64, elf=None)
    subject = Subject(binary, built_with=Version("2.9.0"))
    here = {release: world.target(release) for release in ("2.8.0", "2.10.0")}
    there = {release: replace(target, platform=Platform.MACOS_ARM64) for release, target in here.items()}
    rules = {
        release: [(rule, found.verdict) for rule, found in predict(subject, target, world.knowledge).findings]
        for release, target in there.items()
    }
    assert ("torch-layout", Verdict.RISK) in rules["2.8.0"]
    assert ("torch-layout", Verdict.LOADS) in rules["2.10.0"]


def test_a_hostile_name_does_not_reach_the_terminal_as_it_is(world: World) -> None:
    hostile = "torch_\x1b]0;owned\x07_\u202e"
    binary = replace(world.compile(STABLE), imports=frozenset({hostile}), needed=("libc10_hip.so",))
    prediction = predict(binary, world.target("2.9.0"), world.knowledge)
    said = " ".join(text for each in prediction.diagnoses for text in (each.sentence, *each.evidence.values()))
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_release_of_unknown_layout(world: World) -> None:
    subject = Subject(world.compile(REGISTERS), built_with=Version("7.7"))
    (why,) = predict(subject, world.target("2.9.0"), world.knowledge).diagnoses
    assert why.sentence == "How torch 7.7 lays out its types, for which lib.so was compiled, is not known."


def test_a_library_that_was_linked_with_none_of_torchs_libraries(world: World) -> None:
    """So `import torch, extension` really ended: undefined symbol, unless TORCH_USE_RTLD_GLOBAL is set."""
    binary = world.compile(USES_ADDED, "lib.so", torch=False)
    prediction = predict(binary, world.target("2.9.0"), world.knowledge)
    assert prediction.verdict is Verdict.FAILS
    assert "was linked with none of its libraries" in prediction.diagnoses[0].sentence
    others = (Subject(binary, beside=frozenset({"other.so"})), Subject(replace(binary, needed=("libmine.so",))))
    assert [predict(each, world.target("2.9.0"), world.knowledge).verdict for each in others] == [
        Verdict.UNKNOWN,
        Verdict.LOADS,
    ]
