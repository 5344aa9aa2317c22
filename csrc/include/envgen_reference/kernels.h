// Kernels over plain memory: they know no tensor, so they compile in about a second and serve both flavours.
//
// An input row is [gate | up], each `width` elements wide; an output row is `width` elements. Memory is contiguous
// unless said otherwise.
#pragma once

#include <cstdint>

namespace envgen_reference {

enum class Element { float32, float64, float16, bfloat16 };

inline int64_t bytes_of(Element element) {
  switch (element) {
    case Element::float64:
      return 8;
    case Element::float32:
      return 4;
    default:
      return 2;
  }
}

struct Rows {
  int64_t count;
  int64_t width;

  int64_t outputs() const { return count * width; }
};

// Rows that are contiguous each; `row_stride` elements lie between the beginnings of two, and 0 repeats one row.
struct Input {
  const void* data;
  int64_t row_stride;
};

namespace cpu {

// Output elements [begin, end), so that the caller decides how to spread them over threads.
void forward(Element element, const void* x, void* out, int64_t width, int64_t begin, int64_t end);
void backward(Element element, const void* grad, const void* x, void* grad_x, int64_t width, int64_t begin,
              int64_t end);

}  // namespace cpu
}  // namespace envgen_reference
