// Runs the CUDA kernels' threads on the host with arithmetic as bad as the GPU's is documented to be, through the
// choice of packs, and prints the largest error of each dtype relative to the larger of one and the value.
//
// Ends with status 1 and one line where a pack is read or written out of place, or a size of packs was never chosen.
#include <envgen_reference/threads.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <set>
#include <vector>

using namespace envgen_reference;

namespace {

float units_away(double exact, double relative, int units) {
  float value = static_cast<float>(exact * (1 + relative));
  for (int i = 0; i < std::abs(units); ++i) {
    value = std::nextafter(value, units > 0 ? std::numeric_limits<float>::infinity() : 0.0f);
  }
  return std::fabs(value) < std::numeric_limits<float>::min() ? 0.0f : value;
}

// rcp.approx.ftz.f32: 1 unit in the last place.
template <int InverseSign>
struct Inverse {
  static float inverse(float x) {
    return std::isinf(x) ? 0.0f : units_away(1 / static_cast<double>(x), 0, InverseSign);
  }
};

// ex2.approx.ftz.f32: a relative error of 2^-22, after the rounding of its argument.
template <int ExpSign, int InverseSign>
struct Half : Inverse<InverseSign> {
  static float exp(float x) {
    const float power = x * 1.44269504f;
    return units_away(std::exp2(static_cast<double>(power)), ExpSign * std::exp2(-22.0), 0);
  }
};

// expf: 2 units in the last place.
template <int ExpSign, int InverseSign>
struct Float : Inverse<InverseSign> {
  static float exp(float x) { return units_away(std::exp(static_cast<double>(x)), 0, 2 * ExpSign); }
};

template <typename Value, int ExpSign, int InverseSign>
using Documented = std::conditional_t<
    std::is_same<Value, double>::value, ExactMath,
    std::conditional_t<std::is_same<Value, float>::value, Float<ExpSign, InverseSign>, Half<ExpSign, InverseSign>>>;

constexpr Element element_of(double) { return Element::float64; }
constexpr Element element_of(float) { return Element::float32; }
constexpr Element element_of(c10::Half) { return Element::float16; }
constexpr Element element_of(c10::BFloat16) { return Element::bfloat16; }

void require(bool condition, const char* what, long long a, long long b) {
  if (!condition) {
    std::printf("%s: %lld, %lld\n", what, a, b);
    std::exit(1);
  }
}

double random_between(double low, double high) {
  static uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return low + (high - low) * static_cast<double>(state >> 11) / 9007199254740992.0;
}

// An array that begins `offset` elements after what every pack divides, with guards around it.
template <typename Value>
struct Array {
  static constexpr int kGuard = 64;

  Array(int64_t count, int offset) : all(static_cast<size_t>(count + 3 * kGuard)), begin(kGuard + offset), size(count) {
    while (reinterpret_cast<uintptr_t>(data() - offset) % packs::kLargest != 0) {
      ++begin;
    }
    for (Value& value : all) {
      value = Value(777.0f);
    }
  }
  Value* data() { return all.data() + begin; }
  void guarded() const {
    for (size_t i = 0; i < all.size(); ++i) {
      const bool inside = i >= begin && i < begin + static_cast<size_t>(size);
      require(inside || static_cast<double>(all[i]) == static_cast<double>(Value(777.0f)), "written outside", size,
              static_cast<long long>(i));
    }
  }

  std::vector<Value> all;
  size_t begin;
  int64_t size;
};

struct Shape {
  int64_t rows, width, stride, grad_stride;
  int offset;
};

template <typename Value>
struct Case {
  explicit Case(Shape given)
      : shape(given),
        x((given.rows - 1) * given.stride + 2 * given.width, given.offset),
        grad((given.rows - 1) * given.grad_stride + given.width, given.offset) {
    fill(x, -30, 30);
    fill(grad, -3, 3);
  }
  static void fill(Array<Value>& array, double low, double high) {
    for (int64_t i = 0; i < array.size; ++i) {
      array.data()[i] = static_cast<Value>(static_cast<float>(random_between(low, high)));
    }
  }
  double at(Array<Value>& array, int64_t place) const { return static_cast<double>(array.data()[place]); }

  Shape shape;
  Array<Value> x, grad;
};

double error(double found, double expected) { return std::fabs(found - expected) / std::fmax(1, std::fabs(expected)); }

std::set<std::pair<int, int>> chosen;  // element, bytes of a pack

template <typename Value, typename Math>
double run(Case<Value>& with) {
  const Shape s = with.shape;
  const Rows rows{s.rows, s.width};
  Array<Value> out(s.rows * s.width, s.offset), grad_x(s.rows * 2 * s.width, s.offset);
  const Input x{with.x.data(), s.stride}, grad{with.grad.data(), s.grad_stride};
  const Element element = element_of(Value{});
  const auto each = [&](auto pack, const auto& thread) {
    using P = decltype(pack);
    chosen.insert({static_cast<int>(element), static_cast<int>(sizeof(P))});
    const auto tiling = tiles::tiling_of(s.rows, s.width / P::kSize, tiles::kPacksPerTile<P>);
    for (int64_t block = 0; block < tiles::blocks_of(tiling, tiles::kPacksPerTile<P>); ++block) {
      for (uint32_t i = 0; i < tiles::kThreads; ++i) {
        thread(tiling, static_cast<uint32_t>(block), i);
      }
    }
    return 0;
  };
  packs::with_packs(element, {x, {out.data(), s.width}}, rows, [&](auto pack) {
    using P = decltype(pack);
    return each(pack, [&](const tiles::Tiling& tiling, uint32_t block, uint32_t thread) {
      threads::forward<Math>(packs::rows_of<P>(x, tiling), reinterpret_cast<P*>(out.data()), tiling, block, thread);
    });
  });
  packs::with_packs(element, {grad, x, {grad_x.data(), 2 * s.width}}, rows, [&](auto pack) {
    using P = decltype(pack);
    return each(pack, [&](const tiles::Tiling& tiling, uint32_t block, uint32_t thread) {
      threads::backward<Math>(packs::rows_of<P>(grad, tiling), packs::rows_of<P>(x, tiling),
                              reinterpret_cast<P*>(grad_x.data()), tiling, block, thread);
    });
  });
  out.guarded();
  grad_x.guarded();
  double worst = 0;
  for (int64_t row = 0; row < s.rows; ++row) {
    for (int64_t i = 0; i < s.width; ++i) {
      const double gate = with.at(with.x, row * s.stride + i);
      const double up = with.at(with.x, row * s.stride + s.width + i);
      const double g = with.at(with.grad, row * s.grad_stride + i);
      const double sigmoid = 1 / (1 + std::exp(-gate));
      const double slope = sigmoid * (1 + gate * (1 - sigmoid));
      worst = std::fmax(worst, error(with.at(out, row * s.width + i), gate * sigmoid * up));
      worst = std::fmax(worst, error(with.at(grad_x, row * 2 * s.width + i), g * up * slope));
      worst = std::fmax(worst, error(with.at(grad_x, (row * 2 + 1) * s.width + i), g * gate * sigmoid));
    }
  }
  return worst;
}

template <typename Value>
double worst_of(Shape shape) {
  Case<Value> with(shape);
  double worst = run<Value, Documented<Value, -1, -1>>(with);
  worst = std::fmax(worst, run<Value, Documented<Value, -1, 1>>(with));
  worst = std::fmax(worst, run<Value, Documented<Value, 1, -1>>(with));
  return std::fmax(worst, run<Value, Documented<Value, 1, 1>>(with));
}

template <typename Value>
void measure(const char* name) {
  double worst = worst_of<Value>({40, 4096, 8192, 4096, 0});
  for (const int64_t width : {1, 2, 4, 6, 8, 12, 16, 24, 56, 129, 516, 1032}) {
    for (const int64_t further : {0, 1, 2, 4, 8, 16}) {
      for (const int offset : {0, 1, 2, 4}) {
        worst = std::fmax(worst, worst_of<Value>({5, width, 2 * width + further, width + further, offset}));
      }
    }
  }
  std::printf("%s %.3g\n", name, worst);
}

bool vanishes(double value) { return std::fabs(value) < 1e-30; }

// What overflows and what is no number comes out as from torch.
template <typename Value>
void extremes() {
  using Math = Documented<Value, 1, 1>;
  using Real = Compute<Value>;
  const Real infinity = std::numeric_limits<Real>::infinity(), nan = std::numeric_limits<Real>::quiet_NaN();
  require(error(silu_times<Math>(Real(500), Real(3)), 1500) < 1e-6, "silu(500) * 3 is not 1500", 0, 0);
  require(silu_times<Math>(infinity, Real(1)) == infinity, "silu of infinity is not infinity", 0, 0);
  require(std::isnan(silu_times<Math>(nan, Real(1))), "silu of a NaN is a number", 0, 0);
  for (const Real gate : {Real(-500), std::numeric_limits<Real>::lowest()}) {
    const auto low = gradients<Math>(Real(1), gate, Real(1));
    require(vanishes(silu_times<Math>(gate, Real(3))), "silu far down is not 0", 0, 0);
    require(vanishes(low.gate) && vanishes(low.up), "the gradient far down is not 0", 0, 0);
  }
  const auto none = gradients<Math>(Real(1), nan, Real(1));
  require(std::isnan(none.gate) && std::isnan(none.up), "the gradient at a NaN is a number", 0, 0);
  const auto high = gradients<Math>(Real(1), Real(500), Real(1));
  require(error(high.gate, 1) < 1e-6 && error(high.up, 500) < 1e-6, "the gradient at 500 is wrong", 0, 0);
}

}  // namespace

int main() {
  measure<double>("float64");
  measure<float>("float32");
  measure<c10::Half>("float16");
  measure<c10::BFloat16>("bfloat16");
  extremes<double>();
  extremes<float>();
  extremes<c10::Half>();
  const long long sizes = static_cast<long long>(chosen.size());
  require(sizes == 2 + 3 + 4 + 4, "not every size of packs was chosen", sizes, 13);
}
