"""Where the kernels run: on the device, with its code, on the current stream, without a wait."""

import os
from typing import List

import torch

import envgen_reference
from envgen_reference.checks import values
from envgen_reference.checks.outcome import CheckError, Facts, require

NAMES = ("silu_and_mul", "silu_and_mul_backward")
KERNELS = ("forward_kernel", "backward_kernel")
PROFILED = 20  # times


def device() -> Facts:
    """What the current device is."""
    properties = torch.cuda.get_device_properties(torch.cuda.current_device())
    return {
        "name": properties.name,
        "capability": f"{properties.major}.{properties.minor}",
        "memory_bytes": properties.total_memory,
        "multiprocessors": properties.multi_processor_count,
    }


def device_code() -> Facts:
    """Which of the library's code the current device runs.

    Returns:
        `binary`: the architecture of its machine code (90 for sm_90); `ptx`: of the PTX that this came from;
        `compiled_from_ptx`: whether the driver made the machine code, because the library has none for this device.

    Raises:
        CheckError: none of it runs here.
    """
    archs = envgen_reference.build_info()["library"]["archs"]
    try:
        binary, ptx = torch.ops.envgen_reference.device_code(torch.cuda.current_device())
    except RuntimeError as error:
        first_line = str(error).splitlines()[0]
        raise CheckError(f"the library's code for {archs} does not run on this device: {first_line}") from error
    return {"binary": binary, "ptx": ptx, "compiled_from_ptx": 10 * binary not in archs}


def runs_our_kernels() -> List[str]:
    """Check that calls are served by the library's CUDA kernels without a way through the host.

    Returns:
        The kernels' names as the profiler saw them; none where it cannot look at the device.
    """
    for name in NAMES:
        registered = torch._C._dispatch_has_kernel_for_dispatch_key(f"envgen_reference::{name}", "CUDA")
        require(registered, f"no CUDA kernel is registered for {name}")
    x = torch.randn(64, 256, device="cuda", requires_grad=True)
    out = envgen_reference.silu_and_mul(x)
    require(out.is_cuda, f"the result of a CUDA input is on {out.device}")
    if torch.profiler.ProfilerActivity.CUDA not in torch.profiler.supported_activities():
        return []
    seen = _profiled(x)
    if not seen:
        return []
    for kernel in KERNELS:
        ran = any("envgen_reference" in name and kernel in name for name in seen)
        require(ran, f"the operator ran without its {kernel}: {', '.join(seen)}")
    return [name for name in seen if "envgen_reference" in name]


def _profiled(x: torch.Tensor) -> List[str]:
    """The kernels of a forward and a backward run, many times: some profilers lose the first ones of a session.

    https://github.com/pytorch/pytorch/issues/192021
    """
    torch.cuda.synchronize()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        for _ in range(PROFILED):
            envgen_reference.silu_and_mul(x).sum().backward()
            torch.cuda.synchronize()
    return [event.key for event in profile.key_averages() if "kernel" in event.key]


def keeps_to_the_stream() -> None:
    """Check that the operators neither wait for the device nor overtake the work on the current stream."""
    # Then every launch waits, as somebody wants it.
    blocking = os.environ.get("CUDA_LAUNCH_BLOCKING", "") not in ("", "0")
    x = torch.zeros(64, 256, device="cuda")
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        _forward_and_backward(x)  # memory and modules are there from now on
        stream.synchronize()
        torch.cuda.set_sync_debug_mode("error")
        try:
            torch.cuda._sleep(200_000_000)
            x.fill_(1)
            out, grad_x = _forward_and_backward(x)
            finished = stream.record_event()
            require(blocking or not finished.query(), "the operator waited for the device")
        finally:
            torch.cuda.set_sync_debug_mode("default")
    torch.cuda.synchronize()
    right = bool((out > 0.7).all()) and bool((grad_x > 0.7).all())
    require(right, "the operator did not run on the current stream")


def is_captured() -> None:
    """Check that a CUDA graph takes the operators: it refuses whatever waits or runs on another stream."""
    x = torch.zeros(64, 256, device="cuda")
    _forward_and_backward(x)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out, grad_x = _forward_and_backward(x)
    x.fill_(1)
    graph.replay()
    torch.cuda.synchronize()
    right = bool((out > 0.7).all()) and bool((grad_x > 0.7).all())
    require(right, "a replayed CUDA graph does not run the operator on new values")


def every_device() -> int:
    """Check each visible device while another one is current.

    Returns:
        How many devices there are.
    """
    count = torch.cuda.device_count()
    for index in range(count):
        x = torch.randn(8, 32, device=f"cuda:{index}")
        with torch.cuda.device((index + 1) % count):
            difference = (envgen_reference.silu_and_mul(x).double() - values.reference(x)).abs().max()
        require(float(difference) < 1e-5, f"the result on cuda:{index} is wrong while another device is current")
    return count


def _forward_and_backward(x: torch.Tensor) -> List[torch.Tensor]:
    ops = torch.ops.envgen_reference
    return [ops.silu_and_mul(x), ops.silu_and_mul_backward(x.narrow(-1, 0, x.shape[-1] // 2), x)]
