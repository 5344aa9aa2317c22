"""The machine under the environment: memory, processors, GPUs with their driver, and what only one system has."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from envgen.cell import Cuda, GrammarError, OsFamily
from envgen.compat.toolchain import DriverVersion
from envgen.doctor.look.children import ask, output
from envgen.doctor.observed import System
from envgen.doctor.place import Place
from envgen.doctor.said import Interpreter
from envgen.machine import Gpu

NVIDIA = "0x10de"  # its vendor id on the PCI bus
DISPLAY = "0x03"  # the class of display controllers, its first digits
SECONDS = 60.0
KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"
QUARANTINE = "com.apple.quarantine"
VC_RUNTIME = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")


def system(place: Place, interpreter: Interpreter, torch: Path | None) -> System:
    """The machine as the environment's processes see it.

    Args:
        torch: the folder of the installed torch.
    """
    devices, trouble = _devices(place)
    gpus = tuple(Gpu(**device) for device in devices.get("devices", ()))
    return System(
        memory_bytes=_memory(),
        cpus=_cpus(),
        gpus=gpus,
        driver=_driver(place),
        driver_cuda=_cuda(devices.get("driver_cuda")),
        no_gpu="" if gpus else str(devices.get("reason") or trouble or "the CUDA driver lists no device"),
        nvidia_device=_has_nvidia_device(Path("/sys/bus/pci/devices")),
        processor=_processor(place, interpreter),
        long_paths=_long_paths(place, interpreter),
        missing_dlls=tuple(_missing_dlls(place, interpreter)),
        quarantined=tuple(_quarantined(place, interpreter, torch)) if torch else (),
    )


def _devices(place: Place) -> tuple[dict[str, Any], str]:
    answer = ask(place, "devices", seconds=SECONDS)
    try:
        # What a driver's library prints of itself stands before the answer.
        return dict(json.loads(answer.said.splitlines()[-1])), answer.trouble
    except (ValueError, IndexError):
        return {}, f"asking the CUDA driver: {answer.trouble}"


def _driver(place: Place) -> DriverVersion | None:
    """Of the kernel's module, or as the driver's own program says."""
    try:
        said = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8", errors="replace")
    except OSError:
        said = output(place, "nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    match = re.search(r"\b(\d{3,4}\.\d{1,4}(?:\.\d{1,4})?)\b", said)
    return DriverVersion(match[1]) if match else None


def _cuda(text: str | None) -> Cuda | None:
    with suppress(GrammarError):
        return Cuda.parse(text) if text else None
    return None


def _memory() -> int:
    """What this machine has, or what the control group allows."""
    total = psutil.virtual_memory().total
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            return min(total, int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii")))
    return total


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _has_nvidia_device(bus: Path) -> bool:
    for device in bus.glob("*"):
        with suppress(OSError):
            vendor, kind = ((device / name).read_text(encoding="ascii").strip() for name in ("vendor", "class"))
            if vendor == NVIDIA and kind.startswith(DISPLAY):
                return True
    return False


def _processor(place: Place, interpreter: Interpreter) -> str:
    """The hardware, where an interpreter of another kind runs on it by translation."""
    if interpreter.family is OsFamily.MACOS and interpreter.machine == "x86_64":
        return "arm64" if output(place, "/usr/sbin/sysctl", "-n", "hw.optional.arm64").strip() == "1" else ""
    if interpreter.family is OsFamily.WINDOWS and interpreter.machine == "AMD64":
        return "ARM64" if "ARM" in place.variables.get("PROCESSOR_IDENTIFIER", "") else ""
    return ""


def _long_paths(place: Place, interpreter: Interpreter) -> bool | None:
    if interpreter.family is not OsFamily.WINDOWS:
        return None
    said = output(place, "reg", "query", KEY, "/v", "LongPathsEnabled")
    match = re.search(r"REG_DWORD\s+0x([0-9a-fA-F]+)", said)
    return int(match[1], 16) != 0 if match else None


def _missing_dlls(place: Place, interpreter: Interpreter) -> Iterator[str]:
    if interpreter.family is OsFamily.WINDOWS:
        folder = Path(place.variables.get("SYSTEMROOT", r"C:\Windows"), "System32")
        yield from (name for name in VC_RUNTIME if not (folder / name).is_file())


def _quarantined(place: Place, interpreter: Interpreter, torch: Path) -> Iterator[Path]:
    if interpreter.family is OsFamily.MACOS:
        for path in sorted(torch.glob("lib/*.dylib")):
            if QUARANTINE in output(place, "/usr/bin/xattr", path):
                yield path
