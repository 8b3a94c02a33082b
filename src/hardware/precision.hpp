#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "balmer/error.hpp"
#include "balmer/simulation.hpp"
#include "hardware/realise.hpp"

namespace balmer {

/// What a plan's circuits are compared with: port integers and the float formulas' values of some rows.
struct Judge {
    std::vector<std::vector<std::int64_t>> inputs;  ///< by port
    std::vector<std::vector<double>> scores;        ///< by output
    std::vector<std::uint32_t> winners;             ///< classification: class by row
    bool classifies = false;
    double threshold = 0;
    double unavoidable = 0;                         ///< where the data's truth stands in for the float formulas' values: what these lose themselves
    std::string advice = {};  ///< what to try when the input formats lose too much
    bool formats_are_to_blame = false;  ///< given ones, more likely than a function with a pole or a jump

    /// The quality of a circuit's outputs.
    LoweringQuality measure(const Circuit& circuit) const;
    /// The quality of scores[output][row], however they were computed.
    LoweringQuality compare(const std::vector<std::vector<double>>& values) const;
    /// The same of scores by output, whose largest `error_of` is `error`.
    LoweringQuality compare(std::span<const double* const> values, double error) const;
    /// Root mean square difference of one output's scores to the float formula's, in standard deviations of these.
    double error_of(std::size_t output, const std::vector<double>& values) const;
    /// What a circuit loses beyond the unavoidable: a share of rows of another class, or an error (squares of errors add up).
    double lost(const LoweringQuality& quality) const;
    /// What the options allow it to lose.
    double allowed(const LoweringOptions& options) const { return classifies ? 1 - options.agreement : options.tolerance; }
    /// Whether a quality is what the options ask for.
    bool accepts(const LoweringQuality& quality, const LoweringOptions& options) const;
};

/// What integers of a format stand for.
std::vector<double> real_values(const std::vector<std::int64_t>& integers, FixedPoint format);

/// Share of equal entries; 0 of none.
double share_equal(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b);

/// The asked agreement or tolerance is far from what the input formats allow.
class Unreached : public Error {
public:
    using Error::Error;
};

/// One state of the search.
struct PrecisionState {
    PlanFormats formats;
    Realisation realisation;
    LoweringQuality quality;
    double cost = 0;
    std::string note = {};  ///< when the input formats allow less than was asked for
};

/// Address bits of a plain table at the start; beyond, pieces or a line between entries are cheaper.
inline constexpr int widest_plain_table = 10;

/// What becomes of tables whose argument has more bits than a plain table takes.
enum class WideTables : std::uint8_t {
    interpolated,  ///< a line between entries at even distances
    segmented,     ///< steps that grow with the argument
    large,         ///< the same in the largest tables, and finer lines where arguments have both signs
    both,          ///< that with lines between the entries
};
/// Generous formats: `bits` for arguments of tables, two more for other edges, and as many more as a sum of which the fraction counts has before its point.
PlanFormats starting_formats(const Plan& plan, const LoweringOptions& options, int bits, WideTables wide = WideTables::interpolated);
/// Takes bits away where they cost the most for the least loss, while `judge` accepts; every state on the way goes to `visit`.
PrecisionState search_precision(const Plan& plan, const LoweringOptions& options, const Judge& judge,
                                const std::function<void(const PrecisionState&)>& visit);

}  // namespace balmer
