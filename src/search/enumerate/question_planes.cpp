// Products of several bases with any exponents and sums of several terms with any coefficients: members of one list that span the target
// together, all pairs at once by one hash table of directions (planes.hpp).
#include <algorithm>
#include <cmath>
#include <set>

#include "search/enumerate/kernels.hpp"
#include "search/enumerate/questions.hpp"

namespace balmer::enumerate {
namespace {

constexpr double ticks_of_member = 4;  // per row: what a member costs in a task

bool varies_enough(const double* value, std::size_t rows) {
    // Where one row dominates all values look alike.
    constexpr double spiky = 1e-3;
    double first = 0, second = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const double a = std::fabs(value[i]);
        second = std::max(second, std::min(a, first));
        first = std::max(first, a);
    }
    return second > spiky * first;
}

}  // namespace

template <class Task, class HitOf>
void Questions::ask_planes(const PlaneSearch& planes, const std::vector<Task>& tasks, HitOf&& hit_of) {
    constexpr std::size_t slice = 64;
    for (std::size_t begin = 0; begin < tasks.size() && !done(); begin += slice) {
        const std::size_t end = std::min(begin + slice, tasks.size());
        std::vector<std::vector<PlaneSearch::Found>> found(end - begin);
        parallel_for(judge_.run().pool, end - begin, 1, [&](std::size_t from, std::size_t to) {
            for (std::size_t t = from; t < to; ++t) found[t] = planes.spanning(tasks[begin + t].target, tasks[begin + t].others, tasks[begin + t].count);
        });
        double members = 0;
        for (std::size_t t = begin; t < end; ++t) members += static_cast<double>(std::min(tasks[t].count, planes.size()));
        judge_.run().clock.add(table_.rows(), static_cast<std::size_t>(ticks_of_member * members));
        for (std::size_t t = 0; t < found.size(); ++t)
            for (const auto& f : found[t]) {
                if (done()) return;
                const auto hit = hit_of(tasks[begin + t], f);
                ++proposed_;
                held_ += resolver_.resolve(hit);
            }
        judge_.report("library");
    }
}

// The simplest sums and functions, which two other bases may stand beside, in turn; numbers in a sum make it less simple.
std::vector<std::uint32_t> Questions::simple_bases(std::size_t count) const {
    std::vector<std::uint32_t> sums, numbered, others, both;
    for (std::uint32_t i = 0; i < table_.size() && (sums.size() < count || others.size() < count); ++i) {
        if (!(table_[i].flags & monomial_distinct)) continue;
        const bool is_sum = table_[i].op == Op::add || table_[i].op == Op::subtract;
        auto& list = !is_sum ? others : table_[i].flags & numbered_entry ? numbered : sums;
        if (list.size() < count) list.push_back(i);
    }
    for (std::size_t k = 0; k < count && both.size() < count; ++k) {
        if (k < sums.size()) both.push_back(sums[k]);
        if (k < others.size() && both.size() < count) both.push_back(others[k]);
        if (k % 2 == 0 && k / 2 < numbered.size() && both.size() < count) both.push_back(numbered[k / 2]);
    }
    return both;
}

Eight Questions::eight_of_logarithm(const Target& target) const {
    std::vector<double> logarithm(table_.rows());
    for (std::size_t r = 0; r < logarithm.size(); ++r) logarithm[r] = std::log(std::fabs(target.value[r]));
    return logarithmic_->of(logarithm.data());
}

void Questions::ask_factors(const FactorEffort& effort) {
    if (!logarithmic_) return;
    PlaneSearch planes(logarithmic_->dimensions());
    std::vector<std::int64_t> names;
    std::vector<double> logarithm(table_.rows());
    const auto add_entry = [&](std::uint32_t i) {
        for (std::size_t r = 0; r < logarithm.size(); ++r) logarithm[r] = std::log(std::fabs(table_.value(i)[r]));
        planes.add(logarithmic_->of(logarithm.data()));
        names.push_back(i);
    };
    const auto first = simple_bases(effort.firsts);
    for (const auto i : first) add_entry(i);
    const std::size_t compounds = std::min(effort.members - effort.members / 4, compounds_.size());
    for (std::size_t i = 0; i < compounds; ++i) {
        planes.add(compounds_.wide(i));
        names.push_back(first_compound + static_cast<std::int64_t>(i));
    }
    const std::set<std::uint32_t> taken(first.begin(), first.end());
    for (std::uint32_t i = 0; i < table_.size() && names.size() < effort.members; ++i)
        if (table_[i].flags & monomial_distinct && !taken.contains(i)) add_entry(i);
    struct Task {
        Transform transform;
        std::vector<std::int64_t> bases;
        Eight target;
        std::vector<Eight> others;
        std::size_t count;
    };
    std::vector<Task> tasks;
    for (const auto* target : different_targets()) tasks.push_back({target->transform, {}, eight_of_logarithm(*target), {}, planes.size()});
    for (const auto* target : different_targets()) {
        if (target->transform != Transform::identity) continue;
        const Eight t = eight_of_logarithm(*target);
        const std::size_t pairs = std::min(effort.pairs, first.size());
        for (std::size_t d = 0; d < first.size(); ++d) tasks.push_back({target->transform, {names[d]}, t, {planes[d]}, planes.size()});
        for (std::size_t d = 1; d < pairs; ++d)
            for (std::size_t e = 0; e < d; ++e)
                tasks.push_back({target->transform, {names[e], names[d]}, t, {planes[e], planes[d]}, std::min(effort.members_of_pairs, planes.size())});
    }
    ask_planes(planes, tasks, [&](const Task& task, const PlaneSearch::Found& found) {
        ProductHit hit{.target = task.transform, .bases = task.bases};
        hit.bases.push_back(names[found.first]);
        if (found.second != PlaneSearch::none) hit.bases.push_back(names[found.second]);
        return hit;
    });
}

void Questions::add_functions(const ValueTable& other, std::size_t count) {
    if (!logarithmic_) return;
    if (!function_planes_) function_planes_.emplace(logarithmic_->dimensions());
    std::vector<double> logarithm(other.rows());
    for (std::uint32_t i = 0; i < other.size() && count > 0; ++i) {
        if (!(other[i].flags & monomial_distinct)) continue;
        for (std::size_t r = 0; r < logarithm.size(); ++r) logarithm[r] = std::log(std::fabs(other.value(i)[r]));
        function_planes_->add(logarithmic_->of(logarithm.data()));
        functions_.push_back(other.expression(i));
        --count;
    }
}

void Questions::ask_functions() {
    if (!function_planes_) return;
    struct Task {
        Transform transform;
        Eight target;
        std::vector<Eight> others;
        std::size_t count;
    };
    std::vector<Task> tasks;
    for (const auto* target : different_targets()) tasks.push_back({target->transform, eight_of_logarithm(*target), {}, functions_.size()});
    ask_planes(*function_planes_, tasks, [&](const Task& task, const PlaneSearch::Found& found) {
        FunctionsHit hit{.target = task.transform, .bases = {functions_[found.first]}};
        if (found.second != PlaneSearch::none) hit.bases.push_back(functions_[found.second]);
        return hit;
    });
    function_planes_.reset();
    functions_.clear();
}

void Questions::ask_sums(const SumEffort& effort) {
    if (!linear_) return;
    PlaneSearch planes(linear_->dimensions());
    std::vector<std::int64_t> names;
    const auto add = [&](std::int64_t name) {
        planes.add(linear_->of(value_of(name)));
        names.push_back(name);
    };
    // Monomials and entries in turn, so that any share of the list holds the simplest of both.
    std::size_t m = 1;
    for (std::uint32_t i = 0; i < table_.size() && names.size() < effort.members; ++i) {
        if (!(table_[i].flags & affine_distinct) || table_[i].flags & constant_entry) continue;
        if (!varies_enough(table_.value(i), table_.rows())) continue;
        add(i);
        while (m < lattice_.size() && lattice_[m].total() <= 2) ++m;
        if (m < lattice_.size() && varies_enough(lattice_values_[m].data(), table_.rows())) add(-1 - static_cast<std::int64_t>(m));
        ++m;
    }
    struct Task {
        Transform transform;
        std::vector<std::int64_t> divisors, terms;
        std::optional<std::int64_t> denominator;
        Eight target;
        std::vector<Eight> others;
        std::size_t count;
    };
    std::vector<Task> tasks;
    std::vector<double> left(table_.rows());
    // What divides the target: monomials, entries, and both together.
    std::vector<std::vector<std::int64_t>> divisors = {{}};
    const std::size_t monomials = std::min(effort.monomials, lattice_.size());
    for (std::size_t k = 1; k < monomials; ++k) divisors.push_back({-1 - static_cast<std::int64_t>(k)});
    std::vector<std::int64_t> entries;
    for (const auto i : simple_bases(effort.entries)) entries.push_back(i);
    for (const auto entry : entries) {
        divisors.push_back({entry});
        for (std::size_t k = 1; k < std::min(effort.monomials_of_entry, monomials); ++k) divisors.push_back({-1 - static_cast<std::int64_t>(k), entry});
    }
    for (const auto& target : targets_) {
        const bool main = target.transform == Transform::identity || target.transform == Transform::square || target.transform == Transform::inverse ||
                          target.transform == Transform::sqrt;
        for (const auto& by : divisors) {
            if (!by.empty() && (!main || (by.size() > 1 && target.transform != Transform::identity))) break;
            left = target.value;
            for (const auto name : by)
                for (std::size_t r = 0; r < left.size(); ++r) left[r] /= value_of(name)[r];
            if (!all_finite(left) || !varies_enough(left.data(), left.size())) continue;
            const Eight t = linear_->of(left.data());
            tasks.push_back({target.transform, by, {}, {}, t, {}, std::min(by.empty() ? planes.size() : effort.members_of_divisors, planes.size())});
            if (!by.empty()) continue;
            const bool plain = target.transform == Transform::identity;
            for (std::size_t d = 0; d < std::min(plain ? effort.firsts : effort.firsts / 4, planes.size()); ++d)
                tasks.push_back({target.transform, by, {names[d]}, {}, t, {planes[d]}, planes.size()});
            // T D + e T = sum: a quotient of sums.
            for (std::size_t d = 0; plain && d < std::min(effort.denominators, planes.size()); ++d) {
                for (std::size_t r = 0; r < left.size(); ++r) left[r] = target.value[r] * value_of(names[d])[r];
                if (!varies_enough(left.data(), left.size())) continue;
                tasks.push_back({target.transform, by, {}, names[d], linear_->of(left.data()), {t}, effort.members_of_divisors});
            }
        }
    }
    ask_planes(planes, tasks, [&](const Task& task, const PlaneSearch::Found& found) {
        SumHit hit{.target = task.transform, .divisors = task.divisors, .terms = task.terms, .denominator = task.denominator};
        hit.terms.push_back(names[found.first]);
        if (found.second != PlaneSearch::none) hit.terms.push_back(names[found.second]);
        return hit;
    });
}

}  // namespace balmer::enumerate
