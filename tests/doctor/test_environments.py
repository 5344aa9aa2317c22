"""Real environments that somebody broke, and one that nobody did."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envgen.diagnose.causes import Cause
from envgen.doctor import Request, Severity, place_of
from envgen.errors import UsageError

from .world import TORCH, TORCH_FILES, World, library

MISSING = "libcudart.so.13: cannot open shared object file: No such file or directory"
MAIN = "from envgen.cli import main; main()"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="environments are laid out otherwise there")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.make(tmp_path)


def test_nothing_is_found_where_nothing_is_wrong(world: World) -> None:
    examination = world.examine()
    assert examination.healthy, examination.findings
    observed = examination.observed
    assert str(observed.torch_version) == "2.13.0"
    assert observed.torch_cuda is not None
    assert observed.torch_cuda.is_cpu
    assert observed.torches == (world.site / "torch",)


def test_python_path_leads_to_another_torch(world: World) -> None:
    elsewhere = world.folder / "elsewhere"
    world.install("other", "1.0", {"torch/__init__.py": TORCH}, folder=elsewhere)
    finding = world.found(PYTHONPATH=str(elsewhere))["two-torches"]
    assert finding.where == (str(elsewhere / "torch"), str(world.site / "torch"))
    assert "PYTHONPATH leads to" in finding.sentence
    assert finding.command == "unset PYTHONPATH"


def test_a_module_hides_one_of_pythons_own(world: World) -> None:
    (world.folder / "mine").mkdir()
    (world.folder / "mine" / "json.py").write_text("raise RuntimeError('not that json')\n", encoding="utf-8")
    found = world.found(PYTHONPATH=str(world.folder / "mine"))
    assert "puts json before Python's own" in found["python-path"].sentence
    # The probe itself needs json: it was asked in isolation, and that is said.
    assert "RuntimeError: not that json" in found["interpreter-starts"].sentence


def test_python_home_of_another_python(world: World) -> None:
    found = world.found(PYTHONHOME=str(world.folder))
    assert found["interpreter-starts"].severity is Severity.ERROR
    assert "not the home of this one" in found["python-home"].sentence


def test_a_torch_in_the_working_directory(world: World) -> None:
    (world.work / "torch").mkdir()
    (world.work / "torch" / "__init__.py").touch()
    assert world.found()["local-torch"].where == (str(world.work / "torch"),)


def test_two_records_of_torch(world: World) -> None:
    shutil.copytree(world.site / "torch-2.13.0+cpu.dist-info", world.site / "torch-2.12.0.dist-info")
    old = world.site / "torch-2.12.0.dist-info" / "METADATA"
    old.write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.12.0\n", encoding="utf-8")
    assert "2.12.0" in world.found()["two-records"].sentence


def test_an_editable_torch_that_was_left_behind(world: World) -> None:
    """A development install puts its sources onto the path; the wheel's files went, its record stayed."""
    sources = world.folder / "pytorch"
    shutil.move(world.site / "torch", sources / "torch")
    (world.site / "__editable__.torch-2.14.0a0.pth").write_text(f"{sources}\n", encoding="utf-8")
    finding = world.found()["torch-record"]
    assert str(world.site / "__editable__.torch-2.14.0a0.pth") in finding.where
    assert f"imported from {sources}" in finding.sentence


def test_only_an_empty_folder_is_left_of_torch(world: World) -> None:
    shutil.rmtree(world.site / "torch")
    shutil.rmtree(world.site / "torch-2.13.0+cpu.dist-info")
    assert "torch is not installed" in world.found()["torch-installed"].sentence
    (world.site / "torch").mkdir()
    found = world.found()
    assert found["hollow-torch"].where == (str(world.site / "torch"),)
    assert "torch-installed" not in found


def test_packages_of_the_user_in_an_environment_that_takes_them(world: World) -> None:
    home = world.folder / "home"
    (world.folder / "env" / "pyvenv.cfg").write_text(
        (world.folder / "env" / "pyvenv.cfg").read_text(encoding="utf-8").replace("= false", "= true"), encoding="utf-8"
    )
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    site = home / "lib" / f"python{minor}" / "site-packages"
    world.install("torch", "2.1.0", TORCH_FILES, folder=site)
    found = world.found(PYTHONUSERBASE=str(home))
    assert "torch 2.1.0 of the user's own packages takes part" in found["user-site"].sentence
    assert "two-torches" in found
    assert not {"user-site", "two-torches"} & set(world.found(PYTHONUSERBASE=str(home), PYTHONNOUSERSITE="1"))


def test_a_package_for_another_torch(world: World) -> None:
    world.install("torchvision", "0.20.0", {"torchvision/__init__.py": ""}, "torch==2.5.0", "numpy ; extra == 'x'")
    finding = world.found()["requirements"]
    assert finding.cause is Cause.TORCH_VERSION_MISMATCH
    assert "torchvision 0.20.0 requires torch==2.5.0 (2.13.0+cpu is installed)." in finding.sentence


def test_libraries_of_two_cuda_majors_that_share_their_files(world: World) -> None:
    for name, text in (("nvidia-cudnn-cu12", "twelve"), ("nvidia-cudnn-cu13", "thirteen")):
        world.install(name, "9.20.0", {"nvidia/cudnn/lib/libcudnn.so.9": text})
    found = world.found()
    assert "nvidia-cudnn is installed for more than one major of CUDA" in found["cuda-generations"].sentence
    assert "write over each other: 1 file of both has one name" in found["overwritten"].sentence
    assert "nvidia-cudnn-cu12 9.20.0" in found["files"].sentence  # what it wrote is not there any more


def test_tensorrt_without_and_with_its_libraries(world: World) -> None:
    world.install("tensorrt", "11.0.0", {"tensorrt/__init__.py": ""})
    world.install("tensorrt-cu13", "11.0.0", {"tensorrt/more.py": ""})
    assert "tensorrt-cu13 11.0.0 is only a shell" in world.found()["tensorrt-libraries"].sentence
    world.install("tensorrt-cu13-libs", "11.0.0", {"tensorrt_libs/libnvinfer.so.11": ""})
    assert "tensorrt-libraries" not in world.found()


def test_a_tensorrt_whose_libraries_are_the_systems(world: World) -> None:
    """As in NVIDIA's containers: the wheel brings the bindings alone."""
    world.install("tensorrt", "10.9.0", {"tensorrt/__init__.py": "", "tensorrt/tensorrt.so": ""})
    assert world.found() == {}


def test_files_of_torch_that_are_missing_or_cut_off(world: World) -> None:
    (world.site / "torch" / "version.py").unlink()
    (world.site / "torch" / "__init__.py").write_text(TORCH + "\n", encoding="utf-8")
    (world.site / "torch" / "lib").mkdir()
    (world.site / "torch" / "lib" / "libtorch_cuda.so").touch()
    (world.site / "~orch").mkdir()
    found = world.found()
    assert "1 file missing and 1 file of another size" in found["files"].sentence
    assert found["leftovers"].where == (str(world.site / "torch" / "lib" / "libtorch_cuda.so"),)
    assert found["remains"].where == (str(world.site / "~orch"),)


def test_a_file_of_the_same_size_is_found_by_its_hash(world: World) -> None:
    path = world.site / "torch" / "version.py"
    path.write_text(path.read_text(encoding="utf-8").replace("cuda", "CUDA"), encoding="utf-8")
    assert world.found() == {}
    found = world.found(Request(world.work, thorough=True))
    assert "1 file of another content" in found["files"].sentence


def test_a_record_of_other_peoples_files_is_not_followed(world: World) -> None:
    record = world.site / "torch-2.13.0+cpu.dist-info" / "RECORD"
    with record.open("a", encoding="utf-8") as file:
        file.write("/etc/passwd,sha256=x,1\n../../../../../../../../etc/passwd,sha256=x,\n../../../../fifo,sha256=x,\n")
    os.mkfifo(world.folder / "fifo")
    assert world.found(Request(world.work, thorough=True)) == {}
    record.write_bytes(b'"\xff,sha256=,999999999999999999999\n' + b"x" * 200_000)
    assert "files" not in world.found()


def test_a_library_path_from_which_torch_takes_a_library(world: World) -> None:
    """The stand-in opens its library by name, as torch does with those of NVIDIA."""
    own, decoy = (library(folder / "libcudart.so.13") for folder in (world.site / "torch/lib", world.folder / "decoy"))
    opens = 'import ctypes\nctypes.CDLL("libcudart.so.13")\n'
    world.install("torch", "2.13.0+cpu", {**TORCH_FILES, "torch/__init__.py": opens + TORCH})
    finding = world.found(LD_LIBRARY_PATH=str(decoy.parent))["libraries-taken"]
    assert finding.where == (f"{decoy} in place of {own}",)
    assert finding.command == "unset LD_LIBRARY_PATH"


def test_a_library_path_that_only_offers_one(world: World) -> None:
    decoy = library(world.folder / "decoy" / "libcudart.so.13")
    library(world.site / "nvidia" / "cu13" / "lib" / "libcudart.so.13")
    (world.folder / "other").mkdir()
    path = f"{world.folder / 'other'}:{decoy.parent}:{world.folder / 'none'}"
    found = world.found(LD_LIBRARY_PATH=path, LD_PRELOAD="/no/such.so")
    assert found["libraries-offered"].where == (f"LD_LIBRARY_PATH: {decoy.parent}",)
    assert found["preload"].where == ("LD_PRELOAD: /no/such.so",)
    assert world.found(LD_LIBRARY_PATH=str(world.folder / "other")) == {}


def test_the_environments_own_folder_in_the_library_path_is_no_stranger(world: World) -> None:
    own = library(world.site / "nvidia" / "cu13" / "lib" / "libcudart.so.13")
    assert world.found(LD_LIBRARY_PATH=str(own.parent)) == {}


def test_torch_that_fails_and_torch_that_dies(world: World) -> None:
    fails = TORCH_FILES | {"torch/__init__.py": f"raise ImportError('{MISSING}')\n"}
    world.install("torch", "2.13.0+cpu", fails)
    finding = world.found()["torch-imports"]
    assert f"fails: ImportError: {MISSING}." in finding.sentence
    assert finding.cause is Cause.CUDA_RUNTIME_MISSING
    dies = TORCH_FILES | {"torch/__init__.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"}
    world.install("torch", "2.13.0+cpu", dies)
    assert "ends the process: killed by SIGSEGV" in world.found()["torch-imports"].sentence


def test_torch_that_never_ends(world: World) -> None:
    world.install("torch", "2.13.0+cpu", TORCH_FILES | {"torch/__init__.py": "import time\ntime.sleep(600)\n"})
    assert "no end within 1 s" in world.found(Request(world.work, seconds=1))["torch-imports"].sentence


def test_numpy_that_torch_cannot_use(world: World) -> None:
    zeros = """
def zeros(length):
    class Zeros:
        def numpy(self):
            raise RuntimeError("Numpy is not available")
    return Zeros()
"""
    world.install("torch", "2.2.2", TORCH_FILES | {"torch/__init__.py": TORCH + zeros})
    shutil.rmtree(world.site / "torch-2.13.0+cpu.dist-info")
    world.install("numpy", "2.0.1", {"numpy/__init__.py": "__version__ = '2.0.1'\n"})
    found = world.found()
    assert "RuntimeError: Numpy is not available" in found["numpy"].sentence
    assert found["companions"].command == f"uv pip install --python {world.python} 'numpy<2'"  # it has no pip


def test_tools_of_torch_that_ask_for_pkg_resources(world: World) -> None:
    old = {"torch/utils/cpp_extension.py": "from pkg_resources import packaging\n"}
    world.install("torch", "2.13.0+cpu", TORCH_FILES | old)
    assert "No module named 'pkg_resources'" in world.found()["extension-tools"].sentence


def test_variables_that_name_tools_that_are_not_there(world: World) -> None:
    found = world.found(CXX="no-such-compiler", CUDA_HOME="/no/such:/cuda")
    assert found["compiler"].where == ("CXX=no-such-compiler",)
    assert "names several folders" in found["cuda-home"].sentence


def test_a_ninja_whose_first_line_is_broken(world: World) -> None:
    ninja = world.python.with_name("ninja")
    ninja.write_text("#!/no/such/python\n", encoding="utf-8")
    ninja.chmod(0o755)
    assert world.found()["ninja"].where == (str(ninja),)


def test_a_project_that_is_built_in_isolation(world: World) -> None:
    (world.work / "setup.py").write_text("from torch.utils import cpp_extension\n", encoding="utf-8")
    assert "no pyproject.toml asks for torch" in world.found()["build-isolation"].sentence
    pyproject = world.work / "pyproject.toml"
    pyproject.write_text('[build-system]\nrequires = ["setuptools"]\n', encoding="utf-8")
    assert "--no-build-isolation" in world.found()["build-isolation"].command
    pyproject.write_text('[build-system]\nrequires = ["setuptools", "Torch>=2.9"]\n', encoding="utf-8")
    assert "build-isolation" not in world.found()
    pyproject.write_text("[build-system\n", encoding="utf-8")
    assert "cannot be read" in world.found()["build-isolation"].sentence


def test_the_c_plus_plus_runtime_of_the_process_is_judged(world: World) -> None:
    """A libstdc++ that names fewer versions, found by LD_LIBRARY_PATH as conda's is by its interpreter."""
    source = 'const char here[] = "\\0GLIBCXX_3.4.19\\0";'
    old = library(world.folder / "old" / "libstdc++.so.6", source)
    opens = 'import ctypes\nctypes.CDLL("libstdc++.so.6")\n'
    world.install("torch", "2.13.0+cpu", TORCH_FILES | {"torch/__init__.py": opens + TORCH})
    finding = world.found(LD_LIBRARY_PATH=str(old.parent))["libstdcxx"]
    assert "needs GLIBCXX_3.4.22, and the libstdc++ in its process goes up to GLIBCXX_3.4.19" in finding.sentence
    assert finding.remedy == f"Take {old.parent} out of LD_LIBRARY_PATH."
    assert world.found() == {}


def test_places(world: World, tmp_path: Path) -> None:
    environ = {"PATH": str(world.python.parent)}
    assert place_of(environ, python="python").python == world.python
    assert place_of(environ, python=str(world.folder / "env")).python == world.python
    assert place_of(environ).python == Path(sys.executable)
    assert place_of(environ, conda_prefix=world.folder / "env").variables["CONDA_PREFIX"] == str(world.folder / "env")
    for wrong in ({"python": "python9.9"}, {"venv": tmp_path / "none"}, {"venv": tmp_path, "python": "python"}):
        with pytest.raises(UsageError):
            place_of(environ, **wrong)  # type: ignore[arg-type]


def test_what_does_not_run_is_a_users_error(world: World) -> None:
    world.python.unlink()
    world.python.write_text("#!/bin/sh\necho out of order >&2; exit 3\n", encoding="utf-8")
    world.python.chmod(0o755)
    with pytest.raises(UsageError, match=r"ended with code 3 \(out of order\)"):
        world.examine()


def test_the_program_ends_with_ten_and_speaks_json(world: World) -> None:
    command = [sys.executable, "-c", MAIN, "doctor", "--venv", str(world.folder / "env"), "--json"]
    well = subprocess.run(command, capture_output=True, text=True, check=False, cwd=world.work)
    assert well.returncode == 0, well.stderr
    assert json.loads(well.stdout)["torch"] == "2.13.0"
    shutil.rmtree(world.site / "torch")
    unwell = subprocess.run(command, capture_output=True, text=True, check=False, cwd=world.work)
    assert unwell.returncode == 10
    said = json.loads(unwell.stdout)
    assert said["counts"]["error"] == len([each for each in said["findings"] if each["severity"] == "error"]) > 0


def test_nothing_that_an_environment_says_reaches_the_terminal_as_a_command(world: World) -> None:
    world.install("torch", "2.13.0+cpu", {"torch/__init__.py": "raise ImportError('\\x1b]0;title\\x07 [red]x')\n"})
    command = [sys.executable, "-c", MAIN, "doctor", str(world.python)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=world.work)
    assert r"ImportError: \x1b]0;title\x07 [red]x" in done.stdout
