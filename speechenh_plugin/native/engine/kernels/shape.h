#pragma once

namespace deepdenoise {

/// One frame of a tensor: F positions along frequency by C channels, channels last.
struct Shape {
    int positions = 0;
    int channels = 0;
    int size() const noexcept { return positions * channels; }
    bool operator==(const Shape&) const = default;
};

} // namespace deepdenoise
