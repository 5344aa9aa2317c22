// The Python module: the only unit that knows Python. It reaches the operator through the dispatcher, so it links
// against torch alone and does not care which device serves the call.
#include <torch/csrc/utils/pybind.h>

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/version.h>

namespace {

at::Tensor silu_and_mul(const at::Tensor& x) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("envgen_reference::silu_and_mul", "")
                             .typed<at::Tensor(const at::Tensor&)>();
  const py::gil_scoped_release release;
  return op.call(x);
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
  m.def("silu_and_mul", &silu_and_mul, py::arg("x"), "silu(first half) * second half of the last dimension.");
  m.def("build_info", &build_info, "What this module was compiled with.");
}
