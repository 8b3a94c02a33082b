#include <cstdio>
#include <functional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "balmer/error.hpp"
#include "cli/fit.hpp"

int main(int argc, char** argv) {
    CLI::App app("balmer finds formulas in data and turns them into nanosecond firmware.", "balmer");
    std::function<int()> run;
    balmer::cli::add_fit(app, run);
    app.require_subcommand(1);
    try {
        app.parse(argc, argv);
        return run();
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const balmer::Error& error) {
        fmt::print(stderr, "balmer: error: {}\n", error.what());
        return 2;
    }
}
