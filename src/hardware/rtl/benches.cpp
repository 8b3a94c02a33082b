#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hardware/rtl/signals.hpp"
#include "hardware/rtl/vectors.hpp"
#include "hardware/rtl/verilog.hpp"
#include "hardware/rtl/vhdl.hpp"

namespace balmer {
namespace {

std::vector<std::string> bench_header(const Circuit& circuit) {
    return {fmt::format("{}_bench: feeds {} one line of vectors.txt per clock and compares", circuit.name, circuit.name), "",
            "A line holds all inputs and all outputs as two hexadecimal words, the first port in the lowest bits."};
}

}  // namespace

std::string verilog_bench(const Circuit& circuit, ValidBit valid) {
    std::vector<std::string> connections;
    if (circuit.latency > 0) connections.emplace_back(".clk(clk)");
    if (valid == ValidBit::with) connections.emplace_back(".valid_in(1'b1)");
    for (const auto& port : input_places(circuit))
        connections.push_back(fmt::format(".{}(stimulus[{}:{}])", port.name, port.first + port.format.width - 1, port.first));
    for (const auto& port : output_places(circuit))
        connections.push_back(fmt::format(".{}(response[{}:{}])", port.name, port.first + port.format.width - 1, port.first));
    if (valid == ValidBit::with) connections.emplace_back(".valid_out()");
    const int in = input_bits(circuit) - 1, out = output_bits(circuit) - 1;
    std::string text = comment(bench_header(circuit), "//");
    text += fmt::format(R"(`timescale 1ns / 1ps
module {0}_bench;
    localparam LATENCY = {1};
    reg clk = 0;
    reg [{2}:0] stimulus = 0, next_stimulus;
    wire [{3}:0] response;
    reg [{3}:0] next_response;
    reg [{3}:0] expected [0:LATENCY];
    integer file, fields, sent, compared, differences, i;
    reg [8*512-1:0] path;

    {0} dut ({4});

    task compare;
        begin
            compared = compared + 1;
            if (response !== expected[LATENCY]) begin
                if (differences == 0) $display("first difference in line %0d: expected %h, found %h", compared, expected[LATENCY], response);
                differences = differences + 1;
            end
        end
    endtask

    task tick;
        begin
            #1;
            if (sent >= LATENCY) compare;
            clk = 1;
            #1;
            clk = 0;
            for (i = LATENCY; i > 0; i = i - 1) expected[i] = expected[i - 1];
            sent = sent + 1;
        end
    endtask

    initial begin
        sent = 0;
        compared = 0;
        differences = 0;
        if (!$value$plusargs("vectors=%s", path)) path = "vectors.txt";
        file = $fopen(path, "r");
        if (file == 0) begin
            $display("cannot open %0s", path);
            $finish;
        end
        fields = $fscanf(file, "%h %h\n", next_stimulus, next_response);
        while (fields == 2) begin
            stimulus = next_stimulus;
            expected[0] = next_response;
            tick;
            fields = $fscanf(file, "%h %h\n", next_stimulus, next_response);
        end
        for (fields = 0; fields < LATENCY; fields = fields + 1) tick;
        $display("balmer bench: %0d vectors, %0d differences", compared, differences);
        $finish;
    end
endmodule
)",
                        circuit.name, circuit.latency, in, out, fmt::join(connections, ",\n        "));
    return text;
}

std::string vhdl_bench(const Circuit& circuit, ValidBit valid) {
    std::vector<std::string> connections;
    std::string signals, drives, collects;
    if (circuit.latency > 0) connections.emplace_back("clk => clk");
    if (valid == ValidBit::with) connections.emplace_back("valid_in => '1'");
    const auto type = [](FixedPoint format) { return format.sign == Sign::with ? "signed" : "unsigned"; };
    for (const auto& port : input_places(circuit))
        connections.push_back(fmt::format("{} => {}(stimulus({} downto {}))", port.name, type(port.format), port.first + port.format.width - 1, port.first));
    for (const auto& port : output_places(circuit))
        connections.push_back(fmt::format("std_logic_vector({}) => response({} downto {})", port.name, port.first + port.format.width - 1, port.first));
    if (valid == ValidBit::with) connections.emplace_back("valid_out => open");
    std::string text = comment(bench_header(circuit), "--");
    text += fmt::format(R"(library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use std.textio.all;

entity {0}_bench is
    generic (vectors : string := "vectors.txt");
end entity;

architecture test of {0}_bench is
    constant latency : natural := {1};
    type history is array (0 to latency) of std_logic_vector({3} downto 0);
    signal clk : std_logic := '0';
    signal stimulus : std_logic_vector({2} downto 0) := (others => '0');
    signal response : std_logic_vector({3} downto 0);
begin
    dut : entity work.{0} port map (
        {4}
    );

    process is
        file lines : text open read_mode is vectors;
        variable row : line;
        variable word : std_logic_vector({2} downto 0);
        variable result : std_logic_vector({3} downto 0);
        variable expected : history;
        variable sent, compared, differences : natural := 0;

        procedure tick is
        begin
            wait for 1 ns;
            if sent >= latency then
                compared := compared + 1;
                if response /= expected(latency) then
                    if differences = 0 then
                        report "first difference in line " & integer'image(compared) & ": expected " & to_hstring(expected(latency)) & ", found "
                            & to_hstring(response);
                    end if;
                    differences := differences + 1;
                end if;
            end if;
            clk <= '1';
            wait for 1 ns;
            clk <= '0';
            for i in latency downto 1 loop
                expected(i) := expected(i - 1);
            end loop;
            sent := sent + 1;
        end procedure;
    begin
        while not endfile(lines) loop
            readline(lines, row);
            hread(row, word);
            hread(row, result);
            stimulus <= word;
            expected(0) := result;
            tick;
        end loop;
        for i in 1 to latency loop
            tick;
        end loop;
        report "balmer bench: " & integer'image(compared) & " vectors, " & integer'image(differences) & " differences";
        wait;
    end process;
end architecture;
)",
                        circuit.name, circuit.latency, input_bits(circuit) - 1, output_bits(circuit) - 1, fmt::join(connections, ",\n        "));
    return text;
}

}  // namespace balmer
