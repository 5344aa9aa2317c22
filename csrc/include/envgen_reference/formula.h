// The arithmetic of one element, shared by the CPU and the CUDA kernels.
#pragma once

#include <cmath>
#include <type_traits>

#ifdef __CUDACC__
#define ENVGEN_REFERENCE_BOTH __host__ __device__
#else
#define ENVGEN_REFERENCE_BOTH
#endif

namespace envgen_reference {

// Half precision is computed in float; double stays double.
template <typename Value>
using Compute = std::conditional_t<std::is_same<Value, double>::value, double, float>;

template <typename Real>
ENVGEN_REFERENCE_BOTH inline Real sigmoid(Real value) {
  using std::exp;
  return Real(1) / (Real(1) + exp(-value));
}

template <typename Real>
ENVGEN_REFERENCE_BOTH inline Real silu_times(Real gate, Real up) {
  return gate * sigmoid(gate) * up;
}

template <typename Real>
ENVGEN_REFERENCE_BOTH inline Real gate_gradient(Real grad, Real gate, Real up) {
  const Real s = sigmoid(gate);
  return grad * up * s * (Real(1) + gate * (Real(1) - s));
}

template <typename Real>
ENVGEN_REFERENCE_BOTH inline Real up_gradient(Real grad, Real gate) {
  return grad * gate * sigmoid(gate);
}

}  // namespace envgen_reference
