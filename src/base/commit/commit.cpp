#include "balmer/version.hpp"

#include "balmer_commit.hpp"

namespace balmer {

std::string_view git_commit() { return BALMER_COMMIT; }

}  // namespace balmer
