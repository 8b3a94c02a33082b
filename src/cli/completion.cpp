#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>

#include "balmer/error.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"

// Completion scripts for shells, made from the same command line that is parsed.

namespace balmer::cli {

namespace {

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// One line, without what quotes and completion descriptions give a meaning of their own.
std::string plain(const std::string& text) {
    std::string result;
    for (const char c : text.substr(0, text.find('\n'))) {
        result += std::string_view("'\"\\[]:`$").find(c) == std::string_view::npos ? std::string(1, c) : "";
    }
    return result;
}

/// The long names of a command's options, in order, each with the option.
std::vector<std::pair<std::string, const CLI::Option*>> flags_of(const CLI::App& command) {
    std::vector<std::pair<std::string, const CLI::Option*>> flags;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            flags.emplace_back(name, option);
        }
    }
    return flags;
}

std::string bash_completion(CLI::App& app) {
    std::string commands, cases;
    for (CLI::App* command : commands_of(app)) {
        commands += (commands.empty() ? "" : " ") + command->get_name();
        std::string flags;
        for (const auto& [name, option] : flags_of(*command)) {
            flags += (flags.empty() ? "--" : " --") + name;
        }
        cases += fmt::format("        {}) flags=\"{}\" ;;\n", command->get_name(), flags);
    }
    return fmt::format(
        "# Completion of balmer for bash; made by `balmer info --completion bash`.\n"
        "_balmer() {{\n"
        "    local word=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]}} flags=\"\"\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$word\"))\n"
        "        return\n"
        "    fi\n"
        "    case $command in\n{}    esac\n"
        "    case $word in\n"
        "        -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")) ;;\n"
        "        *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
        "    esac\n"
        "}}\n"
        "complete -o filenames -F _balmer balmer\n",
        commands, cases);
}

std::string zsh_completion(CLI::App& app) {
    std::string commands, cases;
    for (CLI::App* command : commands_of(app)) {
        commands += fmt::format("        '{}:{}'\n", command->get_name(), plain(help_page(*command).summary));
        cases += fmt::format("        {})\n            _arguments", command->get_name());
        for (const auto& [name, option] : flags_of(*command)) {
            cases += fmt::format(" \\\n                '--{}[{}]{}'", name, plain(option->get_description()), takes_value(*option) ? ":value:_files" : "");
        }
        cases += " \\\n                '*:file:_files' ;;\n";
    }
    return fmt::format(
        "#compdef balmer\n"
        "# Completion of balmer for zsh; made by `balmer info --completion zsh`.\n"
        "_balmer() {{\n"
        "    local -a commands=(\n{}    )\n"
        "    if (( CURRENT == 2 )); then\n"
        "        _describe command commands\n"
        "        return\n"
        "    fi\n"
        "    local command=$words[2]\n"
        "    shift words\n"
        "    (( CURRENT-- ))\n"
        "    case $command in\n{}    esac\n"
        "}}\n"
        "if [[ ${{funcstack[1]}} == _balmer ]]; then _balmer \"$@\"; else compdef _balmer balmer; fi\n",
        commands, cases);
}

std::string fish_completion(CLI::App& app) {
    std::string text = "# Completion of balmer for fish; made by `balmer info --completion fish`.\n";
    for (CLI::App* command : commands_of(app)) {
        text += fmt::format("complete -c balmer -n __fish_use_subcommand -f -a {} -d '{}'\n", command->get_name(), plain(help_page(*command).summary));
    }
    for (CLI::App* command : commands_of(app)) {
        for (const auto& [name, option] : flags_of(*command)) {
            text += fmt::format("complete -c balmer -n '__fish_seen_subcommand_from {}' -l {}{} -d '{}'\n", command->get_name(), name,
                                takes_value(*option) ? " -r" : "", plain(option->get_description()));
        }
    }
    return text;
}

}  // namespace

std::string completion(CLI::App& app, const std::string& shell) {
    struct Shell {
        std::string_view name;
        std::string (*write)(CLI::App&);
    };
    constexpr std::array<Shell, 3> shells = {{{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}}};
    for (const Shell& known : shells) {
        if (known.name == shell) {
            return known.write(app);
        }
    }
    throw Error(fmt::format("--completion {}: known shells: bash, zsh, fish", shell));
}

}  // namespace balmer::cli
