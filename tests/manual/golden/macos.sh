#!/bin/sh
# The plain compiler and linker commands of mine in the cell
# py312-torch2.13-cpu-macos14-aarch64
# with torch 2.13.0. Made by envgen 1.2.3: envgen build-commands py312-torch2.13-cpu-macos14-aarch64
# The cell's lock has the SHA-256 3333333333333333333333333333333333333333333333333333333333333333.
#
# Translated from the build of py312-torch2.13-cpu-debian12-x86_64: the same units, definitions and libraries.
# The cell itself was not built; what its build script does only on that system is not seen.
# Paste it into a shell in the folder of matrix.yaml; PYTHON, SOURCE, BUILD and OUT can be set to absolute paths
# before. OUT then goes on PYTHONPATH.
# Note: -Wl,-rpath,$ORIGIN/../torch/lib has no equal there and is left out.
(
set -eu
PYTHON=${PYTHON:-python}
"$PYTHON" -c 'import sys; from importlib.metadata import version; v = version("torch"); v == sys.argv[1] or sys.exit("this Python has torch " + v + ", and the commands are for " + sys.argv[1])' 2.13.0
TORCH=$("$PYTHON" -c 'import importlib.util; print(importlib.util.find_spec("torch").submodule_search_locations[0])')
PYTHON_INCLUDE=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("include"))')
PYTHON_LIB=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
EXT_SUFFIX=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
CXX=${CXX:-clang++}
SOURCE=${SOURCE:-$PWD/'my project'}
BUILD=${BUILD:-$PWD/py312-torch2.13-cpu-macos14-aarch64/build}
OUT=${OUT:-$PWD/py312-torch2.13-cpu-macos14-aarch64/out}
mkdir -p "$BUILD" "$BUILD"/ops "$OUT"/mine
cd "$BUILD"

# ops: compile
"$CXX" -arch arm64 -mmacosx-version-min=14.0 -DNDEBUG -I"$SOURCE"/include -I"$TORCH"/include -I"$TORCH"/include/torch/csrc/api/include -I"$PYTHON_INCLUDE" -c "$SOURCE"/src/cpu.cpp -o "$BUILD"/ops/cpu.o -O2 -fPIC -fvisibility=hidden -fno-math-errno -DTORCH_API_INCLUDE_EXTENSION_H -DTORCH_EXTENSION_NAME=ops -std=c++20
"$CXX" -arch arm64 -mmacosx-version-min=14.0 -DNDEBUG -I"$SOURCE"/include -I"$TORCH"/include -I"$TORCH"/include/torch/csrc/api/include -I"$PYTHON_INCLUDE" -c "$SOURCE"/src/register.cpp -o "$BUILD"/ops/register.o -O2 -fPIC -fvisibility=hidden -fno-math-errno '-DMESSAGE=two words' -DTORCH_API_INCLUDE_EXTENSION_H -DTORCH_EXTENSION_NAME=ops -std=c++20

# ops: link
"$CXX" -arch arm64 -mmacosx-version-min=14.0 -dynamiclib -install_name @rpath/libops.dylib -undefined dynamic_lookup -DNDEBUG "$BUILD"/ops/cpu.o "$BUILD"/ops/register.o -L"$TORCH"/lib -L"$PYTHON_LIB" -lc10 -ltorch -ltorch_cpu -o "$OUT"/mine/libops.dylib -Wl,-rpath,@loader_path/../torch/lib

# module: compile
"$CXX" -arch arm64 -mmacosx-version-min=14.0 -DNDEBUG -I"$SOURCE"/include -I"$TORCH"/include -I"$TORCH"/include/torch/csrc/api/include -I"$PYTHON_INCLUDE" -c "$SOURCE"/src/bind.cpp -o "$BUILD"/ops/bind.o -O2 -fPIC -fvisibility=hidden -fno-math-errno -DTORCH_API_INCLUDE_EXTENSION_H -DTORCH_EXTENSION_NAME=ops -std=c++20

# module: link
"$CXX" -arch arm64 -mmacosx-version-min=14.0 -bundle -undefined dynamic_lookup -DNDEBUG "$BUILD"/ops/bind.o -L"$TORCH"/lib -L"$PYTHON_LIB" -lc10 -ltorch_python -o "$OUT"/mine/_C"$EXT_SUFFIX" -Wl,-rpath,@loader_path/../torch/lib

# module: copy
cp "$SOURCE"/python/__init__.py "$SOURCE"/python/py.typed "$OUT"/mine/
)
