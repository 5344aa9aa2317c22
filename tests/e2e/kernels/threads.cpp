// Runs the CUDA kernels' threads on the host, one after the other: which packs they read and write.
//
// A tracked pack counts how often it was written, and holds a number that tells its place. Ends with status 1 and one
// line at the first pack that is wrong.
#include <envgen_reference/threads.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace envgen_reference;

namespace {

std::vector<int> writes;
const char* base = nullptr;

// A pack of one value, of as many bytes as the real ones.
template <typename Number, int Bytes>
struct alignas(Bytes) Tracked {
  using Value = double;
  static constexpr int kSize = 1;

  Tracked() = default;
  Tracked(const Tracked&) = default;
  Tracked& operator=(const Tracked& other) {
    number = other.number;
    const char* place = reinterpret_cast<const char*>(this);
    if (base != nullptr && place >= base && place < base + writes.size() * Bytes) {
      ++writes[(place - base) / Bytes];
    }
    return *this;
  }
  double get(int) const { return number; }
  void set(int, double value) { number = static_cast<Number>(static_cast<uint64_t>(value) % 65521); }

  Number number;
};

// Makes silu the identity, so that a product tells both its factors.
struct Identity {
  static double exp(double) { return 0; }
  static double inverse(double) { return 1; }
};

uint64_t noise(uint64_t n) {
  n = (n + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  return (n ^ n >> 31) % 65000 + 1;
}

void require(bool condition, const char* what, long long a, long long b, long long c, long long d) {
  if (!condition) {
    std::printf("%s: %lld, %lld, %lld, %lld\n", what, a, b, c, d);
    std::exit(1);
  }
}

template <typename P>
std::vector<P> array(int64_t rows, int64_t stride, int64_t width, uint64_t seed) {
  std::vector<P> made(static_cast<size_t>((rows - 1) * stride + width));
  for (size_t i = 0; i < made.size(); ++i) {
    made[i].set(0, static_cast<double>(noise(i * 2 + seed)));
  }
  return made;
}

template <typename Run>
void every_thread(const tiles::Tiling& tiling, uint32_t tile, const Run& run) {
  for (int64_t block = 0; block < tiles::blocks_of(tiling, tile); ++block) {
    for (uint32_t thread = 0; thread < tiles::kThreads; ++thread) {
      run(static_cast<uint32_t>(block), thread);
    }
  }
}

template <typename P>
void written(const std::vector<P>& out, const char* what, int64_t rows, int64_t width) {
  for (size_t i = 0; i < out.size(); ++i) {
    require(writes[i] == 1, what, rows, width, static_cast<long long>(i), writes[i]);
  }
}

template <typename P>
void track(std::vector<P>& out) {
  writes.assign(out.size(), 0);
  base = reinterpret_cast<const char*>(out.data());
}

template <typename P>
void forward(int64_t rows, int64_t width, int64_t stride) {
  const std::vector<P> x = array<P>(rows, stride, 2 * width, 0);
  std::vector<P> out(static_cast<size_t>(rows * width));
  const tiles::Tiling tiling = tiles::tiling_of(rows, width, tiles::kPacksPerTile<P>);
  const auto input = packs::rows_of<P>({x.data(), stride}, tiling);
  track(out);
  every_thread(tiling, tiles::kPacksPerTile<P>, [&](uint32_t block, uint32_t thread) {
    threads::forward<Identity>(input, out.data(), tiling, block, thread);
  });
  base = nullptr;
  written(out, "written other than once by forward (rows, width, pack, times)", rows, width);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      P expected;
      const int64_t at = row * stride + column;
      expected.set(0, x[at].get(0) * x[at + width].get(0));
      require(out[row * width + column].get(0) == expected.get(0), "wrong in forward (rows, width, row, column)", rows,
              width, row, column);
    }
  }
}

template <typename P>
void backward(int64_t rows, int64_t width, int64_t stride, int64_t grad_stride) {
  const std::vector<P> x = array<P>(rows, stride, 2 * width, 0);
  const std::vector<P> grad = array<P>(rows, grad_stride, width, 1);
  std::vector<P> grad_x(static_cast<size_t>(rows * 2 * width));
  const tiles::Tiling tiling = tiles::tiling_of(rows, width, tiles::kPacksPerTile<P>);
  const auto incoming = packs::rows_of<P>({grad.data(), grad_stride}, tiling);
  const auto input = packs::rows_of<P>({x.data(), stride}, tiling);
  track(grad_x);
  every_thread(tiling, tiles::kPacksPerTile<P>, [&](uint32_t block, uint32_t thread) {
    threads::backward<Identity>(incoming, input, grad_x.data(), tiling, block, thread);
  });
  base = nullptr;
  written(grad_x, "written other than once by backward (rows, width, pack, times)", rows, width);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      P to_gate, to_up;
      const int64_t at = row * stride + column;
      const double from = grad[row * grad_stride + column].get(0);
      to_gate.set(0, from * x[at + width].get(0));
      to_up.set(0, from * x[at].get(0));
      require(grad_x[row * 2 * width + column].get(0) == to_gate.get(0) &&
                  grad_x[row * 2 * width + width + column].get(0) == to_up.get(0),
              "wrong in backward (rows, width, row, column)", rows, width, row, column);
    }
  }
}

template <typename P>
long all_shapes() {
  long cases = 0;
  const int64_t tile = tiles::kPacksPerTile<P>;
  const int64_t widths[] = {1,  2,   3,   5,        7,    31,       32,       33,           127,      128,
                            129, 255, 257, tile - 1, tile, tile + 1, 2 * tile, 2 * tile + 1, 3 * tile + 7};
  for (const int64_t rows : {1, 2, 3, 7, 64, 257, 1100}) {
    for (const int64_t width : widths) {
      if (rows * width > 60000) {
        continue;
      }
      for (const int64_t stride : {2 * width, 2 * width + 3, width, int64_t(0)}) {
        forward<P>(rows, width, stride);
        backward<P>(rows, width, stride, stride == 0 ? 0 : width + (stride - 2 * width > 0));
        cases += 2;
      }
    }
  }
  return cases;
}

void place(int64_t rows, int64_t width, uint32_t tile, uint32_t block) {
  const tiles::Tiling tiling = tiles::tiling_of(rows, width, tile);
  const tiles::Tile made = tiles::tile_of(tiling, tile, block);
  const int64_t first = int64_t(block) * tile;
  require(made.first == first && made.row == first / width && made.column == first % width,
          "a tile begins elsewhere (rows, width, tile, block)", rows, width, tile, block);
  require(made.packs == (rows * width - first < tile ? rows * width - first : tile),
          "a tile has other packs (rows, width, tile, block)", rows, width, tile, block);
  const int64_t ends = made.row_ends;
  for (const int64_t index : {int64_t(0), ends - 1, ends, ends + 1, int64_t(tile) / 2, int64_t(made.packs) - 1}) {
    if (index >= 0 && index < made.packs) {
      require(tiles::rows_passed(tiling, made, static_cast<uint32_t>(index)) == (first + index) / width - made.row,
              "a pack lies in another row (rows, width, block, index)", rows, width, block, index);
    }
  }
}

// Far beyond what memory holds: up to 2^31 - 1 blocks, and rows of up to 2^38 packs.
long large_places() {
  long cases = 0;
  uint64_t random = 1;
  for (const uint32_t tile : {256u, 512u, 1024u}) {
    const int64_t most = int64_t(tile) * 0x7fffffff;
    for (int step = 0; step < 200000; ++step) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const int64_t width = static_cast<int64_t>(random >> 20) % (int64_t(1) << (1 + (random >> 7) % 38)) + 1;
      const int64_t rows = most / width;
      const int64_t blocks = (rows * width + tile - 1) / tile;
      const uint32_t block = static_cast<uint32_t>(static_cast<int64_t>((random >> 13) % 0x7fffffff) % blocks);
      place(rows, width, tile, block);
      place(rows, width, tile, static_cast<uint32_t>(blocks - 1));
      cases += 2;
    }
  }
  return cases;
}

}  // namespace

int main() {
  long cases = all_shapes<Tracked<uint16_t, 2>>();
  cases += all_shapes<Tracked<uint32_t, 4>>();
  cases += all_shapes<Tracked<uint64_t, 8>>();
  cases += all_shapes<Tracked<uint64_t, 16>>();
  std::printf("%ld launches, %ld places\n", cases, large_places());
}
