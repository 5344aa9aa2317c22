"""Many targets in few lines: which there are, and which stand together."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Arch, Cuda, GrammarError, PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.prediction import Subject, Verdict, predict_all
from envgen.prediction.bundle import pinned_torch, together
from envgen.prediction.summary import fitting, spans, summarise
from envgen.prediction.targets import Build, Place, Question, targets
from prediction.conftest import World

HERE = (Place(Platform.LINUX_X86_64),)
ADDED = "namespace c10 { void added(int); } void g() { c10::added(1); }"
MODULE = ADDED + ' extern "C" void* PyInit_m() { return nullptr; }'


def question(torch: str, *pythons: str, build: str | None = None, places: tuple[Place, ...] = HERE) -> Question:
    return Question(
        SpecifierSet(torch),
        places,
        tuple(map(PythonVersion.parse, pythons)),
        build=Build.parse(build) if build else None,
    )


def test_targets_are_what_is_published() -> None:
    facts = Facts.bundled()
    found = targets(question(">=2.4,<2.6"), facts)
    releases = [version for version in facts.torch if version in SpecifierSet(">=2.4,<2.6")]
    assert sorted({target.torch for target in found}) == releases
    for release in releases:
        pythons = tuple(target.python for target in found if target.torch == release)
        assert pythons == facts.torch[release].wheels[Platform.LINUX_X86_64].pythons


def test_only_the_pythons_and_builds_that_are_asked_for() -> None:
    facts = Facts.bundled()
    assert targets(question("==2.4.1", "3.13"), facts) == ()
    (cpu,) = targets(question("==2.4.1", "3.12", build="cpu"), facts)
    assert cpu.cuda == Cuda()
    (newest,) = targets(question("==2.4.1", "3.12", build="12"), facts)
    assert newest.cuda == Cuda(12, 4)
    assert targets(question("==2.4.1", build="cu130"), facts) == ()


@pytest.mark.parametrize(
    ("text", "platform", "os"),
    [
        ("linux", Platform.LINUX_X86_64, None),
        ("linux-aarch64", Platform.LINUX_AARCH64, None),
        ("macos-arm64", Platform.MACOS_ARM64, None),
        ("win_amd64", Platform.WIN_AMD64, None),
        ("ubuntu22.04", Platform.LINUX_X86_64, "ubuntu22.04"),
        ("macos14-arm64", Platform.MACOS_ARM64, "macos14"),
    ],
)
def test_places(text: str, platform: Platform, os: str | None) -> None:
    place = Place.parse(text, Arch.X86_64)
    assert (place.platform, str(place.os) if place.os else None) == (platform, os)


@pytest.mark.parametrize("text", ["", "beos", "linux-sparc", "ubuntu22.04-mips"])
def test_no_places(text: str) -> None:
    with pytest.raises(GrammarError):
        Place.parse(text, Arch.X86_64)


def test_releases_that_fare_alike_stand_together(world: World) -> None:
    subject = Subject(world.compile(ADDED), built_with=Version("2.9.0"))
    asked = targets(question(">=2.8,<2.11", "3.12", "3.13"), world.knowledge.facts)
    lines = summarise(predict_all(subject, asked, world.knowledge))
    assert [(line.releases, line.verdict) for line in lines] == [
        ("2.8.0", Verdict.FAILS),
        ("2.9.0", Verdict.LOADS),
        ("2.9.1", Verdict.UNKNOWN),
        ("2.10.0", Verdict.LOADS),
    ]
    assert lines[0].common == ("_ZN3c105addedEi",)
    assert all(line.pythons == () for line in lines)


def test_a_line_names_the_pythons_that_fare_best(world: World) -> None:
    subject = Subject(world.compile(MODULE, "m.cpython-312-x86_64-linux-gnu.so"), built_with=Version("2.9.0"))
    asked = targets(question("==2.9.0"), world.knowledge.facts)
    predictions = predict_all(subject, asked, world.knowledge)
    (line,) = summarise(predictions)
    assert (line.verdict, line.pythons) == (Verdict.LOADS, (PythonVersion(12),))
    assert fitting(predictions) == (Version("2.9.0"),)


def test_spans() -> None:
    known = [Version(f"2.{minor}") for minor in range(6)]
    assert spans(known[1:4] + known[5:], known) == "2.1 to 2.3, 2.5"
    assert spans([], known) == ""


@pytest.mark.parametrize(
    ("requires", "pinned"),
    [
        (["numpy", "torch ==2.4.0"], "2.4.0"),
        (["torch==2.4.0+cu121"], "2.4.0"),
        (["torch>=2.4"], None),
        (["torch==2.4.*"], None),
        (["no requirement at all !", "torchvision==0.19.0"], None),
    ],
)
def test_who_pins_a_release_was_compiled_for_it(requires: list[str], pinned: str | None) -> None:
    assert pinned_torch(requires) == (Version(pinned) if pinned else None)


def test_libraries_that_come_together_define_names_for_each_other(world: World) -> None:
    user = world.compile(ADDED, "user.so")
    giver = world.compile("namespace c10 { void added(int) {} }", "giver.so")
    first, second = together((user, giver))
    assert first.torch_names == ()
    assert "giver.so" in first.beside
    assert second.beside == {"user.so"}
