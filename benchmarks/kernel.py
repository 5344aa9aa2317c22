"""How fast the reference's kernels are on this machine's GPU, beside copies of the same tensors.

Usage, with the Python of a cell that holds the reference extension, built (on PYTHONPATH or installed):

    python benchmarks/kernel.py [--device 0]

Prints terabytes per second, read and written, and shares of the copy; what stands in a row was measured in turn. Exits
with 77 where there is no GPU.
"""

from __future__ import annotations

import argparse
import sys

import torch
from envgen_reference.checks import driver, execution, speed
from envgen_reference.checks.outcome import NOT_RUN, CheckError, NotRun

# Rows and columns of the input: one token to many, few long rows and many short ones, widths that packs do not divide.
SHAPES = [
    (1, 28672),
    (64, 28672),
    (4096, 28672),
    (65536, 8192),
    (1 << 22, 128),
    (16, 1 << 25),
    (65536, 8200),
    (65536, 8196),
    (65536, 8194),
    (65536, 8190),
]
NAMES = ("forward", "backward", "unfused", "copy", "copy_kernel")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", type=int, default=0, help="which of the visible devices")
    device = parser.parse_args().device
    try:
        driver.require_device()
        if not 0 <= device < torch.cuda.device_count():
            parser.error(f"there is no device {device}; {torch.cuda.device_count()} are visible")
        torch.cuda.set_device(device)
        print(f"torch {torch.__version__}, {_described()}")
    except NotRun as reason:
        print(f"Nothing was measured: {reason}.", file=sys.stderr)
        return NOT_RUN
    except CheckError as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"{'input':>16} {'dtype':>9} {'MB':>6}  " + " ".join(f"{name:>11}" for name in NAMES) + "   TB/s; of copy")
    for rows, columns in SHAPES:
        for name, dtype in speed.DTYPES.items():
            _row(rows, columns, name, dtype)
    return 0


def _described() -> str:
    of = {**execution.device(), **execution.device_code()}
    origin = "compiled by the driver from PTX" if of["compiled_from_ptx"] else f"code for sm_{of['binary']}"
    return f"{of['name']} ({of['capability']}, {of['memory_bytes'] / 1e9:.0f} GB), {origin}"


def _row(rows: int, columns: int, name: str, dtype: torch.dtype) -> None:
    size = rows * columns * torch.empty((), dtype=dtype).element_size()
    shape = f"{rows} x {columns}"
    free, _ = torch.cuda.mem_get_info()
    if size * speed.SHARE_OF_FREE > free:
        print(f"{shape:>16} {name:>9} {size / 1e6:>6.0f}  not measured: {free / 1e9:.1f} GB are free")
        return
    facts = speed.measure(rows, columns, dtype)
    torch.cuda.empty_cache()
    rates = " ".join(f"{facts[f'{each}_bytes_per_second'] / 1e12:>11.3f}" for each in NAMES)
    shares = ", ".join(f"{each} {facts[f'{each}_over_copy']:.0%}" for each in ("forward", "backward"))
    print(f"{shape:>16} {name:>9} {size / 1e6:>6.0f}  {rates}   {shares}")


if __name__ == "__main__":
    sys.exit(main())
