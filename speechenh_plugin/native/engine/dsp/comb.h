// A comb filter at a voice's pitch, which takes down what lies between its harmonics.
#pragma once

#include "constants.h"

#include <array>

namespace deepdenoise {

/// Powers of a stream's last frames that tell its pitch, older ones less.
struct Pitch {
    std::array<float, kPitchHighestBin - kPitchLowestBin + 1> powers{};
};

/// What a frame is found to be.
struct Voice {
    double period; // samples
    float voiced;  // 0 for no voice to 1
};

/// Finds the frame that lies a period of the voice earlier. Two periods are alike, and their mean is either. The noise
/// of two is not: its mean has less power, least midway between harmonics, where a sound comes a period later in
/// opposite phase (Valin 2018).
class Comb {
public:
    Comb(double sampleRate, int fftSize);

    /// Takes the next frame's powers and gains. The period is the lag of the highest autocorrelation: the cosine
    /// transform of the powers, divided by that of the window's (Boersma 1993).
    Voice find(const float* power, const float* gain, Pitch& pitch) noexcept;

    /// Delays a spectrum's lowest kCombBins bins by less than a sample.
    void delay(double samples, float* re, float* im) const noexcept;

private:
    static constexpr int kLags = kLongestLag - kShortestLag + 1;

    double samplesPerLag_;
    double turn_; // of the bin at 1/fftSize of the rate, in a sample, radians
    std::array<std::array<float, kLags>, kPitchHighestBin - kPitchLowestBin + 1> transform_;
    std::array<float, kLags> cost_, score_;
};

} // namespace deepdenoise
