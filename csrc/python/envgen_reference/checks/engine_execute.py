"""The step that loads a plan in a new process and runs it, in the full, the lean and the dispatch runtime alike."""

import math
from pathlib import Path
from typing import Any, Dict, List, Optional

import torch

from envgen_reference.checks import engine_bindings, engine_sidecar, engine_timing, network
from envgen_reference.checks.engine_endings import Ended, Ending, refusal
from envgen_reference.checks.engine_sidecar import Case, Shape, Sidecar
from envgen_reference.checks.outcome import Facts

Tensors = Dict[str, torch.Tensor]
_DTYPES = {
    "FLOAT": torch.float32,
    "HALF": torch.float16,
    "BF16": torch.bfloat16,
    "INT8": torch.int8,
    "INT32": torch.int32,
    "INT64": torch.int64,
    "BOOL": torch.bool,
    "UINT8": torch.uint8,
}


def execute(facts: Facts, plan: str, flavour: str, host_code_allowed: bool, latency: bool) -> None:
    """Load a plan, run it twice on a stream of its own for every case, compare.

    Args:
        host_code_allowed: whether a runtime that is packed into the plan may be run: code for the processor, to be
            trusted as any other program.
        latency: whether the plan computes `network`, to be timed beside torch.
    """
    trt, log = engine_bindings.load(flavour, facts)
    try:
        runtime = trt.Runtime(log)
    except TypeError as error:  # it was given a null pointer
        raise Ended(Ending.RUNTIME_NULL, f"creating the runtime fails: {log.last}") from error
    if log.errors:  # the object is there, around a null pointer
        raise Ended(Ending.RUNTIME_NULL, f"creating the runtime fails: {log.errors[0]}")
    if host_code_allowed:
        runtime.engine_host_code_allowed = True
    engine = runtime.deserialize_cuda_engine(Path(plan).read_bytes())
    if engine is None or log.errors:
        raise Ended(refusal(log.errors), f"TensorRT does not load the plan: {(log.errors or [log.last])[0]}")
    context = engine.create_execution_context()
    if context is None or log.errors:
        raise Ended(Ending.RUN_FAILED, f"TensorRT makes no execution context: {(log.errors or [log.last])[0]}")
    session = _Session(trt, log, engine, context)
    sidecar = _sidecar(Path(plan))
    cases = sidecar.cases if sidecar else (session.own_case(),)
    facts["cases"] = len(cases)
    facts["compared"] = "with recorded outputs" if sidecar else "with itself: no sidecar says what comes out"
    for case in cases:
        _run_case(facts, session, case, sidecar)
    if latency:
        facts["latency"] = _latency(session, cases[-1])


class _Session:
    """An engine with its context, and the stream that it runs on."""

    def __init__(self, trt: Any, log: Any, engine: Any, context: Any) -> None:
        self.log, self.engine, self.context = log, engine, context
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        self.inputs = [name for name in names if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT]
        self.outputs = [name for name in names if name not in self.inputs]
        self.stream = torch.cuda.Stream()
        self.bound: Tensors = {}  # the context knows addresses only: here their memory stays
        for name in names:
            if engine.is_shape_inference_io(name):  # get_tensor_location fails in the lean runtime of 8.6
                raise Ended(
                    Ending.NOT_OFFERED,
                    f"the engine's tensor {name} is a shape on the host, which this check cannot make up",
                )
            if engine.get_tensor_vectorized_dim(name) != -1:
                raise Ended(
                    Ending.NOT_OFFERED, f"the engine's tensor {name} is packed in vectors, which this check does not do"
                )

    def own_case(self) -> Case:
        """A case made from the engine's own shapes; where they are dynamic, from what its first profile is best at."""
        return Case({name: self._usual_shape(name) for name in self.inputs}, {})

    def _usual_shape(self, name: str) -> Shape:
        shape = tuple(self.engine.get_tensor_shape(name))
        if -1 not in shape:
            return shape
        _, usual, _ = self.engine.get_tensor_profile_shape(name, 0)
        return tuple(usual)

    def bind(self, shapes: Dict[str, Shape], run: int) -> Tensors:
        """Make inputs and outputs on the device and give them to the context; the outputs come back poisoned."""
        if sorted(shapes) != sorted(self.inputs):
            raise Ended(Ending.FAILED, f"the engine's inputs are {self.inputs}, and the sidecar has {sorted(shapes)}")
        self.bound = {}
        for place, (name, shape) in enumerate(shapes.items()):
            self.bound[name] = network.filling(place, shape).to(self._dtype(name)).cuda()
            self._require(self.context.set_input_shape(name, tuple(shape)), f"the shape {tuple(shape)} of {name}")
        made = {name: self._poisoned(name, run) for name in self.outputs}
        self.bound.update(made)
        for name, tensor in self.bound.items():
            self._require(self.context.set_tensor_address(name, tensor.data_ptr()), f"the address of {name}")
        return made

    def run(self) -> None:
        self.stream.wait_stream(torch.cuda.current_stream())
        self._require(self.context.execute_async_v3(self.stream.cuda_stream), "the engine")
        self.stream.synchronize()
        if self.log.errors:
            raise Ended(Ending.RUN_FAILED, f"running the engine fails: {self.log.errors[0]}")

    def _poisoned(self, name: str, run: int) -> torch.Tensor:
        shape, dtype = tuple(self.context.get_tensor_shape(name)), self._dtype(name)
        if -1 in shape:
            raise Ended(
                Ending.NOT_OFFERED, f"how large the output {name} is depends on values, which this check does not do"
            )
        return torch.full(shape, math.nan if dtype.is_floating_point else run, dtype=dtype, device="cuda")

    def _dtype(self, name: str) -> torch.dtype:
        dtype = self.engine.get_tensor_dtype(name).name
        if dtype not in _DTYPES:
            raise Ended(Ending.NOT_OFFERED, f"the engine's tensor {name} is of type {dtype}, which torch has not")
        return _DTYPES[dtype]

    def _require(self, taken: bool, what: str) -> None:
        if not taken:
            raise Ended(Ending.RUN_FAILED, f"TensorRT does not take {what}: {(self.log.errors or [self.log.last])[0]}")


def _sidecar(plan: Path) -> Optional[Sidecar]:
    try:
        return engine_sidecar.read(plan)
    except engine_sidecar.BadSidecar as reason:
        raise Ended(Ending.FAILED, str(reason)) from reason


def _run_case(facts: Facts, session: _Session, case: Case, sidecar: Optional[Sidecar]) -> None:
    runs: List[Tensors] = []
    for run in range(2):
        runs.append(session.bind(case.inputs, run))
        session.run()
    for name, first in runs[0].items():
        if first.is_floating_point() and not bool(torch.isfinite(first).all()):
            raise Ended(Ending.WRONG_NUMBERS, f"the output {name} has values that are no numbers, or were not written")
        if not torch.equal(first, runs[1][name]):
            raise Ended(Ending.WRONG_NUMBERS, f"the output {name} differs from run to run")
    if sidecar:
        for name, values in case.outputs.items():
            _compare(facts, name, runs[0].get(name), values, sidecar.tolerance)


def _compare(facts: Facts, name: str, found: Optional[torch.Tensor], values: List[float], tolerance: float) -> None:
    if found is None or found.numel() != len(values):
        size = "no such output" if found is None else f"{found.numel()} values"
        raise Ended(Ending.WRONG_NUMBERS, f"{len(values)} values are recorded of {name}, and the engine has {size}")
    error = network.largest_error(found.flatten().cpu(), torch.tensor(values, dtype=torch.float64))
    if not math.isnan(error):
        facts["largest_error"] = max(error, facts.get("largest_error", 0.0))
    facts["tolerance"] = tolerance
    if not error <= tolerance:
        raise Ended(Ending.WRONG_NUMBERS, f"the output {name} is off by {error:.2g}, more than {tolerance:.0e}")


def _latency(session: _Session, case: Case) -> Facts:
    session.bind(case.inputs, 0)
    inputs = [session.bound[name] for name in network.INPUTS]
    with torch.cuda.stream(session.stream), torch.inference_mode():
        engine = engine_timing.seconds(lambda: session.context.execute_async_v3(session.stream.cuda_stream))
        eager = engine_timing.seconds(lambda: network.compute(*inputs))
    return {"engine_seconds": engine, "torch_seconds": eager, "rows": case.inputs["x"][0]}
