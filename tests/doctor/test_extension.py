"""An extension that is asked about: really loaded after a stand-in for torch, and judged by what its libraries say."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from envgen.binary import Binary, Format
from envgen.cell import Arch
from envgen.compat.facts import Facts
from envgen.diagnose.causes import Cause
from envgen.doctor import CHECKS, Finding, Request, Severity, judge
from envgen.doctor.observed import Extension, Observed
from envgen.doctor.said import Step
from envgen.errors import UsageError

from .samples import HEALTHY, TORCH, ill, steps
from .world import World, library

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="its libraries are made for Linux")

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
MODULE = """\
#include <Python.h>
#include <stdlib.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mine", 0, -1};
PyMODINIT_FUNC PyInit_mine(void) { BODY return PyModule_Create(&definition); }
"""
NOT_IN_TORCH = "_ZN3c1012no_such_nameEv"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.make(tmp_path)


def module(path: Path, body: str = "", before: str = "") -> Path:
    """A module of Python's, compiled for this interpreter."""
    return library(path, before + MODULE.replace("BODY", body), f"-I{sysconfig.get_path('include')}")


def asked(world: World, *names: str, files: tuple[Path, ...] = ()) -> dict[str, Finding]:
    return world.found(Request(world.work, modules=names, binaries=files))


def test_nothing_is_said_of_one_that_loads(world: World) -> None:
    file = module(world.site / f"mine{SUFFIX}")
    operators = library(world.folder / "libops.so")
    assert asked(world, "mine", files=(file, operators)) == {}


def test_one_that_is_not_there(world: World) -> None:
    finding = asked(world, "mine")["extension-loads"]
    assert "mine does not load: ModuleNotFoundError: No module named 'mine'." in finding.sentence


def test_one_that_needs_another_torch(world: World) -> None:
    module(world.site / f"mine{SUFFIX}", f"{NOT_IN_TORCH}();", f"void {NOT_IN_TORCH}(void);\n")
    finding = asked(world, "mine")["extension-loads"]
    assert f"undefined symbol: {NOT_IN_TORCH}" in finding.sentence
    assert finding.cause is Cause.TORCH_VERSION_MISMATCH
    assert finding.where == (str(world.site / f"mine{SUFFIX}"),)
    assert finding.remedy


def test_one_that_ends_the_process_spares_the_others(world: World) -> None:
    module(world.site / f"mine{SUFFIX}", "abort();")
    operators = library(world.folder / "libops.so", "int here; extern int gone; int *taken = &gone;")
    found = world.examine(Request(world.work, modules=("mine",), binaries=(operators,))).findings
    said = [finding.sentence for finding in found if finding.check == "extension-loads"]
    assert "mine does not load: the process was killed by SIGABRT." in said[0]
    assert "undefined symbol: gone" in said[1]


def test_one_that_was_cut_off(world: World) -> None:
    file = module(world.site / f"mine{SUFFIX}")
    file.write_bytes(file.read_bytes()[:200])
    found = asked(world, files=(file,))
    assert found["extension-files"].cause is Cause.BINARY_DAMAGED
    assert found["extension-loads"].severity is Severity.ERROR


def test_one_in_two_places_and_its_sources_in_the_working_directory(world: World) -> None:
    world.install("mine", "1.0", {"mine/__init__.py": ""})
    (world.work / "mine").mkdir()
    (world.work / "mine" / "__init__.py").touch()
    other = world.folder / "other"
    world.install("mine", "0.9", {"mine/__init__.py": ""}, folder=other)
    found = world.examine(Request(world.work, modules=("mine",)), PYTHONPATH=str(other)).findings
    places = [finding for finding in found if finding.check == "extension-place"]
    assert places[0].where == (str(other / "mine"), str(world.site / "mine"))
    assert places[1].where == (str(world.work / "mine"),)


def test_what_cannot_be_asked(world: World) -> None:
    with pytest.raises(UsageError, match="not the name of a module"):
        asked(world, "mine.so;x")
    with pytest.raises(UsageError, match="There is no file"):
        asked(world, files=(world.folder / "none.so",))


def of(binary: Binary, error: str = "") -> Observed:
    """The healthy environment, asked about a library that loads in it, or does not."""
    extension = Extension("mine", (binary,), outcome=steps(TORCH, Step(step="extension", error=error), upto=1))
    return ill(extensions=(extension,))


LIBRARY = Binary("mine.so", Format.ELF, "x86_64", Arch.X86_64, 64, needed=("libc10.so", "libc.so.6"))


def found(observed: Observed) -> list[tuple[str, Severity, Cause | None]]:
    findings = judge(CHECKS, observed, Facts.bundled())
    return [(finding.check, finding.severity, finding.cause) for finding in findings]


def test_one_that_loads_though_its_libraries_speak_against_it() -> None:
    assert found(of(LIBRARY)) == []
    stranger = replace(LIBRARY, imports=frozenset({NOT_IN_TORCH}))
    assert found(of(stranger)) == [("extension-risks", Severity.WARNING, Cause.TORCH_VERSION_MISMATCH)]


def test_of_one_that_fails_without_a_telling_word_its_libraries_tell() -> None:
    other = replace(LIBRARY, machine="aarch64", arch=Arch.AARCH64)
    error = "OSError: cannot open shared object file: No such file or directory"
    assert found(of(other, error))[0] == ("extension-loads", Severity.ERROR, Cause.MACHINE_ARCH_MISMATCH)


def test_nothing_is_said_of_extensions_where_torch_itself_fails() -> None:
    observed = replace(of(LIBRARY, "ImportError: x"), imported=steps(upto=0), torches=HEALTHY.torches)
    extension = replace(observed.extensions[0], outcome=steps(upto=0))
    assert found(replace(observed, extensions=(extension,))) == []
