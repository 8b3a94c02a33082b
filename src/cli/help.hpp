#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace balmer::cli {

/// What the help of one command says, before it has a form.
struct HelpPage {
    using Entry = std::pair<std::string, std::string>;  ///< what to type, what it does
    struct Group {
        std::string title;
        std::vector<Entry> entries;
    };

    std::string command;      ///< "balmer show"
    std::string summary;      ///< half a line
    std::string description;  ///< paragraphs
    std::string synopsis;     ///< "[OPTIONS] RUN"
    std::vector<Entry> arguments;
    std::vector<Group> groups;  ///< options by group
    std::vector<Entry> commands;
    std::vector<std::string> examples;
};

/// All commands, in the order in which they were added.
std::vector<CLI::App*> commands_of(CLI::App& app);

/// Reads the page of a command off its CLI::App.
HelpPage help_page(const CLI::App& app);

/// The page as text of 80 columns.
std::string as_text(const HelpPage& page);

}  // namespace balmer::cli
