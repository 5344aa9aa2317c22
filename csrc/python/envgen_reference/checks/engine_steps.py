"""One step of the engine check, in a process of its own: `build FILE`, `run FILE` or `torch_tensorrt FILE`.

TensorRT may hand out an object around a null pointer, which crashes when it is touched or destroyed. So the logger's
errors are the verdict, and the process ends without destructors.
"""

import math
import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import torch

from envgen_reference.checks import network
from envgen_reference.checks.outcome import CheckError, Facts, require, run


def build(facts: Facts, file: Path) -> None:
    trt, log = _tensorrt(facts)
    try:
        builder = trt.Builder(log)
    except TypeError as error:  # it got a null pointer
        raise CheckError(f"creating the builder fails: {log.last}") from error
    _no_errors(log, "creating the builder")
    definition = builder.create_network(_network_flags(trt))
    network.define(trt, definition)
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 26)
    plan = builder.build_serialized_network(definition, config)
    require(plan is not None, f"TensorRT built no engine: {log.last}")
    file.write_bytes(bytes(plan))
    facts["plan_bytes"] = file.stat().st_size
    facts["plan_version"] = ".".join(str(number) for number in file.read_bytes()[24:28])


def run_engine(facts: Facts, file: Path) -> None:
    trt, log = _tensorrt(facts)
    runtime = trt.Runtime(log)
    _no_errors(log, "creating the runtime")
    engine = runtime.deserialize_cuda_engine(file.read_bytes())
    require(engine is not None, f"TensorRT does not load the engine: {log.last}")
    context = engine.create_execution_context()
    require(context is not None, f"TensorRT makes no execution context: {log.last}")
    x = network.random_input()
    y = torch.full((network.ROWS, network.WIDTH), float("nan"), device="cuda")
    context.set_tensor_address(network.INPUT, x.data_ptr())
    context.set_tensor_address(network.OUTPUT, y.data_ptr())
    torch.cuda.synchronize()
    stream = torch.cuda.Stream()
    require(context.execute_async_v3(stream.cuda_stream), f"TensorRT does not run the engine: {log.last}")
    stream.synchronize()
    _compare(facts, y, x, "the engine")


def torch_tensorrt(facts: Facts, file: Path) -> None:
    import torch_tensorrt  # noqa: PLC0415

    facts["torch_tensorrt"] = torch_tensorrt.__version__
    model = network.Model().eval().cuda()
    x = network.random_input()
    program = torch.export.export(model, (x,))
    compiled = torch_tensorrt.dynamo.compile(program, inputs=[x], min_block_size=1)
    engines = [name for name, part in compiled.named_modules() if "TensorRTModule" in type(part).__name__]
    require(bool(engines), "torch_tensorrt left the whole model to torch")
    facts["engines"] = len(engines)
    _compare(facts, compiled(x), x, "the model compiled by torch_tensorrt")


def _tensorrt(facts: Facts) -> Any:
    import tensorrt as trt  # noqa: PLC0415

    class Log(trt.ILogger):
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: List[str] = []
            self.last = "it logged nothing"

        def log(self, severity: Any, message: str) -> None:
            level = str(severity).rpartition(".")[2]
            if level in ("INFO", "VERBOSE"):
                return
            print(f"TensorRT {level}: {message}", file=sys.stderr)
            self.last = message.splitlines()[0]
            if level in ("ERROR", "INTERNAL_ERROR"):
                self.errors.append(message)

    facts["tensorrt"] = trt.__version__
    return trt, Log()


def _network_flags(trt: Any) -> int:
    """Explicit batches must be asked for before TensorRT 10 and are the only kind from then on."""
    if int(trt.__version__.split(".")[0]) >= 10:
        return 0
    return 1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH)


def _no_errors(log: Any, doing: str) -> None:
    if log.errors:
        raise CheckError(f"{doing} fails: {log.last}")


def _compare(facts: Facts, found: torch.Tensor, x: torch.Tensor, what: str) -> None:
    error = network.largest_error(found, x)
    facts["largest_error"] = None if math.isnan(error) else error
    require(error <= network.TOLERANCE, f"{what} differs from torch by {error:.2g}")


STEPS: Dict[str, Callable[[Facts, Path], None]] = {"build": build, "run": run_engine, "torch_tensorrt": torch_tensorrt}

if __name__ == "__main__":
    step, target = STEPS[sys.argv[1]], Path(sys.argv[2])
    status = run(lambda facts: step(facts, target))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
