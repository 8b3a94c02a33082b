#include "search/enumerate/questions.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "balmer/hash.hpp"
#include "search/enumerate/enumeration.hpp"
#include "search/enumerate/kernels.hpp"
#include "search/enumerate/polynomials.hpp"

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
                                static_cast<std::uint64_t>(static_cast<std::uint8_t>(hit.shift * 4)) << 40 |
                                static_cast<std::uint64_t>(static_cast<std::uint8_t>(hit.inner)) << 48;
    const std::uint64_t shifted = hit.shifts ? static_cast<std::uint64_t>(hit.shifted_by) << 1 | 1 : 0;
    std::uint64_t name = combine_hash(small, shifted);
    for (const auto part : {static_cast<std::uint64_t>(hit.part), std::uint64_t{hit.factor}, static_cast<std::uint64_t>(hit.entry),
                            static_cast<std::uint64_t>(hit.second), static_cast<std::uint64_t>(hit.third), static_cast<std::uint64_t>(hit.third_power * 4)})
        name = combine_hash(name, part);
    return name;
}

}  // namespace

Questions::Questions(const ValueTable& table, const Sample& keys, const Sample& check, Judge& judge)
    : table_(table), judge_(judge), resolver_(table, lattice_, compounds_, check, judge) {
    std::vector<std::int32_t> variables;
    std::vector<bool> half;
    for (const auto v : table.variables()) {
        const auto& x = keys.columns[static_cast<std::size_t>(v)];
        if (std::ranges::any_of(x, [](double a) { return a == 0; })) continue;
        variables.push_back(v);
        half.push_back(common_sign(x) > 0);
    }
    powers_of_ = variables;
    lattice_ = monomial_lattice(variables, half, 5, 7, largest_lattice);
    whole_lattice_ = monomial_lattice(variables, std::vector<bool>(variables.size(), false), 5, 7, largest_lattice);
    std::vector<double> logarithm(table.rows());
    std::vector<std::vector<double>> logarithms = {std::vector<double>(table.rows(), 1.0)}, plain = logarithms;
    for (const auto v : table.variables()) {
        plain.push_back(keys.columns[static_cast<std::size_t>(v)]);
        logarithms.push_back(plain.back());
        for (double& x : logarithms.back()) x = std::log(std::fabs(x));
    }
    logarithmic_.emplace(table.rows(), std::move(logarithms), RandomStream(20263));
    linear_.emplace(table.rows(), std::move(plain), RandomStream(20264));
    assert(table.rows() <= 64);
    for (const auto& point : lattice_) {
        const auto index = static_cast<std::uint32_t>(lattice_values_.size());
        lattice_values_.push_back(lattice_values(point, keys.columns));
        lattice_affine_.insert(affine_keys_of(table.functionals(), lattice_values_.back().data()).affine_key, index);
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

std::optional<std::int64_t> Questions::find_affine(std::uint64_t key) const {
    if (const auto entry = table_.find_affine(key); entry != KeyIndex::none) return entry;
    if (const auto point = lattice_affine_.find(key); point != KeyIndex::none) return -1 - static_cast<std::int64_t>(point);
    return std::nullopt;
}

std::optional<std::int64_t> Questions::find_monomial(std::uint64_t key) const {
    if (const auto entry = table_.find_monomial(key); entry != KeyIndex::none) return entry;
    if (const auto compound = compounds_.find(key); compound != KeyIndex::none) return first_compound + compound;
    return std::nullopt;
}

void Questions::look_one(const double* g, const Hit& as, bool quotient, std::vector<Hit>& hits) const {
    double logarithm[64];
    const Keys keys = quotient ? keys_of(table_.functionals(), g, logarithm) : affine_keys_of(table_.functionals(), g);
    Hit hit = as;
    if (const auto found = find_affine(keys.affine_key)) {
        hit.kind = Kind::affine;
        hit.entry = *found;
        hits.push_back(hit);
    }
    if (!quotient) return;
    if (keys.is_monomial && !keys.is_constant) {
        hit.kind = Kind::monomial;
        hit.entry = 0;
        hits.push_back(hit);
    } else if (const auto entry = find_monomial(keys.monomial_key)) {
        hit.kind = Kind::quotient;
        hit.entry = *entry;
        hits.push_back(hit);
    }
}

void Questions::look(const double* h, const Hit& as, bool quotient, bool views, std::vector<Hit>& hits) const {
    const std::size_t rows = table_.rows();
    look_one(h, as, quotient, hits);
    if (!views) return;
    double g[64];
    const int sign = common_sign({h, rows});
    for (const auto view : {Transform::log, Transform::square, Transform::inverse, Transform::asin, Transform::acos, Transform::atanh, Transform::acosh}) {
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
            look_one(g, hit, view != Transform::square && view != Transform::inverse, hits);
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

void Questions::ask_sparse_polynomials(const Sample& sample, std::size_t monomials) {
    if (monomials == 0)
        ask_polynomials(sample, table_.variables(), judge_, resolver_);
    else
        ask_polynomial_quotients(sample, table_.variables(), monomials_with_halves(monomials), judge_, resolver_);
}

void Questions::ask_direct() {
    std::vector<Hit> hits;
    std::vector<double> h(table_.rows());
    for (const auto& target : targets_)
        for (const double shift : {0.0, 1.0, -1.0, 2.0, -2.0}) {
            for (std::size_t i = 0; i < h.size(); ++i) h[i] = target.value[i] - shift;
            if (largest(h.data(), h.size()) > least_share * target.size)
                look(h.data(), {.target = target.transform, .shift = shift}, true, true, hits);
        }
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
        hit.combine = Combine::times;
        for (const double c : {1.0, -1.0}) {
            hit.c = c;
            for (std::size_t i = 0; i < rows; ++i) h[i] = c > 0 ? target.value[i] / part.value[i] : target.value[i] * part.value[i];
            if (!all_finite({h, rows})) continue;
            look(h, hit, !part.is_monomial, views, hits);
            if (views) look_exponential(h, hit, hits);
        }
    }
}

// A factor that is one off an exponential: T = A (exp(H) +- 1).
void Questions::look_exponential(const double* h, const Hit& as, std::vector<Hit>& hits) const {
    if (!judge_.spelling().has(Op::exp)) return;
    const std::size_t rows = table_.rows();
    double g[64];
    for (const double inner : {-1.0, 1.0}) {
        for (std::size_t i = 0; i < rows; ++i) g[i] = std::log(std::fabs(h[i] - inner));
        if (!all_finite({g, rows})) continue;
        Hit hit = as;
        hit.view = Transform::log;
        hit.inner = inner;
        look_one(g, hit, true, hits);
    }
}

template <class Ask>
void Questions::ask_range(std::size_t begin, std::size_t end, Ask&& ask) {
    constexpr std::size_t grain = 64, slice = 4096;
    const double ticks = static_cast<double>(table_.rows() * targets_.size() * 8);
    for (std::size_t count = 0; begin < end && !done(); begin += count) {
        count = std::min(std::max(grain, judge_.run().affordable(ticks, slice)), end - begin);
        std::vector<std::vector<Hit>> found((count + grain - 1) / grain);
        parallel_for(judge_.run().pool, count, grain, [&](std::size_t from, std::size_t to) {
            for (std::size_t i = from; i < to; ++i) ask(begin + i, found[from / grain]);
        });
        judge_.run().clock.add(table_.rows(), count * targets_.size() * 8);
        for (const auto& hits : found) resolve(hits);
        judge_.report("library");
    }
}

void Questions::ask_lattice(std::size_t begin, std::size_t end, bool views) {
    ask_range(std::max<std::size_t>(begin, 1), std::min(end, lattice_.size()), [&](std::size_t i, std::vector<Hit>& hits) {
        const Part part{.name = -1 - static_cast<std::int64_t>(i), .value = lattice_values_[i].data(), .is_monomial = true};
        ask_part(part, true, views, hits);
    });
}

void Questions::ask_table(std::size_t begin, std::size_t end, bool every, bool views) {
    ask_range(begin, std::min(end, table_.size()), [&](std::size_t i, std::vector<Hit>& hits) {
        if (table_[i].flags & constant_entry) return;
        ask_part({.name = static_cast<std::int64_t>(i), .value = table_.value(i), .is_monomial = false}, every, views, hits);
    });
}

void Questions::ask_quotient(const Four& target, std::int64_t part, const Hit& as, std::vector<Hit>& hits) const {
    const Four& a = monomial_of_name(part);
    for (const double c : {1.0, -1.0, 0.5, -0.5, 2.0, -2.0}) {
        const auto key = direction_key({target[0] - c * a[0], target[1] - c * a[1], target[2] - c * a[2], target[3] - c * a[3]});
        const auto found = find_monomial(key);
        if (!found || *found == part) continue;
        hits.push_back(as);
        hits.back().combine = Combine::times;
        hits.back().kind = Kind::quotient;
        hits.back().c = c;
        hits.back().part = part;
        hits.back().entry = *found;
    }
}

std::vector<const Questions::Target*> Questions::different_targets() const {
    std::vector<const Target*> different;
    for (const auto& target : targets_) {
        const bool power = target.transform == Transform::square || target.transform == Transform::inverse ||
                           target.transform == Transform::inverse_square || target.transform == Transform::sqrt;
        if (!power && target.keys.monomial_key != 0) different.push_back(&target);
    }
    return different;
}

// So many monomials, and a third as many with half powers.
std::vector<LatticePoint> Questions::monomials_with_halves(std::size_t count) const {
    std::vector<LatticePoint> points(whole_lattice_.begin(), whole_lattice_.begin() + static_cast<std::ptrdiff_t>(std::min(count, whole_lattice_.size())));
    constexpr std::size_t share_of_halves = 3;
    for (std::size_t m = 0, taken = 0; m < lattice_.size() && taken < count / share_of_halves; ++m) {
        if (std::ranges::none_of(lattice_[m].halves, [](int h) { return h % 2 != 0; })) continue;
        ++taken;
        points.push_back(lattice_[m]);
    }
    return points;
}

void Questions::ask_compounds(std::size_t monomials, std::size_t count, std::size_t thirds) {
    if (monomials > compound_monomials_) {
        auto points = monomials_with_halves(monomials);
        for (auto& point : high_powers(powers_of_)) points.push_back(std::move(point));
        compounds_.build(table_, std::move(points), judge_.spelling(), *logarithmic_);
        compound_monomials_ = monomials;
        judge_.run().clock.add(table_.rows(), compounds_.size());
    }
    const auto different = different_targets();
    std::vector<Hit> direct;
    for (const auto* target : different)
        if (const auto found = compounds_.find(target->keys.monomial_key); found != KeyIndex::none)
            direct.push_back({.target = target->transform, .kind = Kind::quotient, .entry = first_compound + found});
    resolve(direct);
    ask_range(0, std::min(count, compounds_.size()), [&](std::size_t i, std::vector<Hit>& hits) {
        for (const auto* target : different)
            ask_quotient(target->keys.monomial, first_compound + static_cast<std::int64_t>(i), {.target = target->transform}, hits);
    });
    struct Left {
        Hit hit;
        Four monomial;
    };
    std::vector<Left> lefts;
    const auto add = [&](const Target& target, std::int64_t name) {
        const Four& d = monomial_of_name(name);
        const Four& t = target.keys.monomial;
        for (const double c : {1.0, -1.0, 0.5, -0.5, 2.0, -2.0})
            lefts.push_back({{.target = target.transform, .third = name, .third_power = c}, {t[0] - c * d[0], t[1] - c * d[1], t[2] - c * d[2], t[3] - c * d[3]}});
    };
    for (const auto& target : targets_) {
        if (target.transform != Transform::identity || target.keys.monomial_key == 0) continue;
        for (std::size_t i = 0; i < std::min(thirds, compounds_.size()); ++i) add(target, first_compound + static_cast<std::int64_t>(i));
        for (std::size_t i = 0, taken = 0; i < table_.size() && taken < thirds; ++i) {
            if (!(table_[i].flags & monomial_distinct)) continue;
            ++taken;
            add(target, static_cast<std::int64_t>(i));
        }
    }
    constexpr std::size_t fewer = 6;
    ask_range(0, lefts.empty() ? 0 : std::min(count / fewer, compounds_.size()), [&](std::size_t i, std::vector<Hit>& hits) {
        for (const auto& left : lefts) ask_quotient(left.monomial, first_compound + static_cast<std::int64_t>(i), left.hit, hits);
    });
}

void Questions::ask_quotients(std::size_t begin, std::size_t end) {
    const auto different = different_targets();
    ask_range(begin, std::min(end, table_.size()), [&](std::size_t i, std::vector<Hit>& hits) {
        if (!(table_[i].flags & monomial_distinct)) return;
        for (const auto* target : different)
            ask_quotient(target->keys.monomial, static_cast<std::uint32_t>(i), {.target = target->transform}, hits);
    });
}

void Questions::add_shifted(const Target& target, std::int64_t name, const double* value, std::vector<Shifted>& shifted) const {
    double h[64], logarithm[64];
    for (const double c : {1.0, -1.0, 2.0, -2.0}) {
        for (std::size_t i = 0; i < table_.rows(); ++i) h[i] = target.value[i] - c * value[i];
        const double left = largest(h, table_.rows()) / target.size;
        if (left < least_share || left > 1 / least_share) continue;
        const Keys keys = keys_of(table_.functionals(), h, logarithm);
        if (keys.monomial_key != 0) shifted.push_back({{.target = target.transform, .shift = c, .shifted_by = name, .shifts = true}, keys.monomial});
    }
}

void Questions::ask_shifted_functions(std::size_t monomials, std::size_t count) {
    std::vector<Shifted> shifted;
    for (const auto& target : targets_)
        for (std::size_t m = 0; target.transform == Transform::identity && m < std::min(monomials, lattice_.size()); ++m)
            add_shifted(target, -1 - static_cast<std::int64_t>(m), lattice_values_[m].data(), shifted);
    std::vector<std::uint32_t> functions;
    for (std::uint32_t i = 0; i < table_.size() && functions.size() < count; ++i)
        if (is_transcendental(table_[i].op) && (table_[i].flags & monomial_distinct)) functions.push_back(i);
    std::vector<Hit> direct;
    for (const auto& s : shifted)
        if (const auto found = find_monomial(direction_key(s.monomial))) {
            direct.push_back(s.hit);
            direct.back().kind = Kind::quotient;
            direct.back().entry = *found;
        }
    resolve(direct);
    ask_range(0, functions.size(), [&](std::size_t i, std::vector<Hit>& hits) {
        for (const auto& s : shifted) ask_quotient(s.monomial, functions[i], s.hit, hits);
    });
}

void Questions::ask_shifted_quotients(std::size_t parts, std::size_t end) {
    std::vector<Shifted> shifted;
    const auto add = [&](const Target& target, std::int64_t name, const double* value) { add_shifted(target, name, value, shifted); };
    for (const auto& target : targets_) {
        if (target.transform != Transform::identity && target.transform != Transform::square && target.transform != Transform::inverse) continue;
        for (std::size_t i = 0; i < std::min({parts, table_.size(), std::size_t{400}}); ++i)
            if (target.transform == Transform::identity || i < 12) add(target, static_cast<std::int64_t>(i), table_.value(i));
        for (std::size_t m = 1; m < std::min(parts, lattice_.size()); ++m)
            if (target.transform == Transform::identity && lattice_[m].variables.size() > 1)
                add(target, -1 - static_cast<std::int64_t>(m), lattice_values_[m].data());
    }
    // Entry by entry, so that an entry's numbers are read once for all shifted targets.
    ask_range(0, std::min<std::size_t>({end, table_.size(), 60'000}), [&](std::size_t i, std::vector<Hit>& hits) {
        if (!(table_[i].flags & monomial_distinct)) return;
        for (const auto& s : shifted) ask_quotient(s.monomial, static_cast<std::uint32_t>(i), s.hit, hits);
    });
}

void Questions::look_affine(const double* h, const Hit& as, std::vector<Hit>& hits) const {
    double g[64];
    for (const auto view : {Transform::identity, Transform::inverse, Transform::sqrt}) {
        if (!invertible(view, judge_.spelling())) continue;
        transform_rows(view, h, g, table_.rows());
        if (view == Transform::sqrt && (as.target != Transform::square || !all_finite({g, table_.rows()}))) continue;
        const auto found = find_affine(affine_keys_of(table_.functionals(), g).affine_key);
        if (!found) continue;
        Hit hit = as;
        hit.view = view;
        hit.kind = Kind::affine;
        hit.entry = *found;
        hits.push_back(hit);
    }
}

void Questions::ask_product(std::uint32_t entry, std::size_t monomials, std::vector<Hit>& hits) const {
    const std::size_t rows = table_.rows();
    const double* a = table_.value(entry);
    double h[64], power[64];
    for (const double c : {1.0, -1.0, 0.5, -0.5}) {
        for (std::size_t i = 0; i < rows; ++i) power[i] = std::fabs(c) == 1 ? a[i] : std::sqrt(std::fabs(a[i]));
        if (!all_finite({power, rows})) continue;
        for (const auto& target : targets_) {
            const bool square = target.transform == Transform::square;
            if (target.transform != Transform::identity && (!square || std::fabs(c) != 1)) continue;
            for (std::size_t m = 0; m < std::min(monomials, lattice_.size()); ++m) {
                const double* x = lattice_values_[m].data();
                const Hit hit{.target = target.transform, .combine = Combine::times, .c = c, .part = entry, .factor = static_cast<std::uint32_t>(m)};
                if (std::fabs(c) != 1 && common_sign({x, rows}) <= 0) continue;
                for (std::size_t i = 0; i < rows; ++i) {
                    // Half powers of A come with whole powers of M: the part is then M^2 A.
                    const double factor = (square ? x[i] * x[i] : x[i]) * power[i];
                    h[i] = c > 0 ? target.value[i] / factor : target.value[i] * factor;
                }
                if (all_finite({h, rows})) look_affine(h, hit, hits);
            }
        }
    }
}

void Questions::ask_products(std::size_t monomials, std::size_t end) {
    ask_range(0, std::min(end, table_.size()), [&](std::size_t i, std::vector<Hit>& hits) {
        if (table_[i].flags & monomial_distinct) ask_product(static_cast<std::uint32_t>(i), monomials, hits);
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

void Questions::ask_linear(std::size_t count, std::size_t parts) {
    // Monomials and entries in turn, so that any share of the list holds the simplest of both.
    pair_terms_.clear();
    std::size_t m = 1;
    for (std::uint32_t i = 0; i < table_.size() && pair_terms_.size() < count; ++i) {
        if (!(table_[i].flags & affine_distinct) || table_[i].flags & constant_entry) continue;
        pair_terms_.push_back(i);
        while (m < lattice_.size() && lattice_[m].total() <= 2) ++m;
        if (m < lattice_.size()) pair_terms_.push_back(-1 - static_cast<std::int64_t>(m++));
    }
    for (const auto& target : targets_) {
        if (done()) return;
        ask_pairs_of({.target = target.transform, .kind = Kind::pair}, target.value, count);
    }
    std::vector<double> quotient(table_.rows());
    const auto ask = [&](std::int64_t name, const double* value) {
        for (const auto& target : targets_)
            for (const double c : {1.0, -1.0}) {
                if (done() || !is_main(target.transform) || target.transform == Transform::log) continue;
                // Monomials come with both signs of their exponents.
                if (c < 0 && name < 0) continue;
                for (std::size_t i = 0; i < quotient.size(); ++i) quotient[i] = c > 0 ? target.value[i] / value[i] : target.value[i] * value[i];
                if (!all_finite(quotient)) continue;
                ask_pairs_of({.target = target.transform, .combine = Combine::times, .kind = Kind::pair, .c = c, .part = name}, quotient,
                             std::min<std::size_t>(count, 1500));
            }
    };
    for (std::size_t m = 1; m < std::min(parts, lattice_.size()); ++m) ask(-1 - static_cast<std::int64_t>(m), lattice_values_[m].data());
    for (std::uint32_t i = 0, asked = 0; i < table_.size() && asked < parts; ++i) {
        if (!(table_[i].flags & monomial_distinct)) continue;
        ++asked;
        ask(i, table_.value(i));
    }
}

}  // namespace balmer::enumerate
