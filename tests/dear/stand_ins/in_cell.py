"""The interpreter of a cell on a machine that has no GPU: `python SCRIPT ...` with stand-ins for the device alone.

STAND_IN_PLAN names a plan that stands for what the builder would give; without it the builder is asked.
"""

import os
import runpy
import sys
import types
from pathlib import Path

import torch

PROPERTIES = types.SimpleNamespace(major=9, minor=0, name="stand-in", total_memory=1 << 34, multi_processor_count=1)


def stands_in(self, *_, **__):
    return self


def built(module, inputs, settings, *_, **__):
    from torch_tensorrt.dynamo.conversion._conversion import SerializedInterpreterResult

    (given,) = (node.args[0] for node in module.graph.nodes if node.op == "output")
    count = len(given) if isinstance(given, (tuple, list)) else 1
    return SerializedInterpreterResult(
        serialized_engine=Path(os.environ["STAND_IN_PLAN"]).read_bytes(),
        input_names=[each.name for each in inputs],
        output_names=[f"output{index}" for index in range(count)],
        requires_output_allocator=False,
        requires_native_multidevice=False,
        symbolic_shape_expressions=None,
        aliased_io={},
    )


script = sys.argv[1]
sys.argv = sys.argv[1:]
sys.path.insert(0, str(Path(script).parent))
import devices  # noqa: E402  (the probe of that name)

devices.devices = lambda: {"devices": [{"compute_capability": "9.0"}], "reason": ""}
torch.cuda.get_device_capability = lambda *_: (9, 0)
torch.cuda.get_device_properties = lambda *_: PROPERTIES
torch.cuda.current_device = lambda: 0
torch.cuda.mem_get_info = lambda *_: (1 << 34, 1 << 34)
torch.Tensor.cuda = torch.nn.Module.cuda = stands_in
if "STAND_IN_PLAN" in os.environ:
    import torch_tensorrt  # noqa: F401
    from torch_tensorrt.dynamo.conversion import _conversion

    _conversion.interpret_module_to_result = built
runpy.run_path(script, run_name="__main__")
