#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"

namespace balmer {

/// What the target is taken for.
enum class TaskChoice : std::uint8_t {
    automatic,       ///< text: classification; numbers: regression
    regression,
    classification,  ///< every distinct value of the target is a class
};

/// What to do with rows that hold NaN, infinite or missing entries in a column that is used.
enum class MissingRows : std::uint8_t { refuse, drop };

/// What rows are for.
enum class RowUse : std::uint8_t {
    fit,    ///< formulas are fitted to them: columns must vary
    judge,  ///< formulas are only judged by them: constant columns stay, and a single class or row is enough
};

/// Which column of a table plays which part.
struct Roles {
    std::vector<std::string> features;  ///< empty: every numeric column without another role
    std::vector<std::string> targets;   ///< one or more; classification takes one
    std::string weights;                ///< per-row weight, "" is none
    std::string sigma;                  ///< standard deviation of the target, "" is none
    std::vector<std::string> categories;  ///< columns of text or numbers whose entries are labels
    MissingRows missing = MissingRows::refuse;
    TaskChoice task = TaskChoice::automatic;
    RowUse use = RowUse::fit;
    std::vector<std::string> classes;     ///< labels by code, for rows that only judge; empty: those that occur
    std::map<std::string, std::string> units;  ///< by column name
};

/// A dataset and what was done to make it, in sentences for the user.
struct DatasetWithNotes {
    Dataset data;
    std::vector<std::string> notes;  ///< dropped constant features, dropped rows, text columns that are left out
};

/// Gives roles to columns. Constant features are left out with a note. Class codes are 0 ... k-1: labels sorted as text,
/// or as numbers when the target is numeric. Columns are shared with the table unless rows are dropped.
/// Throws Error: an unknown column (with the nearest name), text where numbers are needed, two roles for one column, a
/// constant target, one class, fewer than two rows, no feature, sigma <= 0, entries that are not finite (count and first
/// place) unless they are dropped, a class that is not among those given.
DatasetWithNotes make_dataset(const Table& table, const Roles& roles);

}  // namespace balmer
