"""The engines that the check builds, and which of them a version of TensorRT offers."""

from dataclasses import dataclass
from typing import Any, Tuple

from envgen_reference.checks.engine_bindings import version

LEAST, USUAL, MOST = 1, 16, 64  # rows, of a dynamic engine's profile
_VOLTA, _AMPERE = (7, 0), (8, 0)


@dataclass(frozen=True)
class Variant:
    """An engine of the same network.

    Attributes:
        rows: what it is run with, one after the other; a dynamic engine takes more than one number of rows.
        version_compatible: whether later releases of TensorRT, and lean runtimes, take it.
        runtime_inside: whether a lean runtime is packed into it, for dispatch runtimes and for later majors.
        hardware_compatible: whether later GPUs take it.
        half: whether TensorRT may compute in float16.
        keep: whether other cells are to run it.
    """

    name: str
    rows: Tuple[int, ...]
    version_compatible: bool = False
    runtime_inside: bool = False
    hardware_compatible: bool = False
    half: bool = False
    keep: bool = False

    @property
    def dynamic(self) -> bool:
        return len(self.rows) > 1

    @property
    def tolerance(self) -> float:
        """Emulated, float32 is off by 2e-6, float16 by 1e-2 at most, and TF32, which is switched off, by 5e-3."""
        return 5e-2 if self.half else 1e-4


_TWO = (3, 33)
VARIANTS = (
    Variant("static", (8,)),
    Variant("dynamic", _TWO),
    Variant("half", (8,), half=True),
    Variant("hardware_compatible", (8,), hardware_compatible=True),
    Variant("version_compatible", _TWO, version_compatible=True, keep=True),
    Variant("portable", _TWO, version_compatible=True, hardware_compatible=True, keep=True),
    Variant("self_contained", _TWO, version_compatible=True, runtime_inside=True, keep=True),
)


def named(name: str) -> Variant:
    return next(variant for variant in VARIANTS if variant.name == name)


def not_offered(trt: Any, variant: Variant, capability: Tuple[int, int]) -> str:
    """Why this TensorRT does not build the variant for a device of that compute capability; empty when it does."""
    flags = trt.BuilderFlag
    if variant.half and not hasattr(flags, "FP16"):
        return f"TensorRT {trt.__version__} computes in the types that the network says, and in no others"
    if variant.version_compatible and not hasattr(flags, "VERSION_COMPATIBLE"):
        return f"TensorRT {trt.__version__} builds no version-compatible engines"
    if variant.version_compatible and capability < _VOLTA:
        return f"version-compatible engines need compute capability 7.0 or later, and this is {_dotted(capability)}"
    if variant.hardware_compatible and not hasattr(trt, "HardwareCompatibilityLevel"):
        return f"TensorRT {trt.__version__} builds no hardware-compatible engines"
    if variant.hardware_compatible and capability < _AMPERE:
        return f"hardware-compatible engines need compute capability 8.0 or later, and this is {_dotted(capability)}"
    return ""


def network_flags(trt: Any) -> int:
    """Explicit batches are asked for before TensorRT 10, and since then the only kind; in 11 the flag is gone."""
    if version(trt) >= (10, 0):
        return 0
    return 1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH)


def configure(trt: Any, config: Any, variant: Variant) -> None:
    """Set what the variant asks for; `not_offered` has been asked."""
    flags = trt.BuilderFlag
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 64 << 20)
    config.clear_flag(flags.TF32)
    if variant.half:
        config.set_flag(flags.FP16)
    if variant.version_compatible:
        config.set_flag(flags.VERSION_COMPATIBLE)
        if not variant.runtime_inside:
            config.set_flag(flags.EXCLUDE_LEAN_RUNTIME)
    if variant.hardware_compatible:
        config.hardware_compatibility_level = trt.HardwareCompatibilityLevel.AMPERE_PLUS


def _dotted(capability: Tuple[int, int]) -> str:
    return ".".join(map(str, capability))
