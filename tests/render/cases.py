"""Cells as the goldens and the property tests render them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from envgen.cell import Cell, SmArch
from envgen.compat.containers import Containers
from envgen.compat.windows import WindowsContainers
from envgen.render.conda import CondaInputs
from envgen.render.dockerfile import DockerInputs
from envgen.render.layers import LARGE, TORCH, WHOLE, Layer
from envgen.render.windows import WindowsInputs
from envgen.results import Rung
from envgen.spec.matrix import Build, BuildStep, Check, Extension, Toolkit

STEPS = (
    BuildStep("plan", ("python", "tools/plan.py", "--name", "two words")),
    BuildStep("build", ("python", "build.py", "--out=$ENVGEN_OUT")),
)
REFERENCE = Extension(
    name="reference",
    path=Path("csrc"),
    source=None,
    sha256=None,
    requires=(),
    build=Build(env={"CXXFLAGS": '-O1 -DNAME="x"', "MAX_JOBS": "2"}, steps=STEPS),
    imports=("reference",),
    checks=(Check(Rung.CPU, ("python", "-m", "reference.check", "--device", "cpu")),),
)
FROM_INDEX = replace(
    REFERENCE, name="other", path=None, source="other==1.4.0", sha256="ab" * 32, build=Build(), checks=()
)


LAYERS = (Layer(TORCH, "torch alone"), Layer(LARGE, "torch and tensorrt"), Layer(WHOLE))
STUBS = (Layer(TORCH, "torch alone"), Layer(LARGE, "torch and stubs of tensorrt", builds=True), Layer(WHOLE))
CONSTRAINTS = f"wheel-stub @ https://host.example/wheel_stub.whl --hash=sha256:{'ef' * 32}\n"


def inputs(cell: str, *, nvcc: bool = False) -> DockerInputs:
    """An environment without extension, on the images that the data gives the cell."""
    parsed = Cell.parse(cell)
    containers = Containers.load()
    system = containers.system(parsed.os)
    return DockerInputs(
        cell=parsed,
        base_image=containers.base_image(parsed, nvcc=nvcc),
        runtime_image=system.image,
        matrix_name="matrix.yaml",
        lock_sha256="0123456789abcdef" * 4,
        versions={"torch": "2.13.0", "numpy": "2.3.5"},
        uv_version="0.13.8",
        python=str(parsed.python),
        gcc=containers.gcc(parsed.os),
        system_python=system.python == parsed.python,
        archive=system.archive,
    )


def windows_inputs(name: str = "py314t-torch2.13-cpu-windows2022-x86_64") -> WindowsInputs:
    """A free-threaded cell with the reference extension; one installer with a hash, as the data may have."""
    cell = Cell.parse(name)
    known = WindowsContainers.load()
    return WindowsInputs(
        cell=cell,
        image=known.image(cell),
        python=replace(known.python(cell), sha256="cd" * 32),
        build_tools=known.build_tools,
        components=known.components,
        redistributable=known.redistributable,
        matrix_name="matrix.yaml",
        lock_sha256="0123456789abcdef" * 4,
        versions={"torch": "2.13.0"},
        uv_version="0.13.8",
        extension=REFERENCE,
        steps=STEPS,
        source=PurePosixPath("csrc"),
        variables={"MODE": "fast"},
    )


def windows_tensorrt() -> WindowsInputs:
    """A full TensorRT, of which the lock has stubs."""
    cell = "py312-torch2.13-cu130-trt11.0-windows2022-x86_64"
    return replace(windows_inputs(cell), build_constraints=CONSTRAINTS)


def conda_inputs() -> CondaInputs:
    """A CUDA cell with the reference extension."""
    cell = Cell.parse("py312-torch2.13-cu129-debian12-x86_64")
    known = Containers.load()
    return CondaInputs(
        cell=cell,
        base_image=known.micromamba,
        runtime_image=known.plain_image(cell.os),
        lock=PurePosixPath("environments/conda/py312-torch2.13-cu129/conda-lock.yml"),
        lock_sha256="0123456789abcdef" * 4,
        versions={"torch": "2.13.0"},
        matrix_name="matrix.yaml",
        extension=REFERENCE,
        steps=STEPS,
        source=PurePosixPath("csrc"),
        device_code=True,
        cuda_archs=("9.0", "10.0+PTX"),
        variables={"MODE": "fast"},
    )


def cases() -> dict[str, DockerInputs]:
    cuda = inputs("py312-torch2.13-cu130-ubuntu24.04-x86_64", nvcc=True)
    cpu = inputs("py313-torch2.13-cpu-debian12-aarch64")
    wheels = inputs("py311-torch2.13-cu130-trt11.0-debian12-x86_64-blas_mkl")
    archs = (SmArch.parse("9.0"), SmArch.parse("8.0"), SmArch.parse("10.0+PTX"))
    full = inputs("py312-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64")
    whole = inputs("py310-torch2.2-cu121-trt8.6-debian12-x86_64")
    return {
        "environment_only": cpu,
        "tensorrt_stubs": replace(full, layers=STUBS, build_constraints=CONSTRAINTS),
        "tensorrt_whole": replace(whole, layers=LAYERS),
        "tensorrt_lean": replace(inputs("py312-torch2.13-cu130-trt11.1lean-debian12-x86_64"), layers=LAYERS),
        "backend": replace(cpu, extension=replace(REFERENCE, build=Build()), source=PurePosixPath("csrc")),
        "cuda_steps": replace(
            cuda,
            extension=REFERENCE,
            steps=STEPS,
            source=PurePosixPath("csrc"),
            device_code=True,
            cuda_archs=archs,
        ),
        "index_wheels": replace(
            wheels,
            extension=FROM_INDEX,
            device_code=True,
            cuda_archs=archs[:1],
            toolkit=Toolkit.WHEELS,
            layers=LAYERS,
            variables={"MKL_NUM_THREADS": "1"},
        ),
    }
