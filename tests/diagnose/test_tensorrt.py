"""What TensorRT and torch_tensorrt print when they load, build or read: the causes that the offline judge gives too.

The texts stand in libnvinfer.so.8 (8.6.0), libnvinfer_lean.so.11 (11.1), libtorchtrt.so (2.2.0) and torch_tensorrt
2.14.0, or were printed by them on a machine without a driver.
"""

from __future__ import annotations

import pytest

from envgen.diagnose import diagnose_text

TRACE = """\
  File "/v/torch_tensorrt/_compile.py", line 812, in save_cross_compiled_exported_program
    exp_program = dynamo_export(gm, cross_compile_module=True)
  File "/v/torch/export/__init__.py", line 319, in export
    return _export(mod, args)
  File "/usr/lib/python3.12/inspect.py", line 3212, in _bind
"""
VERSION, DEVICE, DRIVER = "trt-version-mismatch", "trt-device-mismatch", "driver-missing-or-too-old"
PLATFORM, LIBRARY, WINDOWS = "trt-platform-mismatch", "trt-lib-missing", "trt-windows-export"

SAID = {
    # reading an engine
    "The engine plan file is not compatible with this version of TensorRT, expecting library version 8.6.0.12 got"
    " 8.5.3.1, please rebuild.": (VERSION, "built by TensorRT 8.5.3.1, and this is 8.6.0.12"),
    "6: The engine plan file is generated on an incompatible device, expecting compute 8.6 got compute 8.9, please"
    " rebuild.": (DEVICE, "compute capability 8.9, and this GPU has 8.6"),
    "The current device is not compatible with this hardware-compatible engine. Expected compute capability >= 8.0 but"
    " got 7.5": (DEVICE, "another GPU"),
    "Hardware-compatible engines are only supported on Ampere and beyond.": (DEVICE, "another GPU"),
    "Using an engine plan file across different models of devices is not recommended and is likely to affect"
    " performance or even cause errors.": (DEVICE, "another GPU"),
    "Serialization assertion stdVersionRead == serializationVersion failed.Version tag does not match. Note: Current"
    " Version: 236, Serialized Engine Version: 232": (VERSION, "another TensorRT"),
    "Serialization assertion magicTagRead == kMAGIC_TAG failed.Magic tag does not match": ("trt-plan-corrupt", "head"),
    "plan->header.pad == expectedPlatformTag failed. Platform specific tag mismatch detected. TensorRT plan files are"
    " only supported on the target runtime platform they were created on.": (PLATFORM, "another operating system"),
    "Cannot deserialize engine with lean runtime since IRuntime::getEngineHostCodeAllowed() is false.":
        ("trt-host-code-refused", "a runtime of its own"),
    "Engine Version Forward Compatibility supported starting TensorRT 8.6": (VERSION, "another TensorRT"),
    "Program to be deserialized targets an incompatible Torch-TensorRT ABI": (VERSION, "another TensorRT"),
    "Program to be deserialized targets a different Torch-TensorRT ABI Version (4) than the Torch-TensorRT Runtime ABI"
    " Version (5)": (VERSION, "The module has ABI 4, and this torch_tensorrt reads ABI 5."),
    "This engine was not built to run on the loaded TensorRT runtime platform (built for: windows_x86_64, current"
    " runtime platform: linux_x86_64)": (PLATFORM, "for windows_x86_64, and this is linux_x86_64"),
    "RuntimeError: No compatible device was found for instantiating TensorRT engine": (DEVICE, "another GPU"),
    # its libraries
    "Unable to load library: libnvinfer_builder_resource.so.8.6.0: libnvinfer_builder_resource.so.8.6.0: cannot open"
    " shared object file": (LIBRARY, "libnvinfer_builder_resource.so.8.6.0"),
    "OSError: libnvinfer_builder_resource.so.10.7.0: cannot enable executable stack as shared object requires: Invalid"
    " argument": ("exec-stack", "libnvinfer_builder_resource.so.10.7.0"),
    "FileNotFoundError: Could not find libnvinfer.so.11": (LIBRARY, "TensorRT"),
    "Exception: import error when try to import _TensorRTProxyModule, got error Could not find libnvinfer.so.11":
        (LIBRARY, "TensorRT"),
    "ImportError: libnvonnxparser.so.11: cannot open shared object file: No such file or directory":
        (LIBRARY, "libnvonnxparser.so.11"),
    "ImportError: libcudnn.so.8: cannot open shared object file: No such file or directory":
        ("cuda-runtime-missing", "libcudnn.so.8"),
    "ImportError: libcublas.so.12: cannot open shared object file: No such file or directory":
        ("cuda-runtime-missing", "libcublas.so.12"),
    "Custom class with name __torch__.torch.classes.tensorrt.Engine is already registered. Ensure that registration"
    " with torch::class_ is only called once.": ("duplicate-registration", "registered twice"),
    "RuntimeError: Unknown type name '__torch__.torch.classes.tensorrt.Engine'":
        ("torchtrt-runtime-not-loaded", "tensorrt.Engine"),
    # no driver
    "[W] CUDA initialization failure with error: 35. Please check your CUDA installation: http://docs.nvidia.com/cuda/":
        (DRIVER, "driver"),
    "createInferRuntime: Error Code 6: API Usage Error (CUDA initialization failure with error: 35 In"
    " checkCudaInstallation at /_src/runtime/dispatch/runtime.cpp:840)": (DRIVER, "driver"),
    "TypeError: pybind11::init(): factory function returned nullptr": (DRIVER, "driver"),
    "RuntimeError: [Error thrown at core/runtime/runtime.cpp:99] Expected (cudaGetDevice(reinterpret_cast<int*>(&device"
    ")) == cudaSuccess) to be true but got false\nUnable to get current device (runtime.get_current_device)\n":
        (DRIVER, "driver"),
    "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a":
        (DRIVER, "driver"),
    # programs for Windows
    "NotImplementedError: Windows cross compilation feature is not available": (WINDOWS, "Windows"),
    "RuntimeError: Cross compile for windows is only supported on x86-64 Linux architecture": (WINDOWS, "Windows"),
    TRACE + "TypeError: missing a required argument: 'x'": (WINDOWS, "Windows"),
    "ValueError: cross runtime compiled model for windows can only be loaded in Windows system":
        (PLATFORM, "another operating system"),
    "The saved model is cross compiled for windows in Linux, should only be loadded in Windows via"
    " torch_tensorrt.load_cross_compiled_exported_program() api.": (PLATFORM, "another operating system"),
    "RuntimeError: tensorrt::no_op_placeholder_for_execute_engine() Expected a value of type 'Tensor' for argument"
    " 'serialized_engine' but instead found type 'str'.": (PLATFORM, "another operating system"),
}  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_the_cause_and_its_words(text: str) -> None:
    cause, words = SAID[text]
    best = diagnose_text(text)[0]
    assert best.cause == cause
    assert words in best.sentence


def test_a_null_object_without_a_word_of_the_driver_may_lack_the_builders_resources() -> None:
    told = diagnose_text("TypeError: pybind11::init(): factory function returned nullptr")
    assert [each.cause for each in told] == [DRIVER, LIBRARY]
    text = "Unable to load library: libnvinfer_builder_resource.so.8.6.0\nTypeError: pybind11::init(): factory function"
    assert diagnose_text(f"{text} returned nullptr")[0].cause == LIBRARY


def test_an_argument_that_any_function_misses_says_nothing_of_windows() -> None:
    assert not diagnose_text("TypeError: missing a required argument: 'x'")
