#include "report/page.hpp"

#include <fmt/format.h>

#include "report/markup.hpp"

namespace balmer::report {
namespace {

constexpr std::string_view page_style = R"(body{background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;max-width:1000px;
margin:2em auto;padding:0 1.2em}
h1{font-size:1.6em;margin:0}h2{font-size:1.2em;margin:2em 0 .5em;border-bottom:1px solid var(--rule);padding-bottom:.2em}
.subtitle,figcaption,.caption{color:var(--faint)}p{margin:.5em 0}.caption{margin:1.2em 0 -.4em;font-size:14px}
figure{margin:1em 0;overflow-x:auto}figure .row{display:flex;flex-wrap:wrap;gap:14px}figure .row>svg{flex:none}svg{max-width:none;height:auto}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:.7em 0;font-size:14px}th{text-align:left;border-bottom:1px solid var(--faint);font-weight:600}
th,td{padding:.3em .8em .3em 0;vertical-align:baseline}td{border-bottom:1px solid var(--rule)}.r{text-align:right}
td.r{font-variant-numeric:tabular-nums;white-space:nowrap}tr.marked td{background:var(--mark)}
math{font-size:1.1em}.formula{overflow-x:auto;overflow-y:hidden;padding:.5em 0;margin:.6em 0}
pre{background:var(--box);padding:.8em;overflow-x:auto;font-size:13px;border-radius:5px}code{font-size:.93em}
details{margin:.8em 0}summary{cursor:pointer;color:var(--faint)}
)";

std::string cell(const std::string& tag, const PageTable& table, std::size_t column, const std::string& content) {
    const bool right = column < table.align.size() && table.align[column] == Align::right;
    return fmt::format("<{0}{1}>{2}</{0}>", tag, right ? " class=\"r\"" : "", content);
}

}  // namespace

Page::Page(const std::string& title, const std::string& subtitle) : title_(title) {
    body_ = "<h1>" + escaped(title) + "</h1>\n";
    if (!subtitle.empty()) body_ += "<p class=\"subtitle\">" + escaped(subtitle) + "</p>\n";
}

void Page::heading(const std::string& text) { body_ += "<h2>" + escaped(text) + "</h2>\n"; }

void Page::paragraph(const std::string& text) { body_ += "<p>" + escaped(text) + "</p>\n"; }

void Page::list(const std::vector<std::string>& sentences) {
    if (sentences.empty()) return;
    body_ += "<ul>";
    for (const auto& sentence : sentences) body_ += "<li>" + escaped(sentence) + "</li>";
    body_ += "</ul>\n";
}

void Page::drawings(const std::vector<std::string>& svgs, const std::string& caption) {
    body_ += "<figure><div class=\"row\">";
    for (const auto& svg : svgs) body_ += svg + "\n";
    body_ += "</div>" + (caption.empty() ? "" : "<figcaption>" + escaped(caption) + "</figcaption>") + "</figure>\n";
}

void Page::table(const PageTable& table, const std::string& caption) {
    if (!caption.empty()) body_ += "<p class=\"caption\">" + escaped(caption) + "</p>\n";
    body_ += "<div class=\"scroll\"><table>";
    body_ += "<thead><tr>";
    for (std::size_t c = 0; c < table.header.size(); ++c) body_ += cell("th", table, c, escaped(table.header[c]));
    body_ += "</tr></thead><tbody>\n";
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
        body_ += static_cast<int>(r) == table.marked ? "<tr class=\"marked\">" : "<tr>";
        for (std::size_t c = 0; c < table.rows[r].size(); ++c) body_ += cell("td", table, c, table.rows[r][c]);
        body_ += "</tr>\n";
    }
    body_ += "</tbody></table></div>\n";
}

void Page::formula(const std::string& mathml) {
    body_ += "<div class=\"formula\"><math display=\"block\" style=\"text-align:left;margin:0\"><mrow>" + mathml + "</mrow></math></div>\n";
}

void Page::source(const std::string& text) { body_ += "<pre>" + escaped(text) + "</pre>\n"; }

void Page::details(const std::string& summary) { body_ += "<details><summary>" + escaped(summary) + "</summary>\n"; }

void Page::end_details() { body_ += "</details>\n"; }

std::string Page::html() const {
    return fmt::format("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>{}{}</style></head>\n<body>\n{}</body></html>\n",
                       escaped(title_), style_sheet(), page_style, body_);
}

std::string inline_formula(const std::string& mathml) { return "<math><mrow>" + mathml + "</mrow></math>"; }

}  // namespace balmer::report
