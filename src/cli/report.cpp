#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "balmer/atomic_file.hpp"
#include "balmer/study.hpp"
#include "cli/commands.hpp"

namespace balmer::cli {

namespace {

struct ReportArguments {
    std::string run;
    std::string output;
};

int report_command(const ReportArguments& options) {
    const std::string page = report_of_run(options.run);
    const std::string path = options.output.empty() ? (std::filesystem::path(options.run) / "report.html").string() : options.output;
    if (path == "-") {
        write_result("", page);
        return exit_done;
    }
    write_file_atomically(path, page);
    write_result("", fmt::format("{}\n", path));
    return exit_done;
}

}  // namespace

void add_report(CLI::App& app, std::function<int()>& run) {
    auto options = std::make_shared<ReportArguments>();
    auto* report_app = app.add_subcommand("report",
                                          "a run as one HTML page\n\n"
                                          "Writes one self-contained page and prints its path: the chosen formula with its constants and their uncertainties, "
                                          "prediction against target and residuals (for classes: ROC curves and confusion), the front, what each stage of the "
                                          "search did, and where everything came from. fit writes it at its end; this command makes it anew, also of a run "
                                          "that is going on or was killed.");
    report_app->add_option("RUN", options->run, "run folder")->required();
    report_app->add_option("-o,--output", options->output, "write here instead of RUN/report.html; - is standard output")->type_name("FILE");
    report_app->footer("Examples:\n  balmer report run-events-1\n  balmer report run-events-1 -o page.html");
    report_app->callback([options, &run] { run = [options] { return report_command(*options); }; });
}

}  // namespace balmer::cli
