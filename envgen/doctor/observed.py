"""The facts of one environment and of the machine under it, as plain records: what the checks judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from envgen.binary import Binary
from envgen.cell import Cuda, GrammarError
from envgen.compat.compilers import Compiler
from envgen.compat.toolchain import DriverVersion
from envgen.doctor.said import Imported, Interpreter
from envgen.inspection.tensorrt import Seen
from envgen.machine import Gpu


@dataclass(frozen=True)
class Distribution:
    """An installed package.

    Attributes:
        name: normalised: `nvidia-cublas`.
        folder: the entry of the path that it is in.
        info: its dist-info or egg-info.
        editable: where its sources are, when it was installed editable.
    """

    name: str
    version: str
    folder: Path
    info: Path
    requires: tuple[str, ...] = ()
    editable: str = ""
    installer: str = ""


@dataclass(frozen=True)
class FilesCheck:
    """An installed package's files against its own list of them.

    Attributes:
        missing: files of the list that are not there.
        changed: files of another size, or of another hash where hashes were compared.
        unlisted: libraries inside its folder that no list names.
        shared: files that another package lists too, to that package's name.
        libraries: how many shared libraries it lists.
    """

    package: str
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    shared: Mapping[str, str] = field(default_factory=dict)
    libraries: int = 0
    hashed: bool = False


@dataclass(frozen=True)
class LibraryFolder:
    """A folder, or a file, that a variable has the loader look into before its usual places.

    Attributes:
        libraries: name to the file that it is in the end, of the shared libraries in it.
    """

    variable: str
    path: Path
    exists: bool = True
    libraries: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class CxxRuntime:
    """A libstdc++, and the newest GLIBCXX_ version that it defines."""

    path: Path
    glibcxx: Version


@dataclass(frozen=True)
class Libraries:
    """Shared libraries on disk.

    Attributes:
        folders: what the loader's variables name, in order.
        brought: file name to the file in the end, of what the environment's torch and NVIDIA packages have.
        process_runtime: the libstdc++ in torch's process.
        compiler_runtime: the one that the C++ compiler links to.
        openmp: OpenMP runtimes inside the environment.
    """

    folders: tuple[LibraryFolder, ...] = ()
    brought: Mapping[str, Path] = field(default_factory=dict)
    process_runtime: CxxRuntime | None = None
    compiler_runtime: CxxRuntime | None = None
    openmp: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Tool:
    """A program that a build starts.

    Attributes:
        asked: how it is called: the value of CXX, or the usual name.
        variable: the variable that names it, when one does.
        path: where it was found.
        version: what it says of itself; None when it does not run.
        compiler: its family and release, for a compiler.
    """

    asked: str
    variable: str = ""
    path: Path | None = None
    version: Version | None = None
    compiler: Compiler | None = None


@dataclass(frozen=True)
class CudaHome:
    """Where builds look for the CUDA toolkit.

    Attributes:
        text: as the variable has it, or the folder that torch comes to by itself.
        variable: CUDA_HOME or CUDA_PATH; empty when none is set.
        nvcc: release of the nvcc in it.
    """

    text: str
    variable: str = ""
    exists: bool = True
    nvcc: Version | None = None
    has_headers: bool = False


@dataclass(frozen=True)
class Tools:
    """What compiles extensions.

    Attributes:
        cxx: the C++ compiler.
        nvcc_host: what nvcc compiles host code with.
        c_only: a C compiler, where there is no C++ compiler beside it.
        nvcc: the one on PATH.
        true_home: the folder of the toolkit, as the nvcc on PATH itself says.
    """

    cxx: Tool
    nvcc_host: Tool | None = None
    c_only: Path | None = None
    ninja: Tool | None = None
    nvcc: Tool | None = None
    cuda_home: CudaHome | None = None
    true_home: Path | None = None
    python_h: bool = True


@dataclass(frozen=True)
class System:
    """The machine.

    Attributes:
        memory_bytes: what processes here may take, a container's limit counted.
        cpus: those that this process may run on.
        driver: version of NVIDIA's driver; None when there is none, or none says.
        driver_cuda: the newest CUDA that it carries.
        no_gpu: why there is no usable GPU.
        nvidia_device: whether the machine has NVIDIA hardware, driver or not.
        processor: what the hardware is, where the interpreter runs emulated: `arm64`.
        long_paths: on Windows, whether paths may be longer than 260 characters.
        missing_dlls: on Windows, those of the Visual C++ runtime that are missing.
        quarantined: on macOS, libraries that the system holds back.
    """

    memory_bytes: int
    cpus: int
    gpus: tuple[Gpu, ...] = ()
    driver: DriverVersion | None = None
    driver_cuda: Cuda | None = None
    no_gpu: str = ""
    nvidia_device: bool = False
    processor: str = ""
    long_paths: bool | None = None
    missing_dlls: tuple[str, ...] = ()
    quarantined: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Project:
    """The project in the working directory.

    Attributes:
        build_requires: `build-system.requires` of its pyproject.toml; None without one.
        unreadable: what is wrong with its pyproject.toml.
        imports_torch: whether its setup.py imports torch.
        modules: importable names in the folder itself.
    """

    folder: Path
    build_requires: tuple[str, ...] | None = None
    unreadable: str = ""
    imports_torch: bool = False
    modules: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Extension:
    """An extension that is asked about, by its name or its file.

    Attributes:
        asked: the name or the file.
        binaries: its shared libraries.
        unreadable: why a file could not be read, file to reason.
        places: where the path leads to a module of its name.
        outcome: how loading it after torch went.
    """

    asked: str
    binaries: tuple[Binary, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    places: tuple[Path, ...] = ()
    outcome: Imported = field(default_factory=Imported)


@dataclass(frozen=True)
class Observed:
    """An environment as it was found.

    Attributes:
        variables: the environment variables that its interpreter was started with.
        hampered: why it could only be asked isolated from PYTHON* variables and the user's site; else empty.
        distributions: every installed package, in the order of the path, also hidden ones.
        torches: every `torch` that the path leads to; the first is imported.
        user_site_torch: whether the user's own packages hold a torch, on the path or not.
        hollow: folders named torch on the path that hold no package.
        path_modules: names of the modules in each entry of PYTHONPATH.
        version_cuda: `cuda` of torch/version.py, which needs no import.
        remains: folders that an interrupted pip left behind.
        development_files: files by which a development install of torch gets onto the path.
        tensorrt: how far TensorRT comes; None without it, and where torch cannot be imported.
    """

    interpreter: Interpreter
    variables: Mapping[str, str]
    system: System
    tools: Tools
    project: Project
    hampered: str = ""
    distributions: tuple[Distribution, ...] = ()
    torches: tuple[Path, ...] = ()
    user_site_torch: bool = False
    hollow: tuple[Path, ...] = ()
    path_modules: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    version_cuda: str | None = None
    imported: Imported = field(default_factory=Imported)
    files: tuple[FilesCheck, ...] = ()
    libraries: Libraries = field(default_factory=Libraries)
    remains: tuple[Path, ...] = ()
    development_files: tuple[Path, ...] = ()
    extensions: tuple[Extension, ...] = ()
    tensorrt: Seen | None = None

    def distribution(self, name: str) -> Distribution | None:
        """The installed package of that name that counts: the first on the path."""
        return next((found for found in self.distributions if found.name == name), None)

    @cached_property
    def torch_version(self) -> Version | None:
        """Without a local part; as torch says, or as its metadata says when it cannot be imported."""
        installed = self.distribution("torch")
        texts = (self.imported.torch and self.imported.torch.version, installed and installed.version)
        return next((version for text in texts if text and (version := public_version(text))), None)

    @cached_property
    def torch_cuda(self) -> Cuda | None:
        """The CUDA that torch was built for, `cpu` for none; None when there is no torch, or it does not say."""
        if self.imported.torch:
            return _cuda(self.imported.torch.cuda or "cpu")
        return _cuda(self.version_cuda) if self.version_cuda else None

    @property
    def has_torch(self) -> bool:
        return bool(self.torches) or self.distribution("torch") is not None

    @property
    def python(self) -> str:
        """The interpreter as a command has it."""
        return self.interpreter.executable


def public_version(text: str) -> Version | None:
    """A version without its local part; None when it is none."""
    try:
        return Version(Version(text).public)
    except ValueError:
        return None


def _cuda(text: str) -> Cuda | None:
    try:
        return Cuda.parse(text)
    except GrammarError:
        return None
