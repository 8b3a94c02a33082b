#include "balmer/random.hpp"

#include <Random123/philox.h>

#include <cassert>
#include <cmath>

namespace balmer {

namespace {

__extension__ typedef unsigned __int128 Wide;

std::array<std::uint64_t, 4> philox(const std::array<std::uint64_t, 4>& counter,
                                    const std::array<std::uint64_t, 2>& key) {
    r123::Philox4x64 generator;
    const r123::Philox4x64::ctr_type c = {{counter[0], counter[1], counter[2], counter[3]}};
    const r123::Philox4x64::key_type k = {{key[0], key[1]}};
    const r123::Philox4x64::ctr_type out = generator(c, k);
    return {out[0], out[1], out[2], out[3]};
}

/// Natural logarithm for 0 < x < 1 from IEEE operations alone, error about 1e-16: the libraries' log may differ in the
/// last bit from version to version.
double portable_log(double x) {
    int exponent = 0;
    double mantissa = std::frexp(x, &exponent);  // in [0.5, 1)
    if (mantissa < 0.70710678118654752) {
        mantissa *= 2;
        --exponent;
    }
    const double s = (mantissa - 1) / (mantissa + 1);  // log m = 2 atanh s, |s| <= 0.172
    const double square = s * s;
    double series = 0;
    for (int k = 23; k >= 3; k -= 2) {
        series = (series + 1.0 / k) * square;
    }
    return exponent * 0.69314718055994531 + 2 * (s + s * series);
}

using Coefficients = std::array<double, 8>;

double polynomial(const Coefficients& c, double x) {
    double value = c[7];
    for (int i = 6; i >= 0; --i) {
        value = value * x + c[static_cast<std::size_t>(i)];
    }
    return value;
}

// M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
// Applied Statistics 37 (1988) 477, PPND16: centre, middle and far tail; numerators and denominators.
constexpr Coefficients centre_above = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                       1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                       3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr Coefficients centre_below = {1,
                                       4.2313330701600911252e+1,
                                       6.8718700749205790830e+2,
                                       5.3941960214247511077e+3,
                                       2.1213794301586595867e+4,
                                       3.9307895800092710610e+4,
                                       2.8729085735721942674e+4,
                                       5.2264952788528545610e+3};
constexpr Coefficients middle_above = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                       3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                       2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr Coefficients middle_below = {1,
                                       2.05319162663775882187e0,
                                       1.67638483018380384940e0,
                                       6.89767334985100004550e-1,
                                       1.48103976427480074590e-1,
                                       1.51986665636164571966e-2,
                                       5.47593808499534494600e-4,
                                       1.05075007164441684324e-9};
constexpr Coefficients tail_above = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                     2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr Coefficients tail_below = {1,
                                     5.99832206555887937690e-1,
                                     1.36929880922735805310e-1,
                                     1.48753612908506148525e-2,
                                     7.86869131145613259100e-4,
                                     1.84631831751005468180e-5,
                                     1.42151175831644588870e-7,
                                     2.04426310338993978564e-15};

/// The z with probability p below it, 0 < p < 1.
double normal_quantile(double p) {
    const double q = p - 0.5;
    if (std::abs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(centre_above, r) / polynomial(centre_below, r);
    }
    const double r = std::sqrt(-portable_log(q < 0 ? p : 1 - p));
    const double z = r <= 5 ? polynomial(middle_above, r - 1.6) / polynomial(middle_below, r - 1.6)
                            : polynomial(tail_above, r - 5) / polynomial(tail_below, r - 5);
    return q < 0 ? -z : z;
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::uint64_t island, std::uint64_t epoch, std::uint64_t index)
    : key_{seed, island}, counter_{0, epoch, index, 0} {}

void RandomStream::refill() {
    block_ = philox(counter_, key_);
    ++counter_[0];
    used_ = 0;
}

double RandomStream::uniform(double low, double high) {
    const double value = low + uniform() * (high - low);
    return value < high ? value : low;  // rounding may reach the open end
}

std::uint64_t RandomStream::below(std::uint64_t n) {
    assert(n > 0);
    Wide product = static_cast<Wide>(next()) * n;
    if (static_cast<std::uint64_t>(product) < n) {
        const std::uint64_t threshold = (0 - n) % n;
        while (static_cast<std::uint64_t>(product) < threshold) {
            product = static_cast<Wide>(next()) * n;
        }
    }
    return static_cast<std::uint64_t>(product >> 64);
}

double RandomStream::normal() {
    // The middle of one of 2^52 equal cells, so neither 0 nor 1.
    const double p = (static_cast<double>(next() >> 12) + 0.5) * 0x1p-52;
    return normal_quantile(p);
}

RandomStream RandomStream::split(std::uint64_t key) const {
    // Draws use counter word 3 equal to 0, children equal to 1: no block is used for both.
    const auto words = philox({key, counter_[1], counter_[2], 1}, key_);
    return RandomStream(words[0], words[1], words[2], words[3]);
}

std::uint64_t RandomStream::position() const { return counter_[0] * 4 - (4 - used_); }

}  // namespace balmer
