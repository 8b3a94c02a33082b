#pragma once

#include <nanobind/nanobind.h>

namespace balmer::python {

/// Model: what a user keeps.
void bind_model(nanobind::module_& module);
/// Expression: one formula with its names.
void bind_expression(nanobind::module_& module);
/// Firmware: a circuit made from a model.
void bind_firmware(nanobind::module_& module);
/// fit() and the table of parameters.
void bind_fit(nanobind::module_& module);

}  // namespace balmer::python
