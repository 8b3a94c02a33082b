#include "balmer/random.hpp"
#include "binary_files.hpp"
#include "fuzz/table_input.hpp"

#include <gtest/gtest.h>

namespace balmer {
namespace {

std::vector<std::string> seeds() {
    const std::string numbers = npy_file("<f8", "False", "(3, 2)", npy_entries<double>({1, 2, 3, 4, 5, 6}));
    const std::string short_array = npy_file("<i2", "True", "(3,)", npy_entries<std::int16_t>({1, 2, 3}));
    const std::string words = npy_file("<U1", "False", "(3,)", npy_entries<std::uint32_t>({'a', 'b', 0xe9}));
    const std::vector<std::pair<std::string, std::string>> files{{"X.npy", numbers}, {"y.npy", short_array}, {"t.npy", words}};
    return {"a,b,c\n1,2,3\n4,5.5,-6e3\n",
            "a;b\n1,5;2\n\"3\";nan\n",
            "# x y\n1 2\n3 inf\n",
            "\"a, b\",\"c \"\"d\"\"\"\r\n\"x\ny\",1\r\n,2\r\n",
            "a\tb\n\t1\nx\t2\n",
            numbers,
            short_array,
            zip_file(files, Packing::stored),
            zip_file(files, Packing::deflated),
            std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02" "12345678", 24)};
}

std::string mutated(std::string bytes, RandomStream& random) {
    static constexpr std::string_view special = ",;\t \"\n\r#.-+0e19nNaA?'():\x1f\x8b\xff";
    const std::uint64_t changes = 1 + random.below(6);
    for (std::uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
        const std::size_t at = random.below(bytes.size());
        const std::size_t length = std::min<std::size_t>(1 + random.below(8), bytes.size() - at);
        switch (random.below(6)) {
            case 0: bytes[at] = static_cast<char>(random.below(256)); break;
            case 1: bytes[at] = special[random.below(special.size())]; break;
            case 2: bytes.insert(at, 1, special[random.below(special.size())]); break;
            case 3: bytes.erase(at, length); break;
            case 4: bytes.insert(random.below(bytes.size()), bytes.substr(at, length)); break;
            default: bytes.resize(at); break;
        }
    }
    return bytes;
}

// The fuzzer's check on 20,000 inputs of fixed seed, in every test run.
TEST(Mutation, ReadersSurviveDamagedInput) {
    const std::vector<std::string> originals = seeds();
    for (const std::string& original : originals) {
        EXPECT_TRUE(read_any_bytes(original)) << original;
    }
    std::size_t accepted = 0;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        RandomStream random(2024, 0, 0, i);
        accepted += read_any_bytes(mutated(originals[i % originals.size()], random));
    }
    EXPECT_GT(accepted, 2'000u);   // mutations must reach the parts behind the first check
    EXPECT_LT(accepted, 18'000u);
}

}  // namespace
}  // namespace balmer
