#include "balmer/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace balmer {

namespace {

std::string with_place(const Place& place, const std::string& message) {
    const std::string where = to_string(place);
    return where.empty() ? message : where + ": " + message;
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Optimal string alignment distance (Damerau-Levenshtein in which no part is edited twice), blind to case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
                now[j] = std::min(now[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, now);
    }
    return last[b.size()];
}

template <class Text>
std::optional<std::string> nearest_of(std::string_view word, std::span<const Text> candidates) {
    std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1, best_start = 0;
    std::optional<std::string> found;
    // Of two that are equally near, the one that begins alike for longer.
    const auto common_start = [&](std::string_view text) {
        return static_cast<std::size_t>(std::ranges::mismatch(word, text).in1 - word.begin());
    };
    for (const Text& candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        // A word that shares no letter with the candidate is no slip: "x" is not meant to be "y".
        if (distance > best || distance >= std::max(word.size(), candidate.size())) continue;
        const std::size_t start = common_start(candidate);
        if (distance < best || (found && start > best_start)) {
            best = distance;
            best_start = start;
            found = std::string(candidate);
        }
    }
    return found;
}

template <class Text>
std::string suggestion(std::string_view word, std::span<const Text> candidates) {
    const auto found = nearest_of(word, candidates);
    return found ? fmt::format(" Did you mean '{}'?", *found) : std::string();
}

}  // namespace

std::string to_string(const Place& place) {
    std::string text = place.file;
    const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (place.line > 0) {
        add(fmt::format("line {}", place.line));
    }
    if (place.column > 0) {
        add(fmt::format("column {}", place.column));
    }
    if (!place.name.empty()) {
        text += text.empty() ? place.name : fmt::format(" ({})", place.name);
    }
    return text;
}

Error::Error(Place place, const std::string& message)
    : std::runtime_error(with_place(place, message)), place_(std::move(place)), message_(message) {}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    return nearest_of(word, candidates);
}

std::string suggest(std::string_view word, std::span<const std::string> candidates) {
    return suggestion(word, candidates);
}

std::string suggest(std::string_view word, std::span<const std::string_view> candidates) {
    return suggestion(word, candidates);
}

}  // namespace balmer
