"""What file names and METADATA decide."""

from __future__ import annotations

from email.message import Message

import pytest
from packaging.version import Version

from envgen.cell import Cuda, PythonVersion
from envgen.compat.published import pythons_of
from envgen.compat.records import Platform
from envgen.index import File
from envgen.refresh.names import by_platform, read_name
from envgen.refresh.requirements import asked, cuda_asked, requires_of

LINUX = Platform.LINUX_X86_64


def file(name: str, requires_python: str = "") -> File:
    return File(
        name, Version(name.split("-")[1]), "default", f"https://example.org/{name}", requires_python=requires_python
    )


@pytest.mark.parametrize(
    ("tag", "pythons", "floors"),
    [
        ("cp312-cp312-manylinux_2_28_x86_64", ["3.12"], {"linux_x86_64": "2.28"}),
        ("cp313-cp313t-manylinux_2_28_aarch64", ["3.13t"], {"linux_aarch64": "2.28"}),
        ("cp37-cp37m-manylinux1_x86_64", ["3.7"], {"linux_x86_64": "2.5"}),
        ("cp310-none-macosx_11_0_arm64", ["3.10"], {"macos_arm64": "11.0"}),
        ("cp310-cp310-macosx_10_9_universal2", ["3.10"], {"macos_arm64": "10.9", "macos_x86_64": "10.9"}),
        ("cp312-abi3-win_amd64", ["3.12+"], {"win_amd64": None}),
        ("cp315-abi3t-win_arm64", ["3.15t+"], {"win_arm64": None}),
        ("py3-none-win_amd64", ["3.0+"], {"win_amd64": None}),
        ("py2.py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64", ["3.0+"], {"linux_x86_64": "2.17"}),
        (  # the easier of two tags is what an installer goes by
            "cp310-cp310-manylinux_2_27_x86_64.manylinux_2_34_x86_64", ["3.10"], {"linux_x86_64": "2.27"}
        ),
        ("cp310-cp310-linux_x86_64", ["3.10"], {"linux_x86_64": None}),
    ],
)  # fmt: skip
def test_a_name_says_for_what_a_wheel_is(tag: str, pythons: list[str], floors: dict[str, str | None]) -> None:
    wheel = read_name(file(f"torch-2.0.0-{tag}.whl"))
    assert wheel is not None
    assert list(wheel.pythons) == pythons
    assert {str(target.platform): target.floor and str(target.floor) for target in wheel.targets} == floors


@pytest.mark.parametrize(
    "tag",
    [
        "cp27-cp27mu-manylinux1_x86_64",
        "cp312-cp312-win32",
        "cp312-cp312-musllinux_1_2_x86_64",
        "pp310-pypy310_pp73-win_amd64",
        "cp312-cp312-macosx_11_0_ppc64",
    ],
)
def test_wheels_for_what_envgen_does_not_know_are_left_aside(tag: str) -> None:
    assert read_name(file(f"torch-2.0.0-{tag}.whl")) is None


def test_a_wheel_for_any_platform_is_for_all() -> None:
    assert set(by_platform([file("cuda_toolkit-13.0.0-py3-none-any.whl")])) == set(Platform)


def test_requires_python_takes_a_wheel_away_as_an_installer_does() -> None:
    tag = "cp38-cp38-manylinux1_x86_64"
    assert read_name(file(f"torch-2.5.0-{tag}.whl", ">=3.9")) is None
    assert read_name(file(f"torch-2.5.0-{tag}.whl", ">=3.8.0")) is not None
    assert read_name(file(f"torch-2.5.0-{tag}.whl", "nonsense")) is not None


def test_the_newest_build_speaks_for_the_wheels_of_a_platform() -> None:
    names = [
        "torch-2.10.0-cp310-cp310-macosx_11_0_arm64.whl",
        "torch-2.10.0-2-cp310-cp310-macosx_11_0_arm64.whl",
        "torch-2.10.0-2-cp311-cp311-macosx_11_0_arm64.whl",
        "torch-2.10.0-cp314-cp314t-macosx_14_0_arm64.whl",
    ]
    (wheels,) = by_platform(map(file, names)).values()
    assert wheels.representative.name == names[1]
    assert wheels.fields == {
        "pythons": ["3.10", "3.11", "3.14t"],
        "tags": ["macosx_11_0_arm64", "macosx_14_0_arm64"],
        "build_tags": {"2": ["3.10", "3.11"]},
        "macos": "11.0",
        "macos_by_python": {"3.14t": "14.0"},
    }


def test_a_stable_abi_stands_for_every_later_python_that_is_known() -> None:
    assert [str(python) for python in pythons_of(["3.12+"], newest=15)] == ["3.12", "3.13", "3.14", "3.15"]
    assert [str(python) for python in pythons_of(["3.12+", "3.14t"], newest=13)] == ["3.12", "3.13", "3.14t"]


def test_markers_hold_for_the_target_and_not_for_this_machine() -> None:
    requires = [
        'nvidia-cuda-runtime-cu12==12.8.90; platform_system == "Linux" and platform_machine == "x86_64"',
        'torch<2.9; platform_machine != "aarch64" or "tegra" not in platform_release',
        'optree; extra == "optree"',
        'sympy; python_version == "3.8"',
        "what is this (",
    ]
    found = {platform: [each.name for each in asked(requires, platform, PythonVersion(12))] for platform in Platform}
    assert found[LINUX] == ["nvidia-cuda-runtime-cu12", "torch"]
    assert found[Platform.LINUX_AARCH64] == ["torch"]
    assert found[Platform.WIN_AMD64] == ["torch"]


@pytest.mark.parametrize(
    ("requirement", "cuda"),
    [
        ("nvidia-cuda-runtime-cu12==12.8.90", Cuda(12, 8)),
        ("cuda-toolkit[cudart,cufft]==13.2.2", Cuda(13, 2)),
        ("nvidia-cuda-runtime-cu11 (==11.7.99)", Cuda(11, 7)),
        ("nvidia-cuda-runtime-cu13==0.0.0a0", None),
        ("nvidia-cuda-runtime-cu13>=13", None),
        ("cuda-bindings==12.9.4", None),
    ],
)
def test_the_cuda_that_metadata_pins(requirement: str, cuda: Cuda | None) -> None:
    assert cuda_asked(asked([requirement], LINUX, PythonVersion(12))) == cuda


def test_carriage_returns_at_the_ends_of_lines_are_no_part_of_a_requirement() -> None:
    message = Message()
    message["Requires-Dist"] = "torch<2.10,>=2.9\r"
    assert requires_of(message) == ["torch<2.10,>=2.9"]
