"""`envgen diagnose --against` on a library that was just compiled."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from envgen.cli.app import app
from envgen.errors import UsageError

# It calls a function of the C shim that no release of torch ever had.
CODE = 'extern "C" void torch_that_never_was(); extern "C" int puts(const char*); void f() {{ {call} }}'


@pytest.fixture(scope="module", params=["plain", "stable"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    folder = tmp_path_factory.mktemp("library")
    call = 'puts("");' if request.param == "plain" else "torch_that_never_was();"
    (folder / "unit.cpp").write_text(CODE.format(call=call))
    made = folder / "libops.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", made, folder / "unit.cpp"], check=True, timeout=120)
    return request.param, made


def test_table(library: tuple[str, Path]) -> None:
    kind, path = library
    result = CliRunner().invoke(app, ["diagnose", str(path), "--against", "torch>=2.4"])
    if kind == "plain":
        assert result.exit_code == 0, result.output
        assert "takes nothing from torch; fits torch 2.4.0 to " in result.output
    else:
        assert result.exit_code == 1, result.output
        assert "keeps to torch's stable ABI; fits none" in result.output


def test_json(library: tuple[str, Path]) -> None:
    kind, path = library
    arguments = [
        "diagnose",
        str(path),
        "--against",
        ">=2.4,<2.6",
        "--python",
        "3.12",
        "--platform",
        "debian12",
        "--json",
    ]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    (tried,) = next(entry["against"] for entry in json.loads(result.output) if "against" in entry)
    assert {(each["python"], each["platform"]) for each in tried["targets"]} == {("3.12", "debian12-x86_64")}
    assert bool(tried["fits"]) is (kind == "plain")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--against", "torch>=99"],
        ["--against", "torch=>2"],
        ["--against", "torch>=2.4", "--python", "four"],
        ["--against", "torch>=2.4", "--platform", "beos"],
        ["--against", "torch>=2.4", "--cuda", "vulkan"],
        ["--against", "torch>=2.4", "--built-with", "new"],
        ["--against", "torch==2.4.1", "--python", "3.14"],
    ],
)
def test_what_cannot_be_asked_is_said(library: tuple[str, Path], arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["diagnose", str(library[1]), *arguments])
    assert isinstance(result.exception, UsageError)
    assert result.exception.what.endswith(".")
    assert result.exception.remedy.endswith(".")
