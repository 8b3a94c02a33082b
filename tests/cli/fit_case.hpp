#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "balmer/random.hpp"
#include "model/run_program.hpp"

namespace balmer::testing {

/// A small noisy table that a search keeps improving on: columns a, b, c, y.
inline void write_data(const std::string& path, std::size_t rows = 60, std::uint64_t seed = 7) {
    RandomStream random(seed);
    std::ofstream out(path);
    out << "a,b,c,y\n";
    for (std::size_t i = 0; i < rows; ++i) {
        const double a = 0.5 + 2.5 * random.uniform(), b = 0.5 + 2.5 * random.uniform(), c = 0.5 + 2.5 * random.uniform();
        out << a << ',' << b << ',' << c << ',' << a * std::exp(-b) + c * c / (1 + a) + 0.05 * random.normal() << '\n';
    }
}

/// What a child wrote and how it ended, both streams apart.
struct Finished {
    int status = 0;  ///< exit status, or 128 + signal
    std::string output, complaints;
};

inline std::string content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The program as a child process, so that signals hit it alone.
class Child {
public:
    explicit Child(const std::vector<std::string>& arguments, const std::string& folder) {
        out_ = folder + "/stdout.txt";
        errors_ = folder + "/stderr.txt";
        std::vector<std::string> all = {BALMER_PROGRAM};
        all.insert(all.end(), arguments.begin(), arguments.end());
        std::vector<char*> pointers;
        for (auto& word : all) pointers.push_back(word.data());
        pointers.push_back(nullptr);
        process_ = ::fork();
        if (process_ == 0) {
            const int out = ::open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
            const int errors = ::open(errors_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
            ::dup2(out, 1);
            ::dup2(errors, 2);
            ::execv(BALMER_PROGRAM, pointers.data());
            ::_exit(127);
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
    }

    void send(int signal) const { ::kill(process_, signal); }
    int id() const { return process_; }
    bool runs() {
        if (process_ > 0 && ::waitpid(process_, &state_, WNOHANG) == process_) process_ = 0;
        return process_ > 0;
    }
    Finished wait() {
        if (process_ > 0) ::waitpid(process_, &state_, 0);
        process_ = 0;
        return {WIFEXITED(state_) ? WEXITSTATUS(state_) : 128 + WTERMSIG(state_), content_of(out_), content_of(errors_)};
    }

private:
    std::string out_, errors_;
    pid_t process_ = 0;
    int state_ = 0;
};

inline Finished balmer(const std::vector<std::string>& arguments, const std::string& folder) { return Child(arguments, folder).wait(); }

inline void sleep_seconds(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

/// Waits until the condition holds or the child has ended; false when it ended first.
template <class Condition>
bool wait_until(Child& child, Condition&& holds) {
    while (!holds()) {
        if (!child.runs()) return false;
        sleep_seconds(0.005);
    }
    return true;
}

}  // namespace balmer::testing
