"""A small project in C whose build does what builds do: it asks its compiler, generates, archives, links and strips."""

from __future__ import annotations

from pathlib import Path

from run.project import TinyProject

BUILD = """\
import os, pathlib, shutil, subprocess

cc = os.environ.get("CC", "cc")
out = pathlib.Path(os.environ["ENVGEN_OUT"], "tiny")
out.mkdir(parents=True)
pathlib.Path("obj").mkdir(exist_ok=True)

def run(*words):
    subprocess.run([str(word) for word in words], check=True)

run(cc, "--version")
pathlib.Path("try.c").write_text("int main(void) { return 0; }")
run(cc, "try.c", "-o", "tried")
pathlib.Path("obj/number.c").write_text("int number(void) { return 40; }")
pathlib.Path("arguments").write_text("-Iinclude -O1 -g -fPIC")
run(cc, "@arguments", "-MMD", "-MF", "obj/one.d", "-c", "one.c", "-o", "obj/one.o")
run(cc, "@arguments", "-c", pathlib.Path("two.c").resolve(), "-o", "obj/two.o")
run(cc, "@arguments", "-c", "obj/number.c", "-o", "obj/number.o")
run("ar", "rcs", "obj/libnumber.a", "obj/number.o")
run(cc, "-shared", "obj/one.o", "obj/two.o", "-Lobj", "-lnumber", "-o", out / "libtiny.so")
run("strip", "--strip-debug", out / "libtiny.so") if os.environ.get("STRIP") else None
shutil.copytree("tiny", out, dirs_exist_ok=True)
(out / "made.txt").write_text("by the build")
"""
CMAKE = """\
cmake_minimum_required(VERSION 3.18)
project(tiny LANGUAGES C)
add_library(number STATIC number.c)
add_library(tiny SHARED one.c two.c)
set_target_properties(number PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(tiny PRIVATE include)
target_link_libraries(tiny PRIVATE number)
install(TARGETS tiny DESTINATION tiny)
install(FILES tiny/__init__.py tiny/check.py DESTINATION tiny)
"""
BUILD_BY_CMAKE = """\
import os, subprocess

subprocess.run(["cmake", "-S", ".", "-B", "made", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"], check=True)
subprocess.run(["cmake", "--build", "made"], check=True)
subprocess.run(["cmake", "--install", "made", "--strip", "--prefix", os.environ["ENVGEN_OUT"]], check=True)
"""
FILES = {
    "tiny/build.py": BUILD,
    "tiny/include/two.h": "int two(void);\nint number(void);\n",
    "tiny/one.c": '#include "two.h"\nconst char *place(void) { return __FILE__; }\n'
    "int answer(void) { return two() + number(); }\n",
    "tiny/two.c": "const char *other_place(void) { return __FILE__; }\nint two(void) { return 2; }\n",
}
STEPS = """\
      - {name: library, run: [python, build.py, library], per: [torch, cuda, os, arch]}
      - {name: package, run: [python, build.py, package]}
"""


def several_units(project: TinyProject) -> TinyProject:
    """The small project with this build as its only step."""
    for name, text in FILES.items():
        file = project.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    matrix = project.folder / "matrix.yaml"
    text = matrix.read_text()
    assert STEPS in text
    matrix.write_text(text.replace(STEPS, "      - {name: all, run: [python, build.py]}\n"))
    return project


def by_cmake(project: TinyProject) -> TinyProject:
    """The same, by CMake."""
    several_units(project)
    for name, text in (("CMakeLists.txt", CMAKE), ("build.py", BUILD_BY_CMAKE)):
        (project.folder / "tiny" / name).write_text(text)
    (project.folder / "tiny" / "number.c").write_text("int number(void) { return 40; }\n")
    return project


def rows(out: Path) -> dict[str, bytes]:
    """The files below a folder, without what Python notes beside its modules."""
    files = (file for file in out.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in files}
