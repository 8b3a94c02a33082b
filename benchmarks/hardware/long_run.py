"""One long comparison: the Verilog of a firmware folder, compiled by Verilator, against its C++ header on random inputs.

    .venv/bin/python benchmarks/hardware/long_run.py FOLDER [VECTORS]

Verify the folder first: that proves the header equal to the interpreter on the same kind of vectors.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

HARNESS = r"""
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "V{name}.h"
#include "{name}.hpp"
#include "verilated.h"

static std::uint64_t state = 0x9e3779b97f4a7c15u;

// xorshift64* (S. Vigna, 2016).
static std::uint64_t random_bits() {{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du;
}}

static std::int64_t drawn(int width, bool has_sign) {{
    const std::uint64_t bits = random_bits() >> (64 - width);
    return static_cast<std::int64_t>(bits) - (has_sign ? std::int64_t{{1}} << (width - 1) : 0);
}}

static std::uint64_t mask(std::int64_t value, int width) {{ return static_cast<std::uint64_t>(value) & ((std::uint64_t{{1}} << width) - 1); }}

int main(int, char** argv) {{
    const long long count = std::atoll(argv[1]);
    constexpr int latency = {latency};
    V{name} top;
    {name}::Outputs expected[latency + 1] = {{}};
    long long differences = 0;
    for (long long i = 0; i < count + latency; ++i) {{
        const {name}::Inputs in = {{{drawn}}};
        {drives}
        for (int k = latency; k > 0; --k) expected[k] = expected[k - 1];
        expected[0] = {name}::evaluate(in);
        top.eval();
        if (i >= latency) {{
            const auto& e = expected[latency];
            if (!({checks})) ++differences;
        }}
        {clock}
    }}
    std::printf("%lld vectors, %lld differences\n", count, differences);
    return differences != 0;
}}
"""


def port(text):
    """Width and sign of fixed<W,I> or ufixed<W,I>."""
    unsigned, width = re.match(r"(u?)fixed<(\d+),", text).groups()
    return int(width), not unsigned


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    count = int(float(sys.argv[2])) if len(sys.argv) > 2 else 10**9
    circuit = json.loads((folder / "circuit.json").read_text())
    name, latency = circuit["name"], circuit["latency"]
    inputs = [(p["name"], *port(p["format"])) for p in circuit["inputs"]]
    outputs = [(p["name"], *port(p["format"])) for p in circuit["outputs"]]
    harness = HARNESS.format(
        name=name, latency=latency,
        drawn=", ".join(f"drawn({width}, {str(signed).lower()})" for _, width, signed in inputs),
        drives=" ".join(f"top.{n} = mask(in.{n}, {width});" for n, width, _ in inputs),
        checks=" && ".join(f"mask(top.{n}, {width}) == mask(e.{n}, {width})" for n, width, _ in outputs),
        clock="top.clk = 1; top.eval(); top.clk = 0; top.eval();" if latency else "")
    with tempfile.TemporaryDirectory() as work:
        (pathlib.Path(work) / "harness.cpp").write_text(harness)
        subprocess.run(["verilator", "--cc", "--exe", "--build", "-Wno-fatal", "-Wno-lint", "-O3", "--top-module", name, "-CFLAGS", f"-O2 -I{folder / 'cpp'}",
                        str(folder / "verilog" / f"{name}.v"), "harness.cpp"], cwd=work, check=True, capture_output=True)
        sys.exit(subprocess.run([f"obj_dir/V{name}", str(count)], cwd=work).returncode)


if __name__ == "__main__":
    main()
