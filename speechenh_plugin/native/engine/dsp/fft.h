// Real FFT of even sizes whose prime factors are at most 11, planned once.
#pragma once

#include "kernels/aligned.h"
#include "kernels/kernels.h"

#include <vector>

namespace deepdenoise {

/// N real samples to N/2 + 1 bins and back.
///
/// The samples are taken as N/2 complex numbers z[n] = x[2n] + i x[2n+1], n = l + L m with L = 8, 4 or 2 columns:
/// L interleaved transforms of length N/(2L) over m (Stockham, so all loads and stores are whole vectors), a
/// transposition with twiddles, one radix-L pass over l, and the split into the spectrum of the real signal.
class RealFft {
public:
    RealFft(const Kernels& kernels, int size);

    int size() const noexcept { return size_; }
    int bins() const noexcept { return size_ / 2 + 1; }

    /// X[k] = sum of x[n] exp(-2 pi i k n / N).
    void forward(const float* x, float* re, float* im) noexcept;

    /// The exact inverse of `forward`, scale included. Imaginary parts of bins 0 and N/2 are ignored.
    void inverse(const float* re, const float* im, float* x) noexcept;

private:
    void complexForward(float* re, float* im) noexcept; // in place

    const Kernels* kernels_;
    int size_, half_, columns_, rows_;
    std::vector<FftPass> passes_; // over m; then the one over l
    FftPass last_;
    std::vector<Floats> tables_;
    Floats turn_;  // [2][half + 1]: cos and sin of 2 pi k / N
    Floats twist_; // [2][columns][rows]: cos and sin of 2 pi l k / (N/2)
    Floats re_, im_, workRe_, workIm_;
};

} // namespace deepdenoise
