// The GPU's own approximations, for the formula: its arguments keep to where they are good.
#pragma once

#include <envgen_reference/formula.h>

#include <type_traits>

namespace envgen_reference {
namespace cuda {

// Both are one instruction of the special function unit. Their errors are documented in the PTX ISA, and
// tests/e2e/kernels/arithmetic.cpp tries the formula with errors as large.
struct FastInverse {
  // At most 1 unit in the last place.
  __device__ static float inverse(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
};

// For half precision: exp to a relative error of 2^-22 and of the rounding of its argument.
struct HalfMath : FastInverse {
  __device__ static float exp(float x) {
    constexpr float kLog2E = 1.44269504f;
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x * kLog2E));
    return y;
  }
};

// For float: exp to 2 units in the last place.
struct FloatMath : FastInverse {
  __device__ static float exp(float x) { return expf(x); }
};

template <typename Value>
using MathOf = std::conditional_t<std::is_same<Value, double>::value, ExactMath,
                                  std::conditional_t<std::is_same<Value, float>::value, FloatMath, HalfMath>>;

}  // namespace cuda
}  // namespace envgen_reference
