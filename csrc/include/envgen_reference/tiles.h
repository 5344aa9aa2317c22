// How the CUDA kernels share out rows among blocks and threads.
//
// Packs are numbered through all rows of the output, and a block takes a tile of consecutive ones: rows of any width,
// few or many, fill every block but the last. A row's end may lie anywhere in a tile.
#pragma once

#include <envgen_reference/both.h>

#include <cstdint>

namespace envgen_reference {
namespace tiles {

constexpr int kThreads = 128;
constexpr int kThreadBytes = 32;  // of each array, that a thread has in flight

// Packs of one thread, which are kThreads apart: the threads of a block stand side by side. More than eight small ones
// would take more registers than the bytes in flight are worth.
template <typename Pack>
constexpr int kPacksPerThread = sizeof(Pack) < kThreadBytes / 8 ? 8 : kThreadBytes / sizeof(Pack);

template <typename Pack>
constexpr uint32_t kPacksPerTile = kThreads * kPacksPerThread<Pack>;

// Which packs there are, and what divides by their number in a row: no thread waits for a division.
struct Tiling {
  int64_t packs;                // in all, more than 0
  int64_t width;                // packs in a row
  uint64_t reciprocal;          // ceil(2^(63 + shift) / width), 2^shift being the first power of two not below width
  uint32_t shift;
  uint32_t reciprocal_in_tile;  // ceil(2^31 / width); 0 where a row is no shorter than a tile
};

// The packs of one block.
struct Tile {
  int64_t first;        // number of the first one
  int64_t row, column;  // where it stands
  uint32_t packs;       // as many as exist
  uint32_t row_ends;    // packs before the next row begins; no less than all of the tile where none does
};

inline Tiling tiling_of(int64_t rows, int64_t width, uint32_t tile) {
  Tiling made{rows * width, width, 1, 0, 0};
  const uint64_t divisor = static_cast<uint64_t>(width);
  while (uint64_t(1) << made.shift < divisor) {
    ++made.shift;
  }
  // Long division: no type holds 2^(63 + shift).
  uint64_t rest = (uint64_t(1) << made.shift) - divisor;
  for (int digit = 0; digit < 63; ++digit) {
    const bool one = 2 * rest >= divisor;
    rest = 2 * rest - (one ? divisor : 0);
    made.reciprocal = 2 * made.reciprocal + one;
  }
  made.reciprocal += rest != 0;
  if (divisor < tile) {
    made.reciprocal_in_tile = static_cast<uint32_t>(((uint64_t(1) << 31) + divisor - 1) / divisor);
  }
  return made;
}

inline int64_t blocks_of(const Tiling& tiling, uint32_t tile) { return (tiling.packs + tile - 1) / tile; }

ENVGEN_REFERENCE_BOTH inline uint32_t multiply_high(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(uint64_t(a) * b >> 32);
}

ENVGEN_REFERENCE_BOTH inline uint64_t multiply_high(uint64_t a, uint64_t b) {
#ifdef __CUDA_ARCH__
  return __umul64hi(a, b);
#else
  const uint64_t low_a = static_cast<uint32_t>(a), high_a = a >> 32;
  const uint64_t low_b = static_cast<uint32_t>(b), high_b = b >> 32;
  const uint64_t middle = high_a * low_b + (low_a * low_b >> 32);
  return high_a * high_b + (middle >> 32) + ((low_a * high_b + static_cast<uint32_t>(middle)) >> 32);
#endif
}

ENVGEN_REFERENCE_BOTH inline Tile tile_of(const Tiling& tiling, uint32_t tile, uint32_t block) {
  Tile made;
  made.first = int64_t(block) * tile;
  const uint64_t twice = 2 * static_cast<uint64_t>(made.first);
  made.row = static_cast<int64_t>(multiply_high(twice, tiling.reciprocal) >> tiling.shift);
  made.column = made.first - made.row * tiling.width;
  const int64_t left = tiling.packs - made.first;
  const int64_t in_row = tiling.width - made.column;
  made.packs = left < tile ? static_cast<uint32_t>(left) : tile;
  made.row_ends = in_row < tile ? static_cast<uint32_t>(in_row) : tile;
  return made;
}

// How many rows end before the tile's pack `index`.
ENVGEN_REFERENCE_BOTH inline uint32_t rows_passed(const Tiling& tiling, const Tile& tile, uint32_t index) {
  const uint32_t beyond = index - tile.row_ends;
  return index < tile.row_ends ? 0 : 1 + multiply_high(2 * beyond, tiling.reciprocal_in_tile);
}

}  // namespace tiles
}  // namespace envgen_reference
