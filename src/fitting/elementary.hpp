#pragma once

#include <bit>
#include <cstdint>

namespace balmer::fitting {

// Elementary functions without branches or calls, which compilers keep in vector registers inside the loops of losses. Only IEEE
// operations: the same bits for every instruction set. Always inlined, so that no copy for a wide instruction set is called elsewhere.

/// exp(x) within 3 ULP (S. Moshier, Cephes: rational form after reduction by multiples of log 2); 0 below -708, infinity above 709.
__attribute__((always_inline)) inline double exponential(double x) {
    const double bounded = x > -708.0 ? (x < 709.0 ? x : 709.0) : -708.0;
    constexpr double magic = 0x1.8p52;
    const double shifted = bounded * 1.44269504088896340736 + magic;
    const double n = shifted - magic;
    const double r = (bounded - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6;
    const double z = r * r;
    const double p = r * ((1.26177193074810590878e-4 * z + 3.02994407707441961300e-2) * z + 9.99999999999999999910e-1);
    const double q = ((3.00198505138664455042e-6 * z + 2.52448340349684104192e-3) * z + 2.27265548208155028766e-1) * z + 2.0;
    const double power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + 1023) << 52);
    const double value = (1.0 + 2.0 * (p / (q - p))) * power;
    const double low = x < -708.0 ? 0.0 : value;
    const double high = x > 709.0 ? __builtin_inf() : low;
    return x == x ? high : x;
}

/// log(1 + e) for e in [0, 1] within 2 ULP (fdlibm's polynomial in f/(2 + f)).
__attribute__((always_inline)) inline double log_one_plus(double e) {
    const bool upper = e > 0.41421356237309504880;
    const double f = upper ? 0.5 * (e - 1.0) : e;
    const double s = f / (2.0 + f);
    const double z = s * s, w = z * z;
    const double odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 +
                                                                                           w * 1.479819860511658591e-01)));
    const double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    const double half = 0.5 * f * f;
    const double tail = half - s * (half + (odd + even));
    return upper ? 6.93147180369123816490e-01 - ((tail - 1.90821492927058770002e-10) - f) : f - tail;
}

}  // namespace balmer::fitting
