#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "balmer/error.hpp"
#include "balmer/firmware.hpp"
#include "hardware/tools/back_ends.hpp"
#include "hardware/tools/coverage.hpp"
#include "hardware/tools/process.hpp"
#include "hardware/tools/vector_files.hpp"

namespace balmer {

namespace fs = std::filesystem;

namespace {

void check_names(const std::vector<std::string>& names) {
    const auto known = back_end_names();
    for (const auto& name : names)
        if (std::ranges::find(known, name) == known.end())
            throw Error({.name = "--back-end"}, fmt::format("unknown back end '{}'.{} Known: {}", name, suggest(name, known), fmt::join(known, ", ")));
}

}  // namespace

TestRows test_rows(const Circuit& circuit, const fs::path& folder, const VerifyOptions& options) {
    if (options.progress) options.progress("vectors");
    // Random vectors come last: the netlist may get fewer of them.
    TestRows test{.rows = read_vectors(circuit, folder / "test" / "vectors.txt"), .coverage = {}};
    const auto append = [&](InputRows more) { std::ranges::move(more, std::back_inserter(test.rows)); };
    InputRows random = random_rows(circuit, test.rows, options.random_vectors, options.seed);
    append(corner_rows(circuit, options.seed));
    ReachingRows reaching = reaching_rows(circuit, test.rows, options.seed);
    test.coverage = reaching.coverage;
    append(std::move(reaching.rows));
    append(std::move(random));
    return test;
}

std::vector<std::string> back_end_names() {
    std::vector<std::string> names;
    for (const auto& back_end : back_ends()) names.push_back(back_end.name);
    return names;
}

Verification verify_firmware(const fs::path& folder, const VerifyOptions& options) {
    check_names(options.back_ends);
    const Circuit circuit = read_firmware(folder);
    Verification verification;
    TestRows test = test_rows(circuit, folder, options);
    verification.coverage = test.coverage;
    InputRows& rows = test.rows;
    const std::size_t fixed = rows.size() - options.random_vectors;
    const WorkFolder whole, part;
    // By a name of its own: the makefiles of Verilator take no blank in a path.
    const fs::path firmware = whole.path() / "firmware";
    fs::create_directory_symlink(fs::absolute(folder), firmware);
    write_vectors(circuit, rows, whole.path() / "vectors.txt");
    const bool shorter = options.netlist_vectors < options.random_vectors;
    if (shorter) {
        rows.resize(fixed + options.netlist_vectors);
        write_vectors(circuit, rows, part.path() / "vectors.txt");
    }
    for (const auto& back_end : back_ends()) {
        if (!options.back_ends.empty() && std::ranges::find(options.back_ends, back_end.name) == options.back_ends.end()) continue;
        if (options.progress) options.progress(back_end.name);
        const auto& work = shorter && back_end.name == "netlist" ? part : whole;
        verification.back_ends.push_back(run_back_end(back_end, firmware, circuit, work.path()));
        const std::size_t given = shorter && back_end.name == "netlist" ? fixed + options.netlist_vectors : fixed + options.random_vectors;
        auto& result = verification.back_ends.back();
        if (result.agreement == Agreement::equal && result.vectors != given) {
            result.agreement = Agreement::failed;
            result.detail = fmt::format("{} vectors were given, {} compared", given, result.vectors);
        }
    }
    return verification;
}

}  // namespace balmer
