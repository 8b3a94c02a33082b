// balmer._core: the part of the Python package that is C++. The classes that users see are in python/balmer.
#include <filesystem>
#include <string>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "balmer/data_folder.hpp"
#include "balmer/error.hpp"
#include "balmer/parameters.hpp"
#include "balmer/version.hpp"
#include "bindings.hpp"

namespace balmer::python {
namespace {

namespace nb = nanobind;

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'; }

// Messages speak of the flags of the command line; in Python they are keywords: --maximum-complexity is maximum_complexity.
std::string with_keywords(const std::string& message) {
    std::string text = message;
    for (const auto& row : parameter_table()) {
        std::string flag = "--" + row.name;
        for (char& c : flag)
            if (c == '_') c = '-';
        for (std::size_t at = text.find(flag); at != std::string::npos; at = text.find(flag, at + row.name.size())) {
            const std::size_t end = at + flag.size();
            if (end == text.size() || !is_name_character(text[end])) text.replace(at, flag.size(), row.name);
        }
    }
    return text;
}

void bind_error(nb::module_& module) {
    static PyObject* const type = PyErr_NewExceptionWithDoc(
        "balmer.Error", "A mistake in what was given: says what, where, what is allowed and what to try. A ValueError.", PyExc_ValueError, nullptr);
    if (!type) throw nb::python_error();
    module.attr("Error") = nb::handle(type);
    nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
        try {
            std::rethrow_exception(thrown);
        } catch (const Error& error) {
            PyErr_SetString(type, with_keywords(error.what()).c_str());
        }
    });
}

}  // namespace
}  // namespace balmer::python

NB_MODULE(_core, module) {
    using namespace balmer::python;
    module.doc() = "The compiled part of balmer.";
    bind_error(module);
    module.def("version", [] { return std::string(balmer::version()); });
    module.def("add_data_folder", [](const std::string& folder) { balmer::add_data_folder(folder); }, nb::arg("folder"));
    bind_model(module);
    bind_expression(module);
    bind_firmware(module);
    bind_fit(module);
}
