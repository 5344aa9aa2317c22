"""A TensorRT engine: built, saved, loaded in a new process, run, compared; then the same through torch_tensorrt."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from envgen_reference.checks.outcome import CheckError, Facts, require, run


def check(facts: Facts) -> None:
    facts["torch"] = torch.__version__
    require(torch.cuda.is_available(), f"torch {torch.__version__} finds no usable CUDA device")
    facts["device"] = torch.cuda.get_device_name(0)
    require(importlib.util.find_spec("tensorrt") is not None, "the package tensorrt is not installed")
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder, "engine.plan")
        facts["build"] = step("build", plan)
        facts["run"] = step("run", plan)
        if importlib.util.find_spec("torch_tensorrt") is None:
            facts["torch_tensorrt"] = "not installed"
        else:
            facts["torch_tensorrt"] = step("torch_tensorrt", plan)


def step(name: str, plan: Path) -> Facts:
    """Run one step in a new process.

    Returns:
        What the step measured.

    Raises:
        CheckError: with the last line that the step wrote, or the signal that ended it.
    """
    written = plan.with_name(f"{name}.json")
    # Temporary files go beside the plan: torch_tensorrt caches engines there under keys that name no version.
    private = {key: str(plan.parent) for key in ("TMPDIR", "TEMP", "TMP")}
    done = subprocess.run(
        [sys.executable, "-m", "envgen_reference.checks.engine_steps", name, str(plan)],
        check=False,
        env={**os.environ, **private, "ENVGEN_FACTS": str(written)},
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    sys.stderr.write(done.stderr)
    if done.returncode:
        raise CheckError(f"the step {name} {_ending(done)}")
    return json.loads(written.read_text(encoding="utf-8"))


def _ending(done: "subprocess.CompletedProcess[str]") -> str:
    lines = done.stderr.strip().splitlines()
    last = lines[-1] if lines else "it wrote nothing"
    if done.returncode < 0:
        return f"died of {signal.Signals(-done.returncode).name} after: {last}"
    return f"failed: {last}"


if __name__ == "__main__":
    sys.exit(run(check))
