"""Real cells for the slow tests: virtual environments made by uv, with the CPU torch that pip is configured to find."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import uv

LOCAL_TORCH = re.compile(r"torch-(?P<version>\d[\w.]*\+cpu)-cp(?P<tag>\d+)-")


@pytest.fixture(autouse=True)
def _dear(request: pytest.FixtureRequest) -> None:
    """What downloads gigabytes is run by hand."""
    if request.node.get_closest_marker("dear") and not os.environ.get("ENVGEN_TEST_DEAR"):
        pytest.skip("it downloads gigabytes; ENVGEN_TEST_DEAR=1 runs it")


@dataclass(frozen=True)
class TorchCell:
    """An environment with torch, and the folder its commands find their programs in."""

    python: Path
    torch: str

    def run(
        self, *command: str | Path, cwd: Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as envgen does: the cell's python first on PATH, nothing of this process's Python."""
        path = os.pathsep.join([str(self.python.parent), os.environ["PATH"]])
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**inherited, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def find_links() -> list[str]:
    """The folders that pip is configured to look for wheels in."""
    configured = os.environ.get("PIP_FIND_LINKS")
    if configured is None:
        asked = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", "global.find-links"],
            capture_output=True,
            text=True,
            check=False,
        )
        configured = asked.stdout
    return configured.split()


@pytest.fixture(scope="session")
def torch_cell(find_links: list[str], tmp_path_factory: pytest.TempPathFactory) -> TorchCell:
    """A cell of this interpreter with the newest CPU torch among the configured wheels."""
    tag = f"{sys.version_info.major}{sys.version_info.minor}"
    wheels = [match for folder in find_links if Path(folder).is_dir() for match in _wheels(Path(folder))]
    versions = [match["version"] for match in wheels if match["tag"] == tag]
    if not versions:
        pytest.skip(f"pip's configured find-links hold no CPU torch for CPython {tag}")
    folder = tmp_path_factory.mktemp("cell") / "env"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    links = [part for link in find_links for part in ("--find-links", link)]
    packages = [f"torch=={max(versions)}", "numpy", "setuptools", "ninja"]
    _uv("venv", "-q", "-p", sys.executable, str(folder))
    _uv("pip", "install", "-q", "-p", str(python), *links, *packages)
    return TorchCell(python, max(versions))


def _wheels(folder: Path) -> list[re.Match[str]]:
    return [match for file in folder.glob("torch-*.whl") if (match := LOCAL_TORCH.match(file.name))]


def _uv(*arguments: str) -> None:
    done = subprocess.run([uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
