#include <envgen_reference/formula.h>
#include <envgen_reference/half.h>
#include <envgen_reference/kernels_cuda.h>

#include <algorithm>
#include <cstdint>

namespace envgen_reference {
namespace cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kVectorBytes = 16;
constexpr int64_t kMaxGridY = 65535;

// `Size` values that travel as one load or store.
template <typename Value, int Size>
struct alignas(sizeof(Value) * Size) Pack {
  Value values[Size];
};

// A row is `width` packs wide; threads run along the columns, the y dimension of the grid strides over the rows.
template <typename Value, int Size>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(const Pack<Value, Size>* __restrict__ x, Pack<Value, Size>* __restrict__ out, Rows rows) {
  using Real = Compute<Value>;
  const int64_t column = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (column >= rows.width) {
    return;
  }
  const int64_t stride = int64_t(gridDim.y) * blockDim.y;
  for (int64_t row = int64_t(blockIdx.y) * blockDim.y + threadIdx.y; row < rows.count; row += stride) {
    const Pack<Value, Size> gate = x[row * 2 * rows.width + column];
    const Pack<Value, Size> up = x[row * 2 * rows.width + rows.width + column];
    Pack<Value, Size> result;
#pragma unroll
    for (int i = 0; i < Size; ++i) {
      result.values[i] = static_cast<Value>(
          silu_times(static_cast<Real>(gate.values[i]), static_cast<Real>(up.values[i])));
    }
    out[row * rows.width + column] = result;
  }
}

template <typename Value, int Size>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(const Pack<Value, Size>* __restrict__ grad, const Pack<Value, Size>* __restrict__ x,
                    Pack<Value, Size>* __restrict__ grad_x, Rows rows) {
  using Real = Compute<Value>;
  const int64_t column = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (column >= rows.width) {
    return;
  }
  const int64_t stride = int64_t(gridDim.y) * blockDim.y;
  for (int64_t row = int64_t(blockIdx.y) * blockDim.y + threadIdx.y; row < rows.count; row += stride) {
    const int64_t at_gate = row * 2 * rows.width + column;
    const Pack<Value, Size> incoming = grad[row * rows.width + column];
    const Pack<Value, Size> gate = x[at_gate];
    const Pack<Value, Size> up = x[at_gate + rows.width];
    Pack<Value, Size> grad_gate;
    Pack<Value, Size> grad_up;
#pragma unroll
    for (int i = 0; i < Size; ++i) {
      const Real g = static_cast<Real>(incoming.values[i]);
      const Real a = static_cast<Real>(gate.values[i]);
      grad_gate.values[i] = static_cast<Value>(gate_gradient(g, a, static_cast<Real>(up.values[i])));
      grad_up.values[i] = static_cast<Value>(up_gradient(g, a));
    }
    grad_x[at_gate] = grad_gate;
    grad_x[at_gate + rows.width] = grad_up;
  }
}

struct Launch {
  dim3 grid;
  dim3 block;
};

// Narrow rows share a block, wide rows are spread over several.
Launch launch_for(Rows rows) {
  int along = 1;
  while (along < kThreads && along < rows.width) {
    along *= 2;
  }
  const int64_t across = kThreads / along;
  const int64_t grid_x = (rows.width + along - 1) / along;
  const int64_t grid_y = std::min((rows.count + across - 1) / across, kMaxGridY);
  return {dim3(static_cast<unsigned>(grid_x), static_cast<unsigned>(grid_y)), dim3(along, static_cast<unsigned>(across))};
}

bool aligned(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % kVectorBytes == 0; }

template <typename Value, int Size>
cudaError_t forward_packed(const void* x, void* out, Rows rows, cudaStream_t stream) {
  using P = Pack<Value, Size>;
  const Rows packs{rows.count, rows.width / Size};
  const Launch launch = launch_for(packs);
  forward_kernel<Value, Size>
      <<<launch.grid, launch.block, 0, stream>>>(static_cast<const P*>(x), static_cast<P*>(out), packs);
  return cudaGetLastError();
}

template <typename Value>
cudaError_t forward_as(const void* x, void* out, Rows rows, cudaStream_t stream) {
  constexpr int kSize = kVectorBytes / sizeof(Value);
  const bool packed = rows.width % kSize == 0 && aligned(x) && aligned(out);
  return packed ? forward_packed<Value, kSize>(x, out, rows, stream) : forward_packed<Value, 1>(x, out, rows, stream);
}

template <typename Value, int Size>
cudaError_t backward_packed(const void* grad, const void* x, void* grad_x, Rows rows, cudaStream_t stream) {
  using P = Pack<Value, Size>;
  const Rows packs{rows.count, rows.width / Size};
  const Launch launch = launch_for(packs);
  backward_kernel<Value, Size><<<launch.grid, launch.block, 0, stream>>>(
      static_cast<const P*>(grad), static_cast<const P*>(x), static_cast<P*>(grad_x), packs);
  return cudaGetLastError();
}

template <typename Value>
cudaError_t backward_as(const void* grad, const void* x, void* grad_x, Rows rows, cudaStream_t stream) {
  constexpr int kSize = kVectorBytes / sizeof(Value);
  const bool packed = rows.width % kSize == 0 && aligned(grad) && aligned(x) && aligned(grad_x);
  return packed ? backward_packed<Value, kSize>(grad, x, grad_x, rows, stream)
                : backward_packed<Value, 1>(grad, x, grad_x, rows, stream);
}

}  // namespace

cudaError_t forward(Element element, const void* x, void* out, Rows rows, cudaStream_t stream) {
  if (rows.outputs() == 0) {
    return cudaSuccess;
  }
  switch (element) {
    case Element::float32:
      return forward_as<float>(x, out, rows, stream);
    case Element::float64:
      return forward_as<double>(x, out, rows, stream);
    case Element::float16:
      return forward_as<c10::Half>(x, out, rows, stream);
    case Element::bfloat16:
      return forward_as<c10::BFloat16>(x, out, rows, stream);
  }
  return cudaErrorInvalidValue;
}

cudaError_t backward(Element element, const void* grad, const void* x, void* grad_x, Rows rows, cudaStream_t stream) {
  if (rows.outputs() == 0) {
    return cudaSuccess;
  }
  switch (element) {
    case Element::float32:
      return backward_as<float>(grad, x, grad_x, rows, stream);
    case Element::float64:
      return backward_as<double>(grad, x, grad_x, rows, stream);
    case Element::float16:
      return backward_as<c10::Half>(grad, x, grad_x, rows, stream);
    case Element::bfloat16:
      return backward_as<c10::BFloat16>(grad, x, grad_x, rows, stream);
  }
  return cudaErrorInvalidValue;
}

cudaError_t device_code(DeviceCode* code) {
  cudaFuncAttributes attributes;
  const cudaError_t error = cudaFuncGetAttributes(&attributes, forward_kernel<float, 1>);
  *code = {attributes.binaryVersion, attributes.ptxVersion};
  return error;
}

#define ENVGEN_TEXT(...) #__VA_ARGS__
#define ENVGEN_EXPANDED_TEXT(...) ENVGEN_TEXT(__VA_ARGS__)

const char* compiled_architectures() { return ENVGEN_EXPANDED_TEXT(__CUDA_ARCH_LIST__); }

}  // namespace cuda
}  // namespace envgen_reference
