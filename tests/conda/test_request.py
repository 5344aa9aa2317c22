"""What is asked of the conda solver."""

from __future__ import annotations

import pytest

from envgen.errors import LockError
from envgen.spec.matrix import Build, DeviceCode, LabelAxis, PackageAxis
from tests.conda.asking import CPU, LINUX, MACOS, WINDOWS, ask, extension, spec


def test_cells_that_differ_in_their_platform_only_are_one_request() -> None:
    requests = ask(*CPU, LINUX, "py312-torch2.9-cpu-debian12-x86_64")
    assert [(one.name, [platform.subdir for platform in one.platforms]) for one in requests] == [
        ("py311-torch2.9-cpu", ["linux-64", "osx-arm64", "win-64"]),
        ("py311-torch2.9-cu129", ["linux-64"]),
        ("py312-torch2.9-cpu", ["linux-64"]),
    ]
    assert requests[0].pattern == "py311-torch2.9-cpu-*"


@pytest.mark.parametrize(
    ("cell", "specs"),
    [
        (LINUX, ("python 3.11.*", "pytorch 2.9.* cuda129*", "cuda-version 12.9.*", "cxx-compiler")),
        (WINDOWS, ("python 3.11.*", "pytorch 2.9.* cuda128*", "cuda-version 12.8.*", "vs2022_win-64")),
        (MACOS, ("python 3.11.*", "pytorch 2.9.* cpu*", "cxx-compiler")),
        ("py313-torch2.9.1-cpu-debian12-x86_64", ("python 3.13.* *_cp313", "pytorch ==2.9.1 cpu*", "cxx-compiler")),
        ("py314t-torch2.9-cpu-debian12-x86_64", ("python 3.14.* *_cp314t", "pytorch 2.9.* cpu*", "cxx-compiler")),
    ],
)
def test_a_cell_in_the_words_of_a_channel(cell: str, specs: tuple[str, ...]) -> None:
    assert ask(cell)[0].platforms[0].specs == specs


def test_what_the_extension_needs_goes_by_its_names_in_the_channel() -> None:
    build = Build(requires=("ninja>=1.11", "setuptools", "wheel"), device_code=DeviceCode.OPTIONAL)
    wanted = extension(build, "numpy<3,>=2", "msgpack", "pywin32; sys_platform=='win32'", "own-name", "nvidia-ml-py")
    of = spec(extension=wanted, requires=["sysroot_linux-64 2.28.*"], names={"own_name": "other-name"})
    linux, windows = (ask(cell, of=of)[0].platforms[0] for cell in (LINUX, WINDOWS))
    assert set(linux.specs) >= {
        "ninja >=1.11", "setuptools", "wheel", "numpy <3,>=2", "msgpack-python", "other-name", "cuda-nvcc",
        "libcusparse-dev", "sysroot_linux-64 2.28.*", "pip",
    }  # fmt: skip
    assert set(windows.specs) - set(linux.specs) >= {"pywin32", "vs2022_win-64"}
    assert linux.pip == ("nvidia-ml-py",)
    assert not set(ask(CPU[0], of=of)[0].platforms[0].specs) & {"cuda-nvcc", "libcusparse-dev"}


def test_axes_that_decide_what_is_installed_part_the_locks() -> None:
    axes = (
        PackageAxis("numpy", ("1.26", "none"), "numpy"),
        LabelAxis("compiler", ("gcc13",)),
        LabelAxis("gpu", ("9.0",)),
    )
    first, second = ask(
        *(f"py311-torch2.9-cpu-debian12-x86_64-numpy_{numpy}-compiler_gcc13-gpu_9.0" for numpy in ("1.26", "none")),
        of=spec(extra=axes),
    )
    assert first.name == "py311-torch2.9-cpu-numpy_1.26-compiler_gcc13"
    assert set(first.platforms[0].specs) - set(second.platforms[0].specs) == {"numpy ==1.26.*"}
    assert {"gcc_linux-64 13.*", "gxx_linux-64 13.*"} <= set(second.platforms[0].specs)
    assert "cxx-compiler" not in second.platforms[0].specs


@pytest.mark.parametrize(
    ("cell", "some"),
    [
        (LINUX, {"__cuda": "12.9", "__glibc": "2.36", "__archspec": "1 x86_64"}),
        (WINDOWS, {"__cuda": "12.8", "__win": "0"}),
        (MACOS, {"__osx": "14.0", "__archspec": "1 arm64"}),
    ],
)
def test_the_virtual_packages_of_a_machine(cell: str, some: dict[str, str]) -> None:
    virtual = dict(ask(cell)[0].platforms[0].virtual)
    assert virtual.items() >= some.items()
    assert "__cuda" in virtual or "-cpu-" in cell
    assert "__cuda" not in dict(ask(CPU[0])[0].platforms[0].virtual)


def test_a_lock_serves_the_oldest_system_whichever_is_locked() -> None:
    of = spec(os=("ubuntu22.04", "debian12", "ubuntu18.04"))
    older, newer = (ask(LINUX.replace("debian12", os), of=of)[0] for os in ("ubuntu22.04", "debian12"))
    # 2.27 of ubuntu18.04 is too old for torch 2.9: that cell cannot be, and sets no floor
    assert dict(older.platforms[0].virtual)["__glibc"] == "2.35"
    assert older.platforms[0].digest(older.channels) == newer.platforms[0].digest(newer.channels)


def test_an_address_is_no_conda_requirement() -> None:
    wanted = extension(Build(), "mine @ https://example.invalid/mine.whl")
    with pytest.raises(LockError, match="names an address"):
        ask(LINUX, of=spec(extension=wanted))


def test_tensorrt_is_for_pip() -> None:
    platform = ask("py313-torch2.8-cu129-trt10.12-debian12-x86_64")[0].platforms[0]
    assert platform.pip == ("tensorrt==10.12.0.36", "torch-tensorrt==2.8.0")
    assert "pip" in platform.specs


def test_a_tensorrt_that_only_runs_is_for_pip_too() -> None:
    platform = ask("py312-torch2.8-cu129-trt10.16lean-debian12-x86_64")[0].platforms[0]
    parts = ("tensorrt-lean-cu12-bindings==10.16.1.11", "tensorrt-lean-cu12-libs==10.16.1.11")
    assert platform.pip == parts
    assert not any("tensorrt" in spec for spec in platform.specs)
