"""Builds the extension's three parts: `pip install --no-build-isolation .`, or one part of it at a time:

    python setup.py build_ext --part ops               the operator library, free of Python
    python setup.py build_ext --part stable            the same operator against torch's stable ABI (torch >= 2.9)
    python setup.py build_py build_ext --part module   the pybind11 module and the Python files

Read from the environment: ENVGEN_OUT (where the files go instead of build/), ENVGEN_DEVICE_CODE (1 or 0: compile the
CUDA units; otherwise they are compiled where torch has CUDA and its toolkit is found), and what torch's builder reads:
CUDA_HOME, TORCH_CUDA_ARCH_LIST, MAX_JOBS, CXX.
"""

import os
import shlex
import sys
from pathlib import Path
from typing import ClassVar

from setuptools import setup

try:
    import torch
    from torch.utils import cpp_extension
except ImportError as error:
    sys.exit(f"torch cannot be imported ({error}): build in the environment that has it, with --no-build-isolation")

STABLE_SINCE = (2, 9)
STABLE_TARGET = "0x0209000000000000"  # torch 2.9; see src/stable/boxed.h
HERE = Path(__file__).resolve().parent
INCLUDE = str(HERE / "include")
HEADERS = sorted(str(path) for folder in ("include", "src") for path in Path(folder).rglob("*.h"))


def device_code() -> bool:
    """Whether the CUDA units are compiled."""
    asked = os.environ.get("ENVGEN_DEVICE_CODE")
    if asked is not None:
        return asked == "1"
    return torch.version.cuda is not None and cpp_extension.CUDA_HOME is not None


def torch_release() -> tuple:
    return tuple(int(part) for part in torch.__version__.split(".")[:2])


def extension(name, sources, macros=(), cuda=False, needs_python=False):
    """A torch extension, without Python's library unless it needs it."""
    make = cpp_extension.CUDAExtension if cuda else cpp_extension.CppExtension
    made = make(
        f"envgen_reference.{name}",
        sources,
        include_dirs=[INCLUDE],
        depends=HEADERS,
        extra_compile_args={"cxx": compiler_flags(macros), "nvcc": nvcc_flags(macros)},
        extra_link_args=link_flags(needs_python),
    )
    made.needs_python = needs_python
    if not needs_python:
        made.libraries.remove("torch_python")
    return made


def compiler_flags(macros):
    if sys.platform == "win32":
        return ["/O2", "/EHsc", *(f"/D{macro}" for macro in macros)]
    # Where it was built does not enter the file: the same sources and the same torch give the same objects.
    places = {HERE: "envgen_reference", Path(torch.__file__).parent: "torch"}
    maps = [f"-ffile-prefix-map={folder}={name}" for folder, name in places.items()]
    return ["-O2", "-fPIC", "-fvisibility=hidden", *maps, *(f"-D{macro}" for macro in macros)]


def nvcc_flags(macros):
    hidden = [] if sys.platform == "win32" else ["-Xcompiler", "-fvisibility=hidden"]
    return ["-O3", *hidden, *(f"-D{macro}" for macro in macros)]


def link_flags(needs_python):
    if sys.platform != "linux":
        return []
    # A Python-free library that needs a symbol of Python's does not link.
    return ["-Wl,-s"] if needs_python else ["-Wl,-s", "-Wl,--no-undefined"]


def ops():
    sources = ["src/kernels_cpu.cpp", "src/ops_cpu.cpp", "src/register.cpp"]
    if not device_code():
        return extension("libenvgen_reference_ops", sources)
    sources += ["src/kernels_cuda.cu", "src/ops_cuda.cpp"]
    return extension("libenvgen_reference_ops", sources, macros=["ENVGEN_REFERENCE_WITH_CUDA"], cuda=True)


def stable():
    sources = ["src/kernels_cpu.cpp", "src/stable/ops_cpu.cpp"]
    return extension("libenvgen_reference_stable", sources, macros=[f"TORCH_TARGET_VERSION={STABLE_TARGET}"])


def module():
    return extension("_C", ["src/bind.cpp"], needs_python=True)


class BuildParts(cpp_extension.BuildExtension):
    """torch's builder, limited to one part when asked, and keeping Python out of the Python-free libraries."""

    user_options: ClassVar = [
        *cpp_extension.BuildExtension.user_options,
        ("part=", None, "build one of ops, stable, module"),
    ]

    def initialize_options(self):
        super().initialize_options()
        self.part = None

    def finalize_options(self):
        super().finalize_options()
        if self.part is not None:
            if self.part not in PARTS:
                sys.exit(f"there is no part {self.part!r} with torch {torch.__version__}: {', '.join(PARTS)}")
            self.extensions = [PARTS[self.part]]

    def build_extension(self, ext):
        if sys.platform == "linux":
            self.use_plain_compiler()
        shared, self.build_temp = self.build_temp, str(Path(self.build_temp, ext.name))
        Path(self.build_temp).mkdir(parents=True, exist_ok=True)
        try:
            super().build_extension(ext)
        finally:
            self.build_temp = shared

    def use_plain_compiler(self):
        """Forget the flags that this Python was built with: they are no business of the libraries."""
        cxx = shlex.split(os.environ.get("CXX", "c++"))
        for name in ("compiler", "compiler_so", "compiler_cxx", "compiler_so_cxx"):
            setattr(self.compiler, name, [*cxx, "-DNDEBUG"])
        for name in ("linker_so", "linker_so_cxx"):
            setattr(self.compiler, name, [*cxx, "-shared"])

    def get_ext_filename(self, fullname):
        *folders, name = fullname.split(".")
        if name.startswith("lib"):
            return str(Path(*folders, library_file(name)))
        return super().get_ext_filename(fullname)

    def get_export_symbols(self, ext):
        return super().get_export_symbols(ext) if ext.needs_python else []

    def get_libraries(self, ext):
        return super().get_libraries(ext) if ext.needs_python else ext.libraries


def library_file(name):
    if sys.platform == "win32":
        return f"{name[3:]}.dll"
    return f"{name}.{'dylib' if sys.platform == 'darwin' else 'so'}"


PARTS = {"ops": ops(), "module": module()}
if torch_release() >= STABLE_SINCE:
    PARTS["stable"] = stable()
OUT = os.environ.get("ENVGEN_OUT")

setup(
    packages=["envgen_reference", "envgen_reference.checks"],
    package_dir={"": "python"},
    ext_modules=list(PARTS.values()),
    cmdclass={"build_ext": BuildParts},
    options={"build": {"build_lib": OUT}} if OUT else {},
    zip_safe=False,
)
