#include "dsp/bands.h"

#include <algorithm>

namespace deepdenoise {

Bands::Bands(const std::vector<float>& centers, double sampleRate, int fftSize) : scale_(centers.size()) {
    std::vector<double> sums(centers.size());
    const int last = count() - 2; // band that begins a pair
    for (int k = 0; k <= fftSize / 2; ++k) {
        const double frequency = k * sampleRate / fftSize;
        int band = 0;
        while (band < last && frequency >= centers[band + 1])
            ++band;
        const double low = centers[band], high = centers[band + 1];
        const double upper = std::clamp((frequency - low) / (high - low), 0.0, 1.0);
        bins_.push_back({band, static_cast<float>(upper)});
        sums[band] += 1.0 - upper;
        sums[band + 1] += upper;
    }
    for (std::size_t b = 0; b < sums.size(); ++b)
        scale_[b] = sums[b] > 0.0 ? static_cast<float>(1.0 / sums[b]) : 0.0f;
}

void Bands::gather(const float* power, float* energy) const noexcept {
    std::fill_n(energy, count(), 0.0f);
    for (std::size_t k = 0; k < bins_.size(); ++k) {
        const float part = bins_[k].upper * power[k];
        energy[bins_[k].band] += power[k] - part;
        energy[bins_[k].band + 1] += part;
    }
    for (int b = 0; b < count(); ++b)
        energy[b] *= scale_[b];
}

void Bands::spread(const float* bands, float* bins) const noexcept {
    for (std::size_t k = 0; k < bins_.size(); ++k) {
        const float* band = bands + bins_[k].band;
        bins[k] = band[0] + bins_[k].upper * (band[1] - band[0]);
    }
}

} // namespace deepdenoise
