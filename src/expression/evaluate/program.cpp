#include "balmer/evaluate.hpp"

#include "expression/evaluate/tape.hpp"

namespace balmer {

Program::Program() : tape_(std::make_unique<Tape>()) {}
Program::Program(const Graph& graph) : Program() {
    compile(*tape_, graph);
    tape_->graph = std::make_unique<Graph>(graph);
}
Program::Program(const Expression& expression, std::span<const Definition> definitions) : Program() { compile(*tape_, expression, definitions); }
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

void Program::assign(const Expression& expression, std::span<const Definition> definitions) {
    if (tape_->graph) tape_ = std::make_unique<Tape>();  // its flag cannot be raised twice
    compile(*tape_, expression, definitions);
}

std::size_t Program::outputs() const { return tape_->roots.size(); }
std::size_t Program::parameters() const { return tape_->parameters; }
std::size_t Program::features() const { return tape_->features; }
std::size_t Program::nodes() const { return tape_->nodes; }
std::span<const double> Program::values() const { return tape_->initial; }

const Graph& Program::graph() const {
    std::call_once(tape_->graph_made_once, [&] {
        if (!tape_->graph) tape_->graph = std::make_unique<Graph>(to_graph(tape_->source));
    });
    return *tape_->graph;
}

}  // namespace balmer
