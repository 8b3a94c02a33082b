#pragma once

#include <string>

#include "balmer/model.hpp"

namespace balmer {

/// A Python module of plain mathematics, one row at a time.
std::string export_python(const Model& model);
/// A Python module over NumPy arrays.
std::string export_numpy(const Model& model);
/// A Python module with SymPy expressions.
std::string export_sympy(const Model& model);
/// A Python module with a torch.nn.Module whose free constants can be trained further.
std::string export_torch(const Model& model);
/// A file of C99.
std::string export_c(const Model& model);
/// A header of C++17.
std::string export_cpp(const Model& model);
/// Formulas as LaTeX in an align environment, constants with their uncertainties.
std::string export_latex(const Model& model);
/// Formulas as presentation MathML, one math element per output.
std::string export_mathml(const Model& model);

}  // namespace balmer
