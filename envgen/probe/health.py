"""Whether the first visible NVIDIA device still works: memory is set on it and read back; prints one JSON object.

Runs in a process of its own, for it may hang as the device does: standard library only, Python 3.8 and later.
"""

import ctypes
import json
import os
import sys
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there where PYTHONSAFEPATH is set
import devices

OUT_OF_MEMORY, UNAVAILABLE = 2, 46  # CUresult of cuda.h
COUNT = 1 << 20  # 32-bit words that are set and read back
PATTERN = 0x5AFE5AFE


class DriverError(Exception):
    """A call of the driver that did not return 0."""


class OccupiedError(Exception):
    """The device answers, and has no room for this process."""


def call(driver: ctypes.CDLL, name: str, *arguments: Any) -> None:
    check(getattr(driver, name)(*arguments), name)


def check(status: int, name: str) -> None:
    if status == OUT_OF_MEMORY:
        raise OccupiedError
    if status != 0:
        raise DriverError("%s returned %d" % (name, status))


def use_device(driver: ctypes.CDLL) -> None:
    """Sets and reads back memory in a context on the device.

    Raises:
        DriverError: a call failed, or what was read is not what was set.
        OccupiedError: others have all of its memory, or the device for themselves.
    """
    device, context = ctypes.c_int(), ctypes.c_void_p()
    call(driver, "cuInit", 0)
    call(driver, "cuDeviceGet", ctypes.byref(device), 0)
    status = driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device)
    if status == UNAVAILABLE and devices.compute_mode(driver, device) == devices.EXCLUSIVE:
        raise OccupiedError  # it serves one process at a time, and may be another's
    check(status, "cuDevicePrimaryCtxRetain")
    call(driver, "cuCtxSetCurrent", context)
    memory, read = ctypes.c_uint64(), (ctypes.c_uint32 * COUNT)()
    size = ctypes.c_size_t(ctypes.sizeof(read))
    call(driver, "cuMemAlloc_v2", ctypes.byref(memory), size)
    call(driver, "cuMemsetD32_v2", memory, ctypes.c_uint(PATTERN), ctypes.c_size_t(COUNT))
    call(driver, "cuCtxSynchronize")
    call(driver, "cuMemcpyDtoH_v2", read, memory, size)
    call(driver, "cuMemFree_v2", memory)
    call(driver, "cuDevicePrimaryCtxRelease_v2", device)
    wrong = sum(word != PATTERN for word in read)
    if wrong:
        raise DriverError("%d of %d words that were read are not what was set" % (wrong, COUNT))


def main() -> int:
    try:
        use_device(ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"))
    except OccupiedError:
        pass
    except (OSError, AttributeError, DriverError) as error:
        print(json.dumps({"works": False, "why": str(error)}))
        return 1
    print(json.dumps({"works": True}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
