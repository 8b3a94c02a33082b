#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "cli/commands.hpp"
#include "study/run_reader.hpp"

namespace balmer::cli {

namespace {

struct ExportArguments {
    std::string model;
    std::string format;
    std::string output;
    int complexity = 0;
};

int export_command(const ExportArguments& options) {
    const Model model = model_of(options.model, options.complexity > 0 ? std::optional(options.complexity) : std::nullopt);
    write_result(options.output, export_model(model, options.format));
    return exit_done;
}

}  // namespace

void add_export(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<ExportArguments>();
    auto* export_app = app.add_subcommand("export",
                                          "a found formula as code, LaTeX or JSON\n\n"
                                          "Writes the formula in another language. python, c and c++ give the bits of the C library's functions "
                                          "(hypot in Python: to 1 ULP), numpy those of NumPy (to 4 ULP); sympy agrees where the value is finite; latex "
                                          "and mathml carry the constants' uncertainties; json is the model file itself (docs/specs/model.md).");
    export_app->add_option("RUN|MODEL|FORMULA", options->model, "run folder (its chosen formula), model file, or \"y = formula\" in quotes")->required();
    export_app->add_option("--to", options->format, fmt::format("{}", fmt::join(export_formats(), ", ")))->type_name("FORMAT")->required();
    export_app->add_option("-o,--output", options->output, "write here instead of standard output")->type_name("FILE");
    export_app->add_option("--complexity", options->complexity, "the run's formula of this complexity instead of the chosen one")->type_name("N")->check(CLI::PositiveNumber);
    export_app->footer("Examples:\n  balmer export run-events-1 --to python -o mass.py\n  balmer export run-events-1 --to latex --complexity 12\n  balmer export \"m = sqrt(2*pt1*pt2*(cosh(deta) - cos(dphi)))\" --to c");
    export_app->callback([options, &run] { run = [options] { return export_command(*options); }; });
}

}  // namespace balmer::cli
