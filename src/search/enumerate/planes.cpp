#include "search/enumerate/planes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "balmer/hash.hpp"
#include "search/enumerate/kernels.hpp"

namespace balmer::enumerate {
namespace {

constexpr double nothing_beside = 1e-9;  // of a value beside what was projected out: rounding
constexpr double too_little = 1e-7;    // directions of so little are rounding
constexpr std::size_t most_found = 24;

double dot(const Eight& a, const Eight& b) {
    double sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
    return sum;
}

double length(const Eight& a) { return std::sqrt(dot(a, a)); }

// `v` less its parts along orthonormal vectors.
Eight without(Eight v, std::span<const Eight> along) {
    for (int pass = 0; pass < 2; ++pass)
        for (const auto& q : along) {
            const double c = dot(v, q);
            for (std::size_t k = 0; k < v.size(); ++k) v[k] -= c * q[k];
        }
    return v;
}

// Adds the direction of `v` to an orthonormal set; false when it adds nothing.
bool extend(std::vector<Eight>& set, const Eight& v) {
    Eight rest = without(v, set);
    const double left = length(rest);
    if (!(left > too_little * length(v))) return false;
    for (double& x : rest) x /= left;
    set.push_back(rest);
    return true;
}

// A direction, blind to length and sign, rounded at 1e-6.
std::uint64_t key_of(const Four& f, double square) {
    constexpr double per_unit = 1e6;
    const double scale = (f[0] < 0 ? -per_unit : per_unit) / std::sqrt(square);
    std::uint64_t key = 0;
    for (const double x : f) key = key << 16 ^ static_cast<std::uint64_t>(std::llrint(x * scale) + 1'000'000);
    return combine_hash(key, 0);
}

}  // namespace

WideFunctionals::WideFunctionals(std::size_t rows, std::vector<std::vector<double>> blind_to, RandomStream random) : functionals_(rows * 8), rows_(rows) {
    std::vector<std::vector<double>> basis;
    // Orthonormal: first the vectors, then as many random ones as there is room for.
    const auto extend_by = [&](std::vector<double> v) {
        const auto product = [&](const std::vector<double>& a, const std::vector<double>& b) {
            double sum = 0;
            for (std::size_t i = 0; i < rows; ++i) sum += a[i] * b[i];
            return sum;
        };
        const double before = std::sqrt(product(v, v));
        for (int pass = 0; pass < 2; ++pass)
            for (const auto& b : basis) {
                const double c = product(v, b);
                for (std::size_t i = 0; i < rows; ++i) v[i] -= c * b[i];
            }
        const double after = std::sqrt(product(v, v));
        if (!(after > 1e-9 * before)) return false;
        for (double& x : v) x /= after;
        basis.push_back(std::move(v));
        return true;
    };
    for (auto& v : blind_to)
        if (all_finite(v)) extend_by(std::move(v));
    while (dimensions_ < 8 && basis.size() < rows) {
        std::vector<double> f(rows);
        for (double& x : f) x = random.normal();
        if (!extend_by(std::move(f))) break;
        for (std::size_t i = 0; i < rows; ++i) functionals_[i * 8 + dimensions_] = basis.back()[i];
        ++dimensions_;
    }
}

Eight WideFunctionals::of(const double* value) const {
    Eight sum{};
    for (std::size_t i = 0; i < rows_; ++i)
        for (std::size_t k = 0; k < 8; ++k) sum[k] += functionals_[i * 8 + k] * value[i];
    return sum;
}

std::vector<PlaneSearch::Found> PlaneSearch::spanning(const Eight& target, std::span<const Eight> others, std::size_t count) const {
    std::vector<Eight> known;
    for (const auto& other : others)
        if (!extend(known, other)) return {};
    const std::size_t others_known = known.size();
    if (!extend(known, target)) return {};
    const Eight along_target = known.back();
    constexpr std::size_t fewest = 3;  // coordinates that tell directions apart
    if (known.size() + fewest > dimensions_) return {};
    // Up to four coordinates of what is left of a value.
    std::vector<Eight> axes = known;
    RandomStream random(20262);
    while (axes.size() < std::min(dimensions_, known.size() + 4)) {
        Eight v{};
        for (std::size_t k = 0; k < dimensions_; ++k) v[k] = random.normal();
        extend(axes, v);
    }
    // [functional of the eight][coordinate]
    std::array<Four, 8> left{};
    for (std::size_t c = known.size(); c < axes.size(); ++c)
        for (std::size_t k = 0; k < 8; ++k) left[k][c - known.size()] = axes[c][k];
    const auto coordinates = [&](const Eight& a) {
        Four f{};
        for (std::size_t k = 0; k < 8; ++k)
            for (std::size_t c = 0; c < 4; ++c) f[c] += a[k] * left[k][c];
        return f;
    };
    struct Slot {
        std::uint32_t tag = 0, member = none;
    };
    const std::size_t n = std::min(count, members_.size());
    std::vector<Slot> slots(std::bit_ceil(2 * n + 1));
    std::vector<Found> found;
    const std::span<const Eight> other_axes(known.data(), others_known);
    // Whether the target has a part in the plane: without it the two would not point the same way.
    const auto takes_part = [&](const Eight& a, const Eight& b) {
        const Eight u = without(a, other_axes), v = without(b, other_axes);
        const double uv = dot(u, v), uu = dot(u, u), vv = dot(v, v);
        return 1 - uv * uv / (uu * vv) > 1e-10;
    };
    for (std::uint32_t i = 0; i < n && found.size() < most_found; ++i) {
        const Eight& a = members_[i];
        const Four f = coordinates(a);
        const double size = dot(a, a), rest = f[0] * f[0] + f[1] * f[1] + f[2] * f[2] + f[3] * f[3];
        if (rest < nothing_beside * nothing_beside * size) {
            if (std::fabs(dot(along_target, a)) > too_little * std::sqrt(size)) found.push_back({i, none});
            continue;
        }
        if (!(rest > too_little * too_little * size)) continue;
        const std::uint64_t key = key_of(f, rest);
        const auto tag = static_cast<std::uint32_t>(key >> 32);
        for (std::size_t at = key & (slots.size() - 1);; at = (at + 1) & (slots.size() - 1)) {
            if (slots[at].member == none) {
                slots[at] = {tag, i};
                break;
            }
            if (slots[at].tag != tag) continue;
            const Eight& b = members_[slots[at].member];
            const Four g = coordinates(b);
            if (key_of(g, g[0] * g[0] + g[1] * g[1] + g[2] * g[2] + g[3] * g[3]) != key) continue;
            if (takes_part(b, a)) found.push_back({slots[at].member, i});
            break;
        }
    }
    return found;
}

}  // namespace balmer::enumerate
