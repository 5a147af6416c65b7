// From a frame's spectrum to the network's inputs, and from its outputs to the gains of the bins.
#pragma once

#include "dsp/bands.h"
#include "dsp/level.h"
#include "dsp/stft.h"
#include "graph/runner.h"
#include "model/model.h"

#include <optional>

namespace deepdenoise {

/// One frame's spectrum.
struct Spectrum {
    float* re;
    float* im;
};

class FrontEnd {
public:
    FrontEnd(const ModelData& model, double sampleRate, int fftSize);

    int lookahead() const noexcept { return settings_.lookahead; } ///< frames
    int taps() const noexcept { return filter_ < 0 ? 1 : settings_.taps; }
    int lowBins() const noexcept { return filter_ < 0 ? 0 : settings_.lowBins; } ///< bins that are deep-filtered

    /// Fills frame t of the network's inputs. `power` (bins) is the mean over the channels, `mid` the mean spectrum,
    /// `level` the stream's own, which follows the frame.
    void features(const float* power, Spectrum mid, Level& level, Runner& runner, int t) noexcept;

    /// True when `features` reads `mid`.
    bool wantsMid() const noexcept { return low_ >= 0; }

    /// Gains of all bins from frame t of the network's outputs, for the frame whose power is given.
    void gains(const float* power, Runner& runner, int t, float* gain) noexcept;

    float comb() const noexcept { return settings_.comb; } ///< most of a bin that a comb takes from another frame

    /// Coefficients of frame t: [lowBins][2 * taps], real parts first; null without a deep filter.
    const float* filter(Runner& runner, int t) const noexcept;

private:
    void standardise(const float* power) noexcept;

    FrontEndSettings settings_;
    const Kernels* kernels_;
    int bins_;
    double keep_; // of the followed level, from a hop to the next
    std::optional<Bands> bands_;
    int input_, low_, output_, filter_;              // nodes
    std::array<float, kNarrowbandBins> magnitude_{}; // of one frame, as are:
    float mean_ = 0, deviation_ = 0;
    Floats work_;
};

} // namespace deepdenoise
