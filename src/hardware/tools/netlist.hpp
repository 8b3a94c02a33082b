#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "balmer/firmware.hpp"

namespace balmer {

/// A cell of a flat netlist: its nets by port and bit, as Yosys numbers them; constants are -1.
struct NetlistCell {
    std::string name, type;
    std::map<std::string, std::vector<int>> inputs, outputs;
};

/// A flat netlist of UltraScale+ cells.
struct Netlist {
    std::vector<NetlistCell> cells;
    std::vector<int> input_nets, output_nets;  ///< of the ports, the clock included
};

/// Reads what `write_json` of Yosys wrote. Throws balmer::Error when it is none.
Netlist read_netlist(const std::string& json, const std::string& top);

/// Counts by kind of cell, and LUTs when two that have at most five different inputs together share one LUT6_2.
void count_cells(const Netlist& netlist, SynthesisResult& result);

/// Longest path in nanoseconds with `net` picoseconds per net between slices, by the delays of UltraScale+ that RapidWright publishes; ports
/// count as registers. A pre-route estimate. `path` gets the cells of that path.
double longest_path(const Netlist& netlist, double net, std::vector<std::string>& path);

/// Megahertz of the longest path that nextpnr reports after routing: between registers, and from and to ports, which registers outside would bound. 0 where
/// it reports none.
double routed_megahertz(const std::string& output);

}  // namespace balmer
