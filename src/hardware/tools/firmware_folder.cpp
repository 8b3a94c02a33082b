#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "hardware/hls/cpp.hpp"
#include "hardware/rtl/verilog.hpp"
#include "hardware/rtl/vhdl.hpp"
#include "hardware/tools/vector_files.hpp"
#include "hardware/tools/verilator_bench.hpp"

namespace balmer {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t stored_rows = 2000;  // of the user's data among the test vectors

void make_folder(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) throw Error({.file = path.string()}, "cannot make this folder: " + error.message() + ". Choose another with -o");
}

}  // namespace

void write_firmware(const Circuit& circuit, const fs::path& folder, const FirmwareFiles& files) {
    validate(circuit);
    InputRows rows = corner_rows(circuit, 1);
    if (files.data) {
        auto data = rows_of(circuit, *files.data, stored_rows);
        std::ranges::move(data, std::back_inserter(rows));
    }
    for (const char* part : {"verilog", "vhdl", "hls", "cpp", "python", "test"}) make_folder(folder / part);
    const ValidBit valid = files.valid_bit ? ValidBit::with : ValidBit::without;
    const auto& name = circuit.name;
    const auto write = [&](const std::string& path, const std::string& text) { write_file_atomically(folder / path, text); };
    save(circuit, folder / "circuit.json");
    if (files.model) save(*files.model, folder / "model.json");
    write(fmt::format("verilog/{}.v", name), verilog(circuit, valid));
    write(fmt::format("vhdl/{}.vhd", name), vhdl(circuit, valid));
    write(fmt::format("hls/{}.cpp", name), hls_source(circuit));
    write(fmt::format("hls/{}.hpp", name), hls_header(circuit));
    write("hls/balmer_integers.hpp", hls_integers());
    write(fmt::format("hls/{}_test.cpp", name), hls_bench(circuit));
    write("hls/vitis_hls.tcl", vitis_script(circuit, files.part));
    write("vivado.tcl", vivado_script(circuit, files.part));
    write(fmt::format("cpp/{}.hpp", name), cpp_header(circuit));
    write(fmt::format("python/{}.py", name), python_module(circuit));
    write(fmt::format("test/{}_bench.v", name), verilog_bench(circuit, valid));
    write(fmt::format("test/{}_bench.vhd", name), vhdl_bench(circuit, valid));
    write(fmt::format("test/{}_verilator.cpp", name), verilator_bench(circuit, valid));
    write(fmt::format("test/{}_header.cpp", name), cpp_bench(circuit));
    write_vectors(circuit, rows, folder / "test" / "vectors.txt");
}

Circuit read_firmware(const fs::path& folder) {
    if (!fs::exists(folder / "circuit.json"))
        throw Error({.file = folder.string()}, "this is no firmware folder (no circuit.json in it). `balmer firmware` makes one");
    return load_circuit(folder / "circuit.json");
}

}  // namespace balmer
