"""Whether the binaries suit the cell: machine, system, and the device code it must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.version import Version

from envgen.binary import Binary, DeviceCode, covers
from envgen.binary.look import Looked
from envgen.cell import Arch, Cell, Os, OsFamily, SmArch
from envgen.diagnose import Cause, diagnosis
from envgen.inspection.diagnoses import diagnoses_of
from envgen.results import Diagnosis


def judge_binaries(
    cell: Cell, looked: Sequence[Looked], *, expected_archs: Sequence[SmArch] = (), gpus: Sequence[str] = ()
) -> tuple[Diagnosis, ...]:
    """What keeps the binaries from running in the cell; nothing when they suit it.

    Args:
        expected_archs: the architectures that the build was told to compile for; empty when there were none.
        gpus: compute capabilities (`9.0`) of the GPUs of which one is to run the device code.
    """
    if not looked:
        return (diagnosis(Cause.BUILD_ENV_INCOMPLETE, {}, "cell-no-binary", "the build left no binary"),)
    held = device_code(looked)
    return (
        *(each for one in looked for each in judge_system(one, cell.os.family, cell.arch, cell.os)),
        *_missing_code(held, expected_archs),
        *_uncovered(held, gpus),
    )


def judge_system(looked: Looked, family: OsFamily, arch: Arch, system: Os | None = None) -> tuple[Diagnosis, ...]:
    """What keeps a file from loading on a system; nothing when it can, or when the system is not known that well."""
    if not looked.binaries:
        return diagnoses_of(looked)
    fitting = [each for each in looked.binaries if each.format.family is family and each.arch is arch]
    if not fitting:
        return (_elsewhere(looked, family, arch),)
    return tuple(each for binary in fitting for each in _too_new(binary, system)) if system else ()


def device_code(looked: Sequence[Looked]) -> tuple[DeviceCode, ...]:
    """All device code in the files, sorted."""
    binaries = (binary for one in looked for binary in one.binaries)
    return tuple(sorted({code for binary in binaries if binary.device for code in binary.device.code}))


def unasked_code(looked: Sequence[Looked], asked: Sequence[SmArch]) -> tuple[DeviceCode, ...]:
    """Device code that the build was not told to make. It takes space, and keeps nothing from running: no fault."""
    wanted = _wanted(asked)
    return tuple(code for code in device_code(looked) if str(code) not in wanted)


def _elsewhere(looked: Looked, family: OsFamily, arch: Arch) -> Diagnosis:
    families = {binary.format.family for binary in looked.binaries}
    if family not in families:
        found, needed = " and ".join(sorted(families)), str(family)
    else:
        found, needed = " and ".join(binary.machine for binary in looked.binaries), _name(arch, family)
    evidence = {"file": looked.file, "found": found, "needed": needed}
    sentence = f"{looked.file} is built for {found}, and {needed} is needed"
    return diagnosis(Cause.MACHINE_ARCH_MISMATCH, evidence, "cell-other-machine", sentence)


def _name(arch: Arch, family: OsFamily) -> str:
    return "arm64" if arch is Arch.AARCH64 and family is not OsFamily.LINUX else str(arch)


def _too_new(binary: Binary, system: Os) -> Iterator[Diagnosis]:
    if binary.macho is None or not binary.macho.minimum_os:
        return
    needed, found = Version(binary.macho.minimum_os), Version(system.release)
    if needed.release[: len(found.release)] > found.release:
        evidence = {"file": binary.file, "needed": str(needed), "found": str(found)}
        yield diagnosis(Cause.MAC_DEPLOYMENT_TARGET, evidence, "cell-newer-macos")


def _missing_code(held: Sequence[DeviceCode], archs: Sequence[SmArch]) -> Iterator[Diagnosis]:
    names = {str(code) for code in held}
    missing = [code for code in _wanted(archs) if code not in names]
    if missing:
        found = ", ".join(sorted(names)) or "none"
        evidence = {"arch": ", ".join(missing), "found": found}
        sentence = f"device code for {evidence['arch']} is missing from the binaries; they hold {found}"
        yield diagnosis(Cause.GPU_ARCH_MISSING, evidence, "cell-missing-code", sentence)


def _uncovered(held: Sequence[DeviceCode], gpus: Sequence[str]) -> Iterator[Diagnosis]:
    """Of several GPUs one that is covered is enough: the code is run there."""
    archs = [SmArch.parse(gpu) for gpu in dict.fromkeys(gpus)]
    if any(covers(held, arch) for arch in archs):
        return
    for arch in archs:
        sentence = f"no device code runs on this machine's GPU ({arch.sm})"
        yield diagnosis(Cause.GPU_ARCH_MISSING, {"arch": arch.sm}, "cell-gpu-uncovered", sentence)


def _wanted(archs: Sequence[SmArch]) -> list[str]:
    wanted = []
    for arch in archs:
        wanted.append(arch.sm)
        if arch.ptx:
            wanted.append(arch.sm.replace("sm_", "compute_"))
    return wanted
