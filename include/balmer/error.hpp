#pragma once

#include <cassert>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace balmer {

/// Where in the user's input something is wrong. Empty or zero members are unknown and are not printed.
struct Place {
    std::string file = {};   ///< path as the user gave it
    std::size_t line = 0;    ///< counted from 1
    std::size_t column = 0;  ///< counted from 1: a character of the line, or a column of the table
    std::string name = {};   ///< the column's, flag's or parameter's name
};

/// "events.csv, line 3, column 2 (pt1)": the known parts of a place, or an empty string.
std::string to_string(const Place& place);

/// The user's mistake. The message says what was given, what is allowed and what to try; the command line prints it
/// and exits with code 2. Mistakes of our own are assertions instead.
class Error : public std::runtime_error {
public:
    /// An error without a place; what() is the message.
    explicit Error(const std::string& message) : std::runtime_error(message), message_(message) {}

    /// An error at a place; what() is "place: message".
    Error(Place place, const std::string& message);

    /// The place, all empty when unknown.
    const Place& place() const noexcept { return place_; }

    /// The message without its place.
    const std::string& message() const noexcept { return message_; }

private:
    Place place_;
    std::string message_;
};

/// The candidate nearest to `word` by edit distance (a swap of neighbours counts one, upper and lower case are equal),
/// when it is near enough to be a slip of the fingers: at most a third of the word's length, at least one. Ties go to
/// the first candidate.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// " Did you mean 'pt1'?" with the nearest candidate, or an empty string when none is near: made to be appended to a
/// message.
std::string suggest(std::string_view word, std::span<const std::string> candidates);

/// The same for candidates that are views.
std::string suggest(std::string_view word, std::span<const std::string_view> candidates);

/// The error side of a Result, with the name and use of std::unexpected.
template <class E>
class Unexpected {
public:
    /// Holds `error`.
    explicit Unexpected(E error) : error_(std::move(error)) {}
    /// The error held.
    const E& error() const& noexcept { return error_; }
    /// The error held, to be moved from.
    E&& error() && noexcept { return std::move(error_); }

private:
    E error_;
};

/// A value or an error, for outcomes that are expected. Names follow std::expected, which g++ 12 lacks in C++20.
/// Reading the side that is not there is a bug of ours.
template <class T, class E = std::string>
class Result {
public:
    /// Holds a value.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    /// Holds an error.
    Result(Unexpected<E> error) : state_(std::in_place_index<1>, std::move(error).error()) {}

    /// Whether a value is held.
    bool has_value() const noexcept { return state_.index() == 0; }
    /// Whether a value is held.
    explicit operator bool() const noexcept { return has_value(); }

    /// The value.
    T& value() & { return assert(has_value()), std::get<0>(state_); }
    /// The value.
    const T& value() const& { return assert(has_value()), std::get<0>(state_); }
    /// The value, to be moved from.
    T&& value() && { return assert(has_value()), std::get<0>(std::move(state_)); }
    /// The value.
    T& operator*() & { return value(); }
    /// The value.
    const T& operator*() const& { return value(); }
    /// The value, to be moved from.
    T&& operator*() && { return std::move(*this).value(); }
    /// A member of the value.
    T* operator->() { return &value(); }
    /// A member of the value.
    const T* operator->() const { return &value(); }
    /// The value, or `other` when an error is held.
    T value_or(T other) const& { return has_value() ? std::get<0>(state_) : std::move(other); }

    /// The error.
    const E& error() const { return assert(!has_value()), std::get<1>(state_); }

private:
    std::variant<T, E> state_;
};

}  // namespace balmer
