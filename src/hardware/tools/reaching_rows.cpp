#include <algorithm>
#include <limits>

#include "balmer/random.hpp"
#include "hardware/tools/coverage.hpp"

namespace balmer {
namespace {

constexpr std::size_t tile = 256;
constexpr std::size_t children = 8;  // of one goal at a time
constexpr int patience = 24;         // times that a goal may be tried without coming nearer

/// What a row is wanted for: a target of a site, a hidden bit of a node, or one of a table's entry.
struct Goal {
    enum class Kind : std::uint8_t { target, bit, entry } kind = Kind::target;
    std::size_t index = 0;  ///< of the site, or of the node
    std::size_t place = 0;  ///< of the target, or of the entry
    int tries = 0;
};

class RowSearch {
public:
    RowSearch(const Circuit& circuit, std::uint64_t seed, std::size_t budget) : circuit_(circuit), map_(circuit), random_(seed, 0xc7), budget_(budget) {
        values_.resize(circuit.nodes.size());
        witnesses_.resize(circuit.nodes.size());
        most_ = std::max<std::size_t>(2 * tile, most_values / std::max<std::size_t>(1, circuit.nodes.size()));
    }

    enum class From : std::uint8_t { others, chance };

    /// Looks at rows that are there anyway, or at new ones, of which those count as found that reach something.
    void give(const InputRows& rows, From from) {
        for (std::size_t begin = 0; begin < rows.size() && is_affordable(); begin += tile) {
            const auto part = std::span(rows).subspan(begin, std::min(tile, rows.size() - begin));
            const NodeValues values = map_.values_of(part);
            const auto is_new = map_.see(values);
            for (std::size_t r = 0; r < part.size(); ++r) {
                if (is_new[r] || rows_.size() < tile) keep(part[r], values, r);
                if (is_new[r] && from == From::chance) found_.push_back(part[r]);
            }
            keep_witnesses(part);
        }
    }

    void search() {
        if (rows_.empty() || circuit_.inputs.empty()) return;
        std::vector<Goal> goals = open_goals();
        while (!goals.empty() && is_affordable()) {
            for (std::size_t begin = 0; begin < goals.size() && is_affordable(); begin += tile / children)
                pursue(std::span(goals).subspan(begin, std::min(tile / children, goals.size() - begin)));
            std::erase_if(goals, [&](const Goal& goal) { return goal.tries >= patience || !is_open(goal); });
        }
    }

    ReachingRows result() && { return {std::move(found_), map_.coverage()}; }

private:
    static constexpr std::size_t most_values = 8'000'000;  // of nodes, kept for the rows that searches start from

    bool is_affordable() const { return map_.work() < budget_; }

    void keep(const std::vector<std::int64_t>& row, const NodeValues& values, std::size_t r) {
        if (rows_.size() >= most_) return;
        rows_.push_back(row);
        for (std::size_t i = 0; i < values.size(); ++i) values_[i].push_back(values[i][r]);
    }

    void keep_witnesses(std::span<const std::vector<std::int64_t>> rows) {
        constexpr std::size_t most = 8;  // of one node
        for (std::size_t i = 0; i < witnesses_.size(); ++i) {
            const std::size_t r = map_.witnesses()[i];
            if (r == CoverageMap::no_row) continue;
            if (witnesses_[i].size() < most) witnesses_[i].push_back(rows[r]);
            else witnesses_[i][random_.below(most)] = rows[r];
        }
    }

    std::vector<Goal> open_goals() const {
        std::vector<Goal> goals;
        for (std::size_t s = 0; s < map_.sites().size(); ++s)
            for (std::size_t t = 0; t < map_.sites()[s].targets.size(); ++t) goals.push_back({Goal::Kind::target, s, t});
        for (std::uint32_t i = 0; i < circuit_.nodes.size(); ++i) {
            const CircuitNode& node = circuit_.nodes[i];
            if (!map_.is_needed(i) || node.op == CircuitOp::constant) continue;
            goals.push_back({Goal::Kind::bit, i});
            if (node.op != CircuitOp::table) continue;
            for (std::size_t e = 0; e < circuit_.tables[node.source].size(); ++e) goals.push_back({Goal::Kind::entry, i, e});
        }
        std::erase_if(goals, [&](const Goal& goal) { return !is_open(goal); });
        return goals;
    }

    bool is_open(const Goal& goal) const {
        const auto node = static_cast<std::uint32_t>(goal.index);
        if (goal.kind == Goal::Kind::target) return !map_.sites()[goal.index].targets[goal.place].reached;
        if (goal.kind == Goal::Kind::bit) return (map_.hidden_bits(node, 0) | map_.hidden_bits(node, 1)) != 0;
        return map_.hidden_entry_bits(circuit_.nodes[node].source, circuit_.nodes[node].column, goal.place) != 0;
    }

    /// A kept row to start from and how far it is from a target; the ports to move.
    struct Start {
        std::size_t row = 0, reader = 0;
        std::int64_t distance = 0;
        std::vector<std::uint32_t> ports;
        const InputRows* witnesses = nullptr;  ///< in which a change of the node shows, for the same ports
    };

    Start start_for(const Goal& goal) {
        Start start;
        start.row = random_.below(rows_.size());
        if (goal.kind == Goal::Kind::target) {
            const CoverageSite& site = map_.sites()[goal.index];
            start.reader = random_.below(site.nodes.size());
            start.distance = std::numeric_limits<std::int64_t>::max();
            for (std::size_t r = 0; r < rows_.size(); ++r) {
                const auto distance = CoverageSite::distance(site.targets[goal.place], site.at(circuit_, values_, start.reader, r));
                if (distance < start.distance) start = {r, start.reader, distance, {}, nullptr};
            }
            start.ports = ports_of(site.nodes[start.reader], Ports::that_it_needs);
            return start;
        }
        // The value is there in some row: what decides whether its change shows are the other ports.
        const auto node = static_cast<std::uint32_t>(goal.index);
        const std::size_t offset = start.row;
        for (std::size_t k = 0; k < rows_.size(); ++k) {
            const std::size_t r = (offset + k) % rows_.size();
            if (!would_serve(goal, r)) continue;
            start.row = r;
            break;
        }
        start.ports = ports_of(node, random_.chance(0.7) ? Ports::others : Ports::that_it_needs);
        start.witnesses = &witnesses_[node];
        return start;
    }

    bool would_serve(const Goal& goal, std::size_t r) const {
        const auto node = static_cast<std::uint32_t>(goal.index);
        const auto value = values_[node][r];
        if (goal.kind == Goal::Kind::bit) return ((map_.bits_of(node, value, 0) & map_.hidden_bits(node, 0)) | (map_.bits_of(node, value, 1) & map_.hidden_bits(node, 1))) != 0;
        const CircuitNode& table = circuit_.nodes[node];
        return values_[table.operands[0]][r] - circuit_.tables[table.source].first == static_cast<std::int64_t>(goal.place);
    }

    enum class Ports : std::uint8_t { that_it_needs, others };

    /// All ports where that leaves none.
    std::vector<std::uint32_t> ports_of(std::uint32_t node, Ports which) const {
        std::vector<char> is_below(node + 1, 0), is_needed(circuit_.inputs.size(), 0);
        is_below[node] = 1;
        for (std::uint32_t i = node + 1; i-- > 0;) {
            const CircuitNode& of = circuit_.nodes[i];
            if (!is_below[i]) continue;
            if (of.op == CircuitOp::input) is_needed[of.source] = 1;
            for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(of.op)); ++k) is_below[of.operands[k]] = 1;
        }
        std::vector<std::uint32_t> ports, all;
        for (std::uint32_t p = 0; p < is_needed.size(); ++p) {
            all.push_back(p);
            if ((is_needed[p] == 1) == (which == Ports::that_it_needs)) ports.push_back(p);
        }
        return ports.empty() ? all : ports;
    }

    void move(std::vector<std::int64_t>& row, std::uint32_t port) {
        const FixedPoint format = circuit_.inputs[port].format;
        const auto bit = std::int64_t{1} << random_.below(static_cast<std::uint64_t>(format.width));
        switch (random_.below(6)) {
            case 0: row[port] = format.lowest() + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(format.highest() - format.lowest()) + 1)); break;
            case 1: row[port] = rows_[random_.below(rows_.size())][port]; break;
            case 2: row[port] += random_.chance(0.5) ? 1 : -1; break;
            default: row[port] += random_.chance(0.5) ? bit : -bit; break;
        }
        row[port] = std::clamp(row[port], format.lowest(), format.highest());
    }

    std::vector<std::int64_t> child_of(const Start& start, const Goal& goal) {
        std::vector<std::int64_t> row = rows_[start.row];
        std::size_t moves = 1 + random_.below(goal.kind == Goal::Kind::target ? 2 : std::min<std::size_t>(start.ports.size(), 4));
        if (start.witnesses && !start.witnesses->empty() && random_.chance(0.5)) {
            const auto& witness = (*start.witnesses)[random_.below(start.witnesses->size())];
            for (const auto port : start.ports) row[port] = witness[port];
            moves = random_.below(2);
        }
        for (std::size_t m = 0; m < moves; ++m) move(row, start.ports[random_.below(start.ports.size())]);
        return row;
    }

    /// Rows near what was best for each goal; those that reach something new are found, and those that came nearer are kept.
    void pursue(std::span<Goal> goals) {
        InputRows rows;
        std::vector<Start> starts;
        for (auto& goal : goals) {
            starts.push_back(start_for(goal));
            ++goal.tries;
            for (std::size_t c = 0; c < children; ++c) {
                rows.push_back(child_of(starts.back(), goal));
            }
        }
        const NodeValues values = map_.values_of(rows);
        const auto is_new = map_.see(values);
        keep_witnesses(rows);
        for (std::size_t r = 0; r < rows.size(); ++r) {
            Goal& goal = goals[r / children];
            Start& start = starts[r / children];
            bool is_nearer = false;
            if (goal.kind == Goal::Kind::target) {
                const CoverageSite& site = map_.sites()[goal.index];
                const auto distance = CoverageSite::distance(site.targets[goal.place], site.at(circuit_, values, start.reader, r));
                is_nearer = distance < start.distance;
                start.distance = std::min(start.distance, distance);
            }
            if (is_nearer) goal.tries = 0;
            if (is_new[r] || is_nearer) keep(rows[r], values, r);
            if (is_new[r]) found_.push_back(rows[r]);
        }
    }

    const Circuit& circuit_;
    CoverageMap map_;
    RandomStream random_;
    std::size_t budget_, most_ = 0;
    InputRows rows_, found_;
    NodeValues values_;                 ///< of the kept rows
    std::vector<InputRows> witnesses_;  ///< by node, rows in which a change of it shows
};

}  // namespace

ReachingRows reaching_rows(const Circuit& circuit, const InputRows& given, std::uint64_t seed, std::size_t budget) {
    constexpr std::size_t by_chance = 4096;
    RowSearch search(circuit, seed, budget);
    search.give(given, RowSearch::From::others);
    search.give(random_rows(circuit, given, by_chance, seed), RowSearch::From::chance);
    search.search();
    return std::move(search).result();
}

}  // namespace balmer
