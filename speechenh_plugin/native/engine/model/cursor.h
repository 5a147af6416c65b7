// Takes values off the front of untrusted bytes; every step is checked against what is left.
#pragma once

#include "layers/shared/definition.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace deepdenoise {

class Cursor {
public:
    Cursor(std::span<const std::byte> bytes, std::size_t at) : bytes_(bytes), at_(at) {}

    template <class T> T take() {
        T value;
        std::memcpy(&value, need(sizeof(T)), sizeof(T));
        return value;
    }

    /// A whole number from `least` to `most`.
    int number(const char* what, std::uint32_t least, std::uint32_t most) {
        const auto value = take<std::uint32_t>();
        if (value < least || value > most)
            refuse(std::string(what) + " is " + std::to_string(value) + ", not within " + std::to_string(least) + ".." +
                   std::to_string(most));
        return static_cast<int>(value);
    }

    std::string text(const char* what, std::uint32_t most) {
        const int length = number(what, 0, most);
        const auto* from = reinterpret_cast<const char*>(need(length));
        return std::string(from, from + length);
    }

    std::string name(const char* what) {
        std::string name = text(what, kMostName);
        if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; }))
            refuse(std::string(what) + " must be printable ASCII");
        return name;
    }

private:
    static constexpr std::uint32_t kMostName = 256;

    const std::byte* need(std::size_t count) {
        if (count > bytes_.size() - at_)
            refuse("the graph runs past the end of the file");
        const std::byte* from = bytes_.data() + at_;
        at_ += count;
        return from;
    }

    std::span<const std::byte> bytes_;
    std::size_t at_;
};

} // namespace deepdenoise
