"""Facts of libraries of which only the beginning is at hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from envgen.refresh import binaries
from refresh.world import NEW_STRING, OLD_STRING, dll, elf, macho


def test_the_newest_version_that_is_needed() -> None:
    start = elf("GLIBC_2.17", "GLIBC_2.28", "GLIBC_2.4", "GLIBCXX_3.4.22")
    assert binaries.glibc_needed(start) == Version("2.28")
    assert binaries.glibcxx_needed(start) == Version("3.4.22")


def test_a_hash_that_stands_alone_is_no_need() -> None:
    need = elf("GLIBC_2.30")[64:68]
    assert binaries.glibc_needed(b"\x7fELF" + bytes(60) + need + b"\xff" * 12) is None
    assert binaries.glibc_needed(elf("GLIBC_2.30")[4:]) is None  # not an ELF library


@pytest.mark.parametrize(("names", "abi"), [(NEW_STRING, True), (OLD_STRING, False), (b"_ZN3c104funcEv", None)])
def test_the_abi_is_that_of_the_strings_that_c10_takes(names: bytes, abi: bool | None) -> None:
    assert binaries.cxx11_abi(b"\0_ZNSt7__cxx1112basic_stringIcE\0" + names) is abi  # libstdc++'s own prove nothing


@pytest.mark.parametrize(
    ("text", "sms"),
    [
        (b"\0sm_37 sm_75 sm_120\0", ("3.7", "7.5", "12.0")),
        (b"\0sm_80 sm_90a compute_90a\0", ("8.0", "9.0a")),
        (b"\0sm_80\0.sm_75 sm_80 sm_86\0", ("7.5", "8.0", "8.6")),
        (b"\0nothing of sm_\0", ()),
    ],
)
def test_the_list_of_gpu_architectures(text: bytes, sms: tuple[str, ...]) -> None:
    assert binaries.sm_list(text) == sms


def test_what_made_it() -> None:
    assert binaries.gcc(b"\0GCC: (GNU) 13.3.1 20240611\0GCC: (GNU) 8.5.0\0") == "13.3.1"
    assert binaries.macos_floor(macho(0x000E0000)) == "14.0"
    assert binaries.msvc_linker(dll(14, 42)) == "14.42"


@given(st.binary(max_size=300), st.sampled_from([b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b""]))
def test_any_bytes_are_read_or_unknown(content: bytes, magic: bytes) -> None:
    found = [read(magic + content) for read in (
        binaries.glibc_needed, binaries.gcc, binaries.sm_list, binaries.macos_floor, binaries.msvc_linker,
    )]  # fmt: skip
    assert len(found) == 5
