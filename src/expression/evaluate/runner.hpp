#pragma once

#include <algorithm>
#include <cstring>

#include "expression/evaluate/arena.hpp"
#include "expression/evaluate/tape.hpp"

namespace balmer {

/// A stretch of rows given to the kernels: rows [begin, begin + count), of which [skip, skip + valid) are new. Kernels take whole blocks, so
/// the last stretch starts early and computes some rows again, which gives the same bits again.
struct Stretch {
    std::size_t begin = 0, count = 0, skip = 0, valid = 0;
};

/// Cuts `rows` rows into stretches of at most `tile` rows, each a multiple of `block`. Fewer rows than a block make one stretch
/// of a block, whose columns must be copied.
class Stretches {
public:
    Stretches(std::size_t rows, std::size_t tile, std::size_t block) : rows_(rows), tile_(tile), block_(block) {}
    /// False when all rows are done.
    bool next(Stretch& s) {
        if (done_ == rows_) return false;
        const std::size_t rest = rows_ - done_;
        if (rows_ < block_) {
            s = {0, block_, 0, rows_};
        } else if (rest >= tile_) {
            s = {done_, tile_, 0, tile_};
        } else {
            const std::size_t count = (rest + block_ - 1) / block_ * block_;
            if (count <= rows_) s = {rows_ - count, count, count - rest, rest};
            else s = {done_, count - block_, 0, count - block_};
        }
        done_ += s.valid;
        return true;
    }

private:
    std::size_t rows_, tile_, block_, done_ = 0;
};

template <class Real>
const kernels::Table<Real>& kernel_table(InstructionSet set);
const kernels::ReverseTable& reverse_table(InstructionSet set);

/// Runs a tape forward over tiles.
template <class Real>
class Runner {
public:
    static constexpr std::size_t tile = kernels::tile_rows<Real>;
    static constexpr std::size_t block = kernels::block<Real>;

    /// `output` may be empty: predictions then stay in scratch tiles.
    Runner(const Program::Tape& tape, std::span<const double> parameters, const Columns<Real>& columns, std::span<Real* const> output,
           InstructionSet set)
        : tape_(tape), columns_(columns), output_(output), table_(kernel_table<Real>(set)) {
        const std::size_t few = columns.rows < block ? tape.columns.size() : 0;
        const std::size_t tiles = tape.registers + tape.roots.size();
        Carver carver(arena_.reserve(Carver::bytes<Real*>(tape.slots()) + Carver::bytes<double>(tape.scalars.size()) +
                                     Carver::bytes<Real>(block * (tape.scalars.size() + few)) + Carver::bytes<Real>(tiles * pitch)));
        slot_ = carver.template take<Real*>(tape.slots());
        double* const computed = carver.template take<double>(tape.scalars.size());
        Real* const scalars = carver.template take<Real>(block * (tape.scalars.size() + few));
        scratch_ = carver.template take<Real>(tiles * pitch);
        // A formula that is run as it was compiled has its scalars ready.
        const bool initial = parameters.data() == tape.initial.data();
        if (!initial) evaluate_scalars(tape, parameters, {computed, tape.scalars.size()});
        const double* const values = initial ? tape.initial_scalars.data() : computed;
        for (std::size_t k = 0; k < tape.scalars.size(); ++k) {
            slot_[k] = scalars + k * block;
            std::fill_n(slot_[k], block, static_cast<Real>(values[k]));
        }
        if (few > 0) copy_few_rows(scalars + tape.scalars.size() * block);
        for (std::size_t k = 0; k < tiles; ++k) slot_[tape.first_register() + k] = scratch_ + k * pitch;
    }

    /// Points the slots at a stretch.
    void move_to(const Stretch& s) {
        if (columns_.rows < block) return;
        Real** const column = slot_ + tape_.first_column();
        for (std::size_t k = 0; k < tape_.columns.size(); ++k)
            column[k] = const_cast<Real*>(columns_.column[static_cast<std::size_t>(tape_.columns[k])]) + columns_.offset + s.begin;
        for (std::size_t k = 0; k < output_.size(); ++k) {
            Real* const at = slot_[tape_.first_output() + k] = output_[k] + s.begin;
            // Lines on their way from memory while the tile is computed, which are written last.
            for (std::size_t i = 0; i < s.count; i += block) __builtin_prefetch(at + i, 1);
        }
    }
    /// Runs the first `steps` steps on a stretch.
    void run(const Stretch& s, std::size_t steps) const {
        const kernels::Step* step = tape_.steps.data();
        for (const kernels::Step* const end = step + steps; step != end; ++step) table_.kernel[step->kernel](*step, slot_, s.count);
    }
    void run(const Stretch& s) const { run(s, tape_.steps.size()); }

    const Real* output(std::size_t k) const { return slot_[tape_.first_output() + k]; }
    Real* const* slots() const { return slot_; }
    const kernels::Table<Real>& table() const { return table_; }

private:
    // Tiles lie a little more than 2 KiB apart, so that not all begin at the same place of a cache way.
    static constexpr std::size_t pitch = tile + block;

    void copy_few_rows(Real* to) {
        for (std::size_t k = 0; k < tape_.columns.size(); ++k, to += block) {
            const Real* const from = columns_.column[static_cast<std::size_t>(tape_.columns[k])] + columns_.offset;
            for (std::size_t i = 0; i < block; ++i) to[i] = columns_.rows == 0 ? Real(0) : from[std::min(i, columns_.rows - 1)];
            slot_[tape_.first_column() + k] = to;
        }
    }

    const Program::Tape& tape_;
    Columns<Real> columns_;
    std::span<Real* const> output_;
    const kernels::Table<Real>& table_;
    Arena arena_;
    Real** slot_ = nullptr;
    Real* scratch_ = nullptr;
};

}  // namespace balmer
