"""The checks in their order: what others rest on comes first."""

from envgen.doctor.checks import (
    building,
    companions,
    extension,
    files,
    gpu,
    imports,
    interpreter,
    libraries,
    packages,
    path,
    systems,
    tensorrt,
    toolkit,
)

CHECKS = (
    *interpreter.CHECKS,
    *path.CHECKS,
    *packages.CHECKS,
    *files.CHECKS,
    *companions.CHECKS,
    *libraries.CHECKS,
    *imports.CHECKS,
    *gpu.CHECKS,
    *tensorrt.CHECKS,
    *building.CHECKS,
    *toolkit.CHECKS,
    *systems.CHECKS,
    *extension.CHECKS,
)
