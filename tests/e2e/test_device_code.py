"""The reference's device code, with a real nvcc and without a GPU: what is compiled, and the whole ladder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envgen.inspection import device_code, look_around
from envgen.machine import this_machine
from envgen.spec.load import load

if TYPE_CHECKING:
    from conftest import TorchCell

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).resolve().parents[2]
CSRC = REPOSITORY / "csrc"
EXPECTED = ["sm_75", "sm_80", "sm_90", "sm_100", "sm_120", "compute_120"]


@pytest.fixture(scope="module")
def nvcc() -> Path:
    """Of a toolkit of this machine that knows every architecture of matrix.yaml."""
    wanted = {code.removeprefix("sm_") for code in EXPECTED if code.startswith("sm_")}
    for toolkit in this_machine().toolkits:
        if wanted <= toolkit.architectures:
            return toolkit.home / "bin" / "nvcc"
    pytest.skip("no nvcc of this machine knows every architecture of matrix.yaml")


@pytest.fixture(scope="module")
def compiled(nvcc: Path, torch_cell: TorchCell, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The CUDA unit as a library, what the assembler said of each kernel, and the PTX."""
    folder = tmp_path_factory.mktemp("device_code")
    asked = torch_cell.run("python", "-c", "import torch; print(torch.__path__[0])", cwd=folder)
    common = ["-std=c++17", "-O3", "-I", CSRC / "include", "-isystem", f"{asked.stdout.strip()}/include"]
    source = CSRC / "src" / "kernels_cuda.cu"
    asked_for = load(REPOSITORY / "matrix.yaml").extension.build.cuda_archs
    codes = [f"-gencode=arch=compute_{a.major}{a.minor},code=[{','.join(_codes(str(a)))}]" for a in asked_for]
    library = folder / "libkernels.so"
    options = [*common, *codes, "-shared", "-Xcompiler", "-fPIC", "-Xptxas", "-v", "-o", library]
    built = torch_cell.run(nvcc, *options, source, cwd=folder)
    assert built.returncode == 0, built.stderr
    ptx = torch_cell.run(nvcc, *common, "-arch=compute_80", "-ptx", "-o", folder / "kernels.ptx", source, cwd=folder)
    assert ptx.returncode == 0, ptx.stderr
    return library, built.stderr, (folder / "kernels.ptx").read_text()


def _codes(arch: str) -> list[str]:
    number = arch.removesuffix("+PTX").replace(".", "")
    return [f"sm_{number}", *([f"compute_{number}"] if arch.endswith("+PTX") else [])]


def test_the_library_holds_exactly_the_architectures_of_the_matrix(compiled: tuple[Path, str, str]) -> None:
    library, _, _ = compiled
    assert [str(code) for code in device_code(look_around(library.parent))] == EXPECTED


def test_no_kernel_keeps_registers_in_memory(compiled: tuple[Path, str, str]) -> None:
    _, said, _ = compiled
    stacks = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", said)
    kernels = 2 * (2 + 3 + 4 + 4)  # forward and backward, per dtype each size of packs
    assert len(stacks) >= kernels * sum(code.startswith("sm_") for code in EXPECTED)
    assert set(stacks) == {("0", "0", "0")}
    assert max(map(int, re.findall(r"Used (\d+) registers", said))) <= 102  # five blocks of 128 threads at least


def test_kernels_move_sixteen_bytes_at_once_and_never_divide_wide_numbers(compiled: tuple[Path, str, str]) -> None:
    _, _, ptx = compiled
    kernels = dict(re.findall(r"\.entry (\w+)\(.*?\n\{(.*?)\n\}", ptx, re.DOTALL))
    assert len(kernels) == 26
    for name, code in kernels.items():
        assert not re.search(r"\b(?:div|rem)\.[su]64|\.local\b", code), name
    for dtype, count in (("IfLi4E", 4), ("IN3c104HalfELi8E", 8), ("IN3c108BFloat16ELi8E", 8)):
        (forward,) = (code for name, code in kernels.items() if "forward" in name and dtype in name)
        loads = re.findall(r"ld\.global\.cs\.\S+", forward)
        assert loads == ["ld.global.cs.v4.u32"] * 4
        assert len(re.findall(r"ld\.global\S*", forward)) == 4
        assert {kind.partition("st.global")[2] for kind in re.findall(r"st\.global\S*", forward)} <= {
            ".v4.u32",
            ".v4.b32",
            ".v4.f32",
        }
        assert forward.count("ex2.approx") == 2 * count


def hiding_the_toolkits() -> list[str]:
    """Shell commands after which a mount namespace has no CUDA toolkit."""
    programs = [Path(folder, "nvcc") for folder in os.environ["PATH"].split(os.pathsep)]
    return [
        "mount --make-rprivate /",
        *(f"mount -t tmpfs none {shlex.quote(str(toolkit.home))}" for toolkit in this_machine().toolkits),
        *(f"mount --bind /dev/null {shlex.quote(str(program))}" for program in programs if program.is_file()),
        shlex.join([sys.executable, "-c", "from envgen.machine import this_machine as m; assert not m().toolkits"]),
    ]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="hiding the toolkit takes root on Linux")
def test_the_compiler_from_wheels_where_there_is_no_toolkit(tmp_path: Path) -> None:
    """The ladder of the CUDA cell that the main job has, as on a machine without a toolkit."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine makes no mount namespaces")
    if not all((toolkit.home / "nvvm").is_dir() for toolkit in this_machine().toolkits):
        pytest.skip("a toolkit of this machine lies among other files, and cannot be hidden alone")
    shutil.copytree(CSRC, tmp_path / "csrc", ignore=shutil.ignore_patterns("build", "__pycache__"))
    text, replaced = re.subn(
        "device_code: optional.*",
        "device_code: required\n    toolkit: wheels",
        (REPOSITORY / "matrix.yaml").read_text(),
    )
    assert replaced == 1
    (tmp_path / "matrix.yaml").write_text(text)
    envgen = str(Path(sys.executable).with_name("envgen"))
    run = shlex.join([envgen, "run", "--select", "default", "--where", "cuda!=cpu", "--name", "wheels"])
    hidden = {name: value for name, value in os.environ.items() if name not in ("CUDA_HOME", "CUDA_PATH")}
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", "\n".join([*hiding_the_toolkits(), run])],
        cwd=tmp_path,
        env=hidden,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert f"inspected passed: device code for {', '.join(EXPECTED)}\n" in said
    for rung in ("built", "loaded", "cpu"):
        assert f" {rung} passed" in said
    logs = "".join(file.read_text() for file in (tmp_path / ".envgen" / "runs").rglob("built*.log"))
    compilers = set(re.findall(r"(\S+/nvcc) ", logs))
    assert compilers
    assert all("site-packages/nvidia/cu" in compiler for compiler in compilers), compilers
