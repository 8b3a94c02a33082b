#pragma once

#include <cstddef>
#include <cstdint>

#include "balmer/operators.hpp"

// What the tape and the kernels agree on. Kernel sources include no standard containers: an inline function compiled for AVX2 must never be
// the copy that the linker keeps for every processor.
namespace balmer::kernels {

/// Kernels work on blocks of 64 bytes: 16 floats or 8 doubles. Counts are multiples of that.
inline constexpr std::size_t block_bytes = 64;
template <class Real>
inline constexpr std::size_t block = block_bytes / sizeof(Real);
/// Rows of a tile: what an instruction works on at a time. A tile of 2 KiB; about a dozen of them stay in the smallest L1 cache.
template <class Real>
inline constexpr std::size_t tile_rows = 2048 / sizeof(Real);

/// One instruction of a tape. Operands are slots: tiles, columns of the data or scalars repeated over one block.
struct Step {
    std::uint16_t kernel = 0;
    std::uint16_t scalars = 0;     ///< bit k: operand k is a scalar, its pointer stays
    std::uint32_t result = 0;      ///< slot written
    std::uint32_t operand[4] = {}; ///< slots read
    std::int32_t index = 0;        ///< exponent of integer_power
};

/// The four operations that fused kernels are made of.
enum class Arithmetic : std::uint8_t { add, subtract, multiply, divide };
/// What follows the first operation t = a . b in a kernel of two.
enum class Second : std::uint8_t { add, subtract, subtract_from, multiply, divide, divide_by, square };
inline constexpr std::size_t second_count = 7;

/// Numbers of kernels: a.b; (a.b).c; (a.b).(c.d); then one per operator, with Op::feature meaning copy.
constexpr std::uint16_t single(Arithmetic op) { return static_cast<std::uint16_t>(op); }
constexpr std::uint16_t pair(Arithmetic first, Second second) {
    return static_cast<std::uint16_t>(4 + 4 * static_cast<int>(second) + static_cast<int>(first));
}
constexpr std::uint16_t triple(Arithmetic left, Arithmetic top, Arithmetic right) {
    return static_cast<std::uint16_t>(32 + 16 * static_cast<int>(left) + 4 * static_cast<int>(top) + static_cast<int>(right));
}
inline constexpr std::uint16_t arithmetic_count = 96;
constexpr std::uint16_t function(Op op) { return static_cast<std::uint16_t>(arithmetic_count + static_cast<int>(op)); }
inline constexpr std::uint16_t copy_kernel = function(Op::feature);
inline constexpr std::size_t kernel_count = arithmetic_count + op_count;

/// Operators that have no kernel: leaves, and what lowering rewrites into the four operations (or inlines).
constexpr bool is_lowered(Op op) {
    switch (op) {
        case Op::parameter: case Op::argument: case Op::pi: case Op::euler: case Op::add: case Op::subtract: case Op::multiply:
        case Op::divide: case Op::negate: case Op::square: case Op::cube: case Op::inverse: case Op::call: case Op::hole: case Op::sum:
        case Op::product: case Op::linear: case Op::category: case Op::choose: return true;
        default: return false;
    }
}

/// Weighted sums over some rows, f and y taken relative to a shift: sum w, w f, w y, w f^2, w f y, w y^2.
struct ShiftedSums {
    double w = 0, f = 0, y = 0, ff = 0, fy = 0, yy = 0;
};

/// Every kernel of one precision and one instruction set.
template <class Real>
struct Table {
    using Kernel = void (*)(const Step&, Real* const* slot, std::size_t count);
    using Loss = double (*)(const Step&, Real* const* slot, std::size_t count, const Real* target, std::size_t skip);
    Kernel kernel[kernel_count];
    Loss loss[arithmetic_count];  ///< the same step, then the sum of (f - target)^2 but for the first `skip` (< block) rows; nothing is written
    /// sum w (f - y)^2 over any count of rows; weights may be null.
    double (*squared)(const Real* f, const Real* y, const Real* w, std::size_t count);
    /// The sums above, added to `out`; weights may be null.
    void (*shifted)(const Real* f, const Real* y, const Real* w, std::size_t count, Real shift_f, Real shift_y, ShiftedSums& out);
};

/// Dot products are added up in so many lanes on every instruction set.
inline constexpr std::size_t dot_lanes = block<double>;

/// How a backward kernel leaves its result: as the first or as a further contribution.
enum class Into : std::uint8_t { write, add };
/// Adjoints, double only. partial[op][k]: into[i] (+)= adjoint[i] * df/d(operand k)(a, b, f).
struct Operand {
    const double* at = nullptr;
    std::size_t stride = 0;  ///< block<double> for tiles, 0 for scalars
};
struct Backward {
    Operand adjoint, a, b, f;
    double* into = nullptr;
    Into mode = Into::write;
    std::int32_t index = 0;
};
struct ReverseTable {
    using Kernel = void (*)(const Backward&, std::size_t count);
    Kernel partial[op_count][3];
    /// wr = w (f - y), w null for 1; returns the sum of w (f - y)^2.
    double (*residual)(const double* f, const double* y, const double* w, double* wr, std::size_t count);
    /// Dot products of n columns u with m columns v, dot_lanes lanes each that are to be summed by sum_lanes:
    /// out[dot_lanes (i m + j) + lane] += sum_k u_i[k] v_j[k]. `gram`: m = n, entries with j <= i, the others hold rubbish.
    void (*gram)(const double* const* u, const double* const* v, std::size_t n, std::size_t count, double* out);
    void (*cross)(const double* const* u, const double* const* v, std::size_t n, std::size_t m, std::size_t count, double* out);
    /// out[k] = a[k] * b[k].
    void (*multiply)(const double* a, const double* b, double* out, std::size_t count);
};

inline double sum_lanes(const double* lane) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

namespace baseline {
const Table<float>& floats();
const Table<double>& doubles();
const ReverseTable& reverse();
}  // namespace baseline
namespace avx2 {
const Table<float>& floats();
const Table<double>& doubles();
const ReverseTable& reverse();
}  // namespace avx2
namespace avx512 {
const Table<float>& floats();
const Table<double>& doubles();
const ReverseTable& reverse();
}  // namespace avx512

}  // namespace balmer::kernels
