#include <envgen_reference/arguments.h>
#include <envgen_reference/ops.h>

#include <ATen/Parallel.h>

namespace envgen_reference {
namespace {

constexpr int64_t kGrain = 16384;  // output elements that are worth a thread

}  // namespace

at::Tensor silu_and_mul_cpu(const at::Tensor& x) {
  const Element element = element_of(x);
  const at::Tensor input = x.contiguous();
  at::Tensor out = input.new_empty(output_sizes(x));
  const Rows rows = rows_of(out);
  const void* from = input.const_data_ptr();
  void* to = out.mutable_data_ptr();
  at::parallel_for(0, rows.outputs(), kGrain, [&](int64_t begin, int64_t end) {
    cpu::forward(element, from, to, rows.width, begin, end);
  });
  return out;
}

at::Tensor silu_and_mul_backward_cpu(const at::Tensor& grad, const at::Tensor& x) {
  check_gradient(grad, x);
  const Element element = element_of(x);
  const at::Tensor incoming = grad.contiguous();
  const at::Tensor input = x.contiguous();
  at::Tensor grad_x = input.new_empty(input.sizes());
  const Rows rows = rows_of(incoming);
  const void* from_grad = incoming.const_data_ptr();
  const void* from = input.const_data_ptr();
  void* to = grad_x.mutable_data_ptr();
  at::parallel_for(0, rows.outputs(), kGrain, [&](int64_t begin, int64_t end) {
    cpu::backward(element, from_grad, from, to, rows.width, begin, end);
  });
  return grad_x;
}

}  // namespace envgen_reference
