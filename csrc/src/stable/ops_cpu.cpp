// The same operator against torch's stable ABI: one file for every Python and for torch 2.9 and later.
#include "boxed.h"

namespace envgen_reference_stable {
namespace {

Tensor forward(const Tensor& x) {
  const Element element = element_of(x);
  const Tensor input = contiguous(x);
  Tensor out = torch::stable::new_empty(input, output_sizes(x));
  const Rows rows = rows_of(out);
  envgen_reference::cpu::forward(element, input.data_ptr(), out.data_ptr(), rows.width, 0, rows.outputs());
  return out;
}

Tensor backward(const Tensor& grad, const Tensor& x) {
  check_gradient(grad, x);
  const Element element = element_of(x);
  const Tensor incoming = contiguous(grad);
  const Tensor input = contiguous(x);
  Tensor grad_x = torch::stable::new_empty(input, sizes_of(x));
  const Rows rows = rows_of(incoming);
  envgen_reference::cpu::backward(element, incoming.data_ptr(), input.data_ptr(), grad_x.data_ptr(), rows.width, 0,
                                  rows.outputs());
  return grad_x;
}

void boxed_forward(Stack* stack, uint64_t /*inputs*/, uint64_t /*outputs*/) {
  stack[0] = from(forward(to<Tensor>(stack[0])));
}

void boxed_backward(Stack* stack, uint64_t /*inputs*/, uint64_t /*outputs*/) {
  const Tensor grad = to<Tensor>(stack[0]);
  const Tensor x = to<Tensor>(stack[1]);
  stack[0] = from(backward(grad, x));
}

}  // namespace

STABLE_TORCH_LIBRARY(envgen_reference_stable, m) {
  m.def("silu_and_mul(Tensor x) -> Tensor");
  m.def("silu_and_mul_backward(Tensor grad, Tensor x) -> Tensor");
}

STABLE_TORCH_LIBRARY_IMPL(envgen_reference_stable, CPU, m) {
  m.impl("silu_and_mul", &boxed_forward);
  m.impl("silu_and_mul_backward", &boxed_backward);
}

}  // namespace envgen_reference_stable
