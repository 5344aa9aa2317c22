"""What is said of a command that failed: the first error of a compiler, or the last line that tells something."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.results import Rung
from envgen.run.bench import Bench
from envgen.run.process import Bounds, Ending, Interrupt

GCC = """\
$ python setup.py build_ext
building 'mine._C' extension
/usr/bin/g++ -c csrc/ops.cpp -o build/ops.o
csrc/ops.cpp: In function 'void f()':
csrc/ops.cpp:12:3: error: 'at' has not been declared
   12 |   at::Tensor x;
      |   ^~
csrc/ops.cpp:13:3: error: 'x' was not declared in this scope
error: command '/usr/bin/g++' failed with exit code 1
"""
NINJA = """\
$ python build.py
[1/2] c++ -c a.cpp
FAILED: a.o
c++ -c a.cpp
a.cpp:1:10: fatal error: torch/extension.h: No such file or directory
compilation terminated.
ninja: build stopped: subcommand failed.
Traceback (most recent call last):
  File "build.py", line 3, in <module>
subprocess.CalledProcessError: Command '['ninja']' returned non-zero exit status 1.
RuntimeError: Error compiling objects for extension
"""
NVCC = """\
$ make
nvcc -c k.cu
k.cu(7): error: identifier "scale" is undefined

1 error detected in the compilation of "k.cu".
make: *** [Makefile:4: k.o] Error 2
"""
MSVC = "$ cl\nops.cpp\nC:\\src\\ops.cpp(5): error C2065: 'x': undeclared identifier\nops.cpp(9): error C2143: no ;\n"
LINKER = """\
$ c++ a.o -lcudart
/usr/bin/ld: cannot find -lcudart: No such file or directory
collect2: error: ld returned 1 exit status
"""
UNDEFINED = """\
$ c++ a.o
/usr/bin/ld: a.o: in function `main':
a.cpp:(.text+0x5): undefined reference to `missing()'
collect2: error: ld returned 1 exit status
"""
CMAKE = """\
$ cmake -S .
-- The CXX compiler identification is GNU 12.2.0
CMake Error at CMakeLists.txt:3 (find_package):
  By not providing "FindTorch.cmake" in CMAKE_MODULE_PATH this project has
-- Configuring incomplete, errors occurred!
"""
PYTHON = """\
$ python -c 'import mine'
Traceback (most recent call last):
  File "<string>", line 1, in <module>
ImportError: libc10.so: cannot open shared object file: No such file or directory
"""
HASHES = """\
$ uv pip sync pylock.toml
Using Python 3.11.2 environment at: env
error: Failed to download `torch==2.13.0+cpu`
  Caused by: Failed to read `torch @ index`
  Caused by: Hash mismatch for `torch==2.13.0+cpu`

Expected:
  sha256:00

Computed:
  sha256:11
"""
EARLIER = "$ cc a.c\na.c:1:1: error: of the command before\n$ cc b.c\nall was well until it was not\n"
NOTES = "$ c++ a.cpp\na.cpp:1:1: error: the cause\n" + "a.cpp:9:9: note: candidate\n" * 3000 + "make: *** Error 1\n"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (GCC, "csrc/ops.cpp:12:3: error: 'at' has not been declared"),
        (NINJA, "a.cpp:1:10: fatal error: torch/extension.h: No such file or directory"),
        (NVCC, 'k.cu(7): error: identifier "scale" is undefined'),
        (MSVC, "C:\\src\\ops.cpp(5): error C2065: 'x': undeclared identifier"),
        (LINKER, "/usr/bin/ld: cannot find -lcudart: No such file or directory"),
        (UNDEFINED, "a.cpp:(.text+0x5): undefined reference to `missing()'"),
        (CMAKE, "CMake Error at CMakeLists.txt:3 (find_package):"),
        (PYTHON, "ImportError: libc10.so: cannot open shared object file: No such file or directory"),
        (HASHES, "error: Failed to download `torch==2.13.0+cpu`: Hash mismatch for `torch==2.13.0+cpu`"),
        (
            HASHES.replace("Caused by:", "├─▶", 1).replace("Caused by:", "╰─▶"),
            "error: Failed to download `torch==2.13.0+cpu`: Hash mismatch for `torch==2.13.0+cpu`",
        ),
        (
            HASHES.replace("Caused by:", "cause:"),
            "error: Failed to download `torch==2.13.0+cpu`: Hash mismatch for `torch==2.13.0+cpu`",
        ),
        (EARLIER, "all was well until it was not"),
        (NOTES, "a.cpp:1:1: error: the cause"),
        ("$ make\n" + "x" * 5000 + "\n", "x" * 300),
    ],
)
def test_last_words(tmp_path: Path, log: str, words: str) -> None:
    assert sentence(tmp_path, log) == f"ended with code 1 while building (ops): {words}"


@pytest.mark.parametrize("log", ["", "$ make\n", "$ make\n\n   \n"])
def test_no_words(tmp_path: Path, log: str) -> None:
    assert sentence(tmp_path, log) == "ended with code 1 while building (ops), saying nothing"


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending("timeout", -15, 90, 0), "still running after 90 s while loading; ended by its time limit"),
        (Ending("memory", -15, 90, 0), "used more than 2.0 GB of memory while loading; ended by its memory limit"),
        (Ending("log", -15, 90, 0), "wrote more than 64 MB to its log while loading; ended by its log limit"),
        (Ending("not started", -1, 0, 0, "no such program"), "could not be started while loading: no such program"),
        (Ending("lost", -1, 0, 0), "was ended from outside while loading"),
        (Ending("exit", -9, 0, 0), "died on SIGKILL (as the kernel does when memory runs out) while loading"),
        (Ending("exit", -11, 0, 0), "died on SIGSEGV while loading"),
        (Ending("exit", 0xC0000005, 0, 0), "died on an access violation while loading"),
    ],
)
def test_endings(tmp_path: Path, ending: Ending, said: str) -> None:
    assert bench(tmp_path).why(ending, "loading") == said


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff", b'{"a": ' + b" " * 4_000_001 + b"1}"])
def test_facts_that_cannot_be_read_are_none(tmp_path: Path, text: bytes) -> None:
    it = bench(tmp_path)
    assert it.read_facts(it.facts_file()) == {}
    file = it.facts_file()
    file.write_bytes(text)
    assert it.read_facts(file) == {}
    file.write_text('{"a": 1}')
    assert it.read_facts(file) == {"a": 1}


def bench(folder: Path) -> Bench:
    return Bench(
        Rung.BUILT, folder / "it.log", folder / "scratch", Bounds(90, 2_000_000_000), Interrupt(), lambda line: None
    )


def sentence(folder: Path, log: str) -> str:
    (folder / "it.log").write_text(log)
    return bench(folder).why(Ending("exit", 1, 1.0, 0), "building (ops)")
