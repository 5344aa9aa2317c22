// The operators over tensors, one set per device; register.cpp gives them to the dispatcher.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace envgen_reference {

at::Tensor silu_and_mul_cpu(const at::Tensor& x);
at::Tensor silu_and_mul_backward_cpu(const at::Tensor& grad, const at::Tensor& x);

at::Tensor silu_and_mul_cuda(const at::Tensor& x);
at::Tensor silu_and_mul_backward_cuda(const at::Tensor& grad, const at::Tensor& x);

// {binary, ptx} of the code that a device would run; see cuda::DeviceCode.
std::vector<int64_t> device_code(int64_t device);

}  // namespace envgen_reference
