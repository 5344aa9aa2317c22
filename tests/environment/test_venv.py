"""Virtual environments, made by the real uv from locks of tiny wheels."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from envgen.cell import Arch, Cell, Cuda, Os, PythonVersion, Release
from envgen.command import Command
from envgen.environment import Unavailable, VenvEnvironment
from envgen.lock import IndexConfiguration, Lock, read_lock
from envgen.lock.pep751 import BuildRequirement
from envgen.machine import Machine
from tests.lock.index import sha256, wheel

PYTHON = PythonVersion(sys.version_info.minor)
NO_INDEX = IndexConfiguration(no_index=True)


def lock_of(folder: Path, *files: Path) -> Lock:
    """A lock of wheels and source distributions as they are now."""
    packages = []
    for file in files:
        name, version = file.name.split("-")[:2]
        entry = {"url": file.as_uri(), "hashes": {"sha256": sha256(file)}}
        kind = {"wheels": [entry]} if file.suffix == ".whl" else {"sdist": entry}
        packages.append({"name": name, "version": version.removesuffix(".tar.gz"), **kind})
    path = folder / "pylock.toml"
    document = {"lock-version": "1.0", "created-by": "tests", "packages": packages}
    path.write_text(tomli_w.dumps(document), encoding="utf-8")
    return read_lock(path)


def cell_here(machine: Machine) -> Cell:
    assert machine.os
    return Cell(PYTHON, Release("2.13"), Cuda(), None, machine.os, machine.arch)


@pytest.fixture
def environment(machine: Machine, tmp_path: Path) -> VenvEnvironment:
    """Not yet made; its lock has two wheels."""
    wheels = (wheel(tmp_path / "wheels", "torch", "2.13.0+cpu"), wheel(tmp_path / "wheels", "filelock", "3.17.0"))
    lock = lock_of(tmp_path, *wheels)
    (tmp_path / "cells").mkdir()
    return VenvEnvironment(cell_here(machine), lock, tmp_path / "cells" / "venv", machine, NO_INDEX)


def run(command: Command) -> subprocess.CompletedProcess[str]:
    wanted = {**os.environ, **command.variables}
    variables = {name: value for name, value in wanted.items() if value is not None}
    return subprocess.run(command.argv, cwd=command.cwd, env=variables, capture_output=True, text=True, check=False)


def make(environment: VenvEnvironment) -> None:
    environment.prepare()
    for command in environment.creation():
        done = run(command)
        assert done.returncode == 0, done.stderr


def ask(environment: VenvEnvironment, code: str, **variables: str | None) -> str:
    done = run(environment.command(("python", "-c", code), environment.folder, variables))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_holds_exactly_its_lock(environment: VenvEnvironment) -> None:
    assert (environment.kind, environment.uses_lock) == ("venv", True)
    assert not environment.exists()
    assert environment.site_packages() is None
    make(environment)
    assert environment.exists()
    code = (
        "import importlib.metadata as m; print(*sorted(d.name + ' ' + d.version for d in m.distributions()), sep=';')"
    )
    assert ask(environment, code) == "filelock 3.17.0;torch 2.13.0+cpu"
    site = environment.site_packages()
    assert site
    assert Path(ask(environment, "import torch; print(torch.__file__)")) == site / "torch" / "__init__.py"


def test_its_files_are_hard_links_into_the_cache(environment: VenvEnvironment, tmp_path: Path) -> None:
    make(environment)
    site = environment.site_packages()
    assert site
    installed = (site / "torch" / "__init__.py").stat()
    cached = [path.stat() for path in (tmp_path / "uv-cache").rglob("torch/__init__.py")]
    assert (installed.st_dev, installed.st_ino) in {(file.st_dev, file.st_ino) for file in cached}


def test_it_is_made_again_when_the_lock_changes_and_keeps_nothing(environment: VenvEnvironment, tmp_path: Path) -> None:
    make(environment)
    site = environment.site_packages()
    assert site
    (site / "left_over.py").touch()
    changed = replace(environment, lock=lock_of(tmp_path, wheel(tmp_path / "wheels", "torch", "2.13.1")))
    assert not changed.exists()
    make(changed)
    assert changed.exists()
    assert not environment.exists()
    assert not (site / "left_over.py").exists()
    assert ask(changed, "import torch; print(torch.__version__)") == "2.13.1"


def test_half_made_is_not_made(environment: VenvEnvironment) -> None:
    make_folder, install, _ = environment.creation()
    for command in (make_folder, install):
        assert run(command).returncode == 0
        assert not environment.exists()


def test_a_wheel_that_is_not_the_one_locked_is_refused(environment: VenvEnvironment, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "torch", "2.13.0+cpu", files={"torch/evil.py": "print('hello')\n"})
    make_folder, install, _ = environment.creation()
    assert run(make_folder).returncode == 0
    done = run(install)
    assert done.returncode != 0
    assert "Hash mismatch" in done.stderr
    site = environment.site_packages()
    assert site
    assert not (site / "torch").exists()
    assert not environment.exists()


def test_the_commands(environment: VenvEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = IndexConfiguration(default_index="https://mirror.example", variables={"SSL_CERT_FILE": "/ca.pem"})
    commands = replace(environment, configuration=configuration).creation()
    assert environment.lock
    for command in commands:
        assert command.cwd == environment.folder.parent
        assert command.variables["SSL_CERT_FILE"] == "/ca.pem"
        assert command.variables["UV_LINK_MODE"] == "hardlink"
        assert command.variables["VIRTUAL_ENV"] is None
    make_folder, install, _ = (command.argv for command in commands)
    assert make_folder[make_folder.index("--python") + 1] == sys.executable
    assert install[-1] == str(environment.lock.path)
    assert "https://mirror.example" in install


def test_an_interpreter_that_is_not_here_is_left_to_uv(environment: VenvEnvironment) -> None:
    absent = replace(environment, cell=replace(environment.cell, python=PythonVersion(99)))
    make_folder = absent.creation()[0]
    assert make_folder.argv[make_folder.argv.index("--python") + 1] == "3.99"
    assert run(make_folder).returncode != 0


@pytest.mark.parametrize("other", [{"os": Os("windows", "2022")}, {"os": Os("debian", "99")}, {"arch": None}])
def test_another_system_is_not_to_be_had(other: dict[str, object], environment: VenvEnvironment) -> None:
    swapped = {Arch.X86_64: Arch.AARCH64, Arch.AARCH64: Arch.X86_64}[environment.cell.arch]
    values = {"arch": swapped} if "arch" in other else other
    elsewhere = replace(environment.cell, **values)
    with pytest.raises(Unavailable) as caught:
        replace(environment, cell=elsewhere).creation()
    here = environment.machine
    assert str(caught.value) == f"needs {elsewhere.os} on {elsewhere.arch}; this machine is {here.os} on {here.arch}"


def test_a_system_without_a_name_is_told_by_its_own(environment: VenvEnvironment) -> None:
    unnamed = replace(environment.machine, os=None, system="Plan 9")
    with pytest.raises(Unavailable, match="this machine is Plan 9 on"):
        replace(environment, machine=unnamed).creation()


def test_without_a_lock_there_is_nothing_to_make(environment: VenvEnvironment) -> None:
    without = replace(environment, lock=None)
    assert not without.exists()
    with pytest.raises(Unavailable, match="no lock"):
        without.creation()


def test_its_own_programs_come_first_and_the_variables_are_the_commands(environment: VenvEnvironment) -> None:
    command = environment.command(("ninja", "-v"), Path("/work"), {"MAX_JOBS": "2", "PYTHONHOME": None})
    assert (command.argv, command.cwd) == (("ninja", "-v"), Path("/work"))
    path = command.variables["PATH"]
    assert path
    assert path.split(os.pathsep)[0] == str(environment.folder / ("Scripts" if sys.platform == "win32" else "bin"))
    assert command.variables["MAX_JOBS"] == "2"
    assert command.variables["VIRTUAL_ENV"] == str(environment.folder)
    assert command.variables["PYTHONHOME"] is None


BACKEND = """\
import zipfile
import tool  # only the configured index has it

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "stub-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as archive:
        archive.writestr("stub.py", f"BUILT_WITH = {tool.__version__!r}")
        archive.writestr("stub-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: stub\\nVersion: 1.0\\n")
        archive.writestr("stub-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        archive.writestr("stub-1.0.dist-info/RECORD", "")
    return name
"""
PROJECT = """\
[project]
name = "stub"
version = "1.0"
[build-system]
requires = ["tool"]
build-backend = "backend"
backend-path = ["."]
"""


@pytest.fixture
def with_stub(environment: VenvEnvironment, tmp_path: Path) -> VenvEnvironment:
    """Its lock has a source distribution that is built by a tool, of which the configured folder has two releases."""
    source = tmp_path / "stub-1.0.tar.gz"
    metadata = "Metadata-Version: 2.1\nName: stub\nVersion: 1.0\n"
    with tarfile.open(source, "w:gz") as archive:
        for name, text in (("backend.py", BACKEND), ("pyproject.toml", PROJECT), ("PKG-INFO", metadata)):
            member = tarfile.TarInfo(f"stub-1.0/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    wheel(tmp_path / "tools", "tool", "4.2")
    wheel(tmp_path / "tools", "tool", "4.3")
    configuration = IndexConfiguration(find_links=(str(tmp_path / "tools"),), no_index=True)
    return replace(environment, lock=lock_of(tmp_path, source), configuration=configuration)


def built_with(environment: VenvEnvironment, version: str, file: Path) -> VenvEnvironment:
    assert environment.lock
    address = (file.parent / f"tool-{version}-py3-none-any.whl").as_uri()
    build = {"tool": BuildRequirement(version=version, url=address, sha256=sha256(file))}
    return replace(environment, lock=replace(environment.lock, build=build))


def test_what_has_to_be_built_finds_its_tools_where_the_configuration_says(with_stub: VenvEnvironment) -> None:
    make(with_stub)
    assert ask(with_stub, "import stub; print(stub.BUILT_WITH)") == "4.3"


def test_what_has_to_be_built_is_built_with_what_was_locked(with_stub: VenvEnvironment, tmp_path: Path) -> None:
    locked = built_with(with_stub, "4.2", tmp_path / "tools" / "tool-4.2-py3-none-any.whl")
    make(locked)
    assert ask(locked, "import stub; print(stub.BUILT_WITH)") == "4.2"


def test_a_tool_that_is_not_the_one_locked_builds_nothing(with_stub: VenvEnvironment, tmp_path: Path) -> None:
    replaced = built_with(with_stub, "4.2", tmp_path / "tools" / "tool-4.3-py3-none-any.whl")
    replaced.prepare()
    make_folder, install, _ = replaced.creation()
    assert run(make_folder).returncode == 0
    done = run(install)
    assert done.returncode != 0
    assert "Hash mismatch for `tool" in done.stderr
