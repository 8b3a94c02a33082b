#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "balmer/circuit_builder.hpp"
#include "hardware/plan.hpp"
#include "hardware/signed_digits.hpp"

namespace balmer {

/// How one use of an edge cuts its value: bits after the point, and a width that saturates what is beyond.
struct Quantiser {
    int fraction = 0;
    int width = 0;

    bool operator==(const Quantiser&) const = default;
};

/// How a term of a sum is multiplied.
enum class TermForm : std::uint8_t { shift_and_add, table, dropped };

/// The bits of one edge. real value = scale * (integer * 2^-fraction) + a bias that consumers take into account.
struct EdgeFormat {
    double scale = 1;                       ///< linear edges whose consumers accept any
    int fraction = 8;                       ///< table: of its entries. linear: terms are cut to it
    int folds = 0;                          ///< table: how often addresses on one side of a mirror of its entries are reflected to the other
    int interpolated = 0;                   ///< table: low address bits that choose a point on a straight line between two entries
    int segments = 0;                       ///< table of an argument >= 0: pieces, each reaching 2^segment_bits further than the one before in as much coarser steps; lines between entries when interpolated
    int segment_bits = 0;
    std::vector<Quantiser> operands;        ///< by term
    std::vector<int> digits;                ///< linear: non-zero signed digits of each coefficient
    std::vector<TermForm> forms;            ///< linear, by term

    bool operator==(const EdgeFormat&) const = default;
};

/// Everything that precision search decides, by edge of the plan.
using PlanFormats = std::vector<EdgeFormat>;

/// What became of an edge: the fraction and width of its integer.
struct EdgeResult {
    int fraction = 0, width = 0;
};

/// What addresses stand for: scale * a * 2^-fraction + bias for a in [low, high].
std::vector<double> arguments_of(std::int64_t low, std::int64_t high, int fraction, double scale, double bias);

/// Tables' real values, kept from one realisation to the next: a search changes one format at a time.
class TableCache {
public:
    /// The function of table edge `edge` at the arguments scale * a * 2^-fraction + bias for a in [low, high].
    const std::vector<double>& values(const Plan& plan, std::uint32_t edge, std::int64_t low, std::int64_t high, int fraction, double scale,
                                      double bias);

private:
    std::map<std::tuple<std::uint32_t, std::int64_t, std::int64_t, int, double, double>, std::vector<double>> kept_;
};

/// Whether an edge's scale is free: no consumer needs its real value.
std::vector<char> free_scales(const Plan& plan);
/// How many edges and outputs read an edge.
std::vector<int> count_uses(const Plan& plan);
/// The circuit of a plan in these formats, without a schedule.
struct Realisation {
    Circuit circuit;
    std::vector<EdgeResult> edges;  ///< by edge of the plan; zero where a table was merged into a sum
};
/// Whether sums of the inputs share pairs of their digits: slow to find, so left for the end.
enum class Sharing : std::uint8_t { none, pairs };
/// Throws balmer::Error when a table or a value would be too large.
Realisation realise(const Plan& plan, const PlanFormats& formats, const LoweringOptions& options, TableCache& cache, Sharing sharing = Sharing::none, Naming naming = Naming::unique);

}  // namespace balmer
