#pragma once

#include <string_view>

namespace balmer {

/// The version of this library, e.g. "0.1.0".
std::string_view version();

/// The git commit this program was built from (12 hexadecimal digits), or "unknown" outside a checkout.
/// Lives in the library `balmer_commit`, which only programs link, so that a commit relinks nothing else.
std::string_view git_commit();

}  // namespace balmer
