#include "expression/simplify/normal_form.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdlib>

#include "balmer/hash.hpp"
#include "expression/operator_facts.hpp"

namespace balmer {
namespace {

constexpr std::uint32_t none = 0xffffffff;
constexpr double largest_exponent = 1 << 20;  // whole numbers that Node::index and integer_power hold with ease

// A number may replace an expression of numbers only when nothing overflowed or vanished.
bool sound(double result, double a, double b) {
    return std::isfinite(result) && (std::fabs(result) >= 1e-300 || a == 0 || b == 0);
}

bool is_whole(double x) { return x == std::nearbyint(x) && std::fabs(x) <= largest_exponent; }

}  // namespace

NormalForms::NormalForms(std::size_t nodes) {
    forms_.reserve(2 * nodes + 8);
    parts_.reserve(3 * nodes + 8);
    table_.resize(std::bit_ceil(4 * nodes + 16), 0);
    work_.reserve(16);
}

std::uint32_t NormalForms::intern(Op op, std::int32_t index, double value, std::span<const Part> parts) {
    Form form{op, index, value, static_cast<std::uint32_t>(parts_.size()), static_cast<std::uint32_t>(parts.size())};
    const bool number = op == Op::parameter && index == -1;
    form.shape = combine_hash(static_cast<std::uint64_t>(op) << 32 | static_cast<std::uint32_t>(index), parts.size());
    form.hash = combine_hash(form.shape, std::bit_cast<std::uint64_t>(value));
    form.length = op == Op::sum || op == Op::product ? (value != (op == Op::product)) : 1;
    for (const auto& part : parts) {
        const Form& child = forms_[part.form];
        form.length += child.length + (op == Op::sum || op == Op::product ? 1 + (part.weight != 1) : 0);
        const auto weight = op == Op::product ? std::bit_cast<std::uint64_t>(part.weight) : 0;
        form.shape = combine_hash(combine_hash(form.shape, child.shape), weight);
        form.hash = combine_hash(combine_hash(form.hash, child.hash), std::bit_cast<std::uint64_t>(part.weight));
    }
    if (number) form.shape = 1;

    if (2 * (forms_.size() + 1) > table_.size()) {
        table_.assign(2 * table_.size(), 0);
        for (std::uint32_t i = 0; i < forms_.size(); ++i) {
            std::size_t slot = forms_[i].hash & (table_.size() - 1);
            while (table_[slot] != 0) slot = (slot + 1) & (table_.size() - 1);
            table_[slot] = i + 1;
        }
    }
    const auto equal = [&](const Form& other) {
        return other.hash == form.hash && other.op == op && other.index == index && other.count == form.count &&
               std::bit_cast<std::uint64_t>(other.value) == std::bit_cast<std::uint64_t>(value) &&
               std::equal(parts.begin(), parts.end(), parts_.begin() + other.first, [](const Part& a, const Part& b) {
                   return a.form == b.form && a.weight == b.weight;
               });
    };
    std::size_t slot = form.hash & (table_.size() - 1);
    for (; table_[slot] != 0; slot = (slot + 1) & (table_.size() - 1))
        if (equal(forms_[table_[slot] - 1])) return table_[slot] - 1;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Part part = parts[i];  // `parts` may lie in parts_ itself, which grows
        parts_.push_back(part);
    }
    forms_.push_back(form);
    table_[slot] = static_cast<std::uint32_t>(forms_.size());
    return static_cast<std::uint32_t>(forms_.size() - 1);
}

std::uint32_t NormalForms::number(double value) { return intern(Op::parameter, -1, value == 0 ? 0.0 : value, {}); }

std::uint32_t NormalForms::leaf(Op op, std::int32_t index) { return intern(op, index, 0, {}); }

std::uint32_t NormalForms::generic(Op op, std::int32_t index, std::span<const std::uint32_t> operands) {
    std::vector<Part> parts;
    parts.reserve(operands.size());
    for (const auto id : operands) parts.push_back({id, 1});
    if (info(op).symmetry == Symmetry::commutative && before(parts[1].form, parts[0].form)) std::swap(parts[0], parts[1]);
    return intern(op, index, 0, parts);
}

// Features in their order first, then short before long; numbers break ties only.
bool NormalForms::before(std::uint32_t a, std::uint32_t b) const {
    const Form& x = forms_[a];
    const Form& y = forms_[b];
    if (x.length != y.length) return x.length < y.length;
    if (x.op != y.op && x.count == 0 && y.count == 0) return x.op > y.op;
    if (x.op == y.op && x.count == 0 && x.index != y.index) return x.index < y.index;
    if (x.shape != y.shape) return x.shape < y.shape;
    if (x.value != y.value) return x.value < y.value;
    return x.hash < y.hash;
}

void NormalForms::merge_parts() {
    std::sort(work_.begin(), work_.end(), [&](const Part& a, const Part& b) { return before(a.form, b.form); });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < work_.size();) {
        Part merged = work_[i++];
        while (i < work_.size() && work_[i].form == merged.form) merged.weight += work_[i++].weight;
        if (merged.weight != 0) work_[kept++] = merged;
    }
    work_.resize(kept);
}

bool NormalForms::is_difference(std::uint32_t id) const {
    const Form& form = forms_[id];
    if (form.op != Op::sum || form.value != 0) return false;
    bool minus = false;
    for (const auto& part : parts(form)) {
        if (std::fabs(part.weight) != 1) return false;
        minus |= part.weight < 0;
    }
    return minus;
}

bool NormalForms::flips(std::uint32_t id, int depth) const {
    const Form& form = forms_[id];
    if (depth == 0) return false;
    const auto all = parts(form);
    if (parity(form.op) == Parity::odd) return flips(all[0].form, depth - 1);
    if (form.op == Op::sum) {
        const bool unit = form.value == 0 && std::all_of(all.begin(), all.end(), [](const Part& p) { return std::fabs(p.weight) == 1; });
        return unit && std::any_of(all.begin(), all.end(), [&](const Part& p) { return p.weight < 0 || flips(p.form, depth - 1); });
    }
    return form.op == Op::product && std::fabs(form.value) == 1 &&
           std::any_of(all.begin(), all.end(), [&](const Part& p) { return std::fmod(p.weight, 2) != 0 && flips(p.form, depth - 1); });
}

bool NormalForms::leads_negative(std::uint32_t id) const {
    return is_difference(id) && parts_[forms_[id].first].weight < 0;
}

std::uint32_t NormalForms::scale(double factor, std::uint32_t id) {
    if (factor == 1) return id;
    const Form form = forms_[id];
    if (factor == 0) return number(0);
    if (is_number(id) || form.op == Op::product) {
        const double value = factor * form.value;
        if (!sound(value, factor, form.value)) return generic(Op::multiply, 0, std::array{number(factor), id});
        if (is_number(id)) return number(value);
        const std::vector<Part> same(parts(form).begin(), parts(form).end());
        if (same.size() == 1 && same[0].weight == 1) return scale(value, same[0].form);
        return intern(Op::product, 0, value, same);
    }
    if (form.op == Op::sum) {
        std::vector<Part> scaled(parts(form).begin(), parts(form).end());
        const auto unit = std::count_if(scaled.begin(), scaled.end(), [](const Part& p) { return std::fabs(p.weight) == 1; });
        bool distribute = factor == -1 || unit <= 1;
        for (auto& part : scaled) {
            distribute = distribute && sound(part.weight * factor, part.weight, factor);
            part.weight *= factor;
        }
        if (distribute && sound(form.value * factor, form.value, factor))
            return intern(Op::sum, 0, form.value == 0 ? 0.0 : form.value * factor, scaled);
    }
    return intern(Op::product, 0, factor, std::array{Part{id, 1}});
}

bool NormalForms::add_term(double weight, std::uint32_t id) {
    while (true) {
        const Form form = forms_[id];
        if (is_number(id)) {
            const double term = weight * form.value;
            work_value_ += term;
            return sound(term, weight, form.value) && std::isfinite(work_value_);
        }
        if (form.op == Op::product && (form.value != 1 || (form.count == 1 && parts_[form.first].weight == 1))) {
            if (!sound(weight * form.value, weight, form.value)) return false;
            weight *= form.value;
            const std::vector<Part> same(parts(form).begin(), parts(form).end());
            id = same.size() == 1 && same[0].weight == 1 ? same[0].form : intern(Op::product, 0, 1, same);
            continue;
        }
        if (form.op == Op::sum && std::fabs(weight) == 1) {
            work_value_ += weight * form.value;
            for (const auto& part : parts(form)) work_.push_back({part.form, weight * part.weight});
            return std::isfinite(work_value_);
        }
        work_.push_back({id, weight});
        return true;
    }
}

std::uint32_t NormalForms::finish_sum() {
    merge_parts();
    // A coefficient that became 1 opens a bracket.
    for (std::size_t i = 0; i < work_.size(); ++i) {
        const Part part = work_[i];
        if (!std::isfinite(part.weight)) return none;
        if (forms_[part.form].op != Op::sum || std::fabs(part.weight) != 1) continue;
        work_.erase(work_.begin() + static_cast<std::ptrdiff_t>(i));
        if (!add_term(part.weight, part.form)) return none;
        return finish_sum();
    }
    if (work_.empty()) return number(work_value_);
    if (work_value_ == 0 && work_.size() == 1) return scale(work_[0].weight, work_[0].form);
    return intern(Op::sum, 0, work_value_ == 0 ? 0.0 : work_value_, work_);
}

std::uint32_t NormalForms::sum_of(double weight_a, std::uint32_t a, double weight_b, std::uint32_t b) {
    work_.clear();
    work_value_ = 0;
    if (!add_term(weight_a, a) || !add_term(weight_b, b)) return none;
    return finish_sum();
}

// A sum among factors gives its leading coefficient to the product when that makes it no longer.
bool NormalForms::add_sum_factor(std::uint32_t id, double exponent) {
    if (leads_negative(id)) {
        if (std::fmod(exponent, 2) != 0) work_value_ = -work_value_;
        work_.push_back({scale(-1, id), exponent});
        return true;
    }
    const Form form = forms_[id];
    std::vector<Part> scaled(parts(form).begin(), parts(form).end());
    const double leading = scaled[0].weight;
    const bool all = std::all_of(scaled.begin(), scaled.end(), [](const Part& p) { return std::fabs(p.weight) != 1; });
    if (!all) {
        work_.push_back({id, exponent});
        return true;
    }
    for (auto& part : scaled) {
        if (!sound(part.weight / leading, part.weight, 1)) return false;
        part.weight /= leading;
    }
    const double raised = integer_power(leading, static_cast<int>(exponent));
    const double value = form.value == 0 ? 0 : form.value / leading;
    if (!sound(raised * work_value_, raised == 0 ? 1 : 0, 1) || raised == 0 || !std::isfinite(raised) ||
        !sound(value, form.value, 1))
        return false;
    work_value_ *= raised;
    const auto monic = value == 0 && scaled.size() == 1 ? scaled[0].form : intern(Op::sum, 0, value, scaled);
    work_.push_back({monic, exponent});
    return true;
}

bool NormalForms::add_factor(std::uint32_t id, double exponent) {
    const Form form = forms_[id];
    if (is_number(id) || form.op == Op::product) {
        const double raised = integer_power(form.value, static_cast<int>(exponent));
        if (!sound(raised, form.value, 1) || !sound(raised * work_value_, raised, work_value_)) return false;
        work_value_ *= raised;
        for (const auto& part : parts(form)) {
            if (std::fabs(part.weight * exponent) > largest_exponent) return false;
            work_.push_back({part.form, part.weight * exponent});
        }
        return true;
    }
    if (form.op == Op::sum) return add_sum_factor(id, exponent);
    work_.push_back({id, exponent});
    return true;
}

std::uint32_t NormalForms::finish_product() {
    merge_parts();
    if (work_value_ == 0) return number(0);
    for (std::size_t i = 0; i < work_.size(); ++i) {
        const Part part = work_[i];
        if (std::fabs(part.weight) > largest_exponent) return none;
        const Op op = forms_[part.form].op;
        const int root = op == Op::sqrt || op == Op::abs ? 2 : op == Op::cbrt ? 3 : 0;
        if (root == 0 || std::fmod(part.weight, root) != 0) continue;
        const auto inner = parts_[forms_[part.form].first].form;
        work_.erase(work_.begin() + static_cast<std::ptrdiff_t>(i));
        if (!add_factor(inner, op == Op::abs ? part.weight : part.weight / root)) return none;
        return finish_product();
    }
    if (work_.empty()) return number(work_value_);
    if (work_.size() == 1 && work_[0].weight == 1) return scale(work_value_, work_[0].form);
    return intern(Op::product, 0, work_value_, work_);
}

std::uint32_t NormalForms::product_of(std::uint32_t a, double exponent_a, std::uint32_t b, double exponent_b) {
    work_.clear();
    work_value_ = 1;
    if (!add_factor(a, exponent_a) || !add_factor(b, exponent_b)) return none;
    return finish_product();
}

// f(g(x)) where f undoes g, or g cannot matter to f.
std::uint32_t NormalForms::undone(Op op, std::uint32_t a) {
    const Form form = forms_[a];
    const std::uint32_t inner = form.count > 0 ? parts_[form.first].form : none;
    const bool single_power = form.op == Op::product && form.count == 1 && form.value == 1;
    const double exponent = single_power ? parts_[form.first].weight : 0;
    if (op == Op::sqrt && single_power && std::fmod(exponent, 2) == 0) return power_of(unary(Op::abs, inner), exponent / 2);
    if (op == Op::cbrt && single_power && std::fmod(exponent, 3) == 0) return power_of(inner, exponent / 3);
    if (op == Op::abs && (never_negative(form.op) || (single_power && std::fmod(exponent, 2) == 0))) return a;
    if (op == Op::abs && form.op == Op::product && form.value < 0) {
        const auto positive = scale(-1, a);
        return unary(Op::abs, positive);
    }
    if ((op == Op::log && form.op == Op::exp) || (op == Op::exp && form.op == Op::log)) return inner;
    if (op == Op::relu && never_negative(form.op)) return a;
    if ((op == Op::floor && (form.op == Op::floor || form.op == Op::sign || form.op == Op::step || is_comparison(form.op))) ||
        (op == Op::sign && (form.op == Op::sign || form.op == Op::step)))
        return a;
    if ((op == Op::sin && form.op == Op::asin) || (op == Op::cos && form.op == Op::acos) ||
        (op == Op::tan && form.op == Op::atan) || (op == Op::sinh && form.op == Op::asinh) ||
        (op == Op::asinh && form.op == Op::sinh) || (op == Op::tanh && form.op == Op::atanh) ||
        (op == Op::cosh && form.op == Op::acosh))
        return inner;
    return none;
}

std::uint32_t NormalForms::unary(Op op, std::uint32_t a) {
    switch (op) {
        case Op::negate: return scale(-1, a);
        case Op::inverse: return power_of(a, -1);
        case Op::square: return power_of(a, 2);
        case Op::cube: return power_of(a, 3);
        default: break;
    }
    if (const auto known = undone(op, a); known != none) return known;
    const auto kind = parity(op);
    const bool negative = (forms_[a].op == Op::product && forms_[a].value == -1) || leads_negative(a);
    if (negative && kind == Parity::even) a = scale(-1, a);
    if (negative && kind == Parity::odd) {
        const auto positive = scale(-1, a);
        return scale(-1, generic(op, 0, std::array{positive}));
    }
    return generic(op, 0, std::array{a});
}

std::uint32_t NormalForms::binary(Op op, std::uint32_t a, std::uint32_t b) {
    switch (op) {
        case Op::add: return sum_of(1, a, 1, b);
        case Op::subtract: return sum_of(1, a, -1, b);
        case Op::multiply: return product_of(a, 1, b, 1);
        case Op::divide: return product_of(a, 1, b, -1);
        case Op::greater: return generic(Op::less, 0, std::array{b, a});
        case Op::greater_equal: return generic(Op::less_equal, 0, std::array{b, a});
        case Op::min:
        case Op::max: return a == b ? a : none;
        case Op::power: break;
        default: return none;
    }
    if (!is_number(b)) return none;
    const double exponent = forms_[b].value;
    if (exponent == .5) return unary(Op::sqrt, a);
    // 0^0 = 1 and x^0 = 1 hold in power; large exponents keep the operator.
    if (is_whole(exponent) && std::fabs(exponent) <= 64) return power_of(a, exponent);
    return none;
}

std::uint32_t NormalForms::apply(Op op, std::int32_t index, std::span<const std::uint32_t> operands) {
    std::array<double, 3> values{};
    bool numbers = !operands.empty() && operands.size() <= 3 && op != Op::call && op != Op::hole;
    for (std::size_t i = 0; numbers && i < operands.size(); ++i) {
        numbers = is_number(operands[i]);
        if (numbers) values[i] = forms_[operands[i]].value;
    }
    if (numbers) {
        const double value = op == Op::integer_power ? integer_power(values[0], index)
                                                     : balmer::apply(op, values[0], values[1], values[2]);
        if (std::isfinite(value)) return number(value);
    } else if (op == Op::conditional) {
        if (operands[1] == operands[2]) return operands[1];
        if (is_number(operands[0])) return forms_[operands[0]].value != 0 ? operands[1] : operands[2];
    } else if (op == Op::integer_power && std::abs(index) <= largest_exponent) {
        if (const auto known = power_of(operands[0], index); known != none) return known;
    } else if (operands.size() == 1 && op != Op::call && op != Op::hole) {
        if (const auto known = unary(op, operands[0]); known != none) return known;
    } else if (operands.size() == 2 && op != Op::call && op != Op::hole) {
        if (const auto known = binary(op, operands[0], operands[1]); known != none) return known;
    }
    return generic(op, index, operands);
}

}  // namespace balmer
