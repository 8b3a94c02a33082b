#include "hardware/winner.hpp"

#include <utility>

namespace balmer {

std::uint32_t winner_of(CircuitBuilder& builder, const std::vector<std::uint32_t>& scores) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> best;  // score and code
    for (std::size_t k = 0; k < scores.size(); ++k) {
        best.emplace_back(scores[k], builder.constant(static_cast<std::int64_t>(k), 0));
    }
    while (best.size() > 1) {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> next;
        for (std::size_t k = 0; k + 1 < best.size(); k += 2) {
            const std::uint32_t second_wins = builder.compare(CircuitOp::less, best[k].first, best[k + 1].first, "second_wins");
            next.emplace_back(builder.select(second_wins, best[k + 1].first, best[k].first, "best"),
                              builder.select(second_wins, best[k + 1].second, best[k].second, "code"));
        }
        if (best.size() % 2 == 1) {
            next.push_back(best.back());
        }
        best = std::move(next);
    }
    return best[0].second;
}

}  // namespace balmer
