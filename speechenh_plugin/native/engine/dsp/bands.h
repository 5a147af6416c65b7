// Triangular bands over the bins of any sample rate.
#pragma once

#include <vector>

namespace deepdenoise {

/// Bin k lies between two centres and belongs to both bands, in proportion: the weights of a bin sum to one. Bins above
/// the last centre belong to the last band.
class Bands {
public:
    Bands(const std::vector<float>& centers, double sampleRate, int fftSize);

    int count() const noexcept { return static_cast<int>(scale_.size()); }

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
    std::vector<float> scale_; // one over the band's sum of weights
};

} // namespace deepdenoise
