"""What holds for every binary and every target."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from envgen.binary import Binary, ElfFacts, Format, VersionNeed
from envgen.cell import Arch
from envgen.prediction import Subject, System, Target, Verdict, predict, predict_all
from prediction.conftest import World

NAMES = ["_ZN5torch7Library4_defEi", "_ZN3c105addedEi", "torch_added", "_ZN3c107nothingEv", "Py_IsInitialized", "puts"]
imports = st.frozensets(st.sampled_from(NAMES))
minors = st.integers(17, 45)
glibcs = minors.map(lambda minor: Version(f"2.{minor}"))
releases = st.sampled_from(["2.7.0", "2.8.0", "2.9.0", "2.10.0", "2.11.0", "9.0"])
pythons = st.sampled_from(["3.10", "3.12", "3.13", "3.14t"])
tags = st.sampled_from(["x.so", "x.abi3.so", "x.cpython-312-x86_64-linux-gnu.so"])
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def binaries(draw: st.DrawFn) -> Binary:
    need = VersionNeed("libc.so.6", f"GLIBC_2.{draw(minors)}")
    exports = frozenset({"PyInit_x"}) if draw(st.booleans()) else frozenset[str]()
    return Binary(
        draw(tags), Format.ELF, "x86_64", Arch.X86_64, 64, imports=draw(imports), exports=exports,
        elf=ElfFacts(version_needs=(need,)),
    )  # fmt: skip


def on(target: Target, glibc: Version) -> Target:
    return replace(target, system=System("some", exact=True, glibc=glibc, glibcxx=Version("3.4.30")))


@relaxed
@given(binaries(), glibcs, glibcs, releases, pythons)
def test_an_older_system_never_loads_what_a_newer_one_refuses(
    world: World, binary: Binary, one: Version, other: Version, torch: str, python: str
) -> None:
    older, newer = sorted((one, other))
    target = world.target(torch, python)
    on_older = predict(binary, on(target, older), world.knowledge).verdict
    on_newer = predict(binary, on(target, newer), world.knowledge).verdict
    assert on_older.weight >= on_newer.weight


@relaxed
@given(imports, st.sampled_from(["2.7.0", "2.8.0", "2.9.0"]), st.sampled_from(["2.9.0", "2.10.0", "2.13.0"]))
def test_what_keeps_to_the_stable_abi_loads_in_all_later_releases(
    world: World, names: frozenset[str], older: str, newer: str
) -> None:
    shim = frozenset(name for name in names if name.startswith("torch_"))
    binary = Binary("x.so", Format.ELF, "x86_64", Arch.X86_64, 64, imports=shim, elf=ElfFacts())
    before, after = (predict(binary, world.target(torch), world.knowledge).verdict for torch in (older, newer))
    assert before is not Verdict.LOADS or after is Verdict.LOADS


@relaxed
@given(binaries(), st.sampled_from(NAMES), releases, pythons)
def test_what_needs_more_fares_no_better(world: World, binary: Binary, name: str, torch: str, python: str) -> None:
    """But for the release it was compiled for, of which more names tell more: here it is known."""
    target = world.target(torch, python)
    less = Subject(binary, built_with=Version("2.9.0"))
    more = Subject(replace(binary, imports=binary.imports | {name}), built_with=Version("2.9.0"))
    if less.stable and not more.stable:
        return  # no longer judged by the floor of the stable ABI
    fewer, further = (predict(each, target, world.knowledge) for each in (less, more))
    assert (fewer.verdict is Verdict.FAILS) <= (further.verdict is Verdict.FAILS)


@relaxed
@given(binaries(), st.lists(st.tuples(releases, pythons), min_size=1, max_size=6))
def test_many_at_once_are_judged_as_each_alone(world: World, binary: Binary, places: list[tuple[str, str]]) -> None:
    targets = [world.target(torch, python) for torch, python in places]
    together = predict_all(binary, targets, world.knowledge)
    assert together == tuple(predict(binary, target, world.knowledge) for target in targets)


@relaxed
@given(binaries(), releases, pythons)
def test_every_verdict_but_loads_has_its_reason(world: World, binary: Binary, torch: str, python: str) -> None:
    prediction = predict(binary, world.target(torch, python), world.knowledge)
    assert bool(prediction.diagnoses) is (prediction.verdict is not Verdict.LOADS)
    assert all(each.rule and each.sentence.endswith(".") for each in prediction.diagnoses)
    assert not prediction.missing or prediction.verdict is Verdict.FAILS
