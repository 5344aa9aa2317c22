// What the operators accept, and how a tensor maps to the kernels' plain memory.
#pragma once

#include <envgen_reference/kernels.h>

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <vector>

namespace envgen_reference {

inline Element element_of(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::ScalarType::Float:
      return Element::float32;
    case at::ScalarType::Double:
      return Element::float64;
    case at::ScalarType::Half:
      return Element::float16;
    case at::ScalarType::BFloat16:
      return Element::bfloat16;
    default:
      TORCH_CHECK(false, "silu_and_mul takes float32, float64, float16 or bfloat16, not ", x.scalar_type());
  }
}

inline std::vector<int64_t> output_sizes(const at::Tensor& x) {
  TORCH_CHECK(x.dim() > 0, "silu_and_mul takes a tensor with at least one dimension");
  TORCH_CHECK(x.size(-1) % 2 == 0, "silu_and_mul takes an even last dimension, not ", x.size(-1));
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() /= 2;
  return sizes;
}

inline Rows rows_of(const at::Tensor& out) {
  const int64_t width = out.size(-1);
  return {width == 0 ? 0 : out.numel() / width, width};
}

inline void check_gradient(const at::Tensor& grad, const at::Tensor& x) {
  TORCH_CHECK(grad.sizes() == at::IntArrayRef(output_sizes(x)), "the gradient has the wrong shape: ", grad.sizes());
  TORCH_CHECK(grad.scalar_type() == x.scalar_type(), "the gradient is ", grad.scalar_type(), ", the input ",
              x.scalar_type());
  TORCH_CHECK(grad.device() == x.device(), "the gradient is on ", grad.device(), ", the input on ", x.device());
}

}  // namespace envgen_reference
