"""`envgen diagnose LOG`, and lines of questions."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Envgen

SYMBOL = "ImportError: /x/_C.so: undefined symbol: _ZNK3c105Error4whatEv\n"


def written(folder: Path, content: bytes) -> Path:
    file = folder / "build.log"
    file.write_bytes(content)
    return file


def test_a_log(envgen: Envgen, tmp_path: Path) -> None:
    said = envgen("diagnose", written(tmp_path, f"[1/2] c++ -c a.cpp\n{SYMBOL}ninja: build stopped\n".encode()))
    assert said.code == 0
    assert "Built against another torch than the one that is loaded (torch-version-mismatch)" in said.out
    assert "undefined symbol: _ZNK3c105Error4whatEv" in said.out
    assert "Fix: Build it again for this torch: `pip install" in said.out
    assert "Or, less likely, import-torch-first" in said.out


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings(envgen: Envgen, tmp_path: Path, encoding: str) -> None:
    said = envgen("diagnose", "--json", written(tmp_path, f"größer\n{SYMBOL}".encode(encoding)))
    assert said.code == 0
    (record,) = json.loads(said.out)
    assert record["diagnoses"][0]["cause"] == "torch-version-mismatch"
    assert record["diagnoses"][0]["evidence"]["symbol"] == "_ZNK3c105Error4whatEv"


def test_an_unknown_text_is_said_so(envgen: Envgen, tmp_path: Path) -> None:
    said = envgen("diagnose", written(tmp_path, b"all is well\n"))
    assert said.code == 9
    assert "no rule knows what is in this text, so no cause is named" in said.out


def test_markup_in_a_log_stays_text(envgen: Envgen, tmp_path: Path) -> None:
    said = envgen("diagnose", written(tmp_path, b"[/red] [bold]/x[/b]/_C.so: undefined symbol: _ZNK3c105Error4whatEv"))
    assert said.code == 0
    assert "[/red] [bold]/x[/b]/_C.so" in said.out


def test_a_file_that_is_not_there(envgen: Envgen, tmp_path: Path) -> None:
    said = envgen("diagnose", "--jsonl", tmp_path / "none.jsonl")
    assert said.code == 2
    assert "cannot be read: No such file or directory." in said.err
    assert "Traceback" not in said.err


def test_lines(envgen: Envgen, tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": "a", "platform": "linux", "error": SYMBOL}),
        "",
        "no json",
        '{"id": "b", "error": 3}',
        "[1]",
        "[" * 100_000,
        json.dumps({"id": 7, "error": "hello"}),
    ]
    said = envgen("diagnose", "--jsonl", written(tmp_path, "\n".join(lines).encode()))
    assert said.code == 2
    first, last = map(json.loads, said.out.splitlines())
    assert first["id"] == "a"
    assert first["causes"][0] == "torch-version-mismatch"
    assert last == {"id": 7, "causes": []}
    told = said.err.splitlines()
    assert [line.split(":")[-2:] for line in told] == [
        ["3", " this line is no JSON."],
        ["4", ' this line has no "id", or no text as its "error".'],
        ["5", ' this line has no "id", or no text as its "error".'],
        ["6", " this line is no JSON."],
    ]


def test_lines_from_standard_input(envgen: Envgen, monkeypatch: pytest.MonkeyPatch) -> None:
    question = json.dumps({"id": 1, "error": "nvcc fatal   : Unsupported gpu architecture 'compute_86'"})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(question.encode())))
    said = envgen("diagnose", "--jsonl")
    assert said.code == 0
    answer = json.loads(said.out)
    assert answer["id"] == 1
    assert answer["causes"][0] == "build-arch-unknown"


def test_nothing_in_a_log_reaches_the_terminal_as_a_command(envgen: Envgen, tmp_path: Path) -> None:
    """A title for the window, and a backspace."""
    log = tmp_path / "log\x1b[31m"
    log.write_text(
        "\x1b]0;title\x07ImportError: libx\x08.so: cannot open shared object file: No such file or directory", "utf-8"
    )
    said = envgen("diagnose", log, "--verbose")
    assert "rpath-missing" in said.out
    assert all(each.isprintable() or each == "\n" for each in said.out)


def test_an_empty_log_is_said_so(envgen: Envgen, tmp_path: Path) -> None:
    said = envgen("diagnose", written(tmp_path, b""), tmp_path / "build.log")
    assert said.code == 9
    assert said.out.count("is empty: errors go there with") == 2


def test_a_library_on_standard_input(envgen: Envgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\x7fELF\2\1\1\0")))
    said = envgen("diagnose", "-")
    assert said.code == 2
    assert "standard input is a library, no text." in said.err


def test_a_reader_that_goes_is_not_the_files_fault(tmp_path: Path) -> None:
    """`envgen diagnose --jsonl lines | head -1`."""
    lines = "".join(json.dumps({"id": number, "error": SYMBOL}) + "\n" for number in range(5000))
    (tmp_path / "lines.jsonl").write_text(lines)
    program = [sys.executable, "-c", "from envgen.cli import main; main()", "diagnose", "--jsonl", "lines.jsonl"]
    with subprocess.Popen(program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout
        assert ran.stderr
        assert ran.stdout.readline().startswith(b'{"id": 0')
        ran.stdout.close()
        assert b"cannot be read" not in ran.stderr.read()
