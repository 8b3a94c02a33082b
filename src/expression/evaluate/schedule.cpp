#include <algorithm>
#include <array>
#include <atomic>

#include "expression/evaluate/tape.hpp"

// Second half of compilation: which operations share a kernel, in which order they run, and in which registers results live.
namespace balmer {
namespace {

using kernels::Arithmetic;
using kernels::Second;
using kernels::Step;

constexpr Arithmetic arithmetic_of(Op op) { return static_cast<Arithmetic>(static_cast<int>(op) - static_cast<int>(Op::add)); }
static_assert(arithmetic_of(Op::subtract) == Arithmetic::subtract && arithmetic_of(Op::divide) == Arithmetic::divide);

// t op c, or c op t when t is the right operand.
constexpr Second second_of(Op op, bool t_is_right) {
    switch (op) {
        case Op::add: return Second::add;
        case Op::subtract: return t_is_right ? Second::subtract_from : Second::subtract;
        case Op::multiply: return Second::multiply;
        default: return t_is_right ? Second::divide_by : Second::divide;
    }
}

struct Plan {
    std::uint16_t kernel = 0;
    std::uint8_t count = 0;
    std::int32_t index = 0;
    Reference operand[4] = {};
};

struct Scratch {
    std::vector<std::uint32_t> uses;      // of each value, as operand or output
    std::vector<std::uint32_t> place;     // register or output that holds it
    std::vector<std::uint8_t> need;       // registers that its computation takes
    std::vector<std::uint32_t> stack, free;
    std::vector<Plan> plans;              // beside `stack`
};

class Scheduler {
public:
    Scheduler(Program::Tape& tape, Scratch& scratch) : tape_(tape), s_(scratch) {
        tape.steps.clear();
        tape.registers = 0;
        s_.uses.assign(tape.values.size(), 0);
        s_.place.assign(tape.values.size(), unset);
        s_.need.resize(tape.values.size());
        s_.free.clear();
        count_uses();
    }

    void run() {
        for (std::uint32_t k = 0; k < tape_.roots.size(); ++k) {
            const Reference root = tape_.roots[k];
            if (kind_of(root) == Kind::value && s_.place[number_of(root)] == unset) emit(number_of(root), k);
        }
        tape_.ends_in_output = !tape_.steps.empty() && tape_.roots.size() == 1 && tape_.steps.back().kernel < kernels::arithmetic_count;
        for (std::uint32_t k = 0; k < tape_.roots.size(); ++k) copy_root(k);
        resolve();
    }

private:
    void count_uses() {
        for (std::size_t v = 0; v < tape_.values.size(); ++v) {
            const Lowered& value = tape_.values[v];
            std::uint8_t need = 1, second = 0, first = 0;
            for (int k = 0; k < value.arity; ++k) {
                if (kind_of(value.operand[k]) != Kind::value) continue;
                const auto operand = number_of(value.operand[k]);
                ++s_.uses[operand];
                const std::uint8_t n = s_.need[operand];
                if (n > first) second = first, first = n;
                else second = std::max(second, n);
            }
            need = std::max({need, first, static_cast<std::uint8_t>(second == 0 ? 0 : std::min(second + 1, 255))});
            s_.need[v] = need;
        }
        for (const auto root : tape_.roots)
            if (kind_of(root) == Kind::value) ++s_.uses[number_of(root)];
    }

    bool may_fuse(Reference r, std::uint32_t uses) const {
        return kind_of(r) == Kind::value && s_.uses[number_of(r)] == uses && s_.place[number_of(r)] == unset &&
               is_arithmetic(tape_.values[number_of(r)].op);
    }

    Plan plan(std::uint32_t v) const {
        const Lowered& top = tape_.values[v];
        const Reference a = top.operand[0], b = top.operand[1];
        if (!is_arithmetic(top.op))
            return {.kernel = kernels::function(top.op), .count = top.arity, .index = top.index, .operand = {a, b, top.operand[2], 0}};
        if (a == b && top.op == Op::multiply && may_fuse(a, 2)) {
            const Lowered& t = tape_.values[number_of(a)];
            return {.kernel = pair(arithmetic_of(t.op), Second::square), .count = 2, .operand = {t.operand[0], t.operand[1], 0, 0}};
        }
        const bool left = may_fuse(a, 1), right = may_fuse(b, 1);
        if (left && right) {
            const Lowered &t = tape_.values[number_of(a)], &u = tape_.values[number_of(b)];
            return {.kernel = triple(arithmetic_of(t.op), arithmetic_of(top.op), arithmetic_of(u.op)),
                    .count = 4,
                    .operand = {t.operand[0], t.operand[1], u.operand[0], u.operand[1]}};
        }
        if (left || right) {
            const Lowered& t = tape_.values[number_of(left ? a : b)];
            return {.kernel = pair(arithmetic_of(t.op), second_of(top.op, right)),
                    .count = 3,
                    .operand = {t.operand[0], t.operand[1], left ? b : a, 0}};
        }
        return {.kernel = kernels::single(arithmetic_of(top.op)), .count = 2, .operand = {a, b, 0, 0}};
    }

    // The value and everything it needs, in an order that keeps few registers alive: the operand that needs most comes first.
    void emit(std::uint32_t root, std::uint32_t output) {
        constexpr std::uint32_t ready = 0x80000000u;
        s_.stack.assign(1, root);
        s_.plans.assign(1, plan(root));
        while (!s_.stack.empty()) {
            const std::uint32_t top = s_.stack.back();
            const std::uint32_t v = top & ~ready;
            if (s_.place[v] == unset && (top & ready) == 0) {
                s_.stack.back() |= ready;
                push_operands(Plan(s_.plans.back()));
                continue;
            }
            if (s_.place[v] == unset) append(s_.plans.back(), v, v == root ? output : unset);
            s_.stack.pop_back();
            s_.plans.pop_back();
        }
    }

    void push_operands(const Plan& made) {
        std::array<std::uint32_t, 4> waiting;
        std::size_t count = 0;
        for (int k = 0; k < made.count; ++k) {
            if (kind_of(made.operand[k]) != Kind::value) continue;
            const auto v = number_of(made.operand[k]);
            if (s_.place[v] != unset) continue;
            std::size_t at = count++;
            for (; at > 0 && s_.need[waiting[at - 1]] >= s_.need[v]; --at) waiting[at] = waiting[at - 1];
            waiting[at] = v;
        }
        for (std::size_t k = 0; k < count; ++k) {
            s_.stack.push_back(waiting[k]);
            s_.plans.push_back(plan(waiting[k]));
        }
    }

    void append(const Plan& made, std::uint32_t v, std::uint32_t output) {
        Step& step = tape_.steps.emplace_back();
        step.kernel = made.kernel;
        step.index = made.index;
        for (int k = 0; k < made.count; ++k) {
            const Reference r = made.operand[k];
            step.operand[k] = kind_of(r) == Kind::value ? s_.place[number_of(r)] : r;
            if (kind_of(r) == Kind::scalar) step.scalars = static_cast<std::uint16_t>(step.scalars | 1 << k);
        }
        for (int k = 0; k < made.count; ++k) {
            const Reference r = made.operand[k];
            if (kind_of(r) != Kind::value || --s_.uses[number_of(r)] != 0) continue;
            const auto place = s_.place[number_of(r)];
            if (kind_of(place) == Kind::value) s_.free.push_back(number_of(place));
        }
        if (output != unset) step.result = refer(Kind::output, output);
        else if (!s_.free.empty()) step.result = refer(Kind::value, s_.free.back()), s_.free.pop_back();
        else step.result = refer(Kind::value, tape_.registers++);
        s_.place[v] = step.result;
    }

    // Outputs that are leaves, or the same value as an earlier output.
    void copy_root(std::uint32_t k) {
        const Reference root = tape_.roots[k];
        const Reference from = kind_of(root) == Kind::value ? s_.place[number_of(root)] : root;
        if (from == refer(Kind::output, k)) return;
        Step& step = tape_.steps.emplace_back();
        step.kernel = kernels::copy_kernel;
        step.operand[0] = from;
        step.scalars = kind_of(from) == Kind::scalar;
        step.result = refer(Kind::output, k);
    }

    void resolve() {
        const std::uint32_t base[4] = {0, static_cast<std::uint32_t>(tape_.first_column()), static_cast<std::uint32_t>(tape_.first_register()),
                                       static_cast<std::uint32_t>(tape_.first_output())};
        const auto slot = [&](Reference r) { return base[static_cast<int>(kind_of(r))] + number_of(r); };
        for (auto& step : tape_.steps) {
            step.result = slot(step.result);
            for (auto& operand : step.operand) operand = slot(operand);
        }
    }

    Program::Tape& tape_;
    Scratch& s_;
};

}  // namespace

void schedule(Program::Tape& tape) {
    static thread_local Scratch scratch;
    static std::atomic<std::uint64_t> compilations = 0;
    tape.stamp = compilations.fetch_add(1, std::memory_order_relaxed) + 1;
    Scheduler(tape, scratch).run();
}

}  // namespace balmer
