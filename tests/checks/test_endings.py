"""What it was when TensorRT did not take a plan, by the texts that it logs."""

from __future__ import annotations

import pytest

from .reference import load

endings = load("engine_endings")


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        (
            "IRuntime::deserializeCudaEngine: Error Code 6: API Usage Error (The engine plan file is generated on an"
            " incompatible device, expecting compute 9.0 got compute 8.6, please rebuild.)",
            "incompatible-device",
        ),
        (
            "The current device is not compatible with this hardware-compatible engine. Expected compute capability"
            " >= 8.0",
            "incompatible-device",
        ),
        (
            "The engine plan file is not compatible with this version of TensorRT, expecting library version 10.16",
            "deserialise-refused",
        ),
        ("Unexpected call to stub loadRunner for ReformatRunner", "deserialise-refused"),
        (
            "Cannot deserialize engine with lean runtime since IRuntime::getEngineHostCodeAllowed() is false",
            "deserialise-refused",
        ),
    ],
)
def test_refusals(said: str, ending: str) -> None:
    assert endings.refusal(["something before", said]).value == ending


def test_a_refusal_without_a_word() -> None:
    assert endings.refusal([]).value == "deserialise-refused"
