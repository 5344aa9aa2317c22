"""The JSON schema for editors agrees with what the loader takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from envgen.assets import asset
from envgen.spec import schema
from envgen.spec.load import load
from envgen.spec.problems import MatrixFileError

FILE = Path(schema.__file__).with_name("matrix.schema.json")
STRUCTURAL = [
    "misspelt_section",
    "misspelt_axis",
    "missing_axes",
    "missing_axis",
    "missing_version",
    "newer_version",
    "not_a_mapping",
    "key_without_value",
    "wrong_types",
    "empty_axis",
    "own_axis_without_values",
    "exclude_without_reason",
    "extension_without_origin",
    "extension_with_two_origins",
    "runners",
    "checks",
]
AXES: dict[str, Any] = {"python": [3.12], "torch": "2.13", "cuda": "cpu", "os": "debian12", "arch": ["x86_64"]}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema.json_schema())
    return Draft202012Validator(schema.json_schema())


def test_checked_in_schema_is_up_to_date() -> None:
    expected = json.dumps(schema.json_schema(), indent=2, sort_keys=True) + "\n"
    assert FILE.read_text(encoding="utf-8") == expected, "run: envgen schema -o envgen/spec/matrix.schema.json"


def test_shipped_matrix_fits(validator: Draft202012Validator) -> None:
    text = asset("matrix.yaml").read_text(encoding="utf-8")
    assert list(validator.iter_errors(yaml.safe_load(text))) == []
    assert text.startswith("# yaml-language-server: $schema=envgen/spec/matrix.schema.json\n")


@pytest.mark.parametrize("name", STRUCTURAL)
def test_structural_faults_do_not_fit(validator: Draft202012Validator, name: str) -> None:
    file = Path(__file__).with_name("broken") / f"{name}.yaml"
    assert not validator.is_valid(yaml.safe_load(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"exclude": [{"python": 3.12, "torch": ["2.13"], "reason": "x"}]},
        {"select": {"one": {"cells": "py312-*"}, "many": [{"os": "host"}]}},
        {"axes": {**AXES, "compiler": ["gcc12", "clang17"], "gpu": 9.0, "driver": ["550.54.15"]}},
        {"select": {"few": {"among": [{"os": "host"}], "where": "torch>=2.9 and cuda!=cpu", "cover": "pairs"}}},
        {"select": {"few": {"must": {"cells": "py312-*"}, "weights": {"python": {"3.12": 3}}, "budget": "$5"}}},
        {"select": {"few": {"extremes": True, "host": False, "seed": 7, "budget": 40}}},
        {"runners": [{"cuda": "cpu", "labels": "x", "price": 0.07}]},
        {"extension": {"source": "a==1", "checks": {"cpu": "python -m a", "kernel": {"run": ["a"], "needs": "gpu"}}}},
        {"extension": {"source": "a==1", "build": {"env": {"A": 1, "B": True}, "steps": [{"name": "a", "run": "b"}]}}},
        {"limits": {"memory": "8GB", "timeouts": {"default": 90, "built": "30m"}}},
        {"runners": [{"cuda": "cpu", "labels": "x", "gpu": False}]},
        {"indexes": {"extra": ["https://host/simple"]}},
    ],
)
def test_schema_and_loader_agree(validator: Draft202012Validator, tmp_path: Path, rest: dict[str, Any]) -> None:
    data = {"version": 1, "axes": AXES, **rest}
    assert list(validator.iter_errors(data)) == []
    (tmp_path / "m.yaml").write_text(json.dumps(data), encoding="utf-8")
    assert load(tmp_path / "m.yaml").python == ("3.12",)


@pytest.mark.parametrize(
    "rest",
    [
        {"extension": None},
        {"extension": {"source": "a==1", "checks": {"gpu": "a"}}},
        {"limits": {"timeouts": {"buit": "3m"}}},
        {"select": {"a": []}},
        {"select": {"a": {"cover": "quads"}}},
        {"select": {"a": {"extremes": True, "pairs": 2}}},
        {"axes": {**AXES, "gpu": []}},
        {"runners": [{"cuda": "cpu"}]},
    ],
)
def test_schema_and_loader_refuse_alike(validator: Draft202012Validator, tmp_path: Path, rest: dict[str, Any]) -> None:
    data = {"version": 1, "axes": AXES, **rest}
    assert not validator.is_valid(data)
    (tmp_path / "m.yaml").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(MatrixFileError):
        load(tmp_path / "m.yaml")


def test_every_key_is_described() -> None:
    definitions = schema.json_schema()["$defs"]
    for form in (
        "AxesForm",
        "ChoiceForm",
        "BuildForm",
        "StepForm",
        "ChecksForm",
        "RunnerForm",
        "IndexesForm",
        "LimitsForm",
    ):
        assert definitions[form]["description"], form
        for key, value in definitions[form]["properties"].items():
            assert "description" in value or "examples" in value or "$ref" in value, f"{form}.{key}"
