"""A project with three binaries: a module for one Python, a library of operators, and one that misbehaves when loaded.

What the cells build differs by what is compiled into it, so a fault travels with the binary and not with the cell it is
loaded in.
"""

from __future__ import annotations

from run.project import TinyProject, here

MODULE = """\
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_C", 0, -1, 0};
PyMODINIT_FUNC PyInit__C(void) { return PyModule_Create(&definition); }
"""

LIBRARY = """\
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#ifndef FAULT
#define FAULT ""
#endif
int answer(void) { return !strcmp(FAULT, "wrong") ? 41 : !strcmp(FAULT, "unsure") ? 40 : 42; }
__attribute__((constructor)) static void at_load(void) {
  if (!strcmp(FAULT, "segfault")) raise(SIGSEGV);
  if (!strcmp(FAULT, "abort")) abort();
  if (!strcmp(FAULT, "hang")) { if (!fork()) { setsid(); for (;;) pause(); } for (;;) pause(); }
  if (!strcmp(FAULT, "exit")) _exit(0);
  if (!strcmp(FAULT, "memory")) for (;;) memset(malloc(1 << 24), 1, 1 << 24);
  const char *path = getenv("PYTHONPATH");  /* the parent is the server of a cross-load then, and else a run's guard */
  if (!strcmp(FAULT, "parent") && path && strstr(path, "crossload")) { kill(getppid(), SIGKILL); for (;;) pause(); }
}
"""

BUILD = """\
import os, pathlib, shutil, subprocess, sysconfig

out = pathlib.Path(os.environ["ENVGEN_OUT"]) / "pkg"
shutil.copytree("pkg", out)
fault = os.environ.get("BAKED", "")
cc = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", '-DFAULT="%s"' % fault]
subprocess.run([*cc, "library.c", "-o", str(out / "libops.so")], check=True)
if os.environ.get("WITH_MODULE"):
    include, ending = sysconfig.get_path("include"), sysconfig.get_config_var("EXT_SUFFIX")
    subprocess.run([*cc, "-I" + include, "module.c", "-o", str(out / ("_C" + ending))], check=True)
print("built")
"""

PACKAGE = """\
import pathlib
import torch

torch.ops.load_library(str(pathlib.Path(__file__).with_name("libops.so")))
if __import__("os").environ.get("WITH_MODULE"):
    from pkg import _C
"""

CHECK = """\
import ctypes, pathlib, sys
import pkg

found = ctypes.CDLL(str(pathlib.Path(pkg.__file__).with_name("libops.so"))).answer()
if found == 40:
    print("no way to tell here", file=sys.stderr)
    sys.exit(77)
sys.exit(f"AssertionError: the answer is {found}" if found != 42 else 0)
"""

FILES = {
    "lib/module.c": MODULE,
    "lib/library.c": LIBRARY,
    "lib/build.py": BUILD,
    "lib/pkg/__init__.py": PACKAGE,
    "lib/pkg/check.py": CHECK,
}

MATRIX = """\
version: 1
axes:
  python: {python}
  torch: ["2.13"]
  cuda: [cpu]
  os: [{os}]
  arch: [{arch}]
{axes}
extension:
  path: lib
  import: pkg
  build:
    requires: []
    env: {env}
    steps: [{{name: library, run: [python, build.py]}}]
  checks:
    cpu: {check}
limits:
  memory: 1GB
  timeouts: {{default: 60s, loaded: {seconds}s, cpu: {seconds}s}}
"""


def make(
    project: TinyProject, python: str, axes: str = "", env: str = "{}", check: str = "", seconds: int = 60
) -> None:
    """Writes the project's files and its matrix."""
    for name, text in FILES.items():
        path = project.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    system, arch = here()
    matrix = MATRIX.format(
        python=python,
        os=system,
        arch=arch,
        axes=axes,
        env=env,
        check=check or "[python, -m, pkg.check]",
        seconds=seconds,
    )
    (project.folder / "matrix.yaml").write_text(matrix, encoding="utf-8")
