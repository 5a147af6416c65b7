#include "dsp/comb.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace deepdenoise {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

/// The circular autocorrelation of the Hamming window at a lag in windows, 1 at lag 0.
double windowOverlap(double lag) noexcept {
    constexpr double a = 0.54, b = 0.46;
    return (a * a + b * b / 2 * std::cos(kTurn * lag)) / (a * a + b * b / 2);
}

} // namespace

Comb::Comb(double sampleRate, int fftSize) : samplesPerLag_(sampleRate / kLagRate), turn_(kTurn / fftSize) {
    for (int i = 0; i < kLags; ++i) {
        const double lag = kShortestLag + i;
        const double overlap = windowOverlap(lag / (kLagRate * kHopSeconds * kHopsInWindow));
        for (std::size_t k = 0; k < transform_.size(); ++k) {
            const double frequency = (kPitchLowestBin + k) * sampleRate / fftSize;
            transform_[k][i] = static_cast<float>(std::cos(kTurn * frequency * lag / kLagRate) / overlap);
        }
        cost_[i] = static_cast<float>(kOctaveCost * std::log2(lag / kShortestLag));
    }
}

Voice Comb::find(const float* power, const float* gain, Pitch& pitch) noexcept {
    score_.fill(0.0f);
    float total = kLeastPitchPower;
    for (std::size_t k = 0; k < transform_.size(); ++k) {
        const float g = gain[kPitchLowestBin + k];
        const float used = pitch.powers[k] = kPitchKeep * pitch.powers[k] + power[kPitchLowestBin + k] * g * g;
        total += used;
        for (int i = 0; i < kLags; ++i)
            score_[i] += used * transform_[k][i];
    }
    for (int i = 0; i < kLags; ++i)
        score_[i] = score_[i] / total - cost_[i];
    const auto best = std::max_element(score_.begin() + 1, score_.end() - 1);
    // The vertex of the parabola through three values.
    const float before = best[-1], after = best[1];
    const float vertex = 0.5f * (before - after) / std::min(before - 2.0f * best[0] + after, -kLeastBend);
    const auto index = best - score_.begin();
    const double lag = kShortestLag + static_cast<double>(index) + std::clamp(vertex, -0.5f, 0.5f);
    // The highest at an end of the range is no peak, but the slope of one beyond: hum, or wind.
    const bool peak = best[0] >= before && best[0] >= after;
    const float height = best[0] + cost_[index];
    const float voiced = std::clamp((height - kUnvoiced) / (kVoiced - kUnvoiced), 0.0f, 1.0f);
    return {lag * samplesPerLag_, peak ? voiced : 0.0f};
}

void Comb::delay(double samples, float* re, float* im) const noexcept {
    const double stepRe = std::cos(turn_ * samples), stepIm = -std::sin(turn_ * samples);
    double turnRe = 1, turnIm = 0;
    for (int k = 0; k < kCombBins; ++k) {
        const double x = re[k], y = im[k];
        re[k] = static_cast<float>(x * turnRe - y * turnIm);
        im[k] = static_cast<float>(x * turnIm + y * turnRe);
        const double next = turnRe * stepRe - turnIm * stepIm;
        turnIm = turnRe * stepIm + turnIm * stepRe;
        turnRe = next;
    }
}

} // namespace deepdenoise
