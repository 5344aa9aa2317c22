"""What an undefined symbol tells by its name alone: whose it is, and so why it is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from envgen.diagnose.causes import Cause
from envgen.diagnose.names import causes_of
from envgen.diagnose.rule import Clues

TORCH = re.compile(
    r"_Z(?:T[ISVT]|GV)?N?[KVR]{0,2}(?:2at|3c10|5torch|6caffe2)"
    r"|_Z\d{1,3}THP\w{0,60}N2at|aoti_torch_|torch_(?:library|list|dtype|call|exception|get|set|abi)_"
)
_CUT = re.compile(r"NK?(?:2at|3c10|5torch|6caffe2)\d")
_TORCH_CUDA = re.compile(r"_ZN?K?(?:3c10|2at|5torch)(?:4cuda|3hip)|4cuda|THC")
_PYTHON_BINDINGS = re.compile(r"THP[A-Z]")
_OLD_STRING = re.compile(r"(?<=[EIKPRJ_])Ss(?=[A-Za-z_\d]|$)")
_NEW_STRING = re.compile(r"__cxx11|B5cxx11")
# Types that torch's signatures changed to or from; a function with one is missing for its release, not its strings.
_CHANGED = re.compile(r"7variantI|8optionalI|6SymInt|10headeronly|3TagE|11string_view|17basic_string_view")
_LONG = re.compile(r"(?:data|data_ptr|item|accessor|const_data_ptr|mutable_data_ptr)I[lm]E")
_LONG_WRITTEN = re.compile(
    r"(?:data|data_ptr|item|accessor)<(?:unsigned )?long\b(?! long)|(?:data|data_ptr)@[JK]@|__ZNK2at\w+data_ptrI[lm]E"
)
_RELEASES_WITHOUT_LINKS = re.compile(r"cpython-3[4-7]m|py(?:thon)?-?3\.[4-7]\b|python2")  # torch 1.4 and older, mostly
# Libraries of torch that lack each other's symbols are of two builds; an extension is not to blame.
_IN_TORCH = re.compile(r"torch/lib/lib(?:torch(?!_?trt)|c10|ATen|TH|caffe2|shm)")

_VENDOR = (Cause.VENDOR_LIB_VERSION_MIX, Cause.CUDA_RUNTIME_MISSING)


def undefined(evidence: Mapping[str, str], clues: Clues) -> tuple[Cause, ...]:
    """Why a symbol is missing when a library is loaded, by its name."""
    symbol = plain(evidence["symbol"])
    if version := _of_version(evidence.get("of", "")):
        return version
    in_torch = (Cause.STALE_BUILD, Cause.TORCH_VERSION_MISMATCH) if _IN_TORCH.search(evidence.get("file", "")) else ()
    if in_torch and (TORCH.match(symbol) or symbol.startswith("TH")):
        return in_torch
    if TORCH.match(symbol):
        return _torch(symbol, evidence, clues)
    if _PYTHON_BINDINGS.match(symbol):
        return _ordered(clues, Cause.IMPORT_TORCH_FIRST, Cause.TORCH_VERSION_MISMATCH)
    if own := _own_function(symbol):
        return own
    return causes_of("symbols", symbol) or in_torch or (Cause.SYMBOL_NOT_DEFINED,)


def on_macos(evidence: Mapping[str, str], clues: Clues) -> tuple[Cause, ...]:
    """The same on macOS, where C++ symbols have one underscore more and the system's own libraries grow as well."""
    symbol = plain(evidence["symbol"])
    if _LONG.search(symbol):
        return (Cause.INT64_LONG_TYPE, Cause.TORCH_VERSION_MISMATCH)
    told = undefined(evidence, clues)
    of_system = (Cause.MAC_DEPLOYMENT_TARGET,)
    if evidence.get("system") or re.match(r"_?OBJC_|_?\w*NSt3__1|MTL|kSec|\$", symbol):
        return of_system if not TORCH.match(symbol) else (*told, *of_system)
    return told


def plain(symbol: str) -> str:
    """A symbol as ELF has it; somebody may have copied it without its first letters."""
    if symbol.startswith(("__Z", "_THP")):
        return symbol[1:]
    return f"_Z{symbol}" if _CUT.match(symbol) else symbol


def _torch(symbol: str, evidence: Mapping[str, str], clues: Clues) -> tuple[Cause, ...]:
    """A function of torch: with a string in its name the C++ ABI may differ, without one its release must."""
    mismatches = (Cause.TORCH_VERSION_MISMATCH, Cause.CXX11_ABI_MISMATCH)
    if _differs_in_strings(symbol, clues):
        mismatches = (Cause.CXX11_ABI_MISMATCH, Cause.TORCH_VERSION_MISMATCH)
    first, second = mismatches
    rest = (Cause.CUDA_CPU_BUILD_MISMATCH,) if _TORCH_CUDA.search(symbol) else ()
    if _RELEASES_WITHOUT_LINKS.search(evidence.get("line", "")):
        return _ordered(clues, first, Cause.IMPORT_TORCH_FIRST, second, *rest)
    if first is Cause.TORCH_VERSION_MISMATCH and not has_string(symbol):
        return _ordered(clues, first, *(rest or (Cause.IMPORT_TORCH_FIRST, second)))
    return _ordered(clues, first, second, Cause.IMPORT_TORCH_FIRST)


def _differs_in_strings(symbol: str, clues: Clues) -> bool:
    if not has_string(symbol) or _CHANGED.search(symbol):
        return False
    if clues.facts.cxx11_abi is not None:
        return bool(_NEW_STRING.search(symbol)) is not clues.facts.cxx11_abi
    others = (plain(other) for other in clues.symbols)
    return all(has_string(other) for other in others if TORCH.match(other))


def has_string(symbol: str) -> bool:
    """Whether a mangled name has a std::string in it, in either form."""
    return bool(string_form(symbol))


def string_form(symbol: str) -> str:
    """Which of libstdc++'s two forms of std::string a mangled name has: `new`, `old`, or nothing."""
    if _NEW_STRING.search(symbol):
        return "new"
    return "old" if _OLD_STRING.search(symbol) else ""


def _own_function(symbol: str) -> tuple[Cause, ...]:
    """A function of the extension itself: its unit was not compiled, as happens to .cu files without CUDA."""
    if re.match(r"_Z(?:N\d|\d)", symbol) and "N2at6Tensor" in symbol:
        is_cuda = re.search(r"cuda|gpu|kernel|launch", symbol, re.IGNORECASE)
        return (Cause.CUDA_CPU_BUILD_MISMATCH, Cause.STALE_BUILD) if is_cuda else (Cause.STALE_BUILD,)
    return ()


def _of_version(version: str) -> tuple[Cause, ...]:
    """The node that the loader names behind a symbol: `version GLIBCXX_3.4.29`."""
    if version.startswith(("GLIBCXX", "CXXABI")):
        return (Cause.LIBSTDCXX_TOO_OLD,)
    if version.startswith("GLIBC"):
        return (Cause.GLIBC_TOO_OLD,)
    return _VENDOR if re.match(r"lib(?:cu|nv|nccl)", version) else ()


def _ordered(clues: Clues, *causes: Cause) -> tuple[Cause, ...]:
    """Causes without the one that is known not to be."""
    return tuple(cause for cause in causes if not (clues.facts.loads_torch and cause is Cause.IMPORT_TORCH_FIRST))


def linked(evidence: Mapping[str, str], clues: Clues) -> tuple[Cause, ...]:
    """Why a linker does not find what it needs; it prints C++ as it is written, or mangled."""
    name = evidence["name"]
    if _LONG_WRITTEN.search(name):
        return (Cause.INT64_LONG_TYPE, Cause.TORCH_VERSION_MISMATCH)
    if re.search(r"@{1,2}GLIBC_", name):
        return (Cause.GLIBC_TOO_OLD,)
    if re.search(r"@{1,2}(?:GLIBCXX|CXXABI)_|^_?std::__|^__cxa_", name):
        return (Cause.LIBSTDCXX_TOO_OLD,)
    if re.search(
        r"_CrtDbg|_calloc_dbg|_free_dbg|_invalid_parameter\b|__std_\w|_Thrd_|__imp__(?:wassert|invoke_watson)", name
    ):
        return (Cause.WIN_CRT_MISMATCH,)
    if re.search(r"\b(?:c10|at|torch|caffe2)::|@(?:c10|at|torch)@@", name):
        return _linked_torch(name)
    found = re.match(r"(?:__imp_)?([\w@.]+)", name)
    return _linked_c(found[1], evidence, clues) if found else (Cause.SYMBOL_NOT_DEFINED,)


def _linked_c(symbol: str, evidence: Mapping[str, str], clues: Clues) -> tuple[Cause, ...]:
    """A function without C++ in its name: that the linker misses it, says that its library was not given or found."""
    told = undefined({**evidence, "symbol": symbol}, clues)
    instead = {
        Cause.VENDOR_LIB_VERSION_MIX: (Cause.CUDA_TOOLKIT_MISSING, Cause.VENDOR_LIB_VERSION_MIX),
        Cause.DRIVER_MISSING_OR_TOO_OLD: (Cause.CUDA_TOOLKIT_MISSING, Cause.DRIVER_MISSING_OR_TOO_OLD),
        Cause.PYTHON_ABI_MISMATCH: (Cause.DEV_HEADERS_MISSING, Cause.PYTHON_ABI_MISMATCH),
        Cause.TRT_VERSION_MISMATCH: (Cause.TRT_LIB_MISSING, Cause.TRT_VERSION_MISMATCH),
    }
    return instead.get(told[0], told)


def _linked_torch(text: str) -> tuple[Cause, ...]:
    has_strings = re.search(r"std::__cxx11|basic_string|std::string", text) and "std::__1::" not in text
    if has_strings and "c10::optional" not in text:
        return (Cause.CXX11_ABI_MISMATCH, Cause.TORCH_VERSION_MISMATCH)
    if re.search(r"(?:c10|at|torch)::cuda|cuda", text):
        return (Cause.CUDA_CPU_BUILD_MISMATCH, Cause.TORCH_VERSION_MISMATCH)
    return (Cause.TORCH_VERSION_MISMATCH, Cause.CXX11_ABI_MISMATCH)
