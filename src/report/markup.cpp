#include "report/markup.hpp"

#include <cmath>

#include <fmt/format.h>

namespace balmer::report {

std::string coordinate(double value) {
    const double tenths = std::round(value * 10);
    return fmt::format("{}", tenths == 0 ? 0.0 : tenths / 10);
}

std::string rounded(double value, int digits) { return fmt::format("{:.{}g}", value, digits); }

std::string_view style_sheet() {
    return R"(:root{--paper:#fff;--ink:#1d2733;--faint:#66727f;--rule:#d5dbe1;--box:#f3f6f9;--mark:#fff3d0;
--c0:#1f6fb4;--c1:#d1603d;--c2:#2f8f5b;--c3:#8a5cb8;--c4:#b8860b;--c5:#1b9aaa;--c6:#c2477f;--c7:#6b7785}
@media(prefers-color-scheme:dark){:root{--paper:#14191f;--ink:#dde4ea;--faint:#93a0ac;--rule:#343e48;--box:#1d252d;--mark:#4a3f16;
--c0:#6ab0ee;--c1:#f0906f;--c2:#6fcf97;--c3:#bb95e6;--c4:#e3b94f;--c5:#5fd0de;--c6:#ee86b7;--c7:#a7b2bd}}
svg text{font-family:system-ui,"DejaVu Sans",sans-serif;font-size:12px;fill:var(--ink)}
svg .small{font-size:10.5px}svg .faint{fill:var(--faint)}svg .title{font-size:13px;font-weight:600}
svg .frame{fill:none;stroke:var(--faint);stroke-width:1}svg .grid{stroke:var(--rule);stroke-width:1}svg .tick{stroke:var(--faint);stroke-width:1}
svg .line{fill:none;stroke-width:1.8;stroke-linejoin:round}svg .dots{fill:none;stroke-linecap:round}
svg .bars{fill-opacity:.35;stroke-width:1}svg .guide{stroke:var(--faint);stroke-width:1;stroke-dasharray:5 4;fill:none}
svg .node{fill:var(--box);stroke:var(--faint);stroke-width:1}svg .edge{fill:none;stroke:var(--faint);stroke-width:1.2}
svg .arrow{fill:var(--faint)}svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
svg .band{stroke:var(--rule);stroke-dasharray:3 3}
)";
}

std::string standalone(const std::string& svg) {
    const auto end = svg.find('>');
    return svg.substr(0, end + 1) + "<style>" + std::string(style_sheet()) + "</style><rect width=\"100%\" height=\"100%\" style=\"fill:var(--paper)\"/>" +
           svg.substr(end + 1);
}

}  // namespace balmer::report
