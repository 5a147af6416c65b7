#include "loader.h"

#include <chrono>
#include <exception>

namespace deepdenoise::shell {

Loader::~Loader() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    over_.notify_one();
    thread_.join();
}

void Loader::run() {
    std::unique_lock lock(mutex_);
    while (!over_.wait_for(lock, std::chrono::milliseconds(50), [this] { return stop_; })) {
        const int entry = wanted_.exchange(kNothing, std::memory_order_relaxed);
        if (entry < 0)
            continue;
        try {
            instance_.chooseListed(entry); // if it is not to be had, the present one stays
        } catch (const std::exception&) {  // no memory: the same
        }
    }
}

} // namespace deepdenoise::shell
