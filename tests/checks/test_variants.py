"""Which engines are built for which device."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from .reference import load

variants = load("engine_variants")
TENSORRT = SimpleNamespace(
    __version__="10.16.1.11",
    BuilderFlag=SimpleNamespace(FP16=0, VERSION_COMPATIBLE=1),
    HardwareCompatibilityLevel=SimpleNamespace(AMPERE_PLUS=1),
)


@pytest.mark.parametrize(
    ("capability", "left_out"),
    [
        ((6, 1), {"hardware_compatible", "version_compatible", "portable", "self_contained"}),
        ((7, 5), {"hardware_compatible", "portable"}),
        ((8, 0), set()),
        ((12, 0), set()),
    ],
)
def test_older_devices_get_no_compatible_engines(capability: tuple[int, int], left_out: set[str]) -> None:
    reasons = {each.name: variants.not_offered(TENSORRT, each, capability) for each in variants.VARIANTS}
    assert {name for name, reason in reasons.items() if reason} == left_out
    assert all(reason.endswith(f"and this is {capability[0]}.{capability[1]}") for reason in reasons.values() if reason)
