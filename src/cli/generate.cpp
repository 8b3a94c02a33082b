#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "cli/commands.hpp"
#include "physics/sources.hpp"

namespace balmer::cli {

namespace {

struct GenerateArguments {
    std::string source;
    std::string output;
    std::int64_t rows = 0;
    double noise = 0;
    std::int64_t seed = 1;
    std::vector<std::string> columns;
    bool list = false;
};

std::string list_of_sources() {
    std::string text;
    for (const SourceInfo& source : sources()) {
        text += fmt::format("{:<20}  {}\n", source.name, source.description);
    }
    return text;
}

int generate_command(const GenerateArguments& options) {
    if (options.list) {
        write_result("", list_of_sources());
        return exit_done;
    }
    if (options.source.empty()) {
        throw Error("which source? `balmer generate --list` names them all");
    }
    const Table table = generate(options.source, {.rows = static_cast<std::size_t>(options.rows),
                                                  .noise = options.noise,
                                                  .seed = static_cast<std::uint64_t>(options.seed),
                                                  .columns = options.columns});
    write_result(options.output, to_csv(table));
    return exit_done;
}

}  // namespace

void add_generate(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<GenerateArguments>();
    auto* generate_app = app.add_subcommand("generate",
                                            "physics data to try a search on\n\n"
                                            "Writes a table whose last column is the target. Sources are the 120 equations of the Feynman database "
                                            "(feynman:I.9.18) and real collisions with two muons (cms).");
    generate_app->add_option("SOURCE", options->source, "such as feynman:I.9.18 or cms");
    generate_app->add_option("-o,--output", options->output, "write here instead of standard output")->type_name("FILE");
    generate_app->add_option("--rows", options->rows, "rows; 0: the source's own number")->type_name("N")->check(CLI::NonNegativeNumber)->capture_default_str();
    generate_app->add_option("--noise", options->noise, "normal noise on the target, relative to its root mean square")->type_name("R")->check(CLI::NonNegativeNumber)->capture_default_str();
    generate_app->add_option("--seed", options->seed, "same seed, same rows")->type_name("N")->check(CLI::NonNegativeNumber)->capture_default_str();
    generate_app->add_option("--columns", options->columns, "cms: these columns instead of the muons' momenta and M")->type_name("A,B,...")->delimiter(',');
    generate_app->add_flag("--list", options->list, "name every source");
    generate_app->footer("Examples:\n  balmer generate feynman:I.9.18 -o gravity.csv --rows 2000 --noise 0.01\n  balmer generate cms -o dimuons.csv");
    generate_app->callback([options, &run] { run = [options] { return generate_command(*options); }; });
}

}  // namespace balmer::cli
