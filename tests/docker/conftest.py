"""Projects whose cells are really built and run by a container engine: stand-in torch, real base images.

`.ci/engine SUITE...` makes the base images. Without them these tests are skipped; where ENVGEN_TEST_ENGINE is
`required` they fail.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from run.project import TinyProject, torch_wheels

from envgen.container.engine import Engine, find_engine
from envgen.environment.docker import PROJECT

BASES = {"debian12": "envgen-base:bookworm", "debian13": "envgen-base:trixie"}
PYTHONS = {"debian12": "3.11", "debian13": "3.13"}  # the systems' own
OTHERS_PYTHON = """\
exclude:
  - {os: debian12, python: "3.13", reason: not its own}
  - {os: debian13, python: "3.11", reason: not its own}
"""
# A check that also says what its container lets it do.
CHECK = """\
import json, os, socket, sys
import tiny

def refused(act):
    try:
        act()
    except OSError as error:
        return error.strerror
    return "allowed"

def status(name):
    with open("/proc/self/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith(name + ":"))

if os.environ.get("TINY_FAULT") == "check":
    sys.exit("AssertionError: the answer is wrong")
if os.environ.get("TINY_FAULT") == "hang check":
    print("hanging", flush=True)
    import time; time.sleep(600)
assert tiny.answer() == 42
with open("/tmp/scratch", "w") as out:
    out.write("x")
facts = {
    "answer": tiny.answer(),
    "python": list(sys.version_info[:2]),
    "machine": os.uname().machine,
    "user": os.getuid(),
    "root": refused(lambda: open("/opt/extension/x", "w")),
    "network": refused(lambda: socket.create_connection(("192.0.2.1", 80), timeout=5)),
    "capabilities": int(status("CapBnd"), 16),
    "no_new_privileges": status("NoNewPrivs"),
    "compilers": [name for name in ("c++", "g++", "gcc", "cc", "make") if os.path.exists("/usr/bin/" + name)],
    "variables": {name: value for name, value in os.environ.items() if "PIP" in name or "CERT" in name},
}
with open(os.environ["ENVGEN_FACTS"], "w") as out:
    json.dump(facts, out)
"""


def missing(reason: str) -> NoReturn:
    """Skips, or fails where the tests are to be run."""
    if os.environ.get("ENVGEN_TEST_ENGINE") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """An engine that has the base images."""
    found = find_engine()
    if not isinstance(found, Engine):
        missing(found.reason)
    for base in BASES.values():
        if not found.image(base):
            missing(f"there is no base image {base}: run `.ci/engine bookworm trixie`")
    return found


class DockerProject(TinyProject):
    """A project whose cells run in containers of the base images."""

    def write_matrix(self, **parts: str) -> None:
        super().write_matrix(**({"timeouts": "{default: 10m}"} | parts))  # a base image's packages come first

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """`envgen run --environment docker`, to its end."""
        return self.envgen(*self.docker_arguments(*arguments), seconds=1500, **variables)

    @staticmethod
    def docker_arguments(*arguments: str) -> list[str]:
        bases = [part for system, image in BASES.items() for part in ("--base-image", f"{system}={image}")]
        return ["run", "--environment", "docker", *bases, *arguments]


Make = Callable[..., DockerProject]


@pytest.fixture(scope="session")
def make(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes projects; all share the stand-ins, and so the layers of their images, which are removed at the end."""
    wheels = tmp_path_factory.mktemp("stand-in") / "wheels"
    wheels.mkdir()
    torch_wheels(wheels)

    def project(folder: Path, **matrix: str) -> DockerProject:
        made = DockerProject.make(folder, wheels, **matrix)
        (folder / "tiny" / "tiny" / "check.py").write_text(CHECK, encoding="utf-8")
        # The image gets uv from where this machine gets its packages; the locks know the stand-ins only.
        environ = {
            name: value for name, value in made.environ.items() if name not in ("PIP_CONFIG_FILE", "PIP_NO_INDEX")
        }
        environ |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        return DockerProject(made.folder, environ | {"PIP_FIND_LINKS": str(wheels), "DOCKER_HOST": engine.address})

    yield project
    remove_images(engine, tmp_path_factory.getbasetemp())


def remove_images(engine: Engine, folder: Path) -> None:
    """Those of projects under a folder; what their layers were built from stays in the engine's cache."""
    docker = [str(engine.program), "image"]
    ask = [*docker, "ls", "--all", "--filter", f"label={PROJECT}", "--format", "{{.ID}}"]
    ids = sorted(set(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()))
    for image in ids:
        found = engine.image(image)
        if found and Path(found["Config"]["Labels"][PROJECT]).is_relative_to(folder):
            subprocess.run([*docker, "rm", "--force", image], capture_output=True, check=False)


@pytest.fixture
def project(make: Make, tmp_path: Path) -> DockerProject:
    """A project with one cell of Debian 12."""
    return make(tmp_path / "project", os="debian12", python=f'["{PYTHONS["debian12"]}"]')
