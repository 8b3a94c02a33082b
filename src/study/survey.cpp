#include "study/survey.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "search/enumerate/robust.hpp"
#include "search/enumerate/sample.hpp"
#include "search/median.hpp"
#include "search/residual_structure.hpp"

namespace balmer {
namespace {

using enumerate::linear_fit;
using enumerate::RobustFit;
using enumerate::robust_linear_fit;
using Matrix = std::vector<std::vector<double>>;

constexpr std::size_t most_rows = 1500, most_smooth_features = 30, most_terms = 90, rows_per_term = 8;
constexpr std::size_t fewest_rows = 40;

// Products of at most two columns, with the columns that each holds.
struct Terms {
    Matrix columns;
    std::vector<std::pair<std::size_t, std::size_t>> of;  ///< none is `nothing`
};
constexpr std::size_t nothing = ~std::size_t{0};

Terms quadratic_terms(const Matrix& ranks) {
    const std::size_t rows = ranks.front().size(), count = ranks.size();
    Terms terms{.columns = {std::vector<double>(rows, 1.0)}, .of = {{nothing, nothing}}};
    for (std::size_t i = 0; i < count; ++i) {
        terms.columns.push_back(ranks[i]);
        terms.of.emplace_back(i, nothing);
    }
    const std::size_t all = 1 + count + count * (count + 1) / 2;
    if (all > most_terms || rows_per_term * all > rows) return terms;
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = i; j < count; ++j) {
            auto product = ranks[i];
            for (std::size_t r = 0; r < rows; ++r) product[r] *= ranks[j][r];
            terms.columns.push_back(std::move(product));
            terms.of.emplace_back(i, j);
        }
    return terms;
}

double squares(const Matrix& columns, const std::vector<double>& coefficients, const std::vector<double>& y, const std::vector<double>& weight) {
    double sum = 0;
    for (std::size_t r = 0; r < y.size(); ++r) {
        double f = 0;
        for (std::size_t k = 0; k < columns.size(); ++k) f += coefficients[k] * columns[k][r];
        sum += weight[r] * (y[r] - f) * (y[r] - f);
    }
    return sum;
}

std::vector<double> left_by(const Matrix& columns, const std::vector<double>& coefficients, std::vector<double> y) {
    for (std::size_t r = 0; r < y.size(); ++r)
        for (std::size_t k = 0; k < columns.size(); ++k) y[r] -= coefficients[k] * columns[k][r];
    return y;
}

// Rows with equal columns differ by the noise alone: half the mean square of the differences of neighbours in their order.
double replicate_variance(const Matrix& columns, const std::vector<double>& y, std::size_t& pairs) {
    std::vector<std::size_t> order(y.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto key_less = [&](std::size_t a, std::size_t b) {
        for (const auto& c : columns)
            if (c[a] != c[b]) return c[a] < c[b];
        return a < b;
    };
    std::ranges::sort(order, key_less);
    double sum = 0;
    pairs = 0;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
        const bool equal = std::ranges::all_of(columns, [&](const auto& c) { return c[order[i]] == c[order[i + 1]]; });
        if (!equal) continue;
        const double d = y[order[i]] - y[order[i + 1]];
        sum += 0.5 * d * d;
        ++pairs;
        ++i;
    }
    return pairs > 0 ? sum / static_cast<double>(pairs) : 0;
}

// Rows far off, when they are few and a gap parts them from the others.
void find_wrong_rows(const std::vector<double>& residual, double scale, double share, Survey& found) {
    constexpr double far = 8, near = 4, most_share = 0.03, smooth_enough = 0.5;
    std::size_t beyond = 0, between = 0;
    for (const double r : residual) {
        beyond += std::fabs(r) > far * scale;
        between += std::fabs(r) > near * scale && std::fabs(r) <= far * scale;
    }
    const bool few = static_cast<double>(beyond) <= most_share * static_cast<double>(residual.size());
    if (beyond < 2 || !few || 2 * between > beyond || share > smooth_enough) return;
    found.wrong_rows = beyond;
    found.wrong_scale = scale;
}

void describe_columns(const Dataset& data, Survey& found) {
    for (std::size_t i = 0; i < data.features.size(); ++i) {
        const auto& feature = data.features[i];
        const auto values = feature.values();
        const auto [low, high] = std::ranges::minmax(values);
        if (std::ranges::all_of(values, [](double v) { return v == std::floor(v); })) found.whole.push_back(feature.name());
        if (low > 0) found.positive.push_back(feature.name());
        // As wide as a turn, and hardly beyond it.
        const double turn = 2 * std::numbers::pi;
        const bool inside = (low >= -std::numbers::pi && high <= std::numbers::pi) || (low >= 0 && high <= turn);
        if (inside && high - low > 0.97 * turn) found.angles.push_back(feature.name());
        for (std::size_t j = 0; j < i; ++j)
            if (std::ranges::equal(values, data.features[j].values())) found.identical.push_back(data.features[j].name() + " = " + feature.name());
    }
}

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 6;
    if (names.size() <= shown) return fmt::format("{}", fmt::join(names, ", "));
    return fmt::format("{}, ... ({} in all)", fmt::join(names.begin(), names.begin() + shown, ", "), names.size());
}

}  // namespace

Survey survey(const Problem& problem) {
    Survey found;
    describe_columns(problem.data, found);
    const std::size_t count = problem.data.features.size();
    const auto sample = enumerate::take_sample(problem.data, enumerate::choose_spread_rows(problem.data.rows(), most_rows, {}));
    const std::size_t rows = sample.size();
    if (rows < fewest_rows || count == 0 || count > most_smooth_features) return found;
    Matrix ranks;
    for (const auto& column : sample.columns) ranks.push_back(scaled_ranks(column));
    const auto& y = sample.target;
    double mean = 0, spread = 0;
    for (const double v : y) mean += v / static_cast<double>(rows);
    for (const double v : y) spread += (v - mean) * (v - mean);
    if (!(spread > 0) || !std::isfinite(spread)) return found;
    const Terms terms = quadratic_terms(ranks);
    const std::vector<double> weight(rows, 1.0);
    const RobustFit robust = robust_linear_fit(terms.columns, y, weight);
    const auto residual = left_by(terms.columns, robust.coefficients, y);
    const double all = std::sqrt(spread / static_cast<double>(rows));
    std::vector<double> sizes;
    for (const double v : y) sizes.push_back(v - mean);
    const double typical = 1.4826 * median_size(std::move(sizes));
    find_wrong_rows(residual, robust.scale, typical > 0 ? robust.scale / typical : 1, found);
    std::size_t pairs = 0;
    const double replicates = replicate_variance(sample.columns, y, pairs);
    found.from_replicates = pairs >= 10;
    found.noise = found.from_replicates ? std::sqrt(replicates) / all : std::min(1.0, robust.scale / all);
    // Without the terms of a column the fit is hardly worse: it seems not to matter.
    const double least = squares(terms.columns, robust.coefficients, y, robust.factor);
    const double free = static_cast<double>(rows - terms.columns.size());
    for (std::size_t f = 0; f < count && 2 * least < spread; ++f) {
        Matrix without;
        for (std::size_t k = 0; k < terms.columns.size(); ++k)
            if (terms.of[k].first != f && terms.of[k].second != f) without.push_back(terms.columns[k]);
        const double fewer = static_cast<double>(terms.columns.size() - without.size());
        const double more = squares(without, linear_fit(without, y, robust.factor), y, robust.factor);
        if ((more / least - 1) * free < fewer + 3 * std::sqrt(2 * fewer)) found.idle.push_back(problem.data.features[f].name());
    }
    return found;
}

void explain_plan(PreparedFit& prepared, const FitParameters& parameters) {
    Problem& problem = prepared.problem;
    if (problem.task != Task::regression || !parameters.form.empty()) return;
    const Survey found = survey(problem);
    std::string text = fmt::format("look at {} rows:", problem.data.rows());
    const auto add = [&](const char* words, const std::vector<std::string>& names) {
        if (!names.empty()) text += fmt::format(" {} {};", listed(names), words);
    };
    add("positive", found.positive);
    add("whole numbers", found.whole);
    add("as wide as a full turn", found.angles);
    add("(identical columns: only one is used)", found.identical);
    add("without visible influence", found.idle);
    if (found.noise > 0)
        text += fmt::format(" noise {} {:.2g} % of the target's spread;", found.from_replicates ? "(from repeated rows) about" : "at most", 100 * found.noise);
    if (found.wrong_rows > 0) {
        text += fmt::format(" about {} of {} rows lie far off a smooth fit of all others", found.wrong_rows, std::min(problem.data.rows(), most_rows));
        if (parameters.loss.empty() && !problem.data.sigma) {
            problem.loss = {.name = "huber", .huber_delta = 1.345 * found.wrong_scale};
            text += fmt::format(", so errors beyond {:.3g} count by their size, not its square (--loss mse counts them fully)", problem.loss.huber_delta);
        }
        text += ";";
    }
    const bool automatic = std::ranges::find(parameters.method, "auto") != parameters.method.end();
    if (automatic && problem.data.sigma)
        text += " formulas that the stated uncertainties may cover come first, then small formulas by value, smaller problems where the data are exact, and evolution on what is left;";
    else if (automatic)
        text += " small formulas by value come first, then smaller problems where the data are exact, formulas that noise may cover, and evolution on what is left;";
    const auto held = hold_out(problem).held;
    if (held && !problem.validation) text += fmt::format(" {} rows are kept from every stage, for the verdict;", held->rows());
    text.back() = '.';
    prepared.notes.push_back(std::move(text));
}

}  // namespace balmer
