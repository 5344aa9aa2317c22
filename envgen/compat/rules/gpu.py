"""Rules about the GPU that a cell names: has torch code for it, can nvcc compile for it, does TensorRT take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from envgen.cell import FAMILY, Cell, OsFamily, SmArch, TensorRt
from envgen.compat.builds import Where, torch_builds
from envgen.compat.facts import Facts
from envgen.compat.gpus import DeviceCode, gpu_of
from envgen.compat.rules.rule import Finding, Rule, fits, impossible, unknown, unsupported
from envgen.compat.words import listed

AXIS = "gpu"


def _with_gpu(find: Callable[[Cell, Facts, SmArch], Finding]) -> Callable[[Cell, Facts], Finding]:
    """A rule about a GPU has nothing to ask of a cell that names none."""

    def found(cell: Cell, facts: Facts) -> Finding:
        text = cell.value(AXIS)
        if text is None:
            return fits("The cell names no GPU.")
        gpu = gpu_of(str(text))
        return find(cell, facts, gpu) if gpu else unknown(f"{text!r} is no GPU architecture such as 9.0 or sm90.")

    return found


@_with_gpu
def _gpu_torch(cell: Cell, facts: Facts, gpu: SmArch) -> Finding:
    if cell.cuda.is_cpu:
        return fits("A build for the CPU runs beside any GPU.")
    code = _torch_code(cell, facts)
    if code is None:
        return unknown(f"Which GPUs torch {cell.torch} for CUDA {cell.cuda.dotted} has code for is not known.")
    return _covered(f"torch {facts.newest_patch(cell.torch)} for CUDA {cell.cuda.dotted}", code, gpu)


@_with_gpu
def _gpu_nvcc(cell: Cell, facts: Facts, gpu: SmArch) -> Finding:
    if cell.cuda.is_cpu:
        return fits("The cell needs no nvcc.")
    known = facts.toolchain.architectures.get(cell.cuda)
    if known is None:
        return unknown(f"Which GPUs nvcc {cell.cuda.dotted} compiles for is not known.")
    # What it compiles machine code for, it also makes PTX of.
    code = DeviceCode(
        tuple(sorted(replace(_arch(text), ptx=True) for text in known if text.isdigit())),
        facts.toolchain.architectures_sources[cell.cuda],
    )
    return _covered(f"nvcc {cell.cuda.dotted}", code, gpu)


@_with_gpu
def _gpu_tensorrt(cell: Cell, facts: Facts, gpu: SmArch) -> Finding:
    label = cell.tensorrt
    if not isinstance(label, TensorRt):
        return fits("The cell has no TensorRT.")
    floors = [row for row in facts.gpus.tensorrt if row[0] <= label.release.version]
    if not floors:
        return unknown(f"The oldest GPU of TensorRT {label} is not known.")
    since, floor, source = floors[-1]
    if gpu < floor:
        return unsupported(
            f"TensorRT {label} takes compute capability {floor} and newer (since {since}), not {gpu}.", source
        )
    if label.release.version.major > since.major:
        return unknown(f"The oldest GPU of TensorRT {label} is not known; of {since} it is {floor}.", source)
    return fits(f"TensorRT {label} takes compute capability {floor} and newer (since {since}).", source)


def _torch_code(cell: Cell, facts: Facts) -> DeviceCode | None:
    """The device code of the build that a cell would install; what was not read inside a wheel is not known."""
    builds = torch_builds(cell, facts)
    if builds is None:
        return None
    if builds.default and builds.where(cell.cuda) is Where.DEFAULT:
        return DeviceCode(builds.default.sm, facts.torch_source) if builds.default.sm else None
    code = facts.gpus.torch.get((builds.minor, cell.arch, cell.cuda))
    if code and cell.os.family is not OsFamily.LINUX:  # PTX is in the builds for Linux alone
        code = replace(code, architectures=tuple(replace(arch, ptx=False) for arch in code.architectures))
    return code


def _covered(what: str, code: DeviceCode, gpu: SmArch) -> Finding:
    machine, ptx = code.machine_code(gpu), code.ptx(gpu)
    if machine:
        return fits(f"{what} has machine code of {replace(machine, ptx=False)}, which {gpu} runs.", code.source)
    if ptx:
        return fits(
            f"{what} has no machine code for {gpu}, but PTX of {replace(ptx, ptx=False)}, which the driver compiles.",
            code.source,
        )
    has = listed(replace(arch, ptx=False) for arch in code.architectures)
    reject = impossible if code.source.kind == "measured" else unsupported
    return reject(f"{what} has nothing that runs on {gpu}: only code for {has}.", code.source)


def _arch(digits: str) -> SmArch:
    return SmArch(int(digits[:-1]), int(digits[-1]))


GPU_TORCH = Rule("gpu-torch", "Has torch code for the GPU?", ("torch", "cuda", FAMILY, "arch", AXIS), _gpu_torch)
GPU_NVCC = Rule("gpu-nvcc", "Does the CUDA's nvcc compile for the GPU?", ("cuda", AXIS), _gpu_nvcc)
GPU_TENSORRT = Rule("gpu-tensorrt", "Does TensorRT take the GPU?", ("tensorrt", AXIS), _gpu_tensorrt)
