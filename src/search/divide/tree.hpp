#pragma once

#include <optional>

#include "balmer/divide.hpp"
#include "search/divide/linear.hpp"
#include "search/divide/part.hpp"
#include "search/divide/separation.hpp"

namespace balmer::divide {

/// The tree of smaller problems. Grows by the surest reductions first, each accepted when a surrogate of what is left predicts held-out rows
/// about as well as before; what it holds depends on the data alone.
class Tree {
public:
    struct Node {
        std::size_t parent = 0;
        Step step;                   ///< how it was made; kind "problem" for the root
        Part part;
        double error_before = 0, error = 0;
        int depth = 0;
        std::string solution;        ///< exact formula in the whole problem's columns, as text
        std::vector<Step> untried;   ///< proposals not looked at yet
        enum class Looked : std::uint8_t { not_yet, gradients, scanned } looked = Looked::not_yet;  ///< which proposals were made
        std::optional<Surrogate> surrogate;
    };

    Tree(const Problem& problem, const DivideOptions& options, std::span<const std::size_t> rows);

    /// Asked between fits whether to end; counts them.
    Meter& meter() { return meter_; }
    const Meter& meter() const { return meter_; }
    std::size_t size() const { return nodes_.size(); }
    const Node& operator[](std::size_t i) const { return nodes_[i]; }
    void set_solution(std::size_t node, std::string text) { nodes_[node].solution = std::move(text); }

    /// Follows the surest reductions from a node as far as they go; the nodes made, in order.
    std::vector<std::size_t> descend(std::size_t node);
    /// The next accepted reduction of a node that was not followed yet, and on from there; the nodes made.
    std::vector<std::size_t> branch(std::size_t node);
    /// Whether the target carries noise, as far as polynomials can tell: no end of the tree gets below the floor that the whole problem has, or
    /// the best of them has one although it depends on few variables.
    bool noisy() const;
    /// Sets of variables of a node that stand apart from its others.
    std::vector<Separation> separations(std::size_t node);
    /// How a node's value is linear in two functions of one of its variables.
    std::vector<LinearForm> linear_forms(std::size_t node);
    /// The node that a step from outside makes, when it is accepted as the tree's own are, and on from there; the nodes made.
    std::vector<std::size_t> adopt(std::size_t node, Step step);
    /// A formula in the whole problem's columns from one in the node's features.
    Expression whole(std::size_t node, const Expression& solution) const;
    /// The same for the node's value itself, already in the whole problem's columns.
    Expression whole_of_value(std::size_t node, Expression value) const;
    /// The tree in words.
    std::vector<Reduction> reductions() const;

private:
    std::optional<std::size_t> next_child(std::size_t node);
    std::optional<std::size_t> child_by(std::size_t node, Step step);
    void see(Node& node);
    /// Makes the next proposals of a node whose proposals are used up; false when there are no more.
    bool look_further(std::size_t node);
    SurrogateOptions surrogate_options() const;
    bool accepted(const Node& child) const;
    bool is_known(const Part& part) const;

    const Problem& problem_;
    const DivideOptions& options_;
    Means means_;
    Meter meter_;
    std::vector<Node> nodes_;
};

}  // namespace balmer::divide
