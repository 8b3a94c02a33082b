#include <algorithm>
#include <cstdint>

#include "balmer/fitting.hpp"

namespace balmer {
namespace {

// Sets of parameters as bits. f is affine in a set of parameters together when none of them enters through another operator than sums,
// products and numerators, and no two of them (nor one twice) are multiplied.
class LinearSets {
public:
    explicit LinearSets(const Graph& graph)
        : graph_(graph), count_(graph.values().size()), words_((count_ + 63) / 64), inside_(graph.nodes().size() * words_, 0),
          against_(count_ * words_, 0), barred_(words_, 0) {
        const auto root = graph.roots().front();
        for (std::uint32_t i = 0; i <= root; ++i) visit(i);
    }

    // First come, first served.
    std::vector<bool> choose(const std::vector<bool>& excluded, bool from_the_end) const {
        std::vector<bool> result(count_, false);
        std::vector<std::uint64_t> chosen(words_, 0);
        for (std::size_t k = 0; k < count_; ++k) {
            const std::size_t p = from_the_end ? count_ - 1 - k : k;
            if ((p < excluded.size() && excluded[p]) || has(barred_.data(), p) || has(against_.data() + p * words_, p)) continue;
            bool free = true;
            for (std::size_t w = 0; w < words_; ++w) free &= (chosen[w] & against_[p * words_ + w]) == 0;
            if (!free) continue;
            add(chosen.data(), p);
            result[p] = true;
        }
        return result;
    }

private:
    static bool has(const std::uint64_t* set, std::size_t p) { return (set[p / 64] >> (p % 64)) & 1; }
    static void add(std::uint64_t* set, std::size_t p) { set[p / 64] |= std::uint64_t{1} << (p % 64); }
    std::uint64_t* inside(std::uint32_t node) { return inside_.data() + node * words_; }
    void join(std::uint64_t* into, const std::uint64_t* set) const {
        for (std::size_t w = 0; w < words_; ++w) into[w] |= set[w];
    }
    void bar(std::uint32_t node) { join(barred_.data(), inside(node)); }
    // Every parameter of one set is multiplied by every one of the other.
    void multiply(const std::uint64_t* a, const std::uint64_t* b) {
        for (std::size_t p = 0; p < count_; ++p) {
            if (has(a, p)) join(against_.data() + p * words_, b);
            if (has(b, p)) join(against_.data() + p * words_, a);
        }
    }

    void visit(std::uint32_t i) {
        const GraphNode& node = graph_.nodes()[i];
        const auto operands = graph_.operands(i);
        std::uint64_t* const here = inside(i);
        switch (node.op) {
            case Op::parameter: add(here, static_cast<std::size_t>(node.index)); return;
            case Op::add:
            case Op::subtract:
            case Op::negate:
            case Op::choose:
            case Op::sum: break;
            case Op::multiply:
            case Op::product:
                for (const auto o : operands) {
                    multiply(here, inside(o));
                    join(here, inside(o));
                }
                return;
            case Op::divide: bar(operands[1]); break;
            case Op::conditional: bar(operands[0]); break;
            case Op::linear:
                for (std::size_t k = 0; k <= operands.size(); ++k) {
                    std::vector<std::uint64_t> factor(words_, 0);
                    add(factor.data(), static_cast<std::size_t>(node.index) + k);
                    if (k < operands.size()) multiply(factor.data(), inside(operands[k]));
                    join(here, factor.data());
                }
                break;
            default:
                for (const auto o : operands) bar(o);
        }
        for (const auto o : operands) join(here, inside(o));
    }

    const Graph& graph_;
    std::size_t count_, words_;
    std::vector<std::uint64_t> inside_;   // per node: parameters below it
    std::vector<std::uint64_t> against_;  // per parameter: parameters it is multiplied by
    std::vector<std::uint64_t> barred_;
};

}  // namespace

std::vector<bool> linear_parameters(const Graph& graph, const std::vector<bool>& excluded) {
    if (graph.values().empty()) return {};
    // p0*(p1*x + p2) is linear in p0 or in p1 and p2: tried from both ends, the larger set wins.
    const LinearSets sets(graph);
    auto first = sets.choose(excluded, false), last = sets.choose(excluded, true);
    return std::ranges::count(last, true) > std::ranges::count(first, true) ? last : first;
}

}  // namespace balmer
