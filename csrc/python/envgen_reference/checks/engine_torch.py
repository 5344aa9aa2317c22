"""The steps through torch_tensorrt: a model whose middle is the reference operator, which no engine computes.

So its graph splits into engines around a call of the operator. Signatures are those of torch_tensorrt 2.2 to 2.14.
"""

import inspect
import math
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import torch

from envgen_reference.checks import engine_timing, network
from envgen_reference.checks.engine_bindings import first_line, version
from envgen_reference.checks.engine_endings import Ended, Ending
from envgen_reference.checks.outcome import Facts

DEPTH, WIDTH, OUT = 64, 32, 16
LEAST, USUAL, MOST = 2, 24, 64  # rows
TOLERANCE = 1e-4
OPERATOR = "envgen_reference.silu_and_mul"
FORMATS = {"torchscript": "model.ts", "exported_program": "model.pt2"}


class Model(torch.nn.Module):
    """Two linear layers with the operator between them, of the same weights on every machine."""

    def __init__(self) -> None:
        super().__init__()
        self.up = torch.nn.Linear(DEPTH, 2 * WIDTH)
        self.down = torch.nn.Linear(WIDTH, OUT)
        for place, parameter in enumerate(self.parameters()):
            parameter.requires_grad_(False)
            parameter.copy_(network.filling(place, tuple(parameter.shape)) / 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(torch.ops.envgen_reference.silu_and_mul(self.up(x)))

    def expected(self, x: torch.Tensor) -> torch.Tensor:
        """The same in float64 by plain torch operations, on the CPU."""
        wide = torch.nn.functional.linear(x.cpu().double(), self.up.weight.cpu().double(), self.up.bias.cpu().double())
        gate, up = wide.chunk(2, dim=-1)
        silu = torch.nn.functional.silu(gate) * up
        return torch.nn.functional.linear(silu, self.down.weight.cpu().double(), self.down.bias.cpu().double())


def export(model: Model, x: torch.Tensor, dynamic: bool) -> torch.export.ExportedProgram:
    return torch.export.export(model, (x,), dynamic_shapes=_dims() if dynamic else None)


def compile_model(facts: Facts, folder: str, dynamic: bool) -> None:
    """Compile the model, run it, and save it in every format that this version of torch_tensorrt saves.

    Args:
        folder: for caches, and for the files that FORMATS names.
        dynamic: whether the number of rows is.
    """
    torch_tensorrt = _import(facts)
    model = Model().eval().cuda()
    x = _input(USUAL)
    program = export(model, x, dynamic)
    inputs = [_dynamic_input(torch_tensorrt)] if dynamic else [x]
    options = _offered(torch_tensorrt.dynamo.compile, _options(Path(folder), dynamic))
    try:
        compiled = torch_tensorrt.dynamo.compile(program, inputs=inputs, **options)
    except Exception as error:
        raise Ended(Ending.BUILD_FAILED, f"torch_tensorrt.dynamo.compile: {first_line(error)}") from error
    facts["engines"] = _engines(compiled)
    _require_operator(_calls(compiled))
    _compare(facts, compiled, model, dynamic)
    with torch.no_grad():
        engine, eager = engine_timing.seconds(lambda: compiled(x)), engine_timing.seconds(lambda: model(x))
    facts["latency"] = {"engine_seconds": engine, "torch_seconds": eager, "rows": USUAL}
    _save_all(facts, torch_tensorrt, compiled, Path(folder), x, dynamic)


def load_model(facts: Facts, file: str, dynamic: bool) -> None:
    """Load what `compile_model` saved, run it, compare."""
    torch_tensorrt = _import(facts)
    try:
        loaded = _load(torch_tensorrt, file)
    except Exception as error:
        raise Ended(Ending.DESERIALISE_REFUSED, f"{Path(file).name} does not load: {first_line(error)}") from error
    before_2_3 = not hasattr(torch_tensorrt, "load")  # whose programs are called as they are
    module = loaded if before_2_3 or not isinstance(loaded, torch.export.ExportedProgram) else loaded.module()
    _require_operator(_graph(module))
    _compare(facts, module, Model(), dynamic)


def _import(facts: Facts) -> Any:
    try:
        import torch_tensorrt  # noqa: PLC0415
    except Exception as error:  # torch_tensorrt itself raises bare ones
        raise Ended(Ending.IMPORT_REFUSED, f"import torch_tensorrt: {first_line(error)}") from error
    facts["torch_tensorrt"] = torch_tensorrt.__version__
    return torch_tensorrt


def _options(folder: Path, dynamic: bool) -> Dict[str, Any]:
    """Each is given where the version has it: caches have keys without versions, so each cell has its own."""
    return {
        "min_block_size": 1,
        "disable_tf32": True,
        "assume_dynamic_shape_support": dynamic,
        "cache_built_engines": False,
        "reuse_cached_engines": False,
        "engine_cache_dir": str(folder / "engine-cache"),
        "timing_cache_path": str(folder / "timing-cache.bin"),
        "runtime_cache_path": str(folder / "runtime-cache.bin"),
        "output_format": "graph_module",  # 2.2 alone asks already here how it is to be saved
    }


def _offered(function: Callable[..., Any], options: Dict[str, Any]) -> Dict[str, Any]:
    known = inspect.signature(function).parameters
    return {name: value for name, value in options.items() if name in known}


def _save_all(facts: Facts, torch_tensorrt: Any, compiled: Any, folder: Path, x: torch.Tensor, dynamic: bool) -> None:
    saved = facts["saved"] = {}
    failures: List[Ended] = []
    for written, file in FORMATS.items():
        try:
            saved[written] = _save(torch_tensorrt, compiled, folder / file, written, x, dynamic)
        except Ended as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def _save(torch_tensorrt: Any, compiled: Any, file: Path, written: str, x: torch.Tensor, dynamic: bool) -> str:
    """Save the model in a format.

    Returns:
        `saved`, or why this version does not offer it.
    """
    try:
        if not hasattr(torch_tensorrt, "save"):
            return _save_before_2_3(torch_tensorrt, compiled, file, written, x, dynamic)
        if written == "exported_program" and version(torch_tensorrt) == (2, 4):
            # https://github.com/pytorch/TensorRT/issues/2791: torch 2.4 saves engines that it does not load.
            return f"torch_tensorrt {torch_tensorrt.__version__} saves no exported program that loads again"
        options: Dict[str, Any] = {"output_format": written, "inputs": [x], "retrace": False}
        if dynamic and written == "exported_program":
            if "dynamic_shapes" not in inspect.signature(torch_tensorrt.save).parameters:
                return _no_dynamic_program(torch_tensorrt)
            options.update(retrace=True, dynamic_shapes=_dims())
        torch_tensorrt.save(compiled, str(file), **options)
    except Exception as error:
        raise Ended(Ending.SAVE_FAILED, f"saving as {written}: {first_line(error)}") from error
    return "saved"


def _save_before_2_3(
    torch_tensorrt: Any, compiled: Any, file: Path, written: str, x: torch.Tensor, dynamic: bool
) -> str:
    if dynamic and written == "exported_program":
        return _no_dynamic_program(torch_tensorrt)
    exported = torch_tensorrt.dynamo.export(compiled, [x], written)
    (torch.jit.save if written == "torchscript" else torch.export.save)(exported, str(file))
    return "saved"


def _no_dynamic_program(torch_tensorrt: Any) -> str:
    # Its own tests leave out the loading: the program is saved with the shapes of one input.
    return f"torch_tensorrt {torch_tensorrt.__version__} saves no exported program of dynamic shapes that loads again"


def _load(torch_tensorrt: Any, file: str) -> Any:
    if hasattr(torch_tensorrt, "load"):
        return torch_tensorrt.load(file)
    return torch.jit.load(file) if file.endswith(".ts") else torch.export.load(file)


def _dims() -> Tuple[Dict[int, Any]]:
    return ({0: torch.export.Dim("rows", min=LEAST, max=MOST)},)


def _dynamic_input(torch_tensorrt: Any) -> Any:
    least, usual, most = ((rows, DEPTH) for rows in (LEAST, USUAL, MOST))
    return torch_tensorrt.Input(min_shape=least, opt_shape=usual, max_shape=most, dtype=torch.float32)


def _input(rows: int) -> torch.Tensor:
    return network.filling(9, (rows, DEPTH)).cuda()


def _engines(compiled: torch.nn.Module) -> int:
    found = [name for name, part in compiled.named_modules() if "TensorRTModule" in type(part).__name__]
    if not found:
        raise Ended(Ending.BUILD_FAILED, "torch_tensorrt made no engine and left the whole model to torch")
    return len(found)


def _calls(compiled: torch.nn.Module) -> str:
    graphs = (part.graph for part in compiled.modules() if isinstance(part, torch.fx.GraphModule))
    return " ".join(str(node.target) for graph in graphs for node in graph.nodes)


def _graph(loaded: Any) -> str:
    """The graph of a TorchScript module or of an exported program's, whose operators have dots in their names."""
    return str(getattr(loaded, "inlined_graph", None) or loaded.graph).replace("::", ".")


def _require_operator(calls: str) -> None:
    if OPERATOR not in calls:
        raise Ended(Ending.BUILD_FAILED, f"the compiled model does not call {OPERATOR} any more")


def _compare(facts: Facts, module: Callable[..., Any], model: Model, dynamic: bool) -> None:
    facts["tolerance"] = TOLERANCE
    for rows in (USUAL, LEAST, MOST) if dynamic else (USUAL,):
        x = _input(rows)
        with torch.no_grad():
            found = module(x)
        found = found[0] if isinstance(found, (tuple, list)) else found
        wanted = model.expected(x)
        if found.shape != wanted.shape:
            raise Ended(Ending.WRONG_NUMBERS, f"for {rows} rows the result has shape {tuple(found.shape)}")
        error = network.largest_error(found.cpu(), wanted)
        if not math.isnan(error):
            facts["largest_error"] = max(error, facts.get("largest_error", 0.0))
        if not error <= TOLERANCE:
            raise Ended(
                Ending.WRONG_NUMBERS, f"for {rows} rows the result is off by {error:.2g}, more than {TOLERANCE:.0e}"
            )
