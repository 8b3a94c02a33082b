#include "balmer/version.hpp"

namespace balmer {

std::string_view version() { return BALMER_VERSION; }

}  // namespace balmer
