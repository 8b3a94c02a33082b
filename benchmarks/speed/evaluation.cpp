// One side of benchmarks/speed/evaluation.py: reads formulas and columns, then times one whole pass over all formulas per line of input.
//
//   evaluation FOLDER: FOLDER/formulas.txt (one a line), FOLDER/columns.bin (float32, features then target, `rows` each),
//   FOLDER/shape.txt ("rows features"). Lines of input and their answers:
//     nodes                                nodes of each formula
//     operations                           operators of each formula
//     set                                  the instruction set that runs
//     values float|double FORMULA ROWS     predictions
//     time predict|loss|moments float|double ROWS ready|compile     CPU seconds
//     time gradient double ROWS ready      seconds of value, gradient and J'J
//     fit ROWS ITERATIONS FIRST LAST       seconds, then the mean loss of each fit
//     peak                                 1e9 float multiplications and additions per second of this core
#include <algorithm>
#include <ctime>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "balmer/atomic_file.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/fitting.hpp"

namespace {

using namespace balmer;

// CPU time of this thread: other programs on the machine then cost cache misses only.
constexpr int chains = 6;

double now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// What registers alone allow: six independent chains of multiplications and six of additions, in 1e9 float operations a second.
#if defined(__x86_64__)
#define BALMER_PEAK(name, set, bytes)                                                                    \
    __attribute__((target(set))) double name() {                                                         \
        typedef float Vector __attribute__((vector_size(bytes)));                                        \
        constexpr int rounds = 20'000'000;                                                               \
        Vector p[chains], t[chains];                                                                     \
        for (int k = 0; k < chains; ++k) p[k] = Vector{} + 1.0f, t[k] = Vector{} + 0.5f;                 \
        const Vector factor = Vector{} + 0.9999999f, step = Vector{} + 1e-7f;                            \
        const double begin = now();                                                                      \
        for (int i = 0; i < rounds; ++i) {                                                               \
            _Pragma("GCC unroll 6") for (int k = 0; k < chains; ++k) {                                   \
                p[k] *= factor;                                                                          \
                t[k] += step;                                                                            \
            }                                                                                            \
        }                                                                                                \
        const double seconds = now() - begin;                                                            \
        float kept = 0;                                                                                  \
        for (int k = 0; k < chains; ++k) kept += p[k][0] + t[k][0];                                      \
        return kept == 0 ? 0 : 2.0 * (bytes / sizeof(float)) * chains * rounds / seconds * 1e-9;         \
    }
BALMER_PEAK(peak_of_avx2, "avx2", 32)
BALMER_PEAK(peak_of_avx512, "avx512f", 64)
double peak() { return best_instruction_set() == InstructionSet::avx512 ? peak_of_avx512() : peak_of_avx2(); }
#else
double peak() { return 0; }
#endif

// Columns begin on a cache line, as those of a Dataset do.
template <class T>
struct OnCacheLines {
    using value_type = T;
    OnCacheLines() = default;
    template <class U>
    OnCacheLines(const OnCacheLines<U>&) {}
    T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(64))); }
    void deallocate(T* p, std::size_t) { ::operator delete(p, std::align_val_t(64)); }
    bool operator==(const OnCacheLines&) const { return true; }
};

class Session {
public:
    explicit Session(const std::string& folder) {
        std::ifstream(folder + "/shape.txt") >> rows_ >> features_;
        const std::string bytes = read_file(folder + "/columns.bin");
        if (bytes.size() != rows_ * (features_ + 1) * sizeof(float)) throw std::runtime_error("columns.bin has the wrong size");
        const auto* const data = reinterpret_cast<const float*>(bytes.data());
        Vocabulary vocabulary;
        for (std::size_t k = 0; k <= features_; ++k) {
            narrow_.emplace_back(data + k * rows_, data + (k + 1) * rows_);
            wide_.emplace_back(narrow_.back().begin(), narrow_.back().end());
            vocabulary.features.push_back("X" + std::to_string(k + 1));
        }
        for (std::size_t k = 0; k < features_; ++k) {
            narrow_at_.push_back(narrow_[k].data());
            wide_at_.push_back(wide_[k].data());
        }
        std::ifstream formulas(folder + "/formulas.txt");
        for (std::string line; std::getline(formulas, line);) {
            expressions_.push_back(parse(line, vocabulary));
            programs_.emplace_back(expressions_.back());
        }
    }

    void answer(const std::string& line) {
        std::istringstream in(line);
        std::string command;
        in >> command;
        if (command == "nodes") nodes();
        else if (command == "operations") operations();
        else if (command == "set") std::printf("%s\n", std::string(name(best_instruction_set())).c_str());
        else if (command == "values") values(in);
        else if (command == "time") time(in);
        else if (command == "fit") fit_all(in);
        else if (command == "peak") std::printf("%.9g\n", peak());
        else throw std::runtime_error("unknown command: " + line);
        std::fflush(stdout);
    }

private:
    template <class Real>
    Columns<Real> columns(std::size_t rows) const {
        if constexpr (sizeof(Real) == 4) return {narrow_at_, rows, 0};
        else return {wide_at_, rows, 0};
    }
    template <class Real>
    std::span<const Real> target(std::size_t rows) const {
        if constexpr (sizeof(Real) == 4) return std::span(narrow_.back()).first(rows);
        else return std::span(wide_.back()).first(rows);
    }

    void nodes() const {
        for (const auto& program : programs_) std::printf("%zu ", program.nodes());
        std::printf("\n");
    }

    void operations() const {
        for (const auto& expression : expressions_)
            std::printf("%td ", std::ranges::count_if(expression.nodes, [](const Node& n) { return n.arity > 0; }));
        std::printf("\n");
    }

    void values(std::istringstream& in) const {
        std::string precision;
        std::size_t formula = 0, rows = 0;
        in >> precision >> formula >> rows;
        if (precision == "float") print_values<float>(programs_.at(formula), rows);
        else print_values<double>(programs_.at(formula), rows);
    }
    template <class Real>
    void print_values(const Program& program, std::size_t rows) const {
        std::vector<Real> result(rows);
        Real* const at[] = {result.data()};
        evaluate(program, program.values(), columns<Real>(rows), at);
        for (const Real x : result) std::printf("%.9g ", static_cast<double>(x));
        std::printf("\n");
    }

    template <class Real>
    double pass(const std::string& mode, std::size_t rows, bool compile) {
        auto& written = std::get<std::vector<Real, OnCacheLines<Real>>>(written_);
        if (mode == "predict") written.resize(programs_.size() * rows);
        const auto all = columns<Real>(rows);
        const auto y = target<Real>(rows);
        constexpr double no_bar = std::numeric_limits<double>::infinity();
        const double begin = now();
        for (std::size_t k = 0; k < programs_.size(); ++k) {
            if (compile) scratch_.assign(expressions_[k]);
            const Program& program = compile ? scratch_ : programs_[k];
            if (mode == "predict") {
                Real* const at[] = {written.data() + k * rows};
                evaluate(program, program.values(), all, at);
            } else if (mode == "loss") {
                sum_ += squared_error(program, program.values(), all, y, {}, no_bar).sum;
            } else if (mode == "moments") {
                sum_ += moments(program, program.values(), all, y, {}).ff;
            } else if constexpr (sizeof(Real) == 8) {
                sum_ += squared_error_curvature(program, program.values(), all, y, {}).value;
            }
        }
        return now() - begin;
    }

    void time(std::istringstream& in) {
        std::string mode, precision, preparation;
        std::size_t rows = 0;
        in >> mode >> precision >> rows >> preparation;
        const bool compile = preparation == "compile";
        std::printf("%.9g\n", precision == "float" ? pass<float>(mode, rows, compile) : pass<double>(mode, rows, compile));
    }

    void fit_all(std::istringstream& in) {
        std::size_t rows = 0, first = 0, last = 0;
        FitOptions options;
        in >> rows >> options.maximum_iterations >> first >> last;
        options.tolerance = 0;
        Dataset data;
        data.targets.emplace_back("y", std::vector<double>(wide_.back().begin(), wide_.back().begin() + static_cast<std::ptrdiff_t>(rows)));
        const auto loss = bind_loss({}, data);
        std::vector<double> losses;
        const double begin = now();
        for (std::size_t k = first; k < last; ++k) {
            const Program program(expressions_[k]);
            losses.push_back(fit(program, program.values(), columns<double>(rows), *loss, options).loss);
        }
        std::printf("%.9g", now() - begin);
        for (const double x : losses) std::printf(" %.9g", x);
        std::printf("\n");
    }

    std::size_t rows_ = 0, features_ = 0;
    std::vector<std::vector<float, OnCacheLines<float>>> narrow_;
    std::vector<std::vector<double, OnCacheLines<double>>> wide_;
    std::vector<const float*> narrow_at_;
    std::vector<const double*> wide_at_;
    std::vector<Expression> expressions_;
    std::vector<Program> programs_;
    Program scratch_;
    std::tuple<std::vector<float, OnCacheLines<float>>, std::vector<double, OnCacheLines<double>>> written_;
    double sum_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return std::printf("run benchmarks/speed/evaluation.py, which drives this program\n"), 0;
    try {
        Session session(arguments[1]);
        for (std::string line; std::getline(std::cin, line);) session.answer(line);
    } catch (const std::exception& error) {
        return std::fprintf(stderr, "%s\n", error.what()), 1;
    }
}
