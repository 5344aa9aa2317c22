"""Bytes per second of the kernels, beside copies of the same tensor on the same device."""

import statistics
from typing import Callable, Dict, List

import torch

import envgen_reference
from envgen_reference.checks.outcome import Facts

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
WIDTH = 8192  # of the input; outputs have half of it
INPUT_BYTES = 2**30  # far more than any cache holds
SHARE_OF_FREE = 8  # all tensors of one measurement take less than this many times the input
QUEUE_CYCLES = 2_000_000  # the device idles so long while the host queues a round
WARM_UP, ROUNDS = 3, 20


def of_all_dtypes() -> Dict[str, Facts]:
    """Measure inputs of 1 GiB, or of an eighth of the free memory where that is less."""
    facts = {}
    for name, dtype in DTYPES.items():
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info()
        row_bytes = WIDTH * torch.empty((), dtype=dtype).element_size()
        rows = max(1, min(INPUT_BYTES, free // SHARE_OF_FREE) // row_bytes)
        facts[name] = measure(rows, WIDTH, dtype)
    torch.cuda.empty_cache()
    return facts


def measure(rows: int, columns: int, dtype: torch.dtype) -> Facts:
    """Time the kernels, the formula as separate operations and two copies, in turn.

    Args:
        rows, columns: of the input.

    Returns:
        `input_bytes`, `NAME_bytes_per_second` for what each reads and writes (of the separate operations: what the
        fused one does), and shares of the copy: `forward_over_copy`.
    """
    x = torch.randn(rows, columns, device="cuda").to(dtype)
    grad = torch.randn(rows, columns // 2, device="cuda").to(dtype)
    copy = torch.empty_like(x)
    size = x.numel() * x.element_size()
    ops = torch.ops.envgen_reference
    traffic = {"forward": 1.5, "backward": 2.5, "unfused": 1.5, "copy": 2.0, "copy_kernel": 2.0}
    seconds = _seconds(
        {
            "forward": lambda: ops.silu_and_mul(x),
            "backward": lambda: ops.silu_and_mul_backward(grad, x),
            "unfused": lambda: envgen_reference._C.silu_and_mul_unfused(x),
            "copy": lambda: copy.copy_(x),
            "copy_kernel": lambda: torch.neg(x, out=copy),
        }
    )
    facts: Facts = {"input_bytes": size}
    for name, factor in traffic.items():
        facts[f"{name}_bytes_per_second"] = factor * size / seconds[name]
    copied = facts["copy_bytes_per_second"]
    for name in ("forward", "backward", "copy_kernel"):
        facts[f"{name}_over_copy"] = facts[f"{name}_bytes_per_second"] / copied
    return facts


def _seconds(calls: Dict[str, Callable[[], object]]) -> Dict[str, float]:
    """The median time of each call on the device. A round has every call once, so that what drifts drifts for all."""
    times: Dict[str, List[float]] = {name: [] for name in calls}
    with torch.inference_mode():
        for _ in range(WARM_UP + ROUNDS):
            marks = {}
            torch.cuda._sleep(QUEUE_CYCLES)  # so that no call waits for the host
            for name, call in calls.items():
                marks[name] = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
                marks[name][0].record()
                call()
                marks[name][1].record()
            torch.cuda.synchronize()
            for name, (start, end) in marks.items():
                times[name].append(start.elapsed_time(end) / 1000)
    return {name: statistics.median(taken[WARM_UP:]) for name, taken in times.items()}
