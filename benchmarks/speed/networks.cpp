// Epochs of symbolic networks on request, for speed/networks.py: arguments FILE ROWS INPUTS OUTPUTS UNARY BINARY LAYERS BATCH SEED; FILE holds the
// inputs row by row as floats, then the class codes, then the weights at the start, matrix by matrix. Every line read from standard input starts an epoch; answers "CPU seconds, mean error, live weights".
// A line "sparse" first prunes nine weights in ten.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <numeric>
#include <string>

#include "search/neural/trainer.hpp"

namespace {

using namespace balmer;
using namespace balmer::neural;

LayerShape layer_of(std::size_t unary, std::size_t binary) {
    static constexpr Op operators[] = {Op::sin, Op::cos, Op::exp, Op::gauss, Op::sinh, Op::cosh, Op::tanh};
    LayerShape layer;
    for (std::size_t k = 0; k < unary; ++k) layer.unary.push_back({operators[k % std::size(operators)], 0});
    layer.binary.assign(binary, {Op::multiply, 0});
    return layer;
}

void read_floats(std::ifstream& file, std::vector<float>& values) {
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    if (!file) std::exit(2);
}

TrainingRows read_rows(std::ifstream& file, std::size_t rows, std::size_t inputs) {
    TrainingRows made{.inputs = std::vector<std::vector<double>>(inputs, std::vector<double>(rows)), .targets = {std::vector<double>(rows)}, .weights = {}};
    std::vector<float> row(inputs), codes(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        read_floats(file, row);
        for (std::size_t i = 0; i < inputs; ++i) made.inputs[i][r] = static_cast<double>(row[i]);
    }
    read_floats(file, codes);
    made.targets[0].assign(codes.begin(), codes.end());
    return made;
}

void prune_most(Trainer& trainer) {
    auto& p = trainer.state().parameters;
    const auto& layout = trainer.layout();
    RandomStream random(9);
    for (std::size_t w = 0; w < layout.weights(); ++w)
        if (random.chance(0.9)) p[layout.threshold(w)] = std::fabs(p[w]) + 0.5f;
}

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 10) return std::puts("see the head of benchmarks/speed/networks.cpp; driven by networks.py"), 2;
    std::size_t number[10];
    for (int i = 2; i < 10; ++i) number[i] = std::strtoull(arguments[i], nullptr, 10);
    const std::size_t rows = number[2], inputs = number[3], batch = number[8] / 64;
    const Shape shape{.inputs = inputs, .outputs = number[4], .hidden = std::vector<LayerShape>(number[7], layer_of(number[5], number[6]))};
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ifstream file(arguments[1], std::ios::binary);
    const Blocks blocks(read_rows(file, rows, inputs), order);
    Trainer trainer(shape, {}, ErrorKind::softmax);
    std::vector<float> weights(trainer.layout().weights());
    read_floats(file, weights);
    std::copy(weights.begin(), weights.end(), trainer.state().parameters.begin());
    std::vector<std::uint32_t> tiles(blocks.tiles());
    std::iota(tiles.begin(), tiles.end(), 0U);
    StepSettings settings{.targets = {.weight = .9, .input = .75, .unary = .6, .binary = .4}, .rate = 0.0015};
    std::string line;
    for (std::uint64_t epoch = 0; std::getline(std::cin, line); ++epoch) {
        if (line == "sparse") prune_most(trainer);
        if (line == "free") settings.targets = {};
        RandomStream random(number[9], 1, 0, epoch);
        for (std::size_t i = tiles.size(); i > 1; --i) std::swap(tiles[i - 1], tiles[random.below(i)]);
        const double start = cpu_seconds();
        double error = 0;
        for (std::size_t t = 0; t < tiles.size(); t += batch) {
            if (line == "sparse") settings.reach = t / batch % 4 == 0 ? Reach::all : Reach::live;
            const std::size_t here = std::min(batch, tiles.size() - t);
            error += trainer.step(blocks, std::span(tiles).subspan(t, here), settings) * static_cast<double>(here);
        }
        const double seconds = cpu_seconds() - start;
        std::printf("%.6f %.6f %zu\n", seconds, error / static_cast<double>(tiles.size()), trainer.live_weights());
        std::fflush(stdout);
    }
    return 0;
}
