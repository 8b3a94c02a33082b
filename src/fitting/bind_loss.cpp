#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "balmer/error.hpp"
#include "fitting/bound_rows.hpp"

namespace balmer {
namespace {

using fitting::BoundRows;

// What a loss can take.
struct LossKind {
    const char* name;
    bool takes_sigma;
    bool takes_negative_weights;
    std::unique_ptr<BoundLoss> (*make)(const LossOptions&, BoundRows, const Dataset&);
};

std::string name_of(const Column& column) { return column.name().empty() ? "the target" : fmt::format("'{}'", column.name()); }

// Highest class code + 1, after checking that the target holds class codes.
std::size_t count_classes(const std::string& loss, const BoundRows& rows, const Dataset& data) {
    if (rows.targets.size() != 1)
        throw Error(fmt::format("the loss {} needs one column of classes, not {} targets", loss, rows.targets.size()));
    const Column& target = rows.targets.front();
    double highest = 0;
    for (std::size_t i = 0; i < rows.rows; ++i) {
        const double code = target[i];
        if (!(code >= 0 && code == std::floor(code) && code < 1e6))
            throw Error(fmt::format("the loss {} needs classes, but {} holds {} in row {}; classes are coded 0, 1, 2, ... (is this a "
                                    "regression? then try mse or huber)", loss, name_of(target), code, i + 1));
        highest = std::max(highest, code);
    }
    const auto needed = static_cast<std::size_t>(highest) + 1;
    return std::max(needed, data.classes.size());
}

void need_two_classes(const std::string& loss, const BoundRows& rows, const Dataset& data) {
    const std::size_t classes = count_classes(loss, rows, data);
    if (classes > 2)
        throw Error(fmt::format("the loss {} is for two classes, but {} has {}; use softmax", loss, name_of(rows.targets.front()), classes));
}

std::unique_ptr<BoundLoss> bind_quantile(const LossOptions& options, BoundRows rows, const Dataset& data) {
    if (!(options.quantile > 0 && options.quantile < 1))
        throw Error(fmt::format("the quantile must lie between 0 and 1, not {}", options.quantile));
    return fitting::make_quantile(std::move(rows), data.sigma, options.quantile);
}

std::unique_ptr<BoundLoss> bind_huber(const LossOptions& options, BoundRows rows, const Dataset& data) {
    if (!(options.huber_delta > 0 && std::isfinite(options.huber_delta)))
        throw Error(fmt::format("huber's delta must be positive, not {}", options.huber_delta));
    return fitting::make_huber(std::move(rows), data.sigma, options.huber_delta);
}

std::unique_ptr<BoundLoss> bind_poisson(const LossOptions&, BoundRows rows, const Dataset&) {
    for (const Column& target : rows.targets)
        for (std::size_t i = 0; i < rows.rows; ++i)
            if (target[i] < 0)
                throw Error(fmt::format("the loss poisson needs counts, but {} holds {} in row {}; counts are 0 or more",
                                        name_of(target), target[i], i + 1));
    if (rows.targets.size() != 1) throw Error(fmt::format("the loss poisson takes one target, not {}", rows.targets.size()));
    return fitting::make_poisson(std::move(rows));
}

constexpr LossKind kinds[] = {
    {"mse", true, true, [](const LossOptions&, BoundRows rows, const Dataset& data) { return fitting::make_squared(std::move(rows), data.sigma); }},
    {"mae", true, false, [](const LossOptions&, BoundRows rows, const Dataset& data) { return fitting::make_absolute(std::move(rows), data.sigma); }},
    {"huber", true, false, bind_huber},
    {"log-cosh", true, false, [](const LossOptions&, BoundRows rows, const Dataset& data) { return fitting::make_log_cosh(std::move(rows), data.sigma); }},
    {"quantile", true, false, bind_quantile},
    {"logistic", false, true,
     [](const LossOptions&, BoundRows rows, const Dataset& data) {
         need_two_classes("logistic", rows, data);
         return fitting::make_logistic(std::move(rows));
     }},
    {"softmax", false, true,
     [](const LossOptions&, BoundRows rows, const Dataset& data) {
         const std::size_t classes = count_classes("softmax", rows, data);
         return fitting::make_softmax(std::move(rows), classes);
     }},
    {"poisson", false, true, bind_poisson},
    {"hinge", false, false,
     [](const LossOptions&, BoundRows rows, const Dataset& data) {
         need_two_classes("hinge", rows, data);
         return fitting::make_hinge(std::move(rows));
     }},
};

BoundRows bound_rows(const Dataset& data) {
    if (data.targets.empty()) throw Error("the data has no target column; name one with --target");
    BoundRows rows{.targets = data.targets, .weights = data.weights, .rows = data.targets.front().rows(), .weight_sum = 0};
    if (rows.rows == 0) throw Error("the data has no rows");
    if (!rows.weights) {
        rows.weight_sum = static_cast<double>(rows.rows);
        return rows;
    }
    for (const double w : rows.weights->values()) rows.weight_sum += w;
    if (!(rows.weight_sum > 0))
        throw Error({.file = data.source, .name = rows.weights->name()},
                    fmt::format("the weights sum to {}; their sum must be positive (single negative weights are allowed)", rows.weight_sum));
    return rows;
}

void check(const LossKind& kind, const Dataset& data) {
    if (data.sigma && !kind.takes_sigma)
        throw Error(fmt::format("the loss {} has no use for an uncertainty of the target (sigma); leave --sigma out, or use weights", kind.name));
    if (data.sigma)
        for (std::size_t i = 0; i < data.sigma->rows(); ++i)
            if (!((*data.sigma)[i] > 0))
                throw Error({.file = data.source, .name = data.sigma->name()},
                            fmt::format("an uncertainty must be positive, but row {} has {}", i + 1, (*data.sigma)[i]));
    if (!data.weights || kind.takes_negative_weights) return;
    for (std::size_t i = 0; i < data.weights->rows(); ++i)
        if ((*data.weights)[i] < 0)
            throw Error({.file = data.source, .name = data.weights->name()},
                        fmt::format("the loss {} cannot take negative weights, but row {} has {}; mse, logistic, softmax and poisson can",
                                    kind.name, i + 1, (*data.weights)[i]));
}

// A formula names the prediction or has something that no name has.
bool looks_like_formula(const std::string& name) {
    return name.find("prediction") != std::string::npos || name.find_first_of("+*/^()") != std::string::npos;
}

}  // namespace

std::vector<std::string> loss_names() {
    std::vector<std::string> names;
    for (const LossKind& kind : kinds) names.emplace_back(kind.name);
    return names;
}

std::unique_ptr<BoundLoss> bind_loss(const LossOptions& options, const Dataset& data) {
    const auto kind = std::ranges::find_if(kinds, [&](const LossKind& k) { return options.name == k.name; });
    if (kind != std::end(kinds)) {
        check(*kind, data);
        return kind->make(options, bound_rows(data), data);
    }
    if (looks_like_formula(options.name)) {
        check({"formula", true, true, nullptr}, data);
        return fitting::make_formula(options.name, bound_rows(data), data.sigma);
    }
    throw Error(fmt::format("unknown loss '{}'.{} Known losses: {}; or a formula in prediction and target, such as "
                            "\"abs(prediction - target)^1.5\"", options.name, suggest(options.name, loss_names()),
                            fmt::join(loss_names(), ", ")));
}

std::vector<const double*> feature_pointers(const Dataset& data) {
    std::vector<const double*> pointers;
    for (const Column& feature : data.features) pointers.push_back(feature.values().data());
    for (const CategoryColumn& category : data.categories) pointers.push_back(category.codes.values().data());
    return pointers;
}

}  // namespace balmer
