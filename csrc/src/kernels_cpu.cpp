#include <envgen_reference/formula.h>
#include <envgen_reference/half.h>
#include <envgen_reference/kernels.h>

#include <algorithm>

namespace envgen_reference {
namespace cpu {
namespace {

// Calls piece(row, first column, last column) for each piece of [begin, end) that lies within one output row.
template <typename Piece>
void by_row(int64_t width, int64_t begin, int64_t end, const Piece& piece) {
  while (begin < end) {
    const int64_t column = begin % width;
    const int64_t stop = std::min(end, begin - column + width);
    piece(begin / width, column, column + stop - begin);
    begin = stop;
  }
}

template <typename Value>
void forward_as(const void* x, void* out, int64_t width, int64_t begin, int64_t end) {
  using Real = Compute<Value>;
  by_row(width, begin, end, [=](int64_t row, int64_t first, int64_t last) {
    const Value* gate = static_cast<const Value*>(x) + row * 2 * width;
    const Value* up = gate + width;
    Value* result = static_cast<Value*>(out) + row * width;
    for (int64_t i = first; i < last; ++i) {
      result[i] = static_cast<Value>(silu_times<ExactMath>(static_cast<Real>(gate[i]), static_cast<Real>(up[i])));
    }
  });
}

template <typename Value>
void backward_as(const void* grad, const void* x, void* grad_x, int64_t width, int64_t begin, int64_t end) {
  using Real = Compute<Value>;
  by_row(width, begin, end, [=](int64_t row, int64_t first, int64_t last) {
    const Value* incoming = static_cast<const Value*>(grad) + row * width;
    const Value* gate = static_cast<const Value*>(x) + row * 2 * width;
    const Value* up = gate + width;
    Value* grad_gate = static_cast<Value*>(grad_x) + row * 2 * width;
    Value* grad_up = grad_gate + width;
    for (int64_t i = first; i < last; ++i) {
      const auto [to_gate, to_up] = gradients<ExactMath>(
          static_cast<Real>(incoming[i]), static_cast<Real>(gate[i]), static_cast<Real>(up[i]));
      grad_gate[i] = static_cast<Value>(to_gate);
      grad_up[i] = static_cast<Value>(to_up);
    }
  });
}

}  // namespace

void forward(Element element, const void* x, void* out, int64_t width, int64_t begin, int64_t end) {
  switch (element) {
    case Element::float32:
      return forward_as<float>(x, out, width, begin, end);
    case Element::float64:
      return forward_as<double>(x, out, width, begin, end);
    case Element::float16:
      return forward_as<c10::Half>(x, out, width, begin, end);
    case Element::bfloat16:
      return forward_as<c10::BFloat16>(x, out, width, begin, end);
  }
}

void backward(Element element, const void* grad, const void* x, void* grad_x, int64_t width, int64_t begin,
              int64_t end) {
  switch (element) {
    case Element::float32:
      return backward_as<float>(grad, x, grad_x, width, begin, end);
    case Element::float64:
      return backward_as<double>(grad, x, grad_x, width, begin, end);
    case Element::float16:
      return backward_as<c10::Half>(grad, x, grad_x, width, begin, end);
    case Element::bfloat16:
      return backward_as<c10::BFloat16>(grad, x, grad_x, width, begin, end);
  }
}

}  // namespace cpu
}  // namespace envgen_reference
