// Rows of a tensor that need not be copied: each is contiguous, and all are equally far apart.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace envgen_reference {

// Elements between the beginnings of two rows of the last dimension, which there must be; -1 where no one number says it.
inline int64_t row_stride(const at::Tensor& x) {
  const int64_t width = x.size(-1);
  if (width > 1 && x.stride(-1) != 1) {
    return -1;
  }
  int64_t stride = width, rows = 1;
  for (int64_t dim = x.dim() - 2; dim >= 0; --dim) {
    if (x.size(dim) == 1) {
      continue;
    }
    if (rows == 1) {
      stride = x.stride(dim);
    } else if (x.stride(dim) != rows * stride) {
      return -1;
    }
    rows *= x.size(dim);
  }
  return stride;
}

// The tensor itself, or a contiguous copy where its rows have no common stride.
inline at::Tensor with_rows(const at::Tensor& x) { return row_stride(x) < 0 ? x.contiguous() : x; }

}  // namespace envgen_reference
