#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "balmer/dataset_roles.hpp"
#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/lut_complexity.hpp"
#include "balmer/number.hpp"
#include "balmer/readers.hpp"
#include "balmer/split.hpp"
#include "balmer/study.hpp"
#include "balmer/units.hpp"
#include "search/constraints.hpp"

namespace balmer {
namespace {

constexpr std::string_view default_operators = "+ - * / square sqrt exp log sin cos";
// Networks need operators that are smooth and defined for all numbers.
constexpr std::string_view default_neural_operators = "+ - * / square sqrt exp log sin cos tanh gauss";
constexpr std::string_view sigma_column = "(sigma)";

// What is wrong inside a flag's text names the flag.
template <class Read>
auto in_flag(const char* flag, Read&& read) {
    try {
        return read();
    } catch (const Error& error) {
        if (!error.place().name.empty() || !error.place().file.empty()) throw;
        throw Error({.name = flag}, error.message());
    }
}

Vocabulary column_vocabulary(const Table& table) {
    Vocabulary vocabulary;
    for (const auto& column : table.numeric) vocabulary.features.push_back(column.name());
    return vocabulary;
}

// The name of a column or a formula of columns: the formula's values become a column of their own.
std::string resolve_sigma(const std::string& sigma, Table& table) {
    if (sigma.empty() || table.find_numeric(sigma)) return sigma;
    const Expression formula = in_flag("--sigma", [&] { return parse(sigma, column_vocabulary(table)); });
    std::vector<const double*> pointers;
    for (const auto& column : table.numeric) pointers.push_back(column.values().data());
    std::vector<double> values(table.rows);
    double* const out[] = {values.data()};
    evaluate(Program(formula), formula.values, Columns<double>{.column = pointers, .rows = table.rows}, out);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!(values[i] > 0) || !std::isfinite(values[i]))
            throw Error({.name = "--sigma"}, fmt::format("\"{}\" is {} in row {} of {}; a standard deviation is a finite number > 0", sigma,
                                                         format_double(values[i]), i + 1, table.source));
    table.numeric.emplace_back(std::string(sigma_column), std::move(values));
    table.order.emplace_back(sigma_column);
    return std::string(sigma_column);
}

std::map<std::string, std::string> read_units(const std::string& text) {
    std::map<std::string, std::string> units;
    if (text.empty()) return units;
    if (text.find('=') == std::string::npos) {
        const Table table = read_table(text);
        const auto names = table.find_text("name");
        const auto column = table.find_text("unit");
        if (!names || !column) throw Error({.file = text}, "a table of units has the columns name and unit");
        const auto& name = table.text[*names];
        const auto& unit = table.text[*column];
        for (std::size_t i = 0; i < table.rows; ++i) units[name.categories[name.codes[i]]] = unit.categories[unit.codes[i]];
    } else {
        std::istringstream items(text);
        for (std::string item; std::getline(items, item, ',');) {
            const auto equals = item.find('=');
            if (equals == std::string::npos) throw Error({.name = "--units"}, "'" + item + "' has no '='. Write them as \"m=kg,v=m/s\"");
            const auto trimmed = [](std::string s) {
                s.erase(0, s.find_first_not_of(' '));
                s.erase(s.find_last_not_of(' ') + 1);
                return s;
            };
            units[trimmed(item.substr(0, equals))] = trimmed(item.substr(equals + 1));
        }
    }
    for (const auto& [name, unit] : units) {
        try {
            (void)parse_unit(unit);
        } catch (const Error& error) {
            throw Error({.name = "--units"}, fmt::format("column {}: {}", name, error.message()));
        }
    }
    return units;
}

UnitRule unit_rule(const FitParameters& parameters, const Dataset& data) {
    const std::string known[] = {"dimensionless", "any"};
    if (std::ranges::find(known, parameters.unit_constants) == std::end(known))
        throw Error({.name = "--unit-constants"}, "unknown choice '" + parameters.unit_constants + "'." + suggest(parameters.unit_constants, known) + " Allowed: dimensionless, any");
    const auto has_unit = [](const Column& column) { return !column.unit().empty(); };
    if (std::ranges::none_of(data.features, has_unit) && std::ranges::none_of(data.targets, has_unit)) return UnitRule::ignored;
    return parameters.unit_constants == "any" ? UnitRule::constants_any : UnitRule::constants_dimensionless;
}

// Pure numbers cannot make a unit that the columns do not hold.
void check_target_units(PreparedFit& prepared) {
    const auto& data = prepared.problem.data;
    if (prepared.problem.units == UnitRule::ignored) return;
    std::vector<Unit> units;
    std::vector<std::string> known, unknown;
    for (const auto& feature : data.features) {
        units.push_back(feature.unit().empty() ? Unit{} : parse_unit(feature.unit()));
        if (feature.unit().empty()) unknown.push_back(feature.name());
        else known.push_back(fmt::format("{} [{}]", feature.name(), feature.unit()));
    }
    if (!unknown.empty()) prepared.notes.push_back(fmt::format("No unit is given for {}: taken for pure numbers.", fmt::join(unknown, ", ")));
    if (prepared.problem.units != UnitRule::constants_dimensionless) return;
    const UnitBasis basis(units);
    for (const auto& target : data.targets) {
        if (target.unit().empty()) {
            prepared.notes.push_back(fmt::format("No unit is given for {}: formulas for it may have any.", target.name()));
            continue;
        }
        const Unit wanted = parse_unit(target.unit());
        if (basis.exponents(wanted)) continue;
        const auto missing = missing_base_units(units, wanted);
        const std::string why = missing.empty() ? "no product of powers of the columns has it"
                                                : fmt::format("no column holds {}", fmt::join(missing, " or "));
        throw Error({.name = "--units"}, fmt::format("{} has the unit {} ({} in base units), which pure numbers and the columns cannot make: {}. Columns: {}. "
                                                     "Add the missing column or constant, correct a unit, or allow numbers with units: --unit-constants any",
                                                     target.name(), target.unit(), wanted.text(), why, fmt::join(known, ", ")));
    }
}

TaskChoice task_named(const std::string& name) {
    if (name == "auto") return TaskChoice::automatic;
    if (name == "regression") return TaskChoice::regression;
    if (name == "classification") return TaskChoice::classification;
    const std::string known[] = {"auto", "regression", "classification"};
    throw Error({.name = "--task"}, "unknown task '" + name + "'." + suggest(name, known) + " Allowed: auto, regression, classification");
}

std::vector<Op> operators_named(const std::string& text, const std::vector<Definition>& definitions) {
    std::string words = text.empty() ? std::string(default_operators) : text;
    std::ranges::replace(words, ',', ' ');
    std::vector<Op> operators;
    std::istringstream stream(words);
    for (std::string word; stream >> word;) {
        const auto is_own = [&](const Definition& d) { return d.name == word; };
        if (std::ranges::any_of(definitions, is_own)) continue;  // every definition is allowed anyway
        const auto op = find_operator(word);
        if (!op) {
            std::vector<std::string> known;
            for (const auto& row : operator_table())
                if (row.arity > 0 && row.op != Op::integer_power && row.op != Op::negate) known.emplace_back(row.name);
            throw Error({.name = "--operators"}, "unknown operator '" + word + "'." + suggest(word, known) + " Known: " +
                                                     fmt::format("{}", fmt::join(known, " ")) + ". Your own: --define \"" + word + "(x) = ...\"");
        }
        if (std::ranges::find(operators, *op) == operators.end()) operators.push_back(*op);
    }
    if (operators.empty() && definitions.empty())
        throw Error({.name = "--operators"}, "no operators given. Use for example \"+ - * / sqrt exp\"");
    return operators;
}

LossOptions loss_options(const FitParameters& parameters, const Dataset& data) {
    LossOptions options{.name = parameters.loss, .huber_delta = parameters.huber_delta, .quantile = parameters.quantile};
    if (options.name.empty()) options.name = data.classes.empty() ? "mse" : data.classes.size() == 2 ? "logistic" : "softmax";
    return options;
}

void check_ranges(const FitParameters& parameters) {
    const auto check = [](bool holds, const char* name, const std::string& given, const char* allowed) {
        if (!holds) throw Error({.name = name}, fmt::format("{} is out of range; allowed: {}", given, allowed));
    };
    check(parameters.maximum_complexity >= 1 && parameters.maximum_complexity <= 1000, "--maximum-complexity",
          std::to_string(parameters.maximum_complexity), "1 to 1000");
    check(parameters.maximum_depth >= 1 && parameters.maximum_depth <= 100, "--maximum-depth", std::to_string(parameters.maximum_depth), "1 to 100");
    check(parameters.seconds > 0, "--seconds", format_double(parameters.seconds), "a number > 0");
    check(parameters.evaluations >= 0, "--evaluations", format_double(parameters.evaluations), "a number > 0, or 0 for no limit");
    check(parameters.threads >= 0 && parameters.threads <= 1024, "--threads", std::to_string(parameters.threads), "0 (all) to 1024");
    check(parameters.seed >= 0, "--seed", std::to_string(parameters.seed), "a whole number >= 0");
    check(parameters.huber_delta > 0, "--huber-delta", format_double(parameters.huber_delta), "a number > 0");
    check(parameters.quantile > 0 && parameters.quantile < 1, "--quantile", format_double(parameters.quantile), "between 0 and 1");
}

// The same rows in terms of the categories that the fit knows.
CategoryColumn with_labels_of(const CategoryAxis& known, const CategoryColumn& given, const std::string& file) {
    std::vector<double> codes;
    for (const double code : given.codes.values()) {
        const std::string& label = given.axis.labels[static_cast<std::size_t>(code)];
        const auto at = std::ranges::find(known.labels, label);
        if (at == known.labels.end())
            throw Error({.file = file, .name = known.name}, "the category '" + label + "' is not among those that are fitted." + suggest(label, known.labels));
        codes.push_back(static_cast<double>(at - known.labels.begin()));
    }
    return {known, Column(known.name, std::move(codes))};
}

// A category without rows has a value that no data speak of.
void check_categories(const Dataset& data) {
    for (const auto& category : data.categories) {
        std::vector<bool> seen(category.axis.labels.size(), false);
        for (const double code : category.codes.values()) seen[static_cast<std::size_t>(code)] = true;
        for (std::size_t k = 0; k < seen.size(); ++k)
            if (!seen[k])
                throw Error({.name = "--validation"}, fmt::format("all rows of the category '{}' of {} are held out, none is left for the fit. Hold out fewer",
                                                                  category.axis.labels[k], category.axis.name));
    }
}

void hold_out(PreparedFit& prepared, const FitParameters& parameters, const Roles& roles) {
    const auto& text = parameters.validation;
    if (text.empty()) return;
    auto& problem = prepared.problem;
    if (const auto fraction = parse_double(text)) {
        if (*fraction == 0) return;
        if (!(*fraction > 0 && *fraction < 1))
            throw Error({.name = "--validation"}, text + " is out of range; allowed: a fraction in (0, 1), or a file");
        const auto parts = split_rows(problem.data, *fraction, RandomStream(static_cast<std::uint64_t>(parameters.seed), 0x5eed));
        problem.validation = problem.data.take(parts.held_out);
        problem.data = problem.data.take(parts.training);
        constexpr std::size_t fewest = 2;  // a fit of one row explains nothing
        if (problem.data.rows() < fewest)
            throw Error({.name = "--validation"}, fmt::format("{} leaves {} row for the fit, at least {} are needed. Hold out fewer", text,
                                                              problem.data.rows(), fewest));
        check_categories(problem.data);
        prepared.notes.push_back(fmt::format("{} rows are held out for validation.", parts.held_out.size()));
        return;
    }
    Table table = read_table(text);
    Roles same = roles;
    same.sigma = resolve_sigma(parameters.sigma, table);
    same.features = problem.data.feature_names();
    same.use = RowUse::judge;
    same.classes = problem.data.classes;
    if (!same.classes.empty()) same.task = TaskChoice::classification;
    auto validation = make_dataset(table, same).data;
    for (std::size_t a = 0; a < validation.categories.size(); ++a)
        validation.categories[a] = with_labels_of(problem.data.categories[a].axis, validation.categories[a], text);
    problem.validation = std::move(validation);
}

std::vector<std::vector<Expression>> read_guesses(const std::vector<std::string>& texts, const Problem& problem) {
    std::vector<std::vector<Expression>> guesses;
    const auto vocabulary = problem.vocabulary();
    for (const auto& text : texts) {
        std::vector<Expression> outputs;
        std::istringstream parts(text);
        for (std::string part; std::getline(parts, part, ';');) outputs.push_back(in_flag("--guess", [&] { return parse(part, vocabulary); }));
        if (outputs.size() != problem.outputs())
            throw Error({.name = "--guess"}, fmt::format("\"{}\" has {} formulas, {} are needed; separate them by ';'", text, outputs.size(),
                                                         problem.outputs()));
        guesses.push_back(std::move(outputs));
    }
    return guesses;
}

// A guess beyond the limits may still be a start, but it enters no front.
void note_large_guesses(PreparedFit& prepared, const FitParameters& parameters) {
    const auto& problem = prepared.problem;
    for (std::size_t i = 0; i < problem.guesses.size(); ++i) {
        const auto& guess = problem.guesses[i];
        if (satisfies(guess, problem.constraints, problem.complexity)) continue;
        std::size_t depth = 0;
        for (const auto& output : guess) depth = std::max(depth, output.depth());
        const auto limit = problem.constraints.maximum_complexity;
        prepared.notes.push_back(fmt::format("The guess \"{}\" passes the limits of the search, so it is no candidate as it stands: complexity {} of {} ({}), depth {} of {}. "
                                             "Raise --maximum-complexity or --maximum-depth, or relax --constrain.",
                                             parameters.guess[i].size() > 60 ? parameters.guess[i].substr(0, 60) + "..." : parameters.guess[i],
                                             problem.complexity.total(guess), limit * static_cast<int>(guess.size()), problem.complexity.name(), depth,
                                             problem.constraints.maximum_depth));
    }
}

Roles roles_of(const FitParameters& parameters, Table& table) {
    Roles roles{.features = parameters.features,
                .targets = parameters.target,
                .weights = parameters.weights,
                .sigma = resolve_sigma(parameters.sigma, table),
                .missing = parameters.drop_missing ? MissingRows::drop : MissingRows::refuse,
                .task = task_named(parameters.task),
                .units = read_units(parameters.units)};
    std::vector<std::pair<const char*, std::string>> formulas = {{"--form", parameters.form}};
    for (const auto& guess : parameters.guess) formulas.emplace_back("--guess", guess);
    for (const auto& [flag, formula] : formulas)
        for (auto& name : in_flag(flag, [&] { return mentioned_categories(formula); })) {
            if (std::ranges::find(table.order, name) == table.order.end())
                throw Error({.name = flag}, "there is no column '" + name + "' to take categories from." + suggest(name, table.order) +
                                                " Columns: " + fmt::format("{}", fmt::join(table.order, ", ")));
            if (std::ranges::find(roles.categories, name) == roles.categories.end()) roles.categories.push_back(std::move(name));
        }
    if (roles.targets.empty()) {
        std::vector<std::string> last(table.order.end() - std::min<std::ptrdiff_t>(1, std::ssize(table.order)), table.order.end());
        throw Error({.name = "--target"}, "no target given. Name the column to be explained: --target " + (last.empty() ? "NAME" : last[0]) +
                                              ". Columns: " + fmt::format("{}", fmt::join(table.order, ", ")));
    }
    return roles;
}

// "lut" comes from the hardware room, which the measures of formulas do not know.
ComplexityMeasure measure_named(const std::string& name, const Problem& problem) {
    if (name != "lut") return ComplexityMeasure::from_name(name);
    return ComplexityMeasure::from_cost(
        name, [lut = LutComplexity(problem.data.feature_names(), problem.definitions)](std::span<const Expression> outputs) { return lut(outputs); });
}

void check_loss(const Problem& problem) {
    Dataset first = problem.data;
    if (problem.task == Task::regression) first.targets.resize(1);
    const auto bound = in_flag("--loss", [&] { return bind_loss(problem.loss, first); });
    if (problem.task == Task::classification && bound->outputs() != problem.outputs())
        throw Error({.name = "--loss"}, fmt::format("'{}' judges {} output{}, and {} classes want {}. Use softmax, or leave --loss out", problem.loss.name,
                                                    bound->outputs(), bound->outputs() == 1 ? "" : "s", problem.data.classes.size(), problem.outputs()));
}

// Squares of such numbers leave the range of doubles: no error could be told from another.
void check_range(const Problem& problem) {
    constexpr double largest_square = 1e150, smallest_square = 1e-150;
    if (problem.loss.name != "mse" || problem.data.sigma) return;
    for (const auto& target : problem.data.targets) {
        double size = 0;
        for (const double y : target.values()) size = std::max(size, std::fabs(y));
        if (size < largest_square && size > smallest_square) continue;
        throw Error({.file = problem.data.source, .name = target.name()},
                    fmt::format("values up to {:.2g}: their squares leave the range of numbers, {:.0g} to {:.0g}. Write the target in a unit that makes "
                                "it of ordinary size, state a --sigma (\"0.01*{}\" asks for relative errors), or take --loss mae", size,
                                smallest_square, largest_square, target.name()));
    }
}

// Where nothing else is asked for: sums of many terms, which networks unroll to, may be as long as is still read, and look-up tables number more than nodes.
void widen_limits(Constraints& constraints, const FitParameters& parameters, int complexity, int depth) {
    const FitParameters defaults;
    if (parameters.maximum_complexity == defaults.maximum_complexity && !parameters.stated.contains("maximum_complexity")) constraints.maximum_complexity = complexity;
    if (parameters.maximum_depth == defaults.maximum_depth && !parameters.stated.contains("maximum_depth")) constraints.maximum_depth = depth;
}

}  // namespace

PreparedFit prepare(const FitParameters& parameters, const Table& given) {
    check_ranges(parameters);
    Table table = given;
    const Roles roles = roles_of(parameters, table);
    auto made = make_dataset(table, roles);
    PreparedFit prepared{.problem = {.data = std::move(made.data)}, .notes = std::move(made.notes)};
    auto& problem = prepared.problem;
    problem.task = problem.data.classes.empty() ? Task::regression : Task::classification;
    problem.units = unit_rule(parameters, problem.data);
    check_target_units(prepared);
    hold_out(prepared, parameters, roles);
    problem.loss = loss_options(parameters, problem.data);
    Vocabulary vocabulary;
    for (const auto& text : parameters.define) vocabulary.definitions.push_back(in_flag("--define", [&] { return parse_definition(text, vocabulary); }));
    problem.definitions = vocabulary.definitions;
    const bool is_neural = std::ranges::find(parameters.method, "neural") != parameters.method.end();
    problem.operators = operators_named(parameters.operators.empty() && is_neural ? std::string(default_neural_operators) : parameters.operators,
                                        problem.definitions);
    problem.complexity = in_flag("--complexity", [&] { return measure_named(parameters.complexity, problem); });
    problem.constraints.maximum_complexity = static_cast<int>(parameters.maximum_complexity);
    problem.constraints.maximum_depth = static_cast<int>(parameters.maximum_depth);
    // A law is not withheld because it is longer than what search looks for, unless the user says how long it may be.
    if (!parameters.stated.contains("maximum_complexity") && !parameters.stated.contains("maximum_depth")) problem.constraints.law_allowance = 2;
    if (is_neural) widen_limits(problem.constraints, parameters, 100, 100);
    else if (parameters.complexity == "lut") widen_limits(problem.constraints, parameters, 200, 30);
    for (const auto& text : parameters.constrain) add_constraint(problem.constraints, text);
    problem.guesses = read_guesses(parameters.guess, problem);
    note_large_guesses(prepared, parameters);
    check_loss(problem);
    check_range(problem);
    return prepared;
}

std::size_t parse_memory(const std::string& text) {
    static const std::map<std::string, double> units = {{"", 1},           {"B", 1},           {"kB", 1e3},        {"KB", 1e3},
                                                        {"MB", 1e6},       {"GB", 1e9},        {"KiB", 1024.0},    {"MiB", 1048576.0},
                                                        {"GiB", 1073741824.0}, {"K", 1024.0},  {"M", 1048576.0},   {"G", 1073741824.0}};
    const auto digits = std::min(text.find_first_not_of("0123456789.e"), text.size());
    std::string unit = text.substr(digits);
    unit.erase(0, unit.find_first_not_of(' ') == std::string::npos ? 0 : unit.find_first_not_of(' '));
    const auto number = parse_double(text.substr(0, digits));
    const auto factor = units.find(unit);
    constexpr double least = 1e6, most = 1e18;
    if (!number || factor == units.end() || !(*number * factor->second >= least) || *number * factor->second > most)
        throw Error({.name = "--memory"}, "'" + text + "' is no amount of memory, or too little. Write it as 500MB or 2GiB; at least 1MB");
    return static_cast<std::size_t>(*number * factor->second);
}

Budget make_budget(const FitParameters& parameters) {
    Budget budget;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (parameters.evaluations > 0) budget.evaluations = parameters.evaluations;
    // The default of seconds yields to an explicit number of evaluations: that is what makes runs repeat exactly.
    const bool seconds_by_default = parameters.seconds == FitParameters{}.seconds && !parameters.stated.contains("seconds");
    budget.seconds = parameters.evaluations > 0 && seconds_by_default ? infinity : parameters.seconds;
    budget.memory = parse_memory(parameters.memory);
    budget.threads = static_cast<int>(parameters.threads);
    return budget;
}

}  // namespace balmer
