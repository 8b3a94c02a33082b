// What a checkpoint keeps of a trial.
#include <algorithm>

#include "balmer/error.hpp"
#include "search/neural/trial.hpp"

namespace balmer::neural {
namespace {

void write_shape(ByteWriter& writer, const Shape& shape) {
    writer.u64(shape.inputs);
    writer.u64(shape.outputs);
    writer.u64(shape.hidden.size());
    for (const auto& layer : shape.hidden)
        for (const auto* nodes : {&layer.unary, &layer.binary}) {
            writer.u64(nodes->size());
            for (const auto& node : *nodes) {
                writer.i64(static_cast<int>(node.op));
                writer.i64(node.definition);
            }
        }
}

Shape read_shape(ByteReader& reader) {
    Shape shape;
    shape.inputs = reader.u64();
    shape.outputs = reader.u64();
    shape.hidden.resize(reader.u64());
    for (auto& layer : shape.hidden)
        for (auto* nodes : {&layer.unary, &layer.binary}) {
            nodes->resize(reader.u64());
            for (auto& node : *nodes) {
                node.op = static_cast<Op>(reader.i64());
                node.definition = static_cast<std::int32_t>(reader.i64());
            }
        }
    return shape;
}

}  // namespace

void Trial::write(ByteWriter& writer) const {
    const auto floats = [&](const std::vector<float>& values) {
        writer.u64(values.size());
        writer.text({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
    };
    const auto state = [&](const TrainerState& s) {
        floats(s.parameters);
        floats(s.first);
        floats(s.second);
        writer.f64(s.beta1_power);
        writer.f64(s.beta2_power);
        writer.u64(s.steps);
        writer.text({reinterpret_cast<const char*>(s.holds.data()), s.holds.size()});
    };
    writer.i64(is_expanded_ ? 1 : 0);
    if (is_expanded_) write_shape(writer, trainer_->layout().shape());
    state(trainer_->state());
    state(good_);
    writer.u64(ways_.size());
    for (const auto& way : ways_) {
        state(way.state);
        writer.f64(way.size);
        writer.f64(way.error);
        writer.i64(way.has_ended ? 1 : 0);
        writer.i64(way.is_copy ? 1 : 0);
    }
    writer.u64(best_parameters_.size());
    floats(best_parameters_);
    writer.u64(way_);
    writer.f64(level_);
    for (const int value : {static_cast<int>(phase_), epoch_, phase_epoch_, since_best_, restarts_, diverged_ ? 1 : 0})
        writer.i64(value);
    for (const double value : {rate_factor_, best_error_, size_, last_.error, last_.accuracy}) writer.f64(value);
    writer.u64(front_.size());
    for (const auto& member : front_) writer.candidate(member);
    writer.u64(curve_.size());
    for (const auto& point : curve_) {
        writer.i64(point.epoch);
        writer.text(point.phase);
        for (const double value : {point.training_error, point.error, point.accuracy, point.sparsity.weight, point.sparsity.input, point.sparsity.unary, point.sparsity.binary, point.size})
            writer.f64(value);
    }
}

void Trial::read(ByteReader& reader) {
    const auto floats = [&](std::vector<float>& values) {
        const std::size_t count = reader.u64();
        const auto bytes = reader.text();
        if (count != values.size() || bytes.size() != count * sizeof(float)) throw Error("the checkpoint holds a network of another shape");
        std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(values.data()));
    };
    const auto state = [&](TrainerState& s) {
        floats(s.parameters);
        floats(s.first);
        floats(s.second);
        s.beta1_power = reader.f64();
        s.beta2_power = reader.f64();
        s.steps = reader.u64();
        const auto holds = reader.text();
        s.holds.resize(holds.size());
        std::copy_n(holds.data(), holds.size(), reinterpret_cast<char*>(s.holds.data()));
    };
    if (reader.i64() != 0) rebuild(read_shape(reader));
    state(trainer_->state());
    state(good_);
    ways_.assign(reader.u64(), {.state = good_});
    for (auto& way : ways_) {
        state(way.state);
        way.size = reader.f64();
        way.error = reader.f64();
        way.has_ended = reader.i64() != 0;
        way.is_copy = reader.i64() != 0;
    }
    best_parameters_.resize(reader.u64());
    floats(best_parameters_);
    way_ = reader.u64();
    level_ = reader.f64();
    phase_ = static_cast<Phase>(reader.i64());
    for (int* value : {&epoch_, &phase_epoch_, &since_best_, &restarts_})
        *value = static_cast<int>(reader.i64());
    diverged_ = reader.i64() != 0;
    for (double* value : {&rate_factor_, &best_error_, &size_, &last_.error, &last_.accuracy}) *value = reader.f64();
    first_size_ = size_;
    front_.resize(reader.u64());
    for (auto& member : front_) member = reader.candidate();
    curve_.resize(reader.u64());
    for (auto& point : curve_) {
        point.trial = static_cast<int>(index_);
        point.epoch = static_cast<int>(reader.i64());
        point.phase = reader.text();
        for (double* value : {&point.training_error, &point.error, &point.accuracy, &point.sparsity.weight, &point.sparsity.input, &point.sparsity.unary, &point.sparsity.binary, &point.size})
            *value = reader.f64();
    }
}

}  // namespace balmer::neural
