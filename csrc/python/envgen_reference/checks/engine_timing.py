"""How long work on the current stream takes, by the device's own clock."""

import statistics
from typing import Callable, List

import torch


def seconds(call: Callable[[], object], repeats: int = 50) -> float:
    """The median time between two events around a call, after five that do not count."""
    times: List[float] = []
    for _ in range(5 + repeats):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        call()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / 1000)
    return statistics.median(times[5:])
