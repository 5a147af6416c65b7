// Short-time Fourier transform with perfect reconstruction: 32 ms periodic Hamming window, 8 ms hop.
#pragma once

#include "constants.h"
#include "dsp/fft.h"

namespace deepdenoise {

/// Samples in a hop: the whole number nearest 8 ms (the lower of two) whose prime factors are all at most 11; 0 for a
/// rate outside kMinSampleRate..kMaxSampleRate.
int hopFor(double sampleRate) noexcept;

/// One frame to its spectrum and back. A full-scale sine has |X| = 1 at any rate.
class Stft {
public:
    Stft(const Kernels& kernels, double sampleRate);

    int hop() const noexcept { return size() / kHopsInWindow; }
    int size() const noexcept { return fft_.size(); }
    int bins() const noexcept { return fft_.bins(); }

    void analyse(const float* samples, float* re, float* im) noexcept;

    /// Adds the frame to `samples`. Frames a hop apart, analysed and synthesised, add up to the signal.
    void synthesise(const float* re, const float* im, float* samples) noexcept;

private:
    RealFft fft_;
    Floats analysis_, synthesis_, frame_;
};

} // namespace deepdenoise
