"""Ill environments: of each, the check that finds it, how bad it is, its cause, and a part of what is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from packaging.version import Version

from envgen.cell import Cuda, Flavour
from envgen.compat.compilers import Compiler, Family
from envgen.compat.toolchain import DriverVersion
from envgen.diagnose.causes import Cause
from envgen.doctor import Severity
from envgen.doctor.observed import CudaHome, CxxRuntime, FilesCheck, LibraryFolder, Observed, Project, Tool
from envgen.doctor.said import Imported, Step
from envgen.inspection.tensorrt import Seen

from .samples import (
    GIB,
    H100,
    HEALTHY,
    LIBSTDCXX,
    SITE,
    USER_SITE,
    ill,
    libraries,
    package,
    python,
    steps,
    system,
    tool,
    tools,
    torch_with,
    with_packages,
    with_variables,
)

ERROR, WARNING, INFO = Severity
DECOY = Path("/opt/cuda/lib64/libcudart.so.13.0.1")
DECOYS = LibraryFolder("LD_LIBRARY_PATH", Path("/opt/cuda/lib64"), libraries={"libcudart.so.13": DECOY})
GCC9, GCC17 = (Compiler(Family.GCC, Version(text)) for text in ("9", "17"))
RUNTIME = Path("/env/lib/libstdc++.so.6.0.25")
CPU = {"version": "2.13.0+cpu", "cuda": None, "arch_list": ()}
OTHER_BINDINGS = Seen(
    Flavour.LEAN,
    ({"kind": "nvinfer_lean", "file": "/env/libnvinfer_lean.so.11", "soname": "libnvinfer_lean.so.11", "needed": ()},),
    {
        "version": {"step": "version", "outcome": "passed", "said": "", "version": "11.1.0.106"},
        "bindings": {"step": "bindings", "outcome": "passed", "said": "", "version": "11.0.0.114"},
    },
    "no NVIDIA driver",
)
NO_BINDINGS = replace(
    OTHER_BINDINGS,
    steps={
        "version": OTHER_BINDINGS.steps["version"],
        "bindings": {
            "step": "bindings", "outcome": "library-missing",
            "said": "ImportError: libcudnn.so.8: cannot open shared object file: No such file or directory",
        },
    },
)  # fmt: skip
FAILED = Step(step="torch", error="ImportError: /env/x.so: undefined symbol: _ZN3c10", trace="...")

Case = tuple[str, Severity, Cause | None, str, Observed]

CASES: list[Case] = [
    (
        "interpreter-starts", ERROR, None, "does not start with PYTHONHOME set",
        ill(hampered="killed by SIGABRT: no word", variables=with_variables(PYTHONHOME="/elsewhere")),
    ),
    ("interpreter-kind", ERROR, Cause.MACHINE_ARCH_MISMATCH, "32-bit", ill(interpreter=python(bits=32))),
    ("interpreter-kind", ERROR, Cause.PYTHON_ABI_MISMATCH, "PyPy", ill(interpreter=python(implementation="PyPy"))),
    (
        "interpreter-kind", WARNING, Cause.MACHINE_ARCH_MISMATCH, "translation on arm64",
        ill(interpreter=python(platform="darwin"), system=system(processor="arm64")),
    ),
    ("python-home", ERROR, None, "not the home of this one", ill(variables=with_variables(PYTHONHOME="/elsewhere"))),
    ("python-home", WARNING, None, "of other versions", ill(variables=with_variables(PYTHONHOME="/usr/"))),
    (
        "python-path", ERROR, None, "json and types before Python's own",
        ill(path_modules={Path("/mine"): frozenset({"json", "types", "mine", "test"})}),
    ),
    (
        "no-user-site", WARNING, None, "PYTHONNOUSERSITE hides",
        ill(
            interpreter=python(prefix="/usr"), torches=(), distributions=(), imported=Imported(), user_site_torch=True,
            variables=with_variables(PYTHONNOUSERSITE="1"),
        ),
    ),
    ("two-torches", ERROR, None, "2 torch are on the path: the first", ill(torches=(Path("/a/torch"), SITE / "torch"))),
    (
        "two-torches", ERROR, None, "the one that PYTHONPATH leads to",
        ill(torches=(Path("/a/torch"), SITE / "torch"), path_modules={Path("/a"): frozenset({"torch"})}),
    ),
    (
        "two-torches", ERROR, None, "user's own packages",
        ill(torches=(USER_SITE / "torch", SITE / "torch")),
    ),
    (
        "two-records", ERROR, None, "2.13.0 and 2.12.0",
        ill(distributions=(*HEALTHY.distributions, package("torch", "2.12.0"))),
    ),
    ("torch-record", ERROR, None, "imported from /dev/sources", ill(torches=(Path("/dev/sources/torch"),))),
    (
        "torch-record", ERROR, Cause.BINARY_DAMAGED, "nothing on the path is torch",
        ill(torches=(), imported=Imported()),
    ),
    (
        "torch-record", WARNING, None, "pip knows nothing",
        ill(distributions=[each for each in HEALTHY.distributions if each.name != "torch"]),
    ),
    (
        "torch-record", INFO, None, "editable installation of file:///src",
        ill(distributions=with_packages(package("torch", "2.13.0", editable="file:///src"))),
    ),
    (
        "local-torch", WARNING, None, "working directory holds a `torch`",
        ill(project=Project(Path("/project"), modules={"torch": Path("/project/torch")})),
    ),
    ("hollow-torch", ERROR, None, "empty module", ill(torches=(), hollow=(SITE / "torch",), imported=Imported())),
    (
        "user-site", WARNING, None, "numpy 1.26.0 of the user's own packages takes part",
        ill(distributions=(package("numpy", "1.26.0", folder=USER_SITE), *HEALTHY.distributions)),
    ),
    (
        "torch-installed", ERROR, None, "torch is not installed; PyPI has wheels of torch 2.2.0 to",
        ill(torches=(), distributions=(), imported=Imported()),
    ),
    (
        "torch-installed", ERROR, None, "no known release has a wheel for Python 3.5",
        ill(torches=(), distributions=(), imported=Imported(), interpreter=python(version="3.5.1")),
    ),
    ("torch-version", ERROR, Cause.BINARY_DAMAGED, "'x'", ill(distributions=with_packages(package("torch", "x")))),
    (
        "requirements", ERROR, Cause.TORCH_VERSION_MISMATCH, "torchvision 0.20.0 requires torch==2.5.0 (2.13.0 is",
        ill(distributions=with_packages(package("torchvision", "0.20.0", "torch==2.5.0"))),
    ),
    (
        "requirements", WARNING, Cause.VENDOR_LIB_VERSION_MIX, "cuda-toolkit 13.0.3 requires nvidia-cuda-runtime",
        ill(distributions=with_packages(package("nvidia-cuda-runtime", "13.2.1"))),
    ),
    (
        "requirements", ERROR, Cause.CUDA_RUNTIME_MISSING, "96.* (not installed).",
        ill(
            distributions=[each for each in HEALTHY.distributions if each.name != "nvidia-cuda-runtime"],
            imported=Imported((FAILED,)),
        ),
    ),
    (
        "cuda-generations", WARNING, Cause.VENDOR_LIB_VERSION_MIX, "nothing here requires nvidia-cuda-runtime-cu12",
        ill(distributions=with_packages(package("nvidia-cuda-runtime-cu12", "12.8.90"))),
    ),
    (
        "cuda-generations", INFO, Cause.VENDOR_LIB_VERSION_MIX, "more than one major of CUDA.",
        ill(distributions=with_packages(
            package("nvidia-cuda-runtime-cu12", "12.8.90"), package("cupy-cuda12x", "13.0", "nvidia-cuda-runtime-cu12")
        )),
    ),
    ("remains", WARNING, None, "interrupted pip", ill(remains=(SITE / "~orch",))),
    (
        "files", ERROR, Cause.BINARY_DAMAGED, "not as it was installed: 1 file missing and 2 files of another",
        ill(files=(FilesCheck("torch", missing=("torch/lib/libc10.so",), changed=("torch/a.py", "torch/b.py")),)),
    ),
    (
        "files", WARNING, Cause.BINARY_DAMAGED, "1 file missing.",
        ill(files=(FilesCheck("torch", missing=("torch/include/ATen/ATen.h",)),)),
    ),
    (
        "leftovers", WARNING, Cause.STALE_BUILD, "A library in the folders of torch did not come with it",
        ill(files=(FilesCheck("torch", unlisted=("torch/lib/libtorch_cuda.so",)),)),
    ),
    (
        "overwritten", ERROR, Cause.VENDOR_LIB_VERSION_MIX, "nvidia-cudnn-cu12 write over each other: 1 file",
        ill(files=(
            FilesCheck("nvidia-cudnn-cu13", shared={"nvidia/cudnn/lib/libcudnn.so.9": "nvidia-cudnn-cu12"}),
            FilesCheck("nvidia-cudnn-cu12", shared={"nvidia/cudnn/lib/libcudnn.so.9": "nvidia-cudnn-cu13"}),
        )),
    ),
    (
        "companions", ERROR, Cause.NUMPY_ABI_MISMATCH, "torch 2.2.2 works only beside numpy<2",
        ill(distributions=with_packages(package("torch", "2.2.2"), package("torchvision", "0.17.2"))),
    ),
    (
        "tensorrt-libraries", ERROR, Cause.TRT_LIB_MISSING, "tensorrt-cu13 11.0.0 is only a shell",
        ill(distributions=with_packages(package("tensorrt-cu13", "11.0.0"))),
    ),
    (
        "tensorrt-cuda", WARNING, Cause.VENDOR_LIB_VERSION_MIX, "is for CUDA 12, and torch for CUDA 13.0",
        ill(distributions=with_packages(package("tensorrt-cu12-libs", "10.14.1"))),
    ),
    (
        "libraries-taken", WARNING, Cause.VENDOR_LIB_VERSION_MIX, "torch loads libcudart.so.13.0.1 from outside",
        ill(
            imported=torch_with(libraries=(str(DECOY), str(LIBSTDCXX))),
            libraries=libraries(folders=(DECOYS,)), variables=with_variables(LD_LIBRARY_PATH="/opt/cuda/lib64"),
        ),
    ),
    (
        "libraries-taken", ERROR, Cause.TORCH_VERSION_MISMATCH, "the loader's own configuration leads",
        ill(
            imported=torch_with(libraries=("/usr/lib/libtorch_cpu.so",)),
            libraries=libraries(brought={"libtorch_cpu.so": SITE / "torch/lib/libtorch_cpu.so"}),
        ),
    ),
    (
        "libraries-offered", WARNING, Cause.VENDOR_LIB_VERSION_MIX, "LD_LIBRARY_PATH offers libcudart.so.13 in place",
        ill(libraries=libraries(folders=(DECOYS,))),
    ),
    (
        "preload", WARNING, None, "LD_PRELOAD names a library that is not there",
        ill(libraries=libraries(folders=(LibraryFolder("LD_PRELOAD", Path("/no/such.so"), exists=False),))),
    ),
    (
        "libstdcxx", ERROR, Cause.LIBSTDCXX_TOO_OLD, "torch needs GLIBCXX_3.4.22, and the libstdc++ in its",
        ill(libraries=libraries(process_runtime=CxxRuntime(RUNTIME, Version("3.4.20")))),
    ),
    (
        "libstdcxx", WARNING, Cause.LIBSTDCXX_TOO_OLD, "what is compiled here may not load here",
        ill(libraries=libraries(process_runtime=CxxRuntime(RUNTIME, Version("3.4.25")))),
    ),
    (
        "glibc", ERROR, Cause.GLIBC_TOO_OLD, "needs glibc 2.28, and this system has 2.17",
        ill(interpreter=python(libc=("glibc", "2.17"))),
    ),
    ("glibc", ERROR, Cause.GLIBC_TOO_OLD, "C library is musl", ill(interpreter=python(libc=("musl", "1.2")))),
    (
        "openmp", WARNING, Cause.OPENMP_DUPLICATE, "2 OpenMP runtimes in torch's process",
        ill(imported=torch_with(libraries=("/env/torch/lib/libgomp.so.1", "/env/lib/libiomp5.so"))),
    ),
    (
        "openmp", INFO, Cause.OPENMP_DUPLICATE, "2 kinds of OpenMP runtimes: libgomp and libiomp5",
        ill(libraries=libraries(openmp=(Path("/env/torch.libs/libgomp-a34b.so.1"), Path("/env/lib/libiomp5.so")))),
    ),
    ("torch-imports", ERROR, None, "`import torch` fails: ImportError", ill(imported=Imported((FAILED,)))),
    (
        "torch-imports", ERROR, None, "`import torch` ends the process: killed by SIGSEGV",
        ill(imported=Imported(died="killed by SIGSEGV at the step torch")),
    ),
    (
        "numpy", ERROR, Cause.NUMPY_ABI_MISMATCH, "does not work with the installed numpy 2.4.6: RuntimeError",
        ill(imported=steps(Step(step="numpy", error="RuntimeError: Numpy is not available"))),
    ),
    (
        "numpy", ERROR, Cause.NUMPY_ABI_MISMATCH, "killed by SIGABRT",
        ill(imported=steps(died="killed by SIGABRT at the step numpy", upto=1)),
    ),
    (
        "extension-tools", WARNING, Cause.BUILD_ENV_INCOMPLETE, "No module named 'distutils'",
        ill(imported=steps(Step(step="building", error="ModuleNotFoundError: No module named 'distutils'"))),
    ),
    (
        "driver", ERROR, Cause.DRIVER_MISSING_OR_TOO_OLD, "The driver 550.54.15 carries CUDA up to 12.4",
        ill(system=system(driver_cuda=Cuda(12, 4), driver=DriverVersion("550.54.15"))),
    ),
    (
        "driver", INFO, Cause.DRIVER_MISSING_OR_TOO_OLD, "PTX of the newer one is not compiled",
        ill(imported=torch_with(cuda="13.2")),
    ),
    (
        "driver", ERROR, Cause.DRIVER_MISSING_OR_TOO_OLD, "cannot be used: no NVIDIA driver",
        ill(system=system(gpus=(), driver=None, driver_cuda=None, no_gpu="no NVIDIA driver")),
    ),
    (
        "driver", ERROR, Cause.DRIVER_MISSING_OR_TOO_OLD, "toolkit's stub",
        ill(system=system(gpus=(), driver_cuda=None, no_gpu="cuInit returned 34")),
    ),
    ("cpu-torch", WARNING, Cause.CUDA_CPU_BUILD_MISMATCH, "NVIDIA H100", ill(imported=torch_with(**CPU))),
    (
        "gpu-architecture", ERROR, Cause.GPU_ARCH_MISSING, "no code for Tesla V100 (compute capability 7.0)",
        ill(system=system(gpus=(replace(H100, name="Tesla V100", compute_capability="7.0"),))),
    ),
    (
        "gpu-works", ERROR, None, "the first thing computed on it fails: RuntimeError: CUDA error",
        ill(imported=steps(Step(step="cuda", error="RuntimeError: CUDA error: unknown error"))),
    ),
    (
        "gpu-works", ERROR, Cause.DRIVER_MISSING_OR_TOO_OLD, "does not see it",
        ill(imported=steps(Step(step="cuda")), variables=with_variables(CUDA_VISIBLE_DEVICES="")),
    ),
    (
        "compiler", ERROR, Cause.HOST_COMPILER_MISSING, "CXX names a compiler that is not there: g++-99",
        ill(tools=tools(cxx=Tool("g++-99", "CXX"))),
    ),
    (
        "compiler", WARNING, Cause.HOST_COMPILER_MISSING, "there is only a C compiler (/usr/bin/gcc)",
        ill(tools=tools(cxx=Tool("c++"), c_only=Path("/usr/bin/gcc"))),
    ),
    (
        "compiler", WARNING, Cause.HOST_COMPILER_MISSING, "does not answer as one",
        ill(tools=tools(cxx=tool("c++"))),
    ),
    (
        "cxx-standard", ERROR, Cause.CXX_STANDARD_MISMATCH, "C++20 needs gcc from 10, and the compiler is gcc 9",
        ill(tools=tools(cxx=tool("c++", "9", GCC9))),
    ),
    (
        "two-compilers", WARNING, Cause.HEADER_COMPILER_CONFLICT, "gcc 9 and gcc 12",
        ill(tools=tools(nvcc_host=tool("gcc-9", "9", GCC9, variable="CC"))),
    ),
    ("ninja", INFO, Cause.BUILD_ENV_INCOMPLETE, "no ninja", ill(tools=tools(ninja=None))),
    (
        "ninja", WARNING, Cause.BUILD_ENV_INCOMPLETE, "does not run",
        ill(tools=tools(ninja=Tool("ninja", path=Path("/env/bin/ninja")))),
    ),
    ("python-headers", WARNING, Cause.DEV_HEADERS_MISSING, "Python.h", ill(tools=tools(python_h=False))),
    (
        "build-isolation", WARNING, Cause.BUILD_ENV_INCOMPLETE, "does not name torch",
        ill(project=Project(Path("/project"), build_requires=("setuptools",), imports_torch=True)),
    ),
    (
        "build-isolation", WARNING, Cause.BUILD_ENV_INCOMPLETE, "no pyproject.toml asks for torch",
        ill(project=Project(Path("/project"), imports_torch=True)),
    ),
    (
        "build-isolation", ERROR, Cause.BUILD_ENV_INCOMPLETE, "cannot be read: Expected '='",
        ill(project=Project(Path("/project"), unreadable="Expected '=' after a key")),
    ),
    (
        "build-companions", WARNING, Cause.BUILD_ENV_INCOMPLETE, "torch 2.1.2 are built beside setuptools<70",
        ill(
            imported=torch_with(version="2.1.2+cu121", cuda="12.1"),
            distributions=with_packages(package("setuptools", "80.1.0")),
        ),
    ),
    ("memory", INFO, Cause.BUILD_OOM, "runs 10 compilers at once; ", ill(system=system(memory_bytes=8 * GIB))),
    (
        "memory", WARNING, Cause.BUILD_OOM, "runs 4 compilers at once (MAX_JOBS)",
        ill(system=system(memory_bytes=4 * GIB), variables=with_variables(MAX_JOBS="4")),
    ),
    (
        "cuda-home", ERROR, Cause.CUDA_TOOLKIT_MISSING, "names several folders",
        ill(tools=tools(cuda_home=CudaHome("/opt/a:/opt/b", "CUDA_HOME", exists=False))),
    ),
    (
        "cuda-home", WARNING, Cause.CUDA_TOOLKIT_MISSING, "without a working bin/nvcc",
        ill(imported=torch_with(**CPU), tools=tools(cuda_home=CudaHome("/opt/a", "CUDA_HOME"))),
    ),
    (
        "cuda-home", WARNING, Cause.CUDA_TOOLKIT_MISSING, "is not set, and what builds take for it",
        ill(tools=tools(cuda_home=CudaHome("/usr/local", nvcc=Version("13.0")), true_home=Path("/usr/cuda-13.0"))),
    ),
    ("cuda-home", INFO, Cause.CUDA_TOOLKIT_MISSING, "no CUDA toolkit", ill(tools=tools(cuda_home=None, nvcc=None))),
    (
        "cuda-version", ERROR, Cause.CUDA_MAJOR_MISMATCH_BUILD, "toolkit is 12.8, and torch is built for 13.0",
        ill(tools=tools(cuda_home=None, nvcc=tool("nvcc", "12.8"))),
    ),
    (
        "cuda-version", WARNING, Cause.CUDA_MAJOR_MISMATCH_BUILD, "toolkit is 13.2",
        ill(tools=tools(cuda_home=None, nvcc=tool("nvcc", "13.2"))),
    ),
    (
        "two-nvcc", WARNING, Cause.CUDA_MAJOR_MISMATCH_BUILD, "PATH leads to nvcc 12.8",
        ill(tools=tools(nvcc=tool("nvcc", "12.8"))),
    ),
    (
        "nvcc-compiler", ERROR, Cause.NVCC_HOST_COMPILER_UNSUPPORTED, "nvcc 13.0 takes gcc below 16",
        ill(tools=tools(nvcc_host=tool("g++", "17", GCC17))),
    ),
    (
        "nvcc-compiler", ERROR, Cause.HOST_COMPILER_MISSING, "with gcc-99, which is not there",
        ill(tools=tools(nvcc_host=Tool("gcc-99", "CC"))),
    ),
    (
        "tensorrt", ERROR, Cause.TRT_PARTS_MISMATCH, "module is 11.0.0.114, and its library is 11.1.0.106",
        ill(tensorrt=OTHER_BINDINGS),
    ),
    ("tensorrt", ERROR, Cause.CUDA_RUNTIME_MISSING, "libcudnn.so.8: cannot open", ill(tensorrt=NO_BINDINGS)),
    (
        "vc-runtime", ERROR, Cause.WIN_DLL_NOT_FOUND, "vcruntime140_1.dll missing",
        ill(system=system(missing_dlls=("vcruntime140_1.dll",))),
    ),
    ("long-paths", INFO, None, "260 characters", ill(system=system(long_paths=False))),
    (
        "quarantine", ERROR, Cause.MAC_CODE_SIGNING, "holds back",
        ill(system=system(quarantined=(SITE / "torch/lib/libc10.dylib",))),
    ),
]  # fmt: skip
