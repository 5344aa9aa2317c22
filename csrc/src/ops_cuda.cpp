#include <envgen_reference/arguments.h>
#include <envgen_reference/kernels_cuda.h>
#include <envgen_reference/ops.h>
#include <envgen_reference/rows.h>

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace envgen_reference {
namespace {

Input input_of(const at::Tensor& x) { return {x.const_data_ptr(), row_stride(x)}; }

}  // namespace

at::Tensor silu_and_mul_cuda(const at::Tensor& x) {
  const Element element = element_of(x);
  const std::vector<int64_t> sizes = output_sizes(x);
  const c10::cuda::CUDAGuard guard(x.device());
  const at::Tensor input = with_rows(x);
  at::Tensor out = input.new_empty(sizes);
  C10_CUDA_CHECK(cuda::forward(element, input_of(input), out.mutable_data_ptr(), rows_of(out),
                               c10::cuda::getCurrentCUDAStream()));
  return out;
}

at::Tensor silu_and_mul_backward_cuda(const at::Tensor& grad, const at::Tensor& x) {
  check_gradient(grad, x);
  const Element element = element_of(x);
  const c10::cuda::CUDAGuard guard(x.device());
  const at::Tensor incoming = with_rows(grad);
  const at::Tensor input = with_rows(x);
  at::Tensor grad_x = input.new_empty(input.sizes());
  C10_CUDA_CHECK(cuda::backward(element, input_of(incoming), input_of(input), grad_x.mutable_data_ptr(),
                                rows_of(incoming), c10::cuda::getCurrentCUDAStream()));
  return grad_x;
}

std::vector<int64_t> device_code(int64_t device) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
  cuda::DeviceCode code{};
  C10_CUDA_CHECK(cuda::device_code(&code));
  return {code.binary, code.ptx};
}

}  // namespace envgen_reference
