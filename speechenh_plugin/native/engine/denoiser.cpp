// The streaming path: samples -> hops -> spectra -> features -> network -> comb, filter, gains -> overlap-add ->
// samples.
//
// What is synthesised is only the change, effect minus input; it is added to the delayed input. So the input passes bit
// for bit where nothing is changed, and "listen to what was removed" is the change alone.
#include "deepdenoise.h"

#include "dsp/comb.h"
#include "dsp/front_end.h"
#include "kernels/denormals.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

namespace deepdenoise {
namespace {

static_assert(kLongestLag < 0.96 * kHopsInPeriod * kHopSeconds * kLagRate); // a hop is within 4 % of 8 ms

constexpr float kLoudest = 1e10f; // samples beyond it are no audio, and their powers would overflow

/// Drops the first `gone` values: the `kept` after them move to the front.
void advance(Floats& values, std::ptrdiff_t gone, std::ptrdiff_t kept) noexcept {
    std::copy_n(values.begin() + gone, kept, values.begin());
}

bool allFinite(const Floats& values) noexcept {
    float sum = 0;
    for (const float v : values)
        sum += v * 0.0f; // 0, or NaN
    return sum == 0.0f;
}

} // namespace

class Denoiser::Impl {
public:
    Impl(std::shared_ptr<const Model> model, double sampleRate, int channels, int maxBlock)
        : model_(std::move(model)), stft_(model_->data().plan->kernels(), sampleRate),
          front_(model_->data(), sampleRate, stft_.size()),
          comb_(front_.comb() > 0.0f ? std::make_optional<Comb>(sampleRate, stft_.size()) : std::nullopt),
          shaped_(std::max(front_.lowBins(), comb_ ? kCombBins : 0)),
          runner_(*model_->data().plan, model_->data().plan->batchFor(maxBlock / stft_.hop() + 1)),
          latency_(Denoiser::latency(*model_, sampleRate)),
          past_(latency_ + (comb_ ? (kHopsInPeriod - 1) * stft_.hop() : 0)),
          history_(front_.lookahead() + front_.taps() - 1), binStride_(roundUp(stft_.bins())) {
        const std::ptrdiff_t batch = runner_.maxFrames(), hop = stft_.hop();
        for (int c = 0; c < channels; ++c) {
            Channel channel;
            channel.line.resize(past_ + batch * hop);
            channel.change.resize(stft_.size() + batch * hop);
            channel.ready.resize((1 + batch) * hop);
            channel.re.resize((history_ + batch) * binStride_);
            channel.im.resize(channel.re.size());
            channel.state.resize(model_->data().plan->stateSize());
            channels_.push_back(std::move(channel));
        }
        for (Floats* work : {&power_, &gain_, &workRe_, &workIm_})
            work->resize(binStride_);
    }

    int latency() const noexcept { return latency_; }

    void reset() noexcept {
        for (Channel& channel : channels_) {
            for (Floats* values :
                 {&channel.line, &channel.change, &channel.ready, &channel.re, &channel.im, &channel.state})
                std::fill(values->begin(), values->end(), 0.0f);
            channel.level = {};
            channel.pitch = {};
        }
        position_ = 0;
        fresh_ = true;
    }

    void process(const float* const* in, float* const* out, int samples, const Controls& controls) noexcept {
        const FlushDenormals flush;
        set(controls);
        const int hop = stft_.hop();
        for (int done = 0; done < samples;) {
            const int count = std::min(samples - done, runner_.maxFrames() * hop - position_);
            for (std::size_t c = 0; c < channels_.size(); ++c) {
                float* line = channels_[c].line.data() + past_ + position_;
                for (int i = 0; i < count; ++i) {
                    const float x = in[c][done + i];
                    line[i] = std::fabs(x) <= kLoudest ? x : 0.0f; // NaN fails the comparison too
                }
            }
            const int frames = (position_ + count) / hop;
            if (frames > 0)
                run(frames);
            for (std::size_t c = 0; c < channels_.size(); ++c) {
                Channel& channel = channels_[c];
                std::copy_n(channel.ready.data() + position_, count, out[c] + done);
                if (frames > 0) {
                    const std::ptrdiff_t gone = static_cast<std::ptrdiff_t>(frames) * hop;
                    advance(channel.line, gone, past_ + position_ + count - gone);
                    advance(channel.ready, gone, hop);
                }
            }
            position_ += count - frames * hop;
            done += count;
        }
    }

private:
    struct Channel {
        Floats line;   // the last `past_` samples, then the new ones
        Floats change; // overlap-add of what the effect adds
        Floats ready;  // output: the hop being handed out, then those that follow
        Floats re, im; // spectra: `history_` past frames, then the new ones
        Floats state;  // of the network
        Level level;   // that its features are relative to
        Pitch pitch;   // of its voice
    };

    void set(const Controls& controls) noexcept {
        strength_ = controls.strength > 0.0f ? std::min(controls.strength, 1.0f) : 0.0f;
        const float decibels = controls.reductionLimitDb > 0.0f ? controls.reductionLimitDb : 0.0f;
        limit_ = std::pow(10.0f, -decibels / 20.0f);
        removed_ = controls.listenRemoved ? 1.0f : 0.0f;
        const bool linked = controls.stereoLink || channels_.size() == 1;
        if (fresh_)
            listen_ = removed_;
        else if (linked_ && !linked) // each channel goes on from what they shared
            for (std::size_t c = 1; c < channels_.size(); ++c) {
                channels_[c].state = channels_[0].state;
                channels_[c].level = channels_[0].level;
                channels_[c].pitch = channels_[0].pitch;
            }
        linked_ = linked;
        fresh_ = false;
    }

    Spectrum spectrum(Channel& channel, int frame) noexcept {
        const std::ptrdiff_t at = (history_ + frame) * binStride_;
        return {channel.re.data() + at, channel.im.data() + at};
    }

    /// The samples of a frame.
    const float* window(const Channel& channel, int frame) const noexcept {
        return channel.line.data() + past_ + (frame + 1) * stft_.hop() - stft_.size();
    }

    void run(int frames) noexcept {
        const int hop = stft_.hop();
        for (Channel& channel : channels_)
            for (int t = 0; t < frames; ++t) {
                const Spectrum x = spectrum(channel, t);
                stft_.analyse(window(channel, t), x.re, x.im);
            }
        const std::size_t together = linked_ ? channels_.size() : 1;
        for (std::size_t first = 0; first < channels_.size(); first += together)
            enhance(std::span(channels_).subspan(first, together), frames);

        const float step = (removed_ - listen_) / static_cast<float>(hop); // a change of listen glides over one hop
        for (Channel& channel : channels_) {
            for (int t = 0; t < frames; ++t) {
                const float* delayed = channel.line.data() + past_ - latency_ + (t + 1) * hop;
                const float* change = channel.change.data() + t * hop;
                float* ready = channel.ready.data() + (t + 1) * hop;
                for (int i = 0; i < hop; ++i) {
                    const float listen = t == 0 ? listen_ + step * static_cast<float>(i + 1) : removed_;
                    const float result = change[i] != 0.0f ? delayed[i] + change[i] : delayed[i];
                    ready[i] = listen == 0.0f ? result : result + listen * (-change[i] - result);
                }
            }
            const std::ptrdiff_t gone = static_cast<std::ptrdiff_t>(frames) * hop, unfinished = stft_.size() - hop;
            advance(channel.change, gone, unfinished);
            std::fill_n(channel.change.begin() + unfinished, gone, 0.0f);
            advance(channel.re, frames * binStride_, history_ * binStride_);
            advance(channel.im, frames * binStride_, history_ * binStride_);
        }
        listen_ = removed_;
    }

    /// Runs the network once for channels that share a gain.
    void enhance(std::span<Channel> group, int frames) noexcept {
        for (int t = 0; t < frames; ++t) {
            meanPower(group, t);
            if (front_.wantsMid())
                meanSpectrum(group, t);
            front_.features(power_.data(), {workRe_.data(), workIm_.data()}, group[0].level, runner_, t);
        }
        Floats& state = group[0].state;
        runner_.run(frames, state.data());
        if (!allFinite(state)) { // only weights that no training gives can do that
            std::fill(state.begin(), state.end(), 0.0f);
            runner_.clear();
        }
        if (strength_ == 0.0f && !comb_)
            return;
        for (int t = 0; t < frames; ++t) {
            const int frame = t - front_.lookahead();
            meanPower(group, frame);
            front_.gains(power_.data(), runner_, t, gain_.data());
            const Voice voice = comb_ ? comb_->find(power_.data(), gain_.data(), group[0].pitch) : Voice{};
            if (strength_ == 0.0f)
                continue;
            for (Channel& channel : group) {
                comb(channel, frame, voice);
                change(channel, frame, front_.filter(runner_, t));
                stft_.synthesise(workRe_.data(), workIm_.data(), channel.change.data() + t * stft_.hop());
            }
        }
    }

    void meanPower(std::span<Channel> group, int frame) noexcept {
        std::fill(power_.begin(), power_.end(), 0.0f);
        const float share = 1.0f / static_cast<float>(group.size());
        for (Channel& channel : group) {
            const Spectrum x = spectrum(channel, frame);
            for (int k = 0; k < stft_.bins(); ++k)
                power_[k] += share * (x.re[k] * x.re[k] + x.im[k] * x.im[k]);
        }
    }

    void meanSpectrum(std::span<Channel> group, int frame) noexcept {
        std::fill(workRe_.begin(), workRe_.end(), 0.0f);
        std::fill(workIm_.begin(), workIm_.end(), 0.0f);
        const float share = 1.0f / static_cast<float>(group.size());
        for (Channel& channel : group) {
            const Spectrum x = spectrum(channel, frame);
            for (int k = 0; k < stft_.bins(); ++k) {
                workRe_[k] += share * x.re[k];
                workIm_[k] += share * x.im[k];
            }
        }
    }

    /// Puts the bins that are not only multiplied into workRe_ and workIm_, with a share of the frame a period earlier.
    void comb(Channel& channel, int frame, Voice voice) noexcept {
        const Spectrum x = spectrum(channel, frame);
        // As little is taken as the limit lets be taken: at 0 dB nothing is.
        const float most = front_.comb() * voice.voiced * (1.0f - limit_);
        const int combed = most > 0.0f ? kCombBins : 0;
        if (combed > 0) {
            const double whole = std::floor(voice.period);
            stft_.analyse(window(channel, frame) - static_cast<std::ptrdiff_t>(whole), workRe_.data(), workIm_.data());
            comb_->delay(voice.period - whole, workRe_.data(), workIm_.data());
            for (int k = 0; k < kCombBins; ++k) {
                const float share = most * std::max(1.0f - gain_[k], 0.0f);
                workRe_[k] = x.re[k] + share * (workRe_[k] - x.re[k]);
                workIm_[k] = x.im[k] + share * (workIm_[k] - x.im[k]);
            }
        }
        for (int k = combed; k < shaped_; ++k) {
            workRe_[k] = x.re[k];
            workIm_[k] = x.im[k];
        }
    }

    /// Makes strength * (effect - input) of one frame, the lowest bins as `comb` has put them into workRe_ and workIm_.
    void change(Channel& channel, int frame, const float* filter) noexcept {
        const Spectrum x = spectrum(channel, frame);
        const int filtered = filter ? front_.lowBins() : 0;
        for (int k = shaped_; k < stft_.bins(); ++k) {
            const float by = strength_ * (std::max(gain_[k], limit_) - 1.0f);
            workRe_[k] = by * x.re[k];
            workIm_[k] = by * x.im[k];
        }
        const int taps = front_.taps();
        for (int k = 0; k < shaped_; ++k) {
            float yr = workRe_[k], yi = workIm_[k];
            if (k < filtered) {
                // Deep filtering (Mack & Habets 2020): a complex filter over the last frames of each bin, added to the
                // bin itself.
                const float *re = filter + 2 * taps * k, *im = re + taps;
                for (int i = 0; i < taps; ++i) {
                    const Spectrum past = spectrum(channel, frame - i);
                    yr += re[i] * past.re[k] - im[i] * past.im[k];
                    yi += re[i] * past.im[k] + im[i] * past.re[k];
                }
            }
            yr *= gain_[k];
            yi *= gain_[k];
            const float least = limit_ * std::hypot(x.re[k], x.im[k]), size = std::hypot(yr, yi);
            if (!(size <= kLoudest * static_cast<float>(stft_.size()))) { // no number, or no audio: leave the bin alone
                yr = x.re[k];
                yi = x.im[k];
            } else if (size < least) {
                yr = size > 0.0f ? yr * (least / size) : limit_ * x.re[k];
                yi = size > 0.0f ? yi * (least / size) : limit_ * x.im[k];
            }
            workRe_[k] = strength_ * (yr - x.re[k]);
            workIm_[k] = strength_ * (yi - x.im[k]);
        }
    }

    std::shared_ptr<const Model> model_;
    Stft stft_;
    FrontEnd front_;
    std::optional<Comb> comb_;
    int shaped_; // lowest bins that are combed or filtered, not only multiplied
    Runner runner_;
    int latency_, past_, history_; // samples, samples, frames
    std::ptrdiff_t binStride_;
    std::vector<Channel> channels_;
    Floats power_, gain_, workRe_, workIm_;
    int position_ = 0; // samples of the hop that is filling
    bool fresh_ = true, linked_ = true;
    float strength_ = 1, limit_ = 0;
    float removed_ = 0, listen_ = 0; // listen: 0 the result, 1 what was removed
};

Denoiser::Denoiser(std::shared_ptr<const Model> model, double sampleRate, int channels, int maxBlock) {
    if (!model || model->data().frontEnd.kind == FrontEndKind::none)
        throw std::invalid_argument("the model has no audio front end");
    if (!(sampleRate >= kMinSampleRate && sampleRate <= kMaxSampleRate))
        throw std::invalid_argument("the sample rate must be within 8000..192000 Hz");
    if (channels < 1 || maxBlock < 1)
        throw std::invalid_argument("there must be at least one channel and one sample in a block");
    impl_ = std::make_unique<Impl>(std::move(model), sampleRate, channels, maxBlock);
}

Denoiser::~Denoiser() = default;
Denoiser::Denoiser(Denoiser&&) noexcept = default;
Denoiser& Denoiser::operator=(Denoiser&&) noexcept = default;

int Denoiser::latency(const Model& model, double sampleRate) {
    return (kHopsInWindow + model.data().frontEnd.lookahead) * hopFor(sampleRate);
}

int Denoiser::tail(const Model& model, double sampleRate) {
    const FrontEndSettings& settings = model.data().frontEnd;
    const int before = std::max(settings.taps - 1, settings.comb > 0.0f ? kHopsInPeriod : 0);
    return latency(model, sampleRate) + (kHopsInWindow + before) * hopFor(sampleRate);
}

int Denoiser::latency() const noexcept { return impl_->latency(); }
void Denoiser::reset() noexcept { impl_->reset(); }

void Denoiser::process(const float* const* in, float* const* out, int samples, const Controls& controls) noexcept {
    impl_->process(in, out, samples, controls);
}

} // namespace deepdenoise
