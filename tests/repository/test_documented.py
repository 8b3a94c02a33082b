"""Every class, struct, enumeration, alias, constant and free function of include/balmer has a /// comment before it.

Overloads that follow each other without an empty line share the first one's comment."""

import pathlib
import re

import pytest
from tree import text, tracked

COMMENT = re.compile(r"^\s*//")
OPENS_NAMESPACE = re.compile(r"^\s*(inline\s+)?namespace\b[^;{]*\{")
SKIPPED = re.compile(r"^\s*(#|using namespace\b|friend\b|static_assert\b|extern \"C\"|\}|\)|$)")
FORWARD = re.compile(r"^\s*(template\s*<[^{}]*>\s*)?(class|struct|enum class|enum)\s+\w+\s*(:\s*[\w:]+\s*)?;")
FUNCTION = re.compile(r"^[^=({]*?(\w+)\s*\(")
ATTRIBUTE = re.compile(r"^\s*(\[\[[^\]]*\]\]\s*)*$")


def without_strings(line: str) -> str:
    """The line without string and character literals and trailing comments, so that braces can be counted."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    line = re.sub(r"'(\\.|[^'\\])'", "''", line)
    return line.split("//")[0]


def statements(source: str):
    """(line number, text, documented) of each declaration at namespace scope."""
    depth = 0  # braces and brackets that do not belong to a namespace
    namespaces = 0
    documented = False
    inside = False  # within a declaration that started on an earlier line
    last = None  # the function documented just above
    for number, line in enumerate(source.splitlines(), 1):
        code = without_strings(line)
        if depth == 0 and not inside:
            if COMMENT.match(line):
                documented, last = line.strip().startswith("///"), None
                continue
            if OPENS_NAMESPACE.match(code):
                namespaces += 1
                documented = False
                continue
            if SKIPPED.match(code):
                if not line.strip():
                    documented, last = False, None
                if code.strip().startswith("}") and namespaces:
                    namespaces -= 1
                continue
            called = FUNCTION.match(code)
            overload = called and called[1] == last
            if namespaces:
                yield number, line.strip(), documented or overload or "///<" in line
            if called and (documented or overload):
                last = called[1]
            inside = True
        depth += sum(code.count(c) for c in "{(") - sum(code.count(c) for c in "})")
        if inside and depth == 0 and code.rstrip().endswith((";", "}", "};")):
            inside = False
            documented = False


def undocumented(source: str) -> list[str]:
    return [
        f"line {number}: {line}"
        for number, line, documented in statements(source)
        if not documented and not FORWARD.match(line) and not ATTRIBUTE.match(line)
    ]


@pytest.mark.parametrize("path", [p for p in tracked() if p.parts[:2] == ("include", "balmer") and p.suffix == ".hpp"], ids=str)
def test_every_public_name_is_documented(path: pathlib.Path):
    assert undocumented(text(path)) == []


def test_the_check_sees_what_is_missing():
    source = """#pragma once
namespace balmer {
/// Good.
struct A {
    int x;
};
class B;
struct C {
    int x;
};
/// Good, over
/// two lines.
template <class T>
    requires true
int f(int a,
      int b) {
    return a;
}
int g();

/// Good for both.
int twice(int a);
int twice(double a);
int other(double a);

/// About something else.

int h();
inline constexpr int k = 3;  ///< good
}  // namespace balmer
"""
    assert [line.split(":")[0] for line in undocumented(source)] == ["line 8", "line 19", "line 24", "line 28"]
