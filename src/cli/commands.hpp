#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace balmer::cli {

/// Exit codes of the program (spec: what scripts may rely on).
enum ExitCode : int { exit_done = 0, exit_failure = 1, exit_mistake = 2, exit_difference = 3, exit_interrupted = 130 };

/// Each adds one subcommand to the program; when it is chosen, `run` is what it does and returns the exit code.
void add_fit(CLI::App& app, std::function<int()>& run);
void add_show(CLI::App& app, std::function<int()>& run);
void add_predict(CLI::App& app, std::function<int()>& run);
void add_export(CLI::App& app, std::function<int()>& run);
void add_firmware(CLI::App& app, std::function<int()>& run);
void add_verify(CLI::App& app, std::function<int()>& run);
void add_synthesize(CLI::App& app, std::function<int()>& run);
void add_report(CLI::App& app, std::function<int()>& run);
void add_simplify(CLI::App& app, std::function<int()>& run);
void add_evaluate(CLI::App& app, std::function<int()>& run);
void add_derivative(CLI::App& app, std::function<int()>& run);
void add_generate(CLI::App& app, std::function<int()>& run);
void add_info(CLI::App& app, std::function<int()>& run);

/// The program's whole command line: description, version, every subcommand, help of man-page form.
void build_program(CLI::App& app, std::function<int()>& run);

/// Parses and runs; never throws. Results go to standard output, complaints to standard error.
int run_program(int argc, char** argv);

/// Pages made from the same help: a man page in roff, the reference of parameters.
std::string man_page(CLI::App& app);
std::string parameter_page();
std::string operator_page();
/// The completion script for bash, zsh or fish. Throws balmer::Error for another shell.
std::string completion(CLI::App& app, const std::string& shell);

/// Writes a result: to standard output when `path` is empty, else whole or not at all to the file.
void write_result(const std::string& path, const std::string& text);

}  // namespace balmer::cli
