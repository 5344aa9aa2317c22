"""A refresh: what is read, what is kept, what stops it, and what an index that misbehaves does to it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from packaging.version import Version

from envgen.cell import Cuda, PythonVersion
from envgen.compat.published import (
    BY_NAME,
    not_installable,
    seen_builds,
    stubs,
    torch_releases,
    torch_tensorrt_releases,
)
from envgen.compat.records import Platform, Stub
from envgen.compat.snapshot import Snapshot
from envgen.refresh.inside import LEGACY_BACKEND
from envgen.refresh.report import FAULT, HELD, Outcome, Report, State
from refresh.world import NAMES, PAIR, STUB, TODAY, TORCH, World, metadata, sdist, wheel

LINUX = Platform.LINUX_X86_64


def only(report: Report) -> Outcome:
    (outcome,) = report.outcomes
    return outcome


def snapshot(world: World, package: str = "torch") -> Snapshot:
    return world.store.read([package]).by_package[package].snapshot


def test_what_is_inside_a_wheel_is_read(world: World) -> None:
    world.torch("2.9.0")
    report = world.refresh()
    assert (only(report).state, report.added, report.looked, report.exit_code) == (State.NEW, 1, 1, 0)
    release = torch_releases(snapshot(world))[Version("2.9.0")]
    wheels = release.wheels[LINUX]
    assert wheels.cuda == Cuda(13, 0)
    assert [str(sm) for sm in wheels.sm] == ["8.0", "9.0"]
    assert (str(wheels.glibc), wheels.cxx11_abi, wheels.pythons) == ("2.28", True, (PythonVersion(12),))
    assert (release.cpp_flag, release.arch_list) == (17, ("8.0", "9.0"))
    inside = snapshot(world).releases[Version("2.9.0")]["wheels"]["linux_x86_64"]["inside"]
    assert (inside["gcc"], inside["glibcxx"], inside["local"]) == ("13.3.1", "3.4.22", "cu130")


def test_the_second_time_there_is_nothing_to_do(world: World) -> None:
    world.torch("2.9.0")
    world.refresh()
    text = world.store.path("torch").read_bytes()
    report = world.refresh()
    assert report.nothing_to_do
    assert (report.looked, report.requests) == (0, 1)
    assert world.store.path("torch").read_bytes() == text


def test_on_another_day_only_the_date_moves(world: World) -> None:
    world.torch("2.9.0")
    world.refresh()
    before = world.store.path("torch").read_text()
    assert world.refresh(days=3).nothing_to_do
    changed = set(world.store.path("torch").read_text().splitlines()) - set(before.splitlines())
    assert changed == {'  "as_of": "2026-11-24",', ' "taken": "2026-11-24"'}


def test_only_a_new_release_is_looked_into(world: World) -> None:
    world.torch("2.9.0")
    world.refresh()
    world.torch("2.9.0", tag="cp313-cp313-manylinux_2_28_x86_64")  # another Python of a wheel that is known
    world.torch("2.10.0")
    report = world.refresh()
    assert (report.looked, report.added) == (1, 1)
    assert torch_releases(snapshot(world))[Version("2.9.0")].wheels[LINUX].pythons == (
        PythonVersion(12),
        PythonVersion(13),
    )


def test_from_scratch_looks_into_everything_again(world: World) -> None:
    world.torch("2.9.0")
    world.torch("2.10.0")
    world.refresh()
    assert world.refresh(again=True).looked == 2


@pytest.mark.parametrize("hashes", [True, False])
def test_what_a_mirror_leaves_out_stays_known(world: World, hashes: bool) -> None:
    world.torch("2.9.0")
    world.stated = 'data-upload-time="2025-10-15T12:00:00Z" data-requires-python="&gt;=3.10"'
    world.refresh()
    before = snapshot(world)
    world.stated, world.hashes = "", hashes
    report = world.refresh(days=1)
    assert (report.nothing_to_do, report.looked) == (True, 0)
    assert snapshot(world).releases == before.releases
    assert before.releases[Version("2.9.0")]["date"] == "2025-10-15"
    assert before.releases[Version("2.9.0")]["requires_python"] == ">=3.10"


def test_other_content_has_no_date_of_the_old(world: World) -> None:
    world.torch("2.9.0")
    world.stated = 'data-upload-time="2025-10-15T12:00:00Z"'
    world.refresh()
    world.stated = ""
    world.torch("2.9.0", requires=("nvidia-cuda-runtime-cu13==13.0.99", "triton"))
    world.refresh(accept=True)
    assert "date" not in snapshot(world).releases[Version("2.9.0")]


def test_without_ranges_names_are_what_is_known(world: World) -> None:
    world.torch("2.9.0")
    world.ranges = False
    report = world.refresh()
    assert report.exit_code == FAULT
    assert any("ranges" in fault for fault in only(report).faults)
    wheels = torch_releases(snapshot(world))[Version("2.9.0")].wheels[LINUX]
    assert (wheels.pythons, wheels.cuda, wheels.sm, wheels.cxx11_abi) == ((PythonVersion(12),), None, (), None)
    world.ranges = True
    assert world.refresh().looked == 1  # what could not be read is tried again
    assert torch_releases(snapshot(world))[Version("2.9.0")].wheels[LINUX].cuda == Cuda(13, 0)


def test_a_failed_look_keeps_what_was_known_of_the_file(world: World) -> None:
    world.torch("2.9.0")
    world.refresh()
    world.ranges = False
    assert world.refresh(again=True).exit_code == FAULT
    assert torch_releases(snapshot(world))[Version("2.9.0")].wheels[LINUX].cuda == Cuda(13, 0)


@pytest.mark.parametrize(
    "answer", [404, 403, 500, b"\x00\x01garbage", b""], ids=["404", "403", "500", "garbage", "empty"]
)
def test_an_index_that_fails_for_one_package_fails_for_that_alone(world: World, answer: int | bytes) -> None:
    world.torch("2.9.0")
    world.publish("triton", "triton-3.5.0-cp312-cp312-manylinux_2_28_x86_64.whl", b"")
    world.refresh(TORCH, NAMES)
    before = world.store.path("torch").read_text()
    world.broken["/simple/torch/"] = answer
    world.publish("triton", "triton-3.6.0-cp312-cp312-manylinux_2_28_x86_64.whl", b"")
    report = world.refresh(TORCH, NAMES, days=1)
    torch, triton = report.outcomes
    assert (torch.state, triton.state, report.exit_code) == (State.FAILED, State.NEW, FAULT)
    assert len(torch.faults) == 1
    assert world.store.path("torch").read_text() == before
    assert Version("3.6.0") in snapshot(world, "triton").releases


def test_an_index_that_hangs_is_left_in_time(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        world.address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        report = world.refresh(timeout=0.2)
    assert only(report).state is State.FAILED
    assert report.exit_code == FAULT


def test_an_index_that_answers_nothing_is_not_asked_for_ever(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        report = world.refresh(TORCH, NAMES, timeout=0.2, patience=0.1)
    torch, triton = report.outcomes
    assert (torch.state, triton.state) == (State.FAILED, State.FAILED)
    assert "not asked" in triton.faults[0]


def test_half_a_wheel_is_a_fault_of_that_release(world: World) -> None:
    world.torch("2.9.0")
    whole = world.files["torch"]["torch-2.9.0-cp312-cp312-manylinux_2_28_x86_64.whl"]
    world.publish("torch", "torch-2.10.0-cp312-cp312-manylinux_2_28_x86_64.whl", whole[: len(whole) // 2])
    report = world.refresh()
    assert report.exit_code == FAULT
    releases = torch_releases(snapshot(world))
    assert (releases[Version("2.9.0")].wheels[LINUX].cuda, releases[Version("2.10.0")].wheels[LINUX].cuda) == (
        Cuda(13, 0),
        None,
    )


def test_members_that_are_no_libraries_are_unknown_and_break_nothing(world: World) -> None:
    members = metadata("torch", "2.9.0") | {
        "torch/version.py": b"\xff\xfe not python (",
        "torch/lib/libc10.so": b"\x7fELF",
        "torch/lib/libtorch_python.so": b"",
    }
    world.publish("torch", "torch-2.9.0-cp312-cp312-manylinux_2_28_x86_64.whl", wheel(members))
    report = world.refresh()
    assert only(report).state is State.NEW
    assert torch_releases(snapshot(world))[Version("2.9.0")].wheels[LINUX].cuda is None


def _guarded(world: World, guard: str) -> None:
    before = world.store.path("torch").read_text()
    report = world.refresh(days=1)
    outcome = only(report)
    assert {finding.guard for finding in outcome.findings} == {guard}
    assert (outcome.state, report.exit_code) == (State.HELD, HELD)
    assert outcome.difference.lines
    assert world.store.path("torch").read_text() == before
    assert world.refresh(days=1, accept=True).exit_code == 0
    assert world.refresh(days=1).exit_code == 0  # once taken, it is the old


@pytest.fixture
def known(world: World) -> World:
    world.torch("2.8.0")
    world.torch("2.9.0")
    world.refresh()
    return world


def test_a_vanished_file_stops(known: World) -> None:
    del known.files["torch"]["torch-2.8.0-cp312-cp312-manylinux_2_28_x86_64.whl"]
    _guarded(known, "vanished")


def test_other_content_under_one_name_stops(known: World) -> None:
    known.torch("2.9.0", requires=("nvidia-cuda-runtime-cu13==13.0.99", "triton"))
    _guarded(known, "changed")
    assert "nvidia-cuda-runtime-cu13==13.0.99" in snapshot(known).releases[Version("2.9.0")]["inside"]["requires"]


def test_a_new_gpu_architecture_stops(known: World) -> None:
    known.torch("2.10.0", sm="sm_80 sm_90 sm_110")
    _guarded(known, "sm")


def test_another_abi_stops(known: World) -> None:
    known.torch("2.10.0", new_abi=False)
    _guarded(known, "abi")


def test_metadata_that_contradicts_the_binary_stops(known: World) -> None:
    known.torch("2.10.0", requires=("nvidia-cuda-runtime-cu12==12.8.90", "triton"))
    report = known.refresh(days=1)
    assert [finding.guard for finding in only(report).findings] == ["cuda-metadata"]


def test_a_pin_on_a_placeholder_contradicts_nothing(known: World) -> None:
    known.torch("2.10.0", requires=("nvidia-cuda-runtime-cu13==0.0.0a0", "triton"))
    assert known.refresh(days=1).exit_code == 0


def test_triton_left_out_by_a_marker_stops(known: World) -> None:
    requires = ("nvidia-cuda-runtime-cu13==13.0.48", 'triton==3.6.0; python_version < "3.12"')
    known.torch("2.10.0", requires=requires)
    _guarded(known, "triton")


def test_a_torch_tensorrt_of_another_cuda_major_stops(known: World) -> None:
    members = metadata("torch-tensorrt", "2.9.0", ("torch<2.10,>=2.9", "tensorrt<10.14,>=10.13"), end="\r\n")
    members["torch_tensorrt/_version.py"] = b'__cuda_version__ = "12.8"\n__tensorrt_version__ = "10.13.3"\n'
    known.publish("torch-tensorrt", "torch_tensorrt-2.9.0-cp312-cp312-manylinux_2_28_x86_64.whl", wheel(members))
    report = known.refresh(TORCH, PAIR)
    torch, pair = report.outcomes
    assert (torch.state, pair.state, report.exit_code) == (State.UNCHANGED, State.HELD, HELD)
    assert "torch-tensorrt 2.9.0" in pair.findings[0].release
    known.refresh(TORCH, PAIR, accept=True)
    release = torch_tensorrt_releases(snapshot(known, "torch-tensorrt"))[Version("2.9.0")]
    assert (str(release.torch), release.built_for) == ("<2.10,>=2.9", "10.13.3")  # the lines end in CR
    assert release.wheels[LINUX].tensorrt.contains("10.13.3")


def test_source_stubs_say_what_they_stand_for(world: World) -> None:
    setup = 'subprocess.check_call([sys.executable, "-m", "pip", "install"])'
    world.publish("tensorrt", "tensorrt-11.4.0.tar.gz", sdist({"x.egg-info/requires.txt": "tensorrt_cu13==11.4.0\n"}))
    world.publish("tensorrt", "tensorrt-8.6.1.tar.gz", sdist({"setup.py": setup}))
    world.publish("tensorrt", "tensorrt-9.0.0.tar.gz", sdist({"setup.py": setup, "ERROR.txt": "not this one"}))
    world.publish("tensorrt", "tensorrt-9.1.0.tar.gz", b"no archive")
    report = world.refresh(STUB)
    assert report.exit_code == FAULT
    assert not_installable(snapshot(world, "tensorrt")) == {
        Version("8.6.1"): "installer",
        Version("9.0.0"): "placeholder",
    }


def test_a_stub_of_a_wheel_says_what_that_requires_and_what_builds_it(world: World) -> None:
    lines = ("Name: x", "Requires-Dist: cuda_toolkit[cudart] (<14,>=13)", "Requires-Dist: numpy; extra == 'numpy'")
    info = "\n".join((*lines, "", "Requires-Dist: a word of the description"))
    pyproject = '[build-system]\nrequires = ["wheel-stub"]\n'
    both = {"PKG-INFO": info, "pyproject.toml": pyproject}
    world.publish("tensorrt", "tensorrt-11.4.0.tar.gz", sdist(both))
    world.publish("tensorrt", "tensorrt-11.3.0.tar.gz", sdist({**both, "pyproject.toml": "[broken"}))
    world.publish("tensorrt", "tensorrt-11.2.0.tar.gz", sdist({**both, "setup.py": ""}))  # says so in requires.txt
    world.refresh(STUB)
    found = stubs({"tensorrt": snapshot(world, "tensorrt")})["tensorrt"]
    assert found[Version("11.4.0")] == Stub(("cuda-toolkit[cudart]<14,>=13",), ("wheel-stub",))
    assert found[Version("11.3.0")].build == (LEGACY_BACKEND,)
    assert found[Version("11.2.0")] == Stub((), ("wheel-stub",))


def test_builds_on_a_further_index_are_kept_apart(world: World) -> None:
    world.torch("2.9.0")
    with World(world.folder / "other").served() as other:
        other.torch("2.9.0+cu126")
        other.torch("2.9.0+rocm6.4")
        address = f"{other.address}/simple/"
        world.refresh(further=(address.replace("http://", "http://user:secret@"),))
        assert not [path for path in other.asked if path.startswith("/files")]  # names are enough there
    holdings = world.store.read(["torch"])
    assert list(torch_releases(holdings.by_package["torch"].snapshot)) == [Version("2.9.0")]
    seen = seen_builds(held.snapshot for held in holdings.further)
    build = seen[Version("2.9.0"), LINUX][Cuda(12, 6)]
    assert (build.pythons, build.source.as_of, build.source.kind) == ((PythonVersion(12),), TODAY, BY_NAME)
    assert address.rstrip("/") in build.source.text
    assert "secret" not in "".join(path.read_text() for path in world.store.user.rglob("*.json"))  # type: ignore[union-attr]
    world.refresh()  # the index is not configured any more
    assert not world.store.read(["torch"]).further


def test_a_report_is_json_and_markdown(known: World) -> None:
    known.torch("2.10.0", sm="sm_80 sm_110")
    report = known.refresh(days=1)
    said = json.loads(json.dumps(report.as_json()))
    assert said["packages"][0]["held_by"][0]["guard"] == "sm"
    assert "**sm**" in report.as_markdown()
    assert "`+ 2.10.0:" in report.as_markdown()


@pytest.fixture
def other(world: World) -> Iterator[World]:
    """A further index that has a build, which was seen."""
    world.torch("2.9.0")
    with World(world.folder / "other").served() as other:
        other.torch("2.9.0+cu126")
        other.torch("2.9.0+cu128")
        world.refresh(further=(f"{other.address}/simple/",))
        yield other


def of_further(report: Report) -> Outcome:
    (outcome,) = (outcome for outcome in report.outcomes if outcome.index)
    return outcome


def seen(world: World) -> set[Cuda]:
    builds = seen_builds(held.snapshot for held in world.store.read(["torch"]).further)
    return set(builds.get((Version("2.9.0"), LINUX), {}))


@pytest.mark.parametrize("guard", ["changed", "vanished"])
def test_a_further_index_is_guarded_too(world: World, other: World, guard: str) -> None:
    address = f"{other.address}/simple/"
    if guard == "changed":
        other.torch("2.9.0+cu126", sm="sm_80")
    else:
        del other.files["torch"]["torch-2.9.0+cu126-cp312-cp312-manylinux_2_28_x86_64.whl"]
    report = world.refresh(further=(address,))
    assert [finding.guard for finding in of_further(report).findings] == [guard]
    assert (of_further(report).state, report.exit_code) == (State.HELD, HELD)
    assert Cuda(12, 6) in seen(world)
    assert world.refresh(further=(address,), accept=True).exit_code == 0
    assert (Cuda(12, 6) in seen(world)) is (guard == "changed")
    assert world.refresh(further=(address,)).nothing_to_do


@pytest.mark.parametrize("answer", [404, b"<html><body></body></html>"], ids=["404", "empty"])
def test_a_further_index_that_has_the_package_no_more(world: World, other: World, answer: int | bytes) -> None:
    address = f"{other.address}/simple/"
    other.broken["/simple/torch/"] = answer
    report = world.refresh(further=(address,))
    assert (of_further(report).state, report.exit_code) == (State.HELD, HELD)
    assert seen(world) == {Cuda(12, 6), Cuda(12, 8)}
    report = world.refresh(further=(address,), accept=True)
    assert (report.exit_code, report.nothing_to_do) == (0, False)
    assert not world.store.read(["torch"]).further
    assert world.refresh(further=(address,)).nothing_to_do


def test_a_wheel_that_is_gone_from_a_folder_stops(world: World) -> None:
    folder = world.folder / "wheels"
    folder.mkdir()
    build = folder / "torch-2.9.0+cu126-cp312-cp312-linux_x86_64.whl"
    build.write_bytes(b"")
    world.torch("2.9.0")
    world.refresh(folders=(str(folder),))
    build.unlink()
    assert world.refresh(folders=(str(folder),)).exit_code == HELD
    assert seen(world) == {Cuda(12, 6)}
    world.refresh(folders=(str(folder),), accept=True)
    assert not seen(world)


def test_an_index_that_is_not_configured_any_more_is_dropped_with_a_word(world: World, other: World) -> None:
    report = world.refresh()
    (sentence,) = report.dropped
    assert f"{other.address}/simple" in sentence
    assert (report.nothing_to_do, report.exit_code) == (False, 0)
    assert not world.store.read(["torch"]).further
    assert world.refresh().nothing_to_do


def test_a_release_that_only_a_further_index_has_is_no_release_for_a_plan(world: World, other: World) -> None:
    other.torch("2.99.0")
    other.torch("2.9.0+cu130")
    outcome = of_further(world.refresh(further=(f"{other.address}/simple/",)))
    (note,) = outcome.notes
    assert note.startswith("2.99.0: seen by name only")
    assert outcome.difference.added == (Version("2.9.0+cu130"), Version("2.99.0"))


def test_a_build_that_does_not_tell_its_cuda_is_used_by_no_plan(world: World, other: World) -> None:
    other.torch("2.9.0")
    before = seen(world)
    outcome = of_further(world.refresh(further=(f"{other.address}/simple/",)))
    (note,) = outcome.notes
    assert note.startswith("2.9.0: without a label such as +cpu")
    assert seen(world) == before


@pytest.mark.parametrize("accept", [False, True])
def test_an_empty_page_of_the_default_index_never_empties_the_facts(known: World, accept: bool) -> None:
    known.broken["/simple/torch/"] = b"<!DOCTYPE html><html><body></body></html>"
    report = known.refresh(accept=accept)
    (finding,) = only(report).findings
    assert (finding.guard, report.exit_code) == ("vanished", HELD)
    assert len(snapshot(known).releases) == 2


def test_a_damaged_file_is_written_anew(world: World) -> None:
    world.torch("2.9.0")
    world.refresh()
    path = world.store.path("torch")
    text = path.read_text()
    (world.folder / "bundled").mkdir()
    (world.folder / "bundled" / "torch.json").write_text(text)
    path.write_text('{"x":')
    report = world.refresh()
    assert (only(report).state, report.nothing_to_do) == (State.RENEWED, False)
    assert path.read_text() == text
    assert not world.store.read(["torch"]).notices


def test_kept_is_said_only_where_something_was_known(world: World) -> None:
    world.ranges = False
    world.torch("2.9.0")
    first = only(world.refresh())
    world.ranges = True
    world.refresh()
    world.ranges = False
    again = only(world.refresh(again=True))
    assert (bool(first.faults), first.kept) == (True, False)
    assert (bool(again.faults), again.kept) == (True, True)
    world.broken["/simple/torch/"] = 500
    world.broken["/simple/triton/"] = 500
    assert [outcome.kept for outcome in world.refresh(TORCH, NAMES).outcomes] == [True, False]


def test_an_interruption_keeps_what_is_finished(world: World) -> None:
    world.publish("triton", "triton-3.5.0-cp312-cp312-manylinux_2_28_x86_64.whl", b"")
    world.torch("2.9.0")

    class Impatient:
        def surveys(self, package: str) -> None:
            if package == "torch":
                raise KeyboardInterrupt

        def looked(self, package: str, files: int) -> None: ...

    with pytest.raises(KeyboardInterrupt):
        world.refresh(NAMES, TORCH, observer=Impatient())
    assert Version("3.5.0") in snapshot(world, "triton").releases
    assert not world.store.path("torch").exists()
