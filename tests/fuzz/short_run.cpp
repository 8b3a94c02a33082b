// Runs a fuzz target without libFuzzer: every file of its corpus, then changed copies of them, the same in every run.
// Usage: short_<name>_fuzz RUNS CORPUS. A crash or an abort of the target is the failure.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "balmer/atomic_file.hpp"
#include "balmer/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void try_input(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_corpus(const char* folder) {
    std::vector<std::string> corpus = {"", "x", "1,2\n3,4\n"};
    if (std::filesystem::is_directory(folder)) {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            files.push_back(entry.path());
        }
        std::sort(files.begin(), files.end());
        for (const auto& file : files) {
            corpus.push_back(balmer::read_file(file));
        }
    }
    return corpus;
}

/// One change: a byte replaced, inserted or erased, a piece repeated, or the tail of another input.
void change(std::string& input, const std::vector<std::string>& corpus, balmer::RandomStream& random) {
    const std::size_t at = random.below(input.size() + 1);
    switch (random.below(5)) {
        case 0:
            if (at < input.size()) {
                input[at] = static_cast<char>(random.below(256));
            }
            break;
        case 1: input.insert(at, 1, static_cast<char>(random.below(256))); break;
        case 2: input.erase(at, 1 + random.below(4)); break;
        case 3: input.insert(at, input.substr(at, 1 + random.below(16))); break;
        default: {
            const std::string& other = corpus[random.below(corpus.size())];
            input.erase(at);
            input += other.substr(random.below(other.size() + 1));
        }
    }
    if (input.size() > 4096) {
        input.resize(4096);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: %s RUNS CORPUS\n", arguments[0]);
        return 2;
    }
    const auto runs = std::strtoull(arguments[1], nullptr, 10);
    const std::vector<std::string> corpus = read_corpus(arguments[2]);
    for (const std::string& input : corpus) {
        try_input(input);
    }
    for (std::uint64_t run = 0; run < runs; ++run) {
        balmer::RandomStream random(1, 0, 0, run);
        std::string input = corpus[random.below(corpus.size())];
        for (std::uint64_t changes = 1 + random.below(6); changes > 0; --changes) {
            change(input, corpus, random);
        }
        try_input(input);
    }
    std::printf("%llu inputs\n", runs);
    return 0;
}
