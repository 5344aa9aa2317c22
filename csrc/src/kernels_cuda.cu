#include <envgen_reference/fast_math.h>
#include <envgen_reference/kernels_cuda.h>
#include <envgen_reference/threads.h>

namespace envgen_reference {
namespace cuda {
namespace {

using packs::PackRows;
using tiles::kPacksPerTile;
using tiles::kThreads;
using tiles::Tiling;

// Blocks of a multiprocessor, at least: leaves a thread the registers for all its loads.
template <typename P>
constexpr int kBlocks = sizeof(P) == 16 ? 8 : sizeof(P) == 8 ? 7 : 5;

template <typename P>
__global__ void __launch_bounds__(kThreads, kBlocks<P>)
    forward_kernel(PackRows<P> x, P* __restrict__ out, Tiling tiling) {
  threads::forward<MathOf<typename P::Value>>(x, out, tiling, blockIdx.x, threadIdx.x);
}

template <typename P>
__global__ void __launch_bounds__(kThreads, kBlocks<P>)
    backward_kernel(PackRows<P> grad, PackRows<P> x, P* __restrict__ grad_x, Tiling tiling) {
  threads::backward<MathOf<typename P::Value>>(grad, x, grad_x, tiling, blockIdx.x, threadIdx.x);
}

template <typename P>
cudaError_t launch_forward(Input x, void* out, Rows rows, cudaStream_t stream) {
  const Tiling tiling = tiles::tiling_of(rows.count, rows.width / P::kSize, kPacksPerTile<P>);
  const unsigned blocks = static_cast<unsigned>(tiles::blocks_of(tiling, kPacksPerTile<P>));
  forward_kernel<P><<<blocks, kThreads, 0, stream>>>(packs::rows_of<P>(x, tiling), static_cast<P*>(out), tiling);
  return cudaGetLastError();
}

template <typename P>
cudaError_t launch_backward(Input grad, Input x, void* grad_x, Rows rows, cudaStream_t stream) {
  const Tiling tiling = tiles::tiling_of(rows.count, rows.width / P::kSize, kPacksPerTile<P>);
  const unsigned blocks = static_cast<unsigned>(tiles::blocks_of(tiling, kPacksPerTile<P>));
  backward_kernel<P><<<blocks, kThreads, 0, stream>>>(packs::rows_of<P>(grad, tiling), packs::rows_of<P>(x, tiling),
                                                      static_cast<P*>(grad_x), tiling);
  return cudaGetLastError();
}

}  // namespace

cudaError_t forward(Element element, Input x, void* out, Rows rows, cudaStream_t stream) {
  if (rows.outputs() == 0) {
    return cudaSuccess;
  }
  return packs::with_packs(element, {x, {out, rows.width}}, rows, [&](auto pack) {
    return launch_forward<decltype(pack)>(x, out, rows, stream);
  });
}

cudaError_t backward(Element element, Input grad, Input x, void* grad_x, Rows rows, cudaStream_t stream) {
  if (rows.outputs() == 0) {
    return cudaSuccess;
  }
  return packs::with_packs(element, {grad, x, {grad_x, 2 * rows.width}}, rows, [&](auto pack) {
    return launch_backward<decltype(pack)>(grad, x, grad_x, rows, stream);
  });
}

cudaError_t device_code(DeviceCode* code) {
  cudaFuncAttributes attributes{};
  const cudaError_t error = cudaFuncGetAttributes(&attributes, forward_kernel<packs::Pack<float, 4>>);
  *code = {attributes.binaryVersion, attributes.ptxVersion};
  return error;
}

#define ENVGEN_TEXT(...) #__VA_ARGS__
#define ENVGEN_EXPANDED_TEXT(...) ENVGEN_TEXT(__VA_ARGS__)

const char* compiled_architectures() { return ENVGEN_EXPANDED_TEXT(__CUDA_ARCH_LIST__); }

}  // namespace cuda
}  // namespace envgen_reference
