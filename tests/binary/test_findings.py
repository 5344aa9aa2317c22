"""What is wrong with ELF libraries, and with any file by what surrounds it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import lief
import pytest

from envgen.binary import Binary, ElfFacts, Format, MachoFacts, VersionNeed, read_binary
from envgen.binary.findings import RULES, findings
from envgen.binary.look import Looked, look_into
from envgen.binary.systems import comes_with_system
from envgen.binary.words import in_words
from envgen.cell import Arch, OsFamily
from envgen.inspection import diagnoses_of

linux = pytest.mark.skipif(sys.platform != "linux", reason="its compiler makes no ELF")
SOUND = Binary("libone.so", Format.ELF, "x86_64", Arch.X86_64, 64, elf=ElfFacts())


def rules(binary: Binary, *beside: str, file: str = "libone.so") -> list[str]:
    return [each.rule for each in findings(Looked(file, (binary,), beside=frozenset(beside)))]


def test_nothing_is_wrong() -> None:
    assert rules(replace(SOUND, needed=("libc.so.6", "libc10.so", "libcudart.so.12", "libtorch_cpu.so"))) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"bits": 32, "machine": "i386"}, "binary-32-bit"),
        ({"elf": ElfFacts(exec_stack=True)}, "binary-exec-stack"),
        ({"elf": ElfFacts(exec_stack=None)}, "binary-exec-stack"),
        ({"needed": ("libown.so.2",)}, "binary-missing-library"),
    ],
)
def test_what_is_wrong(changed: dict[str, object], found: str) -> None:
    binary = replace(SOUND, **changed)  # type: ignore[arg-type]
    assert rules(binary) == [found]
    (diagnosis,) = diagnoses_of(Looked("libone.so", (binary,)))
    assert "libone.so" in diagnosis.sentence
    assert diagnosis.fix


def test_a_library_beside_it_is_not_missing() -> None:
    assert rules(replace(SOUND, needed=("libown.so.2",)), "libown.so.2") == []


def test_a_module_of_another_name() -> None:
    module = replace(SOUND, exports=frozenset({"PyInit_other"}))
    name = "one.cpython-312-x86_64-linux-gnu.so"
    assert rules(replace(module, file=name), file=name) == ["binary-other-module"]
    assert rules(module) == []


@linux
def test_quarantine(tmp_path: Path) -> None:
    file = tmp_path / "one.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "/dev/null", "-o", file], check=True)
    assert findings(look_into(file)[0]) == ()
    try:
        os.setxattr(file, "user.com.apple.quarantine", b"0081;65a1;Safari;\x1b[2J")
    except OSError:
        pytest.skip("this file system keeps no attributes")
    (found,) = findings(look_into(file)[0])
    assert found.rule == "binary-quarantine"
    assert found.sentence.isprintable()


@pytest.mark.parametrize(
    ("library", "family", "known"),
    [
        ("libc.so.6", OsFamily.LINUX, True),
        ("libown.so", OsFamily.LINUX, False),
        ("libcublasLt.so.12", OsFamily.LINUX, True),
        ("KERNEL32.dll", OsFamily.WINDOWS, True),
        ("api-ms-win-crt-heap-l1-1-0.dll", OsFamily.WINDOWS, True),
        ("helper.dll", OsFamily.WINDOWS, False),
        ("ucrtbased.dll", OsFamily.WINDOWS, False),
        ("/usr/lib/libSystem.B.dylib", OsFamily.MACOS, True),
        ("/opt/homebrew/lib/libomp.dylib", OsFamily.MACOS, False),
    ],
)
def test_what_comes_with_a_system(library: str, family: OsFamily, known: bool) -> None:
    assert comes_with_system(library, family) is known


@linux
@pytest.mark.parametrize("flags", [[], ["-z", "execstack"], ["-Wl,--hash-style=sysv"], ["-s"], ["-Wl,-rpath,/a:/b"]])
def test_facts_are_those_that_lief_reads(flags: list[str], tmp_path: Path) -> None:
    (tmp_path / "one.c").write_text(
        "#include <stdio.h>\nextern int other(int) __attribute__((weak));\nint mine;\n"
        '__attribute__((visibility("hidden"))) int secret(void) { return 1; }\n'
        'int run(void) { printf("%d", mine); return other ? other(secret()) : 0; }\n',
        encoding="utf-8",
    )
    made = tmp_path / "one.so"
    subprocess.run(["cc", "-shared", "-fPIC", *flags, tmp_path / "one.c", "-o", made], check=True)
    (binary,) = read_binary(made)
    parsed = lief.ELF.parse(str(made))
    assert parsed
    assert binary.elf
    assert list(binary.needed) == list(parsed.libraries)
    symbols = [symbol for symbol in parsed.dynamic_symbols if symbol.name]
    assert binary.imports == {str(symbol.name) for symbol in symbols if not symbol.shndx}
    assert binary.exports == {str(symbol.name) for symbol in symbols if symbol.shndx}
    assert "secret" not in binary.exports
    assert "other" in binary.weak_imports
    needs = {aux.name for need in parsed.symbols_version_requirement for aux in need.get_auxiliary_symbols()}
    assert {need.version for need in binary.elf.version_needs} == needs
    assert binary.elf.exec_stack is ("execstack" in flags)
    assert (*binary.elf.rpath, *binary.elf.runpath) == (("/a", "/b") if "-Wl,-rpath,/a:/b" in flags else ())


def test_every_rule_has_a_cause_that_is_known() -> None:
    assert len(RULES) == len(set(RULES))
    broken = replace(
        SOUND, bits=32, elf=ElfFacts(exec_stack=True), needed=("libown.so",), exports=frozenset({"PyInit_b"}),
        file="a.cpython-312-x86_64-linux-gnu.so",
    )  # fmt: skip
    looked = Looked(broken.file, (broken,), quarantine="0081;;Safari;")
    assert len(diagnoses_of(looked)) == 5


def test_what_is_missing_is_said_at_once() -> None:
    needy = replace(SOUND, needed=("libown.so.2", "libc.so.6", "libother.so"))
    (found,) = findings(Looked("libone.so", (needy,)))
    assert "needs libown.so.2, libother.so; not beside it" in found.sentence


@pytest.mark.parametrize(
    ("wheel", "needed", "broken"),
    [
        ("a-1-cp312-cp312-manylinux_2_28_x86_64.whl", "GLIBC_2.34", True),
        ("a-1-cp312-cp312-manylinux_2_28_x86_64.whl", "GLIBC_2.28", False),
        ("a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "GLIBC_2.27", True),
        ("a-1-cp312-cp312-manylinux1_x86_64.whl", "GLIBC_2.17", False),  # which every system in use has
        ("a-1-cp312-cp312-manylinux1_x86_64.whl", "GLIBC_2.27", True),
        ("a-1-cp312-cp312-linux_x86_64.whl", "GLIBC_2.38", False),
        ("a-1-cp312-cp312-manylinux_2_28_x86_64.whl", f"GLIBC_2.{'9' * 5000}", False),
    ],
)
def test_the_glibc_that_a_wheel_promises(wheel: str, needed: str, broken: bool) -> None:
    binary = replace(SOUND, elf=ElfFacts(version_needs=(VersionNeed("libc.so.6", needed),)))
    found = findings(Looked("libone.so", (binary,), wheel=wheel))
    assert [each.cause for each in found] == ["glibc-too-old"] * broken


@pytest.mark.parametrize(
    ("platform", "minimum", "broken"),
    [
        ("macosx_11_0_arm64", "11.1", False),
        ("macosx_11_0_arm64", "14.0", True),
        ("macosx_10_9_universal2", "11.0", False),
        ("macosx_14_0_arm64", "14.5", False),
    ],
)
def test_the_macos_that_a_wheel_promises(platform: str, minimum: str, broken: bool) -> None:
    macho = MachoFacts(minimum_os=minimum, signature="ad hoc")
    binary = Binary("one.so", Format.MACHO, "arm64", Arch.AARCH64, 64, macho=macho)
    found = findings(Looked("one.so", (binary,), wheel=f"a-1-cp312-cp312-{platform}.whl"))
    assert [each.cause for each in found] == ["mac-deployment-target"] * broken


@linux
def test_a_library_that_its_runpath_leads_to(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    folder.mkdir()
    for flags, name in ((["-Wl,-soname,libfar.so.1"], "lib/libfar.so.1"), (["-Wl,-rpath,$ORIGIN/lib"], "near.so")):
        needs = ["-Wl,--no-as-needed", str(folder / "libfar.so.1")] if name == "near.so" else []
        command = [
            "cc",
            "-shared",
            "-fPIC",
            "-x",
            "c",
            "/dev/null",
            "-x",
            "none",
            *needs,
            *flags,
            "-o",
            str(tmp_path / name),
        ]
        subprocess.run(command, check=True)
    assert findings(look_into(tmp_path / "near.so")[0]) == ()
    (folder / "libfar.so.1").unlink()
    assert [each.rule for each in findings(look_into(tmp_path / "near.so")[0])] == ["binary-missing-library"]


@linux
@pytest.mark.parametrize("model", ["initial-exec", "global-dynamic"])
def test_static_tls(model: str, tmp_path: Path) -> None:
    (tmp_path / "one.c").write_text("__thread int mine;\nint run(void) { return ++mine; }\n", encoding="utf-8")
    made = tmp_path / "one.so"
    subprocess.run(["cc", "-shared", "-fPIC", f"-ftls-model={model}", tmp_path / "one.c", "-o", made], check=True)
    (binary,) = read_binary(made)
    assert binary.elf
    assert binary.elf.static_tls is (model == "initial-exec")


@linux
def test_why_a_version_is_needed(tmp_path: Path) -> None:
    (tmp_path / "one.c").write_text("#include <math.h>\ndouble run(double x) { return exp(x); }\n", encoding="utf-8")
    made = tmp_path / "one.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-fno-builtin", tmp_path / "one.c", "-lm", "-o", made], check=True)
    (binary,) = read_binary(made)
    assert binary.elf
    (need,) = [each for each in binary.elf.version_needs if each.library.startswith("libm.so")]
    assert binary.elf.symbols_of(need) == ("exp",)


def test_names_in_a_library_give_a_terminal_no_orders() -> None:
    hostile = replace(SOUND, needed=("lib\x1b[2J\u202eown.so",), name="\x07bell", elf=ElfFacts(runpath=("/\r/x",)))
    assert all(text.isprintable() for _, text in in_words(hostile))
    (found,) = findings(Looked("libone.so", (hostile,)))
    assert found.sentence.isprintable()
    assert found.evidence["library"].isprintable()
