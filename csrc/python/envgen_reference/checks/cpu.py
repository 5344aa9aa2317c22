"""The operator on the CPU: values, derivatives, registrations, the Python module, the stable library."""

import sys

import torch

import envgen_reference
from envgen_reference import _C, stable
from envgen_reference.checks import properties, values
from envgen_reference.checks.outcome import Facts, require, run


def check(facts: Facts) -> None:
    facts["torch"] = torch.__version__
    facts["build"] = envgen_reference.build_info()
    facts["operator"] = _operator("envgen_reference", envgen_reference.silu_and_mul)
    _module()
    facts["stable"] = _operator("envgen_reference_stable", stable.silu_and_mul) if stable.available() else None


def _module() -> None:
    x = torch.randn(5, 3, 64, dtype=torch.float64)
    difference = float((_C.silu_and_mul_unfused(x) - envgen_reference.silu_and_mul(x)).abs().max())
    require(difference < 1e-12, f"the pybind function and the operator differ by {difference:.2g}")


def _operator(namespace: str, operator: values.Operator) -> Facts:
    facts: Facts = dict(values.compare(operator, "cpu"))
    values.refuses_bad_input(operator, "cpu")
    properties.gradcheck(operator, "cpu")
    properties.traces(operator, "cpu")
    facts["opcheck"] = properties.opcheck(namespace, "cpu")
    return facts


if __name__ == "__main__":
    sys.exit(run(check))
