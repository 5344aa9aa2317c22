"""Stands in for TensorRT where there is no GPU: the calls that the engine check makes, computed by torch on the CPU.

Of torch it makes a torch whose device is the CPU. $STAND_IN_FAULT makes it behave as TensorRT was seen to behave.
"""

import contextlib
import ctypes
import enum
import json
import math
import os
import re
import signal
import struct
import time

import torch

__version__ = os.environ.get("STAND_IN_VERSION", "11.1.0.106")
FAULT = os.environ.get("STAND_IN_FAULT", "")
_MAJOR = int(__version__.split(".")[0])
_HEAD = struct.Struct("<8sQQ4B4s")

DataType = enum.Enum("DataType", "FLOAT")
MatrixOperation = enum.Enum("MatrixOperation", "NONE")
ActivationType = enum.Enum("ActivationType", "SIGMOID")
ElementWiseOperation = enum.Enum("ElementWiseOperation", "PROD")
MemoryPoolType = enum.Enum("MemoryPoolType", "WORKSPACE")
HardwareCompatibilityLevel = enum.Enum("HardwareCompatibilityLevel", "NONE AMPERE_PLUS")
TensorIOMode = enum.Enum("TensorIOMode", "NONE INPUT OUTPUT")
BuilderFlag = enum.Enum(
    "BuilderFlag", ["TF32", "VERSION_COMPATIBLE", "EXCLUDE_LEAN_RUNTIME"] + ["FP16"] * (_MAJOR < 11)
)
if _MAJOR < 11:
    NetworkDefinitionCreationFlag = enum.IntEnum("NetworkDefinitionCreationFlag", {"EXPLICIT_BATCH": 0})


class ILogger:
    Severity = enum.Enum("Severity", "INTERNAL_ERROR ERROR WARNING INFO VERBOSE")


class _Tensor:
    def __init__(self, expression):
        self.name, self.expression = "", expression

    def get_output(self, index):  # a layer with one output
        assert index == 0
        return self


class _Network:
    def __init__(self):
        self.inputs, self.output = {}, None

    def add_input(self, name, dtype, shape):
        assert dtype is DataType.FLOAT
        self.inputs[name] = list(shape)
        return _Tensor(["input", name])

    def add_matrix_multiply(self, a, op_a, b, op_b):
        assert op_a is op_b is MatrixOperation.NONE
        return _Tensor(["matmul", a.expression, b.expression])

    def add_activation(self, a, kind):
        assert kind is ActivationType.SIGMOID
        return _Tensor(["sigmoid", a.expression])

    def add_elementwise(self, a, b, kind):
        assert kind is ElementWiseOperation.PROD
        return _Tensor(["mul", a.expression, b.expression])

    def mark_output(self, tensor):
        self.output = tensor


class _Config:
    def __init__(self):
        self.flags, self.profiles, self.cache = {BuilderFlag.TF32}, [], None
        self.hardware_compatibility_level = HardwareCompatibilityLevel.NONE

    def set_memory_pool_limit(self, pool, size):
        assert pool is MemoryPoolType.WORKSPACE
        assert size > 0

    def set_flag(self, flag):
        self.flags.add(flag)

    def clear_flag(self, flag):
        self.flags.discard(flag)

    def add_optimization_profile(self, profile):
        self.profiles.append(profile.shapes)
        return len(self.profiles) - 1

    def create_timing_cache(self, content):
        return _TimingCache(content)

    def set_timing_cache(self, cache, ignore_mismatch):
        self.cache = cache
        return not ignore_mismatch

    def get_timing_cache(self):
        return self.cache


class _TimingCache:
    def __init__(self, content):
        self.content = content

    def serialize(self):
        return self.content + b"t"


class _Profile:
    def __init__(self):
        self.shapes = {}

    def set_shape(self, name, least, usual, most):
        self.shapes[name] = [list(least), list(usual), list(most)]


class Builder:
    def __init__(self, logger):
        self.logger = logger
        if FAULT == "null-builder":
            logger.log(ILogger.Severity.WARNING, "CUDA initialization failure with error: 35")
            raise TypeError("pybind11::init(): factory function returned nullptr")

    def create_network(self, flags=0):
        assert flags == (1 if _MAJOR < 10 else 0)
        return _Network()

    def create_builder_config(self):
        return _Config()

    def create_optimization_profile(self):
        return _Profile()

    def build_serialized_network(self, network, config):
        assert BuilderFlag.TF32 not in config.flags
        if FAULT == "no-tactic":
            return None
        named = {flag.name for flag in config.flags}
        if FAULT == "no-lean-library":
            self.logger.log(ILogger.Severity.ERROR, "Unable to load library: libnvinfer_lean.so.11.1.0")
            return None
        if FAULT == "boolean":
            self.logger.log(ILogger.Severity.ERROR, "Could not clean up a boolean tensor")
            return None
        if FAULT == "other-architecture":
            self.logger.log(ILogger.Severity.ERROR, "Target GPU SM 61 is not supported by this TensorRT release.")
            return None
        body = {
            "inputs": network.inputs,
            "output": network.output.name,
            "expression": network.output.expression,
            "profiles": config.profiles,
            "runtime_inside": "VERSION_COMPATIBLE" in named and "EXCLUDE_LEAN_RUNTIME" not in named,
        }
        content = json.dumps(body).encode()
        size = _HEAD.size + len(content) + (FAULT == "cut-short")
        release = map(int, re.findall(r"\d+", "9.9.9.9" if FAULT == "other-release" else __version__))
        return _HEAD.pack(b"ftrt\0\0\0\0", 2, size, *release, b"rtrt") + content


class Runtime:
    def __init__(self, logger):
        self.logger, self.engine_host_code_allowed = logger, False
        if FAULT == "null-runtime":
            logger.log(ILogger.Severity.ERROR, "createInferRuntime: Error Code 6: API Usage Error")

    def __del__(self):
        if FAULT == "null-runtime":
            os.kill(os.getpid(), signal.SIGSEGV)

    def deserialize_cuda_engine(self, content):
        body = json.loads(content[_HEAD.size :])
        if FAULT == "segfault":
            ctypes.string_at(0)
        if FAULT == "other-device":
            return self._refuse("The engine plan file is generated on an incompatible device, expecting compute 9.0")
        if body["runtime_inside"] and not self.engine_host_code_allowed:
            return self._refuse("Cannot deserialize engine with lean runtime since getEngineHostCodeAllowed() is false")
        return _Engine(body)

    def _refuse(self, sentence):
        self.logger.log(ILogger.Severity.ERROR, sentence)


class _Engine:
    def __init__(self, body):
        self.body, self.names = body, [*body["inputs"], body["output"]]
        self.num_io_tensors = len(self.names)

    def get_tensor_name(self, index):
        return self.names[index]

    def get_tensor_mode(self, name):
        return TensorIOMode.INPUT if name in self.body["inputs"] else TensorIOMode.OUTPUT

    def get_tensor_shape(self, name):
        return self.body["inputs"].get(name, [-1, -1])

    def get_tensor_dtype(self, name):
        return DataType.FLOAT

    def is_shape_inference_io(self, name):
        return False

    def get_tensor_vectorized_dim(self, name):
        return -1

    def get_tensor_profile_shape(self, name, index):
        return self.body["profiles"][index][name]

    def create_execution_context(self):
        return _Context(self.body)


class _Context:
    def __init__(self, body):
        self.body, self.shapes, self.addresses = body, {}, {}

    def set_input_shape(self, name, shape):
        assert isinstance(shape, tuple)
        wanted = self.body["inputs"][name]
        least, _, most = (self.body["profiles"] or [{}])[0].get(name, (wanted, wanted, wanted))
        self.shapes[name] = shape
        return all(low <= size <= high for low, size, high in zip(least, shape, most, strict=True))

    def get_tensor_shape(self, name):
        return tuple(self._compute(*(torch.zeros(shape) for shape in self.shapes.values())).shape)

    def set_tensor_address(self, name, address):
        self.addresses[name] = address
        return True

    def execute_async_v3(self, stream):
        if FAULT == "hang":
            time.sleep(600)
        inputs = [_memory(self.addresses[name], shape) for name, shape in self.shapes.items()]
        result = self._compute(*inputs) + (0.01 if FAULT == "wrong-numbers" else 0.0)
        if FAULT != "unwritten":
            _memory(self.addresses[self.body["output"]], tuple(result.shape)).copy_(result)
        return True

    def _compute(self, *inputs):
        named = dict(zip(self.body["inputs"], inputs, strict=True))

        def value(expression):
            kind, *parts = expression
            return named[parts[0]] if kind == "input" else getattr(torch, kind)(*map(value, parts))

        return value(self.body["expression"])


def _memory(address, shape):
    content = (ctypes.c_float * math.prod(shape)).from_address(address)
    return torch.frombuffer(content, dtype=torch.float32).reshape(shape)


class _Stream:
    cuda_stream = 7

    def wait_stream(self, other):
        pass

    def synchronize(self):
        pass


class _Event:
    def __init__(self, enable_timing):
        assert enable_timing

    def record(self):
        self.at = time.perf_counter()

    def synchronize(self):
        pass

    def elapsed_time(self, end):
        return 1000 * (end.at - self.at)


_full = torch.full
torch.full = lambda shape, value, dtype, device: _full(shape, value, dtype=dtype)
torch.Tensor.cuda = lambda tensor, device=None: tensor
torch.cuda.Stream = torch.cuda.current_stream = _Stream
torch.cuda.Event = _Event
torch.cuda.stream = contextlib.nullcontext
torch.cuda.get_device_capability = lambda: (9, 0)
