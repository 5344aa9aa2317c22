"""Rungs of single cells: what cannot be had here, what is not what it says, and the ways to build."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from envgen.cell import PythonVersion
from envgen.machine import find_interpreter
from envgen.results import LADDER, CellResult, Outcome, Rung

from .project import PYTHON, TORCH, TinyProject, another_python, at, cell_id, here, outcomes, wheel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

CELL = cell_id()


def blocked(result: CellResult, rung: Rung) -> set[tuple[Outcome, str]]:
    return {(above.outcome, above.sentence) for above in result.rungs[LADDER.index(rung) + 1 :]}


def test_packages_that_cannot_be_found(project: TinyProject, tmp_path: Path) -> None:
    done = project.envgen("run", PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 1
    result = project.result(CELL)
    assert result.failed is not None
    assert result.failed.rung is Rung.LOCKED
    assert "torch" in result.failed.sentence
    assert result.failed.diagnoses[0].cause == "requirements-conflict"
    assert blocked(result, Rung.LOCKED) == {(Outcome.NOT_RUN, "locked failed")}
    assert result.versions == {}
    assert f"locked failed in 1 of 1 cell: {result.failed.sentence.split('. ')[0]}" in done.stdout


def test_a_cell_of_another_system(project: TinyProject) -> None:
    """Nothing failed, and yet a run in which nothing was run is not green."""
    project.write_matrix(os="windows2022")
    done = project.envgen("run")
    assert done.returncode == 4
    assert "Not one of 1 cell could be run here: needs windows2022 on x86_64; this machine is " in done.stderr
    (result,) = project.results().values()
    created = at(result, Rung.CREATED)
    assert created.outcome is Outcome.NOT_RUN
    assert created.sentence == f"needs windows2022 on x86_64; this machine is {here()[0]} on {here()[1]}"
    assert blocked(result, Rung.CREATED) == {(Outcome.NOT_RUN, "created was not run")}
    assert result.failed is None


def test_an_interpreter_that_is_not_here(project: TinyProject) -> None:
    absent = next((v for v in ("3.14", "3.13", "3.12") if not find_interpreter(PythonVersion.parse(v))), None)
    if absent is None:
        pytest.skip("every Python is here")
    project.write_matrix(python=f'["{absent}", "{PYTHON}"]')
    done = project.envgen("run")
    assert done.returncode == 0, done.stdout
    created = at(project.result(cell_id(absent)), Rung.CREATED)
    assert created.outcome is Outcome.NOT_RUN
    assert f"no Python {absent} is installed here" in created.sentence
    assert project.result(CELL).reached is Rung.CPU


def test_a_cpu_torch_in_a_cuda_cell_has_failed(project: TinyProject) -> None:
    project.write_matrix(cuda="[cu130]")
    assert project.envgen("run").returncode == 1
    result = project.result(cell_id(cuda="cu130"))
    assert result.failed is not None
    assert result.failed.rung is Rung.CREATED
    assert result.failed.sentence == "torch 2.13.0 is a CPU build, the cell says cu130"
    assert blocked(result, Rung.CREATED) == {(Outcome.NOT_RUN, "created failed")}


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import os; os._exit(0)", "the process ended itself while torch was imported, with code 0"),
        ("import os; os.abort()", "died on SIGABRT while torch was imported"),
        (
            "import nowhere",
            "ended with code 1 while torch was imported: ModuleNotFoundError: No module named 'nowhere'",
        ),
        (TORCH.format(version="2.12.0"), "torch 2.12.0 was imported from "),
    ],
)
def test_a_torch_that_does_not_work(project: TinyProject, tmp_path: Path, code: str, sentence: str) -> None:
    wheel(tmp_path, "torch", "2.13.0+cpu", {"torch/__init__.py": code})
    assert project.envgen("run", PIP_FIND_LINKS=str(tmp_path)).returncode == 1
    result = project.result(CELL)
    assert result.failed is not None
    assert result.failed.rung is Rung.CREATED
    assert result.failed.sentence.startswith(sentence)


def test_a_step_is_shared_by_the_pythons_that_agree_on_its_axes(project: TinyProject) -> None:
    other = another_python()
    project.write_matrix(python=f'["{PYTHON}", "{other}"]')
    done = project.envgen("run", "-j", "2")
    assert done.returncode == 0, done.stdout
    results = project.results()
    assert sorted(results) == sorted((CELL, cell_id(other)))
    assert {result.reached for result in results.values()} == {Rung.CPU}
    assert sum("built library in" in project.log(cell, Rung.BUILT) for cell in results) == 1
    assert sum("built package in" in project.log(cell, Rung.BUILT) for cell in results) == 2
    assert at(results[cell_id(other)], Rung.CPU).facts["python"] == [3, int(other.split(".")[1])]


@pytest.mark.parametrize(
    ("engines", "said"),
    [("none.plan", "error: --engines none.plan is no file and no folder.\n"),
     ("matrix.yaml", "error: --engines was given, and no selected cell has TensorRT.\nSelect one that has.\n")],
)  # fmt: skip
def test_engines_that_no_cell_can_take(project: TinyProject, engines: str, said: str) -> None:
    done = project.envgen("run", "--engines", engines)
    assert done.returncode == 2
    assert done.stderr.startswith(said)


def test_a_shared_step_that_fails(project: TinyProject) -> None:
    done = project.envgen("run", TINY_BUILD="fail library")
    assert done.returncode == 1, done.stderr
    failed = project.result(CELL).failed
    assert failed is not None
    assert failed.rung is Rung.BUILT
    assert failed.sentence.startswith("ended with code 1 while building (library): ")


def test_a_shared_build_is_of_these_flags_only(project: TinyProject) -> None:
    assert project.envgen("run", "--name", "plain").returncode == 0
    assert project.envgen("run", "--name", "again").returncode == 0
    assert project.envgen("run", "--name", "flags", CFLAGS="-g").returncode == 0
    built = [at(project.result(CELL, name), Rung.BUILT).facts["steps"][0] for name in ("plain", "again", "flags")]
    assert ["shared_from" in step for step in built] == [False, True, False]


def test_a_shared_build_that_is_gone_is_made_again(project: TinyProject) -> None:
    assert project.envgen("run", "--name", "first").returncode == 0
    for out in (project.folder / ".envgen" / "builds").glob("*/out"):
        shutil.rmtree(out)
    assert project.envgen("run", "--name", "second").returncode == 0


def test_what_a_check_does_to_its_artifact_reaches_no_other_run(project: TinyProject) -> None:
    spoil = "import os; open(os.environ['PYTHONPATH'] + '/tiny/libtiny.so', 'wb').close()"
    matrix = project.folder / "matrix.yaml"
    text = matrix.read_text()
    matrix.write_text(text.replace("cpu: [python, -m, tiny.check]", f'cpu: [python, -c, "{spoil}"]'))
    assert project.envgen("run", "--name", "spoils").returncode == 0
    matrix.write_text(text)
    done = project.envgen("run", "--name", "after")
    assert done.returncode == 0, done.stdout


def test_a_module_from_elsewhere_is_not_the_extension(project: TinyProject) -> None:
    matrix = project.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("  path: tiny\n", "  path: tiny\n  import: [tiny, json]\n"))
    assert project.envgen("run").returncode == 1
    failed = project.result(CELL).failed
    assert failed is not None
    assert failed.rung is Rung.LOADED
    assert failed.sentence.startswith("json was imported from ")
    assert failed.sentence.endswith(", and not from what was built")


def test_a_step_of_some_cells_only(project: TinyProject) -> None:
    project.write_matrix(axes="  twin: {variables: {with: {}, without: {}}}")
    matrix = project.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("library], per", "library], when: {twin: with}, per"))
    assert project.envgen("run", "-j", "2").returncode == 1
    whole, part = (project.result(cell_id(extra=f"-twin_{twin}")) for twin in ("with", "without"))
    steps = [[step["step"] for step in at(result, Rung.BUILT).facts["steps"]] for result in (whole, part)]
    assert steps == [["library", "package"], ["package"]]
    assert whole.reached is Rung.CPU
    assert part.failed is not None
    assert (part.failed.rung, part.failed.sentence) == (Rung.INSPECTED, "the build left no binary")


BACKEND = """\
import os, subprocess, zipfile

def build_wheel(folder, settings=None, metadata=None):
    subprocess.run(["cc", "-shared", "-fPIC", "tiny.c", "-o", "tiny/libtiny.so"], check=True)
    name = "tiny-1.0-py3-none-any.whl"
    files = ["tiny/__init__.py", "tiny/check.py", "tiny/libtiny.so"]
    with zipfile.ZipFile(os.path.join(folder, name), "w") as out:
        for file in files:
            out.write(file)
        info = "tiny-1.0.dist-info"
        out.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        out.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        out.writestr(info + "/RECORD", "".join(file + ",,\\n" for file in files) + info + "/RECORD,,\\n")
    return name
"""


def test_the_projects_own_backend(project: TinyProject) -> None:
    matrix = project.folder / "matrix.yaml"
    lines = [line for line in matrix.read_text().splitlines() if "name:" not in line and "steps:" not in line]
    matrix.write_text("\n".join(lines) + "\n")
    (project.folder / "tiny" / "backend.py").write_text(BACKEND)
    (project.folder / "tiny" / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "tiny"\nversion = "1.0"\n'
    )
    done = project.envgen("run")
    assert done.returncode == 0, done.stdout
    result = project.result(CELL)
    assert result.reached is Rung.CPU
    assert [binary["file"] for binary in at(result, Rung.INSPECTED).facts["binaries"]] == ["tiny/libtiny.so"]
    assert not (project.folder / "tiny" / "tiny" / "libtiny.so").exists()


def test_variables_of_the_matrix_reach_every_command(project: TinyProject) -> None:
    project.write_matrix(axes="  mood: {variables: {fine: {MOOD: 'a b'}}}")
    for name in ("build.py", "tiny/__init__.py", "tiny/check.py"):
        file = project.folder / "tiny" / name
        file.write_text("import os\nassert os.environ['MOOD'] == 'a b'\n" + file.read_text())
    done = project.envgen("run")
    assert done.returncode == 0, done.stdout
    assert project.result(cell_id(extra="-mood_fine")).reached is Rung.CPU


def test_what_the_user_has_on_pythonpath_stays_outside(project: TinyProject, tmp_path: Path) -> None:
    for name in ("torch", "tiny"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(TORCH.format(version="2.13.0+cpu"))
    done = project.envgen("run", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stdout
    result = project.result(CELL)
    assert result.reached is Rung.CPU
    files = [at(result, Rung.CREATED).facts["torch"]["file"], at(result, Rung.LOADED).facts["modules"]["tiny"]["file"]]
    assert all(file.startswith(str(project.folder)) for file in files)


def test_a_disk_that_is_not_to_be_written(project: TinyProject) -> None:
    """The trouble of a machine ends in one sentence; here a file stands where a folder must be."""
    builds = project.folder / ".envgen" / "builds"
    builds.parent.mkdir()
    builds.write_text("")
    assert project.envgen("run").returncode == 1
    failed = project.result(CELL).failed
    assert failed is not None
    assert failed.rung is Rung.BUILT
    assert failed.sentence == f"this machine stopped it: File exists: {builds}"


def test_no_place_for_the_run(project: TinyProject) -> None:
    (project.folder / ".envgen").write_text("")
    done = project.envgen("run")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    assert ".envgen" in done.stderr


def test_the_running_interpreter_as_it_is(project: TinyProject, tmp_path: Path) -> None:
    interpreter = tmp_path / "venv" / "bin" / "python"
    links = project.environ["PIP_FIND_LINKS"]
    for command in (
        ["venv", "--no-project", "--python", sys.executable, str(tmp_path / "venv")],
        ["pip", "install", "--no-index", "--find-links", links, "--python", str(interpreter), "torch==2.13.0+cpu"],
    ):
        subprocess.run([find_uv_bin(), *command], env=dict(project.environ), check=True, capture_output=True)

    done = project.envgen("run", "-e", "current", "--python", interpreter, "--json")
    assert done.returncode == 0, done.stderr
    (cell,) = json.loads(done.stdout)["cells"]
    assert cell["cell"] == CELL
    assert cell["environment"] == "current"
    result = project.result(cell["cell"])
    assert outcomes(result) == {
        "planned": "passed", "published": "not run", "locked": "not run", "created": "passed", "built": "passed",
        "inspected": "passed", "loaded": "passed", "cpu": "passed", "kernel": "not run", "engine": "not run",
    }  # fmt: skip
    assert at(result, Rung.LOCKED).sentence == "the environment is taken as it is"

    again = project.envgen("run", "--resume")
    assert again.returncode == 2
    assert "is of `current`" in again.stderr
    again = project.envgen("run", "-e", "current", "--python", interpreter, "--resume")
    assert again.returncode == 0
    assert f"{cell['cell']}  cpu passed" in again.stdout
    assert "(kept)" in again.stdout


def test_an_interpreter_without_torch(project: TinyProject) -> None:
    done = project.envgen("run", "-e", "current")
    assert done.returncode == 2
    assert "cannot be taken as a cell: ModuleNotFoundError: No module named 'torch'." in done.stderr
