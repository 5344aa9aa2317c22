"""The causes of failures, each with its id; their titles, explanations and remedies are data."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why something did not build, load or run."""

    # of extensions, engines and what they need

    TORCH_VERSION_MISMATCH = "torch-version-mismatch"
    CXX11_ABI_MISMATCH = "cxx11-abi-mismatch"
    IMPORT_TORCH_FIRST = "import-torch-first"
    CUDA_CPU_BUILD_MISMATCH = "cuda-cpu-build-mismatch"
    PYTHON_ABI_MISMATCH = "python-abi-mismatch"
    WHEEL_TAG_MISMATCH = "wheel-tag-mismatch"
    MODULE_INIT_MISSING = "module-init-missing"
    DUPLICATE_REGISTRATION = "duplicate-registration"
    NUMPY_ABI_MISMATCH = "numpy-abi-mismatch"
    GLIBC_TOO_OLD = "glibc-too-old"
    LIBSTDCXX_TOO_OLD = "libstdcxx-too-old"
    MACHINE_ARCH_MISMATCH = "machine-arch-mismatch"
    BINARY_DAMAGED = "binary-damaged"
    RPATH_MISSING = "rpath-missing"
    CUDA_RUNTIME_MISSING = "cuda-runtime-missing"
    VENDOR_LIB_VERSION_MIX = "vendor-lib-version-mix"
    DRIVER_MISSING_OR_TOO_OLD = "driver-missing-or-too-old"
    GPU_ARCH_MISSING = "gpu-arch-missing"
    BUILD_ARCH_UNKNOWN = "build-arch-unknown"
    CUDA_MAJOR_MISMATCH_BUILD = "cuda-major-mismatch-build"
    CUDA_TOOLKIT_MISSING = "cuda-toolkit-missing"
    NVCC_HOST_COMPILER_UNSUPPORTED = "nvcc-host-compiler-unsupported"
    HOST_COMPILER_MISSING = "host-compiler-missing"
    HEADER_COMPILER_CONFLICT = "header-compiler-conflict"
    CXX_STANDARD_MISMATCH = "cxx-standard-mismatch"
    TORCH_API_REMOVED = "torch-api-removed"
    DEV_HEADERS_MISSING = "dev-headers-missing"
    BUILD_ENV_INCOMPLETE = "build-env-incomplete"
    BUILD_OOM = "build-oom"
    STALE_BUILD = "stale-build"
    INT64_LONG_TYPE = "int64-long-type"
    STATIC_TLS_EXHAUSTED = "static-tls-exhausted"
    EXEC_STACK = "exec-stack"
    OPENMP_DUPLICATE = "openmp-duplicate"
    WIN_DLL_NOT_FOUND = "win-dll-not-found"
    WIN_DLL_INIT_FAILED = "win-dll-init-failed"
    WIN_CRT_MISMATCH = "win-crt-mismatch"
    MAC_CODE_SIGNING = "mac-code-signing"
    MAC_DEPLOYMENT_TARGET = "mac-deployment-target"
    TRT_VERSION_MISMATCH = "trt-version-mismatch"
    TRT_DEVICE_MISMATCH = "trt-device-mismatch"
    TRT_PLATFORM_MISMATCH = "trt-platform-mismatch"
    TRT_PLAN_CORRUPT = "trt-plan-corrupt"
    TRT_GPU_UNSUPPORTED = "trt-gpu-unsupported"
    TRT_LIB_MISSING = "trt-lib-missing"
    TRT_PLUGIN_MISSING = "trt-plugin-missing"
    TRT_HOST_CODE_REFUSED = "trt-host-code-refused"
    TRT_PARTS_MISMATCH = "trt-parts-mismatch"
    TORCHTRT_RUNTIME_NOT_LOADED = "torchtrt-runtime-not-loaded"
    TRT_WINDOWS_EXPORT = "trt-windows-export"
    TRT_WINDOWS_OUTPUT = "trt-windows-output"

    # of an extension's own code
    HEADER_NOT_FOUND = "header-not-found"
    LIBRARY_NOT_FOUND = "library-not-found"
    SYMBOL_NOT_DEFINED = "symbol-not-defined"

    # of environments and processes
    REQUIREMENTS_CONFLICT = "requirements-conflict"
    INDEX_UNREACHABLE = "index-unreachable"
    VENDOR_INDEX_UNREACHABLE = "vendor-index-unreachable"
    VENDOR_WHEEL_MISSING = "vendor-wheel-missing"
    HASH_MISMATCH = "hash-mismatch"
    DISK_FULL = "disk-full"
    OUT_OF_MEMORY = "out-of-memory"
    TIME_LIMIT = "time-limit"
    ENDED_FROM_OUTSIDE = "ended-from-outside"
    CRASHED = "crashed"


# Said only where nothing else is: that much is true of whatever no rule knows better.
LAST_RESORTS = frozenset({Cause.HEADER_NOT_FOUND, Cause.LIBRARY_NOT_FOUND, Cause.SYMBOL_NOT_DEFINED})
