#include "hardware/tools/firmware_texts.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "balmer/circuit_builder.hpp"
#include "balmer/error.hpp"
#include "balmer/number.hpp"

namespace balmer {
namespace {

template <class Value>
Value named(const char* flag, const std::string& text, std::span<const std::pair<std::string, Value>> choices) {
    std::vector<std::string> known;
    for (const auto& [name, value] : choices) {
        if (name == text) return value;
        known.push_back(name);
    }
    throw Error({.name = flag}, fmt::format("unknown choice '{}'.{} Allowed: {}", text, suggest(text, known), fmt::join(known, ", ")));
}

template <class Value>
using Choices = std::vector<std::pair<std::string, Value>>;

template <class Value>
Value choice(const char* flag, const std::string& text, const Choices<Value>& choices) {
    return named<Value>(flag, text, choices);
}

// "5ns", "5", "3.3 ns".
double nanoseconds(const std::string& given) {
    std::string text = given;
    if (text.ends_with("ns")) text.resize(text.size() - 2);
    while (text.ends_with(' ')) text.pop_back();
    const auto value = parse_double(text);
    if (!value || !(*value > 0) || *value > 1e6) throw Error({.name = "--clock"}, fmt::format("'{}' is no clock period. Write it in nanoseconds: 5ns", given));
    return *value;
}

// A module's name is the user's to choose, so it is not changed silently.
std::string module_name(const std::string& name) {
    if (legal_name(name, "formula") == name) return name;
    const char* why = is_reserved_word(name) ? "is a keyword of Verilog, VHDL or C++, or used by the generated code" : "is no identifier";
    throw Error({.name = "--name"}, fmt::format("'{}' {}. Letters, digits and single _ are allowed, a letter first; try --name {}", name, why, legal_name(name, "formula")));
}

void check_feature(const char* flag, const std::string& name, const Model& model) {
    const auto& features = model.vocabulary.features;
    if (std::ranges::find(features, name) == features.end())
        throw Error({.name = flag}, fmt::format("the model has no feature '{}'.{} It reads {}", name, suggest(name, features), fmt::join(features, ", ")));
}

// The backend of hls4ml has one signed type for everything; what would be ignored is refused.
void check_hls4ml(const FirmwareTexts& texts, const LoweringOptions& options) {
    const auto refuse = [](const char* flag, const char* why) { throw Error({.name = flag}, fmt::format("mode hls4ml {}. Leave it out, or take --mode native", why)); };
    if (!options.input_formats.empty()) refuse("--input-format", "has one format for everything, as --input-format \"fixed<16,6>\"");
    if (options.output_format && options.output_format != options.input_format) refuse("--output-format", "has one format for everything, given by --input-format");
    if (options.outputs != FirmwareOutputs::scores) refuse("--outputs", "gives scores");
    if (!texts.standardisation.empty()) refuse("--raw-words", "reads features as the formulas do");
}

void read_input_formats(const std::vector<std::string>& texts, const Model& model, LoweringOptions& options) {
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos) {
            options.input_format = parse_fixed_point(text);
            continue;
        }
        const std::string name = text.substr(0, equals);
        check_feature("--input-format", name, model);
        options.input_formats[name] = parse_fixed_point(text.substr(equals + 1));
    }
}

}  // namespace

LoweringOptions lowering_options(const FirmwareTexts& texts, const Model& model) {
    LoweringOptions options;
    options.mode = choice<FirmwareMode>("--mode", texts.mode, {{"native", FirmwareMode::native}, {"hls4ml", FirmwareMode::hls4ml}});
    options.outputs = choice<FirmwareOutputs>("--outputs", texts.outputs, {{"scores", FirmwareOutputs::scores}, {"decision", FirmwareOutputs::decision}});
    options.rounding = choice<Rounding>("--rounding", texts.rounding, {{"nearest", Rounding::nearest}, {"floor", Rounding::floor}});
    options.overflow = choice<Overflow>("--overflow", texts.overflow, {{"saturate", Overflow::saturate}, {"wrap", Overflow::wrap}});
    options.poles = choice<Poles>("--poles", texts.poles, {{"refuse", Poles::refuse}, {"nearest", Poles::nearest}});
    options.multipliers =
        choice<Multiplier>("--multipliers", texts.multipliers, {{"auto", Multiplier::automatic}, {"dsp", Multiplier::dsp}, {"lut", Multiplier::lut}});
    options.clock = nanoseconds(texts.clock);
    options.latency = texts.latency;
    options.agreement = texts.agreement;
    options.tolerance = texts.tolerance;
    options.threshold = texts.threshold;
    options.standardisation = texts.standardisation;
    if (texts.latency < -1) throw Error({.name = "--latency"}, fmt::format("{} clock cycles are not possible. Allowed: 0 (no registers) or more; left out: as few as the clock allows", texts.latency));
    if (!std::isfinite(texts.threshold)) throw Error({.name = "--threshold"}, fmt::format("{} is no threshold: a score is compared with a finite number", texts.threshold));
    for (const auto& [feature, scaling] : texts.standardisation) check_feature("--raw-words", feature, model);
    if (!texts.output_format.empty()) options.output_format = parse_fixed_point(texts.output_format);
    if (!texts.name.empty()) options.name = module_name(texts.name);
    read_input_formats(texts.input_formats, model, options);
    if (options.mode == FirmwareMode::hls4ml) check_hls4ml(texts, options);
    return options;
}

}  // namespace balmer
