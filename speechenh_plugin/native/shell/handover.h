// Hands objects from the host's control thread to its audio thread, which never waits, allocates or frees.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace deepdenoise::shell {

template <class T> class Handover {
public:
    Handover() = default;
    Handover(const Handover&) = delete;
    Handover& operator=(const Handover&) = delete;
    ~Handover() {
        freeRetired();
        delete pending_.load();
        delete current_;
    }

    /// Control thread: `value` is what current() gives from now on.
    void publish(T value) {
        delete pending_.exchange(new Node{std::move(value)}, std::memory_order_acq_rel);
        freeRetired();
    }

    /// Audio thread: the newest published value; null before the first.
    T* current() noexcept {
        if (Node* next = pending_.exchange(nullptr, std::memory_order_acq_rel)) {
            if (current_ != nullptr)
                retire(current_);
            current_ = next;
        }
        return current_ != nullptr ? &current_->value : nullptr;
    }

private:
    struct Node {
        T value;
        Node* next = nullptr;
    };

    void retire(Node* node) noexcept {
        node->next = retired_.load(std::memory_order_relaxed);
        while (!retired_.compare_exchange_weak(node->next, node, std::memory_order_release)) {
        }
    }
    void freeRetired() noexcept {
        Node* node = retired_.exchange(nullptr, std::memory_order_acquire);
        while (node != nullptr)
            delete std::exchange(node, node->next);
    }

    static_assert(std::atomic<Node*>::is_always_lock_free);
    std::atomic<Node*> pending_{nullptr};
    std::atomic<Node*> retired_{nullptr}; // freed by the control thread
    Node* current_ = nullptr;             // the audio thread's own
};

} // namespace deepdenoise::shell
