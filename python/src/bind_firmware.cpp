#include <map>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "balmer/firmware.hpp"
#include "balmer/hardware_cost.hpp"
#include "balmer/lowering.hpp"
#include "bindings.hpp"
#include "hardware/tools/firmware_page.hpp"
#include "hardware/tools/firmware_texts.hpp"

namespace balmer::python {
namespace {

/// A circuit with what it was made from.
struct Firmware {
    Model model;
    LoweringOptions options;
    Circuit circuit;
};

Firmware make(const Model& model, const std::vector<std::string>& names, const Block& block, const std::map<std::string, std::string>& words,
              const std::map<std::string, double>& numbers, const std::vector<std::string>& input_formats,
              const std::map<std::string, std::pair<double, double>>& raw_words) {
    FirmwareTexts texts;
    const auto word = [&](const char* name, std::string& into) {
        if (const auto found = words.find(name); found != words.end()) into = found->second;
    };
    const auto number = [&](const char* name, auto& into) {
        if (const auto found = numbers.find(name); found != numbers.end()) into = static_cast<std::remove_reference_t<decltype(into)>>(found->second);
    };
    word("mode", texts.mode);
    word("outputs", texts.outputs);
    word("rounding", texts.rounding);
    word("overflow", texts.overflow);
    word("clock", texts.clock);
    word("multipliers", texts.multipliers);
    word("poles", texts.poles);
    word("name", texts.name);
    word("output_format", texts.output_format);
    number("agreement", texts.agreement);
    number("tolerance", texts.tolerance);
    number("threshold", texts.threshold);
    number("latency", texts.latency);
    texts.input_formats = input_formats;
    for (const auto& [name, scale] : raw_words) texts.standardisation[name] = {scale.first, scale.second};
    Firmware firmware{.model = model, .options = lowering_options(texts, model), .circuit = {}};
    const Table table = table_of(names, block, "X");
    nb::gil_scoped_release released;
    firmware.circuit = lower(firmware.model, table, firmware.options);
    return firmware;
}

nb::dict cost_of(const Firmware& firmware) {
    const HardwareCost cost = estimate_cost(firmware.circuit);
    nb::dict row;
    row["lut"] = cost.lut;
    row["flip_flops"] = cost.flip_flops;
    row["dsp"] = cost.dsp;
    row["carry"] = cost.carry;
    row["latency"] = firmware.circuit.latency;
    row["nanoseconds"] = cost.period;
    return row;
}

void write(const Firmware& firmware, const std::vector<std::string>& names, const Block& block, const std::string& folder, bool valid) {
    const Table table = table_of(names, block, "X");
    nb::gil_scoped_release released;
    FirmwareFiles files;
    files.model = &firmware.model;
    files.data = &table;
    files.valid_bit = valid;
    write_firmware(firmware.circuit, folder, files);
    keep_section(folder, "circuit", circuit_section(firmware.circuit, &firmware.model, &table, firmware.options));
}

nb::list verify(const std::string& folder, std::size_t vectors, std::size_t netlist_vectors, const std::vector<std::string>& back_ends) {
    std::vector<BackEndResult> results;
    {
        nb::gil_scoped_release released;
        VerifyOptions options;
        options.random_vectors = vectors;
        options.netlist_vectors = netlist_vectors;
        options.back_ends = back_ends;
        const Verification verification = verify_firmware(folder, options);
        keep_section(folder, "verification", verification_section(verification));
        results = verification.back_ends;
    }
    nb::list rows;
    for (const auto& r : results) {
        constexpr const char* words[] = {"equal", "differs", "missing", "failed"};
        nb::dict row;
        row["back_end"] = r.name;
        row["result"] = words[static_cast<int>(r.agreement)];
        row["vectors"] = r.vectors;
        row["differences"] = r.differences;
        row["seconds"] = r.seconds;
        row["detail"] = r.detail;
        rows.append(row);
    }
    return rows;
}

auto predicted(const Firmware& firmware, const std::vector<std::string>& names, const Block& block) {
    const Table table = table_of(names, block, "X");
    std::vector<std::vector<double>> values;
    {
        nb::gil_scoped_release released;
        values = predict(firmware.circuit, table);
    }
    return to_array(values, table.rows);
}

}  // namespace

void bind_firmware(nb::module_& module) {
    nb::class_<Firmware>(module, "Firmware")
        .def_static("make", &make, nb::arg("model"), nb::arg("names"), nb::arg("block"), nb::arg("words"), nb::arg("numbers"), nb::arg("input_formats"),
                    nb::arg("raw_words"))
        .def("predict", &predicted, nb::arg("names"), nb::arg("block"))
        .def("write", &write, nb::arg("names"), nb::arg("block"), nb::arg("folder"), nb::arg("valid"))
        .def_static("verify", &verify, nb::arg("folder"), nb::arg("vectors"), nb::arg("netlist_vectors"), nb::arg("back_ends"))
        .def("cost", &cost_of)
        .def("to_json", [](const Firmware& firmware) { return to_json(firmware.circuit); })
        .def("drawing", [](const Firmware& firmware) { return pipeline_drawing(firmware.circuit); })
        .def_prop_ro("kinds", [](const Firmware& firmware) {
            std::vector<bool> values;
            for (const auto& port : firmware.circuit.outputs) values.push_back(port.kind == OutputKind::value);
            return values;
        })
        .def_prop_ro("outputs", [](const Firmware& firmware) {
            std::vector<std::string> names;
            for (const auto& port : firmware.circuit.outputs) names.push_back(port.column);
            return names;
        });
}

}  // namespace balmer::python
