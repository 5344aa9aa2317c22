"""The operator on the GPU: code for this device, values, derivatives, where it runs, and how fast."""

import statistics
import sys
from typing import Callable, List

import torch
from torch._dynamo import eval_frame

import envgen_reference
from envgen_reference.checks import properties, values
from envgen_reference.checks.outcome import CheckError, Facts, require, run

NAME = "envgen_reference::silu_and_mul"


def check(facts: Facts) -> None:
    facts["torch"] = torch.__version__
    facts["build"] = envgen_reference.build_info()
    require(torch.cuda.is_available(), f"torch {torch.__version__} finds no usable CUDA device")
    device = torch.cuda.get_device_properties(0)
    facts["device"] = {"name": device.name, "capability": f"{device.major}.{device.minor}"}
    facts["code"] = device_code()
    operator = envgen_reference.silu_and_mul
    facts["operator"] = dict(values.compare(operator, "cuda"))
    values.refuses_bad_input(operator, "cuda")
    properties.gradcheck(operator, "cuda")
    properties.traces(operator, "cuda")
    facts["operator"]["opcheck"] = properties.opcheck("envgen_reference", "cuda")
    facts["kernel"] = runs_our_kernel()
    keeps_to_the_stream()
    every_device()
    facts["compile"] = compiles()
    facts["speed"] = speed()


def device_code() -> Facts:
    """Which of the library's code this device runs."""
    built = envgen_reference.build_info()["library"]
    require(built["with_cuda"], "the operator library was built without its CUDA units")
    try:
        binary, ptx = torch.ops.envgen_reference.device_code(0)
    except RuntimeError as error:
        first_line = str(error).splitlines()[0]
        raise CheckError(
            f"the library's code for {built['archs']} does not run on this device: {first_line}"
        ) from error
    return {"binary": binary, "ptx": ptx}


def runs_our_kernel() -> str:
    """Check that the call is served by the library's CUDA kernel without a wait or a way through the host.

    Returns:
        The kernel's name as the profiler saw it, or why the profiler could not tell.
    """
    registered = torch._C._dispatch_has_kernel_for_dispatch_key(NAME, "CUDA")
    require(registered, "no CUDA kernel is registered for the operator")
    x = torch.randn(64, 256, device="cuda")
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
            out = envgen_reference.silu_and_mul(x)
            torch.cuda.set_sync_debug_mode("default")
            torch.cuda.synchronize()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    require(out.is_cuda, f"the result of a CUDA input is on {out.device}")
    seen = [event.key for event in profile.key_averages() if not event.key.startswith("cuda")]
    if not seen:
        return "not seen: the profiler reports no device activity here"
    ours = [key for key in seen if "envgen_reference" in key]
    require(bool(ours), f"the operator ran {', '.join(seen)} instead of its own kernel")
    return ours[0]


def keeps_to_the_stream() -> None:
    """Check that the operator neither waits for the device nor overtakes the work on the current stream."""
    x = torch.zeros(64, 256, device="cuda")
    envgen_reference.silu_and_mul(x)
    torch.cuda.synchronize()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        torch.cuda._sleep(200_000_000)
        x.fill_(1)
        out = envgen_reference.silu_and_mul(x)
        finished = stream.record_event()
        require(not finished.query(), "the operator waited for the device")
    torch.cuda.synchronize()
    require(bool((out > 0.7).all()), "the operator did not run on the current stream")


def every_device() -> None:
    """Check each visible device while another one is current."""
    for index in range(1, torch.cuda.device_count()):
        x = torch.randn(8, 32, device=f"cuda:{index}")
        difference = (envgen_reference.silu_and_mul(x).double() - values.reference(x)).abs().max()
        require(float(difference) < 1e-5, f"the result on cuda:{index} is wrong while cuda:0 is current")


def compiles() -> str:
    """Check that torch.compile takes the operator into one graph, forward and backward, for two shapes."""
    if not eval_frame.is_dynamo_supported():
        return f"torch {torch.__version__} cannot compile with Python {sys.version.split()[0]}"

    def model(x: torch.Tensor) -> torch.Tensor:
        return envgen_reference.silu_and_mul(2 * x) + 1

    compiled = torch.compile(model, backend="aot_eager", fullgraph=True, dynamic=True)
    for rows in (4, 7):
        x = torch.randn(rows, 12, device="cuda", requires_grad=True)
        require(torch.equal(compiled(x), model(x)), "the compiled operator gives another result")
        (found,) = torch.autograd.grad(compiled(x).sum(), x)
        (expected,) = torch.autograd.grad(model(x).sum(), x)
        require(torch.allclose(found, expected), "the compiled operator gives another gradient")
    return "passed"


def speed() -> Facts:
    """Bytes per second of the forward kernel, beside a copy of the same input on the same device."""
    free, _ = torch.cuda.mem_get_info()
    rows = max(1, min(16384, free // (16 * 8192)))
    x = torch.randn(rows, 8192, device="cuda").bfloat16()
    copy = torch.empty_like(x)
    size = x.numel() * x.element_size()
    forward = 1.5 * size / _seconds(lambda: envgen_reference.silu_and_mul(x))
    copied = 2 * size / _seconds(lambda: copy.copy_(x))
    unfused = 1.5 * size / _seconds(lambda: envgen_reference._C.silu_and_mul_unfused(x))
    return {
        "input_bytes": size,
        "forward_bytes_per_second": forward,
        "unfused_bytes_per_second": unfused,
        "copy_bytes_per_second": copied,
        "forward_over_copy": forward / copied,
    }


def _seconds(call: Callable[[], object], repeats: int = 20) -> float:
    times: List[float] = []
    with torch.inference_mode():
        for _ in range(3 + repeats):
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            call()
            end.record()
            end.synchronize()
            times.append(start.elapsed_time(end) / 1000)
    return statistics.median(times[3:])


if __name__ == "__main__":
    sys.exit(run(check))
