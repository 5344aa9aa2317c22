"""NVIDIA devices and driver, asked from the driver library itself; prints JSON.

Runs in a process of its own, on the machine or inside a cell: standard library only, Python 3.8 and later.
"""

import ctypes
import json
import sys
from typing import Any, Dict, Optional

COMPUTE_CAPABILITY_MAJOR = 75  # CUdevice_attribute values of cuda.h
COMPUTE_CAPABILITY_MINOR = 76


def open_driver() -> Optional[ctypes.CDLL]:
    names = ["nvcuda.dll"] if sys.platform == "win32" else ["libcuda.so.1", "libcuda.so"]
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def describe(driver: ctypes.CDLL, index: int) -> Dict[str, Any]:
    handle = ctypes.c_int()
    driver.cuDeviceGet(ctypes.byref(handle), index)
    name = ctypes.create_string_buffer(256)
    driver.cuDeviceGetName(name, len(name), handle)
    memory = ctypes.c_size_t()
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), handle)
    major, minor = ctypes.c_int(), ctypes.c_int()
    driver.cuDeviceGetAttribute(ctypes.byref(major), COMPUTE_CAPABILITY_MAJOR, handle)
    driver.cuDeviceGetAttribute(ctypes.byref(minor), COMPUTE_CAPABILITY_MINOR, handle)
    return {
        "name": name.value.decode("utf-8", "replace"),
        "compute_capability": "%d.%d" % (major.value, minor.value),
        "memory_bytes": memory.value,
    }


def devices() -> Dict[str, Any]:
    driver = open_driver()
    if driver is None:
        return {"driver_cuda": None, "devices": [], "reason": "no NVIDIA driver"}
    status = driver.cuInit(0)
    if status != 0:
        return {"driver_cuda": None, "devices": [], "reason": "cuInit returned %d" % status}
    version, count = ctypes.c_int(), ctypes.c_int()
    driver.cuDriverGetVersion(ctypes.byref(version))
    driver.cuDeviceGetCount(ctypes.byref(count))
    return {
        "driver_cuda": "%d.%d" % (version.value // 1000, version.value % 1000 // 10),
        "devices": [describe(driver, index) for index in range(count.value)],
        "reason": "",
    }


if __name__ == "__main__":
    print(json.dumps(devices()))
