#include "hardware/tools/netlist.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "balmer/error.hpp"

namespace balmer {
namespace {

// An inverter in front of a carry chain is a LUT of one input; others were absorbed.
bool is_lut(const NetlistCell& cell) { return cell.type.starts_with("LUT") || cell.type == "INV"; }
bool is_flip_flop(const NetlistCell& cell) { return cell.type.starts_with("FD"); }

std::vector<int> bits_of(const nlohmann::json& bits) {
    std::vector<int> nets;
    for (const auto& bit : bits) nets.push_back(bit.is_number_integer() ? bit.get<int>() : -1);
    return nets;
}

// Different nets that a LUT reads.
std::vector<int> nets_of(const NetlistCell& cell) {
    std::set<int> nets;
    for (const auto& [port, bits] : cell.inputs)
        for (const int net : bits)
            if (net >= 0) nets.insert(net);
    return {nets.begin(), nets.end()};
}

std::size_t union_size(const std::vector<int>& a, const std::vector<int>& b) {
    std::vector<int> both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return both.size();
}

// LUTs that find a partner, most shared inputs first.
std::size_t pairs_of(const std::vector<std::vector<int>>& luts) {
    constexpr std::size_t shared_inputs = 5;
    struct Pair {
        std::size_t gain, a, b;
    };
    std::vector<Pair> pairs;
    for (std::size_t a = 0; a < luts.size(); ++a)
        for (std::size_t b = a + 1; b < luts.size(); ++b) {
            if (luts[a].size() > shared_inputs || luts[b].size() > shared_inputs) continue;
            const auto together = union_size(luts[a], luts[b]);
            if (together <= shared_inputs) pairs.push_back({luts[a].size() + luts[b].size() - together, a, b});
        }
    std::ranges::stable_sort(pairs, [](const Pair& x, const Pair& y) { return x.gain > y.gain; });
    std::vector<bool> used(luts.size(), false);
    std::size_t count = 0;
    for (const auto& pair : pairs) {
        if (used[pair.a] || used[pair.b]) continue;
        used[pair.a] = used[pair.b] = true;
        ++count;
    }
    return count;
}

// Picoseconds, as RapidWright publishes them for UltraScale+ (hardware/hardware_cost.cpp uses the same).
constexpr double clock_to_q = 77, set_up = 25, lut_to_flip_flop = 50, carry_to_flip_flop = 25;
constexpr double by_pin[] = {35 + 43, 50 + 44, 90 + 44, 100 + 48, 125 + 53, 150 + 74};  // A6 ... A1, site pin included: the latest input takes the fastest
// Per CARRY4, half a CARRY8: with a net of 250 ps adders of 12, 13 and 18 bits take .72, .74 and .77 ns.
constexpr double into_carry = 218, along_carry = 23;
constexpr double into_mux = 23, through_mux = 70, multiply = 2530;

struct Driver {
    const NetlistCell* cell = nullptr;
    std::string port;
};

class Timing {
public:
    Timing(const Netlist& netlist, double net) : netlist_(netlist), net_(net) {
        for (const auto& cell : netlist.cells)
            for (const auto& [port, bits] : cell.outputs)
                for (const int bit : bits)
                    if (bit >= 0) driver_[bit] = {&cell, port};
    }

    double longest(std::vector<std::string>& path) {
        double worst = 0;
        int end = -1;
        const auto consider = [&](int bit, double extra) {
            if (bit < 0) return;
            const double total = arrival(bit) + extra;
            if (total <= worst) return;
            worst = total;
            end = bit;
        };
        for (const auto& cell : netlist_.cells) {
            if (!is_flip_flop(cell) && !cell.type.starts_with("SRL")) continue;
            for (const auto& [port, bits] : cell.inputs)
                for (const int bit : bits)
                    if (port != "C" && port != "CLK") consider(bit, into_register(bit));
        }
        for (const int bit : netlist_.output_nets)
            if (driver_.contains(bit) && !is_register(*driver_[bit].cell)) consider(bit, set_up);
        for (int bit = end; bit >= 0 && driver_.contains(bit); bit = from_[bit]) path.push_back(driver_[bit].cell->type);
        std::ranges::reverse(path);
        return worst / 1000;
    }

private:
    static bool is_register(const NetlistCell& cell) { return is_flip_flop(cell) || cell.type.starts_with("SRL"); }

    // From a net's driver into a register: beside it in the slice after a LUT or carry, over a net else.
    double into_register(int bit) {
        const auto found = driver_.find(bit);
        if (found == driver_.end()) return net_ + set_up;
        const auto& type = found->second.cell->type;
        if (type.starts_with("CARRY")) return carry_to_flip_flop + set_up;
        return (type.starts_with("LUT") || type.starts_with("MUXF") || type == "INV" ? lut_to_flip_flop : net_) + set_up;
    }

    // Time at which a net's driver has settled.
    double arrival(int bit) {
        const auto found = driver_.find(bit);
        if (found == driver_.end()) return clock_to_q;  // a port, driven by a register
        if (const auto known = known_.find(bit); known != known_.end()) return known->second;
        const auto& cell = *found->second.cell;
        const double time = is_register(cell) ? clock_to_q : through(cell, bit);
        known_[bit] = time;
        return time;
    }

    double through(const NetlistCell& cell, int out) {
        if (is_lut(cell)) return through_lut(cell, out);
        double worst = 0;
        for (const auto& [port, bits] : cell.inputs)
            for (const int bit : bits) {
                if (bit < 0) continue;
                const double time = arrival(bit) + delay(cell, port, bit);
                if (time <= worst) continue;
                worst = time;
                from_[out] = bit;
            }
        return worst;
    }

    double through_lut(const NetlistCell& cell, int out) {
        std::vector<std::pair<double, int>> inputs;
        for (const int bit : nets_of(cell)) inputs.emplace_back(arrival(bit), bit);
        std::ranges::stable_sort(inputs, [](const auto& a, const auto& b) { return a.first > b.first; });
        double worst = 0;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const double time = inputs[k].first + net_ + by_pin[std::min<std::size_t>(k, 5)];
            if (time <= worst) continue;
            worst = time;
            from_[out] = inputs[k].second;
        }
        return worst;
    }

    double delay(const NetlistCell& cell, const std::string& port, int bit) {
        const auto found = driver_.find(bit);
        const bool from_lut = found != driver_.end() && is_lut(*found->second.cell);
        const bool from_mux = found != driver_.end() && found->second.cell->type.starts_with("MUXF");
        const bool from_carry = found != driver_.end() && found->second.cell->type.starts_with("CARRY");
        if (cell.type.starts_with("CARRY")) {
            if (port == "CI" && from_carry) return along_carry;
            return into_carry + (from_lut ? 0 : net_);
        }
        if (cell.type.starts_with("MUXF")) return through_mux + (port != "S" && (from_lut || from_mux) ? into_mux : net_);
        if (cell.type.starts_with("DSP")) return net_ + multiply;
        return net_;
    }

    const Netlist& netlist_;
    double net_;
    std::unordered_map<int, Driver> driver_;
    std::unordered_map<int, double> known_;
    std::unordered_map<int, int> from_;
};

}  // namespace

Netlist read_netlist(const std::string& json, const std::string& top) {
    const auto root = nlohmann::json::parse(json, nullptr, false);
    if (!root.is_object() || !root.contains("modules") || !root["modules"].contains(top))
        throw Error("Yosys wrote no netlist of " + top + ": is its version at least 0.23?");
    Netlist netlist;
    const auto& module = root["modules"][top];
    for (const auto& [name, port] : module["ports"].items()) {
        auto& nets = port["direction"] == "input" ? netlist.input_nets : netlist.output_nets;
        for (const int net : bits_of(port["bits"])) nets.push_back(net);
    }
    for (const auto& [name, cell] : module["cells"].items()) {
        NetlistCell read{.name = name, .type = cell["type"].get<std::string>(), .inputs = {}, .outputs = {}};
        for (const auto& [port, direction] : cell["port_directions"].items())
            (direction == "input" ? read.inputs : read.outputs)[port] = bits_of(cell["connections"][port]);
        netlist.cells.push_back(std::move(read));
    }
    return netlist;
}

void count_cells(const Netlist& netlist, SynthesisResult& result) {
    std::vector<std::vector<int>> luts;
    for (const auto& cell : netlist.cells) {
        if (is_lut(cell)) luts.push_back(nets_of(cell));
        result.flip_flops += is_flip_flop(cell);
        result.shift_registers += cell.type.starts_with("SRL");
        result.carry += cell.type.starts_with("CARRY");
        result.dsp += cell.type.starts_with("DSP");
        result.muxes += cell.type.starts_with("MUXF");
    }
    // A shift register takes a LUT.
    result.lut = luts.size() + result.shift_registers;
    result.lut_packed = result.lut - pairs_of(luts);
}

double longest_path(const Netlist& netlist, double net, std::vector<std::string>& path) { return Timing(netlist, net).longest(path); }

}  // namespace balmer
