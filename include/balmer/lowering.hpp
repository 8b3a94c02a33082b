#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "balmer/circuit.hpp"
#include "balmer/dataset.hpp"
#include "balmer/model.hpp"

namespace balmer {

/// Whose arithmetic a circuit has.
enum class FirmwareMode : std::uint8_t {
    native,  ///< a format per edge, exactly rounded tables
    hls4ml,  ///< one ap_fixed format (input_format, else ap_fixed<16,6>) for everything, truncated and wrapped, constants in that format
};

/// What the circuit gives out.
enum class FirmwareOutputs : std::uint8_t {
    scores,    ///< the formulas' values
    decision,  ///< classification: the class of the largest score; one output: whether the score passes the threshold
};

/// What to do with divisors that the data take through zero.
enum class Poles : std::uint8_t {
    refuse,   ///< balmer::Error
    nearest,  ///< where the divisor is zero, the quotient of the nearest divisor that is not
};

/// What a circuit's loss is measured against.
enum class Reference : std::uint8_t {
    formulas,  ///< what the float formulas say
    data,      ///< the labels or targets that the data hold, beyond what the float formulas lose against them; without such, the formulas
};

/// A feature as a linear function of the word at the port: feature = (word - mean) / scale.
struct Standardisation {
    double mean = 0, scale = 1;
};

/// A function's table as hls4ml's lut_functions describe it: samples at start, start + (end - start)/size, ...
struct LookupTable {
    double start = -8, end = 8;
    std::size_t size = 1024;
};

/// How a model becomes a circuit.
struct LoweringOptions {
    FirmwareMode mode = FirmwareMode::native;
    FirmwareOutputs outputs = FirmwareOutputs::scores;
    std::optional<FixedPoint> input_format;                 ///< of every port not named below; without: chosen for each column from the data
    std::map<std::string, FixedPoint> input_formats;        ///< by feature
    std::map<std::string, Standardisation> standardisation; ///< by feature: the port carries the raw word, in its input format
    std::optional<FixedPoint> output_format;                ///< of every output; else the fewest bits that do
    Rounding rounding = Rounding::nearest;                  ///< of data at the ports, and of outputs
    Overflow overflow = Overflow::saturate;                 ///< of data at the ports, and of outputs
    Poles poles = Poles::refuse;
    Reference reference = Reference::formulas;
    double threshold = 0;                                   ///< outputs = decision with one output
    double agreement = 0.99;       ///< classification: share of rows whose class is that of the float formulas, to be kept
    double tolerance = 0.01;       ///< regression: root mean square error to be kept, over the standard deviation of the output, or over the size of one that does not vary
    double clock = 5;              ///< nanoseconds
    int latency = -1;              ///< clock cycles; -1: as few as the clock allows
    Multiplier multipliers = Multiplier::automatic;
    std::size_t rows = 4000;       ///< data rows that precision is searched on
    int threads = 0;               ///< of the precision search, which finds the same with any number; 0: all
    std::string name = "formula";  ///< the module's
    std::map<std::string, LookupTable> lookup_tables;  ///< mode hls4ml, by function; others are exact to the last bit
};

/// How well a circuit's outputs match the float formulas on data.
struct LoweringQuality {
    double agreement = 1;  ///< classification: share of rows of the same class
    double error = 0;      ///< root mean square error over the standard deviation, the worst output
    double loss = 0;       ///< what the search weighs: 1 - agreement with a little of the error, or the error alone
};

/// One step of the precision search, cheapest last.
struct LoweringPoint {
    Circuit circuit;
    LoweringQuality quality;
    double cost = 0;  ///< LUT + 55 per DSP, estimated
};

/// The cheapest circuit that keeps the wanted agreement or tolerance on the data, scheduled. `table` holds the model's features (or raw
/// words). Input formats that the options leave open hold every row and have the fewest bits after the point that a share of the tolerance
/// allows. Throws balmer::Error for formats that cannot hold the data, formulas without data, divisors that may be zero, latency that cannot be met.
Circuit lower(const Model& model, const Table& table, const LoweringOptions& options);
/// The whole path of the precision search, every point scheduled: agreement or error against cost. Held to the data, the agreement is the accuracy.
std::vector<LoweringPoint> lowering_front(const Model& model, const Table& table, const LoweringOptions& options);

/// Integers at the ports for the columns of a table: result[port][row]. Throws balmer::Error for missing columns.
std::vector<std::vector<std::int64_t>> port_integers(const Circuit& circuit, const Table& table);
/// Values at the outputs for the columns of a table: result[port][row], integer * 2^-fraction.
std::vector<std::vector<double>> predict(const Circuit& circuit, const Table& table);
/// A circuit against its model's float formulas, on the table's rows.
LoweringQuality measure_quality(const Circuit& circuit, const Model& model, const Table& table, const LoweringOptions& options);

}  // namespace balmer
