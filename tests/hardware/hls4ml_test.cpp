// Mode hls4ml against SystemC's sc_fixed with the same truncation and wrapping: formulas written here in C++ as hls4ml prints them.
#include <gtest/gtest.h>

#include "balmer/error.hpp"
#include "balmer/simulation.hpp"
#include "hardware/formula_case.hpp"
#include "hardware/message_of.hpp"
#include "hardware/random_circuit.hpp"

#ifdef BALMER_HAVE_SYSTEMC
#define SC_DISABLE_API_VERSION_CHECK  // the library was built as another C++; its fixed-point types do not depend on it
#define SC_INCLUDE_FX
#include <systemc>

int sc_main(int, char**) { return 0; }  // the library asks for it
#endif

namespace balmer {
namespace {

TEST(Hls4ml, ConstantsAreTruncatedAndResultsWrap) {
    const Model model = testing::model_of({"0.041*x + 3", "-46*x^2", "x - 0.3"});
    const Circuit circuit = lower(model, testing::table_of(model, 100, -3, 3, 1.0 / 16), {.mode = FirmwareMode::hls4ml, .input_format = FixedPoint{12, 4, Sign::with}});
    validate(circuit);
    const auto run = [&](std::int64_t x) { return interpret(circuit, std::vector{x}); };
    EXPECT_EQ(run(16), (std::vector<std::int64_t>{48, -46 * 16, 16 - 5}));  // 0.041 is 0; -0.3 is -5/16
    EXPECT_EQ(run(40)[1], ((-46 * 40 * 40) >> 4) + 4096);                 // -287.5 in a range of +-128
}

TEST(Hls4ml, RefusesWhatItsBackendWouldNotPrint) {
    const auto message = [](const char* formula, FixedPoint format) -> std::string {
        const Model model = testing::model_of({formula});
        try {
            lower(model, testing::table_of(model, 10, 1, 3, 0.25), {.mode = FirmwareMode::hls4ml, .input_format = format});
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    };
    EXPECT_NE(message("x/y", {12, 4, Sign::with}).find("mode native"), std::string::npos);
    EXPECT_NE(message("min(x, y)", {12, 4, Sign::with}).find("mode native"), std::string::npos);
    EXPECT_NE(message("sin(x)", {18, 10, Sign::with}).find("2^18"), std::string::npos);
    EXPECT_NE(message("x", {12, 4, Sign::without}).find("sign"), std::string::npos);
}

#ifdef BALMER_HAVE_SYSTEMC

/// The formulas of one ap_fixed format in sc_fixed.
template <int W, int I>
struct Oracle {
    using T = sc_dt::sc_fixed<W, I, sc_dt::SC_TRN, sc_dt::SC_WRAP>;

    static T of(double (*f)(double), const T& x) {
        const double y = f(x.to_double());
        return std::isfinite(y) ? T(y) : T(0);
    }

    /// nnet::lookup_table<T, N, f>(from, to)(x), as published.
    static T looked_up(double (*f)(double), int from, int to, int size, const T& x) {
        const T start(from), end(to);
        // ap_uint / ap_fixed keeps no fraction; ap_fixed / ap_uint keeps the dividend's.
        const auto base_div = static_cast<std::int64_t>(size / T(to - from).to_double());
        const double unit = std::ldexp(1.0, W - I);
        const T step(std::trunc((end.to_double() - start.to_double()) / size * unit) / unit);
        int index = static_cast<int>(std::trunc((x.to_double() - start.to_double()) * static_cast<double>(base_div)));
        index = std::max(0, std::min(size - 1, index));
        const T number(start + sc_dt::sc_fxval(index) * step);
        return of(f, number);
    }

    /// By the order of the symbolnet jet model's outputs; m, c1, c2, mass are multiplicity, c1_b1, c1_b2, mass_mmdt.
    static std::vector<T> symbolnet(const T& m, const T& c1, const T& c2, const T& mass) {
        const T inner(T(0.6) * m - T(0.38) * c1);
        const T tanh_inner = of(std::tanh, inner);
        const auto wide = mass + T(0.14) * c1 + T(0.27) * c2;
        return {T(-(T(0.041) * m * c1) + T(0.53) * tanh_inner + T(0.24)),
                T(T(0.073) * m * c1 - T(0.38) * of(std::tanh, T(T(0.63) * mass)) + T(0.15)),
                T(T(0.2) * of(std::sin, T(T(1.2) * m)) + T(0.43) * of(std::sin, T(T(0.49) * c2)) - T(0.2) * tanh_inner + T(0.24)),
                T(-(T(0.099) * of(std::sin, T(T(0.73) * m))) + T(0.84) * of(std::exp, T(-(T(46.0) * wide * wide))) + T(0.044)),
                T(T(0.43) * of(std::exp, T(-(T(6.9) * c2 * c2))))};
    }
};

/// A published formula and its value in sc_fixed, by column.
template <int W, int I>
struct Published {
    using T = typename Oracle<W, I>::T;
    std::string formula;
    std::function<T(std::map<std::string, T>&)> value;
};

/// PySR's jet formulas (shared/published): trigonometric ones by class, and taggers of t.
template <int W, int I>
std::vector<Published<W, I>> pysr_formulas() {
    using T = typename Oracle<W, I>::T;
    using Row = std::map<std::string, T>;
    const auto sin = [](const auto& x) { return Oracle<W, I>::of(std::sin, T(x)); };
    const auto sinh = [](const auto& x) { return Oracle<W, I>::of(std::sinh, T(x)); };
    const auto gauss = [](const auto& x) { return Oracle<W, I>::of(std::exp, T(-(x * x))); };  // printed as exp(-x*x), x as exact as it is
    const auto log_size = [](const auto& x) {
        const T u(x), size(u < 0 ? T(-u) : u);
        return Oracle<W, I>::of(std::log, size);
    };
    const auto c = [](double number) { return T(number); };
    return {
        {"sin(-2*c1_b1+0.31*c1_b2+mass_mmdt+multiplicity-0.09*multiplicity^2-0.79)",
         [=](Row& x) { return sin(-(c(2) * x["c1_b1"]) + c(0.31) * x["c1_b2"] + x["mass_mmdt"] + x["multiplicity"] - c(0.09) * x["multiplicity"] * x["multiplicity"] + c(-0.79)); }},
        {"-0.33*(sin(mass_mmdt)-1.54)*(sin(-c1_b1+c1_b2+multiplicity)-0.81)*sin(mass_mmdt)-0.81",
         [=](Row& x) {
             const T s = sin(x["mass_mmdt"]);
             return T(-(c(0.33) * (s + c(-1.54)) * (sin(-x["c1_b1"] + x["c1_b2"] + x["multiplicity"]) + c(-0.81)) * s) + c(-0.81));
         }},
        {"sin(c1_b1+c1_b2-mass_mmdt+0.22*(c1_b2-0.29)*(-c1_b2+c2_b1-multiplicity)-0.68)",
         [=](Row& x) {
             return sin(x["c1_b1"] + x["c1_b2"] - x["mass_mmdt"] + c(0.22) * (x["c1_b2"] + c(-0.29)) * (-x["c1_b2"] + x["c2_b1"] - x["multiplicity"]) + c(-0.68));
         }},
        {"-0.31*(multiplicity+(2.09-multiplicity)*sin(8.02*c1_b2+0.98))-0.5",
         [=](Row& x) { return T(-(c(0.31) * (x["multiplicity"] + (c(2.09) - x["multiplicity"]) * sin(c(8.02) * x["c1_b2"] + c(0.98)))) + c(-0.5)); }},
        {"(sin(4.84*mass_mmdt)+0.59)*sin(mass_mmdt+1.14)*sin(c1_b2+4.84*mass_mmdt)-0.94",
         [=](Row& x) {
             return T((sin(c(4.84) * x["mass_mmdt"]) + c(0.59)) * sin(x["mass_mmdt"] + c(1.14)) * sin(x["c1_b2"] + c(4.84) * x["mass_mmdt"]) + c(-0.94));
         }},
        {"c1_b2+0.09*mass_mmdt*(2*c1_b1+m2_b2-mass_mmdt-multiplicity-(1.82*c1_b1-m2_b2)*(c1_b2-0.49*mass_mmdt)-3.22)-0.53",
         [=](Row& x) {
             const auto inner = c(2) * x["c1_b1"] + x["m2_b2"] - x["mass_mmdt"] - x["multiplicity"] - (c(1.82) * x["c1_b1"] - x["m2_b2"]) * (x["c1_b2"] - c(0.49) * x["mass_mmdt"]) + c(-3.22);
             return T(x["c1_b2"] + c(0.09) * x["mass_mmdt"] * inner + c(-0.53));
         }},
        {"sin(0.06*zlogz*m2_b2-0.25*c1_b2*(-c1_b1+2*c1_b2-m2_b2+multiplicity-8.86)-mass_mmdt+0.06*multiplicity-0.4)",
         [=](Row& x) {
             return sin(c(0.06) * x["zlogz"] * x["m2_b2"] - c(0.25) * x["c1_b2"] * (-x["c1_b1"] + c(2) * x["c1_b2"] - x["m2_b2"] + x["multiplicity"] + c(-8.86)) - x["mass_mmdt"] +
                        c(0.06) * x["multiplicity"] + c(-0.4));
         }},
        {"0.23*c1_b1*(-mass_mmdt+gauss(0.63*multiplicity)+1)-gauss(c1_b1)+0.45*c1_b2-0.23*mass_mmdt+0.23*gauss((4.24-1.19*c2_b1)*(c1_b2-mass_mmdt))+0.15",
         [=](Row& x) {
             return T(c(0.23) * x["c1_b1"] * (-x["mass_mmdt"] + gauss(c(0.63) * x["multiplicity"]) + c(1)) - gauss(x["c1_b1"]) + c(0.45) * x["c1_b2"] - c(0.23) * x["mass_mmdt"] +
                      c(0.23) * gauss((c(4.24) - c(1.19) * x["c2_b1"]) * (x["c1_b2"] - x["mass_mmdt"])) + c(0.15));
         }},
        {"c1_b2-0.1*mass_mmdt*(multiplicity*log(abs(multiplicity))+2.2)-0.02*log(abs(multiplicity))-0.1*(c1_b2*(c1_b1-1.6*m2_b2+mass_mmdt+1.28)-mass_mmdt-0.48)*log(abs(c1_b2))-0.42",
         [=](Row& x) {
             const T of_m = log_size(x["multiplicity"]);
             return T(x["c1_b2"] - c(0.1) * x["mass_mmdt"] * (x["multiplicity"] * of_m + c(2.2)) - c(0.02) * of_m -
                      c(0.1) * (x["c1_b2"] * (x["c1_b1"] - c(1.6) * x["m2_b2"] + x["mass_mmdt"] + c(1.28)) - x["mass_mmdt"] + c(-0.48)) * log_size(x["c1_b2"]) + c(-0.42));
         }},
        {"0.11*(c1_b1+c1_b2+log(abs(c1_b2)))-0.48*mass_mmdt-0.05*multiplicity*(multiplicity+log(abs(mass_mmdt)))-sin(-c1_b2+0.14*c2_b1*mass_mmdt)+0.11*sinh(c1_b1)-0.24",
         [=](Row& x) {
             return T(c(0.11) * (x["c1_b1"] + x["c1_b2"] + log_size(x["c1_b2"])) - c(0.48) * x["mass_mmdt"] - c(0.05) * x["multiplicity"] * (x["multiplicity"] + log_size(x["mass_mmdt"])) -
                      sin(-x["c1_b2"] + c(0.14) * x["c2_b1"] * x["mass_mmdt"]) + c(0.11) * sinh(x["c1_b1"]) + c(-0.24));
         }},
        {"0.04*(zlogz+c1_b1+c2_b1-mass_mmdt-(multiplicity-0.2)*(multiplicity+log(abs(c1_b2))))-sin(-c1_b1-c1_b2+1.23*mass_mmdt+0.58)",
         [=](Row& x) {
             return T(c(0.04) * (x["zlogz"] + x["c1_b1"] + x["c2_b1"] - x["mass_mmdt"] - (x["multiplicity"] + c(-0.2)) * (x["multiplicity"] + log_size(x["c1_b2"]))) -
                      sin(-x["c1_b1"] - x["c1_b2"] + c(1.23) * x["mass_mmdt"] + c(0.58)));
         }},
        {"0.04*multiplicity*(c1_b2*(c1_b2-mass_mmdt)-multiplicity-log(abs(c1_b2*(zlogz+0.23))))-sin(-c1_b1-c1_b2+1.19*mass_mmdt+0.61)",
         [=](Row& x) {
             return T(c(0.04) * x["multiplicity"] * (x["c1_b2"] * (x["c1_b2"] - x["mass_mmdt"]) - x["multiplicity"] - log_size(x["c1_b2"] * (x["zlogz"] + c(0.23)))) -
                      sin(-x["c1_b1"] - x["c1_b2"] + c(1.19) * x["mass_mmdt"] + c(0.61)));
         }},
    };
}

template <int W, int I>
std::size_t differences(const Circuit& circuit, std::size_t rows, const auto& oracle) {
    RandomStream random(W, I);
    std::vector<std::vector<std::int64_t>> inputs(circuit.inputs.size()), outputs;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto line = testing::random_inputs(circuit, random);
        for (std::size_t i = 0; i < line.size(); ++i) inputs[i].push_back(line[i]);
    }
    Simulation(circuit).run(inputs, outputs);
    std::size_t different = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        std::map<std::string, typename Oracle<W, I>::T> x;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            x[circuit.inputs[i].column] = std::ldexp(static_cast<double>(inputs[i][row]), I - W);
        }
        const auto expected = oracle(x);
        for (std::size_t k = 0; k < expected.size(); ++k) {
            different += expected[k].to_double() != std::ldexp(static_cast<double>(outputs[k][row]), I - W) ? 1 : 0;
        }
    }
    return different;
}

const std::vector<std::string> symbolnet_formulas = {
    "-0.041*multiplicity*c1_b1+0.53*tanh(0.6*multiplicity-0.38*c1_b1)+0.24",
    "0.073*multiplicity*c1_b1-0.38*tanh(0.63*mass_mmdt)+0.15",
    "0.2*sin(1.2*multiplicity)+0.43*sin(0.49*c1_b2)-0.2*tanh(0.6*multiplicity-0.38*c1_b1)+0.24",
    "-0.099*sin(0.73*multiplicity)+0.84*exp(-46.0*(mass_mmdt+0.14*c1_b1+0.27*c1_b2)^2)+0.044",
    "0.43*exp(-6.9*c1_b2^2)"};

template <int W, int I>
std::size_t symbolnet_differences(std::size_t rows) {
    const Model model = testing::model_of(symbolnet_formulas);
    const Circuit circuit = lower(model, testing::table_of(model, 100, -3, 3, 1.0 / 16), {.mode = FirmwareMode::hls4ml, .input_format = FixedPoint{W, W - I, Sign::with}});
    return differences<W, I>(circuit, rows, [](auto& x) {
        return Oracle<W, I>::symbolnet(x["multiplicity"], x["c1_b1"], x["c1_b2"], x["mass_mmdt"]);
    });
}

TEST(Hls4ml, EqualsScFixedOnTheSymbolNetJets) {
    EXPECT_EQ((symbolnet_differences<12, 8>(3000)), 0u);
    EXPECT_EQ((symbolnet_differences<14, 6>(3000)), 0u);
    EXPECT_EQ((symbolnet_differences<16, 6>(3000)), 0u) << "inner products of more than 60 bits";
    EXPECT_EQ((symbolnet_differences<16, 8>(3000)), 0u);
}

/// How many formulas are equal; those whose exact values no integer holds are refused.
template <int W, int I>
int pysr_equal(std::size_t rows) {
    int equal = 0;
    for (const auto& published : pysr_formulas<W, I>()) {
        const Model model = testing::model_of({published.formula});
        Circuit circuit;
        const std::string refused = testing::message_of(
            [&] { circuit = lower(model, testing::table_of(model, 100, -3, 3, 1.0 / 16), {.mode = FirmwareMode::hls4ml, .input_format = FixedPoint{W, W - I, Sign::with}}); });
        if (refused.find("needs more than 58 bits") != std::string::npos) {
            std::cout << "<" << W << ", " << I << "> refused: " << published.formula << "\n";
            continue;
        }
        const std::size_t different = differences<W, I>(circuit, rows, [&](auto& x) { return std::vector{published.value(x)}; });
        EXPECT_EQ(different, 0u) << published.formula;
        equal += different == 0;
    }
    return equal;
}

TEST(Hls4ml, EqualsScFixedOnPySrsJets) {
    EXPECT_EQ((pysr_equal<12, 6>(1000)), 12);
    EXPECT_EQ((pysr_equal<14, 6>(1000)), 12);
    EXPECT_EQ((pysr_equal<16, 6>(1000)), 10) << "products of six factors of 10 bits after the point";
}

TEST(Hls4ml, LookupTablesEqualTheirPublishedIndexing) {
    const Model model = testing::model_of({"0.5*sin(x + 0.25*y) + exp(0.5*y)"});
    const auto different = [&]<int W, int I>() {
        LoweringOptions options{.mode = FirmwareMode::hls4ml, .input_format = FixedPoint{W, W - I, Sign::with}};
        options.lookup_tables = {{"sin", {-4, 4, 1024}}, {"exp", {-8, 8, 256}}};
        const Circuit circuit = lower(model, testing::table_of(model, 100, -3, 3, 1.0 / 16), options);
        return differences<W, I>(circuit, 2000, [](auto& x) {
            using O = Oracle<W, I>;
            using T = typename O::T;
            return std::vector<T>{T(T(0.5) * O::looked_up(std::sin, -4, 4, 1024, T(x["x"] + T(0.25) * x["y"])) +
                                    O::looked_up(std::exp, -8, 8, 256, T(T(0.5) * x["y"])))};
        });
    };
    EXPECT_EQ((different.operator()<16, 6>()), 0u);
    EXPECT_EQ((different.operator()<12, 6>()), 0u);
}

TEST(Hls4ml, RefusesWhatNoIntegerHolds) {
    const Model model = testing::model_of(symbolnet_formulas);
    const LoweringOptions options{.mode = FirmwareMode::hls4ml, .input_format = FixedPoint{16, 14, Sign::with}};
    const std::string message = testing::message_of([&] { lower(model, testing::table_of(model, 100, -2, 2, 1.0 / 16), options); });
    EXPECT_NE(message.find("needs more than 58 bits: give --input-format fewer bits after the binary point"), std::string::npos) << message;
}

TEST(Hls4mlSlow, EqualsScFixedOnAMillionVectors) {
    EXPECT_EQ((symbolnet_differences<12, 8>(1'000'000)), 0u);
    EXPECT_EQ((symbolnet_differences<16, 6>(1'000'000)), 0u);
}

TEST(Hls4mlSlow, EqualsScFixedOnAMillionVectorsOfPySrsJets) {
    EXPECT_EQ((pysr_equal<12, 6>(1'000'000)), 12);
    EXPECT_EQ((pysr_equal<16, 6>(1'000'000)), 10);
}

#else

TEST(Hls4ml, EqualsScFixed) { GTEST_SKIP() << "SystemC's headers are missing (apt-get install libsystemc-dev)"; }

#endif

}  // namespace
}  // namespace balmer
