#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/search.hpp"

namespace balmer {

/// Writes numbers, texts, expressions and fronts into a string, little-endian: the body of checkpoints.
class ByteWriter {
public:
    void u64(std::uint64_t value);
    void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
    /// Bits are kept, NaN payloads included.
    void f64(double value);
    void text(std::string_view value);
    void expression(const Expression& value);
    void candidate(const Candidate& value);
    void front(const ParetoFront& value);
    void reductions(std::span<const Reduction> value);
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

/// Reads what ByteWriter wrote. Throws balmer::Error when the bytes end early or hold impossible counts.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t u64();
    std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
    double f64();
    std::string text();
    Expression expression();
    Candidate candidate();
    ParetoFront front();
    std::vector<Reduction> reductions();
    bool at_end() const { return position_ == bytes_.size(); }

private:
    std::string_view take(std::size_t count);
    std::size_t count(std::size_t bytes_each);

    std::string_view bytes_;
    std::size_t position_ = 0;
};

}  // namespace balmer
