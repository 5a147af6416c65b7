#include "dsp/front_end.h"

#include <algorithm>
#include <cmath>

namespace deepdenoise {
namespace {

constexpr double kLeastLevel = 1e-13; // far below any recording: a stream of zeros has zeros for features

} // namespace

FrontEnd::FrontEnd(const ModelData& model, double sampleRate, int fftSize)
    : settings_(model.frontEnd), kernels_(&model.plan->kernels()), bins_(fftSize / 2 + 1),
      keep_(settings_.levelSeconds > 0 ? std::exp(-fftSize / (kHopsInWindow * sampleRate * settings_.levelSeconds))
                                       : 0),
      low_(model.inputNode("low")), filter_(model.outputNode("filter")),
      work_(roundUp(std::max(static_cast<int>(settings_.centers.size()), settings_.lowBins))) {
    const bool fullband = settings_.kind == FrontEndKind::fullband;
    input_ = model.inputNode(fullband ? "bands" : "input");
    output_ = model.outputNode(fullband ? "gains" : "magnitude");
    if (fullband)
        bands_.emplace(settings_.centers, sampleRate, fftSize);
    else
        low_ = filter_ = -1;
}

void FrontEnd::standardise(const float* power) noexcept {
    float sum = 0;
    for (int k = 0; k < kNarrowbandBins; ++k) {
        magnitude_[k] = std::sqrt(power[k]);
        sum += magnitude_[k];
    }
    mean_ = sum / kNarrowbandBins;
    float squares = 0;
    for (const float m : magnitude_)
        squares += (m - mean_) * (m - mean_);
    deviation_ = std::sqrt(squares / kNarrowbandBins);
}

void FrontEnd::features(const float* power, Spectrum mid, Level& level, Runner& runner, int t) noexcept {
    float* input = runner.frame(input_, t);
    if (!bands_) {
        standardise(power);
        const float scale = 1.0f / std::max(deviation_, 1e-7f);
        for (int k = 0; k < kNarrowbandBins; ++k)
            input[k] = (magnitude_[k] - mean_) * scale;
        return;
    }
    float inverse = 1.0f; // of the level
    if (settings_.levelSeconds > 0.0f) {
        double total = 0;
        for (int k = 0; k < bins_; ++k)
            total += power[k];
        inverse = static_cast<float>(1 / (level.follow(total, keep_) + kLeastLevel));
    }
    const int bands = bands_->count();
    bands_->gather(power, work_.data());
    for (int b = 0; b < bands; ++b)
        work_[b] = work_[b] * inverse + settings_.floor;
    kernels_->logarithm(work_.data(), input, bands);
    constexpr float kDecibels = 4.342944819f; // 10 / ln 10
    for (int b = 0; b < bands; ++b)
        input[b] = (kDecibels * input[b] + settings_.offset) / settings_.scale;

    if (low_ < 0)
        return;
    float* low = runner.frame(low_, t);
    const int count = settings_.lowBins;
    const float scale = std::sqrt(inverse);
    for (int k = 0; k < count; ++k) {
        low[2 * k] = scale * mid.re[k];
        low[2 * k + 1] = scale * mid.im[k];
        work_[k] = low[2 * k] * low[2 * k] + low[2 * k + 1] * low[2 * k + 1] + 1e-24f;
    }
    kernels_->logarithm(work_.data(), work_.data(), count);
    for (int k = 0; k < count; ++k)
        work_[k] *= 0.5f * (settings_.compression - 1.0f);
    kernels_->exponential(work_.data(), work_.data(), count);
    for (int k = 0; k < count; ++k) {
        low[2 * k] *= work_[k];
        low[2 * k + 1] *= work_[k];
    }
}

void FrontEnd::gains(const float* power, Runner& runner, int t, float* gain) noexcept {
    const float* output = runner.frame(output_, t);
    // A comparison with NaN is false: a gain that is no number leaves the sound alone.
    const auto bounded = [most = settings_.maxGain](float g) {
        return g <= 0.0f ? 0.0f : g <= most ? g : g > most ? most : 1.0f;
    };
    if (bands_) {
        for (int b = 0; b < bands_->count(); ++b)
            work_[b] = bounded(output[b]);
        bands_->spread(work_.data(), gain);
        return;
    }
    standardise(power);
    for (int k = 0; k < kNarrowbandBins; ++k) {
        const float estimate = output[k] * deviation_ + mean_;
        gain[k] = bounded(estimate / std::max(magnitude_[k], 1e-9f));
    }
    constexpr int kTop = 16; // 3.5-4 kHz
    float top = 0;
    for (int k = kNarrowbandBins - kTop; k < kNarrowbandBins; ++k)
        top += gain[k] / kTop;
    std::fill(gain + kNarrowbandBins, gain + bins_, top);
}

const float* FrontEnd::filter(Runner& runner, int t) const noexcept {
    return filter_ < 0 ? nullptr : runner.frame(filter_, t);
}

} // namespace deepdenoise
