#include "balmer/error.hpp"
#include "data/formats.hpp"
#include "data/growing_column.hpp"

#include <fmt/format.h>

#ifdef BALMER_HAVE_HDF5
#include <hdf5.h>
#endif

#include <algorithm>
#include <utility>

namespace balmer {

#ifndef BALMER_HAVE_HDF5

bool reads_hdf5() { return false; }

Table read_hdf5(const std::filesystem::path& path, const ReadOptions&) {
    throw Error(Place{.file = path.string()},
                "this is an HDF5 file and balmer was built without HDF5. Install libhdf5-dev and build again, or save .npz.");
}

#else

namespace {

/// An HDF5 identifier that is closed at the end of its life.
class Handle {
public:
    Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (id_ >= 0) {
            close_(id_);
        }
    }
    hid_t id() const { return id_; }
    bool valid() const { return id_ >= 0; }

private:
    hid_t id_;
    herr_t (*close_)(hid_t);
};

class Hdf5Reader {
public:
    explicit Hdf5Reader(const std::filesystem::path& path)
        : name_(path.string()), file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose) {
        if (!file_.valid()) {
            fail("", "the HDF5 file is damaged or cut off. Copy or write it again.");
        }
        table_.source = name_;
    }

    Table read(const std::string& group) {
        const std::string at = group.empty() ? "/" : group;
        const Handle object(H5Oopen(file_.id(), at.c_str(), H5P_DEFAULT), H5Oclose);
        if (!object.valid()) {
            const std::vector<std::string> names = members(file_.id());
            fail(at, fmt::format("there is no such group or dataset.{} The file holds {}.", suggest(at, names), fmt::join(names, ", ")));
        }
        if (H5Iget_type(object.id()) == H5I_DATASET) {
            add_dataset(object.id(), "X");
        } else {
            add_group(object.id());
        }
        if (table_.order.empty()) {
            fail(at, fmt::format("this group holds no datasets of numbers. Name one of {}.", fmt::join(members(object.id()), ", ")));
        }
        count_non_finite(table_);
        return std::move(table_);
    }

private:
    [[noreturn]] void fail(const std::string& object, const std::string& message) const {
        throw Error(Place{.file = name_, .name = object}, message);
    }

    static std::vector<std::string> members(hid_t group) {
        std::vector<std::string> names;
        H5G_info_t info{};
        H5Gget_info(group, &info);
        for (hsize_t i = 0; i < info.nlinks; ++i) {
            const ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
            std::string name(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
            H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size() + 1, H5P_DEFAULT);
            names.push_back(std::move(name));
        }
        return names;
    }

    /// Every dataset of the group; the only group inside it when there is no dataset.
    void add_group(hid_t group) {
        const std::vector<std::string> names = members(group);
        for (const std::string& name : names) {
            const Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
            if (object.valid() && H5Iget_type(object.id()) == H5I_DATASET) {
                add_dataset(object.id(), name);
            }
        }
        if (table_.order.empty() && names.size() == 1) {
            const Handle object(H5Oopen(group, names.front().c_str(), H5P_DEFAULT), H5Oclose);
            if (object.valid() && H5Iget_type(object.id()) == H5I_GROUP) {
                add_group(object.id());
            }
        }
    }

    void add_dataset(hid_t dataset, const std::string& name) {
        const Handle space(H5Dget_space(dataset), H5Sclose);
        const Handle type(H5Dget_type(dataset), H5Tclose);
        const int axes = H5Sget_simple_extent_ndims(space.id());
        const H5T_class_t kind = H5Tget_class(type.id());
        const bool number = kind == H5T_INTEGER || kind == H5T_FLOAT;
        if (axes < 1 || axes > 2 || (!number && (kind != H5T_COMPOUND || axes != 1))) {
            return;  // scalars, texts and images of more axes are no columns
        }
        hsize_t size[2] = {0, 1};
        H5Sget_simple_extent_dims(space.id(), size, nullptr);
        check_rows(name, size[0]);
        if (kind == H5T_COMPOUND) {
            add_records(dataset, type.id(), size[0]);
        } else {
            add_numbers(dataset, space.id(), name, axes, size);
        }
    }

    void check_rows(const std::string& name, hsize_t rows) {
        if (rows == 0) {
            fail(name, "the dataset has no rows.");
        }
        if (!table_.order.empty() && rows != table_.rows) {
            fail(name, fmt::format("this dataset has {} rows and '{}' has {}. All datasets of a table need the same length; name a "
                                   "group that holds only the table.",
                                   rows, table_.order.front(), table_.rows));
        }
        table_.rows = rows;
    }

    void add_records(hid_t dataset, hid_t type, hsize_t rows) {
        const int fields = H5Tget_nmembers(type);
        for (int i = 0; i < fields; ++i) {
            const H5T_class_t kind = H5Tget_member_class(type, static_cast<unsigned>(i));
            if (kind != H5T_INTEGER && kind != H5T_FLOAT) {
                continue;
            }
            char* field = H5Tget_member_name(type, static_cast<unsigned>(i));
            const Handle memory(H5Tcreate(H5T_COMPOUND, sizeof(double)), H5Tclose);
            H5Tinsert(memory.id(), field, 0, H5T_NATIVE_DOUBLE);
            GrowingColumn values;
            const herr_t code = H5Dread(dataset, memory.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.extend(rows));
            const std::string name = field;
            H5free_memory(field);
            check_read(code, name);
            add_column(name, values);
        }
    }

    /// Blocks of rows, so that a matrix takes its own memory once and a block's besides.
    void add_numbers(hid_t dataset, hid_t space, const std::string& name, int axes, const hsize_t (&size)[2]) {
        if (size[1] == 0 || size[1] > (hsize_t{1} << 17)) {
            fail(name, "the dataset has no columns, or more than 131072.");
        }
        std::vector<GrowingColumn> columns(size[1]);
        const hsize_t most = std::max<hsize_t>(1, (hsize_t{1} << 17) / size[1]);
        std::vector<double> block(std::min(most, size[0]) * size[1]);
        for (hsize_t row = 0; row < size[0]; row += most) {
            const hsize_t start[2] = {row, 0};
            const hsize_t count[2] = {std::min(most, size[0] - row), size[1]};
            const Handle memory(H5Screate_simple(axes, count, nullptr), H5Sclose);
            H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
            check_read(H5Dread(dataset, H5T_NATIVE_DOUBLE, memory.id(), space, H5P_DEFAULT, block.data()), name);
            for (hsize_t i = 0; i < count[0] * count[1]; ++i) {
                columns[i % size[1]].push(block[i]);
            }
        }
        for (std::size_t i = 0; i < columns.size(); ++i) {
            add_column(axes == 1 ? name : name == "X" ? fmt::format("x{}", i) : fmt::format("{}{}", name, i), columns[i]);
        }
    }

    void check_read(herr_t code, const std::string& name) const {
        if (code < 0) {
            fail(name, "the dataset is damaged, or packed with a filter that is not installed.");
        }
    }

    void add_column(const std::string& name, GrowingColumn& values) {
        if (std::find(table_.order.begin(), table_.order.end(), name) != table_.order.end()) {
            fail(name, "two columns have this name. Name one dataset.");
        }
        table_.order.push_back(name);
        table_.numeric.push_back(values.finish(name));
    }

    std::string name_;
    Handle file_;
    Table table_;
};

}  // namespace

bool reads_hdf5() { return true; }

Table read_hdf5(const std::filesystem::path& path, const ReadOptions& options) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // the library would print its errors
    return Hdf5Reader(path).read(options.group);
}

#endif

}  // namespace balmer
