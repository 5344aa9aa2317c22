"""The container engine of this machine: where it answers, whether it has BuildKit, GPUs and emulation."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from envgen.cell import Arch, GrammarError

PATIENCE = 60  # seconds; an engine that is just starting needs a few
EMULATORS = Path("/proc/sys/fs/binfmt_misc")  # where the kernel of Linux lists the programs that run foreign binaries
PLATFORMS = {Arch.X86_64: "linux/amd64", Arch.AARCH64: "linux/arm64"}


@dataclass(frozen=True)
class Engine:
    """An engine that builds with BuildKit, or with what podman has in its place.

    Attributes:
        program: the client that can build.
        name: what it is, with its version.
        address: where it listens, as DOCKER_HOST.
        arch: of its own machine.
        emulated: further ones that its machine runs through an emulator.
        no_gpu: why containers see no GPU; empty when they do.
    """

    program: Path
    name: str
    address: str
    arch: Arch
    emulated: frozenset[Arch] = frozenset()
    no_gpu: str = ""

    @property
    def variables(self) -> Mapping[str, str | None]:
        """What its client and its library are told in their environment."""
        return {"DOCKER_BUILDKIT": "1", "DOCKER_HOST": self.address, "DOCKER_CLI_HINTS": "false"}

    def runs(self, arch: Arch) -> bool:
        return arch is self.arch or arch in self.emulated

    def image(self, name: str) -> dict[str, Any] | None:
        """What the engine knows of an image; None when it has none of that name or id."""
        done = _ask(self.program, "image", "inspect", name, address=self.address)
        return json.loads(done.stdout)[0] if done.returncode == 0 else None


@dataclass(frozen=True)
class NoEngine:
    """Why there is no engine here that can build and run, as a sentence."""

    reason: str


@cache
def find_engine() -> Engine | NoEngine:
    """The first client on PATH whose engine answers and builds, or what is missing of that."""
    try:
        distribution("docker")
    except PackageNotFoundError:
        return NoEngine("the Docker SDK is not installed beside envgen: pip install 'envgen[docker]'")
    missing = NoEngine("there is no container engine here: neither docker nor podman is on PATH")
    for program in _clients():
        found = _look_at(program)
        if isinstance(found, Engine):
            return found
        missing = found
    return missing


def _clients() -> Iterator[Path]:
    seen: set[Path] = set()
    for name in ("docker", "podman"):
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            found = shutil.which(name, path=folder) if folder else None
            if found and Path(found).resolve() not in seen:
                seen.add(Path(found).resolve())
                yield Path(found)


def _look_at(program: Path) -> Engine | NoEngine:
    address = _address(program)
    asked = _ask(program, "info", "--format", "{{json .}}", address=address)
    try:
        info: dict[str, Any] = json.loads(asked.stdout)
    except ValueError:
        info = {}
    if asked.returncode != 0 or info.get("ServerErrors"):
        said = (info.get("ServerErrors") or asked.stderr.strip().splitlines() or ["it said nothing"])[-1]
        told = " ".join(said.removeprefix("ERROR: ").split()).removesuffix("Is the docker daemon running?")
        return NoEngine(f"the container engine does not answer: {told.rstrip('. ?')}")
    return _podman(program, address, info) if "host" in info else _docker(program, address, info)


def _docker(program: Path, address: str, info: Mapping[str, Any]) -> Engine | NoEngine:
    version = info["ServerVersion"]
    building = _ask(program, "build", "--help", address=address)
    if building.returncode != 0:
        said = building.stderr.strip().splitlines()[0].removeprefix("ERROR: ")
        return NoEngine(f"the client {program} of Docker {version} cannot build: {said}")
    try:
        arch = Arch.parse(info["Architecture"])
    except GrammarError as error:
        return NoEngine(f"Docker {version} runs on a processor that no cell has: {error}")
    has_gpus = "nvidia" in info.get("Runtimes", {}) or any(
        "nvidia" in str(d) for d in info.get("DiscoveredDevices") or ()
    )
    everywhere = "Docker Desktop" in info.get("OperatingSystem", "")
    return Engine(
        program, f"Docker {version}", address, arch, frozenset(PLATFORMS) - {arch} if everywhere else _emulated(arch),
        "" if has_gpus else f"Docker {version} has no NVIDIA runtime",
    )  # fmt: skip


def _podman(program: Path, address: str, info: Mapping[str, Any]) -> Engine | NoEngine:
    version, host = info["version"]["Version"], info["host"]
    socket = host.get("remoteSocket", {})
    if not address and not socket.get("exists"):
        return NoEngine(f"podman {version} does not listen: start it with `systemctl start podman.socket`")
    arch = Arch.parse(host["arch"])
    listens = re.sub(r"^(?!\w+://)", "unix://", socket.get("path", ""))
    return Engine(
        program, f"podman {version}", address or listens, arch, _emulated(arch),
        "podman gives GPUs by CDI only, which its Docker interface cannot ask for",
    )  # fmt: skip


def _emulated(arch: Arch) -> frozenset[Arch]:
    """Of an engine on this machine: the flag F says that the emulator is there in containers too."""
    found = set()
    for other in set(PLATFORMS) - {arch}:
        entry = EMULATORS / f"qemu-{other.value}"
        if entry.is_file():
            told = entry.read_text(encoding="utf-8", errors="replace")
            if told.startswith("enabled") and re.search(r"^flags: .*F", told, re.MULTILINE):
                found.add(other)
    return frozenset(found)


def _address(program: Path) -> str:
    """Where the client looks for its engine: DOCKER_HOST, or its current context."""
    if given := os.environ.get("DOCKER_HOST"):
        return given
    asked = _ask(program, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _ask(program: Path, *arguments: str, address: str = "") -> subprocess.CompletedProcess[str]:
    told = {"DOCKER_BUILDKIT": "1"} | ({"DOCKER_HOST": address} if address else {})
    command = [str(program), *arguments]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False,
            env=os.environ | told,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"it did not answer within {PATIENCE} s")
    except OSError as error:
        return subprocess.CompletedProcess(command, 1, "", f"{program} could not be started: {error.strerror}")
