#include "dsp/stft.h"

#include <cmath>
#include <numbers>

namespace deepdenoise {
namespace {

bool isSmallPrimed(int n) noexcept {
    for (const int prime : {2, 3, 5, 7, 11})
        while (n % prime == 0)
            n /= prime;
    return n == 1;
}

} // namespace

int hopFor(double sampleRate) noexcept {
    if (!(sampleRate >= kMinSampleRate && sampleRate <= kMaxSampleRate)) // NaN neither
        return 0;
    const double wanted = sampleRate * kHopSeconds;
    int low = static_cast<int>(std::floor(wanted)), high = low + 1;
    while (!isSmallPrimed(low))
        --low;
    while (!isSmallPrimed(high))
        ++high;
    return wanted - low <= high - wanted ? low : high;
}

Stft::Stft(const Kernels& kernels, double sampleRate) : fft_(kernels, kHopsInWindow * hopFor(sampleRate)) {
    const int n = size();
    std::vector<double> window(n);
    double sum = 0, squares = 0;
    for (int i = 0; i < n; ++i) {
        const double w = 0.54 - 0.46 * std::cos(2.0 * std::numbers::pi * i / n);
        window[i] = w;
        sum += w;
        squares += w * w;
    }
    // Windows a quarter apart: the squares add up to the same constant everywhere.
    const double overlapped = squares / hop();
    for (const double w : window) {
        analysis_.push_back(static_cast<float>(w * 2.0 / sum));
        synthesis_.push_back(static_cast<float>(w / overlapped * sum / 2.0));
    }
    frame_.resize(window.size());
}

void Stft::analyse(const float* samples, float* re, float* im) noexcept {
    for (std::size_t i = 0; i < frame_.size(); ++i)
        frame_[i] = samples[i] * analysis_[i];
    fft_.forward(frame_.data(), re, im);
}

void Stft::synthesise(const float* re, const float* im, float* samples) noexcept {
    fft_.inverse(re, im, frame_.data());
    for (std::size_t i = 0; i < frame_.size(); ++i)
        samples[i] += frame_[i] * synthesis_[i];
}

} // namespace deepdenoise
