"""The gates of programs for Windows, each reached in the real torch-tensorrt, with its own words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from engine.made import plan
from windows.conftest import LINUX, PROGRAM, Stand

from envgen.engine import inspect
from envgen.engine.windows import MANIFEST, WindowsKnowledge, read_manifest, whole
from envgen.engine.windows import PROGRAM as FILE
from envgen.results import Outcome
from envgen.run.bench import Answer
from envgen.run.job import Job
from envgen.run.rungs.windows import exported
from envgen.spec.matrix import WindowsProgram

from .conftest import Kit, without_stand_ins

pytestmark = pytest.mark.dear

GATES = WindowsKnowledge.current().gates
MODEL = """\
import torch

class Gated(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.up, self.down = torch.nn.Linear(64, 256), torch.nn.Linear(128, 64)

    def forward(self, x):
        first, second = self.up(x).chunk(2, dim=-1)
        return self.down(torch.nn.functional.silu(first) * second)

def make():
    torch.manual_seed(0)
    return Gated(), (torch.randn(8, 64),), {0: {0: (2, 8, 32)}}
"""
BEGIN_WITH_ONE = MODEL.replace("(2, 8, 32)", "(1, 8, 32)")


@pytest.fixture
def cell(tmp_path: Path) -> Stand:
    (tmp_path / "mine.py").write_text(MODEL)
    return Stand(tmp_path, imports=("mine",), seconds=600)


def inside(cell: Stand, kit: Kit, **variables: str) -> Stand:
    path = f"{kit.path}:{cell.folder}"
    return replace(cell, python=kit.interpreter, variables={"PYTHONPATH": path, **variables})


def with_plan(cell: Stand, kit: Kit) -> Stand:
    (cell.folder / "stand-in.plan").write_bytes(plan("11.0.0.114"))
    return inside(cell, kit, STAND_IN_PLAN=str(cell.folder / "stand-in.plan"))


def job(stand: Stand, program: WindowsProgram = PROGRAM) -> Job:
    return stand.job(LINUX, program)


def gate(answer: Answer, shapes: str = "static") -> str:
    assert answer.facts is not None
    return str(answer.facts["windows"][shapes]["gate"])  # type: ignore[index, call-overload]


def test_without_the_builders_resource_the_library_refuses(cell: Stand, kit_without_resource: Kit) -> None:
    stand = inside(cell, kit_without_resource)
    answer = stand.run(exported, job(stand))
    assert answer.outcome is Outcome.FAILED
    assert gate(answer) == "export-resource"
    assert (
        "libnvinfer_builder_resource_win.so, is not loaded: it is not beside TensorRT's libraries in" in answer.sentence
    )
    asked = kit_without_resource.run(
        "import torch_tensorrt\ntorch_tensorrt.dynamo.cross_compile_for_windows(None, arg_inputs=[1])"
    )
    assert f"NotImplementedError: {GATES['export-resource'].says[0]}" in asked.stderr


def test_the_resources_name_alone_opens_the_gate_and_the_builder_is_the_next(cell: Stand, kit: Kit) -> None:
    stand = inside(cell, kit)
    answer = stand.run(exported, job(stand))
    assert (answer.outcome, gate(answer)) == (Outcome.FAILED, "export-builder")
    assert GATES["export-builder"].says[0] in stand.log
    assert "the program for Windows: TensorRT gives no builder" in answer.sentence


REFUSALS = """\
import platform, torch, torch_tensorrt
from torch_tensorrt import dynamo
for name in ("lazy_engine_init", "cache_built_engines", "reuse_cached_engines"):
    try:
        dynamo.cross_compile_for_windows(None, arg_inputs=[torch.zeros(1)], **{name: True})
    except AttributeError:  # there is no program, but the settings are read before it
        pass
platform.system = lambda: "Darwin"
try:
    dynamo.cross_compile_for_windows(None, arg_inputs=[torch.zeros(1)])
except RuntimeError as error:
    print("SAID", error)
platform.system, platform.machine = lambda: "Linux", lambda: "aarch64"
try:
    dynamo.cross_compile_for_windows(None, arg_inputs=[torch.zeros(1)])
except AttributeError:
    print("SAID aarch64 passes")
"""


def test_what_the_library_refuses_and_what_it_turns_off(kit: Kit) -> None:
    done = kit.run(REFUSALS)
    for name in sorted(WindowsKnowledge.current().forbidden - {"enable_cross_compile_for_windows"}):
        assert f"arg: {name} {GATES['export-setting'].says[0]}" in done.stderr
    assert f"SAID {GATES['export-host'].says[0]}" in done.stdout
    assert "SAID aarch64 passes" in done.stdout  # the library asks for 64 bits alone; envgen's gate does not


def test_an_import_that_fails_is_said_in_the_librarys_words(cell: Stand, kit: Kit) -> None:
    alone = without_stand_ins(cell.folder / "alone", kit.python)
    stand = replace(cell, python=alone, variables={"PYTHONPATH": str(cell.folder)})
    answer = stand.run(exported, job(stand))
    assert gate(answer) == "export-import"
    assert (
        "import error when try to import _TensorRTProxyModule, got error Could not find libnvinfer.so.11"
        in answer.sentence
    )


@pytest.mark.parametrize(
    ("name", "model", "settings"),
    [
        ("export-trace", MODEL.replace("first, second =", "x = x if x.sum() > 0 else -x\n        first, second ="), {}),
        ("export-compile", MODEL, {"engine_capability": "nonsense"}),
        ("export-model", MODEL.replace("def make", "def other"), {}),
    ],
)
def test_what_is_wrong_with_the_model_or_its_settings(
    cell: Stand, kit: Kit, name: str, model: str, settings: dict[str, str]
) -> None:
    (cell.folder / "mine.py").write_text(model)
    stand = with_plan(cell, kit)
    answer = stand.run(exported, job(stand, replace(PROGRAM, settings=settings)))
    assert (answer.outcome, gate(answer)) == (Outcome.FAILED, name)
    assert len(answer.diagnoses[0].evidence["said"]) > 20


def test_small_blocks_are_left_to_torch_unless_it_is_told_otherwise(cell: Stand, kit: Kit) -> None:
    stand = with_plan(cell, kit)
    answer = stand.run(exported, job(stand, replace(PROGRAM, settings={"min_block_size": 100})))
    assert gate(answer) == "export-engines"
    assert GATES["export-engines"].says[0] in stand.log


def test_a_range_that_begins_with_one_is_refused(cell: Stand, kit: Kit) -> None:
    (cell.folder / "mine.py").write_text(BEGIN_WITH_ONE)
    stand = with_plan(cell, kit)
    answer = stand.run(exported, job(stand, replace(PROGRAM, shapes=("dynamic",))))
    assert gate(answer, "dynamic") == "export-model"
    assert "must begin at 2 or above" in answer.sentence


def test_the_saving_bug_and_the_way_round_it(cell: Stand, kit: Kit) -> None:
    """The whole part of the rung: compiled, saved although the library's own function fails, scanned, kept."""
    stand = with_plan(cell, kit)
    answer = stand.run(exported, job(stand))
    assert answer.outcome is Outcome.PASSED, stand.log
    assert GATES["export-save"].says[0] in stand.log
    for shapes, cases in (("static", 1), ("dynamic", 3)):
        kept = stand.kept / "windows" / shapes
        manifest = read_manifest(kept / MANIFEST)
        assert len(list(whole(manifest, kept))) == 1 + cases
        assert manifest.saved_by == "legacy exporter and torch.export.save"
        assert manifest.versions == {"torch": "2.14.0+cu130", "torch-tensorrt": "2.14.0", "tensorrt": "11.1.0.106"}
        (engine,) = inspect(kept / FILE).engines
        assert engine.module is not None
        assert (engine.module.platform, engine.module.crossed, engine.module.abi) == ("windows_x86_64", True, 10)
        facts = (answer.facts or {})["windows"][shapes]  # type: ignore[index, call-overload]
        assert facts["outputs_not_marked"]


LOADS = """\
import json, os, torch, torch_tensorrt
file = os.environ["KEPT"] + "/program.ep"
program = torch.export.load(file)
said = {"ranges": [[int(r.lower), int(r.upper)] for r in program.range_constraints.values()]}
for name, load in (("cross", torch_tensorrt.load_cross_compiled_exported_program), ("plain", torch_tensorrt.load)):
    try:
        load(file).module()(torch.randn(8, 64))
    except Exception as error:
        said[name] = f"{type(error).__name__}: {error}"
from safetensors import safe_open
for case in sorted(name for name in os.listdir(os.environ["KEPT"]) if name.startswith("case-")):
    with safe_open(os.environ["KEPT"] + "/" + case, framework="pt") as tensors:
        shapes = {key: list(tensors.get_tensor(key).shape) for key in tensors.keys()}
    said.setdefault("cases", []).append(shapes)
print("SAID " + json.dumps(said))
"""


def test_what_was_saved_loads_up_to_the_gate_of_the_system(cell: Stand, kit: Kit) -> None:
    stand = with_plan(cell, kit)
    assert stand.run(exported, job(stand, replace(PROGRAM, shapes=("dynamic",)))).outcome is Outcome.PASSED
    done = kit.run(LOADS, KEPT=str(stand.kept / "windows" / "dynamic"))
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("SAID ")]
    said = json.loads(line.removeprefix("SAID "))
    assert said["ranges"] == [[2, 32]]
    assert said["cross"] == f"ValueError: {GATES['program-host'].says[0]}"
    assert "tensorrt::no_op_placeholder_for_execute_engine() Expected a value of type 'Tensor'" in said["plain"]
    sizes = {tuple(case["input.0"]) for case in said["cases"]}
    assert sizes == {(2, 64), (8, 64), (32, 64)}
    assert all(case["output.0"] == case["input.0"] for case in said["cases"])
