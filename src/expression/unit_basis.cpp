#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "balmer/units.hpp"

namespace balmer {
namespace {

constexpr std::array<const char*, 7> base_units = {"m", "kg", "s", "A", "K", "mol", "cd"};

Rational divided(Rational a, Rational b) { return a * Rational::make(b.denominator, b.numerator); }

// Adds `times` row `from` to row `to`.
using Matrix = std::vector<std::vector<Rational>>;
void add_row(Matrix& rows, std::size_t to, std::size_t from, Rational times) {
    for (std::size_t j = 0; j < rows[to].size(); ++j) rows[to][j] = rows[to][j] + times * rows[from][j];
}

void make_pivot(Matrix& rows, std::size_t row, std::size_t column) {
    const Rational pivot = rows[row][column];
    for (auto& entry : rows[row]) entry = divided(entry, pivot);
    for (std::size_t r = 0; r < rows.size(); ++r)
        if (r != row && rows[r][column].numerator != 0) add_row(rows, r, row, Rational{-rows[r][column].numerator, rows[r][column].denominator});
}

Matrix matrix_of(std::span<const Unit> units) {
    Matrix rows(7, std::vector<Rational>(units.size()));
    for (std::size_t j = 0; j < units.size(); ++j)
        for (std::size_t r = 0; r < 7; ++r) rows[r][j] = units[j].exponent[r];
    return rows;
}

}  // namespace

UnitBasis::UnitBasis(std::span<const Unit> units, const std::vector<bool>& may_be_basis) : units_(units.begin(), units.end()) {
    Matrix rows = matrix_of(units);
    std::array<bool, 7> used{};
    for (;;) {
        using Rank = std::tuple<bool, bool, int, std::size_t, std::size_t>;
        std::optional<Rank> best;
        for (std::size_t j = 0; j < units.size(); ++j) {
            int touched = 0;
            for (std::size_t r = 0; r < 7; ++r) touched += rows[r][j].numerator != 0;
            for (std::size_t r = 0; r < 7; ++r) {
                if (used[r] || rows[r][j].numerator == 0) continue;
                const bool is_one = std::abs(rows[r][j].numerator) == 1 && rows[r][j].denominator == 1;
                const Rank rank{!may_be_basis.empty() && !may_be_basis[j], !is_one, touched, j, r};
                if (!best || rank < *best) best = rank;
            }
        }
        if (!best) break;
        const auto [unwelcome, awkward, touched, column, row] = *best;
        make_pivot(rows, row, column);
        used[row] = true;
        members_.push_back(column);
    }
}

std::optional<std::vector<Rational>> UnitBasis::exponents(const Unit& unit) const {
    std::vector<Unit> basis;
    for (const auto i : members_) basis.push_back(units_[i]);
    basis.push_back(unit);
    Matrix rows = matrix_of(basis);
    std::vector<std::size_t> row_of;
    for (std::size_t k = 0; k + 1 < basis.size(); ++k) {
        std::size_t r = 0;
        while (rows[r][k].numerator == 0 || std::ranges::find(row_of, r) != row_of.end()) ++r;
        make_pivot(rows, r, k);
        row_of.push_back(r);
    }
    std::vector<Rational> exponents;
    for (const auto r : row_of) exponents.push_back(rows[r].back());
    for (std::size_t r = 0; r < 7; ++r)
        if (std::ranges::find(row_of, r) == row_of.end() && rows[r].back().numerator != 0) return std::nullopt;
    return exponents;
}

std::vector<std::string> missing_base_units(std::span<const Unit> units, const Unit& wanted) {
    std::vector<std::string> missing;
    for (std::size_t r = 0; r < 7; ++r) {
        const auto holds = [&](const Unit& unit) { return unit.exponent[r].numerator != 0; };
        if (holds(wanted) && std::ranges::none_of(units, holds)) missing.emplace_back(base_units[r]);
    }
    return missing;
}

}  // namespace balmer
