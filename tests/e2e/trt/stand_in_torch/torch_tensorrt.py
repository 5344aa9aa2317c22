"""Stands in for torch_tensorrt, and for the reference operator, on the CPU: a graph with two engines around a call.

$STAND_IN_TORCH_FAULT makes it do what the check is to notice.
"""

import os

import tensorrt  # noqa: F401  (it makes of torch one whose device is the CPU)
import torch

__version__ = os.environ.get("STAND_IN_TORCH_VERSION", "2.14.0")
FAULT = os.environ.get("STAND_IN_TORCH_FAULT", "")
_library = torch.library.Library("envgen_reference", "DEF")
_library.define("silu_and_mul(Tensor x) -> Tensor")


def _silu_and_mul(x):
    gate, up = x.chunk(2, dim=-1)
    return torch.nn.functional.silu(gate) * up


for key in ("CPU", "Meta"):
    _library.impl("silu_and_mul", _silu_and_mul, key)
if FAULT == "import":
    raise Exception("import error when try to import _TensorRTProxyModule")


class Input:
    def __init__(self, *, min_shape, opt_shape, max_shape, dtype):
        assert min_shape < opt_shape < max_shape
        assert dtype is torch.float32


class TorchTensorRTModule(torch.nn.Module):
    def __init__(self, weight, bias):
        super().__init__()
        self.weight, self.bias = weight, bias

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight, self.bias)


class dynamo:  # noqa: N801  (a module)
    @staticmethod
    def compile(exported_program, inputs, *, min_block_size=5, engine_cache_dir="", **options):
        assert min_block_size == 1
        assert engine_cache_dir.startswith(os.environ["TMPDIR"])
        assert not options
        if FAULT == "build":
            raise RuntimeError("Failed to extract symbolic shape expressions")
        root, graph = torch.nn.Module(), torch.fx.Graph()
        state = exported_program.state_dict
        value = graph.placeholder("x")
        for name, operator in (("up", torch.ops.envgen_reference.silu_and_mul.default), ("down", None)):
            part = TorchTensorRTModule(state[f"{name}.weight"], state[f"{name}.bias"])
            root.add_module(name, torch.nn.Linear(1, 1) if FAULT == "no-engine" else part)
            value = graph.call_module(name, (value,))
            if operator:
                value = graph.call_function(torch.relu if FAULT == "decomposed" else operator, (value,))
        if FAULT == "wrong-numbers":
            value = graph.call_function(torch.add, (value, 0.01))
        graph.output((value,))
        return torch.fx.GraphModule(root, graph)


def save(module, file_path="", *, output_format, inputs, retrace, dynamic_shapes=None):
    if FAULT == "save" and output_format == "exported_program":
        raise TypeError("missing a required argument: 'x'")
    if output_format == "torchscript":
        torch.jit.save(torch.jit.trace(module, inputs), file_path)
        return
    assert retrace == (dynamic_shapes is not None)
    torch.export.save(torch.export.export(module, tuple(inputs), dynamic_shapes=dynamic_shapes), file_path)


def load(file_path=""):
    if FAULT == "load":
        raise ValueError("The file doesn't correspond to a valid Torchscript module or ExportedProgram.")
    return torch.export.load(file_path) if file_path.endswith(".pt2") else torch.jit.load(file_path)
