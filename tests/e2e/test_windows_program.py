"""What a Windows cell does with a program, in a real torch; a stand-in loads it, as this is no Windows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envgen.probe import script

if TYPE_CHECKING:
    from conftest import TorchCell

pytestmark = pytest.mark.e2e

MAKES = """\
import sys, torch
sys.path.insert(0, sys.argv[1])
import tensors
torch.manual_seed(0)
model = torch.nn.Linear(8, 4)
program = torch.export.export(model, (torch.randn(3, 8),))
torch.export.save(program, "program.pt2")
x = torch.randn(3, 8)
tensors.write("case-same.safetensors", {"input.0": x, "output.0": model(x)})
tensors.write("case-near.safetensors", {"input.0": x, "output.0": model(x) + 1e-4})
tensors.write("case-far.safetensors", {"input.0": x, "output.0": model(x) + 0.1})
tensors.write("case-nan.safetensors", {"input.0": x * float("nan"), "output.0": model(x)})
tensors.write("case-two.safetensors", {"input.0": x, "output.0": model(x), "output.1": x})
tensors.write("case-shape.safetensors", {"input.0": x, "output.0": model(x)[:2]})
kinds = {name: torch.tensor([0, 1, 1]).to(getattr(torch, name)) for name in tensors.NAMES}
kinds |= {"strided": torch.randn(4, 6)[:, ::2], "empty": torch.empty(0, 3), "scalar": torch.tensor(2.5)}
tensors.write("kinds", kinds)
again = tensors.read("kinds")
assert all(again[name].dtype == kind.dtype and torch.equal(again[name], kind) for name, kind in kinds.items())
whole = open("kinds", "rb").read()
for size in (0, 7, 20, len(whole) - 1):
    open("cut", "wb").write(whole[:size])
    try:
        tensors.read("cut")
    except ValueError:
        continue
    raise SystemExit("a file cut to %d bytes was read" % size)
"""
STANDS_IN = """\
import torch
torch.Tensor.cuda = lambda self: self
torch.cuda.synchronize = lambda: None
def load_cross_compiled_exported_program(file):
    try:
        return torch.export.load(file)
    except Exception as error:
        raise ValueError("cross_load the file %s doesn't correspond to a valid ExportedProgram." % file)
"""


@pytest.fixture(scope="module")
def made(torch_cell: TorchCell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("program")
    (folder / "torch_tensorrt.py").write_text(STANDS_IN)
    (folder / "makes.py").write_text(MAKES)
    done = torch_cell.run("python", "makes.py", str(script("tensors").parent), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def facts(torch_cell: TorchCell, made: Path, *cases: str, **changed: Any) -> dict[str, Any]:
    task = {
        "folder": str(made), "program": "program.pt2", "imports": [], "tolerance": 1e-3,
        "cases": [f"case-{case}.safetensors" for case in cases],
    }  # fmt: skip
    (made / "task.json").write_text(json.dumps({**task, **changed}))
    variables = {"PYTHONPATH": str(made), "ENVGEN_FACTS": str(made / "facts.json")}
    done = torch_cell.run("python", script("windows_run"), "task.json", cwd=made, env=variables)
    found: dict[str, Any] = json.loads((made / "facts.json").read_text())
    assert (done.returncode == 0) == ("gate" not in found), done.stderr
    return found


def test_outputs_within_the_tolerance(torch_cell: TorchCell, made: Path) -> None:
    found = facts(torch_cell, made, "same", "near")
    assert found["cases"]["case-same.safetensors"] == {"difference": 0.0, "shapes": [[3, 8]]}
    assert 0 < found["cases"]["case-near.safetensors"]["difference"] < 1e-3


@pytest.mark.parametrize(
    ("case", "gate", "said"),
    [
        ("far", "program-output", "found"),
        ("nan", "program-output", "inf"),
        ("shape", "program-output", "inf"),
        ("two", "program-run", "it gives 1 outputs, and 2 were recorded"),
        ("absent", "program-files", "FileNotFoundError"),
    ],
)
def test_what_is_not_as_it_was_recorded(torch_cell: TorchCell, made: Path, case: str, gate: str, said: str) -> None:
    found = facts(torch_cell, made, "same", case)["gate"]
    assert found["gate"] == gate
    assert said in found["evidence"] or said in "".join(found["evidence"].values())


def test_the_error_behind_the_librarys_own_is_said(torch_cell: TorchCell, made: Path) -> None:
    found = facts(torch_cell, made, "same", program="makes.py")["gate"]
    assert found["gate"] == "program-load"
    assert "doesn't correspond" not in found["evidence"]["said"]


def test_a_module_that_is_not_there_is_said(torch_cell: TorchCell, made: Path) -> None:
    found = facts(torch_cell, made, "same", imports=["not_there"])["gate"]
    assert found == {"gate": "program-import", "evidence": {"said": "ModuleNotFoundError: No module named 'not_there'"}}
