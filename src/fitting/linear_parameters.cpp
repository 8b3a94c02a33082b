#include <algorithm>
#include <cstdint>

#include "balmer/fitting.hpp"

namespace balmer {
namespace {

constexpr std::uint8_t nonlinear = 2;

// Degree of every node in the chosen parameters: 0, 1 or `nonlinear`.
class Degrees {
public:
    explicit Degrees(const Graph& graph) : graph_(graph), degree_(graph.nodes().size()), chosen_(graph.values().size(), false) {}

    std::vector<bool>& chosen() { return chosen_; }

    bool root_is_affine() {
        for (std::uint32_t i = 0; i < degree_.size(); ++i) degree_[i] = of(i);
        return degree_[graph_.roots().front()] < nonlinear;
    }

private:
    std::uint8_t of(std::uint32_t i) const {
        const GraphNode& node = graph_.nodes()[i];
        const auto operands = graph_.operands(i);
        const auto highest = [&] {
            std::uint8_t result = 0;
            for (const auto o : operands) result = std::max(result, degree_[o]);
            return result;
        };
        switch (node.op) {
            case Op::parameter: return chosen_[static_cast<std::size_t>(node.index)] ? 1 : 0;
            case Op::add:
            case Op::subtract:
            case Op::negate:
            case Op::sum: return highest();
            case Op::multiply:
            case Op::product: {
                unsigned total = 0;
                for (const auto o : operands) total += degree_[o];
                return static_cast<std::uint8_t>(std::min<unsigned>(total, nonlinear));
            }
            case Op::divide: return degree_[operands[1]] == 0 ? degree_[operands[0]] : nonlinear;
            case Op::conditional:
                return degree_[operands[0]] == 0 ? std::max(degree_[operands[1]], degree_[operands[2]]) : nonlinear;
            case Op::linear: {
                const auto first = static_cast<std::size_t>(node.index);
                std::uint8_t result = chosen_[first + operands.size()] ? 1 : 0;
                for (std::size_t k = 0; k < operands.size(); ++k) {
                    const unsigned term = degree_[operands[k]] + (chosen_[first + k] ? 1U : 0U);
                    result = std::max(result, static_cast<std::uint8_t>(std::min<unsigned>(term, nonlinear)));
                }
                return result;
            }
            default: return highest() == 0 ? 0 : nonlinear;
        }
    }

    const Graph& graph_;
    std::vector<std::uint8_t> degree_;
    std::vector<bool> chosen_;
};

}  // namespace

std::vector<bool> linear_parameters(const Graph& graph, const std::vector<bool>& excluded) {
    const std::size_t count = graph.values().size();
    // p0*(p1*x + p2) is linear in p0 or in p1 and p2: first come first served, from both ends, and the larger set wins.
    std::vector<bool> best(count, false);
    std::size_t best_size = 0;
    for (const bool from_the_end : {false, true}) {
        Degrees degrees(graph);
        std::size_t size = 0;
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t p = from_the_end ? count - 1 - k : k;
            if (p < excluded.size() && excluded[p]) continue;
            degrees.chosen()[p] = true;
            if (degrees.root_is_affine()) ++size;
            else degrees.chosen()[p] = false;
        }
        if (size > best_size) {
            best = degrees.chosen();
            best_size = size;
        }
    }
    return best;
}

}  // namespace balmer
