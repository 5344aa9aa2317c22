"""What an extension's own code lacks: said where nothing better is known, and never before it."""

from __future__ import annotations

import pytest

from envgen.diagnose.messages import diagnose_text

OWN = {
    "/usr/bin/ld: cannot find -lnosuchlib: No such file or directory": ("library-not-found", "find nosuchlib."),
    "ImportError: /x/_C.so: undefined symbol: _ZN5mylib4initEv": ("symbol-not-defined", "mylib::init() is used"),
    "csrc/a.cpp:3:10: fatal error: own.h: No such file or directory": ("header-not-found", "own.h is in none"),
    "a.o: in function f: undefined reference to `mylib::init()'": ("symbol-not-defined", "mylib::init() is used"),
    'main.obj : error LNK2019: unresolved external symbol "void __cdecl mylib::init(void)" (?init@mylib@@YAXXZ)'
    " referenced in function main": ("symbol-not-defined", "(?init@mylib@@YAXXZ) is used"),
}


@pytest.mark.parametrize("text", OWN)
def test_what_the_extension_itself_lacks_has_a_cause(text: str) -> None:
    cause, words = OWN[text]
    best = diagnose_text(text)[0]
    assert best.cause == cause
    assert words in best.sentence


@pytest.mark.parametrize("text", OWN)
def test_a_better_known_cause_comes_first_wherever_it_stands(text: str) -> None:
    told = diagnose_text(f"{text}\n/usr/bin/ld: cannot find -lcudart: No such file or directory\n")
    assert [each.cause for each in told if each.cause in ("cuda-toolkit-missing", OWN[text][0])] == [
        "cuda-toolkit-missing",
        OWN[text][0],
    ]
