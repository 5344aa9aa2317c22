// What one thread of the CUDA kernels does. A test runs it on the host, thread by thread.
//
// Memory is all that limits these kernels: a thread sends all its loads before it computes. Past the end of the last
// tile it works on the last pack again, and stores nothing.
#pragma once

#include <envgen_reference/formula.h>
#include <envgen_reference/packs.h>
#include <envgen_reference/tiles.h>

namespace envgen_reference {
namespace threads {

using packs::PackRows;
using tiles::kPacksPerThread;
using tiles::kPacksPerTile;
using tiles::kThreads;
using tiles::Tile;
using tiles::Tiling;

// Which of the tile's packs is the i-th of a thread.
template <typename P>
ENVGEN_REFERENCE_BOTH inline uint32_t index_of(const Tile& tile, uint32_t thread, int i) {
  const uint32_t index = i * kThreads + thread;
  return index < tile.packs ? index : tile.packs - 1;
}

// Calls store(i, index) for each of the thread's packs that exists.
//
// The loop is written twice: were every store conditional, the compiler would put off loads into the conditions.
template <typename P, typename Store>
ENVGEN_REFERENCE_BOTH inline void store_each(const Tile& tile, uint32_t thread, const Store& store) {
  if (tile.packs == kPacksPerTile<P>) {
    ENVGEN_REFERENCE_UNROLL
    for (int i = 0; i < kPacksPerThread<P>; ++i) {
      store(i, i * kThreads + thread);
    }
  } else {
    ENVGEN_REFERENCE_UNROLL
    for (int i = 0; i < kPacksPerThread<P>; ++i) {
      if (i * kThreads + thread < tile.packs) {
        store(i, i * kThreads + thread);
      }
    }
  }
}

template <typename Math, typename P>
ENVGEN_REFERENCE_BOTH inline void forward(PackRows<P> x, P* __restrict__ out, const Tiling& tiling, uint32_t block,
                                          uint32_t thread) {
  constexpr int kPacks = kPacksPerThread<P>;
  const Tile tile = tiles::tile_of(tiling, kPacksPerTile<P>, block);
  const P* const gates = x.at(tile);
  P* const results = out + tile.first;
  P gate[kPacks], up[kPacks], result[kPacks];
  ENVGEN_REFERENCE_UNROLL
  for (int i = 0; i < kPacks; ++i) {
    const uint32_t index = index_of<P>(tile, thread, i);
    const P* const from = gates + index + tiles::rows_passed(tiling, tile, index) * x.leap;
    gate[i] = packs::load_once(from);
    up[i] = packs::load_once(from + tiling.width);
  }
  ENVGEN_REFERENCE_UNROLL
  for (int i = 0; i < kPacks; ++i) {
    ENVGEN_REFERENCE_UNROLL
    for (int j = 0; j < P::kSize; ++j) {
      result[i].set(j, silu_times<Math>(gate[i].get(j), up[i].get(j)));
    }
  }
  store_each<P>(tile, thread, [&](int i, uint32_t index) { results[index] = result[i]; });
}

template <typename Math, typename P>
ENVGEN_REFERENCE_BOTH inline void backward(PackRows<P> grad, PackRows<P> x, P* __restrict__ grad_x,
                                           const Tiling& tiling, uint32_t block, uint32_t thread) {
  constexpr int kPacks = kPacksPerThread<P>;
  const Tile tile = tiles::tile_of(tiling, kPacksPerTile<P>, block);
  const P* const grads = grad.at(tile);
  const P* const gates = x.at(tile);
  P* const results = grad_x + tile.first + tile.row * tiling.width;
  P incoming[kPacks], gate[kPacks], up[kPacks];
  uint32_t passed[kPacks];
  ENVGEN_REFERENCE_UNROLL
  for (int i = 0; i < kPacks; ++i) {
    const uint32_t index = index_of<P>(tile, thread, i);
    passed[i] = tiles::rows_passed(tiling, tile, index);
    const P* const from = gates + index + passed[i] * x.leap;
    incoming[i] = packs::load_once(grads + index + passed[i] * grad.leap);
    gate[i] = packs::load_once(from);
    up[i] = packs::load_once(from + tiling.width);
  }
  ENVGEN_REFERENCE_UNROLL
  for (int i = 0; i < kPacks; ++i) {
    ENVGEN_REFERENCE_UNROLL
    for (int j = 0; j < P::kSize; ++j) {
      const auto both = gradients<Math>(incoming[i].get(j), gate[i].get(j), up[i].get(j));
      gate[i].set(j, both.gate);
      up[i].set(j, both.up);
    }
  }
  store_each<P>(tile, thread, [&](int i, uint32_t index) {
    P* const to = results + index + passed[i] * tiling.width;
    to[0] = gate[i];
    to[tiling.width] = up[i];
  });
}

}  // namespace threads
}  // namespace envgen_reference
