#!/bin/sh
# The plain compiler and linker commands of mine in the cell
# py312-torch2.13-cu130-ubuntu24.04-aarch64
# with torch 2.13.0. Made by envgen 1.2.3: envgen build-commands py312-torch2.13-cu130-ubuntu24.04-aarch64
# The cell's lock has the SHA-256 3333333333333333333333333333333333333333333333333333333333333333.
#
# Translated from the build of py312-torch2.13-cu130-debian12-x86_64: the same units, definitions and libraries.
# The cell itself was not built; what its build script does only on that system is not seen.
# Paste it into a shell in the folder of matrix.yaml; PYTHON, SOURCE, BUILD and OUT can be set to absolute paths
# before. OUT then goes on PYTHONPATH.
(
set -eu
PYTHON=${PYTHON:-python}
"$PYTHON" -c 'import sys; from importlib.metadata import version; v = version("torch"); v == sys.argv[1] or sys.exit("this Python has torch " + v + ", and the commands are for " + sys.argv[1])' 2.13.0
TORCH=$("$PYTHON" -c 'import importlib.util; print(importlib.util.find_spec("torch").submodule_search_locations[0])')
PYTHON_INCLUDE=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("include"))')
PYTHON_LIB=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
EXT_SUFFIX=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
CXX=${CXX:-c++}
CC=${CC:-cc}
: "${CUDA_HOME:?say where it is}"
SOURCE=${SOURCE:-$PWD/'my project'}
BUILD=${BUILD:-$PWD/py312-torch2.13-cu130-ubuntu24.04-aarch64/build}
OUT=${OUT:-$PWD/py312-torch2.13-cu130-ubuntu24.04-aarch64/out}
mkdir -p "$BUILD" "$BUILD"/ops "$OUT"/mine
cd "$BUILD"

# ops: compile
"$CXX" -DNDEBUG -I"$SOURCE"/include -I"$TORCH"/include -I"$TORCH"/include/torch/csrc/api/include -I"$PYTHON_INCLUDE" -c "$SOURCE"/src/cpu.cpp -o "$BUILD"/ops/cpu.o -O2 -fPIC -fvisibility=hidden -fno-math-errno -DTORCH_API_INCLUDE_EXTENSION_H -DTORCH_EXTENSION_NAME=ops -D_GLIBCXX_USE_CXX11_ABI=1 -std=c++20
"$CXX" -DNDEBUG -I"$SOURCE"/include -I"$TORCH"/include -I"$TORCH"/include/torch/csrc/api/include -I"$PYTHON_INCLUDE" -c "$SOURCE"/src/register.cpp -o "$BUILD"/ops/register.o -O2 -fPIC -fvisibility=hidden -fno-math-errno '-DMESSAGE=two words' -DTORCH_API_INCLUDE_EXTENSION_H -DTORCH_EXTENSION_NAME=ops -D_GLIBCXX_USE_CXX11_ABI=1 -std=c++20

# ops: compile for the GPU
"$CUDA_HOME"/bin/nvcc -ccbin "$CC" -I"$SOURCE"/include -I"$TORCH"/include -I"$TORCH"/include/torch/csrc/api/include -I"$CUDA_HOME"/include -c "$SOURCE"/src/kernel.cu -o "$BUILD"/ops/kernel.o -D__CUDA_NO_HALF_OPERATORS__ --expt-relaxed-constexpr --compiler-options ''"'"'-fPIC'"'"'' -O3 -DTORCH_EXTENSION_NAME=ops -gencode=arch=compute_90,code=sm_90 -gencode=arch=compute_120,code=compute_120 -std=c++20

# ops: link
"$CXX" -DNDEBUG -shared "$BUILD"/ops/cpu.o "$BUILD"/ops/register.o "$BUILD"/ops/kernel.o -L"$TORCH"/lib -L"$PYTHON_LIB" -lc10 -ltorch -ltorch_cpu -L"$CUDA_HOME"/lib64 -lcudart -lc10_cuda -ltorch_cuda -Wl,-s '-Wl,-rpath,$ORIGIN/../torch/lib' -o "$OUT"/mine/libops.so

# module: compile
"$CXX" -DNDEBUG -I"$SOURCE"/include -I"$TORCH"/include -I"$TORCH"/include/torch/csrc/api/include -I"$PYTHON_INCLUDE" -c "$SOURCE"/src/bind.cpp -o "$BUILD"/ops/bind.o -O2 -fPIC -fvisibility=hidden -fno-math-errno -DTORCH_API_INCLUDE_EXTENSION_H -DTORCH_EXTENSION_NAME=ops -D_GLIBCXX_USE_CXX11_ABI=1 -std=c++20

# module: link
"$CXX" -DNDEBUG -shared "$BUILD"/ops/bind.o -L"$TORCH"/lib -L"$PYTHON_LIB" -lc10 -ltorch_python -o "$OUT"/mine/_C"$EXT_SUFFIX"

# module: copy
cp "$SOURCE"/python/__init__.py "$SOURCE"/python/py.typed "$OUT"/mine/
)
