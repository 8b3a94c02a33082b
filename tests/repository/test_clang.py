"""What g++ 12 compiles and clang 14 does not: the fuzz preset is built by clang."""

import re

from tree import ROOT, tracked

# These return a std::ranges::subrange, whose definition in libstdc++ 12 clang 14 refuses.
SUBRANGES = re.compile(r"std::ranges::(unique|remove|remove_if|partition|stable_partition|rotate|equal_range|search|find_end)\(|std::views::")


def test_no_subrange_of_the_standard_library():
    found = [
        f"{path}:{number}"
        for path in tracked()
        if path.parts[0] in ("src", "include", "physics") and path.suffix in (".cpp", ".hpp", ".inc")
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if SUBRANGES.search(line)
    ]
    assert found == [], "clang 14 cannot compile these: use the algorithm with begin() and end()"
