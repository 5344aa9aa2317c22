"""Base images: the data, and which of them a cell starts from."""

from __future__ import annotations

import pytest
from packaging.version import Version

from envgen.cell import Cell, Cuda, Os
from envgen.compat.compilers import Compiler, Family
from envgen.compat.containers import Containers
from envgen.compat.facts import Facts
from envgen.errors import EnvgenError
from envgen.render.quoting import image

CONTAINERS = Containers.load()
FACTS = Facts.bundled()


def test_every_image_is_a_reference() -> None:
    images = [*(system.image for system in CONTAINERS.systems), *(found.image for found in CONTAINERS.cuda_images)]
    assert all(image(text) == text for text in images)
    assert len(set(images)) == len(images)


def test_every_cuda_image_stands_on_a_known_system() -> None:
    assert {found.os for found in CONTAINERS.cuda_images} <= {system.os for system in CONTAINERS.systems}


@pytest.mark.parametrize(
    ("cell", "nvcc", "expected"),
    [
        ("py312-torch2.13-cu130-ubuntu24.04-x86_64", True, "nvidia/cuda:13.0.2-devel-ubuntu24.04"),
        ("py310-torch2.6-cu126-ubuntu22.04-aarch64", True, "nvidia/cuda:12.6.3-devel-ubuntu22.04"),
        ("py312-torch2.13-cu130-ubuntu24.04-x86_64", False, "ubuntu:24.04"),
        ("py312-torch2.13-cpu-debian12-x86_64", True, "debian:bookworm-slim"),
    ],
)
def test_base_image(cell: str, nvcc: bool, expected: str) -> None:
    assert CONTAINERS.base_image(Cell.parse(cell), nvcc=nvcc) == expected


def test_no_image_is_said_with_what_there_is() -> None:
    with pytest.raises(EnvgenError, match=r"CUDA 13\.0 is known for debian12") as caught:
        CONTAINERS.base_image(Cell.parse("py312-torch2.13-cu130-debian12-x86_64"), nvcc=True)
    assert "ubuntu22.04 or ubuntu24.04" in caught.value.remedy
    with pytest.raises(EnvgenError, match="gentoo1"):
        CONTAINERS.system(Os.parse("gentoo1"))


def test_the_compiler_is_the_systems_unless_something_refuses_it() -> None:
    ubuntu, nvcc = Os.parse("ubuntu24.04"), FACTS.toolchain.host
    assert CONTAINERS.gcc(ubuntu) == 13
    assert CONTAINERS.gcc(ubuntu, [nvcc[Cuda(13, 0)]]) == 13
    assert CONTAINERS.gcc(ubuntu, [nvcc[Cuda(12, 1)]]) == 12
    with pytest.raises(EnvgenError, match=r"ubuntu26\.04 has gcc .* and nvcc 11\.8 takes gcc below 12\."):
        CONTAINERS.gcc(Os.parse("ubuntu26.04"), [nvcc[Cuda(11, 8)]])


def test_the_compiler_knows_the_cpp_of_torch() -> None:
    """C++20, which torch 2.14 enforces, needs gcc 10; nothing says that of ubuntu20.04's default, gcc 9, but torch."""
    focal = Os.parse("ubuntu20.04")
    assert CONTAINERS.gcc(focal, FACTS.compilers.demands(Version("2.2.2"), None)) == 9
    assert CONTAINERS.gcc(focal, FACTS.compilers.demands(Version("2.14.1"), None)) == 10


def test_every_cuda_image_has_a_compiler_that_its_nvcc_accepts() -> None:
    for found in CONTAINERS.cuda_images:
        demand = FACTS.toolchain.host[Cuda(found.release.major, found.release.minor)]
        assert demand.takes(Compiler(Family.GCC, Version(str(CONTAINERS.gcc(found.os, [demand])))))


def test_every_system_is_one_whose_glibc_is_known() -> None:
    assert all(FACTS.systems[system.os].glibc for system in CONTAINERS.systems)
