#include "hardware/tools/coverage.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "hardware/node_rows.hpp"

namespace balmer {
namespace {

std::uint64_t low_bits(int count) { return (std::uint64_t{1} << count) - 1; }

// As a wire of the format carries it.
std::int64_t carried(std::int64_t value, FixedPoint format) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value - format.lowest()) & low_bits(format.width)) + format.lowest();
}

std::int64_t shifted_operand(const CircuitNode& node, const NodeValues& values, std::size_t k, std::size_t row) {
    return values[node.operands[k]][row] * (std::int64_t{1} << node.shift[k]);
}

}  // namespace

std::int64_t CoverageSite::at(const Circuit& circuit, const NodeValues& values, std::size_t k, std::size_t row) const {
    const CircuitNode& node = circuit.nodes[nodes[k]];
    switch (kind) {
        case Kind::address:
        case Kind::limited: return values[node.operands[0]][row];
        case Kind::difference: return shifted_operand(node, values, 0, row) - shifted_operand(node, values, 1, row);
        default: return values[nodes[k]][row];
    }
}

std::int64_t CoverageSite::distance(const Target& target, std::int64_t value) {
    const std::int64_t excess = value - target.value;
    if ((target.direction > 0 && excess > 0) || (target.direction < 0 && excess < 0)) return 0;
    return excess < 0 ? -excess : excess;
}

CoverageMap::CoverageMap(const Circuit& circuit) : circuit_(circuit), needed_(needed_nodes(circuit, output_nodes(circuit))), hidden_(circuit.nodes.size()) {
    for (const auto& node : circuit.nodes) formats_.push_back(node.format());
    for (const auto& table : circuit.tables) hidden_entries_.emplace_back(table.columns.size(), std::vector<std::uint64_t>(table.size(), 0));
    for (std::uint32_t i = 0; i < circuit.nodes.size(); ++i) {
        const CircuitNode& node = circuit.nodes[i];
        if (!needed_[i] || node.op == CircuitOp::constant) continue;
        hidden_[i].fill(low_bits(formats_[i].width));
        if (node.op != CircuitOp::table) continue;
        const CircuitNode& address = circuit.nodes[node.operands[0]];
        auto& entries = hidden_entries_[node.source][node.column];
        const std::int64_t first = circuit.tables[node.source].first;
        for (std::int64_t a = address.low; a <= address.high; ++a) entries[static_cast<std::size_t>(a - first)] |= low_bits(formats_[i].width);
    }
    add_sites();
    for (const auto& values : hidden_) all_bits_ += static_cast<std::size_t>(std::popcount(values[0]) + std::popcount(values[1]));
    for (const auto& table : hidden_entries_)
        for (const auto& column : table)
            for (const auto bits : column) all_bits_ += static_cast<std::size_t>(std::popcount(bits));
}

void CoverageMap::add_sites() {
    std::vector<CoverageSite> addresses(circuit_.tables.size());
    for (std::uint32_t i = 0; i < circuit_.nodes.size(); ++i) {
        const CircuitNode& node = circuit_.nodes[i];
        if (!needed_[i]) continue;
        CoverageSite site{.kind = CoverageSite::Kind::value, .nodes = {i}, .targets = {}};
        const auto [low, high] = interval_of(circuit_, node);
        if (node.op == CircuitOp::table) {
            auto& same = addresses[node.source].nodes;
            if (std::ranges::none_of(same, [&](std::uint32_t other) { return circuit_.nodes[other].operands[0] == node.operands[0]; })) same.push_back(i);
        } else if (node.op == CircuitOp::saturate) {
            site.kind = CoverageSite::Kind::limited;
            const CircuitNode& of = circuit_.nodes[node.operands[0]];
            if (of.low < node.low) site.targets = {{node.low - 1, -1}, {node.low}};
            if (of.high > node.high) site.targets.insert(site.targets.end(), {{node.high}, {node.high + 1, 1}});
        } else if (node.op == CircuitOp::less || node.op == CircuitOp::less_equal || node.op == CircuitOp::equal) {
            site.kind = CoverageSite::Kind::difference;
            const std::int64_t step = std::int64_t{1} << std::min(node.shift[0], node.shift[1]);
            site.targets = {{-step}, {0}, {step}};
        } else if (const FixedPoint format = formats_[i]; node.op != CircuitOp::constant && node.op != CircuitOp::input && format.width > 1) {
            const FixedPoint less{format.width - 1, format.fraction, format.sign};
            if (low < less.lowest()) site.targets.push_back({less.lowest() - 1, -1});
            if (high > less.highest()) site.targets.push_back({less.highest() + 1, 1});
        }
        if (!site.targets.empty()) sites_.push_back(std::move(site));
    }
    for (auto& site : addresses) {
        if (site.nodes.empty()) continue;
        site.kind = CoverageSite::Kind::address;
        std::int64_t low = circuit_limit, high = -circuit_limit;
        for (const auto i : site.nodes) {
            const CircuitNode& address = circuit_.nodes[circuit_.nodes[i].operands[0]];
            low = std::min(low, address.low);
            high = std::max(high, address.high);
        }
        for (std::int64_t a = low; a <= high; ++a) site.targets.push_back({a});
        sites_.push_back(std::move(site));
    }
}

NodeValues CoverageMap::values_of(std::span<const std::vector<std::int64_t>> rows) {
    NodeValues values(circuit_.nodes.size(), std::vector<std::int64_t>(rows.size()));
    for (std::size_t i = 0; i < circuit_.nodes.size(); ++i) {
        const CircuitNode& node = circuit_.nodes[i];
        if (node.op == CircuitOp::input) {
            for (std::size_t r = 0; r < rows.size(); ++r) values[i][r] = rows[r][node.source];
            continue;
        }
        std::array<const std::int64_t*, 3> operands{};
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) operands[k] = values[node.operands[k]].data();
        compute_rows(circuit_, node, rows.size(), operands, values[i].data());
    }
    work_ += rows.size() * circuit_.nodes.size();
    return values;
}

std::vector<bool> CoverageMap::see(const NodeValues& values) {
    std::vector<bool> is_new(values.empty() ? 0 : values[0].size());
    witnesses_.assign(circuit_.nodes.size(), no_row);
    see_sites(values, is_new);
    for (std::uint32_t i = 0; i < circuit_.nodes.size(); ++i) {
        see_bits(i, values, is_new);
        if (circuit_.nodes[i].op == CircuitOp::table) see_entries(i, values, is_new);
    }
    return is_new;
}

void CoverageMap::see_sites(const NodeValues& values, std::vector<bool>& is_new) {
    for (auto& site : sites_) {
        for (std::size_t k = 0; k < site.nodes.size(); ++k) {
            for (std::size_t r = 0; r < is_new.size(); ++r) {
                const std::int64_t value = site.at(circuit_, values, k, r);
                const auto look = [&](CoverageSite::Target& target) {
                    if (target.reached || CoverageSite::distance(target, value) != 0) return;
                    target.reached = true;
                    is_new[r] = true;
                };
                if (site.kind == CoverageSite::Kind::address) look(site.targets[static_cast<std::size_t>(value - site.targets[0].value)]);
                else std::ranges::for_each(site.targets, look);
            }
        }
    }
}

std::uint64_t CoverageMap::bits_of(std::uint32_t node, std::int64_t integer, int value) const {
    const FixedPoint format = formats_[node];
    const auto word = static_cast<std::uint64_t>(integer);
    std::uint64_t bits = (value ? word : ~word) & low_bits(format.width);
    const std::uint64_t top = std::uint64_t{1} << (format.width - 1);
    if (format.sign == Sign::with && format.width > 1 && ((word ^ (word << 1)) & top) == 0) bits &= ~top;
    return bits;
}

void CoverageMap::see_bits(std::uint32_t node, const NodeValues& values, std::vector<bool>& is_new) {
    constexpr std::size_t enough = 32;  // rows for one bit in one call: when none of them shows it, others will be given
    for (const int value : {0, 1}) {
        auto& hidden = hidden_[node][static_cast<std::size_t>(value)];
        for (std::uint64_t left = hidden; left != 0; left &= left - 1) {
            const std::uint64_t bit = left & (~left + 1);
            std::vector<std::size_t> rows;
            std::vector<std::int64_t> changed;
            for (std::size_t r = 0; r < is_new.size() && rows.size() < enough; ++r) {
                if ((bits_of(node, values[node][r], value) & bit) == 0) continue;
                rows.push_back(r);
                changed.push_back(carried(values[node][r] ^ static_cast<std::int64_t>(bit), formats_[node]));
            }
            const auto shown = shows(node, values, rows, std::move(changed));
            const auto first = std::ranges::find(shown, true);
            if (first == shown.end()) continue;
            hidden &= ~bit;
            witnesses_[node] = rows[static_cast<std::size_t>(first - shown.begin())];
            is_new[witnesses_[node]] = true;
        }
    }
}

void CoverageMap::see_entries(std::uint32_t node, const NodeValues& values, std::vector<bool>& is_new) {
    if (!needed_[node]) return;
    const CircuitNode& table = circuit_.nodes[node];
    auto& hidden = hidden_entries_[table.source][table.column];
    const auto entry = [&](std::size_t r) { return static_cast<std::size_t>(values[table.operands[0]][r] - circuit_.tables[table.source].first); };
    for (int b = 0; b < formats_[node].width; ++b) {
        const std::uint64_t bit = std::uint64_t{1} << b;
        std::vector<std::size_t> rows;
        std::vector<std::int64_t> changed;
        for (std::size_t r = 0; r < is_new.size(); ++r) {
            if ((hidden[entry(r)] & bit) == 0) continue;
            rows.push_back(r);
            changed.push_back(carried(values[node][r] ^ static_cast<std::int64_t>(bit), formats_[node]));
        }
        const auto shown = shows(node, values, rows, std::move(changed));
        for (std::size_t k = 0; k < rows.size(); ++k) {
            if (!shown[k] || (hidden[entry(rows[k])] & bit) == 0) continue;
            hidden[entry(rows[k])] &= ~bit;
            witnesses_[node] = rows[k];
            is_new[rows[k]] = true;
        }
    }
}

std::vector<bool> CoverageMap::shows(std::uint32_t node, const NodeValues& values, std::span<const std::size_t> rows, std::vector<std::int64_t> changed) {
    std::vector<bool> shown(rows.size());
    if (rows.empty()) return shown;
    std::vector<std::vector<std::int64_t>> other(circuit_.nodes.size());  // empty where nothing changed
    const auto gathered = [&](std::uint32_t n) {
        std::vector<std::int64_t> column(rows.size());
        for (std::size_t k = 0; k < rows.size(); ++k) column[k] = values[n][rows[k]];
        return column;
    };
    other[node] = std::move(changed);
    for (std::uint32_t i = node + 1; i < circuit_.nodes.size(); ++i) {
        const CircuitNode& user = circuit_.nodes[i];
        const auto arity = static_cast<std::size_t>(arity_of(user.op));
        if (!needed_[i] || std::none_of(user.operands.begin(), user.operands.begin() + static_cast<std::ptrdiff_t>(arity), [&](auto o) { return !other[o].empty(); })) continue;
        std::array<std::vector<std::int64_t>, 3> kept;
        std::array<const std::int64_t*, 3> operands{};
        for (std::size_t k = 0; k < arity; ++k) {
            const auto o = user.operands[k];
            if (other[o].empty() || user.op == CircuitOp::table) kept[k] = other[o].empty() ? gathered(o) : other[o];
            operands[k] = kept[k].empty() ? other[o].data() : kept[k].data();
        }
        if (user.op == CircuitOp::table) {  // what hardware gives beyond a table is free: its nearest entry stands for it
            const CircuitTable& table = circuit_.tables[user.source];
            for (auto& address : kept[0]) address = std::clamp(address, table.first, table.first + static_cast<std::int64_t>(table.size()) - 1);
        }
        std::vector<std::int64_t> result(rows.size());
        compute_rows(circuit_, user, rows.size(), operands, result.data());
        work_ += rows.size();
        bool differs = false;
        for (std::size_t k = 0; k < rows.size(); ++k) {
            result[k] = carried(result[k], formats_[i]);
            differs = differs || result[k] != values[i][rows[k]];
        }
        if (differs) other[i] = std::move(result);
    }
    for (const auto& port : circuit_.outputs)
        for (std::size_t k = 0; !other[port.node].empty() && k < rows.size(); ++k) shown[k] = shown[k] || other[port.node][k] != values[port.node][rows[k]];
    return shown;
}

Coverage CoverageMap::coverage() const {
    Coverage found;
    for (const auto& site : sites_) {
        auto& share = site.kind == CoverageSite::Kind::address ? found.entries : found.borders;
        share.all += site.targets.size();
        share.reached += static_cast<std::size_t>(std::ranges::count_if(site.targets, [](const auto& target) { return target.reached; }));
    }
    std::size_t hidden = 0;
    for (const auto& values : hidden_) hidden += static_cast<std::size_t>(std::popcount(values[0]) + std::popcount(values[1]));
    for (const auto& table : hidden_entries_)
        for (const auto& column : table)
            for (const auto bits : column) hidden += static_cast<std::size_t>(std::popcount(bits));
    found.bits = {all_bits_ - hidden, all_bits_};
    return found;
}

}  // namespace balmer
