"""What is known of the place where something failed; it decides between causes that print the same text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Facts of one environment; what is not known is empty or None.

    Attributes:
        platform: `linux`, `windows` or `macos`.
        python: its minor version: `3.12`.
        torch: its release: `2.13.0`.
        cuda: the CUDA that torch was built with: `12.8`, or `cpu`.
        cxx11_abi: whether torch was built with the C++11 ABI of libstdc++.
        glibc: the version of the system that loads.
        nvcc: the toolkits of the machine.
        driver_cuda: the CUDA that the driver serves.
        gpus: compute capabilities of the GPUs: `9.0`.
        loads_torch: whether it is known that torch was imported before.
        same_torch: whether it is known that the extension was built against the torch that loads it.
    """

    platform: str = ""
    python: str = ""
    torch: str = ""
    cuda: str = ""
    cxx11_abi: bool | None = None
    glibc: str = ""
    nvcc: tuple[str, ...] = ()
    driver_cuda: str = ""
    gpus: tuple[str, ...] = ()
    loads_torch: bool = False
    same_torch: bool = False


NOTHING_KNOWN = Facts()
