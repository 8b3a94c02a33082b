#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>

#include "balmer/circuit.hpp"
#include "balmer/circuit_builder.hpp"
#include "hardware/lower_case.hpp"

namespace balmer {

namespace {

// Verilog-2005, SystemVerilog, VHDL-2008 and C++20, in lower case.
const std::set<std::string, std::less<>>& reserved_words() {
    static const std::set<std::string, std::less<>> words = {
        "abs", "accept_on", "access", "after", "alias", "alignas", "alignof", "all", "always", "always_comb", "always_ff", "always_latch",
        "and", "and_eq", "architecture", "array", "asm", "assert", "assign", "assume", "assume_guarantee", "attribute", "auto", "automatic",
        "before", "begin", "bind", "bins", "binsof", "bit", "bitand", "bitor", "block", "body", "bool", "break", "buf", "buffer", "bufif0",
        "bufif1", "bus", "byte", "case", "casex", "casez", "catch", "cell", "chandle", "char", "char16_t", "char32_t", "char8_t", "checker",
        "class", "clocking", "cmos", "co_await", "co_return", "co_yield", "compl", "component", "concept", "config", "configuration", "const",
        "const_cast", "consteval", "constexpr", "constinit", "constant", "constraint", "context", "continue", "cover", "covergroup",
        "coverpoint", "cross", "deassign", "decltype", "default", "defparam", "delete", "design", "disable", "disconnect", "dist", "do",
        "double", "downto", "dynamic_cast", "edge", "else", "elsif", "end", "endcase", "endchecker", "endclass", "endclocking", "endconfig",
        "endfunction", "endgenerate", "endgroup", "endinterface", "endmodule", "endpackage", "endprimitive", "endprogram", "endproperty",
        "endsequence", "endspecify", "endtable", "endtask", "entity", "enum", "event", "eventually", "exit", "expect", "explicit", "export",
        "extends", "extern", "fairness", "false", "file", "final", "first_match", "float", "for", "force", "foreach", "forever", "fork",
        "forkjoin", "friend", "function", "generate", "generic", "genvar", "global", "goto", "group", "guarded", "highz0", "highz1", "if",
        "iff", "ifnone", "ignore_bins", "illegal_bins", "implements", "implies", "import", "impure", "in", "incdir", "include", "inertial",
        "initial", "inline", "inout", "input", "inside", "instance", "int", "integer", "interconnect", "interface", "intersect", "is", "join",
        "join_any", "join_none", "label", "large", "let", "liblist", "library", "linkage", "literal", "local", "localparam", "logic", "long",
        "loop", "macromodule", "main", "map", "matches", "medium", "mod", "modport", "module", "mutable", "namespace", "nand", "negedge",
        "nettype", "new", "next", "nexttime", "nmos", "noexcept", "nor", "noshowcancelled", "not", "not_eq", "notif0", "notif1", "null",
        "nullptr", "of", "on", "open", "operator", "or", "or_eq", "others", "out", "output", "package", "packed", "parameter", "pmos", "port",
        "posedge", "postponed", "primitive", "priority", "private", "procedure", "process", "program", "property", "protected", "public",
        "pull0", "pull1", "pulldown", "pullup", "pulsestyle_ondetect", "pulsestyle_onevent", "pure", "rand", "randc", "randcase",
        "randsequence", "range", "rcmos", "real", "realtime", "record", "ref", "reg", "register", "reinterpret_cast", "reject", "reject_on",
        "release", "rem", "repeat", "report", "requires", "restrict", "return", "rnmos", "rol", "ror", "rpmos", "rtran", "rtranif0",
        "rtranif1", "s_always", "s_eventually", "s_nexttime", "s_until", "s_until_with", "scalared", "select", "sequence", "severity",
        "shared", "short", "shortint", "shortreal", "showcancelled", "signal", "signed", "sizeof", "sla", "sll", "small", "soft", "solve",
        "specify", "specparam", "sra", "srl", "static", "static_assert", "static_cast", "std", "string", "strong", "strong0", "strong1",
        "struct", "subtype", "super", "supply0", "supply1", "switch", "sync_accept_on", "sync_reject_on", "table", "tagged", "task",
        "template", "then", "this", "thread_local", "throughout", "throw", "time", "timeprecision", "timeunit", "to", "tran", "tranif0",
        "tranif1", "transport", "tri", "tri0", "tri1", "triand", "trior", "trireg", "true", "try", "type", "typedef", "typeid", "typename",
        "unaffected", "union", "unique", "unique0", "units", "unsigned", "until", "until_with", "untyped", "use", "using", "uwire",
        "variable", "vectored", "virtual", "void", "volatile", "vmode", "vprop", "vunit", "wait", "wait_order", "wand", "wchar_t", "weak",
        "weak0", "weak1", "when", "while", "wildcard", "wire", "with", "within", "wor", "work", "xnor", "xor", "xor_eq",
        // Names that generated code uses itself.
        "clk", "clock", "rst", "reset", "valid_in", "valid_out", "ieee", "numeric_std", "std_logic", "std_logic_vector", "to_integer",
        "to_signed", "to_unsigned", "resize", "shift_left", "shift_right", "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t",
        "uint32_t", "uint64_t",
    };
    return words;
}

constexpr std::array<std::string_view, circuit_op_count> op_names = {"input", "constant", "add",   "subtract", "multiply", "table",
                                                                    "saturate", "wrap",  "round", "scale",    "select",   "less",
                                                                    "less_equal", "equal"};
constexpr std::array<int, circuit_op_count> op_arities = {0, 0, 2, 2, 2, 1, 1, 1, 1, 1, 3, 2, 2, 2};

}  // namespace

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

std::string_view name_of(CircuitOp op) { return op_names[static_cast<std::size_t>(op)]; }

int arity_of(CircuitOp op) { return op_arities[static_cast<std::size_t>(op)]; }

bool is_reserved_word(std::string_view word) {
    const std::string lower = lower_case(word);
    return reserved_words().contains(lower) || lower.rfind("balmer_", 0) == 0;
}

std::string legal_name(std::string_view wanted, std::string_view fallback) {
    std::string name;
    for (const char c : wanted) {
        const auto u = static_cast<unsigned char>(c);
        if (u < 128 && std::isalnum(u)) {
            name += c;
        } else if (!name.empty() && name.back() != '_') {
            name += '_';
        }
    }
    while (!name.empty() && name.back() == '_') {
        name.pop_back();
    }
    if (name.empty()) {
        name = fallback;
    } else if (std::isdigit(static_cast<unsigned char>(name[0]))) {
        name = std::string(fallback) + "_" + name;
    }
    return is_reserved_word(name) ? (lower_case(name).rfind("balmer_", 0) == 0 ? "my_" + name : name + "_value") : name;
}

}  // namespace balmer
