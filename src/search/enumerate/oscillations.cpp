#include "search/enumerate/oscillations.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "search/enumerate/kernels.hpp"
#include "search/enumerate/lattice.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t arguments = 400, arguments_under_amplitude = 40;
constexpr int largest_argument = 5;          // of the exponents in an argument
constexpr int frequencies = 1200;         // in steps of an eighth of a period over the range of the argument: 150 periods
constexpr double worth_a_fit = 0.8;       // share of the variance that a wave on the grid must explain
constexpr double least_over_smooth = 2;   // half periods over the range: less is no wave but a slope
constexpr double negligible_mean = 1e-3;       // of the amplitude
constexpr std::size_t fitted_waves = 6;

struct Wave {
    std::size_t amplitude = 0, argument = 0;  // points of the lattice
    double frequency = 0, share = 0;
    double mean = 0, cosine = 0, sine = 0;
};

// Least squares of u on 1, cos and sin of one frequency; the share of the variance explained.
Wave wave_at(std::span<const double> u, std::span<const std::complex<double>> turned, double spread) {
    const double n = static_cast<double>(u.size());
    double c = 0, s = 0, cc = 0, cs = 0, uc = 0, us = 0;
    for (std::size_t i = 0; i < u.size(); ++i) {
        const double re = turned[i].real(), im = turned[i].imag();
        c += re;
        s += im;
        cc += re * re;
        cs += re * im;
        uc += u[i] * re;
        us += u[i] * im;
    }
    const double vcc = cc - c * c / n, vcs = cs - c * s / n, vss = (n - cc) - s * s / n;  // cos^2 + sin^2 = 1
    const double determinant = vcc * vss - vcs * vcs;
    Wave wave;
    if (!(determinant > 1e-9 * n * n)) return wave;
    wave.cosine = (uc * vss - us * vcs) / determinant;
    wave.sine = (us * vcc - uc * vcs) / determinant;
    wave.mean = -(wave.cosine * c + wave.sine * s) / n;  // u has mean 0
    wave.share = (wave.cosine * uc + wave.sine * us) / spread;
    return wave;
}

Wave strongest(std::span<const double> u, double spread, std::span<const double> argument) {
    const auto [low, high] = std::ranges::minmax(argument);
    Wave best;
    if (!(high > low) || !std::isfinite(high - low)) return best;
    const double step = 0.25 * std::numbers::pi / (high - low);
    std::vector<std::complex<double>> turn(u.size()), turned(u.size(), 1.0);
    for (std::size_t i = 0; i < u.size(); ++i) turn[i] = std::polar(1.0, step * argument[i]);
    for (int k = 1; k <= frequencies; ++k) {
        for (std::size_t i = 0; i < u.size(); ++i) turned[i] *= turn[i];
        if (k * 0.25 < least_over_smooth) continue;
        Wave wave = wave_at(u, turned, spread);
        if (wave.share <= best.share) continue;
        best = wave;
        best.frequency = k * step;
    }
    return best;
}

// The target over an amplitude, less its mean.
struct Centred {
    std::vector<double> u;
    double mean = 0, spread = 0;
};

Centred centred(const Sample& sample, const LatticePoint& amplitude) {
    Centred result{.u = sample.target};
    const auto by = lattice_values(amplitude, sample.columns);
    for (std::size_t i = 0; i < by.size(); ++i) result.u[i] /= by[i];
    if (!all_finite(result.u)) return {};
    for (const double v : result.u) result.mean += v / static_cast<double>(result.u.size());
    for (double& v : result.u) {
        v -= result.mean;
        result.spread += v * v;
    }
    return result;
}

// Writings of one wave, the general one last.
std::vector<Expression> writings(const Wave& wave, const std::vector<LatticePoint>& lattice, const Spelling& spelling) {
    const double size = std::hypot(wave.cosine, wave.sine);
    const double a = std::fabs(wave.mean) < negligible_mean * size ? 0 : wave.mean;
    const auto angle = [&](double factor) { return monomial_of(factor * wave.frequency, lattice[wave.argument].powers()); };
    const auto times_amplitude = [&](const Expression& e) { return product_of(monomial_of(1, lattice[wave.amplitude].powers()), e); };
    const auto with_amplitude = [&](const Expression& e) { return lattice[wave.amplitude].variables.empty() ? e : times_amplitude(e); };
    const auto offset = [&](const Expression& e) { return a == 0 ? e : Expression::apply(Op::add, e, Expression::constant(a)); };
    std::vector<Expression> result;
    constexpr double rough = 0.5;  // of the size: the grid's frequency is off by up to a sixteenth of a period
    const bool sine = spelling.has(Op::sin), cosine = spelling.has(Op::cos);
    if (sine && std::fabs(wave.cosine) < rough * size)
        result.push_back(with_amplitude(offset(scaled(wave.sine, Expression::apply(Op::sin, angle(1))))));
    if (cosine && std::fabs(wave.sine) < rough * size)
        result.push_back(with_amplitude(offset(scaled(wave.cosine, Expression::apply(Op::cos, angle(1))))));
    const bool square = std::fabs(wave.sine) < rough * size && wave.mean > 0.5 * size && wave.mean < 1.5 * size;
    if (square && (wave.cosine < 0 ? sine : cosine)) {
        const Expression half = Expression::apply(wave.cosine < 0 ? Op::sin : Op::cos, angle(0.5));
        result.push_back(with_amplitude(scaled(2 * wave.mean, Expression::apply(Op::square, half))));
    }
    const Expression phase = Expression::constant(sine ? std::atan2(wave.cosine, wave.sine) : -std::atan2(wave.sine, wave.cosine));
    const Expression shifted = Expression::apply(Op::add, angle(1), phase);
    result.push_back(with_amplitude(offset(scaled(size, Expression::apply(sine ? Op::sin : Op::cos, shifted)))));
    return result;
}

}  // namespace

void ask_oscillations(const Sample& sample, const std::vector<std::int32_t>& variables, Judge& judge) {
    if (!judge.spelling().has(Op::sin) && !judge.spelling().has(Op::cos)) return;
    const std::vector<bool> no_halves(variables.size(), false);
    const auto lattice = monomial_lattice(variables, no_halves, 4, largest_argument, arguments + 1);
    std::vector<std::vector<double>> values;
    for (const auto& point : lattice) values.push_back(lattice_values(point, sample.columns));

    // The constant 1 as amplitude, then each variable and its inverse.
    std::vector<std::pair<std::size_t, std::size_t>> tasks;
    std::vector<Centred> targets(lattice.size());
    for (std::size_t a = 0; a < lattice.size(); ++a) {
        if (lattice[a].total() > 2) break;
        targets[a] = centred(sample, lattice[a]);
        if (!(targets[a].spread > 0)) continue;
        for (std::size_t m = 1; m < lattice.size() && (a == 0 || m <= arguments_under_amplitude); ++m) tasks.emplace_back(a, m);
    }
    std::vector<Wave> waves(tasks.size());
    parallel_for(judge.run().pool, tasks.size(), 8, [&](std::size_t i) {
        const auto [a, m] = tasks[i];
        if (judge.run().over() || !all_finite(values[m])) return;
        waves[i] = strongest(targets[a].u, targets[a].spread, values[m]);
        waves[i].amplitude = a;
        waves[i].argument = m;
        waves[i].mean += targets[a].mean;
    });
    judge.run().clock.add(sample.size() * frequencies, tasks.size());
    std::erase_if(waves, [](const Wave& w) { return w.share < worth_a_fit; });
    std::ranges::stable_sort(waves, std::greater<>(), &Wave::share);
    for (std::size_t i = 0; i < waves.size() && i < fitted_waves && !judge.run().over(); ++i)
        for (const auto& writing : writings(waves[i], lattice, judge.spelling())) judge.offer_fitted(writing, 60);
}

}  // namespace balmer::enumerate
