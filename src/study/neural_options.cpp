#include <array>
#include <string_view>

#include <fmt/format.h>

#include "balmer/error.hpp"
#include "balmer/number.hpp"
#include "balmer/study.hpp"

namespace balmer {
namespace {

template <class Value, std::size_t count>
Value choice(const char* flag, const std::string& given, const std::array<std::pair<std::string_view, Value>, count>& known) {
    std::vector<std::string> names;
    for (const auto& [name, value] : known) {
        if (name == given) return value;
        names.emplace_back(name);
    }
    throw Error({.name = flag}, fmt::format("unknown value '{}'.{} Allowed: {}", given, suggest(given, names), fmt::join(names, ", ")));
}

}  // namespace

NeuralOptions neural_options(const FitParameters& parameters) {
    NeuralOptions options;
    options.network = choice<NetworkMethod, 2>("--network", parameters.network, {{{"symbolnet", NetworkMethod::symbolnet}, {"eql", NetworkMethod::eql}}});
    options.scaling = choice<InputScaling, 4>("--scale-inputs", parameters.scale_inputs,
                                              {{{"auto", InputScaling::automatic}, {"none", InputScaling::none}, {"standard", InputScaling::standard}, {"range", InputScaling::range}}});
    options.screening = choice<InputScreening, 2>("--screening", parameters.screening, {{{"auto", InputScreening::automatic}, {"none", InputScreening::none}}});
    options.schedule = choice<RateSchedule, 2>("--schedule", parameters.schedule, {{{"cosine", RateSchedule::cosine}, {"constant", RateSchedule::constant}}});
    options.over_outputs = choice<ErrorOverOutputs, 2>("--error-over-outputs", parameters.error_over_outputs, {{{"mean", ErrorOverOutputs::mean}, {"sum", ErrorOverOutputs::sum}}});
    for (const auto& text : parameters.targets_sparsity) {
        const auto share = parse_double(text);
        if (!share) throw Error({.name = "--targets-sparsity"}, "'" + text + "' is no number; four shares in [0, 1) are needed, such as .9,.75,.6,.4");
        options.sparsity.push_back(*share);
    }
    options.trials = static_cast<int>(parameters.trials);
    options.epochs = static_cast<int>(parameters.epochs);
    options.layers = static_cast<int>(parameters.layers);
    options.unary = static_cast<int>(parameters.unary);
    options.binary = static_cast<int>(parameters.binary);
    options.learning_rate = parameters.learning_rate;
    options.batch = parameters.batch;
    options.patience = static_cast<int>(parameters.patience);
    options.warm_up = parameters.warm_up;
    options.clip = parameters.clip;
    options.revival = static_cast<int>(parameters.revival);
    options.shrink_epochs = static_cast<int>(parameters.shrink_epochs);
    options.eql_penalty = parameters.eql_penalty;
    options.eql_threshold = parameters.eql_threshold;
    return options;
}

}  // namespace balmer
