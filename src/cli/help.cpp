#include "cli/help.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "balmer/version.hpp"
#include "cli/commands.hpp"

namespace balmer::cli {

namespace {

constexpr std::size_t width = 80, indent = 7, entry_indent = 14;

constexpr std::string_view exit_status =
    "0 done; 1 a failure of balmer itself; 2 a mistake in what was given, said on standard error with what to try; 3 a verification found "
    "a difference; 130 interrupted, with the run kept.";

std::string wrapped(const std::string& text, std::size_t left) {
    std::string result, line;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (!line.empty() && left + line.size() + 1 + word.size() > width) {
            result += std::string(left, ' ') + line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    return line.empty() ? result : result + std::string(left, ' ') + line + "\n";
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        const auto first = line.find_first_not_of(' ');
        if (first != std::string::npos && !line.starts_with("Example")) {
            lines.push_back(line.substr(first));
        }
    }
    return lines;
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

std::string value_name(const CLI::Option& option) {
    std::string type = option.get_type_name();
    const auto colon = type.find(':');  // validators append their own description
    type = type.substr(0, colon);
    if (type == "TEXT") {
        return "TEXT";
    }
    return type == "FLOAT" || type == "INT" || type == "UINT" ? "N" : type;
}

HelpPage::Entry entry_of(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames()) {
        names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        names.push_back("--" + name);
    }
    std::string what = fmt::format("{}", fmt::join(names, ", "));
    if (!is_flag(option)) {
        what += " " + value_name(option);
    }
    std::string text = option.get_description();
    const std::string standard = option.get_default_str();
    if (!standard.empty() && standard != "\"\"" && !is_flag(option)) {
        text += fmt::format(" (default: {})", standard);
    }
    return {what, text};
}

void add_option_to(HelpPage& page, const CLI::Option& option) {
    if (option.get_positional()) {
        const std::string name = option.get_name(true);
        page.synopsis += " " + (option.get_required() ? name : "[" + name + "]");
        page.arguments.emplace_back(name, option.get_description());
        return;
    }
    std::string group = option.get_group();
    std::transform(group.begin(), group.end(), group.begin(), [](unsigned char c) { return std::toupper(c); });
    group = group == "OPTIONS" ? group : group + " OPTIONS";
    auto found = std::find_if(page.groups.begin(), page.groups.end(), [&](const auto& known) { return known.title == group; });
    if (found == page.groups.end()) {
        found = page.groups.insert(page.groups.end(), {group, {}});
    }
    found->entries.push_back(entry_of(option));
    if (option.get_required()) {
        page.synopsis = " " + found->entries.back().first + page.synopsis;
    }
}

std::string section(const std::string& title, const std::vector<HelpPage::Entry>& entries) {
    std::string text = "\n" + title + "\n";
    for (const auto& [what, meaning] : entries) {
        text += std::string(indent, ' ') + what + "\n" + wrapped(meaning, entry_indent);
    }
    return entries.empty() ? "" : text;
}

std::string roff_text(const std::string& text) {
    std::string result;
    for (const char c : text) {
        result += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    }
    return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result : result;
}

std::string roff_paragraphs(const std::string& text) {
    std::string result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        result += line.empty() ? ".PP\n" : roff_text(line) + "\n";
    }
    return result;
}

std::string roff_entries(const std::vector<HelpPage::Entry>& entries) {
    std::string text;
    for (const auto& [what, meaning] : entries) {
        text += ".TP\n.B " + roff_text(what) + "\n" + roff_text(meaning) + "\n";
    }
    return text;
}

std::string roff_command(const HelpPage& page) {
    std::string text = fmt::format(".SS {}\n{}\n.PP\n.B {}\n{}\n.PP\n{}", roff_text(page.command), roff_text(page.summary),
                                   roff_text(page.command), roff_text(page.synopsis), roff_paragraphs(page.description));
    text += roff_entries(page.arguments);
    for (const auto& group : page.groups) {
        text += roff_entries(group.entries);
    }
    for (const std::string& example : page.examples) {
        text += ".PP\n.RS\n.nf\n" + roff_text(example) + "\n.fi\n.RE\n";
    }
    return text;
}

}  // namespace

std::vector<CLI::App*> commands_of(CLI::App& app) {
    return app.get_subcommands([](CLI::App*) { return true; });
}

HelpPage help_page(const CLI::App& app) {
    HelpPage page;
    page.command = app.get_parent() != nullptr ? app.get_parent()->get_name() + " " + app.get_name() : app.get_name();
    const std::string& description = app.get_description();
    const auto paragraph = description.find("\n\n");
    page.summary = description.substr(0, paragraph);
    page.description = paragraph == std::string::npos ? "" : description.substr(paragraph + 2);
    for (const CLI::Option* option : app.get_options()) {
        add_option_to(page, *option);
    }
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* command : commands) {
        page.commands.emplace_back(command->get_name(), help_page(*command).summary);
    }
    page.synopsis = (commands.empty() ? "[OPTIONS]" : "COMMAND [OPTIONS] ...") + page.synopsis;
    page.examples = lines_of(app.get_footer());
    return page;
}

std::string as_text(const HelpPage& page) {
    std::string text = "NAME\n" + wrapped(page.command + " - " + page.summary, indent);
    text += "\nSYNOPSIS\n" + wrapped(page.command + " " + page.synopsis, indent);
    std::istringstream paragraphs(page.description);
    for (std::string line; std::getline(paragraphs, line);) {
        text += text.find("\nDESCRIPTION\n") == std::string::npos ? "\nDESCRIPTION\n" : "";
        text += line.empty() ? "\n" : wrapped(line, indent);
    }
    text += section("COMMANDS", page.commands) + section("ARGUMENTS", page.arguments);
    for (const auto& group : page.groups) {
        text += section(group.title, group.entries);
    }
    if (!page.examples.empty()) {
        text += "\nEXAMPLES\n";
    }
    for (const std::string& example : page.examples) {
        text += std::string(indent, ' ') + example + "\n";
    }
    return text + "\nEXIT STATUS\n" + wrapped(std::string(exit_status), indent);
}

std::string man_page(CLI::App& app) {
    const HelpPage main = help_page(app);
    std::string text = fmt::format(".TH BALMER 1 \"\" \"balmer {}\" \"User Commands\"\n.SH NAME\nbalmer \\- {}\n.SH SYNOPSIS\n.B balmer\n{}\n", version(),
                                   roff_text(main.summary), roff_text(main.synopsis));
    text += ".SH DESCRIPTION\n" + roff_paragraphs(main.description) + ".SH OPTIONS\n";
    for (const auto& group : main.groups) {
        text += roff_entries(group.entries);
    }
    text += ".SH COMMANDS\n";
    for (CLI::App* command : commands_of(app)) {
        text += roff_command(help_page(*command));
    }
    text += ".SH EXAMPLES\n";
    for (const std::string& example : main.examples) {
        text += ".PP\n.RS\n.nf\n" + roff_text(example) + "\n.fi\n.RE\n";
    }
    return text + ".SH EXIT STATUS\n" + roff_text(std::string(exit_status)) + "\n";
}

}  // namespace balmer::cli
