// Schemas, the fake (meta) kernels, and which function serves which device.
#include <envgen_reference/ops.h>

#include <torch/library.h>
#include <torch/version.h>

#include <string>

#ifdef ENVGEN_REFERENCE_WITH_CUDA
#include <envgen_reference/kernels_cuda.h>
#endif

namespace envgen_reference {
namespace {

// Shapes only, and symbolic ones: this is what tracing and torch.compile run.
at::Tensor silu_and_mul_meta(const at::Tensor& x) {
  TORCH_CHECK(x.dim() > 0, "silu_and_mul takes a tensor with at least one dimension");
  std::vector<c10::SymInt> sizes = x.sym_sizes().vec();
  TORCH_CHECK((sizes.back() % 2).sym_eq(0).expect_true(__FILE__, __LINE__),
              "silu_and_mul takes an even last dimension, not ", sizes.back());
  sizes.back() = sizes.back() / 2;
  return x.new_empty_symint(sizes);
}

at::Tensor silu_and_mul_backward_meta(const at::Tensor& /*grad*/, const at::Tensor& x) {
  return x.new_empty_symint(x.sym_sizes());
}

// What this library was compiled with, as JSON: an operator, because the library exports nothing else.
std::string build_info() {
#ifdef ENVGEN_REFERENCE_WITH_CUDA
  const std::string cuda = std::string("true, \"archs\": [") + cuda::compiled_architectures() + "]";
#else
  const std::string cuda = "false, \"archs\": []";
#endif
#if defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
  const std::string cxx11_abi = "false";
#else
  const std::string cxx11_abi = "true";
#endif
  return "{\"torch\": \"" TORCH_VERSION "\", \"cxx11_abi\": " + cxx11_abi + ", \"with_cuda\": " + cuda + "}";
}

}  // namespace

TORCH_LIBRARY(envgen_reference, m) {
  m.def("silu_and_mul(Tensor x) -> Tensor");
  m.def("silu_and_mul_backward(Tensor grad, Tensor x) -> Tensor");
  m.def("build_info() -> str", &build_info);
#ifdef ENVGEN_REFERENCE_WITH_CUDA
  m.def("device_code(int device) -> int[]", &device_code);
#endif
}

TORCH_LIBRARY_IMPL(envgen_reference, CPU, m) {
  m.impl("silu_and_mul", &silu_and_mul_cpu);
  m.impl("silu_and_mul_backward", &silu_and_mul_backward_cpu);
}

#ifdef ENVGEN_REFERENCE_WITH_CUDA
TORCH_LIBRARY_IMPL(envgen_reference, CUDA, m) {
  m.impl("silu_and_mul", &silu_and_mul_cuda);
  m.impl("silu_and_mul_backward", &silu_and_mul_backward_cuda);
}
#endif

TORCH_LIBRARY_IMPL(envgen_reference, Meta, m) {
  m.impl("silu_and_mul", &silu_and_mul_meta);
  m.impl("silu_and_mul_backward", &silu_and_mul_backward_meta);
}

}  // namespace envgen_reference
