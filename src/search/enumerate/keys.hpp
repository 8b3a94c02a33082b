#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "balmer/random.hpp"

namespace balmer::enumerate {

/// Four linear functionals of a value (or of its logarithm) on the key rows.
using Four = std::array<double, 4>;

/// A direction in four dimensions, blind to length and sign, rounded at 1e-6. Equal for proportional arguments up to rounding; 0 when
/// the argument is 0 or not finite.
std::uint64_t direction_key(const Four& f);

/// The random functionals behind the keys (structure.md, section 1): raw ones; affine ones, orthogonal to (1, ..., 1), which take v and
/// a v + b to the same direction; monomial ones, orthogonal to (1, ..., 1) and every log|x_j|, which take log|v| and
/// log|C prod x_j^p_j v^q| to the same direction.
class Functionals {
public:
    /// `logs`: log|x_j| on the key rows, one vector per variable that is nowhere zero. At most rows - 6 of them are projected out.
    Functionals(std::size_t rows, std::span<const std::vector<double>> logs, RandomStream random);

    std::size_t rows() const { return rows_; }
    Four raw(const double* value) const { return product(raw_, value); }
    Four affine(const double* value) const { return product(affine_, value); }
    Four monomial(const double* logarithm) const { return product(monomial_, logarithm); }

private:
    Four product(const std::vector<double>& functional, const double* value) const;

    std::size_t rows_;
    std::vector<double> raw_, affine_, monomial_;  // [row][4]
};

/// What a value's keys are made of. A key of 0 means: none (constant, spiky, a pure monomial, or nothing left but rounding).
struct Keys {
    Four affine{}, monomial{};
    std::uint64_t affine_key = 0, monomial_key = 0;
    bool is_constant = false;  ///< no variation beyond rounding
    bool is_monomial = false;  ///< log|v| is linear in log|x_j| beyond rounding
};

/// Affine and monomial keys of a value; `logarithm` (rows entries) receives log|v|.
Keys keys_of(const Functionals& functionals, const double* value, double* logarithm);
/// The affine part alone.
Keys affine_keys_of(const Functionals& functionals, const double* value);
/// Key of the value itself up to sign; 0 when it is zero or not finite.
std::uint64_t raw_key(const Functionals& functionals, const double* value);

/// Open-address hash table from 64-bit keys to indices, behind a bit filter that answers most misses from the cache.
class KeyIndex {
public:
    static constexpr std::uint32_t none = 0xffffffff;

    KeyIndex();
    /// Index stored under `key`, or none. Key 0 is never stored.
    std::uint32_t find(std::uint64_t key) const;
    /// Stores the index unless the key is there already; returns whether it was stored.
    bool insert(std::uint64_t key, std::uint32_t index);
    std::size_t size() const { return size_; }
    std::size_t bytes() const { return slots_.size() * sizeof(Slot) + filter_.size() * 8; }

private:
    /// Twelve bytes: tables hold millions.
    struct Slot {
        std::uint32_t low = 0, high = 0;  ///< the key's halves
        std::uint32_t index = none;

        std::uint64_t key() const { return static_cast<std::uint64_t>(high) << 32 | low; }
    };
    void place(const Slot& slot);
    void grow();

    std::vector<Slot> slots_;
    std::vector<std::uint64_t> filter_;
    std::size_t size_ = 0;
};

}  // namespace balmer::enumerate
