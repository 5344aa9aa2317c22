"""Rules about the CUDA toolkit: where nvcc comes from, and the driver."""

from __future__ import annotations

from envgen.cell import FAMILY, Cell, GrammarError, OsFamily
from envgen.compat.facts import Facts
from envgen.compat.rules.rule import Finding, Rule, fits, unknown, unsupported
from envgen.compat.toolchain import DriverVersion
from envgen.compat.words import listed

AXIS = "driver"


def _nvcc_wheels(cell: Cell, facts: Facts) -> Finding:
    tools, cuda = facts.toolchain, cell.cuda
    if cuda.is_cpu:
        return fits("The cell needs no nvcc.")
    if cuda in tools.wheels:
        needs = listed(requirement.partition("==")[0] for requirement in tools.wheels[cuda])
        return fits(f"nvcc {cuda.dotted} comes as wheels, which need one another: {needs}.", tools.wheels_source)
    first = min(tools.wheels)
    if cuda < first:
        none = f"{listed(tools.without_nvcc)} has none"
        elsewhere = "it comes from the machine, an image or a system package"
        return fits(f"No wheel holds nvcc before CUDA {first.dotted} ({none}): {elsewhere}.", tools.without_nvcc_source)
    if cuda in tools.host:
        return fits(f"No wheels of a toolkit {cuda.dotted} were known yet.", tools.wheels_source)
    return unknown(f"CUDA {cuda.dotted} is newer than the toolkits that are known.", tools.wheels_source)


def _container_image(cell: Cell, facts: Facts) -> Finding:
    """Only ever a remark: a cell without an image still runs in a virtual environment."""
    if cell.os.family is not OsFamily.LINUX:
        return fits(f"Dockerfiles are for Linux; a cell on {cell.os} runs in an environment.")
    system = next((known for known in facts.containers.systems if known.os == cell.os), None)
    if system is None:
        return fits(f"No base image of {cell.os} is known: the cell runs in an environment, not in a container.")
    if cell.cuda.is_cpu:
        return fits(f"Its Dockerfile starts from {system.image}.", system.source)
    image = facts.containers.cuda_image(cell.cuda, cell.os)
    if image:
        return fits(f"With nvcc its Dockerfile starts from {image.image}.", image.source)
    return fits(
        f"No image with nvcc {cell.cuda.dotted} is known for {cell.os}: its Dockerfile starts from {system.image}.",
        system.source,
    )


def _cuda_driver(cell: Cell, facts: Facts) -> Finding:
    text = cell.value(AXIS)
    if text is None:
        return fits("The cell names no driver.")
    if cell.cuda.is_cpu:
        return fits("A build for the CPU needs no driver.")
    try:
        return _runs(cell, facts, DriverVersion.parse(str(text)))
    except GrammarError as error:
        return unknown(f"{error}.")


def _runs(cell: Cell, facts: Facts, driver: DriverVersion) -> Finding:
    minimum = facts.toolchain.minimum.get(cell.cuda.major)
    floor = minimum.on(cell.os.family) if minimum else None
    if minimum is None or floor is None:
        return unknown(f"The oldest driver for CUDA {cell.cuda.dotted} on {cell.os} is not known.")
    if driver.older_than(floor):
        return unsupported(
            f"CUDA {cell.cuda.major} needs driver {floor} or newer on {cell.os.family.capitalize()}, not {driver}.",
            minimum.source,
        )
    shipped = facts.toolchain.shipped.get(cell.cuda)
    own = shipped.on(cell.os.family) if shipped else None
    if shipped is None or own is None:
        return fits(f"CUDA {cell.cuda.major} runs on driver {floor} and newer.", minimum.source)
    if driver.older_than(own):
        return fits(
            f"Driver {driver} runs CUDA {cell.cuda.dotted} by minor-version compatibility (from {floor} on), but does"
            f" not compile its PTX, which takes {own}.",
            minimum.source,
            shipped.source,
        )
    return fits(f"Driver {driver} is not older than {own}, which came with CUDA {cell.cuda.dotted}.", shipped.source)


NVCC_WHEELS = Rule("nvcc-wheels", "Is there an nvcc in wheels?", ("cuda",), _nvcc_wheels)
CONTAINER_IMAGE = Rule("container-image", "Which image would a container start from?", ("cuda", "os"), _container_image)
CUDA_DRIVER = Rule("cuda-driver", "Does the named driver run this CUDA?", ("cuda", FAMILY, AXIS), _cuda_driver)
