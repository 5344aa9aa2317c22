"""Facts of the machine envgen runs on, gathered in this one place and passed in everywhere else."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import psutil
from packaging.version import Version
from pydantic import JsonValue
from uv import find_uv_bin

from envgen.cell import Arch, Cuda, GrammarError, Os, PythonVersion
from envgen.errors import EnvgenError
from envgen.probe.devices import NO_DRIVER, ask
from envgen.spec.matrix import Host

BUILD_FLAGS = (
    "CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH",
    "CMAKE_ARGS", "CMAKE_PREFIX_PATH", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS",
)  # fmt: skip
PROHIBITED = "prohibited"


@dataclass(frozen=True)
class Gpu:
    """One device that processes here see.

    Attributes:
        index: its number among them.
        uuid: what CUDA_VISIBLE_DEVICES calls it: `GPU-...`, or `MIG-...` for a part of one.
        compute_mode: `default`, `exclusive process` or `prohibited`.
    """

    name: str
    compute_capability: str
    memory_bytes: int
    index: int = 0
    uuid: str = ""
    compute_mode: str = "default"

    def __str__(self) -> str:
        return f"device {self.index} ({self.name})"

    @property
    def visible(self) -> str:
        """The value of CUDA_VISIBLE_DEVICES with which a process sees this device alone."""
        return self.uuid or str(self.index)

    @property
    def file_name(self) -> str:
        """What files about this device are called, without a suffix."""
        return re.sub(r"[^\w-]", "_", self.uuid or f"device-{self.index}", flags=re.ASCII)


@dataclass(frozen=True)
class CudaToolkit:
    """An nvcc with its headers.

    Attributes:
        home: what CUDA_HOME is set to.
        architectures: what it compiles machine code for (`75`, `90`); nothing when it does not say.
    """

    home: Path
    version: Version
    architectures: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Machine:
    """What envgen needs to know about this machine.

    Attributes:
        os: None when the system is not one that a matrix can name.
        no_gpu: why there is no usable GPU, as a sentence; empty when there is one.
        driver_cuda: the newest CUDA that the driver takes.
        driver: its release, such as 580.95.05.
        build_flags: variables of this process that compilers and build tools read.
    """

    os: Os | None
    arch: Arch
    system: str
    libc: str
    cpus: int
    memory_bytes: int
    compiler: str
    toolkits: tuple[CudaToolkit, ...]
    gpus: tuple[Gpu, ...]
    no_gpu: str
    driver_cuda: str | None
    driver: str | None = None
    build_flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> Host:
        return Host(self.os, self.arch)

    def facts(self) -> dict[str, JsonValue]:
        """As it stands in a result."""
        return {
            "os": str(self.os) if self.os else None,
            "arch": str(self.arch),
            "system": self.system,
            "libc": self.libc,
            "cpus": self.cpus,
            "memory_bytes": self.memory_bytes,
            "compiler": self.compiler,
            "cuda_toolkits": [str(toolkit.version) for toolkit in self.toolkits],
            "gpus": [asdict(gpu) for gpu in self.gpus],
            "no_gpu": self.no_gpu,
            "driver": self.driver,
            "driver_cuda": self.driver_cuda,
        }

    def toolkit_for(self, cuda: Cuda) -> CudaToolkit | None:
        """The toolkit to compile for a torch of that CUDA: the same major, the nearest minor."""
        fitting = [toolkit for toolkit in self.toolkits if toolkit.version.major == cuda.major]
        return min(fitting, key=lambda toolkit: abs(toolkit.version.minor - cuda.minor), default=None)


def this_machine() -> Machine:
    """Looks at the machine once; takes a few tenths of a second.

    Raises:
        EnvgenError: its processor is none that PyTorch has wheels for.
    """
    try:
        arch = Arch.parse(platform.machine())
    except GrammarError as error:
        raise EnvgenError(f"This machine's processor: {error}.", "Run envgen on one of those.") from None
    devices = ask()
    gpus = tuple(Gpu(**device) for device in devices.get("devices", ()))
    return Machine(
        os=_os(),
        arch=arch,
        system=platform.platform(),
        libc="-".join(filter(None, platform.libc_ver())),
        cpus=os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        compiler=_first_line(os.environ.get("CXX", "c++"), "--version"),
        toolkits=tuple(_toolkits()),
        gpus=gpus,
        no_gpu="" if gpus else _why_none(str(devices["reason"])),
        driver_cuda=devices.get("driver_cuda"),
        driver=devices.get("driver"),
        build_flags={name: os.environ[name] for name in BUILD_FLAGS if os.environ.get(name)},
    )


def _os() -> Os | None:
    if sys.platform == "darwin":
        return _parsed_os("macos" + platform.mac_ver()[0].split(".")[0])
    if sys.platform == "win32":
        return _parsed_os("windows" + re.sub(r"\D", "", platform.release()))
    try:
        return linux_os(platform.freedesktop_os_release())
    except OSError:
        return None


def linux_os(release: Mapping[str, str]) -> Os | None:
    """The system that the content of `/etc/os-release` names; None when a matrix has no name for it.

    Red Hat's system and its rebuilds keep one ABI through a major, and a matrix names them by it.
    """
    name, version = release.get("ID", ""), release.get("VERSION_ID", "")
    if name in ("almalinux", "centos", "rhel", "rocky"):
        version = version.split(".")[0]
    return _parsed_os({"amzn": "amazonlinux"}.get(name, name) + version)


def _parsed_os(text: str) -> Os | None:
    try:
        return Os.parse(text)
    except GrammarError:
        return None


def _why_none(reason: str) -> str:
    return f"{NO_DRIVER} here" if reason == NO_DRIVER else f"no GPU here: {reason}"


def _toolkits() -> Iterator[CudaToolkit]:
    homes = [Path(os.environ[name]) for name in ("CUDA_HOME", "CUDA_PATH") if os.environ.get(name)]
    if on_path := shutil.which("nvcc"):
        homes += _home_of(on_path)
    homes += [*sorted(Path("/usr/local").glob("cuda-*"), reverse=True), Path("/usr/local/cuda"), Path("/opt/cuda")]
    seen: set[Path] = set()
    for home in homes:
        nvcc = shutil.which("nvcc", path=str(home / "bin"))
        if not nvcc or home.resolve() in seen:
            continue
        seen.add(home.resolve())
        if version := _nvcc_version(nvcc):
            codes = re.findall(r"^sm_(\w+)$", _output(nvcc, "--list-gpu-code"), re.MULTILINE)
            yield CudaToolkit(home.resolve(), version, frozenset(codes))


def _home_of(nvcc: str) -> list[Path]:
    # An nvcc on PATH may be a wrapper script; nvcc itself says where it lives.
    said = _output(nvcc, "--dryrun", "-E", "-x", "cu", os.devnull)
    return [Path(home).parent for home in re.findall(r"^#\$ _HERE_=(.+)$", said, re.MULTILINE)]


def _nvcc_version(nvcc: str) -> Version | None:
    match = re.search(r"release (\d+\.\d+)", _output(nvcc, "--version"))
    return Version(match[1]) if match else None


def loader_cache() -> frozenset[str]:
    """Names of the shared libraries that the loader of this Linux finds wherever a process runs; empty elsewhere."""
    if sys.platform != "linux":
        return frozenset()
    program = shutil.which("ldconfig", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin") or "ldconfig"
    return frozenset(re.findall(r"^\t(\S+) \(", _output(program, "-p"), re.MULTILINE))


def _first_line(*command: str) -> str:
    return next(iter(_output(*command).splitlines()), "")


def _output(*command: str) -> str:
    if not shutil.which(command[0]):
        return ""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


@cache
def find_interpreter(wanted: PythonVersion) -> Path | None:
    """An installed CPython of that minor: this one, pyenv's, a CI tool cache's, one on PATH, or one of uv's."""
    return next((path for path in _interpreters(wanted) if _is(path, wanted)), None)


def _interpreters(wanted: PythonVersion) -> Iterator[Path]:
    yield Path(sys.executable)
    name = f"python{wanted}" + (".exe" if sys.platform == "win32" else "")
    folder = "." if sys.platform == "win32" else "bin"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    roots = [pyenv / "versions"]
    roots += [
        Path(os.environ[key]) / "Python" for key in ("RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY") if key in os.environ
    ]
    for root in roots:
        for home in sorted(root.glob(f"3.{wanted.minor}.*"), key=_patch, reverse=True):
            yield from (home / folder / name, home / "x64" / folder / name, home / "arm64" / folder / name)
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry and Path(entry) != pyenv / "shims":
            yield Path(entry) / name
    uv = [find_uv_bin(), "python", "find", "--no-project", "--no-python-downloads", "--quiet", str(wanted)]
    found = _output(*uv).strip().splitlines()
    yield from (Path(line) for line in found[-1:])


def _patch(home: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", home.name))


def _is(path: Path, wanted: PythonVersion) -> bool:
    if not path.is_file():
        return False
    ask = (
        "import sys, sysconfig; v = sys.version_info; "
        "print(sys.implementation.name, v[0], v[1], bool(sysconfig.get_config_var('Py_GIL_DISABLED')))"
    )
    return _output(str(path), "-I", "-c", ask).strip() == f"cpython 3 {wanted.minor} {wanted.free_threaded}"
