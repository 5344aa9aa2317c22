// What the stable units share: the oldest torch they must load in, and the names that moved between its headers.
#pragma once

#include <envgen_reference/kernels.h>

#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/core/ScalarType.h>
#include <torch/headeronly/util/Exception.h>

#include <cstdint>
#include <vector>

#if !defined(TORCH_TARGET_VERSION) || TORCH_TARGET_VERSION != 0x0209000000000000
#error "build with -DTORCH_TARGET_VERSION=0x0209000000000000: without it the library loads only where it was built"
#endif

namespace envgen_reference_stable {

using envgen_reference::Element;
using envgen_reference::Rows;
using torch::stable::Tensor;
using Stack = StableIValue;

// The conversions stood in the global namespace in torch 2.9 and moved in 2.10, which brought this header.
#if __has_include(<torch/csrc/stable/version.h>)
using torch::stable::detail::from;
using torch::stable::detail::to;
#else
using ::from;
using ::to;
#endif

inline Element element_of(const Tensor& x) {
  using torch::headeronly::ScalarType;
  switch (x.scalar_type()) {
    case ScalarType::Float:
      return Element::float32;
    case ScalarType::Double:
      return Element::float64;
    case ScalarType::Half:
      return Element::float16;
    case ScalarType::BFloat16:
      return Element::bfloat16;
    default:
      STD_TORCH_CHECK(false, "silu_and_mul takes float32, float64, float16 or bfloat16");
      return Element::float32;
  }
}

inline std::vector<int64_t> sizes_of(const Tensor& x) {
  std::vector<int64_t> sizes(static_cast<size_t>(x.dim()));
  for (int64_t i = 0; i < x.dim(); ++i) {
    sizes[static_cast<size_t>(i)] = x.size(i);
  }
  return sizes;
}

inline std::vector<int64_t> output_sizes(const Tensor& x) {
  STD_TORCH_CHECK(x.dim() > 0, "silu_and_mul takes a tensor with at least one dimension");
  std::vector<int64_t> sizes = sizes_of(x);
  STD_TORCH_CHECK(sizes.back() % 2 == 0, "silu_and_mul takes an even last dimension");
  sizes.back() /= 2;
  return sizes;
}

inline Rows rows_of(const Tensor& out) {
  const int64_t width = out.size(out.dim() - 1);
  return {width == 0 ? 0 : out.numel() / width, width};
}

inline Tensor contiguous(const Tensor& x) {
  if (x.is_contiguous()) {
    return x;
  }
  const Tensor copy = torch::stable::new_empty(x, sizes_of(x));
  Stack stack[] = {from(copy), from(x), from(false)};
  TORCH_ERROR_CODE_CHECK(aoti_torch_call_dispatcher("aten::copy_", "", stack));
  return to<Tensor>(stack[0]);
}

inline void check_gradient(const Tensor& grad, const Tensor& x) {
  STD_TORCH_CHECK(sizes_of(grad) == output_sizes(x), "the gradient has the wrong shape");
  STD_TORCH_CHECK(grad.scalar_type() == x.scalar_type(), "the gradient and the input differ in dtype");
  STD_TORCH_CHECK(grad.get_device() == x.get_device(), "the gradient and the input are on different devices");
}

}  // namespace envgen_reference_stable
