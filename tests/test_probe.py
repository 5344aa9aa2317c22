"""The probes, under every Python found here; the torch that they see is a stand-in."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gpu.stand_in import UUIDS, StandInDriver

from envgen.cell import PythonVersion
from envgen.machine import find_interpreter
from envgen.probe import script, scripts

TORCH = """\
import types
__version__ = "2.13.0+cu130"
version = types.SimpleNamespace(cuda="13.0", git_version="0" * 40)
cuda = types.SimpleNamespace(is_available=lambda: False)
_C = types.SimpleNamespace(_cuda_getArchFlags=lambda: "sm_80 sm_90")
def compiled_with_cxx11_abi():
    return True
"""


@pytest.fixture(scope="module", params=range(8, 16), ids=lambda minor: f"3.{minor}")
def python(request: pytest.FixtureRequest) -> Path:
    found = find_interpreter(PythonVersion(request.param))
    if not found:
        pytest.skip(f"no Python 3.{request.param} here")
    return found


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder that holds torch and an extension beside it."""
    folder = tmp_path / "installed"
    for name, text in (("torch", TORCH), ("mine", "ANSWER = 42\n"), ("load", "from mine import ANSWER\n")):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(text, encoding="utf-8")
    info = folder / "Some_Package-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Some_Package\nVersion: 1.5\n", encoding="utf-8")
    return folder


def run(python: Path, *arguments: str | Path, **variables: str | Path) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {name: str(value) for name, value in variables.items()}
    return subprocess.run([python, *arguments], capture_output=True, text=True, check=False, env=environ)


def test_every_python_compiles_them_without_a_warning(python: Path) -> None:
    code = "import sys\nfor path in sys.argv[1:]: compile(open(path, encoding='utf-8').read(), path, 'exec')"
    done = run(python, "-W", "error::DeprecationWarning", "-W", "error::SyntaxWarning", "-c", code, *scripts())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("probe", scripts(), ids=lambda probe: probe.stem)
def test_each_finds_the_scripts_beside_it_by_itself(probe: Path) -> None:
    """PYTHONSAFEPATH keeps a script's folder off the path; a run by name does so in every Python."""
    done = run(Path(sys.executable), "-c", "import runpy, sys; runpy.run_path(sys.argv[1], run_name='probe')", probe)
    assert (done.returncode, done.stderr) == (0, "")


def test_devices(python: Path) -> None:
    done = run(python, "-I", script("devices"))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert set(answer) == {"driver", "driver_cuda", "devices", "reason"}
    assert bool(answer["devices"]) != bool(answer["reason"])


@pytest.mark.parametrize(
    ("fault", "answer"),
    [("", {"works": True}), ("fails", {"works": False, "why": "cuDevicePrimaryCtxRetain returned 719"})],
)
def test_health(python: Path, driver: StandInDriver, fault: str, answer: dict[str, Any]) -> None:
    if fault:
        driver.breaks(1, fault)
    done = run(python, "-I", script("health"), **driver.variables, CUDA_VISIBLE_DEVICES=UUIDS[1])
    assert json.loads(done.stdout) == answer
    assert done.returncode == (0 if answer["works"] else 1)


def test_a_device_that_hangs_is_waited_for_by_its_probe(python: Path, driver: StandInDriver) -> None:
    driver.breaks(0, "hangs")
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([python, script("health")], env=os.environ | driver.variables, timeout=2, check=False)


def test_environment(python: Path, installed: Path, tmp_path: Path) -> None:
    done = run(python, script("environment"), PYTHONPATH=installed, ENVGEN_FACTS=tmp_path / "facts.json")
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads((tmp_path / "facts.json").read_text(encoding="utf-8"))
    said = run(python, "-V").stdout.split()[1]
    assert (facts["python"], facts["implementation"], facts["free_threaded"]) == (said, "CPython", False)
    assert facts["machine"] == platform.machine()
    assert facts["packages"]["some-package"] == "1.5"
    assert facts["torch"] == {
        "version": "2.13.0+cu130", "cuda": "13.0", "git": "0" * 40, "cxx11_abi": True, "cuda_available": False,
        "arch_list": ["sm_80", "sm_90"], "file": str(installed / "torch" / "__init__.py"),
    }  # fmt: skip
    assert done.stdout == f"Python {said}, torch 2.13.0+cu130, CUDA 13.0\n"


def test_load(python: Path, installed: Path, tmp_path: Path) -> None:
    modules = ("mine", "load", "_ctypes")  # one has the name of the probe itself
    done = run(python, script("load"), *modules, PYTHONPATH=installed, ENVGEN_FACTS=tmp_path / "facts.json")
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads((tmp_path / "facts.json").read_text(encoding="utf-8"))
    assert facts["torch"] == "2.13.0+cu130"
    assert list(facts["modules"]) == list(modules)
    assert facts["modules"]["mine"]["file"] == str(installed / "mine" / "__init__.py")
    assert facts["modules"]["load"]["file"] == str(installed / "load" / "__init__.py")
    if platform.system() == "Linux" and facts["modules"]["_ctypes"]["file"]:
        assert facts["modules"]["_ctypes"]["file"] in facts["new_libraries"]


def test_what_cannot_be_imported_ends_the_probe(python: Path, installed: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    done = run(python, script("load"), "mine", "nowhere", PYTHONPATH=installed, ENVGEN_FACTS=facts)
    assert done.returncode != 0
    assert "No module named 'nowhere'" in done.stderr.splitlines()[-1]
    assert not facts.exists()


@pytest.mark.skipif(platform.system() == "Windows", reason="it cannot fork")
def test_crossload(python: Path, installed: Path, tmp_path: Path) -> None:
    """A base folder as it is, and the same with a file that aborts, one that hangs and one that is taken away."""
    base = tmp_path / "base"
    files = {"__init__": "from pkg import part\n", "part": "ANSWER = 42\n", "check": "import sys; sys.exit(3)\n"}
    base.joinpath("pkg").mkdir(parents=True)
    for name, text in files.items():
        (base / "pkg" / f"{name}.py").write_text(text, encoding="utf-8")
    parts = {
        "abort": "import os; os.abort()\n",
        "hang": "while True: pass\n",
        "noisy": "while True: print('x' * 1000)\n",
    }
    for name, text in parts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    log, answers = tmp_path / "log", tmp_path / "answers"
    common = {"base": str(base), "library": None, "modules": ["pkg"], "check": None, "facts": str(tmp_path / "f")}
    trials: list[dict[str, Any]] = [
        {**common, "id": name, "without": [], "with": [[str(tmp_path / name), "pkg/part.py"]]} for name in parts
    ]
    trials += [
        {**common, "id": "good", "without": [], "with": []},
        {**common, "id": "gone", "without": ["pkg/part.py"], "with": []},
        {**common, "id": "check", "without": [], "with": [], "check": ["python", "-m", "pkg.check"]},
    ]
    for trial in trials:
        name = trial["id"]
        trial.update(folder=str(tmp_path / f"{name}.d"), log=f"{log}.{name}", stage=str(tmp_path / f"{name}.stage"))
        Path(trial["log"]).touch()
    order = {"fork": True, "answers": str(answers), "timeout": 8, "log_limit": 100_000, "trials": trials}
    (tmp_path / "order").write_text(json.dumps(order), encoding="utf-8")
    done = run(python, script("crossload"), tmp_path / "order", PYTHONPATH=installed)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == [trial["id"] for trial in trials for _ in ("begun", "ended")]
    ended = {line["id"]: (line["ended"], line["returncode"]) for line in lines if "ended" in line}
    assert ended == {
        "abort": ("exit", -6), "hang": ("timeout", -9), "noisy": ("log", -9),
        "good": ("exit", 0), "gone": ("exit", 1), "check": ("exit", 3),
    }  # fmt: skip
    stages = {trial["id"]: Path(trial["stage"]).read_text(encoding="utf-8") for trial in trials}
    assert stages == {**dict.fromkeys(("abort", "hang", "noisy", "gone"), "modules"), "good": "done", "check": "done"}
    assert "cannot import name 'part'" in Path(f"{log}.gone").read_text(encoding="utf-8")
    assert not list(tmp_path.glob("*.d"))
