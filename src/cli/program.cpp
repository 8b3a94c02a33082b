#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <new>
#include <vector>

#include "balmer/atomic_file.hpp"
#include "balmer/data_folder.hpp"
#include "balmer/error.hpp"
#include "balmer/number.hpp"
#include "balmer/version.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"

namespace balmer::cli {

namespace {

class ManFormatter : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override { return as_text(help_page(*app)); }
};

/// A formula or number may begin with a minus ("-x + y"); CLI11 would take it for flags. A blank before it, which
/// formulas and numbers ignore, says that it is none.
std::vector<std::string> arguments_of(int argc, char** argv) {
    std::vector<std::string> arguments;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const bool is_short_flag = word == "-o" || word == "-h" || word == "-V";
        const bool is_value = word.size() > 1 && word[0] == '-' && word[1] != '-' && !is_short_flag;
        arguments.push_back(is_value ? " " + word : word);
    }
    return arguments;
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

void check_command(const CLI::App& app, const std::vector<std::string>& arguments) {
    if (arguments.empty()) {
        throw Error("which command? `balmer --help` lists them; `balmer fit DATA --target NAME` finds formulas");
    }
    const std::vector<std::string> names = command_names(app);
    const std::string& first = arguments[0];
    if (first[0] != '-' && std::find(names.begin(), names.end(), first) == names.end()) {
        throw Error(fmt::format("unknown command '{}'.{} `balmer --help` lists them all", first, suggest(first, names)));
    }
}

/// The flags of the command that was chosen, or of the program.
std::vector<std::string> chosen_flags(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    const CLI::App& command = chosen.empty() ? app : *chosen[0];
    std::vector<std::string> flags;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            flags.push_back("--" + name);
        }
    }
    return flags;
}

/// What other programs call our flags, in the order in which a command may have them.
constexpr std::pair<std::string_view, std::string_view> flags_elsewhere[] = {
    {"--output", "--run-folder"}, {"--out", "--output"}, {"--out", "--run-folder"},
    {"--outdir", "--run-folder"}, {"--folder", "--run-folder"}, {"--time", "--seconds"},
    {"--timeout", "--seconds"}, {"--jobs", "--threads"}, {"--cores", "--threads"},
    {"--label", "--target"}, {"--y", "--target"}, {"--columns", "--features"},
    {"--inputs", "--features"}, {"--maxsize", "--maximum-complexity"}, {"--max-size", "--maximum-complexity"},
    {"--random-state", "--seed"}, {"--functions", "--operators"}, {"--iterations", "--evaluations"},
    {"--generations", "--evaluations"},
};

std::string suggest_flag(const std::string& given, const std::vector<std::string>& flags) {
    for (const auto& [elsewhere, ours] : flags_elsewhere) {
        if (given == elsewhere && std::find(flags.begin(), flags.end(), ours) != flags.end()) {
            return fmt::format(" Did you mean '{}'?", ours);
        }
    }
    return suggest(given, flags);
}

std::string command_of(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? "balmer" : "balmer " + chosen[0]->get_name();
}

/// "--rows: Value x not in range 0.000000 to 1797693134862315..." as CLI11 has it, with bounds that can be read.
std::string range_complaint(const std::string& text) {
    constexpr std::string_view value = ": Value ", range = " not in range ", to = " to ";
    const auto at = text.find(value), bounds = text.find(range);
    const auto between = text.find(to, bounds);
    if (at == std::string::npos || bounds == std::string::npos || between == std::string::npos) {
        return text;
    }
    const std::string given = text.substr(at + value.size(), bounds - at - value.size());
    const auto lower = parse_double(text.substr(bounds + range.size(), between - bounds - range.size()));
    const auto upper = parse_double(text.substr(between + to.size()));
    if (!lower || !upper) {
        return text;
    }
    constexpr double no_bound = 1e300;
    const std::string allowed = *upper > no_bound ? fmt::format("a number >= {}", format_double(*lower))
                                                  : fmt::format("{} to {}", format_double(*lower), format_double(*upper));
    return fmt::format("{}: '{}' is out of range; allowed: {}", text.substr(0, at), given.substr(given.find_first_not_of(' ')), allowed);
}

/// What CLI11 complains about, in our words.
std::string complaint(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
    const std::vector<std::string> flags = chosen_flags(app);
    const std::string help = fmt::format(" `{} --help` lists what is allowed", command_of(app));
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr || dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
        for (const std::string& word : arguments) {  // a mistyped flag explains a missing one
            const std::string flag = word.substr(0, word.find('='));
            if (flag.starts_with("--") && flag.size() > 2 && std::find(flags.begin(), flags.end(), flag) == flags.end() && flag != "--help") {
                return fmt::format("unknown flag '{}'.{}{}", flag, suggest_flag(flag, flags), help);
            }
        }
    }
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        const auto extras = app.remaining(true);
        const std::string extra = extras.empty() ? "" : extras[0].substr(extras[0].find_first_not_of(' '));
        return fmt::format("unexpected argument '{}'. A name or formula with blanks stands in quotes.{}", extra, help);
    }
    std::string text = range_complaint(error.what());
    constexpr std::string_view unread = "Could not convert: ";  // CLI11: "Could not convert: --seconds = abc"
    if (const auto is = text.find(" = "); text.starts_with(unread) && is != std::string::npos) {
        text = fmt::format("{}: '{}' cannot be read here", text.substr(unread.size(), is - unread.size()), text.substr(is + 3));
    }
    if (const auto is = text.find(": 1 required "); is != std::string::npos) {
        text = fmt::format("{} needs a value", text.substr(0, is));
    }
    if (const auto is = text.find(": At Most 1 required"); is != std::string::npos) {
        text = fmt::format("{} is given more than once", text.substr(0, is));
    }
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
        const auto is = text.find(" is required");
        text = is == std::string::npos ? text : fmt::format("{} is missing", text.substr(0, is));
    }
    return text + "." + help;
}

int complain(const std::string& message, int code) {
    std::fflush(stdout);
    fmt::print(stderr, "balmer: error: {}\n", message);
    return code;
}

int parse_and_run(CLI::App& app, std::function<int()>& run, const std::vector<std::string>& arguments) {
    try {
        check_command(app, arguments);
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
        return run();
    } catch (const CLI::CallForHelp&) {
        const auto chosen = app.get_subcommands();
        write_result("", as_text(help_page(chosen.empty() ? app : *chosen[0])));
        return exit_done;
    } catch (const CLI::CallForVersion&) {
        write_result("", fmt::format("balmer {}\n", version()));
        return exit_done;
    } catch (const CLI::ParseError& error) {
        return complain(complaint(app, error, arguments), exit_mistake);
    }
}

/// An installed program finds its data beside itself, wherever it was put.
void add_installed_data() {
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    if (!program.empty()) {
        add_data_folder((program.parent_path().parent_path() / "share" / "balmer").lexically_normal());
    }
}

}  // namespace

void write_result(const std::string& path, const std::string& text) {
    if (!path.empty()) {
        write_file_atomically(path, text);
        return;
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (!written) {
        throw Error("cannot write to standard output: the disk is full or the reader went away");
    }
}

void build_program(CLI::App& app, std::function<int()>& run) {
    app.name("balmer");
    app.description("formulas from data, and firmware from formulas\n\n"
                    "A table of numbers goes in, formulas come out: the best one of every complexity, with fitted constants and their "
                    "uncertainties. `balmer COMMAND --help` explains a command.");
    app.formatter(std::make_shared<ManFormatter>());
    app.set_help_flag("-h,--help", "print this page");
    app.set_version_flag("-V,--version", std::string(version()), "print the version");
    app.require_subcommand(1);
    add_fit(app, run);
    add_show(app, run);
    add_predict(app, run);
    add_export(app, run);
    add_firmware(app, run);
    add_verify(app, run);
    add_synthesize(app, run);
    add_report(app, run);
    add_simplify(app, run);
    add_evaluate(app, run);
    add_derivative(app, run);
    add_generate(app, run);
    add_info(app, run);
    app.footer("Examples:\n  balmer generate feynman:I.9.18 -o gravity.csv\n  balmer fit gravity.csv --target F\n  balmer show run-gravity-1\n"
               "  balmer predict run-gravity-1 more.csv -o predicted.csv");
}

int run_program(int argc, char** argv) {
    try {
        add_installed_data();
        CLI::App app;
        std::function<int()> run;
        build_program(app, run);
        return parse_and_run(app, run, arguments_of(argc, argv));
    } catch (const Error& error) {
        return complain(error.what(), exit_mistake);
    } catch (const std::bad_alloc&) {
        return complain("out of memory. Fewer rows or columns, or --memory, may help", exit_failure);
    } catch (const std::exception& error) {
        return complain(fmt::format("balmer itself failed: {}. Please report it with the command that you typed", error.what()), exit_failure);
    }
}

}  // namespace balmer::cli
