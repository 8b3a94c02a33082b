#include "search/neural/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "balmer/error.hpp"
#include "balmer/instruction_set.hpp"
#include "search/neural/workspace.hpp"

namespace balmer::neural {

using kernels::tile;

const kernels::Table& kernel_table(InstructionSet set) {
    const auto found = available(set);
    return BALMER_FOR_INSTRUCTION_SET(found, kernels::, table());
}

void FastNode::run(const float* a, float* value, float* slope) const {
    if (unary) return unary(a, value, slope);
    const float* const columns[] = {a};
    float* const out[] = {value, slope};
    evaluate(*formula, formula->values(), Columns<float>{.column = columns, .rows = tile}, out);
}

void FastNode::run(const float* a, const float* b, float* value, float* slope_a, float* slope_b) const {
    if (binary) return binary(a, b, value, slope_a, slope_b);
    const float* const columns[] = {a, b};
    float* const out[] = {value, slope_a, slope_b};
    evaluate(*formula, formula->values(), Columns<float>{.column = columns, .rows = tile}, out);
}

void FastNode::run(const float* a, float* value, float* slope, float* outside, float* outside_slope) const {
    const float* const columns[] = {a};
    float* const out[] = {value, slope, outside, outside_slope};
    evaluate(*guarded, guarded->values(), Columns<float>{.column = columns, .rows = tile}, out);
}

void FastNode::run(const float* a, const float* b, float* value, float* slope, float* outside, float* outside_slope) const {
    const float* const columns[] = {a, b};
    float* const out[] = {value, slope, slope + tile, outside, outside_slope, outside_slope + tile};
    evaluate(*guarded, guarded->values(), Columns<float>{.column = columns, .rows = tile}, out);
}

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

Trainer::Trainer(Shape shape, std::span<const Definition> definitions, ErrorKind error, InstructionSet set)
    : layout_(std::move(shape)), error_(error), kernels_(kernel_table(set)), compact_(layout_), work_(std::make_unique<Workspace>()) {
    state_.parameters.assign(layout_.size(), 0.0f);
    state_.first = state_.second = state_.parameters;
    work_->effective.assign(layout_.weights(), 0.0f);
    work_->gradient.assign(layout_.size(), 0.0f);
    const auto fast_node = [&](NodeOperator op) {
        FastNode node;
        if (op.op != Op::call) {
            node.unary = kernels_.unary(op.op);
            node.binary = kernels_.binary(op.op);
        }
        if (!node.unary && !node.binary) node.formula = std::make_shared<const Program>(NodeFunction(op, definitions).graph());
        const NodeFunction safe(op, definitions, Domain::guarded);
        if (safe.is_restricted()) node.guarded = std::make_shared<const Program>(safe.graph());
        node.start = safe.start();
        return node;
    };
    for (const auto& of_shape : layout_.shape().hidden) {
        auto& layer = work_->layers.emplace_back();
        for (const auto op : of_shape.unary) layer.nodes.push_back(fast_node(op));
        for (const auto op : of_shape.binary) layer.nodes.push_back(fast_node(op));
        layer.sum = FloatArray(of_shape.rows() * tile);
        layer.slope = FloatArray(of_shape.rows() * tile);
        layer.delta = FloatArray(of_shape.rows() * tile);
        layer.value = FloatArray((of_shape.nodes() + 1) * tile);
        layer.raw = FloatArray(of_shape.nodes() * tile);
        layer.back = FloatArray(of_shape.nodes() * tile);
        std::fill_n(layer.value.data() + of_shape.nodes() * tile, tile, 1.0f);
        layer.of_threshold.assign(of_shape.nodes(), 0.0);
        if (std::ranges::none_of(layer.nodes, [](const FastNode& node) { return node.guarded != nullptr; })) continue;
        layer.outside = FloatArray(of_shape.nodes() * tile);
        layer.outside_slope = FloatArray(of_shape.rows() * tile);
    }
    work_->outputs = FloatArray(layout_.shape().outputs * tile);
    for (const auto& place : layout_.matrices()) {
        auto& matrix = work_->matrices.emplace_back();
        const std::size_t padded = (place.rows + kernels::lanes - 1) / kernels::lanes * kernels::lanes;
        matrix.by_row = FloatArray(tile * padded);
        matrix.gradient = FloatArray((place.inputs + 1) * padded);
    }
}

void Trainer::initialise(RandomStream random, double gain) {
    std::ranges::fill(state_.parameters, 0.0f);
    for (const auto& place : layout_.matrices()) {
        const double deviation = gain / std::sqrt(static_cast<double>(place.inputs));
        for (std::size_t i = 0; i <= place.inputs; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) state_.parameters[place.at(i, j)] = static_cast<float>(deviation * random.normal());
    }
    for (std::size_t l = 0; l < work_->layers.size(); ++l) {
        const auto& place = layout_.matrices()[l];
        for (std::size_t j = 0; j < place.rows; ++j)
            if (needs_constant(l, j)) state_.parameters[place.at(place.inputs, j)] = static_cast<float>(start_of(l, j));
    }
    std::ranges::fill(state_.first, 0.0f);
    std::ranges::fill(state_.second, 0.0f);
    state_.beta1_power = state_.beta2_power = 1;
    state_.steps = 0;
}

bool Trainer::is_restricted() const {
    return std::ranges::any_of(work_->layers, [](const Workspace::Layer& layer) { return layer.outside.size() > 0; });
}

double Trainer::start_of(std::size_t m, std::size_t row) const {
    if (m == work_->layers.size()) return 0;
    const std::size_t u = layout_.shape().hidden[m].unary.size();
    const std::size_t node = row < u ? row : u + (row - u) / 2, side = row < u ? 0 : (row - u) % 2;
    return work_->layers[m].nodes[node].start[side];
}

bool Trainer::needs_constant(std::size_t m, std::size_t row) const { return start_of(m, row) != 0; }

// What does not depend on the rows is written once: sums without entries, slopes of nodes that no output depends on.
void Trainer::rebuild(Reach reach) {
    keeps_entries_ = false;
    compact_.rebuild(layout_, state_.parameters, reach);
    for (std::size_t l = 0; l < work_->layers.size(); ++l) {
        auto& layer = work_->layers[l];
        const std::size_t u = layout_.shape().hidden[l].unary.size();
        std::fill_n(layer.sum.data(), layer.sum.size(), 0.0f);
        for (std::size_t n = 0; n < layer.nodes.size(); ++n)
            if (!compact_.node_live(l, n))
                std::fill_n(layer.delta.data() + (n < u ? n : u + 2 * (n - u)) * tile, (n < u ? 1 : 2) * tile, 0.0f);
    }
}

void Trainer::forward(const Blocks& blocks, std::size_t t, Reach reach, Domain domain) {
    const float* in = blocks.input(t);
    for (std::size_t m = 0; m < layout_.matrices().size(); ++m) {
        const auto& matrix = compact_.matrix(m);
        const auto& place = layout_.matrices()[m];
        const bool is_last = m == work_->layers.size();
        float* const out = is_last ? work_->outputs.data() : work_->layers[m].sum.data();
        if (matrix.is_full) {
            for (std::size_t from = 0; from <= place.inputs; from += chunk_inputs)
                kernels_.multiply_full(matrix.full.data() + from * matrix.padded, matrix.padded, std::min(chunk_inputs, place.inputs + 1 - from),
                                       place.rows, in + from * tile, out, from > 0 ? kernels::Into::add : kernels::Into::write);
        } else {
            for (std::size_t c = 0; c < matrix.chunks; ++c)
                kernels_.multiply(
                    {matrix.begin.data() + c * (place.rows + 1), matrix.input.data(), matrix.weight.data(), place.rows},
                    in, out,
                    c > 0                            ? kernels::Into::add
                    : !is_last && matrix.chunks == 1 ? kernels::Into::write_some
                                                     : kernels::Into::write);
        }
        if (is_last) return;
        forward_nodes(m, reach, domain);
        in = work_->layers[m].value.data();
    }
}

void Trainer::forward_nodes(std::size_t l, Reach reach, Domain domain) {
    auto& layer = work_->layers[l];
    const std::size_t u = layout_.shape().hidden[l].unary.size();
    for (std::size_t n = 0; n < layer.nodes.size(); ++n) {
        const bool wanted = reach == Reach::all || compact_.node_live(l, n);
        float* const value = layer.value.data() + n * tile;
        if (!wanted) continue;
        const bool kept = compact_.node_kept(l, n);
        // A pruned operator's own value is only wanted for the gradient of its threshold.
        float* const to = kept ? value : layer.raw.data() + n * tile;
        const std::size_t row = n < u ? n : u + 2 * (n - u);
        const float *const a = layer.sum.data() + row * tile, *const b = a + tile;
        float* const slope = layer.slope.data() + row * tile;
        if (kept || (reach == Reach::all && compact_.node_live(l, n))) {
            const auto& node = layer.nodes[n];
            if (node.guarded && domain == Domain::guarded) {
                float *const outside = layer.outside.data() + n * tile, *const outside_slope = layer.outside_slope.data() + row * tile;
                if (n < u) node.run(a, to, slope, outside, outside_slope);
                else node.run(a, b, to, slope, outside, outside_slope);
            } else if (n < u) node.run(a, to, slope);
            else node.run(a, b, to, slope, slope + tile);
        }
        if (kept) continue;
        if (n < u) std::memcpy(value, a, tile * sizeof(float));
        else
            for (std::size_t r = 0; r < tile; ++r) value[r] = a[r] + b[r];
    }
}

// How far operands of kept operators lie outside their domain, by the rows' weights.
double Trainer::outside(const float* weight) {
    double sum = 0;
    for (std::size_t l = 0; l < work_->layers.size(); ++l) {
        const auto& layer = work_->layers[l];
        for (std::size_t n = 0; n < layer.nodes.size(); ++n)
            if (layer.nodes[n].guarded && compact_.node_kept(l, n) && compact_.node_live(l, n)) sum += static_cast<double>(kernels_.dot(layer.outside.data() + n * tile, weight));
    }
    return sum;
}

double Trainer::error_of(const Blocks& blocks, std::size_t t) {
    const std::size_t outputs = layout_.shape().outputs;
    float* const at = work_->outputs.data();
    switch (error_) {
        case ErrorKind::softmax: return kernels_.softmax(at, outputs, blocks.target(t), blocks.weight(t));
        case ErrorKind::logistic: return kernels_.logistic(at, blocks.target(t), blocks.weight(t));
        case ErrorKind::mean_squared: return kernels_.squares(at, outputs, blocks.target(t), blocks.weight(t), 1.0f / static_cast<float>(outputs));
        case ErrorKind::summed_squared: return kernels_.squares(at, outputs, blocks.target(t), blocks.weight(t), 1.0f);
    }
    return 0;
}

void Trainer::gather_gradient(const Blocks& blocks, std::size_t t, std::size_t m) {
    const auto& matrix = compact_.matrix(m);
    auto& work = work_->matrices[m];
    const bool is_last = m == work_->layers.size();
    const float* const in = m == 0 ? blocks.input(t) : work_->layers[m - 1].value.data();
    const float* const delta = is_last ? work_->outputs.data() : work_->layers[m].delta.data();
    if (matrix.by_entry) {
        for (std::size_t e = 0; e < matrix.input.size(); ++e)
            kernels_.add_products(in + matrix.input[e] * tile, delta + matrix.row[e] * tile, work.by_entry.data() + e * kernels::lanes);
        return;
    }
    for (std::size_t k = 0; k < matrix.live_rows.size(); ++k) work.rows[k] = delta + matrix.live_rows[k] * tile;
    for (std::size_t k = 0; k < matrix.live_inputs.size(); ++k) work.inputs[k] = in + matrix.live_inputs[k] * tile;
    kernels_.transpose(work.rows.data(), work.rows.size(), work.by_row.data(), work.padded);
    kernels_.outer(work.inputs.data(), work.inputs.size(), work.by_row.data(), work.padded, work.padded, work.gradient_rows.data());
}

void Trainer::backward_nodes(std::size_t l, const StepSettings& settings, const float* weight) {
    auto& layer = work_->layers[l];
    const std::size_t u = layout_.shape().hidden[l].unary.size();
    for (std::size_t n = 0; n < layer.nodes.size(); ++n) {
        const std::size_t row = n < u ? n : u + 2 * (n - u), count = n < u ? 1 : 2;
        float* const delta = layer.delta.data() + row * tile;
        if (!compact_.node_live(l, n))
            continue;
        const float *const back = layer.back.data() + n * tile, *const a = layer.sum.data() + row * tile, *const b = a + tile;
        const bool kept = compact_.node_kept(l, n);
        for (std::size_t k = 0; k < count; ++k) {
            if (kept) kernels_.product(back, layer.slope.data() + (row + k) * tile, delta + k * tile);
            else std::memcpy(delta + k * tile, back, tile * sizeof(float));
        }
        const bool is_guarded = layer.nodes[n].guarded && weight;
        constexpr float penalty = static_cast<float>(outside_penalty);
        if (is_guarded && kept)
            for (std::size_t k = 0; k < count; ++k)
                for (std::size_t r = 0; r < tile; ++r) delta[k * tile + r] += penalty * weight[r] * layer.outside_slope.data()[(row + k) * tile + r];
        if (settings.structure != Structure::learnt || (!kept && settings.reach == Reach::live)) continue;
        const float* const own = kept ? layer.value.data() + n * tile : layer.raw.data() + n * tile;
        layer.of_threshold[n] += static_cast<double>(kernels_.dot_difference(back, own, a));
        if (n >= u) layer.of_threshold[n] -= static_cast<double>(kernels_.dot(back, b));
        if (is_guarded) layer.of_threshold[n] += outside_penalty * static_cast<double>(kernels_.dot(layer.outside.data() + n * tile, weight));
    }
}

// From the slopes of matrix m's rows to those of the nodes that it reads, and through them to the rows before.
void Trainer::backward_through(std::size_t m, const StepSettings& settings, const float* weight) {
    const auto& matrix = compact_.matrix(m);
    const auto& place = layout_.matrices()[m];
    float* const back = work_->layers[m - 1].back.data();
    const float* const delta = m == work_->layers.size() ? work_->outputs.data() : work_->layers[m].delta.data();
    if (matrix.is_full) kernels_.multiply_full(matrix.full_back.data(), matrix.padded_back, place.rows, place.inputs, delta, back, kernels::Into::write);
    else
        kernels_.multiply({matrix.back_begin.data(), matrix.back_input.data(), matrix.back_weight.data(), place.inputs},
                          delta, back, kernels::Into::write_some);
    backward_nodes(m - 1, settings, weight);
}

void Trainer::backward(const Blocks& blocks, std::size_t t, const StepSettings& settings) {
    for (std::size_t m = layout_.matrices().size(); m-- > 0;) {
        gather_gradient(blocks, t, m);
        if (m > 0) backward_through(m, settings, blocks.weight(t));
    }
}

// Error of a batch and, not yet in the order of the parameters, its gradient; `total` gets the weight of its rows.
double Trainer::pass(const Blocks& blocks, std::span<const std::uint32_t> tiles, const StepSettings& settings, double& total) {
    // From one step of a frozen structure to the next only the weights change.
    if (settings.is_listed() && std::exchange(keeps_entries_, false)) compact_.refresh(layout_, state_.parameters);
    else rebuild(settings.reach);
    for (std::size_t m = 0; m < work_->matrices.size(); ++m) {
        auto& work = work_->matrices[m];
        const auto& matrix = compact_.matrix(m);
        work.padded = (matrix.live_rows.size() + kernels::lanes - 1) / kernels::lanes * kernels::lanes;
        work.rows.resize(matrix.live_rows.size());
        work.inputs.resize(matrix.live_inputs.size());
        work.gradient_rows.resize(matrix.live_inputs.size());
        for (std::size_t k = 0; k < work.gradient_rows.size(); ++k) work.gradient_rows[k] = work.gradient.data() + k * work.padded;
        if (matrix.by_entry) work.by_entry.assign(matrix.input.size() * kernels::lanes, 0.0f);
        else std::fill_n(work.gradient.data(), matrix.live_inputs.size() * work.padded, 0.0f);
    }
    for (auto& layer : work_->layers) std::ranges::fill(layer.of_threshold, 0.0);
    double error = 0;
    total = 0;
    for (const auto t : tiles) {
        forward(blocks, t, settings.reach, Domain::guarded);
        error += error_of(blocks, t) + outside_penalty * outside(blocks.weight(t));
        total += blocks.total(t);
        if (!std::isfinite(error)) return error;
        backward(blocks, t, settings);
    }
    return error / total;
}

namespace {

// Right answers of a tile before the error overwrites the outputs; rows of weight 0 do not count.
double right_answers(ErrorKind kind, const float* outputs, std::size_t count, const float* code, const float* weight) {
    double right = 0;
    for (std::size_t r = 0; r < tile; ++r) {
        std::size_t said = kind == ErrorKind::logistic ? (outputs[r] > 0 ? 1 : 0) : 0;
        for (std::size_t k = 1; k < count; ++k)
            if (outputs[k * tile + r] > outputs[said * tile + r]) said = k;
        if (static_cast<float>(said) == code[r]) right += static_cast<double>(weight[r]);
    }
    return right;
}

}  // namespace

Judgement Trainer::judge(const Blocks& blocks, Domain domain) {
    rebuild(Reach::live);
    Judgement judgement;
    double total = 0;
    for (std::size_t t = 0; t < blocks.tiles(); ++t) {
        forward(blocks, t, Reach::live, domain);
        if (error_ == ErrorKind::softmax || error_ == ErrorKind::logistic)
            judgement.accuracy += right_answers(error_, work_->outputs.data(), layout_.shape().outputs, blocks.target(t), blocks.weight(t));
        judgement.error += error_of(blocks, t);
        total += blocks.total(t);
    }
    judgement.error /= total;
    judgement.accuracy /= total;
    return judgement;
}

std::optional<std::size_t> Trainer::input_behind(std::size_t m, std::size_t i) const {
    for (; m > 0; --m) {
        const auto& place = layout_.matrices()[m - 1];
        if (i >= layout_.shape().hidden[m - 1].unary.size()) return std::nullopt;
        std::size_t from = 0;
        while (from < place.inputs && hold(place.at(from, i)) != Hold::carrier) ++from;
        if (from == place.inputs) return std::nullopt;
        i = from;
    }
    return i;
}

double Trainer::error(const Blocks& blocks, std::span<const std::uint32_t> tiles) {
    rebuild(Reach::live);
    double sum = 0, total = 0;
    for (const auto t : tiles) {
        forward(blocks, t, Reach::live, Domain::guarded);
        sum += error_of(blocks, t) + outside_penalty * outside(blocks.weight(t));
        total += blocks.total(t);
    }
    return sum / total;
}

KindStates Trainer::kinds() const { return kind_states(layout_, state_.parameters.data()); }

std::size_t Trainer::live_weights() {
    rebuild(Reach::live);
    return compact_.entries();
}

}  // namespace balmer::neural
