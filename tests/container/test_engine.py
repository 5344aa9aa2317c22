"""Which engine is here: clients on PATH that answer, or do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envgen.cell import Arch
from envgen.container.engine import Engine, NoEngine, find_engine

INFO = {"ServerVersion": "28.5.2", "Architecture": "aarch64", "Runtimes": {"nvidia": {}}, "OperatingSystem": "Debian"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "unix:///engine.sock")
    find_engine.cache_clear()
    return tmp_path


def client(path: Path, name: str, told: object, build: str = "exit 0") -> None:
    """A client as a script: what a client answers, without the engine behind it."""
    (path / "told.json").write_text(json.dumps(told))
    script = f'#!/bin/sh\ncase "$1" in info) /bin/cat {path}/told.json;; build) {build};; esac\n'
    (path / name).write_text(script)
    (path / name).chmod(0o755)


def reason() -> str:
    found = find_engine()
    assert isinstance(found, NoEngine)
    return found.reason


def test_no_client(path: Path) -> None:
    assert reason() == "there is no container engine here: neither docker nor podman is on PATH"


def test_docker_with_a_gpu_runtime(path: Path) -> None:
    client(path, "docker", INFO)
    found = find_engine()
    assert isinstance(found, Engine)
    assert (found.name, found.arch, found.no_gpu) == ("Docker 28.5.2", Arch.AARCH64, "")
    assert found.address == "unix:///engine.sock"
    assert found.runs(Arch.AARCH64)


def test_no_gpu_runtime(path: Path) -> None:
    client(path, "docker", INFO | {"Runtimes": {"runc": {}}})
    found = find_engine()
    assert isinstance(found, Engine)
    assert found.no_gpu == "Docker 28.5.2 has no NVIDIA runtime"


def test_docker_desktop_emulates(path: Path) -> None:
    client(path, "docker", INFO | {"OperatingSystem": "Docker Desktop"})
    found = find_engine()
    assert isinstance(found, Engine)
    assert found.runs(Arch.X86_64)


def test_no_buildkit(path: Path) -> None:
    client(
        path, "docker", INFO, build="echo 'ERROR: BuildKit is enabled but the buildx component is missing' >&2; exit 1"
    )
    assert reason() == (
        f"the client {path}/docker of Docker 28.5.2 cannot build:"
        " BuildKit is enabled but the buildx component is missing"
    )


def test_an_engine_that_is_not_there(path: Path) -> None:
    client(path, "docker", {"ServerErrors": ["Cannot connect to the Docker daemon. Is the docker daemon running?"]})
    assert reason() == ("the container engine does not answer: Cannot connect to the Docker daemon")


def test_podman(path: Path) -> None:
    client(path, "podman", {"host": {"arch": "amd64", "remoteSocket": {}}, "version": {"Version": "5.2"}})
    found = find_engine()
    assert isinstance(found, Engine)
    assert (found.name, found.arch) == ("podman 5.2", Arch.X86_64)


def test_a_client_that_says_nothing(path: Path) -> None:
    client(path, "docker", INFO)
    (path / "docker").write_text("#!/bin/sh\nexit 3\n")
    assert reason() == "the container engine does not answer: it said nothing"
