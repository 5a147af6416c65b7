// The level of a stream, followed slowly, so that what a network sees does not depend on it.
#pragma once

namespace deepdenoise {

/// Mean power of a stream's frames, the weights of past ones falling exponentially. It is a true mean from the first
/// frame on: where a stream is c times as loud, its level is c * c times as high in every frame.
struct Level {
    double sum = 0, weight = 0;

    /// Takes the next frame's power; `keep` is what a frame's weight falls to within a hop. Returns the level.
    double follow(double power, double keep) noexcept {
        sum = keep * sum + (1 - keep) * power;
        weight = keep * weight + (1 - keep);
        return sum / weight;
    }
};

} // namespace deepdenoise
