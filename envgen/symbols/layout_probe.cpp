// What a compiler takes from torch's headers, as constants in an object file: compiled for a release, never linked or run.
// A row is 128 bytes: 16 of mark, 104 of key, 8 of value; what a release has not is -1.
// Compile with -fno-access-control: most of these members are private.
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#if __has_include(<Python.h>)
#include <Python.h>
#define WITH_PYTHON 1
#else
#define WITH_PYTHON 0
#endif

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <ATen/TensorIterator.h>
#include <c10/core/Allocator.h>
#include <c10/core/Scalar.h>
#include <c10/core/Storage.h>
#include <c10/core/Stream.h>
#include <c10/core/TensorImpl.h>
#include <c10/core/TensorOptions.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/PyInterpreter.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/library.h>
#if WITH_PYTHON
#include <torch/csrc/autograd/python_variable.h>
#endif

namespace {

struct alignas(16) Row {
  char mark[16];
  char key[104];
  std::int64_t value;
};
static_assert(sizeof(Row) == 128);

constexpr Row row(const char* key, std::int64_t value) {
  Row made{"envgen layout 1", {}, value};
  for (int i = 0; key[i] && i < 103; ++i) made.key[i] = key[i];
  return made;
}

// A member or an enumerator that a release has not is no error.
#define DETECT(name, expression, found)                                          \
  template <class T, class = void>                                               \
  struct name { static constexpr std::int64_t value = -1; };                     \
  template <class T>                                                             \
  struct name<T, std::void_t<decltype(expression)>> { static constexpr std::int64_t value = found; };
#define MEMBER(id, member) DETECT(offset_##id, std::declval<T&>().member, static_cast<std::int64_t>(offsetof(T, member)))
#define ENUMERATOR(name) DETECT(enum_##name, T::name, static_cast<std::int64_t>(T::name))

MEMBER(refcount, refcount_)
MEMBER(combined_refcount, combined_refcount_)
MEMBER(storage, storage_)
MEMBER(autograd_meta, autograd_meta_)
MEMBER(extra_meta, extra_meta_)
MEMBER(version_counter, version_counter_)
MEMBER(sizes_and_strides, sizes_and_strides_)
MEMBER(storage_offset, storage_offset_)
MEMBER(numel, numel_)
MEMBER(data_type, data_type_)
MEMBER(device_opt, device_opt_)
MEMBER(key_set, key_set_)
MEMBER(data_ptr, data_ptr_)
MEMBER(size_bytes, size_bytes_)
MEMBER(allocator, allocator_)
MEMBER(payload, payload)
MEMBER(tag, tag)
MEMBER(type, type_)
MEMBER(arguments, arguments_)
MEMBER(returns, returns_)
MEMBER(dispatch_key, dispatch_key_)
MEMBER(ns, ns_)
MEMBER(registrars, registrars_)
MEMBER(func, func_)
MEMBER(cpp_signature, cpp_signature_)
MEMBER(schema, schema_)
MEMBER(boxed_kernel_func, boxed_kernel_func_)
MEMBER(unboxed_kernel_func, unboxed_kernel_func_)
MEMBER(sym_unboxed_kernel_func, sym_unboxed_kernel_func_)
MEMBER(operator_handle, operatorDef_)
MEMBER(next_edges, next_edges_)
MEMBER(sequence_nr, sequence_nr_)
MEMBER(topological_nr, topological_nr_)
MEMBER(input_metadata, input_metadata_)
MEMBER(grad, grad_)
MEMBER(grad_fn, grad_fn_)
MEMBER(requires_grad, requires_grad_)
MEMBER(function, function)
MEMBER(input_nr, input_nr)
MEMBER(cdata, cdata)
MEMBER(name, name)
MEMBER(overload_name, overload_name)
MEMBER(v, v)

ENUMERATOR(CPU)
ENUMERATOR(CUDA)
ENUMERATOR(Meta)
ENUMERATOR(MPS)
ENUMERATOR(PrivateUse1)
ENUMERATOR(SparseCPU)
ENUMERATOR(QuantizedCPU)
ENUMERATOR(Python)
ENUMERATOR(ADInplaceOrView)
ENUMERATOR(Autograd)
ENUMERATOR(AutogradCPU)
ENUMERATOR(AutogradCUDA)
ENUMERATOR(AutocastCPU)
ENUMERATOR(AutocastCUDA)
ENUMERATOR(CompositeImplicitAutograd)
ENUMERATOR(CompositeExplicitAutograd)
ENUMERATOR(EndOfFunctionalityKeys)
ENUMERATOR(EndOfRuntimeBackendKeys)
ENUMERATOR(CPUBit)
ENUMERATOR(CUDABit)
ENUMERATOR(Float)
ENUMERATOR(Bool)
ENUMERATOR(BFloat16)
ENUMERATOR(Float8_e4m3fn)
ENUMERATOR(UInt16)
ENUMERATOR(Undefined)
ENUMERATOR(NumOptions)

#define SIZE(type) row("sizeof " #type, sizeof(type))
#define OFFSET(type, id, member) row("offsetof " #type "::" #member, offset_##id<type>::value)
#define VALUE(type, name) row("enum " #type "::" #name, enum_##name<type>::value)


}  // namespace

extern "C" __attribute__((used, visibility("default"))) const Row envgen_layout[] = {
    SIZE(c10::intrusive_ptr_target),
    OFFSET(c10::intrusive_ptr_target, refcount, refcount_),
    OFFSET(c10::intrusive_ptr_target, combined_refcount, combined_refcount_),
    SIZE(c10::TensorImpl),
    OFFSET(c10::TensorImpl, storage, storage_),
    OFFSET(c10::TensorImpl, autograd_meta, autograd_meta_),
    OFFSET(c10::TensorImpl, extra_meta, extra_meta_),
    OFFSET(c10::TensorImpl, version_counter, version_counter_),
    OFFSET(c10::TensorImpl, sizes_and_strides, sizes_and_strides_),
    OFFSET(c10::TensorImpl, storage_offset, storage_offset_),
    OFFSET(c10::TensorImpl, numel, numel_),
    OFFSET(c10::TensorImpl, data_type, data_type_),
    OFFSET(c10::TensorImpl, device_opt, device_opt_),
    OFFSET(c10::TensorImpl, key_set, key_set_),
    SIZE(c10::StorageImpl),
    OFFSET(c10::StorageImpl, data_ptr, data_ptr_),
    OFFSET(c10::StorageImpl, size_bytes, size_bytes_),
    OFFSET(c10::StorageImpl, allocator, allocator_),
    SIZE(c10::DataPtr),
    SIZE(at::Tensor),
    SIZE(c10::TensorOptions),
    SIZE(c10::Device),
    SIZE(c10::Stream),
    SIZE(c10::Scalar),
    OFFSET(c10::Scalar, v, v),
    SIZE(c10::SymInt),
    SIZE(c10::IValue),
    OFFSET(c10::IValue, payload, payload),
    OFFSET(c10::IValue, tag, tag),
    SIZE(c10::Error),
    SIZE(c10::SourceLocation),
    SIZE(c10::FunctionSchema),
    OFFSET(c10::FunctionSchema, arguments, arguments_),
    OFFSET(c10::FunctionSchema, returns, returns_),
    SIZE(c10::Argument),
    OFFSET(c10::Argument, type, type_),
    SIZE(c10::OperatorName),
    SIZE(c10::OperatorHandle),
    OFFSET(c10::OperatorHandle, operator_handle, operatorDef_),
    SIZE(torch::Library),
    OFFSET(torch::Library, ns, ns_),
    OFFSET(torch::Library, dispatch_key, dispatch_key_),
    OFFSET(torch::Library, registrars, registrars_),
    SIZE(torch::CppFunction),
    OFFSET(torch::CppFunction, dispatch_key, dispatch_key_),
    OFFSET(torch::CppFunction, func, func_),
    OFFSET(torch::CppFunction, cpp_signature, cpp_signature_),
    OFFSET(torch::CppFunction, schema, schema_),
    SIZE(c10::KernelFunction),
    OFFSET(c10::KernelFunction, boxed_kernel_func, boxed_kernel_func_),
    OFFSET(c10::KernelFunction, unboxed_kernel_func, unboxed_kernel_func_),
    OFFSET(c10::KernelFunction, sym_unboxed_kernel_func, sym_unboxed_kernel_func_),
    SIZE(c10::BoxedKernel),
    SIZE(c10::DispatchKeySet),
    VALUE(c10::BackendComponent, CPUBit),
    VALUE(c10::BackendComponent, CUDABit),
    VALUE(c10::DispatchKey, CPU),
    VALUE(c10::DispatchKey, CUDA),
    VALUE(c10::DispatchKey, Meta),
    VALUE(c10::DispatchKey, PrivateUse1),
    VALUE(c10::DispatchKey, SparseCPU),
    VALUE(c10::DispatchKey, QuantizedCPU),
    VALUE(c10::DispatchKey, Python),
    VALUE(c10::DispatchKey, ADInplaceOrView),
    VALUE(c10::DispatchKey, Autograd),
    VALUE(c10::DispatchKey, AutogradCPU),
    VALUE(c10::DispatchKey, AutogradCUDA),
    VALUE(c10::DispatchKey, AutocastCPU),
    VALUE(c10::DispatchKey, AutocastCUDA),
    VALUE(c10::DispatchKey, CompositeImplicitAutograd),
    VALUE(c10::DispatchKey, CompositeExplicitAutograd),
    VALUE(c10::DispatchKey, EndOfFunctionalityKeys),
    VALUE(c10::DispatchKey, EndOfRuntimeBackendKeys),
    VALUE(c10::ScalarType, Float),
    VALUE(c10::ScalarType, Bool),
    VALUE(c10::ScalarType, BFloat16),
    VALUE(c10::ScalarType, Float8_e4m3fn),
    VALUE(c10::ScalarType, UInt16),
    VALUE(c10::ScalarType, Undefined),
    VALUE(c10::ScalarType, NumOptions),
    VALUE(c10::DeviceType, CPU),
    VALUE(c10::DeviceType, CUDA),
    VALUE(c10::DeviceType, Meta),
    VALUE(c10::DeviceType, MPS),
    VALUE(c10::DeviceType, PrivateUse1),
    SIZE(torch::autograd::Node),
    OFFSET(torch::autograd::Node, sequence_nr, sequence_nr_),
    OFFSET(torch::autograd::Node, topological_nr, topological_nr_),
    OFFSET(torch::autograd::Node, next_edges, next_edges_),
    OFFSET(torch::autograd::Node, input_metadata, input_metadata_),
    SIZE(torch::autograd::AutogradMeta),
    OFFSET(torch::autograd::AutogradMeta, grad, grad_),
    OFFSET(torch::autograd::AutogradMeta, grad_fn, grad_fn_),
    OFFSET(torch::autograd::AutogradMeta, requires_grad, requires_grad_),
    SIZE(torch::autograd::Edge),
    OFFSET(torch::autograd::Edge, function, function),
    OFFSET(torch::autograd::Edge, input_nr, input_nr),
    SIZE(torch::autograd::SavedVariable),
    SIZE(at::TensorIteratorBase),
#if WITH_PYTHON
    SIZE(THPVariable),
    OFFSET(THPVariable, cdata, cdata),
#endif
};

// Where virtual functions that headers call, or classes of extensions override, stand in their tables: a pointer to one
// holds the offset, plus one. Each row is its own, as each pointer has its own type.
namespace {
template <class Pointer>
struct alignas(16) Slot {
  char mark[16];
  char key[104];
  Pointer value;
};
}  // namespace
#define VIRTUAL(id, type, function)                                                    \
  extern "C" __attribute__((used, visibility("default"))) const Slot<decltype(&type::function)> envgen_slot_##id = { \
      "envgen layout 1", "virtual " #type "::" #function, &type::function};
VIRTUAL(release_resources, c10::intrusive_ptr_target, release_resources)
VIRTUAL(allocate, c10::Allocator, allocate)
VIRTUAL(raw_deleter, c10::Allocator, raw_deleter)
VIRTUAL(exchange_device, c10::impl::DeviceGuardImplInterface, exchangeDevice)
VIRTUAL(get_stream, c10::impl::DeviceGuardImplInterface, getStream)
VIRTUAL(exchange_stream, c10::impl::DeviceGuardImplInterface, exchangeStream)
VIRTUAL(device_count, c10::impl::DeviceGuardImplInterface, deviceCount)
VIRTUAL(apply, torch::autograd::Node, apply)
VIRTUAL(node_name, torch::autograd::Node, name)
VIRTUAL(release_variables, torch::autograd::Node, release_variables)
