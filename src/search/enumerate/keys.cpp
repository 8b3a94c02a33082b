#include "search/enumerate/keys.hpp"

#include <algorithm>
#include <cmath>

#include "balmer/hash.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t first_slots = std::size_t{1} << 12;
constexpr std::size_t largest_filter = std::size_t{1} << 21;  // words: 16 MB
constexpr std::size_t filter_bits_per_slot = 16;

std::size_t filter_words(std::size_t slots) { return std::min(slots * filter_bits_per_slot / 64, largest_filter); }

double norm(const Four& f) { return std::sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2] + f[3] * f[3]); }

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

// Orthonormal basis of the span of the vectors; vectors that add nothing are left out.
std::vector<std::vector<double>> orthonormal(std::vector<std::vector<double>> vectors, std::size_t maximum) {
    std::vector<std::vector<double>> basis;
    for (auto& v : vectors) {
        if (basis.size() == maximum) break;
        const double before = std::sqrt(dot(v, v));
        for (int pass = 0; pass < 2; ++pass)
            for (const auto& b : basis) {
                const double c = dot(v, b);
                for (std::size_t i = 0; i < v.size(); ++i) v[i] -= c * b[i];
            }
        const double after = std::sqrt(dot(v, v));
        if (!(after > 1e-9 * before)) continue;
        for (double& x : v) x /= after;
        basis.push_back(std::move(v));
    }
    return basis;
}

std::vector<double> random_functionals(std::size_t rows, const std::vector<std::vector<double>>& forbidden, RandomStream random) {
    std::vector<double> result(rows * 4);
    for (std::size_t k = 0; k < 4; ++k) {
        std::vector<double> f(rows);
        for (double& x : f) x = random.normal();
        for (int pass = 0; pass < 2; ++pass)
            for (const auto& b : forbidden) {
                const double c = dot(f, b);
                for (std::size_t i = 0; i < rows; ++i) f[i] -= c * b[i];
            }
        const double length = std::sqrt(dot(f, f));
        for (std::size_t i = 0; i < rows; ++i) result[i * 4 + k] = f[i] / length;
    }
    return result;
}

}  // namespace

std::uint64_t direction_key(const Four& f) {
    const double largest = std::max({std::fabs(f[0]), std::fabs(f[1]), std::fabs(f[2]), std::fabs(f[3])});
    if (!(largest > 0) || !std::isfinite(largest)) return 0;
    const double pivot = std::fabs(f[0]) > 1e-14 * largest ? f[0] : 1e-14 * largest;
    std::uint64_t key = 1;
    for (std::size_t k = 1; k < 4; ++k) {
        const double ratio = f[k] / pivot;
        const double bounded = ratio / (1 + std::fabs(ratio));
        key = (key << 21) | static_cast<std::uint64_t>(std::llrint(bounded * 1e6) + 1'000'000);
    }
    return key;
}

Functionals::Functionals(std::size_t rows, std::span<const std::vector<double>> logs, RandomStream random) : rows_(rows) {
    std::vector<std::vector<double>> vectors = {std::vector<double>(rows, 1.0)};
    const auto ones = orthonormal(vectors, 1);
    vectors.insert(vectors.end(), logs.begin(), logs.end());
    raw_ = random_functionals(rows, {}, random.split(1));
    affine_ = random_functionals(rows, ones, random.split(2));
    monomial_ = random_functionals(rows, orthonormal(std::move(vectors), rows - 5), random.split(3));
}

Four Functionals::product(const std::vector<double>& functional, const double* value) const {
    double a = 0, b = 0, c = 0, d = 0;
    const double* f = functional.data();
    for (std::size_t i = 0; i < rows_; ++i, f += 4) {
        a += f[0] * value[i];
        b += f[1] * value[i];
        c += f[2] * value[i];
        d += f[3] * value[i];
    }
    return {a, b, c, d};
}

std::uint64_t raw_key(const Functionals& functionals, const double* value) {
    const Four f = functionals.raw(value);
    const std::uint64_t direction = direction_key(f);
    if (direction == 0) return 0;
    const auto length = static_cast<std::uint64_t>(std::llrint(std::log(norm(f)) * 1e7));
    return combine_hash(direction, length) | 1;
}

Keys affine_keys_of(const Functionals& functionals, const double* value) {
    Keys keys;
    const std::size_t rows = functionals.rows();
    double largest = 0, second = 0, sum = 0;
    for (std::size_t i = 0; i < rows; ++i) sum += value[i];
    const double mean = sum / static_cast<double>(rows);
    double size = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const double distance = std::fabs(value[i] - mean);
        second = std::max(second, std::min(distance, largest));
        largest = std::max(largest, distance);
        size = std::max(size, std::fabs(value[i]));
    }
    keys.is_constant = !(largest > 1e-9 * size);
    keys.affine = functionals.affine(value);
    // Nothing but rounding is left of a value that hardly varies, and where one row dominates all values look alike.
    double off_spike = 0, other = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const double a = std::fabs(value[i] - value[0]);
        off_spike = std::max(off_spike, std::min(a, other));
        other = std::max(other, a);
    }
    if (largest > 1e-7 * size && second > 1e-3 * largest && off_spike > 1e-3 * other) keys.affine_key = direction_key(keys.affine);
    return keys;
}

Keys keys_of(const Functionals& functionals, const double* value, double* logarithm) {
    Keys keys = affine_keys_of(functionals, value);
    double spread = 0;
    for (std::size_t i = 0; i < functionals.rows(); ++i) {
        logarithm[i] = std::log(std::fabs(value[i]));
        spread = std::max(spread, std::fabs(logarithm[i]));
    }
    if (!std::isfinite(spread)) return keys;
    keys.monomial = functionals.monomial(logarithm);
    const double length = norm(keys.monomial);
    keys.is_monomial = !(length > 1e-10 * (1 + spread));
    if (length > 1e-8 * (1 + spread)) keys.monomial_key = direction_key(keys.monomial);
    return keys;
}

KeyIndex::KeyIndex() : slots_(first_slots), filter_(filter_words(first_slots)) {}

std::uint32_t KeyIndex::find(std::uint64_t key) const {
    if (key == 0) return none;
    const std::uint64_t mixed = combine_hash(key, 0);
    if (!(filter_[(mixed >> 6) & (filter_.size() - 1)] >> (mixed & 63) & 1)) return none;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = (mixed >> 20) & mask;; at = (at + 1) & mask) {
        if (slots_[at].index == none) return none;
        if (slots_[at].key() == key) return slots_[at].index;
    }
}

// `slots_` holds a free place.
void KeyIndex::place(const Slot& slot) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (combine_hash(slot.key(), 0) >> 20) & mask;
    while (slots_[at].index != none) at = (at + 1) & mask;
    slots_[at] = slot;
}

bool KeyIndex::insert(std::uint64_t key, std::uint32_t index) {
    if (key == 0 || find(key) != none) return false;
    if (10 * (size_ + 1) > 7 * slots_.size()) grow();
    const std::uint64_t mixed = combine_hash(key, 0);
    filter_[(mixed >> 6) & (filter_.size() - 1)] |= std::uint64_t{1} << (mixed & 63);
    place({static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32), index});
    ++size_;
    return true;
}

void KeyIndex::grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    const bool wider = filter_words(slots_.size()) > filter_.size();
    if (wider) filter_.assign(filter_words(slots_.size()), 0);
    for (const Slot& slot : old) {
        if (slot.index == none) continue;
        const std::uint64_t mixed = combine_hash(slot.key(), 0);
        if (wider) filter_[(mixed >> 6) & (filter_.size() - 1)] |= std::uint64_t{1} << (mixed & 63);
        place(slot);
    }
}

}  // namespace balmer::enumerate
