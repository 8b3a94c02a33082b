#pragma once

#include <string>

#include "balmer/model.hpp"

namespace balmer::cli {

/// Lines with the fitted constants of a model and their standard errors; a table for each p[axis]. Empty when there are none.
std::string fitted_constants(const Model& model);
/// The tables of p[axis] alone: what a formula leaves out.
std::string category_tables(const Model& model);

}  // namespace balmer::cli
