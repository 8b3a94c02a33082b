#include "balmer/dataset_roles.hpp"

#include "balmer/error.hpp"
#include "balmer/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace balmer {

namespace {

std::string listed(const std::vector<std::string>& names) {
    const std::size_t shown = std::min<std::size_t>(names.size(), 20);
    return fmt::format("{}{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                       names.size() > shown ? fmt::format(", ... ({} columns)", names.size()) : "");
}

bool is_constant(std::span<const double> values) {
    return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

class DatasetMaker {
public:
    DatasetMaker(const Table& table, const Roles& roles) : table_(table), roles_(roles) {}

    DatasetWithNotes make() {
        check_roles();
        take_targets();
        take_features();
        take_others();
        refuse_or_drop_missing();
        if (data().rows() < (is_for_fits() ? 2 : 1)) {
            fail(fmt::format("only {} row{} left. A formula needs at least two rows, better a hundred.", data().rows(),
                             data().rows() == 1 ? " is" : "s are"));
        }
        classify();
        drop_unused_labels();
        if (is_for_fits()) {
            drop_constants();
        }
        check_values();
        return std::move(made_);
    }

private:
    Dataset& data() { return made_.data; }
    bool is_for_fits() const { return roles_.use == RowUse::fit; }

    [[noreturn]] void fail(const std::string& message, const std::string& column = {}) const {
        throw Error(Place{.file = table_.source, .name = column}, message);
    }

    /// Every role names a column that exists, and none has two roles.
    void check_roles() {
        if (roles_.targets.empty()) {
            fail(fmt::format("no target is named. Choose one of the columns {}.", listed(table_.order)));
        }
        std::vector<std::pair<std::string, std::string>> parts;
        for (const std::string& name : roles_.targets) {
            parts.emplace_back(name, "target");
        }
        for (const std::string& name : roles_.features) {
            parts.emplace_back(name, "feature");
        }
        for (const std::string& name : roles_.categories) {
            parts.emplace_back(name, "category");
        }
        for (const auto& [name, part] : {std::pair{&roles_.weights, "weights"}, {&roles_.sigma, "sigma"}}) {
            if (!name->empty()) {
                parts.emplace_back(*name, part);
            }
        }
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto& [name, part] = parts[i];
            check_known(name);
            for (std::size_t j = 0; j < i; ++j) {
                if (parts[j].first == name) {
                    fail(fmt::format("this column is named as {} and as {}. Give it one role.", parts[j].second, part), name);
                }
            }
            used_.push_back(name);
        }
        for (const auto& [name, unit] : roles_.units) {
            check_known(name);
        }
    }

    void check_known(const std::string& name) const {
        if (!table_.find_numeric(name) && !table_.find_text(name)) {
            fail(fmt::format("there is no column '{}'.{} The columns are {}.", name, suggest(name, table_.order), listed(table_.order)));
        }
    }

    /// A column of numbers with its unit.
    Column number_column(const std::string& name) const {
        const auto found = table_.find_numeric(name);
        if (!found) {
            const TextColumn& text = table_.text[*table_.find_text(name)];
            fail(fmt::format("this column is text (such as '{}') and numbers are needed here.", text.categories.front()), name);
        }
        const auto unit = roles_.units.find(name);
        return unit == roles_.units.end() ? table_.numeric[*found] : table_.numeric[*found].with_unit(unit->second);
    }

    void take_targets() {
        const auto text = table_.find_text(roles_.targets.front());
        const bool classes = roles_.task == TaskChoice::classification || (roles_.task == TaskChoice::automatic && text);
        if (classes && roles_.targets.size() > 1) {
            fail(fmt::format("classification takes one target; {} are named.", roles_.targets.size()));
        }
        if (classes && text) {
            const TextColumn& column = table_.text[*text];
            data().classes = column.categories;
            data().targets.emplace_back(column.name, std::vector<double>(column.codes.begin(), column.codes.end()));
            return;
        }
        for (const std::string& name : roles_.targets) {
            data().targets.push_back(number_column(name));
        }
        numeric_classes_ = classes;
    }

    void take_features() {
        for (const std::string& name : roles_.features) {
            data().features.push_back(number_column(name));
        }
        if (!roles_.features.empty()) {
            return;
        }
        const auto is_used = [this](const std::string& name) { return std::find(used_.begin(), used_.end(), name) != used_.end(); };
        for (const Column& column : table_.numeric) {
            if (!is_used(column.name())) {
                data().features.push_back(number_column(column.name()));
            }
        }
        for (const TextColumn& column : table_.text) {
            if (!is_used(column.name)) {
                made_.notes.push_back(fmt::format("column {} is text (such as '{}') and is left out", column.name, column.categories.front()));
            }
        }
        if (data().features.size() == table_.numeric.size() - (table_.text.empty() ? 1 : 0)) {
            data().image_shape = table_.image_shape;
        }
    }

    void take_others() {
        data().source = table_.source;
        if (!roles_.weights.empty()) {
            data().weights = number_column(roles_.weights);
        }
        if (!roles_.sigma.empty()) {
            data().sigma = number_column(roles_.sigma);
        }
        for (const std::string& name : roles_.categories) {
            take_category(name);
        }
    }

    /// Labels of a column; missing entries of a numeric one get code NaN, so that their rows are refused or dropped.
    void take_category(const std::string& name) {
        CategoryColumn category{.axis = {.name = name, .labels = {}}, .codes = {}};
        std::vector<double> codes;
        if (const auto found = table_.find_text(name)) {
            const TextColumn& column = table_.text[*found];
            category.axis.labels = column.categories;
            codes.assign(column.codes.begin(), column.codes.end());
            for (double& code : codes) {
                code = column.categories[static_cast<std::size_t>(code)].empty() ? std::nan("") : code;
            }
        } else {
            const Column column = number_column(name);
            const std::vector<double> values = distinct(column);
            for (const double value : values) {
                category.axis.labels.push_back(format_double(value));
            }
            for (const double value : column.values()) {
                const auto at = std::lower_bound(values.begin(), values.end(), value) - values.begin();
                codes.push_back(std::isfinite(value) ? static_cast<double>(at) : value);
            }
        }
        category.codes = Column(name, std::move(codes));
        data().categories.push_back(std::move(category));
    }

    /// Only labels that a row still has.
    void drop_unused_labels() {
        for (CategoryColumn& category : data().categories) {
            const auto values = category.codes.values();
            if (is_for_fits() && is_constant(values)) {
                fail(fmt::format("every row has the category '{}': there is nothing to tell apart. Use a plain constant.",
                                 category.axis.labels[static_cast<std::size_t>(values[0])]),
                     category.axis.name);
            }
            std::vector<double> code(category.axis.labels.size(), -1);
            for (const double value : category.codes.values()) {
                code[static_cast<std::size_t>(value)] = 0;
            }
            std::vector<std::string> labels;
            for (std::size_t i = 0; i < code.size(); ++i) {
                if (code[i] == 0) {
                    code[i] = static_cast<double>(labels.size());
                    labels.push_back(category.axis.labels[i]);
                }
            }
            if (labels.size() == code.size()) {
                continue;
            }
            std::vector<double> codes;
            for (const double value : category.codes.values()) {
                codes.push_back(code[static_cast<std::size_t>(value)]);
            }
            category.axis.labels = std::move(labels);
            category.codes = Column(category.axis.name, std::move(codes));
        }
    }

    /// Distinct numbers in rising order, without NaN.
    static std::vector<double> distinct(const Column& column) {
        std::vector<double> values;
        std::copy_if(column.values().begin(), column.values().end(), std::back_inserter(values),
                     [](double value) { return !std::isnan(value); });
        std::sort(values.begin(), values.end());
        values.erase(std::unique(values.begin(), values.end()), values.end());
        return values;
    }

    /// The numeric columns that a row needs.
    std::vector<const Column*> needed() {
        std::vector<const Column*> columns;
        for (const auto* part : {&data().targets, &data().features}) {
            for (const Column& column : *part) {
                columns.push_back(&column);
            }
        }
        for (const auto* part : {&data().weights, &data().sigma}) {
            if (part->has_value()) {
                columns.push_back(&**part);
            }
        }
        for (const CategoryColumn& category : data().categories) {
            columns.push_back(&category.codes);
        }
        return columns;
    }

    void refuse_or_drop_missing() {
        std::vector<char> bad;
        for (const Column* column : needed()) {
            for (std::size_t row = 0; row < column->rows(); ++row) {
                if (std::isfinite((*column)[row])) {
                    continue;
                }
                if (roles_.missing == MissingRows::refuse) {
                    refuse_missing(*column, row);
                }
                bad.resize(column->rows(), 0);
                bad[row] = 1;
            }
        }
        drop_missing_labels(bad);
        const auto count = static_cast<std::size_t>(std::count(bad.begin(), bad.end(), 1));
        if (count == 0) {
            return;
        }
        std::vector<std::size_t> kept;
        for (std::size_t row = 0; row < bad.size(); ++row) {
            if (bad[row] == 0) {
                kept.push_back(row);
            }
        }
        made_.notes.push_back(fmt::format("{} of {} rows dropped: they hold missing or infinite values", count, bad.size()));
        data() = data().take(kept);
    }

    /// An empty label is a missing one.
    void drop_missing_labels(std::vector<char>& bad) {
        if (data().classes.empty() || !data().classes.front().empty()) {
            return;
        }
        const Column& target = data().targets.front();
        const auto count = static_cast<std::size_t>(std::count(target.values().begin(), target.values().end(), 0.0));
        if (roles_.missing == MissingRows::refuse) {
            const auto first = std::find(target.values().begin(), target.values().end(), 0.0) - target.values().begin();
            fail(fmt::format("{} missing label{}, first in row {}; use --drop-missing to leave such rows out.", count,
                             count == 1 ? "" : "s", first + 1),
                 target.name());
        }
        bad.resize(target.rows(), 0);
        for (std::size_t row = 0; row < target.rows(); ++row) {
            bad[row] |= target[row] == 0;
        }
        std::vector<double> codes(target.values().begin(), target.values().end());
        std::for_each(codes.begin(), codes.end(), [](double& code) { code = std::max(code - 1, 0.0); });
        data().targets.front() = Column(target.name(), std::move(codes));
        data().classes.erase(data().classes.begin());
    }

    [[noreturn]] void refuse_missing(const Column& column, std::size_t row) const {
        NonFinite bad{.column = column.name(), .first_row = row};
        for (const double value : column.values()) {
            bad.missing += std::isnan(value);
            bad.infinite += std::isinf(value);
        }
        for (const NonFinite& known : table_.non_finite) {
            if (known.column == column.name() && known.first_row == row) {
                bad.first_line = known.first_line;
            }
        }
        const auto counted = [](std::size_t count, const char* what) {
            return count == 0 ? std::string() : fmt::format("{} {} value{}", count, what, count == 1 ? "" : "s");
        };
        const std::string both = bad.missing > 0 && bad.infinite > 0 ? " and " : "";
        fail(fmt::format("column {}: {}{}{}, first in {}; use --drop-missing to leave such rows out.", column.name(),
                         counted(bad.missing, "missing"), both, counted(bad.infinite, "infinite"),
                         bad.first_line > 0 ? fmt::format("line {}", bad.first_line) : fmt::format("row {}", row + 1)));
    }

    /// Codes 0 ... k-1 of a numeric target, and only labels that occur.
    void classify() {
        if (!numeric_classes_ && data().classes.empty()) {
            return;
        }
        const Column target = data().targets.front();
        const std::vector<double> values = distinct(target);
        if (is_for_fits() && values.size() < 2) {
            fail("the target has one class only; two are needed to tell them apart.", target.name());
        }
        constexpr std::size_t few = 20, fewest_rows_a_class = 4;
        if (is_for_fits() && values.size() > few && values.size() * fewest_rows_a_class > target.rows()) {
            fail(fmt::format("the target has {} different values in {} rows: too many to be classes, which want {} rows each. {}", values.size(),
                             target.rows(), fewest_rows_a_class,
                             numeric_classes_ ? "Use --task regression." : "Choose another target, or more rows."),
                 target.name());
        }
        std::vector<std::string> labels;
        for (const double value : values) {
            labels.push_back(numeric_classes_ ? format_double(value) : data().classes[static_cast<std::size_t>(value)]);
        }
        std::vector<double> code_of;  // by place among the values
        const std::vector<std::string>& known = roles_.classes.empty() ? labels : roles_.classes;
        for (const std::string& label : labels) {
            const auto at = std::find(known.begin(), known.end(), label);
            if (at == known.end()) {
                fail(fmt::format("the class '{}' is not among those that are fitted.{} They are {}.", label, suggest(label, known), listed(known)), target.name());
            }
            code_of.push_back(static_cast<double>(at - known.begin()));
        }
        std::vector<double> codes;
        codes.reserve(target.rows());
        for (const double value : target.values()) {
            codes.push_back(code_of[static_cast<std::size_t>(std::lower_bound(values.begin(), values.end(), value) - values.begin())]);
        }
        data().classes = known;
        data().targets.front() = Column(target.name(), std::move(codes));
    }

    void drop_constants() {
        for (const Column& target : data().targets) {
            if (is_constant(target.values())) {
                fail(fmt::format("the target is {} in every row; there is nothing to find. Choose another target.", format_double(target[0])),
                     target.name());
            }
        }
        const bool image = !data().image_shape.empty();  // pixels keep their places
        for (const Column& column : data().features) {
            if (!image && is_constant(column.values())) {
                made_.notes.push_back(fmt::format("column {} is {} in every row and is left out", column.name(), format_double(column[0])));
            }
        }
        if (!image) {
            std::erase_if(data().features, [](const Column& column) { return is_constant(column.values()); });
        }
        if (data().features.empty()) {
            const std::string why = made_.notes.empty() ? "" : fmt::format(" ({})", fmt::join(made_.notes, "; "));
            fail(fmt::format("no feature is left: a formula needs a column of numbers that varies, besides the target{}.", why));
        }
    }

    void check_values() {
        if (data().sigma) {
            for (std::size_t row = 0; row < data().rows(); ++row) {
                if (!((*data().sigma)[row] > 0)) {
                    fail(fmt::format("the uncertainty is {} in row {}; it must be above 0.", format_double((*data().sigma)[row]), row + 1),
                         data().sigma->name());
                }
            }
        }
        if (data().weights && std::all_of(data().weights->values().begin(), data().weights->values().end(), [](double w) { return w == 0; })) {
            fail("every weight is 0.", data().weights->name());
        }
    }

    const Table& table_;
    const Roles& roles_;
    std::vector<std::string> used_;
    bool numeric_classes_ = false;
    DatasetWithNotes made_;
};

}  // namespace

DatasetWithNotes make_dataset(const Table& table, const Roles& roles) { return DatasetMaker(table, roles).make(); }

}  // namespace balmer
