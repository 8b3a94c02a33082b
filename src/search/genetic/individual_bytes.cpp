#include "search/genetic/individual_bytes.hpp"

namespace balmer::genetic {

void put(ByteWriter& writer, const std::vector<double>& list) {
    writer.u64(list.size());
    for (const double value : list)
        writer.f64(value);
}

void put(ByteWriter& writer, const std::vector<std::uint64_t>& list) {
    writer.u64(list.size());
    for (const auto value : list)
        writer.u64(value);
}

void put(ByteWriter& writer, const Individual& individual) {
    writer.u64(individual.cores.size());
    for (const auto& core : individual.cores)
        writer.expression(core);
    put(writer, individual.scale);
    put(writer, individual.offset);
    put(writer, individual.form_values);
    put(writer, individual.losses);
    writer.f64(individual.loss);
    writer.i64(individual.complexity);
    writer.u64(individual.structure);
    writer.u64(individual.birth);
}

void put(ByteWriter& writer, const std::vector<Individual>& individuals) {
    writer.u64(individuals.size());
    for (const auto& individual : individuals)
        put(writer, individual);
}

// Elements are added one by one: a damaged count runs into the end of the bytes before it fills the memory.
void get(ByteReader& reader, std::vector<double>& list) {
    list.clear();
    for (auto left = reader.u64(); left > 0; --left)
        list.push_back(reader.f64());
}

void get(ByteReader& reader, std::vector<std::uint64_t>& list) {
    list.clear();
    for (auto left = reader.u64(); left > 0; --left)
        list.push_back(reader.u64());
}

void get(ByteReader& reader, Individual& individual) {
    individual.cores.clear();
    for (auto left = reader.u64(); left > 0; --left)
        individual.cores.push_back(reader.expression());
    get(reader, individual.scale);
    get(reader, individual.offset);
    get(reader, individual.form_values);
    get(reader, individual.losses);
    individual.loss = reader.f64();
    individual.complexity = static_cast<int>(reader.i64());
    individual.structure = reader.u64();
    individual.birth = reader.u64();
}

void get(ByteReader& reader, std::vector<Individual>& individuals) {
    individuals.clear();
    for (auto left = reader.u64(); left > 0; --left)
        get(reader, individuals.emplace_back());
}

}  // namespace balmer::genetic
