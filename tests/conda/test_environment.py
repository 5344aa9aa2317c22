"""Conda environments: made from a lock by the real installer, from packages made here (see channels.py)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envgen.results import Rung
from tests.conda.channels import make_channel, stand_ins
from tests.conftest import TinyProject
from tests.run.project import at, cell_id, outcomes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins are packages for Linux")

PLATFORM = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}[os.uname().machine]


class CondaProject:
    """A project with one cell whose conda packages come from a channel on disk."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        compiler = shutil.which("cc")
        assert compiler
        self.channel = make_channel(folder / "channel", PLATFORM, stand_ins(compiler))
        self.project = TinyProject.make(folder / "project", wheels)
        matrix = self.project.folder / "matrix.yaml"
        matrix.write_text(f"{matrix.read_text()}conda: {{channels: [{self.channel.as_uri()}]}}\n")

    def envgen(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.project.envgen(*arguments)

    @property
    def prefix(self) -> Path:
        return next((self.project.folder / ".envgen").glob("cells/*/**/conda-meta")).parent


def install(lock: Path, prefix: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-P", "-m", "envgen.environment.conda_make", "install", str(lock), PLATFORM, str(prefix)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.fixture
def conda_project(tmp_path: Path, wheels: Path) -> CondaProject:
    return CondaProject(tmp_path, wheels)


def test_a_cell_climbs_in_a_conda_environment(conda_project: CondaProject) -> None:
    assert conda_project.envgen("lock", "--manager", "conda").returncode == 0
    source = conda_project.project.folder / "tiny" / "tiny.c"
    source.write_text("#ifndef BUILT_BY_CONDA\n#error not conda's compiler\n#endif\nint answer(void) { return 42; }\n")
    done = conda_project.envgen("run", "--environment", "conda")
    assert done.returncode == 0, done.stdout + done.stderr
    result = conda_project.project.result(cell_id())
    assert outcomes(result) == {
        **dict.fromkeys(["planned", "published", "locked", "created", "built", "inspected", "loaded", "cpu"], "passed"),
        "kernel": "not run",
        "engine": "not run",
    }
    created = at(result, Rung.CREATED).facts
    torch = created["torch"]
    assert isinstance(torch, dict)
    assert str(torch["file"]).startswith(str(conda_project.prefix))
    activation = json.loads((conda_project.prefix / "envgen-activation.json").read_text())
    assert activation["CC"] == str(conda_project.prefix / "bin" / "stand-in-cc")
    assert activation["PATH"].split(os.pathsep)[0] == str(conda_project.prefix / "bin")
    # a noarch package is where the environment's own Python finds it
    python = conda_project.prefix / "bin" / "python"
    subprocess.run([python, "-c", "import typing_extensions; assert typing_extensions.HERE"], check=True)
    # the committed lock was taken, and none was made beside it
    assert not list((conda_project.project.folder / ".envgen" / "locks").rglob("conda-lock.yml"))


def test_a_package_with_another_hash_is_refused_in_one_sentence(conda_project: CondaProject, tmp_path: Path) -> None:
    conda_project.envgen("lock", "--manager", "conda")
    torch = next(conda_project.channel.rglob("pytorch-*.tar.bz2"))
    torch.write_bytes(torch.read_bytes() + b"x")
    lock = next(conda_project.project.folder.rglob("conda-lock.yml"))
    done = install(lock, tmp_path / "prefix")
    assert done.returncode == 1
    assert f"{torch.name} is not the file that was locked: its sha256 is " in done.stderr
    assert "Traceback" not in done.stderr
    assert "Find out who changed it" in done.stderr.splitlines()[-1], "the line that the rung repeats"
    assert not (tmp_path / "prefix").exists()


def test_a_channel_without_the_cell_fails_the_rung_locked(conda_project: CondaProject) -> None:
    for package in conda_project.channel.rglob("repodata.json"):
        package.write_text(package.read_text().replace("cpu_generic_0", "cuda129_generic_0"))
    assert conda_project.envgen("run", "--environment", "conda").returncode == 1
    locked = at(conda_project.project.result(cell_id()), Rung.LOCKED)
    assert "the channels have no pytorch 2.13.* cpu*" in locked.sentence


def test_a_stale_lock_is_named(conda_project: CondaProject) -> None:
    done = conda_project.envgen("lock", "--manager", "conda", "--check")
    assert done.returncode == 6
    assert "py3" in done.stderr
    assert "envgen lock --manager conda" in done.stderr


def test_an_executable_that_is_not_there_is_not_downloaded(conda_project: CondaProject) -> None:
    done = conda_project.envgen("lock", "--manager", "conda", "--conda-executable", "no-such-mamba")
    assert done.returncode == 2
    assert "There is no program no-such-mamba." in done.stderr


def test_a_platform_that_fails_leaves_the_others(conda_project: CondaProject) -> None:
    matrix = conda_project.project.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("os: [", "os: [windows2022, "))
    done = conda_project.envgen("lock", "--manager", "conda", "--json")
    answer = json.loads(done.stdout)
    (lock,) = answer.values()
    assert lock["made"] == [PLATFORM]
    assert list(lock["failures"]) == ["win-64"]
    assert done.returncode == 5
    said = conda_project.envgen("lock", "--manager", "conda").stdout
    assert said.endswith("1 conda lock, 2 platforms: 0 locked anew, 1 as they were, 1 failed.\n")


def test_a_channel_that_is_gone_is_said_with_what_to_do(conda_project: CondaProject) -> None:
    assert conda_project.envgen("lock", "--manager", "conda").returncode == 0
    lock = next(conda_project.project.folder.rglob("conda-lock.yml"))
    lock.write_text(lock.read_text().replace(conda_project.channel.as_uri(), "http://127.0.0.1:9/channel"))
    done = install(lock, lock.parent / "prefix")
    assert done.returncode == 1
    *causes, said = done.stderr.splitlines()
    assert "127.0.0.1:9/channel" in "".join(causes)
    assert said.startswith("error: The conda environment cannot be made: failed to fetch ")
    assert "Connection refused" in said
    assert "Check that its channel or a mirror can be reached" in said
