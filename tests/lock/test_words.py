"""What uv really says, in one sentence each."""

from __future__ import annotations

import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from uv import find_uv_bin

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.errors import LockError
from envgen.lock import LockRequest, lock_request
from envgen.lock.words import explain, lacks_torch
from tests.lock.index import Index, unused_port, wheel
from tests.plan.matrices import matrix

REQUEST = lock_request(Cell.parse("py312-torch2.13-cu130-debian12-x86_64"), matrix(), Facts.bundled())
FROM_PYTORCH = lock_request(Cell.parse("py312-torch2.13-cpu-debian12-x86_64"), matrix(), Facts.bundled())


def explained(folder: Path, wanted: str, *options: str, request: LockRequest = REQUEST) -> LockError:
    """The error made of what uv says when it cannot resolve a requirement."""
    (folder / "wanted.in").write_text(wanted + "\n", encoding="utf-8")
    command = [find_uv_bin(), "pip", "compile", str(folder / "wanted.in"), "--quiet", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    error = explain(request, done.stderr)
    assert "\n" not in error.what
    assert error.what.endswith(".")
    assert "hint:" not in error.what
    assert "error:" not in error.what
    return error


def test_no_version(tmp_path: Path) -> None:
    wheel(tmp_path, "torch", "2.13.0")
    error = explained(tmp_path, "torch==2.14.0", "--no-index", "--find-links", str(tmp_path))
    assert error.what == (
        "no set of packages fits: Because there is no version of torch==2.14.0 and you require torch==2.14.0, we can"
        " conclude that your requirements are unsatisfiable."
    )
    assert "exclude the cell" in error.remedy


def test_no_wheel_for_the_python(tmp_path: Path) -> None:
    wheel(tmp_path, "torch", "2.13.0", "cp313-cp313-manylinux_2_28_x86_64")
    options = ("--no-index", "--find-links", str(tmp_path), "--python-version", "3.12", "--only-binary", ":all:")
    said = explained(tmp_path, "torch", *options).what
    assert said.startswith("no set of packages fits: Because ")
    assert "`cp313`" in said  # uv's hint says what there is


def test_a_conflict(tmp_path: Path) -> None:
    wheel(tmp_path, "torch", "2.2.2", requires=("numpy<2",))
    wheel(tmp_path, "numpy", "2.3.0")
    said = explained(tmp_path, "torch\nnumpy==2.3.0", "--no-index", "--find-links", str(tmp_path)).what
    assert "numpy" in said
    assert "unsatisfiable" in said


@pytest.mark.parametrize("request_", [REQUEST, FROM_PYTORCH])
@pytest.mark.parametrize("folder", ["simple", "whl/cpu"])
def test_nobody_answers(tmp_path: Path, request_: LockRequest, folder: str) -> None:
    port = unused_port()
    error = explained(tmp_path, "torch", "--default-index", f"http://127.0.0.1:{port}/{folder}", request=request_)
    assert error.what.startswith(f"127.0.0.1:{port} could not be reached (Connection refused")
    assert ("PyTorch's own index" in error.remedy) == (request_ is FROM_PYTORCH and folder == "whl/cpu")
    assert (f"a mirror of 127.0.0.1:{port}" in error.remedy) == ("PyTorch's own index" not in error.remedy)
    assert "check the network" in error.remedy.lower()


def test_nobody_answers_after_more_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "1")
    port = unused_port()
    error = explained(tmp_path, "torch", "--default-index", f"http://me:secret@127.0.0.1:{port}/simple")
    assert error.what.startswith(f"127.0.0.1:{port} could not be reached (Connection refused")
    assert "secret" not in str(error)


def test_a_host_that_does_not_exist(tmp_path: Path) -> None:
    error = explained(tmp_path, "torch", "--default-index", "http://nowhere.invalid/simple")
    assert error.what.startswith("nowhere.invalid could not be reached (")


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (500, "HOST could not be reached (HTTP status server error (500 Internal Server Error))."),
        (401, "HOST refuses to answer (401 Unauthorized)."),
        (403, "HOST refuses to answer (403 Forbidden)."),
        (404, "no set of packages fits: Because torch was not found in the package registry and you require torch, *"),
    ],
)
def test_an_index_that_answers_with_an_error(status: int, what: str, tmp_path: Path) -> None:
    with Index(tmp_path).running() as index:
        error = explained(tmp_path, "torch", "--default-index", f"{index.address}/{status}/simple")
        assert fnmatchcase(error.what, what.replace("HOST", index.address.removeprefix("http://")))
    assert error.remedy


def test_no_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free_threaded = lock_request(Cell.parse("py399t-torch2.13-cu130-debian12-x86_64"), matrix(), Facts.bundled())
    options = ("--no-index", "--python", "3.99t")
    assert "3.99t is installed" in explained(tmp_path, "torch", *options, request=free_threaded).what
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "automatic")
    monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", f"http://127.0.0.1:{unused_port()}")
    monkeypatch.setenv("UV_PYTHON_PREFERENCE", "only-managed")
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "pythons"))
    error = explained(tmp_path, "torch", "--no-index", "--python", "3.14t", request=free_threaded)
    assert "could not be fetched" in error.what
    assert "install 3.99t" in error.remedy


def test_a_full_disk() -> None:
    said = """error: Failed to download `torch==2.13.0+cpu`
  cause: Failed to read the wheel
  cause: No space left on device (os error 28)"""
    error = explain(REQUEST, said)
    assert "no space left on the disk" in error.what
    assert "UV_CACHE_DIR" in error.remedy


def test_whatever_else_uv_says(tmp_path: Path) -> None:
    assert (
        "uv could not resolve it: Couldn't parse requirement" in explained(tmp_path, "torch==1.*.2", "--no-index").what
    )
    said = explained(tmp_path, "torch", "--no-index", "--exclude-newer", "garbage").what
    assert "invalid value 'garbage'" in said
    assert "--help" not in said
    assert explain(REQUEST, "").what == "uv could not resolve it: it said nothing."


@pytest.mark.parametrize(
    ("wanted", "options", "lacks"),
    [
        ("torch==2.13.0+cpu", (), True),
        ("torch==2.14.*", (), True),
        ("torch==2.12.0", (), True),
        ("torch==2.13.0", ("--python-version", "3.9"), True),
        ("torch==2.13.0+cpu\ntorch==2.0", (), False),
        ("torch==2.13.0\nabsent", ("--python-version", "3.12"), False),
    ],
)
def test_a_missing_torch_is_told_from_other_reasons(
    wanted: str, options: tuple[str, ...], lacks: bool, tmp_path: Path
) -> None:
    wheel(tmp_path, "torch", "2.13.0", "cp312-cp312-manylinux_2_28_x86_64")
    (tmp_path / "wanted.in").write_text(wanted)
    command = [find_uv_bin(), "pip", "compile", str(tmp_path / "wanted.in"), "--quiet", "--only-binary", ":all:"]
    links = ["--python-platform", "x86_64-manylinux_2_28", "--no-index", "--find-links", str(tmp_path)]
    done = subprocess.run([*command, *links, *options], capture_output=True, text=True, check=False)
    assert "No solution found" in done.stderr
    assert lacks_torch(done.stderr) is lacks


def test_a_torch_that_a_date_hides_is_not_missing() -> None:
    said = (
        "error: No solution found when resolving dependencies\n  cause: Because there is no version of torch==2.9.0 and"
        " you require torch==2.9.0, we can conclude that your requirements are unsatisfiable.\n\n"
        "hint: `torch` was filtered by `exclude-newer` to only include packages uploaded before 2020-01-02T00:00:00Z."
    )
    assert not lacks_torch(said)
