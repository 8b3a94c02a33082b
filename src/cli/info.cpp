#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <thread>

#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/model.hpp"
#include "balmer/parameters.hpp"
#include "balmer/readers.hpp"
#include "balmer/version.hpp"
#include "cli/commands.hpp"

namespace balmer::cli {

namespace {

struct InfoArguments {
    bool parameters = false, operators = false, man = false;
    std::string completion;
};

std::string compiler() {
#if defined(__clang__)
    return fmt::format("clang {}", __clang_version__);
#else
    return fmt::format("g++ {}", __VERSION__);
#endif
}

std::string summary() {
    return fmt::format(
        "version          {}\n"
        "commit           {}\n"
        "compiler         {}\n"
        "instruction set  {}\n"
        "threads          {}\n"
        "HDF5             {}\n"
        "export formats   {}\n",
        version(), git_commit(), compiler(), name(best_instruction_set()), std::max(1u, std::thread::hardware_concurrency()),
        reads_hdf5() ? "yes" : "no (.h5 tables are refused)", fmt::join(export_formats(), ", "));
}

int info_command(const InfoArguments& options, CLI::App& app) {
    if (options.parameters) {
        write_result("", parameter_page());
    } else if (options.operators) {
        write_result("", operator_page());
    } else if (options.man) {
        write_result("", man_page(app));
    } else if (!options.completion.empty()) {
        write_result("", completion(app, options.completion));
    } else {
        write_result("", summary());
    }
    return exit_done;
}

std::string flag_of(std::string name) {
    std::replace(name.begin(), name.end(), '_', '-');
    return "--" + name;
}

/// A cell of a Markdown table.
std::string cell(const std::string& text) {
    std::string result;
    for (const char c : text) {
        result += c == '|' ? std::string("\\|") : std::string(1, c);
    }
    return result;
}

}  // namespace

std::string parameter_page() {
    std::string text =
        "# Parameters of a fit\n\n"
        "Made by `balmer info --parameters` from `include/balmer/parameters.def`; do not edit. On the command line a name takes dashes\n"
        "(`--maximum-complexity`), in Python and in run.json underscores (`maximum_complexity`).\n";
    std::string group;
    for (const ParameterInfo& row : parameter_table()) {
        if (row.group != group) {
            group = row.group;
            text += fmt::format("\n## {}\n\n| flag | default | allowed | meaning |\n|---|---|---|---|\n", group);
        }
        text += fmt::format("| `{}` | {} | {} | {} |\n", flag_of(row.name), row.value.empty() ? "" : "`" + cell(row.value) + "`", cell(row.allowed), cell(row.help));
    }
    return text;
}

std::string operator_page() {
    std::string text = fmt::format("{:<10}  {:<9}  {}\n", "operator", "arguments", "finite where");
    for (const OperatorInfo& row : operator_table()) {
        if (row.arity > 0) {
            text += fmt::format("{:<10}  {:<9}  {}\n", row.op == Op::negate ? "- (sign)" : row.name, row.arity, row.domain.empty() ? "everywhere" : row.domain);
        }
    }
    return text;
}

void add_info(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<InfoArguments>();
    auto* info_app = app.add_subcommand("info", "version, compiler, instruction set, threads, optional parts\n\n"
                                                "Prints what this program is made of and what it found on this machine, or one of its reference pages.");
    info_app->add_flag("--parameters", options->parameters, "every parameter of fit, as Markdown");
    info_app->add_flag("--operators", options->operators, "every operator that formulas may use");
    info_app->add_flag("--man", options->man, "the man page, in roff");
    info_app->add_option("--completion", options->completion, "the completion script for a shell: bash, zsh or fish")->type_name("SHELL");
    info_app->footer("Examples:\n  balmer info\n  source <(balmer info --completion bash)");
    info_app->callback([options, &run, &app] { run = [options, &app] { return info_command(*options, app); }; });
}

}  // namespace balmer::cli
