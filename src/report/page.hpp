#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace balmer::report {

/// How the cells of a column stand.
enum class Align : std::uint8_t { left, right };

/// A table; cells are markup (see escaped for text).
struct PageTable {
    std::vector<std::string> header;
    std::vector<Align> align;  ///< by column; missing: left
    std::vector<std::vector<std::string>> rows;
    int marked = -1;           ///< row that stands out, -1 is none
};

/// One self-contained HTML page: style inside, no scripts, nothing fetched from elsewhere, readable on light and dark screens.
class Page {
public:
    /// A part of a page, to be appended to one.
    Page() = default;
    /// `title` heads the page, `subtitle` stands below it.
    explicit Page(const std::string& title, const std::string& subtitle = "");

    /// A heading of a section.
    void heading(const std::string& text);
    /// A paragraph of text.
    void paragraph(const std::string& text);
    /// Sentences as a list.
    void list(const std::vector<std::string>& sentences);
    /// Drawings side by side, with a caption below all of them ("" is none).
    void drawings(const std::vector<std::string>& svgs, const std::string& caption = "");
    /// A table, with a caption above it.
    void table(const PageTable& table, const std::string& caption = "");
    /// Presentation MathML of one formula, on a line of its own.
    void formula(const std::string& mathml);
    /// Preformatted text: source, commands.
    void source(const std::string& text);
    /// Starts a part that opens on demand; ends with end_details.
    void details(const std::string& summary);
    void end_details();

    /// What the page holds so far, without head and style; and such a part of another page at the end of this one.
    const std::string& body() const { return body_; }
    void append(const std::string& body) { body_ += body; }

    /// The page.
    std::string html() const;

private:
    std::string title_, body_;
};

/// MathML inside a line of text or a cell.
std::string inline_formula(const std::string& mathml);

}  // namespace balmer::report
