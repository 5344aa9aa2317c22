"""Published wheels of all three systems, read on this one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e


def diagnose(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    command = [Path(sys.executable).with_name("envgen"), "diagnose", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else [{"error": done.stderr}]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("windows-x86_64", {"format": "PE", "machine": "x86_64"}),
        ("macos-arm64", {"format": "Mach-O", "machine": "arm64"}),
        ("linux-x86_64", {"format": "ELF", "machine": "x86_64"}),
        ("linux-aarch64", {"format": "ELF", "machine": "aarch64"}),
    ],
)
def test_a_wheel_of_each_system(platform: str, expected: dict[str, str]) -> None:
    code, found = diagnose("markupsafe==3.0.2", "--python", "3.12", "--platform", platform)
    assert code == 0, found
    binary = next(each for each in found[0]["binaries"] if each["machine"] == expected["machine"])  # macOS's has two
    assert {name: binary[name] for name in expected} == expected
    assert binary["python"]["tag"] == "cp312"
    if platform == "windows-x86_64":
        assert binary["pe"]["crt"] == ["/MD"]
        assert binary["python"]["library"] == "python312.dll"
    if platform == "macos-arm64":
        assert binary["macho"]["signature"] == "ad hoc"
        assert binary["macho"]["minimum_os"] == "11.0"


def test_an_extension_of_torch() -> None:
    code, found = diagnose("xformers==0.0.28.post3", "--python", "3.12", "--platform", "linux-x86_64")
    (binary,) = found[0]["binaries"]
    assert code == 0
    assert binary["torch"]["cxx11_abi"] is False
    assert binary["cuda"]["library"] == "libcudart.so.12"
    assert "sm_90a" in binary["cuda"]["device_code"]


@pytest.mark.parametrize(("system", "code"), [("macos10-arm64", 1), ("macos11-arm64", 0)])
def test_a_macos_that_is_too_old(system: str, code: int) -> None:
    ended, found = diagnose("markupsafe==3.0.2", "--python", "3.12", "--platform", system)
    assert ended == code
    assert [each["cause"] for each in found[0]["diagnoses"]] == ["mac-deployment-target"] * code
