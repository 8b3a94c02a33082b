#include "balmer/error.hpp"
#include "data/byte_source.hpp"
#include "data/formats.hpp"
#include "data/growing_column.hpp"
#include "data/npy.hpp"
#include "data/text_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace balmer {

namespace {

bool is_idx(std::string_view start) {
    return start.size() == 4 && start[0] == 0 && start[1] == 0 && start[2] >= 0x08 && start[2] <= 0x0e && start[3] >= 1 &&
           start[3] <= 4;
}

/// Formats that are read from front to back.
Table read_stream(ByteSource& source, const ReadOptions& options) {
    if (source.peek(6) == "\x93NUMPY") {
        Table table = read_npy(source);
        keep_columns(table, options.columns);
        return table;
    }
    if (is_idx(source.peek(4))) {
        Table table = read_idx(source);
        keep_columns(table, options.columns);
        return table;
    }
    return read_text(source, options);
}

/// MNIST's labels lie beside its images: train-images-idx3-ubyte and train-labels-idx1-ubyte.
void add_labels(const std::filesystem::path& path, Table& images) {
    std::string name = path.filename().string();
    for (const auto& [image, label] : {std::pair{"images", "labels"}, std::pair{"idx3", "idx1"}}) {
        const std::size_t at = name.find(image);
        if (at == std::string::npos) {
            return;
        }
        name.replace(at, std::string_view(image).size(), label);
    }
    const std::filesystem::path beside = path.parent_path() / name;
    if (!std::filesystem::exists(beside)) {
        return;
    }
    const auto source = open_file(beside);
    Table labels = is_idx(source->peek(4)) ? read_idx(*source) : Table();
    if (labels.rows == images.rows && labels.order == std::vector<std::string>{"label"}) {
        images.numeric.push_back(labels.numeric.front());
        images.order.push_back("label");
    }
}

/// Names and labels go into JSON, LaTeX and messages, which are UTF-8.
Table with_readable_text(Table table, const std::string& source) {
    const auto refuse = [&](std::string_view what, const std::string& text) {
        throw Error(Place{.file = source},
                    fmt::format("{} is not UTF-8 text: {}. Save the file as UTF-8, for example with iconv -f LATIN1 -t UTF-8.", what, shown(text)));
    };
    for (std::size_t column = 0; column < table.order.size(); ++column) {
        if (!is_utf8(table.order[column])) {
            refuse(fmt::format("the name of column {}", column + 1), table.order[column]);
        }
    }
    for (const TextColumn& column : table.text) {
        const auto wrong = std::find_if_not(column.categories.begin(), column.categories.end(), is_utf8);
        if (wrong != column.categories.end()) {
            refuse(fmt::format("an entry of column {}", column.name), *wrong);
        }
    }
    return table;
}

Table read_any(const std::filesystem::path& path, const ReadOptions& options) {
    const auto source = open_file(path);
    if (source->peek(4) == std::string_view("PK\x03\x04", 4)) {
        const MappedFile file = map_file(path);
        if (!file.view().starts_with("PK")) {
            throw Error(Place{.file = path.string()}, "a gzipped .npz cannot be read. Unpack it with gunzip.");
        }
        Table table = read_npz(file.view(), path.string());
        keep_columns(table, options.columns);
        return table;
    }
    if (source->peek(8) == std::string_view("\x89HDF\r\n\x1a\n", 8)) {
        Table table = read_hdf5(path, options);
        keep_columns(table, options.columns);
        return table;
    }
    if (path != "-" && source->peek(15) == std::string_view("MATLAB 5.0 MAT-")) {
        Table table = read_mat(path);
        keep_columns(table, options.columns);
        return table;
    }
    Table table;
    if (path != "-" && source->peek(6) == "\x93NUMPY" && map_npy(path, table)) {
        keep_columns(table, options.columns);
        return table;
    }
    if (is_idx(source->peek(4))) {
        table = read_idx(*source);
        add_labels(path, table);
        keep_columns(table, options.columns);
        return table;
    }
    return read_stream(*source, options);
}

}  // namespace

Table read_table(const std::filesystem::path& path, const ReadOptions& options) {
    return with_readable_text(read_any(path, options), path.string());
}

Table read_table_from_memory(std::string_view bytes, const std::string& name, const ReadOptions& options) {
    if (bytes.starts_with("PK\x03\x04")) {
        Table table = read_npz(bytes, name);
        keep_columns(table, options.columns);
        return with_readable_text(std::move(table), name);
    }
    const auto source = open_memory(bytes, name);
    return with_readable_text(read_stream(*source, options), name);
}

}  // namespace balmer
