"""The step that builds an engine through TensorRT's own API, by calls that 8.5 to 11 have in common."""

from pathlib import Path
from typing import Any

import torch

from envgen_reference.checks import engine_bindings, engine_sidecar, engine_variants, network
from envgen_reference.checks.engine_endings import Ended, Ending, refusal
from envgen_reference.checks.engine_variants import Variant
from envgen_reference.checks.outcome import Facts

_LEAN = ("lean runtime", "nvinfer_lean")  # how TensorRT calls the library that it packs into an engine


def build(facts: Facts, plan: str, variant: str, timing_cache: str) -> None:
    """Build a plan and write it, with its sidecar.

    Args:
        plan: the file to write.
        variant: the name of one of engine_variants.VARIANTS.
        timing_cache: a file of this cell alone, read where it is there and written again.
    """
    wanted = engine_variants.named(variant)
    trt, log = engine_bindings.load(engine_bindings.FULL, facts)
    try:
        builder = trt.Builder(log)
    except TypeError as error:  # it was given a null pointer
        raise Ended(Ending.BUILDER_NULL, f"creating the builder fails: {log.last}") from error
    if log.errors:
        raise Ended(refusal(log.errors, Ending.BUILDER_NULL), f"creating the builder fails: {log.errors[0]}")
    reason = engine_variants.not_offered(trt, wanted, torch.cuda.get_device_capability())
    if reason:
        raise Ended(Ending.NOT_OFFERED, reason)
    definition, config = _definition(trt, builder, wanted), _config(trt, builder, wanted)
    _use_timing_cache(config, Path(timing_cache), facts)
    serialised = builder.build_serialized_network(definition, config)
    # Errors while building may be of tactics that it then does without: here the plan decides, and what it computes.
    facts["errors_logged"] = len(log.errors)
    if serialised is None:
        raise _failure(wanted, log)
    Path(plan).write_bytes(bytes(serialised))
    facts["timing_cache_bytes"] = Path(timing_cache).write_bytes(bytes(config.get_timing_cache().serialize()))
    engine_sidecar.write(Path(plan), _sidecar(trt, wanted))


def _failure(variant: Variant, log: Any) -> Ended:
    said = (log.errors or [log.last])[0]
    ending = refusal(log.errors, Ending.BUILD_FAILED)
    lean = any(words in line for line in log.errors for words in _LEAN)
    if variant.runtime_inside and lean and ending is Ending.BUILD_FAILED:
        # The packages of the full flavour come without libnvinfer_lean, which is what would be packed.
        return Ended(Ending.NOT_OFFERED, f"the lean runtime to be packed into the engine is not installed: {said}")
    return Ended(ending, f"TensorRT built no engine: {said}")


def _definition(trt: Any, builder: Any, variant: Variant) -> Any:
    definition = builder.create_network(engine_variants.network_flags(trt))
    if definition is None:
        raise Ended(Ending.BUILD_FAILED, "TensorRT makes no network")
    network.define(trt, definition, -1 if variant.dynamic else variant.rows[0])
    return definition


def _config(trt: Any, builder: Any, variant: Variant) -> Any:
    config = builder.create_builder_config()
    if config is None:
        raise Ended(Ending.BUILD_FAILED, "TensorRT makes no builder configuration")
    engine_variants.configure(trt, config, variant)
    if variant.dynamic:
        profile = builder.create_optimization_profile()
        rows = (engine_variants.LEAST, engine_variants.USUAL, engine_variants.MOST)
        profile.set_shape("x", *(network.shapes(each)["x"] for each in rows))
        if config.add_optimization_profile(profile) < 0:
            raise Ended(Ending.BUILD_FAILED, "TensorRT does not take the optimisation profile")
    return config


def _use_timing_cache(config: Any, file: Path, facts: Facts) -> None:
    kept = file.read_bytes() if file.exists() else b""
    cache = config.create_timing_cache(kept)
    facts["timing_cache_loaded"] = bool(kept)
    if not config.set_timing_cache(cache, False):  # False: not one of another device
        raise Ended(Ending.BUILD_FAILED, "TensorRT does not take the timing cache that this cell wrote")


def _sidecar(trt: Any, variant: Variant) -> engine_sidecar.Sidecar:
    cases = tuple(
        engine_sidecar.Case(
            {name: tuple(shape) for name, shape in network.shapes(rows).items()},
            {network.OUTPUT: network.expected(rows).flatten().tolist()},
        )
        for rows in variant.rows
    )
    return engine_sidecar.Sidecar(trt.__version__, variant.runtime_inside, variant.tolerance, cases)
