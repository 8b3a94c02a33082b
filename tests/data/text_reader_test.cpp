#include "balmer/error.hpp"
#include "balmer/readers.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <limits>

namespace balmer {
namespace {

Table read_events(std::string_view text, const ReadOptions& options = {}) { return read_table_from_memory(text, "events.csv", options); }

std::string complaint_about_events(std::string_view text, const ReadOptions& options = {}) {
    try {
        read_events(text, options);
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing";
}

std::vector<double> column(const Table& table, const std::string& name) {
    const auto found = table.find_numeric(name);
    EXPECT_TRUE(found) << name;
    return found ? std::vector<double>(table.numeric[*found].values().begin(), table.numeric[*found].values().end())
                 : std::vector<double>();
}

using Names = std::vector<std::string>;
using Values = std::vector<double>;

TEST(TextReader, ReadsEveryDelimiter) {
    for (const std::string_view text : {"a,b\n1,2.5\n-3,4e2\n", "a;b\n1;2.5\n-3;4e2\n", "a\tb\n1\t2.5\n-3\t4e2\n", "a b\n1 2.5\n-3 4e2\n",
                                        "  a   b  \n  1   2.5 \n -3\t4e2\n", "a, b\n1, 2.5\n-3 ,+4e2 \n", "a;b\n1;2,5\n-3;4e2\n",
                                        "a\tb\n1\t2,5\n-3\t4e2\n", "\"a\",\"b\"\n\"1\",\"2.5\"\n\"-3\",\"4e2\"\n"}) {
        SCOPED_TRACE(text);
        const Table table = read_events(text);
        EXPECT_EQ(table.order, (Names{"a", "b"}));
        EXPECT_EQ(table.rows, 2u);
        EXPECT_EQ(column(table, "a"), (Values{1, -3}));
        EXPECT_EQ(column(table, "b"), (Values{2.5, 400}));
    }
}

TEST(TextReader, ReadsEveryLineEndAndBom) {
    for (const std::string_view text : {"a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4\r", "a,b\n1,2\n3,4", "\xef\xbb\xbf"
                                                                                                  "a,b\n1,2\n\n3,4\n\n",
                                        "\n\na,b\n1,2\r\n3,4\r"}) {
        SCOPED_TRACE(text);
        const Table table = read_events(text);
        EXPECT_EQ(table.order, (Names{"a", "b"}));
        EXPECT_EQ(column(table, "a"), (Values{1, 3}));
        EXPECT_EQ(column(table, "b"), (Values{2, 4}));
    }
}

TEST(TextReader, QuotesHoldDelimitersQuotesAndLineEnds) {
    const Table table = read_events("\"a, the first\",b,label\n1,2,\"x, \"\"y\"\"\nz\"\n3,4,w\n");
    EXPECT_EQ(table.order, (Names{"a, the first", "b", "label"}));
    ASSERT_EQ(table.text.size(), 1u);
    EXPECT_EQ(table.text[0].categories, (Names{"w", "x, \"y\"\nz"}));
    EXPECT_EQ(table.text[0].codes, (std::vector<std::uint32_t>{1, 0}));
    // The line counted after a quote with a line end in it.
    EXPECT_EQ(complaint_about_events("a,b\n\"1\",\"x\ny\"\n2,z\n3,4,5\n"),
              "events.csv, line 5: 3 fields found where the header has 2. Correct the line; a field that holds the delimiter (,) needs "
              "quotes around it.");
}

TEST(TextReader, NamesColumnsWithoutHeaderOrFromAComment) {
    EXPECT_EQ(read_events("1,2\n3,4\n").order, (Names{"x0", "x1"}));
    EXPECT_EQ(read_events("1,2\n3,4\n").rows, 2u);
    EXPECT_EQ(read_events("# made by hand\n# a b\n1 2\n3 4\n").order, (Names{"a", "b"}));
    EXPECT_EQ(read_events("# made by hand, really\na,b\n3,4\n").order, (Names{"a", "b"}));
    EXPECT_EQ(read_events("a,b\nc,d\n", {.header = Header::absent}).order, (Names{"x0", "x1"}));
    EXPECT_EQ(read_events("1,2\n3,4\n", {.header = Header::present}).order, (Names{"1", "2"}));
    EXPECT_EQ(read_events("x\n1\n2\n").order, (Names{"x"}));
    EXPECT_EQ(column(read_events("my value\n1,5\n2\n"), "my value"), (Values{1.5, 2}));
}

TEST(TextReader, NumbersReadExactly) {
    const Table table = read_events("a\n1e300\n-1e-300\n0.1\n.5\n5.\n1e400\n1e-400\n9007199254740993\ninf\n");
    const Values values = column(table, "a");
    EXPECT_EQ(values[0], 1e300);
    EXPECT_EQ(values[1], -1e-300);
    EXPECT_EQ(values[2], 0.1);
    EXPECT_EQ(values[3], 0.5);
    EXPECT_EQ(values[4], 5.0);
    EXPECT_EQ(values[5], std::numeric_limits<double>::infinity());
    EXPECT_EQ(values[6], 0.0);
    EXPECT_EQ(values[7], 9007199254740992.0);
    ASSERT_EQ(table.non_finite.size(), 1u);
    EXPECT_EQ(table.non_finite[0].infinite, 2u);
    EXPECT_EQ(table.non_finite[0].first_line, 7u);
}

TEST(TextReader, MissingValuesAreCountedWithTheirFirstPlace) {
    const Table table = read_events("a,b,c\n1,2,3\n,NA,4\nnan,5,null\n1,?,5\n");
    ASSERT_EQ(table.non_finite.size(), 3u);
    EXPECT_EQ(table.non_finite[0].column, "a");
    EXPECT_EQ(table.non_finite[0].missing, 2u);
    EXPECT_EQ(table.non_finite[0].first_line, 3u);
    EXPECT_EQ(table.non_finite[0].first_row, 1u);
    EXPECT_EQ(table.non_finite[2].missing, 1u);
    EXPECT_EQ(table.non_finite[2].first_line, 4u);
    EXPECT_TRUE(std::isnan(column(table, "a")[1]));
}

TEST(TextReader, TextColumnsStayText) {
    const Table table = read_events("kind,y\nb,1\na,2\nb,3\n1,4\n");
    EXPECT_EQ(table.text.at(0).categories, (Names{"1", "a", "b"}));
    EXPECT_EQ(table.text.at(0).codes, (std::vector<std::uint32_t>{2, 1, 2, 0}));
    // Text that begins only behind the sampled rows, in a column that was empty until then.
    std::string late = "note,y\n";
    for (int i = 0; i < 3000; ++i) {
        late += i == 2500 ? "hello,1\n" : ",1\n";
    }
    EXPECT_EQ(read_events(late).text.at(0).categories, (Names{"", "hello"}));
}

TEST(TextReader, MistakesSayFileLineColumnAndCure) {
    EXPECT_EQ(complaint_about_events("a,b\n1,2\n3\n"),
              "events.csv, line 3: 1 field found where the header has 2. Correct the line; a field that holds the delimiter (,) needs quotes "
              "around it.");
    EXPECT_EQ(complaint_about_events("a,b\n1,2\n\n3,4,5\n"),
              "events.csv, line 4: 3 fields found where the header has 2. Correct the line; a field that holds the delimiter (,) needs quotes "
              "around it.");
    EXPECT_EQ(complaint_about_events("pt1,eta\n1,2\n3,abc\n"),
              "events.csv, line 3, column 2 (eta): 'abc' is text in a column of numbers. Correct it, leave the field empty (missing), or "
              "read other columns.");
    EXPECT_EQ(complaint_about_events(""), "events.csv: the file is empty. A table has a row of names and rows of numbers.");
    EXPECT_EQ(complaint_about_events("\n \r\n"), "events.csv: the file is empty. A table has a row of names and rows of numbers.");
    EXPECT_EQ(complaint_about_events("a,b\n"), "events.csv, line 2: the file holds a header only, no rows.");
    EXPECT_EQ(complaint_about_events("# a b\n"), "events.csv, line 2: the file holds comments only. A table has a row of names and rows of numbers.");
    EXPECT_EQ(complaint_about_events("a,b,a\n1,2,3\n"), "events.csv, line 1, column 3: the name 'a' is that of column 1 already. Rename one of them.");
    EXPECT_EQ(complaint_about_events(",a\n0,2\n"), "events.csv, line 1, column 1: this column has no name. Name it or remove it (pandas: to_csv(..., index=False)).");
    EXPECT_EQ(complaint_about_events("a,b,\n1,2,\n"), "events.csv, line 1, column 3: this column has no name. Name it or remove it (the header ends with a delimiter).");
    EXPECT_EQ(complaint_about_events("1,b,3\n1,2,3\n"),
              "events.csv, line 1: the first row is neither names nor numbers: it holds 'b' and 2 of 3 fields are numbers. Add a row with the "
              "names of the columns.");
    EXPECT_EQ(complaint_about_events("a,b\n1,\"2\n3,4\n"), "events.csv, line 2: a quote that begins in this line does not end. Add the missing \".");
    EXPECT_EQ(complaint_about_events("\xff\xfe" "a"), "events.csv, line 1: the text is UTF-16. Save it as UTF-8, for example with iconv -f UTF-16 -t UTF-8.");
    EXPECT_EQ(complaint_about_events(std::string_view("a\0b\n1\n", 6)), "events.csv, line 1: this is neither a text table nor .npy, .npz, IDX or HDF5.");
    EXPECT_EQ(complaint_about_events("a;b\n0,5;1\n1.234,5;2\n"),
              "events.csv, line 3, column 1 (a): '1.234,5' is text in a column of numbers. Correct it, leave the field empty (missing), or "
              "read other columns.");
}

TEST(TextReader, TextIsUtf8) {
    for (const char* text : {"gr\xc3\xb6\xc3\x9f" "e,y\n1,2\n", "a,t\n1,\xe2\x82\xac\n", "a,t\n1,\xf0\x9f\x98\x80\n"}) {
        EXPECT_EQ(read_events(text).rows, 1u) << text;
    }
    const std::string cure = ". Save the file as UTF-8, for example with iconv -f LATIN1 -t UTF-8.";
    EXPECT_EQ(complaint_about_events("a,gr\xf6\xdf" "e\n1,2\n"), "events.csv: the name of column 2 is not UTF-8 text: 'gr??e'" + cure);
    for (const char* entry : {"\xfc", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
        EXPECT_NE(complaint_about_events(std::string("a,t\n1,u") + entry + "\n").find("an entry of column t is not UTF-8 text: 'u?"), std::string::npos) << entry;
    }
    EXPECT_NE(complaint_about_events("a,b\n1,2\n3,\x1b[31m\xff\n").find("'?[31m?' is text in a column of numbers"), std::string::npos);
}

TEST(TextReader, ReadsTheColumnsAskedFor) {
    const Table table = read_events("a,b,c\n1,x,3\n4,y,6\n", {.columns = {"c", "a"}});
    EXPECT_EQ(table.order, (Names{"a", "c"}));
    EXPECT_EQ(column(table, "c"), (Values{3, 6}));
    EXPECT_EQ(complaint_about_events("pt1,pt2\n1,2\n", {.columns = {"pt3"}}), "events.csv, line 2: there is no column 'pt3'. Did you mean 'pt1'?");
}

TEST(TextReader, ReadsWideTablesAndLongRecordsAcrossBlocks) {
    std::string text;
    for (int i = 0; i < 2000; ++i) {
        text += (i == 0 ? "c" : ",c") + std::to_string(i);
    }
    text += '\n';
    for (int row = 0; row < 200; ++row) {
        for (int i = 0; i < 2000; ++i) {
            text += (i == 0 ? "" : ",") + std::to_string(row * 2000 + i) + ".25";
        }
        text += '\n';
    }
    ASSERT_GT(text.size(), std::size_t{3} << 20);
    const Table table = read_events(text);
    ASSERT_EQ(table.numeric.size(), 2000u);
    for (std::size_t i = 0; i < 2000; ++i) {
        for (std::size_t row = 0; row < 200; ++row) {
            ASSERT_EQ(table.numeric[i][row], static_cast<double>(row * 2000 + i) + 0.25);
        }
    }
    std::string mistake = text;
    mistake.replace(mistake.rfind(".25"), 3, ".x5");
    EXPECT_NE(complaint_about_events(mistake).find("events.csv, line 201, column 2000 (c1999): '399999.x5' is text"), std::string::npos) << complaint_about_events(mistake);
}

std::string gzipped(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(text.size() + 1000, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(packed.size() - stream.avail_out);
    deflateEnd(&stream);
    return packed;
}

TEST(TextReader, ReadsGzipAndRefusesCutOrDamagedOnes) {
    std::string text = "a,b\n";
    for (int i = 0; i < 50000; ++i) {
        text += std::to_string(i) + "," + std::to_string(i % 7919) + "\n";
    }
    const std::string packed = gzipped(text);
    EXPECT_EQ(read_events(packed).rows, 50000u);
    EXPECT_EQ(read_events(packed + gzipped("50000,1\n")).rows, 50001u);  // members one after another
    EXPECT_EQ(complaint_about_events(packed.substr(0, packed.size() / 2)), "events.csv: the compressed data end too early; the file was cut off.");
    std::string damaged = packed;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
    EXPECT_NE(complaint_about_events(damaged), "nothing");
}

TEST(WriteCsv, RoundTrips) {
    Table table = read_events("a,\"b, c\",t\n0.1,1e300,\"x, y\"\n-0.3333333333333333,5e-324,\"quote \"\"z\"\"\"\n1,,\n");
    const std::string text = to_csv(table);
    const Table again = read_events(text);
    EXPECT_EQ(again.order, table.order);
    EXPECT_EQ(to_csv(again), text);
    for (std::size_t i = 0; i < 2; ++i) {
        for (std::size_t row = 0; row < 3; ++row) {
            const double x = table.numeric[i][row], y = again.numeric[i][row];
            EXPECT_TRUE(x == y || (std::isnan(x) && std::isnan(y)));
        }
    }
    EXPECT_EQ(again.text[0].categories, table.text[0].categories);
    EXPECT_EQ(text.substr(0, text.find('\n')), "a,\"b, c\",t");
}

}  // namespace
}  // namespace balmer
