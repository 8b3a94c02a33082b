#include "search/enumerate/questions.hpp"

#include <algorithm>
#include <cmath>

#include "balmer/hash.hpp"
#include "search/enumerate/kernels.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t largest_lattice = 6000;
constexpr double least_share = 1e-6;  // of a part in a sum, below which the rest is rounding

double largest(const double* v, std::size_t rows) {
    double size = 0;
    for (std::size_t i = 0; i < rows; ++i) size = std::max(size, std::fabs(v[i]));
    return size;
}

bool is_main(Transform t) { return t == Transform::identity || t == Transform::square || t == Transform::inverse || t == Transform::log; }

std::uint64_t name_of(const Hit& hit) {
    const std::uint64_t small = static_cast<std::uint64_t>(hit.target) | static_cast<std::uint64_t>(hit.view) << 8 |
                                static_cast<std::uint64_t>(hit.combine) << 16 | static_cast<std::uint64_t>(hit.kind) << 24 |
                                static_cast<std::uint64_t>(static_cast<std::uint8_t>(hit.c * 4)) << 32 |
                                static_cast<std::uint64_t>(static_cast<std::uint8_t>(hit.shift)) << 40;
    return combine_hash(combine_hash(small, static_cast<std::uint64_t>(hit.part)),
                        static_cast<std::uint64_t>(hit.entry) << 32 | hit.second);
}

}  // namespace

Questions::Questions(const ValueTable& table, const Sample& keys, const Sample& check, Judge& judge)
    : table_(table), judge_(judge), key_columns_(keys.columns), resolver_(table, lattice_, check, judge) {
    std::vector<std::int32_t> variables;
    std::vector<bool> half;
    for (const auto v : table.variables()) {
        const auto& x = keys.columns[static_cast<std::size_t>(v)];
        if (std::ranges::any_of(x, [](double a) { return a == 0; })) continue;
        variables.push_back(v);
        half.push_back(common_sign(x) > 0);
    }
    lattice_ = monomial_lattice(variables, half, 5, 7, largest_lattice);
    std::vector<double> logarithm(table.rows());
    for (const auto& point : lattice_) {
        lattice_values_.push_back(lattice_values(point, keys.columns));
        lattice_keys_.push_back(keys_of(table.functionals(), lattice_values_.back().data(), logarithm.data()));
    }
    for (const auto t : all_transforms) {
        if (!invertible(t, judge.spelling()) || (loses_sign(t) && common_sign(keys.target) == 0)) continue;
        Target target{.transform = t, .value = std::vector<double>(table.rows()), .keys = {}};
        transform_rows(t, keys.target.data(), target.value.data(), table.rows());
        if (!all_finite(target.value)) continue;
        target.keys = keys_of(table.functionals(), target.value.data(), logarithm.data());
        target.size = largest(target.value.data(), table.rows());
        if (!target.keys.is_constant) targets_.push_back(std::move(target));
    }
}

void Questions::look_one(const double* g, const Hit& as, bool quotient, std::vector<Hit>& hits) const {
    double logarithm[64];
    const Keys keys = quotient ? keys_of(table_.functionals(), g, logarithm) : affine_keys_of(table_.functionals(), g);
    Hit hit = as;
    if (const auto entry = table_.find_affine(keys.affine_key); entry != KeyIndex::none) {
        hit.kind = Kind::affine;
        hit.entry = entry;
        hits.push_back(hit);
    }
    if (!quotient) return;
    if (keys.is_monomial && !keys.is_constant) {
        hit.kind = Kind::monomial;
        hit.entry = 0;
        hits.push_back(hit);
    } else if (const auto entry = table_.find_monomial(keys.monomial_key); entry != KeyIndex::none) {
        hit.kind = Kind::quotient;
        hit.entry = entry;
        hits.push_back(hit);
    }
}

void Questions::look(const double* h, const Hit& as, bool quotient, bool views, std::vector<Hit>& hits) const {
    const std::size_t rows = table_.rows();
    look_one(h, as, quotient, hits);
    if (!views) return;
    double g[64];
    const int sign = common_sign({h, rows});
    for (const auto view : {Transform::log, Transform::square, Transform::inverse, Transform::asin, Transform::acos}) {
        if (!invertible(view, judge_.spelling()) || (loses_sign(view) && sign == 0)) continue;
        transform_rows(view, h, g, rows);
        if (!all_finite({g, rows})) continue;
        Hit hit = as;
        hit.view = view;
        // Powers change nothing for the quotient key; asin and acos differ by a constant alone.
        if (view == Transform::acos) {
            std::vector<Hit> found;
            look_one(g, hit, true, found);
            for (const auto& f : found)
                if (f.kind != Kind::affine) hits.push_back(f);
        } else {
            look_one(g, hit, view == Transform::log || view == Transform::asin, hits);
        }
    }
}

void Questions::ask_monomials() {
    std::vector<Hit> hits;
    std::vector<double> h(table_.rows()), g(table_.rows());
    double logarithm[64];
    for (const auto& target : targets_)
        for (const double shift : {0.0, 1.0, -1.0, 2.0, -2.0}) {
            for (std::size_t i = 0; i < h.size(); ++i) h[i] = target.value[i] - shift;
            if (largest(h.data(), h.size()) < least_share * target.size) continue;
            for (const auto view : {Transform::identity, Transform::log, Transform::asin, Transform::acos, Transform::cos, Transform::sin,
                                    Transform::tan, Transform::atanh}) {
                if (!invertible(view, judge_.spelling()) || (loses_sign(view) && common_sign(h) == 0)) continue;
                transform_rows(view, h.data(), g.data(), g.size());
                if (!all_finite(g)) continue;
                if (keys_of(table_.functionals(), g.data(), logarithm).is_monomial)
                    hits.push_back({.target = target.transform, .view = view, .kind = Kind::monomial, .shift = shift});
            }
        }
    resolve(hits);
}

void Questions::ask_direct() {
    std::vector<Hit> hits;
    for (const auto& target : targets_) look(target.value.data(), {.target = target.transform}, true, true, hits);
    resolve(hits);
}

void Questions::ask_part(const Part& part, bool every, bool views, std::vector<Hit>& hits) const {
    const std::size_t rows = table_.rows();
    double h[64];
    const double size = largest(part.value, rows);
    for (const auto& target : targets_) {
        if (!every && !is_main(target.transform)) continue;
        Hit hit{.target = target.transform, .combine = Combine::plus, .part = part.name};
        for (const double c : {1.0, -1.0, 2.0, -2.0, 0.5, -0.5}) {
            const double share = std::fabs(c) * size / target.size;
            if (share < least_share || share > 1 / least_share) break;
            for (std::size_t i = 0; i < rows; ++i) h[i] = target.value[i] - c * part.value[i];
            if (largest(h, rows) < least_share * target.size) continue;
            hit.c = c;
            look(h, hit, true, views, hits);
        }
        hit.c = 1;
        for (const auto combine : {Combine::times, Combine::over}) {
            hit.combine = combine;
            for (std::size_t i = 0; i < rows; ++i)
                h[i] = combine == Combine::times ? target.value[i] / part.value[i] : target.value[i] * part.value[i];
            if (all_finite({h, rows})) look(h, hit, !part.is_monomial, views, hits);
        }
    }
}

template <class PartAt>
void Questions::ask_parts(std::size_t begin, std::size_t end, bool every, bool views, PartAt&& part_at) {
    constexpr std::size_t grain = 64, slice = 2048;
    for (; begin < end && !done(); begin += slice) {
        const std::size_t count = std::min(slice, end - begin);
        std::vector<std::vector<Hit>> found((count + grain - 1) / grain);
        parallel_for(judge_.run().pool, count, grain, [&](std::size_t from, std::size_t to) {
            for (std::size_t i = from; i < to; ++i) {
                Part part;
                if (part_at(begin + i, part)) ask_part(part, every, views, found[from / grain]);
            }
        });
        judge_.run().clock.add(table_.rows(), count * targets_.size() * 8);
        for (const auto& hits : found) resolve(hits);
        judge_.report("library");
    }
}

void Questions::ask_lattice(std::size_t begin, std::size_t end, bool views) {
    ask_parts(std::max<std::size_t>(begin, 1), std::min(end, lattice_.size()), true, views, [&](std::size_t i, Part& part) {
        part = {.name = -1 - static_cast<std::int64_t>(i), .value = lattice_values_[i].data(), .keys = lattice_keys_[i], .is_monomial = true};
        return true;
    });
}

void Questions::ask_table(std::size_t begin, std::size_t end, bool every, bool views) {
    ask_parts(begin, std::min(end, table_.size()), every, views, [&](std::size_t i, Part& part) {
        const Entry& entry = table_[i];
        if (entry.flags & constant_entry) return false;
        part = {.name = static_cast<std::int64_t>(i), .value = table_.value(i), .keys = {}, .is_monomial = false};
        return true;
    });
}

void Questions::resolve(const std::vector<Hit>& hits) {
    for (const auto& hit : hits) {
        if (judge_.run().over()) return;
        if (!seen_.insert(name_of(hit)).second) continue;
        ++proposed_;
        held_ += resolver_.resolve(hit);
    }
}

void Questions::ask_linear(std::size_t count, std::size_t monomials) {
    affine_entries_.clear();
    for (std::uint32_t i = 0; i < table_.size() && affine_entries_.size() < count; ++i)
        if ((table_[i].flags & affine_distinct) && !(table_[i].flags & constant_entry)) affine_entries_.push_back(i);
    for (const auto& target : targets_) {
        if (done()) return;
        ask_pairs_of({.target = target.transform, .kind = Kind::pair}, target.value, count);
    }
    std::vector<double> quotient(table_.rows());
    for (std::size_t m = 1; m < std::min(monomials, lattice_.size()); ++m)
        for (const auto& target : targets_) {
            if (done()) return;
            if (!is_main(target.transform) || target.transform == Transform::log) continue;
            for (std::size_t i = 0; i < quotient.size(); ++i) quotient[i] = target.value[i] / lattice_values_[m][i];
            ask_pairs_of({.target = target.transform, .combine = Combine::times, .kind = Kind::pair, .part = -1 - static_cast<std::int64_t>(m)},
                         quotient, std::min<std::size_t>(count, 1500));
        }
}

}  // namespace balmer::enumerate
