#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balmer/search.hpp"

namespace balmer {

/// Settings of enumeration by value.
struct EnumerateOptions {
    std::size_t key_rows = 16;        ///< rows that keys are made of; more are taken for more than ten variables
    std::size_t check_rows = 300;     ///< rows on which a proposal is verified before all rows are
    std::size_t screen_rows = 512;    ///< rows on which noisy data are screened
    std::size_t maximum_entries = 4'000'000;  ///< values kept at most; fewer than library_entries: the quickest questions alone
    double memory_share = 0.7;        ///< of Budget::memory for the table
    std::size_t maximum_variables = 12;  ///< features that take part; the most informative ones when there are more
    double exact = 2e-12;             ///< relative residual on all rows that counts as exact
    std::size_t library_entries = 20'000;  ///< the table grows at least to this size where the budget allows
    std::size_t asked_entries = 0;    ///< exact questions were asked of a table of this size before and are not repeated
    /// Which questions are asked; `near`: one look at a table of library_entries for a target that is right to a small error.
    enum class Questions : std::uint8_t { all, exact_only, noisy_only, near } questions = Questions::all;
};

/// Enumeration by value: every small formula once, asked whether it, a multiple, a power of it times a monomial, or two of them make the
/// target (see docs of src/search/enumerate). Deterministic for a seed, whatever the number of threads, as long as the budget in
/// seconds does not cut it short. Regression on one or several targets; classification gives an empty front.
class EnumerateSearcher final : public Searcher {
public:
    explicit EnumerateSearcher(EnumerateOptions options = {});
    ~EnumerateSearcher() override;

    std::string name() const override { return "enumerate"; }
    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                     const std::string& resume) override;

private:
    EnumerateOptions options_;
};

/// The searcher as the automatic chain takes it.
std::unique_ptr<Searcher> make_enumerate_searcher(const EnumerateOptions& options = {});

/// A library alone: the smallest `entries` values over the problem's operators on `rows` rows of its data (at least 8 rows).
std::shared_ptr<const Library> build_library(const Problem& problem, std::size_t entries, std::size_t rows, std::uint64_t seed,
                                             int threads = 0);

}  // namespace balmer
