// Loads the models that an audio thread asks for, for hosts that lend a plug-in no thread of theirs.
#pragma once

#include "instance.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace deepdenoise::shell {

/// Looks a few times a second whether something was asked for: waking a thread would be a system call.
class Loader {
public:
    explicit Loader(Instance& instance) : instance_(instance), thread_([this] { run(); }) {}
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    static constexpr int kNothing = -1;

    /// Audio thread: an entry of the list of models, or nothing.
    void request(int entry) noexcept { wanted_.store(entry, std::memory_order_relaxed); }

private:
    void run();

    static_assert(std::atomic<int>::is_always_lock_free);
    Instance& instance_;
    std::atomic<int> wanted_{kNothing};
    std::mutex mutex_;
    std::condition_variable over_;
    bool stop_ = false;
    std::thread thread_; ///< last, so that the rest is there when it begins
};

} // namespace deepdenoise::shell
