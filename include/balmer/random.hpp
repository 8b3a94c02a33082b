#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace balmer {

/// A stream of random numbers named by four numbers, and by nothing else: no global state, no order of calls between
/// streams, the same numbers on every platform. Counter-based: Philox 4x64 with ten rounds (J. K. Salmon et al.,
/// "Parallel random numbers: as easy as 1, 2, 3", SC11). Meets std::uniform_random_bit_generator, but the standard's
/// distributions differ between libraries: use the members below instead.
class RandomStream {
public:
    using result_type = std::uint64_t;  ///< what operator() returns

    /// The stream of `seed` (the user's), `island`, `epoch` and `index` (say, of the offspring within the epoch).
    explicit RandomStream(std::uint64_t seed, std::uint64_t island = 0, std::uint64_t epoch = 0,
                          std::uint64_t index = 0);

    /// A uniform 64-bit number.
    std::uint64_t next() {
        if (used_ == block_.size()) {
            refill();
        }
        return block_[used_++];
    }

    /// A uniform double in [0, 1): a multiple of 2^-53.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

    /// A uniform double in [low, high).
    double uniform(double low, double high);

    /// A uniform integer in [0, n), without bias (Lemire, "Fast random integer generation in an interval", 2019).
    /// n must be positive.
    std::uint64_t below(std::uint64_t n);

    /// True with probability p; p <= 0 is never and p >= 1 always. Draws one number in every case.
    bool chance(double p) { return uniform() < p; }

    /// A standard normal number by the inverse of the normal distribution (M. J. Wichura, algorithm AS 241, 1988;
    /// error below 1e-15 relative), built on IEEE operations alone, so the same on every platform. Draws one number, so
    /// a stream's position never depends on values.
    double normal();

    /// The stream named `key` below this stream: independent of this stream's numbers, of how many were drawn, and of
    /// all other keys.
    RandomStream split(std::uint64_t key) const;

    /// The numbers drawn so far.
    std::uint64_t position() const;

    /// A uniform 64-bit number, as the standard's generators give it.
    result_type operator()() { return next(); }
    /// Zero.
    static constexpr result_type min() { return 0; }
    /// The largest 64-bit number.
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

private:
    void refill();

    std::array<std::uint64_t, 2> key_;
    std::array<std::uint64_t, 4> counter_;
    std::array<std::uint64_t, 4> block_{};
    std::size_t used_ = 4;
};

}  // namespace balmer
