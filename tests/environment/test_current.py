"""The running interpreter as a cell; what it has installed are stand-ins."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from envgen.cell import Os
from envgen.environment import CurrentEnvironment, current_cell
from envgen.errors import UsageError
from envgen.machine import Machine

TORCH = """\
import types
__version__ = {version!r}
version = types.SimpleNamespace(cuda={cuda!r}, git_version="0" * 40)
cuda = types.SimpleNamespace(is_available=lambda: False)
_C = types.SimpleNamespace()
def compiled_with_cxx11_abi():
    return True
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, torch: str, **versions: str) -> None:
    """Puts a torch, and distributions of which only the names and versions count, before all others."""
    (folder / "torch").mkdir(parents=True)
    (folder / "torch" / "__init__.py").write_text(torch, encoding="utf-8")
    for name, version in versions.items():
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.mark.parametrize(
    ("version", "cuda", "packages", "parts"),
    [
        ("2.13.0+cpu", None, {}, "torch2.13.0-cpu"),
        ("2.13.1+cu130", "13.0", {"tensorrt": "10.16.1.11"}, "torch2.13.1-cu130-trt10.16.1.11"),
        # A vendor's container.
        ("2.9.0a0+145a3a7bda.nv25.10", "13.0", {"tensorrt": "10.13.3.9"}, "torch2.9.0-cu130-trt10.13.3.9"),
        ("2.13.1+cu130", "13.0", {"tensorrt_lean_cu13_bindings": "11.1.0.106"}, "torch2.13.1-cu130-trt11.1.0.106lean"),
        ("2.13.1+cu130", "13.0", {"tensorrt_lean_cu13_libs": "11.1.0.106"}, "torch2.13.1-cu130-trt11.1.0.106lean"),
        ("2.7.0+cu126", "12.6", {"tensorrt_bindings": "8.6.1"}, "torch2.7.0-cu126-trt8.6.1"),
        (
            "2.7.0+cu128",
            "12.8",
            {"tensorrt_cu12_libs": "10.9.0.34", "tensorrt_cu12_bindings": "10.9.0.34.post1"},
            "torch2.7.0-cu128-trt10.9.0.34.post1",
        ),
        ("2.2.2+cu121", "12.1", {"tensorrt_dispatch": "8.6.0"}, "torch2.2.2-cu121-trt8.6.0dispatch"),
        (
            "2.13.1+cu130",
            "13.0",
            {"tensorrt_lean_cu13_bindings": "11.1.0.106", "tensorrt_cu13_bindings": "11.0.0.114"},
            "torch2.13.1-cu130-trt11.0.0.114",
        ),
    ],
)
def test_the_cell_that_an_interpreter_is(
    version: str,
    cuda: str | None,
    packages: dict[str, str],
    parts: str,
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(tmp_path / "installed", monkeypatch, TORCH.format(version=version, cuda=cuda), **packages)
    cell = current_cell(replace(machine, os=Os("debian", "12")))
    assert str(cell) == f"py3{sys.version_info.minor}-{parts}-debian12-{machine.arch}"


@pytest.mark.parametrize(
    ("torch", "tensorrt", "what"),
    [
        (
            "raise ImportError('libcudart.so.13: cannot open shared object file')",
            "10.0",
            "libcudart.so.13: cannot open",
        ),
        ("import sys; sys.exit(3)", "10.0", "it said nothing"),
        (TORCH.format(version="2.13.0", cuda="13"), "10.0", "'13' is not a CUDA value"),
        (TORCH.format(version="2.13.0", cuda=None), "10.0+mine", "'10.0+mine' is not a release"),
    ],
)
def test_an_interpreter_that_is_no_cell_is_said(
    torch: str, tensorrt: str, what: str, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "installed", monkeypatch, torch, tensorrt=tensorrt)
    with pytest.raises(UsageError, match="cannot be taken as a cell") as caught:
        current_cell(replace(machine, os=Os("debian", "12")))
    assert what in caught.value.what
    assert sys.executable in caught.value.what


def test_without_torch(machine: Machine, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    python = bare / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with pytest.raises(UsageError, match="No module named 'torch'") as caught:
        current_cell(machine, python)
    assert "imports torch" in caught.value.remedy
    assert str(python) in caught.value.what  # not what the link leads to


def test_an_interpreter_that_is_not_there(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no interpreter"):
        current_cell(machine, tmp_path / "python")
    with pytest.raises(UsageError, match="no interpreter"):
        CurrentEnvironment.of(tmp_path / "python")


def test_a_system_that_no_cell_can_name(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "installed", monkeypatch, TORCH.format(version="2.13.0", cuda=None))
    with pytest.raises(UsageError, match="Plan 9"):
        current_cell(replace(machine, os=None, system="Plan 9"))


def test_the_interpreter_is_used_as_it_is(tmp_path: Path) -> None:
    environment = CurrentEnvironment.of(None)
    assert (environment.kind, environment.uses_lock, environment.exists()) == ("current", False, True)
    assert environment.creation() == ()
    assert environment.python == Path(sys.executable)
    site = environment.site_packages()
    assert site
    assert site.is_dir()
    command = environment.command(("python", "-V"), tmp_path, {"MAX_JOBS": "2"})
    assert (command.argv, command.cwd) == ((sys.executable, "-V"), tmp_path)
    path = command.variables["PATH"]
    assert path
    assert path.split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert command.variables["MAX_JOBS"] == "2"
    assert environment.command(("ninja",), tmp_path, {"PATH": "/own"}).variables["PATH"] == "/own"


def test_what_a_build_requires_is_there_as_a_package_or_as_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "installed", monkeypatch, TORCH.format(version="2.13.0", cuda=None), some_builder="3.1")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "some-generator").write_text("#!/bin/sh\n")
    (programs / "some-generator").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    requirements = [
        "some-builder>=3", "some-builder>=4", "some-generator", "nowhere-to-be-found", "nowhere; python_version < '3'",
    ]  # fmt: skip
    lacking = CurrentEnvironment.of(None).lacking(requirements)
    assert lacking == ("some-builder>=4", "nowhere-to-be-found")


@pytest.mark.parametrize(
    ("inherited", "own", "found"),
    [("a", "b", f"b{os.pathsep}a"), ("", "b", "b"), ("a", None, "a"), ("", None, None)],
)
def test_a_python_path_is_part_of_what_is_taken(
    inherited: str, own: str | None, found: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", inherited)
    command = CurrentEnvironment.of(None).command(("python",), tmp_path, {"PYTHONPATH": own})
    assert command.variables["PYTHONPATH"] == found
