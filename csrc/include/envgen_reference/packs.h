// Values that travel as one load or store, and which of them suit the memory at hand.
#pragma once

#include <envgen_reference/formula.h>
#include <envgen_reference/half.h>
#include <envgen_reference/kernels.h>
#include <envgen_reference/tiles.h>

#include <cstring>
#include <initializer_list>

namespace envgen_reference {
namespace packs {

constexpr int kLargest = 16;  // bytes: the widest load that every GPU has

template <typename Value_, int Size>
struct alignas(sizeof(Value_) * Size) Pack {
  using Value = Value_;
  static constexpr int kSize = Size;

  ENVGEN_REFERENCE_BOTH Compute<Value> get(int i) const { return static_cast<Compute<Value>>(values[i]); }
  ENVGEN_REFERENCE_BOTH void set(int i, Compute<Value> value) { values[i] = static_cast<Value>(value); }

  Value values[Size];
};

// Rows of packs: those of `x`, which hold the gate and then the up values, or those of a gradient.
template <typename P>
struct PackRows {
  ENVGEN_REFERENCE_BOTH const P* at(const tiles::Tile& tile) const { return data + tile.row * stride + tile.column; }

  const P* __restrict__ data;
  int64_t stride;  // packs between the beginnings of two rows
  int64_t leap;    // and how many of them are jumped over where a row of the output ends
};

template <typename P>
PackRows<P> rows_of(Input input, const tiles::Tiling& tiling) {
  const int64_t stride = input.row_stride / P::kSize;
  return {static_cast<const P*>(input.data), stride, stride - tiling.width};
}

#ifdef __CUDACC__
template <int Bytes>
struct Word;
template <>
struct Word<2> {
  using Type = unsigned short;
};
template <>
struct Word<4> {
  using Type = unsigned int;
};
template <>
struct Word<8> {
  using Type = uint2;
};
template <>
struct Word<16> {
  using Type = uint4;
};
#endif

// Reads what is not read again soon: the caches give it up first (ld.global.cs). Results are stored without such a
// hint, because the operation that follows reads them.
template <typename P>
ENVGEN_REFERENCE_BOTH inline P load_once(const P* at) {
#ifdef __CUDA_ARCH__
  const auto word = __ldcs(reinterpret_cast<const typename Word<sizeof(P)>::Type*>(at));
  P pack;
  memcpy(&pack, &word, sizeof(P));
  return pack;
#else
  return *at;
#endif
}

// Bytes of the largest pack that divides all addresses and distances in bytes, given their bitwise or.
inline int largest(uint64_t bytes) {
  const uint64_t bits = bytes | kLargest;
  return static_cast<int>(bits & (~bits + 1));
}

template <typename Value, int Bytes, typename Launch>
auto call_with(int bytes, const Launch& launch) {
  if constexpr (Bytes > sizeof(Value)) {
    if (bytes < Bytes) {
      return call_with<Value, Bytes / 2>(bytes, launch);
    }
  }
  return launch(Pack<Value, Bytes / sizeof(Value)>{});
}

// launch(pack), with the largest pack that suits the width of the rows and every array's address and stride.
template <typename Launch>
auto with_packs(Element element, std::initializer_list<Input> arrays, Rows rows, const Launch& launch) {
  const int64_t size = bytes_of(element);
  uint64_t bytes = static_cast<uint64_t>(rows.width * size);
  for (const Input& array : arrays) {
    bytes |= reinterpret_cast<uintptr_t>(array.data);
    bytes |= rows.count > 1 ? static_cast<uint64_t>(array.row_stride * size) : 0;
  }
  switch (element) {
    case Element::float64:
      return call_with<double, kLargest>(largest(bytes), launch);
    case Element::float16:
      return call_with<c10::Half, kLargest>(largest(bytes), launch);
    case Element::bfloat16:
      return call_with<c10::BFloat16, kLargest>(largest(bytes), launch);
    default:
      return call_with<float, kLargest>(largest(bytes), launch);
  }
}

}  // namespace packs
}  // namespace envgen_reference
