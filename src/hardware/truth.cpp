#include "hardware/truth.hpp"

namespace balmer {

std::vector<std::uint32_t> labels_in(const Table& table, const Model& model) {
    for (const auto& column : table.text)
        if (column.categories == model.classes) return column.codes;
    return {};
}

std::vector<std::vector<double>> targets_in(const Table& table, const Model& model) {
    std::vector<std::vector<double>> targets;
    for (const auto& output : model.outputs) {
        const auto column = table.find_numeric(output.name);
        if (!column) return {};
        const auto values = table.numeric[*column].values();
        targets.emplace_back(values.begin(), values.end());
    }
    return targets;
}

void hold_to_data(Judge& judge, const Model& model, const Table& table) {
    if (judge.classifies) {
        auto labels = model.task == Task::classification ? labels_in(table, model) : std::vector<std::uint32_t>();
        if (labels.empty()) return;
        judge.unavoidable = 1 - share_equal(judge.winners, labels);
        judge.winners = std::move(labels);
        return;
    }
    auto targets = targets_in(table, model);
    if (targets.empty()) return;
    const auto predicted = std::exchange(judge.scores, std::move(targets));
    judge.unavoidable = judge.compare(predicted).error;
}

}  // namespace balmer
