#include "physics/cms.hpp"

#include "balmer/data_folder.hpp"
#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "balmer/split.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace balmer {

namespace {

std::string unit_of(const std::string& column) {
    for (const std::string_view energy : {"E", "px", "py", "pz", "pt"}) {
        if (column == std::string(energy) + "1" || column == std::string(energy) + "2") {
            return "GeV";
        }
    }
    return column == "M" ? "GeV" : column.starts_with("phi") ? "rad" : "";
}

Column take(const Column& column, const std::vector<std::size_t>& rows) {
    std::vector<double> values;
    values.reserve(rows.size());
    for (const std::size_t row : rows) {
        values.push_back(column[row]);
    }
    return {column.name(), std::move(values), unit_of(column.name())};
}

}  // namespace

Table generate_cms(std::size_t rows, const std::vector<std::string>& columns, std::uint64_t seed) {
    ReadOptions options;
    options.columns = columns.empty() ? std::vector<std::string>{"pt1", "eta1", "phi1", "pt2", "eta2", "phi2", "M"} : columns;
    Table all = read_table(find_data("dimuons_2011.csv.gz"), options);
    if (rows > all.rows) {
        throw Error(fmt::format("{} rows of cms are asked for and there are {}: they are real collisions. Ask for fewer.", rows, all.rows));
    }
    const std::vector<std::size_t> kept = choose_rows(all.rows, rows == 0 ? all.rows : rows, RandomStream(seed));
    Table table;
    table.rows = kept.size();
    table.source = "cms";
    table.order = options.columns;
    for (const std::string& name : options.columns) {
        if (const auto number = all.find_numeric(name)) {
            table.numeric.push_back(take(all.numeric[*number], kept));
        } else {
            const TextColumn& text = all.text[*all.find_text(name)];
            table.text.push_back({text.name, text.categories, {}});
            for (const std::size_t row : kept) {
                table.text.back().codes.push_back(text.codes[row]);
            }
        }
    }
    return table;
}

}  // namespace balmer
