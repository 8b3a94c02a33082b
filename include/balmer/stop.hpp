#pragma once

#include <atomic>
#include <memory>

namespace balmer {

/// A request to stop that a long run looks at between steps. Copies share one flag, so a signal handler, an observer
/// and a search can each hold one. Asking and looking are lock-free and safe inside a signal handler.
class StopToken {
public:
    /// A token that nobody has asked to stop yet.
    StopToken() : flag_(std::make_shared<std::atomic<int>>(0)) {}

    /// Asks every holder to stop at its next step; returns how often that had been asked before (a second Ctrl-C
    /// means now).
    int request_stop() const noexcept { return flag_->fetch_add(1, std::memory_order_relaxed); }

    /// Whether somebody asked.
    bool stop_requested() const noexcept { return flag_->load(std::memory_order_relaxed) != 0; }

private:
    static_assert(std::atomic<int>::is_always_lock_free);
    std::shared_ptr<std::atomic<int>> flag_;
};

}  // namespace balmer
