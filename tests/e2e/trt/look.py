"""Run beside TensorRT's real bindings, in any Python from 3.8 on: what they offer of what the engine check calls.

`look.py FOLDER MODULE` prints a JSON object; FOLDER is that of the package envgen_reference.
"""

import importlib
import json
import re
import sys
from types import ModuleType

# How many arguments the check gives, by position. Of the builder's side, and of the side that every flavour has.
BUILDING = {
    "Builder": 1,
    "Builder.create_network": 1,
    "Builder.create_builder_config": 0,
    "Builder.create_optimization_profile": 0,
    "Builder.build_serialized_network": 2,
    "INetworkDefinition.add_input": 3,
    "INetworkDefinition.add_matrix_multiply": 4,
    "INetworkDefinition.add_activation": 2,
    "INetworkDefinition.add_elementwise": 3,
    "INetworkDefinition.mark_output": 1,
    "ILayer.get_output": 1,
    "IOptimizationProfile.set_shape": 4,
    "IBuilderConfig.set_memory_pool_limit": 2,
    "IBuilderConfig.set_flag": 1,
    "IBuilderConfig.clear_flag": 1,
    "IBuilderConfig.add_optimization_profile": 1,
    "IBuilderConfig.create_timing_cache": 1,
    "IBuilderConfig.set_timing_cache": 2,
    "IBuilderConfig.get_timing_cache": 0,
    "ITimingCache.serialize": 0,
}
RUNNING = {
    "ILogger": 0,
    "Runtime": 1,
    "Runtime.deserialize_cuda_engine": 1,
    "ICudaEngine.create_execution_context": 0,
    "ICudaEngine.get_tensor_name": 1,
    "ICudaEngine.get_tensor_mode": 1,
    "ICudaEngine.get_tensor_shape": 1,
    "ICudaEngine.get_tensor_dtype": 1,
    "ICudaEngine.is_shape_inference_io": 1,
    "ICudaEngine.get_tensor_vectorized_dim": 1,
    "ICudaEngine.get_tensor_profile_shape": 2,
    "IExecutionContext.set_input_shape": 2,
    "IExecutionContext.get_tensor_shape": 1,
    "IExecutionContext.set_tensor_address": 2,
    "IExecutionContext.execute_async_v3": 1,
}
MEMBERS = {
    "building": (
        "DataType.FLOAT",
        "MatrixOperation.NONE",
        "ActivationType.SIGMOID",
        "ElementWiseOperation.PROD",
        "MemoryPoolType.WORKSPACE",
        "BuilderFlag.TF32",
        "ITensor.name",
    ),
    "running": (
        "TensorIOMode.INPUT",
        "DataType.FLOAT",
        "ILogger.Severity.ERROR",
        "ICudaEngine.num_io_tensors",
        "Dims.__getitem__",
    ),
}
_SIGNATURE = re.compile(r"^(?:\d+\. )?\w+\(self: [^,)]*(.*)\) -> ", re.MULTILINE)


class Recorder:
    """In the place of a builder configuration, which only a builder makes: notes by name what it is told."""

    def __init__(self):
        object.__setattr__(self, "told", [])

    def set_flag(self, flag):
        self.told.append(flag.name)

    def clear_flag(self, flag):
        self.told.append(f"-{flag.name}")

    def set_memory_pool_limit(self, pool, size):
        self.told.append(f"{pool.name}={size}")

    def __setattr__(self, name, value):
        self.told.append(f"{name}={value.name}")


def attribute(module, dotted):
    found = module
    for part in dotted.split("."):
        found = getattr(found, part, None)
    return found


def arities(function):
    """The numbers of arguments that each overload takes: (needed, at most)."""
    found = []
    for parameters in _SIGNATURE.findall(function.__doc__ or ""):
        taken = [part for part in re.sub(r"\[[^\]]*\]|<[^>]*>", "", parameters).split(",") if ":" in part]
        found.append((len([part for part in taken if "=" not in part]), len(taken)))
    return found


def lacking(module, calls, members):
    for dotted, given in calls.items():
        function = attribute(module, dotted)
        if isinstance(function, type):
            function = function.__init__
        takes = arities(function) if function is not None else []
        if not any(needed <= given <= most for needed, most in takes):
            yield f"{dotted} with {given}: {takes}"
    for dotted in members:
        if attribute(module, dotted) is None:
            yield dotted


def variants(module, engine_variants):
    for variant in engine_variants.VARIANTS:
        reason = engine_variants.not_offered(module, variant, (9, 0))
        recorder = Recorder()
        if not reason:
            engine_variants.configure(module, recorder, variant)
        yield variant.name, reason or recorder.told


def main(folder, name):
    package = sys.modules["envgen_reference"] = ModuleType("envgen_reference")
    package.__path__ = [folder]
    module = importlib.import_module(name)
    found = {"version": module.__version__, "running": list(lacking(module, RUNNING, MEMBERS["running"]))}
    wrong = {"ILogger": 3, "Runtime.no_such_call": 0}
    found["control"] = list(lacking(module, wrong, ("DataType.NO_SUCH_TYPE",)))  # this look does find what is lacking
    found["host_code"] = hasattr(module.Runtime, "engine_host_code_allowed")
    if hasattr(module, "Builder"):
        engine_variants = importlib.import_module("envgen_reference.checks.engine_variants")
        found["building"] = list(lacking(module, BUILDING, MEMBERS["building"]))
        found["variants"] = dict(variants(module, engine_variants))
        found["network_flags"] = engine_variants.network_flags(module)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
