// Triangular bands over the bins of any sample rate.
#pragma once

#include "constants.h"

#include <array>
#include <vector>

namespace deepdenoise {

/// Bin k lies between two centres and belongs to both bands, in proportion: the weights of a bin sum to one. Bins above
/// the last centre belong to the last band.
class Bands {
public:
    Bands(const std::array<float, kBands>& centers, double sampleRate, int fftSize);

    /// The weighted mean of `power` in each band; 0 where the band has no bin.
    void gather(const float* power, float* energy) const noexcept;

    /// Bands' gains to bins.
    void spread(const float* bands, float* bins) const noexcept;

private:
    struct Bin {
        int band; // the lower of the two
        float upper;
    };
    std::vector<Bin> bins_;
    std::array<float, kBands> scale_{}; // one over the band's sum of weights
};

} // namespace deepdenoise
