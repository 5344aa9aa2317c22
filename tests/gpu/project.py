"""The small project with CUDA cells, whose torch and driver are stand-ins and whose kernel check does as it is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from run.project import TORCH, TinyProject, cell_id, wheel

from .stand_in import StandInDriver

# A check that breaks its device as a kernel would: the device's number is what its UUID was made from.
KERNEL = """\
import json, os, pathlib, sys, time
device = int(os.environ["CUDA_VISIBLE_DEVICES"][4:6], 16) - 0xA0
how = os.environ.get("TINY_KERNEL", "")
if how == "not run":
    print("nothing to do on this device")
    sys.exit(77)
if how == "silent":
    sys.exit(77)
if how in ("hangs", "fails"):
    pathlib.Path(os.environ["STAND_IN_FAULTS"], f"{device}.{how}").touch()
    time.sleep(600 if how == "hangs" else 0)
    sys.exit("CUDA error: an illegal memory access was encountered")
if how == "wrong":
    sys.exit("AssertionError: the result is wrong")
begun = time.time()
time.sleep(float(os.environ.get("TINY_SECONDS", "0")))
with open(os.environ["ENVGEN_FACTS"], "w") as out:
    json.dump({"device": device, "begun": begun, "ended": time.time()}, out)
"""


def gpu_project(folder: Path, driver: StandInDriver, kernels: Sequence[str] = ("good",)) -> TinyProject:
    """A project with a CUDA cell for each kind of kernel; `good` does as it should."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    torch = TORCH.format(version="2.13.0").replace("cuda=None", 'cuda="13.0"')
    wheel(wheels, "torch", "2.13.0", {"torch/__init__.py": torch})
    project = TinyProject.make(folder / "project", wheels)
    (project.folder / "tiny" / "tiny" / "kernel.py").write_text(KERNEL, encoding="utf-8")
    axis = ", ".join(f"{_value(kind)}: {{{'' if kind == 'good' else f'TINY_KERNEL: {kind}'}}}" for kind in kernels)
    project.write_matrix(
        cuda="[cu130]", axes=f"  kernel: {{variables: {{{axis}}}}}", timeouts="{default: 60s, kernel: 6s}"
    )
    matrix = project.folder / "matrix.yaml"
    text = matrix.read_text().replace("kernel: [python, -m, tiny.check]", "kernel: [python, -m, tiny.kernel]")
    matrix.write_text(text)
    environ = {name: value for name, value in project.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    own = {**driver.variables, "ENVGEN_DEVICE_LOCKS": str(folder / "locks")}
    return TinyProject(project.folder, {**environ, **own})


def gpu_cell(kernel: str = "good") -> str:
    return cell_id(cuda="cu130", extra=f"-kernel_{_value(kernel)}")


def _value(kernel: str) -> str:
    return kernel.replace(" ", ".")
