#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace balmer::report {

/// A box of a flow drawing.
struct FlowNode {
    std::vector<std::string> lines;  ///< text, the first line stands out
    int layer = -1;                  ///< -1: one more than the deepest node that leads here
    int colour = -1;                 ///< of eight, for the box's edge; -1 is none
};

/// An arrow between two boxes. Arrows may not form a circle.
struct FlowEdge {
    std::size_t from = 0, to = 0;
    std::string label;
};

/// Which way a flow drawing reads.
enum class Direction : std::uint8_t { right, down };

/// Boxes in layers with arrows between them: trees and pipelines.
struct Flow {
    std::vector<FlowNode> nodes;
    std::vector<FlowEdge> edges;
    Direction direction = Direction::right;
    std::vector<std::string> layer_names;  ///< by layer, "" or missing: none
};

/// The drawing as an <svg> element as large as it needs to be. Within layers, boxes are ordered so that few arrows cross (barycentres; K. Sugiyama,
/// S. Tagawa and M. Toda 1981).
std::string svg(const Flow& flow);

}  // namespace balmer::report
