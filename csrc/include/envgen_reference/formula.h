// The arithmetic of one element, shared by the CPU and the CUDA kernels.
//
// `Math` says how to take exp(x), which may overflow to infinity, and 1 / x for 1 <= x <= infinity.
#pragma once

#include <envgen_reference/both.h>

#include <cmath>
#include <type_traits>

namespace envgen_reference {

// Half precision is computed in float; double stays double.
template <typename Value>
using Compute = std::conditional_t<std::is_same<Value, double>::value, double, float>;

struct ExactMath {
  template <typename Real>
  ENVGEN_REFERENCE_BOTH static Real exp(Real x) {
    return std::exp(x);
  }
  template <typename Real>
  ENVGEN_REFERENCE_BOTH static Real inverse(Real x) {
    return Real(1) / x;
  }
};

template <typename Math, typename Real>
ENVGEN_REFERENCE_BOTH inline Real silu_times(Real gate, Real up) {
  return gate * Math::inverse(Real(1) + Math::exp(-gate)) * up;
}

template <typename Real>
struct Gradients {
  Real gate;
  Real up;
};

template <typename Math, typename Real>
ENVGEN_REFERENCE_BOTH inline Gradients<Real> gradients(Real grad, Real gate, Real up) {
  // Further down silu is nothing beside 1, and exp would overflow. A NaN is no lower, and stays.
  constexpr Real kLowest = -80;
  const Real bounded = gate < kLowest ? kLowest : gate;
  const Real power = Math::exp(-bounded);
  const Real sigmoid = Math::inverse(Real(1) + power);
  const Real complement = power * sigmoid;  // 1 - sigmoid would cancel
  const Real silu = bounded * sigmoid;
  return {grad * up * (sigmoid + silu * complement), grad * silu};
}

}  // namespace envgen_reference
