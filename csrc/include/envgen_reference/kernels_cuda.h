// The CUDA kernels' launchers. They enqueue on `stream` of the current device and do not wait.
#pragma once

#include <envgen_reference/kernels.h>

#include <cuda_runtime_api.h>

namespace envgen_reference {
namespace cuda {

// What is written is contiguous.
cudaError_t forward(Element element, Input x, void* out, Rows rows, cudaStream_t stream);
cudaError_t backward(Element element, Input grad, Input x, void* grad_x, Rows rows, cudaStream_t stream);

// What the current device would run: `binary` is the architecture of the machine code (90 for sm_90), `ptx` that of
// the PTX it came from. Fails with cudaErrorNoKernelImageForDevice when the library has nothing for this device.
struct DeviceCode {
  int binary;
  int ptx;
};
cudaError_t device_code(DeviceCode* code);

// The architectures nvcc compiled for, as it writes them: "750,900,1000".
const char* compiled_architectures();

}  // namespace cuda
}  // namespace envgen_reference
