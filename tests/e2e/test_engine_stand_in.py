"""The whole engine check with a TensorRT that stands in: what can be known of it without a GPU, each fault by name."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import TorchCell

pytestmark = pytest.mark.e2e

STAND_INS = Path(__file__).with_name("trt")
CHECKS = Path(__file__).resolve().parents[2] / "csrc" / "python" / "envgen_reference" / "checks"
RUN = """
import sys
from envgen_reference.checks import engine, engine_variants, outcome
engine.driver.require_device = lambda: None
engine._device = dict
wanted = sys.argv[1:]
if wanted:
    engine_variants.VARIANTS = tuple(variant for variant in engine_variants.VARIANTS if variant.name in wanted)
sys.exit(outcome.run(engine.check))
"""


@dataclass(frozen=True)
class Ended:
    code: int
    last: str
    facts: dict[str, Any]

    @property
    def steps(self) -> dict[str, str]:
        return {name: step["ending"] for name, step in self.facts["steps"].items()}


@dataclass(frozen=True)
class Bench:
    cell: TorchCell
    folder: Path

    @property
    def kept(self) -> Path:
        return self.folder / "kept"

    def check(self, *variants: str, engines: Sequence[Path] = (), torch: bool = False, **variables: str) -> Ended:
        facts = self.folder / "facts.json"
        facts.unlink(missing_ok=True)
        modules = [self.folder / "site", STAND_INS / "stand_in", *([STAND_INS / "stand_in_torch"] if torch else [])]
        env = {"PYTHONPATH": os.pathsep.join(map(str, modules)), "TMPDIR": str(self.folder)}
        env |= {"ENVGEN_FACTS": str(facts), "ENVGEN_KEEP": str(self.kept)}
        env |= {"ENVGEN_ENGINES": os.pathsep.join(map(str, engines)), **variables}
        done = self.cell.run("python", "-c", RUN, *variants, cwd=self.folder, env=env)
        last = done.stderr.splitlines()[-1] if done.stderr else ""
        return Ended(done.returncode, last, json.loads(facts.read_text()))


@pytest.fixture
def bench(torch_cell: TorchCell, tmp_path: Path) -> Bench:
    package = tmp_path / "site" / "envgen_reference"
    shutil.copytree(CHECKS, package / "checks", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").touch()
    made = Bench(torch_cell, tmp_path)
    made.kept.mkdir()
    return made


def test_every_engine_is_built_and_run_and_a_lean_cell_runs_what_was_kept(bench: Bench) -> None:
    variants = ("static", "half", "portable", "self_contained")
    ended = bench.check(*variants, STAND_IN_VERSION="10.16.1.11")
    assert ended.code == 0, ended.last
    assert ended.steps["torch_tensorrt"] == "not-offered"
    assert len(ended.steps) == 1 + 3 * len(variants)
    for variant in variants:
        built, scanned, executed = (ended.facts["steps"][f"{variant}.{step}"] for step in ("build", "scan", "run"))
        assert {built["ending"], scanned["ending"], executed["ending"]} == {"passed"}
        assert built["timing_cache_loaded"] == (variant != "static")  # the first one
        assert scanned["plan_release"] == "10.16.1.11"
        assert executed["cases"] == (1 if variant in ("static", "half") else 2)
        assert executed["largest_error"] <= 1e-5
    assert ended.facts["steps"]["static.run"]["latency"]["engine_seconds"] > 0
    plans = sorted(bench.kept.glob("*.plan"))
    assert [plan.name for plan in plans] == ["portable.plan", "self_contained.plan"]
    assert sorted(file.name for file in bench.kept.glob("*.json")) == [f"{plan.name}.json" for plan in plans]

    lean = bench.check(engines=plans, ENVGEN_TENSORRT="lean")
    assert (lean.code, list(lean.steps.values())) == (0, ["passed", "not-offered"])
    full = bench.check("static", engines=plans)
    assert full.code == 0
    assert [full.steps[f"{number}.{plan.name}"] for number, plan in enumerate(plans)] == ["passed", "passed"]
    dispatch = bench.check(engines=plans, ENVGEN_TENSORRT="dispatch")
    assert (dispatch.code, list(dispatch.steps.values())) == (0, ["not-offered", "passed"])
    assert lean.facts["steps"]["0.portable.plan"]["compared"] == "with recorded outputs"
    assert "with a runtime inside, for full and dispatch" in lean.facts["steps"]["1.self_contained.plan"]["sentence"]

    (bench.kept / "model.ep").write_bytes(b"PK")
    (bench.kept / "model.ep.json").write_text("{}")  # somebody's own
    other = bench.check("static", engines=[bench.kept / "model.ep"])
    assert (other.code, other.steps["0.model.ep"]) == (0, "not-offered")

    (bench.kept / "portable.plan.json").unlink()
    alone = bench.check(engines=plans[:1], ENVGEN_TENSORRT="lean")
    assert (alone.code, list(alone.steps.values())) == (0, ["passed"])
    assert "no sidecar" in alone.facts["steps"]["0.portable.plan"]["compared"]


def test_what_a_release_does_not_offer_is_no_fault(bench: Bench) -> None:
    ended = bench.check("static", "half", STAND_IN_VERSION="11.1.0.106")
    assert (ended.code, ended.steps["half.build"], ended.steps["static.run"]) == (0, "not-offered", "passed")


@pytest.mark.parametrize(
    ("fault", "step", "ending"),
    [
        ("null-builder", "build", "builder-null"),
        ("no-tactic", "build", "build-failed"),
        ("other-architecture", "build", "incompatible-device"),
        ("cut-short", "scan", "wrong-plan"),
        ("other-release", "scan", "wrong-plan"),
        ("null-runtime", "run", "runtime-null"),
        ("segfault", "run", "crashed:SIGSEGV"),
        ("other-device", "run", "incompatible-device"),
        ("unwritten", "run", "wrong-numbers"),
        ("wrong-numbers", "run", "wrong-numbers"),
    ],
)
def test_a_fault_has_its_name(bench: Bench, fault: str, step: str, ending: str) -> None:
    ended = bench.check("static", STAND_IN_FAULT=fault)
    assert ended.code == 1
    assert ended.steps[f"static.{step}"] == ending
    assert ended.last.startswith(f"static.{step}: {ending} (")


def test_a_full_flavour_without_the_lean_library_packs_none(bench: Bench) -> None:
    ended = bench.check("self_contained", STAND_IN_FAULT="no-lean-library")
    assert (ended.code, ended.steps["self_contained.build"]) == (77, "not-offered")  # and nothing else was asked for
    assert bench.check("portable", STAND_IN_FAULT="no-lean-library").steps["portable.build"] == "build-failed"
    assert bench.check("self_contained", STAND_IN_FAULT="boolean").steps["self_contained.build"] == "build-failed"


@pytest.mark.parametrize("flavour", ["lean", "dispatch"])
def test_no_engine_to_run_is_not_run(bench: Bench, flavour: str) -> None:
    ended = bench.check(ENVGEN_TENSORRT=flavour)
    assert ended.code == 77
    assert ended.last.startswith(f"a cell of the {flavour} flavour runs engines that were built elsewhere, and none is")
    assert bench.check(engines=[bench.folder / "gone.plan"], ENVGEN_TENSORRT=flavour).code == 1


def test_torch_tensorrt_around_the_operator(bench: Bench) -> None:
    ended = bench.check("none", torch=True)
    assert ended.code == 0, ended.last
    assert set(ended.steps.values()) == {"passed"}
    assert len(ended.steps) == 6
    for shapes in ("static", "dynamic"):
        compiled = ended.facts["steps"][f"torch_tensorrt.{shapes}.compile"]
        assert (compiled["engines"], compiled["torch_tensorrt"]) == (2, "2.14.0")
        assert compiled["saved"] == {"torchscript": "saved", "exported_program": "saved"}
        assert compiled["largest_error"] < 1e-5
        assert compiled["latency"]["engine_seconds"] > 0


def test_programs_that_torch_tensorrt_2_4_does_not_load_again_are_not_made(bench: Bench) -> None:
    ended = bench.check("none", torch=True, STAND_IN_TORCH_VERSION="2.4.0")
    assert ended.code == 0, ended.last
    for shapes in ("static", "dynamic"):
        assert ended.steps[f"torch_tensorrt.{shapes}.exported_program"] == "not-offered"
        assert ended.steps[f"torch_tensorrt.{shapes}.torchscript"] == "passed"


@pytest.mark.parametrize(
    ("fault", "endings"),
    [
        ("import", {"compile": "import-refused"}),
        ("no-engine", {"compile": "build-failed"}),
        ("decomposed", {"compile": "build-failed"}),
        ("wrong-numbers", {"compile": "wrong-numbers"}),
        ("save", {"compile": "save-failed", "torchscript": "passed"}),
        (
            "load",
            {"compile": "passed", "torchscript": "deserialise-refused", "exported_program": "deserialise-refused"},
        ),
    ],
)
def test_a_fault_of_torch_tensorrt_has_its_name(bench: Bench, fault: str, endings: dict[str, str]) -> None:
    ended = bench.check("none", torch=True, STAND_IN_TORCH_FAULT=fault)
    static = {name.rpartition(".")[2]: ending for name, ending in ended.steps.items() if ".static." in name}
    assert (ended.code, static) == (1, endings)
