"""NVIDIA devices and driver, asked from the driver's own libraries; prints JSON.

Runs in a process of its own, on the machine or inside a cell, which `ask` starts: standard library only, Python 3.8 and
later.
"""

import ctypes
import json
import os
import re
import subprocess
import sys
from typing import Any, Dict, List, Optional

COMPUTE_MODE = 20  # CUdevice_attribute values of cuda.h
COMPUTE_CAPABILITY_MAJOR = 75
COMPUTE_CAPABILITY_MINOR = 76
EXCLUSIVE = "exclusive process"
COMPUTE_MODES = {0: "default", 2: "prohibited", 3: EXCLUSIVE}  # CUcomputemode of cuda.h
ERROR_NO_DEVICE = 100  # CUresult of cuda.h
KERNEL_MODULE = "/proc/driver/nvidia/version"
NO_DRIVER = "no NVIDIA driver"
ASKED_FOR = 60.0  # seconds in which a driver must say what devices it has


def open_library(windows: str, *others: str) -> Optional[ctypes.CDLL]:
    for name in [windows] if sys.platform == "win32" else others:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def driver_version(management: Optional[ctypes.CDLL]) -> Optional[str]:
    """The driver's release, such as 580.95.05, as NVML or the kernel's module says."""
    if management is not None:
        text = ctypes.create_string_buffer(96)
        if management.nvmlSystemGetDriverVersion(text, len(text)) == 0:
            return text.value.decode("ascii", "replace")
    try:
        with open(KERNEL_MODULE, encoding="utf-8", errors="replace") as said:
            found = re.search(r"\b\d{3,4}\.\d{1,4}(\.\d{1,4})?\b", said.read())
    except OSError:
        return None
    return found.group() if found else None


def uuid_of(driver: ctypes.CDLL, management: Optional[ctypes.CDLL], handle: ctypes.c_int, index: int) -> str:
    """What CUDA_VISIBLE_DEVICES calls the device: `GPU-...`, or `MIG-...` for a part of one.

    A driver that is too old to tell gives the device's number there.
    """
    ask = getattr(driver, "cuDeviceGetUuid_v2", None) or getattr(driver, "cuDeviceGetUuid", None)
    raw = (ctypes.c_ubyte * 16)()
    if ask is None or ask(raw, handle) != 0:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        return visible.split(",")[index].strip() if visible else str(index)
    digits = bytes(raw).hex()
    text = "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
    if management is not None:
        found = ctypes.c_void_p()
        if management.nvmlDeviceGetHandleByUUID(("MIG-" + text).encode(), ctypes.byref(found)) == 0:
            return "MIG-" + text
    return "GPU-" + text


def attribute(driver: ctypes.CDLL, handle: ctypes.c_int, number: int) -> int:
    value = ctypes.c_int()
    driver.cuDeviceGetAttribute(ctypes.byref(value), number, handle)
    return value.value


def compute_mode(driver: ctypes.CDLL, handle: ctypes.c_int) -> str:
    return COMPUTE_MODES.get(attribute(driver, handle, COMPUTE_MODE), "default")


def describe(driver: ctypes.CDLL, management: Optional[ctypes.CDLL], index: int) -> Dict[str, Any]:
    handle = ctypes.c_int()
    driver.cuDeviceGet(ctypes.byref(handle), index)
    name = ctypes.create_string_buffer(256)
    driver.cuDeviceGetName(name, len(name), handle)
    memory = ctypes.c_size_t()
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), handle)

    major, minor = (attribute(driver, handle, part) for part in (COMPUTE_CAPABILITY_MAJOR, COMPUTE_CAPABILITY_MINOR))
    return {
        "index": index,
        "name": name.value.decode("utf-8", "replace"),
        "uuid": uuid_of(driver, management, handle, index),
        "compute_capability": "%d.%d" % (major, minor),
        "memory_bytes": memory.value,
        "compute_mode": compute_mode(driver, handle),
    }


def none_listed() -> str:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    hidden = "" if visible is None else ", and CUDA_VISIBLE_DEVICES is %r" % visible
    return "the CUDA driver lists no device" + hidden


def trouble(driver: ctypes.CDLL, status: int) -> str:
    """Why the driver is of no use."""
    if status == ERROR_NO_DEVICE:
        return none_listed()
    name = ctypes.c_char_p()
    ask = getattr(driver, "cuGetErrorName", None)
    if ask is None or ask(status, ctypes.byref(name)) != 0 or name.value is None:
        return "cuInit returned %d" % status
    return "cuInit returned %d (%s)" % (status, name.value.decode("ascii", "replace"))


def devices() -> Dict[str, Any]:
    driver = open_library("nvcuda.dll", "libcuda.so.1", "libcuda.so")
    if driver is None:
        return {"driver": driver_version(None), "driver_cuda": None, "devices": [], "reason": NO_DRIVER}
    status = driver.cuInit(0)
    if status != 0:
        reason = trouble(driver, status)
        return {"driver": driver_version(None), "driver_cuda": None, "devices": [], "reason": reason}
    management = open_library("nvml.dll", "libnvidia-ml.so.1")
    if management is not None and management.nvmlInit_v2() != 0:
        management = None
    version, count = ctypes.c_int(), ctypes.c_int()
    driver.cuDriverGetVersion(ctypes.byref(version))
    driver.cuDeviceGetCount(ctypes.byref(count))
    found: List[Dict[str, Any]] = [describe(driver, management, index) for index in range(count.value)]
    return {
        "driver": driver_version(management),
        "driver_cuda": "%d.%d" % (version.value // 1000, version.value % 1000 // 10),
        "devices": found,
        "reason": "" if found else none_listed(),
    }


def ask() -> Dict[str, Any]:
    """What `devices` gives, from another process: a broken driver can crash the one that asks it, or hold it for ever.

    Where it says nothing, the reason for that alone.
    """
    child = subprocess.Popen(
        [sys.executable, os.path.abspath(__file__)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        said, _ = child.communicate(timeout=ASKED_FOR)
    except subprocess.TimeoutExpired:
        child.kill()  # and not waited for: within the driver it may not be ended at all
        return {"reason": "the CUDA driver did not answer within %.0f s" % ASKED_FOR}
    if child.returncode != 0:
        return {"reason": "asking the CUDA driver ended with code %d" % child.returncode}
    # What a driver's library prints of itself stands before the answer.
    answer: Dict[str, Any] = json.loads(said.decode("utf-8", "replace").splitlines()[-1])
    return answer


if __name__ == "__main__":
    print(json.dumps(devices()))
