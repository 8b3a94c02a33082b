#pragma once

#include <string>

#include "balmer/error.hpp"

namespace balmer::testing {

/// What an action complains of; "no error" when it does not.
std::string message_of(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace balmer::testing
