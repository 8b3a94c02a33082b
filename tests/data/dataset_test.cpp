#include "balmer/dataset_roles.hpp"
#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "balmer/split.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

namespace balmer {
namespace {

using Names = std::vector<std::string>;

Table read(std::string_view text) { return read_table_from_memory(text, "t.csv"); }
DatasetWithNotes make(std::string_view text, const Roles& roles) { return make_dataset(read(text), roles); }

std::string said(std::string_view text, const Roles& roles) {
    try {
        make(text, roles);
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing";
}

std::vector<double> values(const Column& column) { return {column.values().begin(), column.values().end()}; }

TEST(MakeDataset, TakesEveryOtherNumericColumnAsFeature) {
    const auto [data, notes] = make("a,w,s,k,t,y,c\n1,1,2,0,u,5,3\n2,1,2,1,v,6,3\n",
                                    {.targets = {"y"}, .weights = "w", .sigma = "s", .categories = {"k"}, .units = {{"a", "m"}}});
    EXPECT_EQ(data.feature_names(), Names{"a"});
    EXPECT_EQ(data.features[0].unit(), "m");
    EXPECT_EQ(values(data.targets[0]), (std::vector<double>{5, 6}));
    EXPECT_EQ(values(*data.weights), (std::vector<double>{1, 1}));
    EXPECT_EQ(data.categories.at(0).axis.labels, (Names{"0", "1"}));
    EXPECT_EQ(notes, (Names{"column t is text (such as 'u') and is left out", "column c is 3 in every row and is left out"}));
}

TEST(MakeDataset, ClassesComeFromTextOrFromNumbersWhenAsked) {
    const auto text = make("x,y\n1,b\n2,a\n3,b\n", {.targets = {"y"}}).data;
    EXPECT_EQ(text.classes, (Names{"a", "b"}));
    EXPECT_EQ(values(text.targets[0]), (std::vector<double>{1, 0, 1}));
    const auto numbers = make("x,y\n1,10\n2,9\n3,10\n", {.targets = {"y"}, .task = TaskChoice::classification}).data;
    EXPECT_EQ(numbers.classes, (Names{"9", "10"}));
    EXPECT_EQ(values(numbers.targets[0]), (std::vector<double>{1, 0, 1}));
    EXPECT_TRUE(make("x,y\n1,10\n2,9\n3,10\n", {.targets = {"y"}}).data.classes.empty());
}

TEST(MakeDataset, MistakesAreNamed) {
    const std::string_view good = "pt1,pt2,y\n1,2,3\n2,4,4\n";
    EXPECT_EQ(said(good, {.targets = {"pt3"}}), "t.csv: there is no column 'pt3'. Did you mean 'pt1'? The columns are pt1, pt2, y.");
    EXPECT_EQ(said(good, {}), "t.csv: no target is named. Choose one of the columns pt1, pt2, y.");
    EXPECT_EQ(said(good, {.features = {"y"}, .targets = {"y"}}), "t.csv (y): this column is named as target and as feature. Give it one role.");
    EXPECT_EQ(said("a,y\n1,3\n", {.targets = {"y"}}), "t.csv: only 1 row is left. A formula needs at least two rows, better a hundred.");
    EXPECT_EQ(said("a,y\n1,3\n2,3\n", {.targets = {"y"}}),
              "t.csv (y): the target is 3 in every row; there is nothing to find. Choose another target.");
    EXPECT_EQ(said("a,y\n1,b\n2,b\n", {.targets = {"y"}}), "t.csv (y): the target has one class only; two are needed to tell them apart.");
    EXPECT_EQ(said("a,y\n1,3\n1,4\n", {.targets = {"y"}}),
              "t.csv: no feature is left: a formula needs a column of numbers that varies, besides the target (column a is 1 in every row "
              "and is left out).");
    EXPECT_EQ(said("a,t,y\n1,u,3\n2,v,4\n", {.features = {"t"}, .targets = {"y"}}),
              "t.csv (t): this column is text (such as 'u') and numbers are needed here.");
    EXPECT_EQ(said("a,s,y\n1,1,3\n2,0,4\n", {.targets = {"y"}, .sigma = "s"}), "t.csv (s): the uncertainty is 0 in row 2; it must be above 0.");
    EXPECT_EQ(said("a,y\n1,b\n2,c\n", {.targets = {"y"}, .task = TaskChoice::regression}),
              "t.csv (y): this column is text (such as 'b') and numbers are needed here.");
}

TEST(MakeDataset, ManyClassesOfFewRowsAreNone) {
    std::string numbers = "x,y\n", labels = "x,y\n", twenty = "x,y\n";
    for (int i = 0; i < 40; ++i) {
        numbers += fmt::format("{},{}\n", i, i % 30);
        labels += fmt::format("{},c{}\n", i, i % 30);
        twenty += fmt::format("{},{}\n", i, i % 20);
    }
    EXPECT_EQ(said(numbers, {.targets = {"y"}, .task = TaskChoice::classification}),
              "t.csv (y): the target has 30 different values in 40 rows: too many to be classes, which want 4 rows each. Use --task regression.");
    EXPECT_NE(said(labels, {.targets = {"y"}}).find("30 different values in 40 rows"), std::string::npos);
    EXPECT_EQ(make(twenty, {.targets = {"y"}, .task = TaskChoice::classification}).data.classes.size(), 20u);
}

TEST(MakeDataset, MissingValuesAreRefusedWithCountAndPlaceOrDropped) {
    const std::string_view text = "pt1,y\n1,3\n,4\n,5\nnan,6\ninf,7\n7,8\n";
    EXPECT_EQ(said(text, {.targets = {"y"}}),
              "t.csv: column pt1: 3 missing values and 1 infinite value, first in line 3; use --drop-missing to leave such rows out.");
    const auto [data, notes] = make(text, {.targets = {"y"}, .missing = MissingRows::drop});
    EXPECT_EQ(values(data.features[0]), (std::vector<double>{1, 7}));
    EXPECT_EQ(values(data.targets[0]), (std::vector<double>{3, 8}));
    EXPECT_EQ(notes, Names{"4 of 6 rows dropped: they hold missing or infinite values"});
    EXPECT_EQ(said("a,unused,y\n1,,3\n2,5,4\n", {.features = {"a"}, .targets = {"y"}}), "nothing");
    EXPECT_EQ(said("a,y\n1,u\n2,\n3,v\n", {.targets = {"y"}}),
              "t.csv (y): 1 missing label, first in row 2; use --drop-missing to leave such rows out.");
    const auto labels = make("a,y\n1,u\n2,\n3,v\n", {.targets = {"y"}, .missing = MissingRows::drop}).data;
    EXPECT_EQ(labels.classes, (Names{"u", "v"}));
    EXPECT_EQ(values(labels.targets[0]), (std::vector<double>{0, 1}));
    EXPECT_EQ(values(labels.features[0]), (std::vector<double>{1, 3}));
}

TEST(Column, BeginsOnACacheLineAndKeepsItsValues) {
    for (std::size_t rows : {0, 1, 7, 1000}) {
        std::vector<double> given(rows);
        for (std::size_t i = 0; i < rows; ++i) given[i] = static_cast<double>(i) - 0.5;
        const Column column("x", given);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(column.values().data()) % 64, 0u);
        EXPECT_EQ(values(column), given);
    }
}

TEST(Dataset, FingerprintSeesEveryChangeAndNothingElse) {
    const Roles roles{.targets = {"y"}};
    const auto of = [&](std::string_view text) { return make(text, roles).data.fingerprint(); };
    const std::uint64_t one = of("a,b,y\n1,2,3\n4,5,6\n");
    EXPECT_EQ(one, of("a;b;y\n1,0;2;3\n4;5;6\n"));
    std::set<std::uint64_t> others{one, of("a,c,y\n1,2,3\n4,5,6\n"), of("a,b,y\n1,2,3\n4,5,7\n"), of("b,a,y\n2,1,3\n5,4,6\n"),
                                   of("a,b,y\n4,5,6\n1,2,3\n"), of("a,y\n1,3\n4,6\n")};
    EXPECT_EQ(others.size(), 6u);
    Dataset unit = make("a,b,y\n1,2,3\n4,5,6\n", roles).data;
    unit.features[0] = unit.features[0].with_unit("m");
    EXPECT_NE(unit.fingerprint(), one);
}

TEST(Dataset, TakesRowsOfEveryRole) {
    Dataset data = make("a,w,k,y\n1,5,u,2\n2,6,v,3\n3,7,u,4\n4,8,w,5\n", {.targets = {"y"}, .weights = "w", .categories = {"k"}}).data;
    data.group_begin = {0, 1, 3};
    const std::vector<std::size_t> rows{3, 1, 2};
    const Dataset taken = data.take(rows);
    EXPECT_EQ(values(taken.features[0]), (std::vector<double>{4, 2, 3}));
    EXPECT_EQ(values(*taken.weights), (std::vector<double>{8, 6, 7}));
    EXPECT_EQ(values(taken.categories.at(0).codes), (std::vector<double>{2, 1, 0}));
    EXPECT_EQ(taken.group_begin, (std::vector<std::size_t>{0, 1}));
}

Dataset numbered(std::size_t rows, std::size_t classes) {
    Dataset data;
    std::vector<double> x(rows), y(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        x[i] = static_cast<double>(i);
        y[i] = classes == 0 ? static_cast<double>(i) : static_cast<double>(i % 10 == 0);
    }
    data.features.emplace_back("x", x);
    data.targets.emplace_back("y", y);
    data.classes = classes == 0 ? Names{} : Names{"many", "few"};
    return data;
}

TEST(Split, PutsTheFractionAsideWithoutOverlapAndRepeats) {
    const Dataset data = numbered(1000, 0);
    const Split split = split_rows(data, 0.25, RandomStream(1));
    EXPECT_EQ(split.held_out.size(), 250u);
    std::vector<std::size_t> all = split.training;
    all.insert(all.end(), split.held_out.begin(), split.held_out.end());
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(all[i], i);
    }
    EXPECT_EQ(split_rows(data, 0.25, RandomStream(1)).held_out, split.held_out);
    EXPECT_NE(split_rows(data, 0.25, RandomStream(2)).held_out, split.held_out);
    EXPECT_EQ(split_rows(numbered(2, 0), 0.01, RandomStream(1)).held_out.size(), 1u);
    EXPECT_TRUE(split_rows(data, 0, RandomStream(1)).held_out.empty());
    EXPECT_THROW(split_rows(data, 1, RandomStream(1)), Error);
    EXPECT_THROW(split_rows(data, std::nan(""), RandomStream(1)), Error);
}

TEST(Split, KeepsTheSharesOfClassesAndGroupsWhole) {
    const Dataset data = numbered(1000, 2);
    const Split split = split_rows(data, 0.2, RandomStream(3));
    EXPECT_EQ(split.held_out.size(), 200u);
    EXPECT_EQ(std::count_if(split.held_out.begin(), split.held_out.end(), [](std::size_t row) { return row % 10 == 0; }), 20);
    Dataset grouped = numbered(100, 0);
    for (std::size_t i = 0; i < 100; i += 4) {
        grouped.group_begin.push_back(i);
    }
    const Split groups = split_rows(grouped, 0.2, RandomStream(3));
    EXPECT_EQ(groups.held_out.size(), 20u);
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(groups.held_out[i] / 4, groups.held_out[i - i % 4] / 4);
    }
}

TEST(Split, ChoosesEveryRowEquallyOften) {
    std::vector<int> count(10, 0);
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        for (const std::size_t row : choose_rows(10, 3, RandomStream(seed))) {
            ++count[row];
        }
    }
    for (const int n : count) {
        EXPECT_NEAR(n, 1500, 160);  // five standard deviations
    }
    EXPECT_EQ(choose_rows(3, 10, RandomStream(1)), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Scale, MeanAndDeviationAlsoOfHugeValues) {
    const std::vector<double> small{1, 2, 3, 4};
    EXPECT_DOUBLE_EQ(scale_of(small).mean, 2.5);
    EXPECT_DOUBLE_EQ(scale_of(small).deviation, std::sqrt(1.25));
    const std::vector<double> huge{1e300, -1e300, 1e300, -1e300};
    EXPECT_DOUBLE_EQ(scale_of(huge).deviation, 1e300);
    EXPECT_EQ(scale_of(huge).mean, 0);
    const std::vector<double> constant{0.1, 0.1, 0.1};
    EXPECT_EQ(scale_of(constant).mean, 0.1);
    EXPECT_EQ(scale_of(constant).deviation, 1);
    const ColumnScale scale = scale_of(small);
    EXPECT_DOUBLE_EQ(scale.undo(scale.apply(3)), 3);
    EXPECT_EQ(scaled(Column("a", small), scale).name(), "a");
}

}  // namespace
}  // namespace balmer
