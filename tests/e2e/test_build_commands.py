"""`envgen build-commands` with a real torch: pasted into a shell that knows nothing, and by ninja unit by unit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from run.project import here

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="builds are recorded through programs of a POSIX system"),
]

SETUP = """\
from pathlib import Path

from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CppExtension

headers = Path(__file__).resolve().with_name("include")
units = CppExtension("small.units", ["src/file.cpp", "src/sum.cpp", "src/register.cpp"], include_dirs=[str(headers)])
setup(name="small", packages=["small"], ext_modules=[units], cmdclass={"build_ext": BuildExtension})
"""
FILES = {
    "setup.py": SETUP,
    "include/sum.h": "#pragma once\n#include <cstdint>\n"
    "double sum(const double* values, std::int64_t count);\nconst char* file();\n",
    "src/file.cpp": '#include "sum.h"\nconst char* file() { return __FILE__; }\n',
    "src/sum.cpp": '#include "sum.h"\n'
    "double sum(const double* values, std::int64_t count) {\n"
    "  double total = 0;\n  while (count--) total += *values++;\n  return total;\n}\n",
    "src/register.cpp": "#include <Python.h>\n#include <ATen/core/Tensor.h>\n#include <torch/library.h>\n"
    # Not by its header, so that touching that does not compile this dear unit again.
    "double sum(const double* values, std::int64_t count);\nconst char* file();\n\n"
    "static double total(const at::Tensor& values) {\n"
    '  TORCH_CHECK(values.scalar_type() == at::kDouble, "not of doubles, says ", file());\n'
    "  return sum(values.const_data_ptr<double>(), values.numel());\n}\n"
    'TORCH_LIBRARY(small, m) { m.def("total(Tensor values) -> float", &total); }\n'
    'static PyModuleDef module = {PyModuleDef_HEAD_INIT, "units", nullptr, 0, nullptr};\n'
    "PyMODINIT_FUNC PyInit_units() { return PyModule_Create(&module); }\n",
    "small/__init__.py": "import torch\n\nfrom . import units\n",
    "small/check.py": "import torch, small\n\n"
    "assert torch.ops.small.total(torch.arange(4, dtype=torch.double)) == 6.0\n",
}
MATRIX = """\
version: 1
axes: {{python: ["3.{python}"], torch: ["{torch}"], cuda: [cpu], os: [{os}], arch: [{arch}]}}
extension:
  path: small
  import: small
  build:
    requires: [setuptools, ninja]
  checks:
    cpu: [python, -m, small.check]
"""


def envgen(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("envgen"), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(find_links: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extension of three units with torch's own builder, and what the cell's own build made of it."""
    pattern = re.compile(rf"torch-(\d+\.\d+\.\d+)\+cpu-cp3{sys.version_info.minor}-")
    files = [file.name for folder in find_links if Path(folder).is_dir() for file in Path(folder).glob("torch-*.whl")]
    versions = [match[1] for name in files if (match := pattern.match(name))]
    if not versions:
        pytest.skip(f"pip's configured find-links hold no CPU torch for CPython 3.{sys.version_info.minor}")
    folder = tmp_path_factory.mktemp("commands")
    for name, text in FILES.items():
        file = folder / "small" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    system, arch = here()
    matrix = MATRIX.format(python=sys.version_info.minor, torch=max(versions), os=system, arch=arch)
    (folder / "matrix.yaml").write_text(matrix)
    envgen(folder, "run")
    return folder


@pytest.fixture(scope="module")
def cell(project: Path) -> str:
    (cell,) = (folder.name for folder in (project / ".envgen" / "cells" / "venv").iterdir() if folder.is_dir())
    return cell


def libraries(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*.so")}


def test_pasted(project: Path, cell: str, tmp_path: Path) -> None:
    """The same bytes as the build of `envgen run`, though this Python may compile with -g, and a check that passes."""
    automatic = libraries(project / ".envgen" / "cells" / "venv" / cell / "artifact")
    script = envgen(project, "build-commands", cell)
    clean = ["/usr/bin/env", "-i"]
    done = subprocess.run([*clean, "bash"], input=script, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    out = tmp_path / cell / "out"
    assert libraries(out) == automatic != {}
    python = project / ".envgen" / "cells" / "venv" / cell / "venv" / "bin" / "python"
    check = [*clean, f"PYTHONPATH={out}", str(python), "-m", "small.check"]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ninja_compiles_one_unit(project: Path, cell: str, tmp_path: Path) -> None:
    envgen(project, "build-commands", cell, "--ninja", "-o", str(tmp_path))
    programs = project / ".envgen" / "cells" / "venv" / cell / "venv" / "bin"

    def compiled() -> list[str]:
        environ = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(["ninja", "-C", tmp_path], env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        return sorted(Path(line).name for line in done.stdout.splitlines() if ": compile " in line)

    assert compiled() == ["file.o", "register.o", "sum.o"]
    assert libraries(tmp_path / "out") == libraries(project / ".envgen" / "cells" / "venv" / cell / "artifact")
    (project / "small" / "src" / "sum.cpp").touch()
    assert compiled() == ["sum.o"]
    (project / "small" / "include" / "sum.h").touch()
    assert compiled() == ["file.o", "sum.o"]
    assert compiled() == []


def test_what_it_is_said_to_be(project: Path, cell: str) -> None:
    recipe = json.loads(envgen(project, "build-commands", cell, "--json"))
    assert recipe["versions"]["torch"].endswith("+cpu")
    assert any(word == "-DTORCH_EXTENSION_NAME=units" for word in recipe["actions"][0]["arguments"])
    assert any(word.startswith("-std=c++") for word in recipe["actions"][0]["arguments"])
    assert recipe["left_out"] == {}
