#pragma once

#include <memory>
#include <vector>

#include "expression/evaluate/runner.hpp"

namespace balmer {

/// What the reverse pass does to every tile, for all parameter values alike. Slots are scalars, columns, one tile for each value, then adjoints.
struct ReversePlan {
    struct Back {
        kernels::ReverseTable::Kernel kernel = nullptr;
        std::uint32_t adjoint = 0, a = 0, b = 0, f = 0, into = 0;
        kernels::Into mode = kernels::Into::write;
        std::int32_t index = 0;
    };
    struct Pass {
        std::uint32_t root = 0;              ///< slot of the prediction
        std::vector<Back> steps;
        std::vector<std::uint32_t> scalars;  ///< scalars that the output depends on
        std::vector<std::uint32_t> slots;    ///< their tiles
    };

    ReversePlan(const Program::Tape& tape, std::size_t outputs, const kernels::ReverseTable& table);

    std::vector<kernels::Step> steps;
    std::vector<Pass> passes;  ///< one per output
    std::uint32_t base[4] = {};
    std::uint32_t ones = 0, slots = 0;
    std::uint64_t stamp = 0;   ///< of the tape
    const kernels::ReverseTable* table = nullptr;

private:
    void find_dependence(const Program::Tape& tape);
    void plan_forward(const Program::Tape& tape, std::size_t outputs);
    void plan_backward(const Program::Tape& tape, std::size_t output);
    std::uint32_t tile_slot() { return slots++; }
    std::uint32_t slot_of(Reference r) const { return base[static_cast<int>(kind_of(r))] + number_of(r); }
    bool matters(Reference r) const {
        return kind_of(r) == Kind::value ? value_depends_[number_of(r)] : kind_of(r) == Kind::scalar && scalar_depends_[number_of(r)];
    }
    std::vector<bool> scalar_depends_, value_depends_;  // on some parameter
};

/// The plan of a tape, the last one of this thread when it still fits: a fit asks for the same many times.
std::shared_ptr<const ReversePlan> reverse_plan(const Program::Tape& tape, std::size_t outputs, const kernels::ReverseTable& table);

}  // namespace balmer
