"""The operator on the GPU: code for this device, values, derivatives, where it runs, and how fast."""

import sys

import torch

import envgen_reference
from envgen_reference.checks import compiled, driver, execution, large, properties, speed, values
from envgen_reference.checks.outcome import Facts, require, run


def check(facts: Facts) -> None:
    facts["torch"] = torch.__version__
    facts["build"] = envgen_reference.build_info()
    driver.require_device()
    require(facts["build"]["library"]["with_cuda"], "the operator library was built without its CUDA units")
    facts["device"] = execution.device()
    facts["code"] = execution.device_code()
    facts["operator"] = dict(values.compare(envgen_reference.silu_and_mul, "cuda"))
    _properties(facts)
    facts["kernels"] = execution.runs_our_kernels()
    execution.keeps_to_the_stream()
    execution.is_captured()
    facts["devices"] = execution.every_device()
    facts["speed"] = speed.of_all_dtypes()
    facts["large"] = large.compare()
    facts["compile"] = compiled.compare("cuda")


def _properties(facts: Facts) -> None:
    operator = envgen_reference.silu_and_mul
    values.refuses_bad_input(operator, "cuda")
    properties.gradcheck(operator, "cuda")
    properties.traces(operator, "cuda")
    facts["operator"]["opcheck"] = properties.opcheck("envgen_reference", "cuda")


if __name__ == "__main__":
    sys.exit(run(check))
