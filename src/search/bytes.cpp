#include "search/bytes.hpp"

#include <bit>
#include <cstring>

#include "balmer/error.hpp"

namespace balmer {

static_assert(std::endian::native == std::endian::little, "checkpoints are written in memory order");

void ByteWriter::u64(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }

void ByteWriter::f64(double value) { u64(std::bit_cast<std::uint64_t>(value)); }

void ByteWriter::text(std::string_view value) {
    u64(value.size());
    bytes_.append(value);
}

void ByteWriter::expression(const Expression& value) {
    u64(value.nodes.size());
    for (const auto& node : value.nodes) {
        u64(static_cast<std::uint64_t>(node.op) | std::uint64_t{node.arity} << 8 | std::uint64_t{node.length} << 32);
        i64(node.index);
    }
    u64(value.values.size());
    for (const double v : value.values) f64(v);
}

void ByteWriter::candidate(const Candidate& value) {
    u64(value.outputs.size());
    for (const auto& output : value.outputs) expression(output);
    i64(value.complexity);
    f64(value.loss);
    f64(value.validation);
    f64(value.score);
    text(value.origin);
}

void ByteWriter::front(const ParetoFront& value) {
    u64(value.members().size());
    for (const auto& member : value.members()) candidate(member);
}

void ByteWriter::reductions(std::span<const Reduction> value) {
    u64(value.size());
    for (const auto& r : value) {
        u64(r.parent);
        for (const auto& part : {r.kind, r.words, r.target, r.solution}) text(part);
        u64(r.variables.size());
        for (const auto& variable : r.variables) text(variable);
        f64(r.error_before);
        f64(r.error_after);
    }
}

std::string_view ByteReader::take(std::size_t count) {
    if (count > bytes_.size() - position_) throw Error("the checkpoint ends early: it is damaged");
    position_ += count;
    return bytes_.substr(position_ - count, count);
}

std::size_t ByteReader::count(std::size_t bytes_each) {
    const std::uint64_t n = u64();
    if (n > (bytes_.size() - position_) / bytes_each) throw Error("the checkpoint holds an impossible count: it is damaged");
    return n;
}

std::uint64_t ByteReader::u64() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
}

double ByteReader::f64() { return std::bit_cast<double>(u64()); }

std::string ByteReader::text() { return std::string(take(count(1))); }

Expression ByteReader::expression() {
    Expression value;
    value.nodes.resize(count(16));
    for (auto& node : value.nodes) {
        const auto packed = u64();
        node.op = static_cast<Op>(packed & 0xFF);
        node.arity = static_cast<std::uint8_t>(packed >> 8);
        node.length = static_cast<std::uint32_t>(packed >> 32);
        node.index = static_cast<std::int32_t>(i64());
    }
    value.values.resize(count(8));
    for (double& v : value.values) v = f64();
    return value;
}

Candidate ByteReader::candidate() {
    Candidate value;
    value.outputs.resize(count(16));
    for (auto& output : value.outputs) output = expression();
    value.complexity = static_cast<int>(i64());
    value.loss = f64();
    value.validation = f64();
    value.score = f64();
    value.origin = text();
    return value;
}

ParetoFront ByteReader::front() {
    ParetoFront value;
    for (auto n = count(16); n-- > 0;) value.insert(candidate());
    return value;
}

std::vector<Reduction> ByteReader::reductions() {
    constexpr std::size_t least_bytes = 64;
    std::vector<Reduction> value(count(least_bytes));
    for (auto& r : value) {
        r.parent = u64();
        for (auto* part : {&r.kind, &r.words, &r.target, &r.solution}) *part = text();
        r.variables.resize(count(8));
        for (auto& variable : r.variables) variable = text();
        r.error_before = f64();
        r.error_after = f64();
    }
    return value;
}

}  // namespace balmer
