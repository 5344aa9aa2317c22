"""The reference extension, built in its three steps as envgen builds it, and checked on the CPU."""

from __future__ import annotations

import ctypes.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import TorchCell

pytestmark = pytest.mark.e2e

CSRC = Path(__file__).resolve().parents[2] / "csrc"
STEPS = {
    "ops": ("build_ext", "--part", "ops"),
    "stable": ("build_ext", "--part", "stable"),
    "module": ("build_py", "build_ext", "--part", "module"),
}
PYTHON_FREE = ("libenvgen_reference_ops.so", "libenvgen_reference_stable.so")


@pytest.fixture(scope="module")
def built(torch_cell: TorchCell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each step in a private copy with its own output folder; then the outputs merged."""
    merged = tmp_path_factory.mktemp("merged")
    for name, command in STEPS.items():
        folder = tmp_path_factory.mktemp(name)
        source, out = folder / "source", folder / "out"
        shutil.copytree(CSRC, source)
        env = {"ENVGEN_OUT": str(out), "ENVGEN_DEVICE_CODE": "0", "MAX_JOBS": "2"}
        done = torch_cell.run("python", "setup.py", *command, cwd=source, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        shutil.copytree(out, merged, dirs_exist_ok=True)
    return merged


def check(
    cell: TorchCell, out: Path, facts: Path, *command: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, object]]:
    env = {"PYTHONPATH": str(out), "ENVGEN_FACTS": str(facts)}
    done = cell.run("python", *command, cwd=facts.parent, env=env)
    return done, json.loads(facts.read_text()) if facts.exists() else {}


def test_the_cpu_check_passes_with_all_parts(torch_cell: TorchCell, built: Path, tmp_path: Path) -> None:
    done, facts = check(torch_cell, built, tmp_path / "facts.json", "-m", "envgen_reference.checks.cpu")
    assert done.returncode == 0, done.stderr
    assert facts["torch"] == torch_cell.torch
    for flavour in ("operator", "stable"):
        measured = facts[flavour]
        assert isinstance(measured, dict)
        assert measured["cases"] >= 100
        assert measured["opcheck"] == "passed"


def test_the_kernel_check_is_not_run_without_a_driver(torch_cell: TorchCell, built: Path, tmp_path: Path) -> None:
    done, facts = check(torch_cell, built, tmp_path / "facts.json", "-m", "envgen_reference.checks.kernel")
    assert (done.returncode, done.stderr) == (77, "there is no CUDA driver here\n")
    assert facts.keys() == {"torch", "build"}


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (0, 1, "there is a CUDA driver, and torch"),
        (803, 1, "there is a CUDA driver, and torch"),
        (100, 77, "the CUDA driver has no device here"),
        (34, 77, "only the stub of it"),
    ],
)
def test_what_the_driver_answers_decides(
    torch_cell: TorchCell, built: Path, tmp_path: Path, status: int, code: int, said: str
) -> None:
    """A library in the place of the driver's answers; the CPU build of torch can use none."""
    (tmp_path / "driver.c").write_text(f"int cuInit(unsigned flags) {{ return {status}; }}")
    subprocess.run(["cc", "-shared", "-fPIC", "driver.c", "-o", "libcuda.so.1"], cwd=tmp_path, check=True)
    env = {"PYTHONPATH": str(built), "LD_LIBRARY_PATH": str(tmp_path)}
    done = torch_cell.run("python", "-m", "envgen_reference.checks.kernel", cwd=tmp_path, env=env)
    assert done.returncode == code
    assert said in done.stderr.splitlines()[-1]


def test_parts_of_the_kernel_check_that_need_no_gpu(torch_cell: TorchCell, built: Path, tmp_path: Path) -> None:
    """torch.compile on the CPU; and the comparison of large tensors, with small ones, finds one wrong element."""
    code = """
import torch, envgen_reference
from envgen_reference.checks import compiled, large, outcome
print(compiled.compare("cpu")["aot_eager"])
large.CHUNK = 1000
large._random = lambda *shape: torch.empty(*shape, dtype=large.DTYPE).normal_(std=2)
right = envgen_reference.silu_and_mul
for shape in [(7, 66), (1, 5000), (40, 2048), (3, 1998)]:
    places = torch.zeros(shape[0], shape[1] // 2)
    for rows, columns in large._chunks(places):
        places[rows, columns] += 1
    assert places.eq(1).all()
    assert large._forward(shape, "x") < 8e-3 and large._backward(shape, "x") < 8e-3
    for place in (0, places.numel() // 2, -1):
        def wrong(x):
            out = right(x)
            out.view(-1)[place] += 1
            return out
        envgen_reference.silu_and_mul = wrong
        try:
            large._forward(shape, "x")
        except outcome.CheckError:
            continue
        raise AssertionError(f"{shape}: {place}")
    envgen_reference.silu_and_mul = right
"""
    done = torch_cell.run("python", "-c", code, cwd=tmp_path, env={"PYTHONPATH": str(built)})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "passed"


@pytest.mark.skipif(ctypes.util.find_library("cuda") is not None, reason="there is a CUDA driver here")
def test_the_engine_check_is_not_run_without_a_driver(torch_cell: TorchCell, built: Path, tmp_path: Path) -> None:
    done, facts = check(torch_cell, built, tmp_path / "facts.json", "-m", "envgen_reference.checks.engine")
    assert (done.returncode, done.stderr) == (77, "there is no CUDA driver here\n")
    assert facts == {"torch": torch_cell.torch}


@pytest.mark.parametrize("dynamic", [False, True])
def test_the_model_for_torch_tensorrt_keeps_the_operator(
    torch_cell: TorchCell, built: Path, tmp_path: Path, *, dynamic: bool
) -> None:
    """Exported, decomposed, saved and loaded by torch itself, on the CPU: the rest of it needs a GPU."""
    code = f"""
import sys, torch, envgen_reference
from envgen_reference.checks import engine_torch, network
engine_torch._input = lambda rows: network.filling(9, (rows, engine_torch.DEPTH))
model, x, facts = engine_torch.Model().eval(), engine_torch._input(engine_torch.USUAL), {{}}
program = engine_torch.export(model, x, {dynamic}).run_decompositions()
engine_torch._require_operator(engine_torch._calls(program.module()))
torch.export.save(program, sys.argv[1] + ".pt2")
torch.jit.save(torch.jit.trace(program.module(), [x]), sys.argv[1] + ".ts")
for load, file in ((lambda f: torch.export.load(f).module(), ".pt2"), (torch.jit.load, ".ts")):
    loaded = load(sys.argv[1] + file)
    engine_torch._require_operator(engine_torch._graph(loaded))
    engine_torch._compare(facts, loaded, model, {dynamic})
assert 0 < facts["largest_error"] < 1e-6, facts
"""
    done, _ = check(torch_cell, built, tmp_path / "facts.json", "-c", code, str(tmp_path / "model"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("wrong", ["x.double().chunk(2, -1)[0].to(x.dtype)", "torch.full_like(x[..., ::2], torch.nan)"])
def test_a_wrong_operator_fails_the_check(torch_cell: TorchCell, built: Path, tmp_path: Path, wrong: str) -> None:
    code = (
        "import sys, torch, envgen_reference\n"
        f"envgen_reference.silu_and_mul = lambda x: {wrong}\n"
        "from envgen_reference.checks import cpu, outcome\n"
        "sys.exit(outcome.run(cpu.check))\n"
    )
    done, _ = check(torch_cell, built, tmp_path / "facts.json", "-c", code)
    assert done.returncode == 1
    assert "is off by" in done.stderr.splitlines()[-1]


def test_python_stays_out_of_the_libraries(built: Path) -> None:
    """No Python symbol and no Python library, so another Python of the same torch may load the file."""
    lief = pytest.importorskip("lief")
    for name in PYTHON_FREE:
        binary = lief.ELF.parse(str(built / "envgen_reference" / name))
        assert not [library for library in binary.libraries if "python" in library]
        assert not [symbol.name for symbol in binary.imported_symbols if str(symbol.name).startswith(("Py", "_Py"))]
        assert not [entry for entry in binary.dynamic_entries if entry.tag == lief.ELF.DynamicEntry.TAG.RUNPATH]


def test_a_missing_library_is_named(torch_cell: TorchCell, built: Path, tmp_path: Path) -> None:
    partial = tmp_path / "partial"
    shutil.copytree(built, partial)
    (partial / "envgen_reference" / PYTHON_FREE[0]).unlink()
    done, _ = check(torch_cell, partial, tmp_path / "facts.json", "-c", "import envgen_reference")
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: {PYTHON_FREE[0]} was not built")


def test_pip_builds_the_same_package(torch_cell: TorchCell, built: Path, tmp_path: Path) -> None:
    """The source's own backend gives a wheel with the files that the three steps give."""
    source = tmp_path / "source"
    shutil.copytree(CSRC, source)
    backend = "import setuptools.build_meta as b, sys; print(b.build_wheel(sys.argv[1]))"
    done = torch_cell.run("python", "-c", backend, tmp_path, cwd=source, env={"ENVGEN_DEVICE_CODE": "0"})
    assert done.returncode == 0, done.stdout + done.stderr
    wheel = next(tmp_path.glob("*.whl"))
    unpacked = tmp_path / "wheel"
    shutil.unpack_archive(wheel, unpacked, "zip")
    files = {str(file.relative_to(unpacked)) for file in unpacked.glob("envgen_reference/**/*") if file.is_file()}
    assert files == {str(file.relative_to(built)) for file in built.glob("envgen_reference/**/*") if file.is_file()}
