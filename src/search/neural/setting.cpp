#include "search/neural/setting.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "balmer/error.hpp"
#include "balmer/split.hpp"
#include "search/neural/kernels.hpp"
#include "search/neural/screening.hpp"

namespace balmer::neural {
namespace {

constexpr std::size_t most_monitor_rows = 20'000;
constexpr double monitor_share = 0.15;        // held back where the problem names no validation rows
constexpr std::size_t fewest_rows_to_split = 200;
constexpr std::size_t rows_per_input = 50;    // weights of an input, roughly: with fewer rows a network can learn them by heart
constexpr std::size_t named_products = 8;

void check_options(const NeuralOptions& options) {
    const auto check = [](bool holds, const char* flag, const std::string& given, const char* allowed) {
        if (!holds) throw Error({.name = flag}, fmt::format("{} is out of range; allowed: {}", given, allowed));
    };
    check(options.trials >= 1 && options.trials <= 100'000, "--trials", std::to_string(options.trials), "1 to 100000");
    check(options.eql_penalty >= 0, "--eql-penalty", fmt::format("{}", options.eql_penalty), "> 0; 0: drawn");
    check(options.eql_threshold >= 0, "--eql-threshold", fmt::format("{}", options.eql_threshold), "> 0; 0: drawn");
    check(options.epochs >= 1, "--epochs", std::to_string(options.epochs), "at least 1");
    check(options.layers >= 0 && options.layers <= 4, "--layers", std::to_string(options.layers), "1 to 4; 0: drawn");
    check(options.unary >= -1 && options.unary <= 1000, "--unary", std::to_string(options.unary), "0 to 1000; -1: drawn");
    check(options.binary >= -1 && options.binary <= 1000, "--binary", std::to_string(options.binary), "0 to 1000; -1: drawn");
    check(options.learning_rate >= 0, "--learning-rate", fmt::format("{}", options.learning_rate), "> 0; 0: drawn");
    check(options.batch >= 0, "--batch", std::to_string(options.batch), "rows of a mini-batch; 0: by the number of rows");
    check(options.revival >= 1, "--revival", std::to_string(options.revival), "at least 1");
    check(options.warm_up >= 0 && options.warm_up <= 1, "--warm-up", fmt::format("{}", options.warm_up), "0 to 1");
    check(options.clip > 0, "--clip", fmt::format("{}", options.clip), "> 0");
    check(options.shrink_epochs >= 0, "--shrink-epochs", std::to_string(options.shrink_epochs), "at least 0");
    check(options.sparsity.empty() || options.sparsity.size() == threshold_kinds, "--targets-sparsity", fmt::format("a list of {}", options.sparsity.size()),
          "four numbers for weights, inputs, unary and binary operators, such as .9,.75,.6,.4");
    for (const double s : options.sparsity) check(s >= 0 && s < 1, "--targets-sparsity", fmt::format("{}", s), "shares in [0, 1): 1 would prune everything");
}

}  // namespace

Setting::Setting(const Problem& problem, const NeuralOptions& options, std::uint64_t seed)
    : problem_(&problem),
      options_(options),
      seed_(seed),
      scorer_(problem),
      palette_(make_palette(problem.operators, problem.definitions)),
      piece_costs_(problem.complexity, palette_) {
    check_options(options_);
    if (!palette_.left_out.empty())
        notes_.push_back(fmt::format("neural: left out {}, not defined for all numbers", fmt::join(palette_.left_out, " ")));
    if (problem.units != UnitRule::ignored)
        notes_.push_back("neural: networks add columns whatever their units; only what is consistent in them is kept. Where nothing is, try --unit-constants any or another --method");
    choose_error();
    const RandomStream random(seed_, 0, 0, 1);
    choose_rows_for_training(random);
    choose_inputs(random.split(3));
    choose_scaling();
    make_blocks(random);
}

int Setting::complexity_limit() const {
    return problem_->constraints.maximum_complexity * static_cast<int>(problem_->outputs());
}

void Setting::choose_error() {
    const auto& name = problem_->loss.name;
    if (name == "softmax") error_ = ErrorKind::softmax;
    else if (name == "logistic") error_ = ErrorKind::logistic;
    else if (name == "mse" && problem_->task == Task::regression) error_ = options_.over_outputs == ErrorOverOutputs::sum ? ErrorKind::summed_squared : ErrorKind::mean_squared;
    else
        throw Error({.name = "--loss"}, fmt::format("a symbolic network trains with mse (numbers), logistic or softmax (classes), not with '{}'. "
                                                    "Use one of these, or --method genetic", name));
}

void Setting::choose_rows_for_training(const RandomStream& random) {
    const auto& data = problem_->data;
    training_rows_.resize(data.rows());
    std::iota(training_rows_.begin(), training_rows_.end(), std::size_t{0});
    if (problem_->validation) {
        monitor_rows_ = choose_rows(problem_->validation->rows(), most_monitor_rows, random.split(1));
    } else if (data.rows() >= fewest_rows_to_split) {
        auto parts = split_rows(data, std::min(monitor_share, static_cast<double>(most_monitor_rows) / static_cast<double>(data.rows())), random.split(1));
        training_rows_ = std::move(parts.training);
        monitor_rows_ = std::move(parts.held_out);
    } else {
        monitor_rows_ = training_rows_;
    }
}

// Columns that show nothing are left out only where a network could learn the rows by heart.
void Setting::choose_inputs(RandomStream random) {
    const auto& data = problem_->data;
    scaling_.column.resize(data.features.size());
    std::iota(scaling_.column.begin(), scaling_.column.end(), std::size_t{0});
    if (options_.screening == InputScreening::none) return;
    const auto found = screen(data, training_rows_, random);
    if (!found.inputs.empty() && training_rows_.size() < rows_per_input * data.features.size()) scaling_.column = found.inputs;
    const auto name = [&](std::size_t column) { return data.features[column].name(); };
    std::string named;
    for (const auto& product : found.products) {
        std::array<std::size_t, 2> inputs{};
        for (std::size_t side = 0; side < 2; ++side)
            inputs[side] = static_cast<std::size_t>(std::ranges::lower_bound(scaling_.column, product[side]) - scaling_.column.begin());
        products_.push_back(inputs);
        if (products_.size() <= named_products) named += fmt::format(" {}*{}", name(product[0]), name(product[1]));
    }
    if (inputs() < data.features.size())
        notes_.push_back(fmt::format("neural: {} of {} columns show something in {} rows and are inputs; --screening none takes all", inputs(), data.features.size(), found.rows));
    if (!named.empty()) notes_.push_back("neural: products that show before training:" + named + (products_.size() > named_products ? " ..." : ""));
}

double Setting::share_of_columns(double share_of_inputs) const {
    return 1 - (1 - share_of_inputs) * static_cast<double>(inputs()) / static_cast<double>(problem_->data.features.size());
}
double Setting::share_of_inputs(double share_of_columns) const {
    return std::max(0.0, 1 - (1 - share_of_columns) * static_cast<double>(problem_->data.features.size()) / static_cast<double>(inputs()));
}

ColumnScale Setting::input_scale(std::size_t i) const {
    const auto scale = scale_of(problem_->data.features[scaling_.column[i]].values());
    return {.mean = (scale.mean - scaling_.shift[i]) * scaling_.scale[i], .deviation = scale.deviation * scaling_.scale[i]};
}

void Setting::choose_scaling() {
    std::vector<ColumnScale> scales;
    double largest = 0;
    bool pixels = true, standard = true;
    for (const auto column : scaling_.column) {
        const auto values = problem_->data.features[column].values();
        scales.push_back(scale_of(values));
        const auto [low, high] = std::ranges::minmax(values);
        largest = std::max({largest, std::fabs(low), std::fabs(high)});
        pixels &= low >= 0 && high <= 255;
        standard &= std::fabs(scales.back().mean) < 0.5 && scales.back().deviation > 0.3 && scales.back().deviation < 3;
    }
    auto how = options_.scaling;
    constexpr std::size_t fewest_pixels = 64;
    if (how == InputScaling::automatic)
        how = standard ? InputScaling::none : pixels && problem_->data.features.size() >= fewest_pixels ? InputScaling::range : InputScaling::standard;
    for (const auto& scale : scales) {
        scaling_.shift.push_back(how == InputScaling::standard ? scale.mean : 0);
        scaling_.scale.push_back(how == InputScaling::standard ? 1 / scale.deviation : how == InputScaling::range && largest > 0 ? 1 / largest : 1);
    }
    if (problem_->task == Task::classification) return;
    for (const auto& target : problem_->data.targets) {
        const auto scale = scale_of(target.values());
        scaling_.target_shift.push_back(scale.mean);
        scaling_.target_scale.push_back(scale.deviation);
    }
}

void Setting::make_blocks(const RandomStream& random) {
    const auto view_of = [&](const Dataset& data, std::vector<double>& weights) {
        RowView view{.inputs = {}, .targets = {}, .shift = scaling_.shift, .scale = scaling_.scale, .target_shift = scaling_.target_shift, .target_scale = scaling_.target_scale};
        for (const auto column : scaling_.column) view.inputs.push_back(data.features[column].values().data());
        for (const auto& target : data.targets) view.targets.push_back(target.values().data());
        if (data.weights || data.sigma) {
            weights.resize(data.rows());
            for (std::size_t r = 0; r < weights.size(); ++r)
                weights[r] = (data.weights ? (*data.weights)[r] : 1) / (data.sigma ? (*data.sigma)[r] * (*data.sigma)[r] : 1);
            // Steps of training are told in units of the mean weight.
            const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
            for (auto& w : weights) w /= mean;
            view.weights = weights.data();
        }
        return view;
    };
    std::vector<double> weights, of_validation;
    const auto view = view_of(problem_->data, weights);
    monitor_ = problem_->validation ? std::make_unique<Blocks>(view_of(*problem_->validation, of_validation), monitor_rows_) : std::make_unique<Blocks>(view, monitor_rows_);
    auto shuffle = random.split(2);
    auto& training = training_rows_;
    for (std::size_t i = training.size(); i > 1; --i) std::swap(training[i - 1], training[shuffle.below(i)]);
    training_ = std::make_unique<Blocks>(view, training);
    const double rows = static_cast<double>(training.size());
    constexpr double largest_batch = 1024, batches_per_epoch = 30;
    const double batch = options_.batch > 0 ? static_cast<double>(options_.batch) : std::clamp(rows / batches_per_epoch, 64.0, inputs() > 200 ? 256.0 : largest_batch);
    tiles_per_batch_ = std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(batch / static_cast<double>(kernels::tile))), 1, training_->tiles());
}

namespace {

// Halton's sequence in the base of the dimension's prime: any stretch of it fills the ranges evenly.
double halton(std::size_t index, std::size_t dimension) {
    static constexpr std::size_t primes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29};
    const std::size_t base = primes[dimension];
    double value = 0, part = 1;
    for (std::size_t n = index; n > 0; n /= base) {
        part /= static_cast<double>(base);
        value += part * static_cast<double>(n % base);
    }
    return value;
}

struct Range {
    double low, high;
};
// Ranges of arXiv 2401.09949 for few inputs (jets), images of about a thousand pixels (MNIST), and more (SVHN).
struct Ranges {
    Range unary, binary, weight, input, operators;
    int most_layers;
};
constexpr Ranges few{{2, 30}, {2, 30}, {.6, .99}, {.4, .9}, {.2, .5}, 2};
constexpr Ranges images{{2, 20}, {2, 20}, {.7, .999}, {.6, .99}, {.2, .5}, 1};
constexpr Ranges many{{2, 20}, {2, 10}, {.8, .999}, {.8, .999}, {.2, .5}, 1};

}  // namespace

TrialPlan plan_trial(const Setting& setting, std::size_t index) {
    const auto& options = setting.options();
    const std::size_t inputs = setting.inputs();
    const Ranges& ranges = inputs <= 64 ? few : inputs <= 1500 ? images : many;
    // A random shift per seed keeps the sequence even and makes seeds differ.
    RandomStream shift(setting.seed(), 1, 0, 0);
    std::size_t dimension = 0;
    const auto draw = [&](Range range) {
        double at = halton(index + 1, dimension++) + shift.uniform();
        at -= std::floor(at);
        return range.low + at * (range.high - range.low);
    };
    TrialPlan plan;
    // Shrinking takes operators away: where it follows, networks start with the larger half of the range.
    const bool is_shrunk = options.shrink_epochs > 0;
    const auto upper = [&](Range range) { return is_shrunk ? Range{0.5 * (range.low + range.high), range.high} : range; };
    const double u = draw(upper(ranges.unary)), b = draw(upper(ranges.binary));
    const double layers = draw({1, static_cast<double>(ranges.most_layers) + 1 - 1e-9});
    plan.targets = {.weight = draw(ranges.weight), .input = draw(ranges.input), .unary = draw(ranges.operators), .binary = draw(ranges.operators)};
    // Shrinking removes with more care than thresholds do: where it follows, training leaves it the better half of the work.
    constexpr double share_before_shrinking = 0.5;
    if (is_shrunk)
        for (double* target : {&plan.targets.weight, &plan.targets.input, &plan.targets.unary, &plan.targets.binary}) *target *= share_before_shrinking;
    const double rate = draw({std::log(1e-3), std::log(8e-3)});
    const double penalty = draw({std::log(1e-4), std::log(1e-1)}), threshold = draw({std::log(1e-4), std::log(1e-1)});
    if (options.sparsity.size() == threshold_kinds) plan.targets = {options.sparsity[0], options.sparsity[1], options.sparsity[2], options.sparsity[3]};
    plan.rate = options.learning_rate > 0 ? options.learning_rate : std::exp(rate);
    plan.eql_penalty = options.eql_penalty > 0 ? options.eql_penalty : std::exp(penalty);
    plan.eql_threshold = options.eql_threshold > 0 ? options.eql_threshold : std::exp(threshold);
    const auto& palette = setting.palette();
    LayerShape layer;
    const auto deal = [](std::vector<NodeOperator>& to, const std::vector<NodeOperator>& from, int given, double drawn) {
        const std::size_t count = given >= 0 ? static_cast<std::size_t>(given) : static_cast<std::size_t>(std::lround(drawn));
        for (std::size_t k = 0; k < count && !from.empty(); ++k) to.push_back(from[k % from.size()]);
    };
    deal(layer.unary, palette.unary, options.unary, u);
    deal(layer.binary, palette.binary, options.binary, b);
    if (layer.nodes() == 0)
        throw Error({.name = "--unary"}, "a layer needs at least one operator; with these operators and --unary, --binary it has none");
    const std::size_t depth = static_cast<std::size_t>(options.layers > 0 ? options.layers : static_cast<int>(layers));
    plan.shape = {.inputs = inputs, .outputs = setting.problem().outputs(), .hidden = std::vector<LayerShape>(std::max<std::size_t>(1, depth), layer)};
    return plan;
}

}  // namespace balmer::neural
