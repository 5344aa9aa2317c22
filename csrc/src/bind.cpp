// The Python module: the only unit that knows Python. A plain pybind11 function, which the dispatcher does not see.
#include <torch/csrc/utils/pybind.h>

#include <torch/version.h>

namespace {

// The formula as four separate ATen operations: what the fused operator is measured and checked against.
at::Tensor silu_and_mul_unfused(const at::Tensor& x) {
  TORCH_CHECK(x.dim() > 0 && x.size(-1) % 2 == 0, "silu_and_mul takes an even last dimension");
  const int64_t width = x.size(-1) / 2;
  const at::Tensor gate = x.narrow(-1, 0, width);
  return gate.mul(gate.sigmoid()).mul(x.narrow(-1, width, width));
}

py::dict build_info() {
  py::dict info;
  info["torch"] = TORCH_VERSION;
  info["python"] = PY_VERSION;
#if defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
  info["cxx11_abi"] = false;
#else
  info["cxx11_abi"] = true;
#endif
  return info;
}

}  // namespace

PYBIND11_MODULE(_C, m) {
  m.def("silu_and_mul_unfused", &silu_and_mul_unfused, py::arg("x"), py::call_guard<py::gil_scoped_release>(),
        "silu(first half) * second half of the last dimension, one operation after the other.");
  m.def("build_info", &build_info, "What this module was compiled with.");
}
