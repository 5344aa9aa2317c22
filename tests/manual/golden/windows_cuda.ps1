# The plain compiler and linker commands of mine in the cell
# py312-torch2.13-cu130-windows2022-x86_64
# with torch 2.13.0. Made by envgen 1.2.3: envgen build-commands py312-torch2.13-cu130-windows2022-x86_64
# The cell's lock has the SHA-256 3333333333333333333333333333333333333333333333333333333333333333.
#
# Translated from the build of py312-torch2.13-cu130-debian12-x86_64: the same units, definitions and libraries.
# The cell itself was not built; what its build script does only on that system is not seen.
# Start PowerShell from Visual Studio's x64 Native Tools prompt in the folder of matrix.yaml and paste it;
# PYTHON, SOURCE, BUILD and OUT can be set to absolute paths before. OUT then goes on PYTHONPATH.
# Note: -Wl,-rpath,$ORIGIN/../torch/lib has no equal there and is left out.
# Note: -fno-math-errno has no equal there and is left out.
& {
$ErrorActionPreference = 'Stop'
function Confirm-Exit { if ($LASTEXITCODE) { throw "it ended with code $LASTEXITCODE" } }
$PYTHON = if ($env:PYTHON) { $env:PYTHON } else { 'python' }
& $PYTHON -c "import sys; from importlib.metadata import version; v = version('torch'); v == sys.argv[1] or sys.exit('this Python has torch ' + v + ', and the commands are for ' + sys.argv[1])" '2.13.0'; Confirm-Exit
$TORCH = & $PYTHON -c "import importlib.util; print(importlib.util.find_spec('torch').submodule_search_locations[0])"; Confirm-Exit
$PYTHON_INCLUDE = & $PYTHON -c "import sysconfig; print(sysconfig.get_path('include'))"; Confirm-Exit
$PYTHON_LIB = & $PYTHON -c "import os, sys; print(os.path.join(sys.base_prefix, 'libs'))"; Confirm-Exit
$EXT_SUFFIX = & $PYTHON -c "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"; Confirm-Exit
$CXX = if ($env:CXX) { $env:CXX } else { 'cl' }
$LINKER = if ($env:LINKER) { $env:LINKER } else { 'link' }
$CUDA_HOME = if ($env:CUDA_HOME) { $env:CUDA_HOME } else { $env:CUDA_PATH }
$SOURCE = if ($env:SOURCE) { $env:SOURCE } else { (Resolve-Path 'my project').Path }
$BUILD = if ($env:BUILD) { $env:BUILD } else { "$PWD/py312-torch2.13-cu130-windows2022-x86_64/build" }
$OUT = if ($env:OUT) { $env:OUT } else { "$PWD/py312-torch2.13-cu130-windows2022-x86_64/out" }
New-Item -ItemType Directory -Force -Path "${BUILD}/ops", "${OUT}/mine", "${BUILD}/module" | Out-Null

# ops: compile
& $CXX /nologo /O2 /W3 /GL /DNDEBUG /MD /wd4819 /wd4251 /wd4244 /wd4267 /wd4275 /wd4018 /wd4190 /wd4624 /wd4067 /wd4068 /EHsc "/I${SOURCE}/include" "/I${TORCH}/include" "/I${TORCH}/include/torch/csrc/api/include" "/I${PYTHON_INCLUDE}" /DTORCH_API_INCLUDE_EXTENSION_H "/DTORCH_EXTENSION_NAME=ops" /std:c++20 /c "${SOURCE}/src/cpu.cpp" "/Fo${BUILD}/ops/cpu.obj"; Confirm-Exit
& $CXX /nologo /O2 /W3 /GL /DNDEBUG /MD /wd4819 /wd4251 /wd4244 /wd4267 /wd4275 /wd4018 /wd4190 /wd4624 /wd4067 /wd4068 /EHsc "/I${SOURCE}/include" "/I${TORCH}/include" "/I${TORCH}/include/torch/csrc/api/include" "/I${PYTHON_INCLUDE}" "/DMESSAGE=two words" /DTORCH_API_INCLUDE_EXTENSION_H "/DTORCH_EXTENSION_NAME=ops" /std:c++20 /c "${SOURCE}/src/register.cpp" "/Fo${BUILD}/ops/register.obj"; Confirm-Exit

# ops: compile for the GPU
& "${CUDA_HOME}/bin/nvcc" "-ccbin" cl "--use-local-env" "-Xcompiler" /MD "-Xcompiler" /wd4819 "-Xcompiler" /wd4251 "-Xcompiler" /wd4244 "-Xcompiler" /wd4267 "-Xcompiler" /wd4275 "-Xcompiler" /wd4018 "-Xcompiler" /wd4190 "-Xcompiler" /wd4624 "-Xcompiler" /wd4067 "-Xcompiler" /wd4068 "-Xcompiler" /EHsc "-Xcudafe" "--diag_suppress=base_class_has_different_dll_interface" "-Xcudafe" "--diag_suppress=field_without_dll_interface" "-Xcudafe" "--diag_suppress=dll_interface_conflict_none_assumed" "-Xcudafe" "--diag_suppress=dll_interface_conflict_dllexport_assumed" "-I${SOURCE}/include" "-I${TORCH}/include" "-I${TORCH}/include/torch/csrc/api/include" "-I${CUDA_HOME}/include" "-D__CUDA_NO_HALF_OPERATORS__" "--expt-relaxed-constexpr" "-O3" "-DTORCH_EXTENSION_NAME=ops" "-gencode=arch=compute_90,code=sm_90" "-gencode=arch=compute_120,code=compute_120" "-std=c++20" "-c" "${SOURCE}/src/kernel.cu" "-o" "${BUILD}/ops/kernel.obj"; Confirm-Exit

# ops: link
& $LINKER /nologo /INCREMENTAL:NO /LTCG /DLL "/MANIFEST:EMBED,ID=2" /MANIFESTUAC:NO "${BUILD}/ops/cpu.obj" "${BUILD}/ops/register.obj" "${BUILD}/ops/kernel.obj" "/LIBPATH:${TORCH}/lib" "/LIBPATH:${PYTHON_LIB}" "c10.lib" "torch.lib" "torch_cpu.lib" "/LIBPATH:${CUDA_HOME}/lib/x64" "cudart.lib" "c10_cuda.lib" "torch_cuda.lib" "/OUT:${OUT}/mine/ops.dll" "/IMPLIB:${BUILD}/ops/ops.lib"; Confirm-Exit

# module: compile
& $CXX /nologo /O2 /W3 /GL /DNDEBUG /MD /wd4819 /wd4251 /wd4244 /wd4267 /wd4275 /wd4018 /wd4190 /wd4624 /wd4067 /wd4068 /EHsc "/I${SOURCE}/include" "/I${TORCH}/include" "/I${TORCH}/include/torch/csrc/api/include" "/I${PYTHON_INCLUDE}" /DTORCH_API_INCLUDE_EXTENSION_H "/DTORCH_EXTENSION_NAME=ops" /std:c++20 /c "${SOURCE}/src/bind.cpp" "/Fo${BUILD}/ops/bind.obj"; Confirm-Exit

# module: link
& $LINKER /nologo /INCREMENTAL:NO /LTCG /DLL "/MANIFEST:EMBED,ID=2" /MANIFESTUAC:NO "${BUILD}/ops/bind.obj" "/LIBPATH:${TORCH}/lib" "/LIBPATH:${PYTHON_LIB}" "c10.lib" "torch_python.lib" /EXPORT:PyInit__C "/OUT:${OUT}/mine/_C${EXT_SUFFIX}" "/IMPLIB:${BUILD}/module/_C.lib"; Confirm-Exit

# module: copy
Copy-Item "${SOURCE}/python/__init__.py" "${OUT}/mine/__init__.py"
Copy-Item "${SOURCE}/python/py.typed" "${OUT}/mine/py.typed"
}
