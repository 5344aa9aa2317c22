"""Pins: what a lock is told of an accepted cell."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.pins import IndexChoice, Pins, StaticMetadata, pins

FACTS = Facts.bundled()
DEFAULT = IndexChoice("default")


def pins_of(cell: str) -> Pins:
    return pins(Cell.parse(cell), FACTS)


@pytest.mark.parametrize(
    ("cell", "torch", "index", "local"),
    [
        ("py312-torch2.13-cu130-debian12-x86_64", "2.13.0", DEFAULT, ""),
        ("py312-torch2.12-cu130-debian12-aarch64", "2.12.1", DEFAULT, ""),
        ("py312-torch2.12.0-cu130-debian12-x86_64", "2.12.0", DEFAULT, ""),
        ("py312-torch2.13-cpu-debian12-x86_64", "2.13.0", IndexChoice("pytorch", "cpu"), "cpu"),
        ("py312-torch2.13-cu126-debian12-x86_64", "2.13.0", IndexChoice("pytorch", "cu126"), "cu126"),
        ("py312-torch2.13-cpu-windows2022-x86_64", "2.13.0", DEFAULT, ""),
        ("py312-torch2.13-cu130-windows2022-x86_64", "2.13.0", IndexChoice("pytorch", "cu130"), "cu130"),
        ("py312-torch2.13-cpu-macos14-aarch64", "2.13.0", DEFAULT, ""),
        ("py312-torch2.10-cpu-debian12-aarch64", "2.10.0", DEFAULT, ""),
        ("py312-torch2.11-cpu-debian12-aarch64", "2.11.0", IndexChoice("pytorch", "cpu"), "cpu"),
        ("py312-torch2.10-cu130-debian12-aarch64", "2.10.0", IndexChoice("pytorch", "cu130"), "cu130"),
        ("py312-torch2.15-cu132-debian12-x86_64", "2.15.0", DEFAULT, ""),
        ("py312-torch2.99-cu140-debian12-x86_64", "2.99", IndexChoice("pytorch", "cu140"), "cu140"),
        ("py312-torch2.99-cpu-macos26-aarch64", "2.99", DEFAULT, ""),
    ],
)
def test_torch_and_its_index(cell: str, torch: str, index: IndexChoice, local: str) -> None:
    found = pins_of(cell)
    assert (found.torch, found.index, found.torch_local) == (Version(torch), index, local)


def test_size_is_known_on_the_default_index_only() -> None:
    assert pins_of("py312-torch2.13-cu130-debian12-x86_64").download_mb == pytest.approx(526.6)
    assert pins_of("py312-torch2.13-cu126-debian12-x86_64").download_mb is None


def test_stubs_of_tensorrt_get_their_metadata() -> None:
    found = pins_of("py312-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64")
    assert (found.torch_tensorrt, found.tensorrt) == (Version("2.13.0"), Version("11.0.0.114"))
    assert found.requirements == ("torch-tensorrt==2.13.0", "tensorrt==11.0.0.114")
    exact, setuptools = "==11.0.0.114", ("setuptools>=61.0", "wheel")
    parts = (f"tensorrt-cu13-libs{exact}", f"tensorrt-cu13-bindings{exact}")
    assert found.metadata == (
        StaticMetadata("tensorrt", "11.0.0.114", (f"tensorrt-cu13{exact}",), exact, setuptools),
        StaticMetadata("tensorrt-cu13", "11.0.0.114", parts, exact, setuptools),
        StaticMetadata("tensorrt-cu13-libs", "11.0.0.114", (), exact, ("wheel-stub",)),
    )


def test_stubs_require_what_the_wheels_do_that_they_stand_for() -> None:
    """As their PKG-INFO says, which was made from the wheel's METADATA."""
    for cell, name, requires in (
        ("py312-torch2.8-cu128-trt10.12-ubuntu24.04-x86_64", "tensorrt-cu12-libs", ("nvidia-cuda-runtime-cu12",)),
        ("py312-torch2.10-cu130-trt10.14-ubuntu24.04-x86_64", "tensorrt-cu13-libs", ("cuda-toolkit[cudart]<14,>=13",)),
        (
            "py312-torch2.13-cu130-trt10.14lean-ubuntu24.04-x86_64",
            "tensorrt-lean-cu13-libs",
            ("cuda-toolkit[cudart]<14,>=13",),
        ),
    ):
        stub = next(stub for stub in pins_of(cell).metadata if stub.name == name)
        assert stub.build == ("wheel-stub",)
        assert stub.requires == requires


def test_a_stub_newer_than_the_facts_is_built_as_the_newest_known() -> None:
    stubs = pins_of("py312-torch2.13-cu130-trt11.99-ubuntu24.04-x86_64").metadata
    assert [(stub.version, stub.wanted) for stub in stubs] == [("", "==11.99.*")] * 3
    assert [stub.requires for stub in stubs] == [
        ("tensorrt-cu13==11.99.*",),
        ("tensorrt-cu13-libs==11.99.*", "tensorrt-cu13-bindings==11.99.*"),
        (),
    ]
    assert stubs[2].build == ("wheel-stub",)


def test_plain_tensorrt_means_cu12_before_10_13_2() -> None:
    found = pins_of("py312-torch2.8-cu128-trt10.12-ubuntu24.04-x86_64")
    assert found.requirements == ("torch-tensorrt==2.8.0", "tensorrt==10.12.0.36")
    assert (found.metadata[0].name, found.metadata[0].requires) == ("tensorrt", ("tensorrt-cu12==10.12.0.36",))


def test_whole_wheels_need_no_metadata_and_bring_their_companions() -> None:
    found = pins_of("py310-torch2.2-cu121-trt8.6-debian12-x86_64")
    assert found.metadata == ()
    assert found.tensorrt == Version("8.6.0")
    assert set(found.requirements) == {"numpy<2", "torch-tensorrt==2.2.0", "tensorrt==8.6.0", "nvidia-cudnn-cu12<9"}


@pytest.mark.parametrize(("torch", "needed"), [("2.2", True), ("1.13", True), ("2.3", False), ("2.13", False)])
def test_old_torch_needs_numpy_1(torch: str, needed: bool) -> None:
    assert ("numpy<2" in pins_of(f"py310-torch{torch}-cpu-debian12-x86_64").requirements) is needed


@pytest.mark.parametrize(
    ("tensorrt", "requirements", "stubs"),
    [
        ("11.1lean", "tensorrt-lean-cu13-libs==11.1.0.106 tensorrt-lean-cu13-bindings==11.1.0.106", ""),
        ("11.1dispatch", "tensorrt-dispatch-cu13-libs==11.1.0.106 tensorrt-dispatch-cu13-bindings==11.1.0.106", ""),
        (
            "10.14lean",
            "tensorrt-lean-cu13-libs==10.14.1.48.post1 tensorrt-lean-cu13-bindings==10.14.1.48.post1",
            "tensorrt-lean-cu13-libs",
        ),
        ("12.0lean", "tensorrt-lean-cu13-libs==12.0.* tensorrt-lean-cu13-bindings==12.0.*", ""),
    ],
)
def test_a_run_only_cell_has_its_library_and_bindings_alone(tensorrt: str, requirements: str, stubs: str) -> None:
    found = pins_of(f"py312-torch2.13-cu130-trt{tensorrt}-ubuntu24.04-x86_64")
    assert found.requirements == tuple(requirements.split())
    assert [stub.name for stub in found.metadata] == stubs.split()
    assert found.torch_tensorrt is None


@pytest.mark.parametrize("flavour", ["lean", "dispatch"])
def test_run_only_releases_of_old_are_one_wheel(flavour: str) -> None:
    found = pins_of(f"py310-torch2.2-cu121-trt8.6{flavour}-debian12-x86_64")
    assert (found.requirements, found.metadata) == (("numpy<2", f"tensorrt-{flavour}==8.6.0"), ())


def test_a_tensorrt_newer_than_the_facts_is_pinned_by_its_label() -> None:
    found = pins_of("py312-torch2.99-cu130-trt12.0-ubuntu24.04-x86_64")
    assert found.requirements == ("torch-tensorrt==2.99.*", "tensorrt==12.0.*")
    assert {stub.name: stub.version for stub in found.metadata} == {
        "tensorrt": "",
        "tensorrt-cu13": "",
        "tensorrt-cu13-libs": "",
    }


def test_the_compiler_comes_from_wheels_for_cuda_13_only() -> None:
    toolkit = pins_of("py312-torch2.13-cu130-debian12-x86_64").toolkit
    names = {Requirement(line).name for line in toolkit}
    assert names == {"nvidia-cuda-nvcc", "nvidia-cuda-crt", "nvidia-nvvm", "nvidia-cuda-runtime", "nvidia-cuda-cccl"}
    assert all("==13.0." in line for line in toolkit)
    for cell in ("py312-torch2.13-cu126-debian12-x86_64", "py312-torch2.13-cpu-debian12-x86_64"):
        assert pins_of(cell).toolkit == ()


def test_every_requirement_parses() -> None:
    for cell in (
        "py310-torch2.2-cu121-trt8.6-debian12-x86_64",
        "py312-torch2.13-cu132-trt11.0-ubuntu24.04-x86_64",
        "py312-torch2.99-cu132-trt12.0.1-ubuntu24.04-x86_64",
    ):
        found = pins_of(cell)
        stubs = [line for stub in found.metadata for line in stub.requires]
        assert [Requirement(line) for line in (*found.requirements, *found.toolkit, *stubs)]
