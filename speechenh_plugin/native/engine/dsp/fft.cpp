#include "dsp/fft.h"

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

namespace deepdenoise {
namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;

void putTurn(Floats& table, double numerator, double denominator) {
    table.push_back(static_cast<float>(std::cos(kTwoPi * numerator / denominator)));
    table.push_back(static_cast<float>(std::sin(kTwoPi * numerator / denominator)));
}

} // namespace

RealFft::RealFft(const Kernels& kernels, int size)
    : kernels_(&kernels), size_(size), half_(size / 2), columns_(half_ % 8 == 0   ? 8
                                                                 : half_ % 4 == 0 ? 4
                                                                                  : 2),
      rows_(half_ / columns_), re_(half_ + 1), im_(half_ + 1), workRe_(half_), workIm_(half_) {
    if (size < 4 || size % 4 != 0)
        throw std::invalid_argument("the FFT size must be a multiple of four");

    const auto plan = [this](int radix, int length, int run) {
        Floats twiddles, roots;
        for (int p = 0; p < length / radix; ++p)
            for (int j = 1; j < radix; ++j)
                putTurn(twiddles, static_cast<double>(p) * j, length);
        for (int j = 0; j < radix; ++j)
            putTurn(roots, j, radix);
        tables_.push_back(std::move(twiddles));
        tables_.push_back(std::move(roots));
        return FftPass{radix, length, run, tables_[tables_.size() - 2].data(), tables_.back().data()};
    };
    tables_.reserve(64); // moving a vector keeps its data, but say so plainly
    int length = rows_, run = columns_;
    for (const int radix : {11, 7, 5, 3, 8, 4, 2})
        for (; length % radix == 0; length /= radix, run *= radix)
            passes_.push_back(plan(radix, length, run));
    if (length != 1)
        throw std::invalid_argument("the FFT size has a prime factor above 11");
    last_ = plan(columns_, columns_, rows_);

    for (const bool sine : {false, true})
        for (int k = 0; k <= half_; ++k)
            turn_.push_back(static_cast<float>(sine ? std::sin(kTwoPi * k / size) : std::cos(kTwoPi * k / size)));
    for (const bool sine : {false, true})
        for (int l = 0; l < columns_; ++l)
            for (int k = 0; k < rows_; ++k) {
                const double angle = kTwoPi * l * k / half_;
                twist_.push_back(static_cast<float>(sine ? std::sin(angle) : std::cos(angle)));
            }
}

void RealFft::complexForward(float* re, float* im) noexcept {
    float *xr = re, *xi = im, *yr = workRe_.data(), *yi = workIm_.data();
    for (const FftPass& pass : passes_) {
        kernels_->fftPass(pass, xr, xi, yr, yi);
        std::swap(xr, yr);
        std::swap(xi, yi);
    }
    const float* cosine = twist_.data();
    const float* sine = cosine + half_;
    for (int l = 0; l < columns_; ++l)
        for (int k = 0; k < rows_; ++k) {
            const float r = xr[k * columns_ + l], i = xi[k * columns_ + l];
            const float c = cosine[l * rows_ + k], s = sine[l * rows_ + k];
            yr[l * rows_ + k] = c * r + s * i;
            yi[l * rows_ + k] = c * i - s * r;
        }
    kernels_->fftPass(last_, yr, yi, xr, xi);
    if (xr != re) {
        std::copy(xr, xr + half_, re);
        std::copy(xi, xi + half_, im);
    }
}

void RealFft::forward(const float* x, float* re, float* im) noexcept {
    float *zr = re_.data(), *zi = im_.data();
    for (int n = 0; n < half_; ++n) {
        zr[n] = x[2 * n];
        zi[n] = x[2 * n + 1];
    }
    complexForward(zr, zi);
    zr[half_] = zr[0];
    zi[half_] = zi[0];
    const float* cosine = turn_.data();
    const float* sine = cosine + half_ + 1;
    for (int k = 0; k <= half_; ++k) { // even and odd samples apart, then one butterfly
        const float ar = zr[k], ai = zi[k], br = zr[half_ - k], bi = zi[half_ - k];
        const float dr = ar - br, di = ai + bi;
        re[k] = 0.5f * (ar + br + cosine[k] * di - sine[k] * dr);
        im[k] = 0.5f * (ai - bi - cosine[k] * dr - sine[k] * di);
    }
}

void RealFft::inverse(const float* re, const float* im, float* x) noexcept {
    float *zr = re_.data(), *zi = im_.data();
    const float* cosine = turn_.data();
    const float* sine = cosine + half_ + 1;
    const float scale = 1.0f / static_cast<float>(size_);
    const auto put = [&](int k, float ar, float ai, float br, float bi) {
        const float dr = ar - br, di = ai + bi;
        zr[k] = scale * (ar + br - cosine[k] * di - sine[k] * dr);
        zi[k] = scale * (ai - bi + cosine[k] * dr - sine[k] * di);
    };
    put(0, re[0], 0.0f, re[half_], 0.0f);
    for (int k = 1; k < half_; ++k)
        put(k, re[k], im[k], re[half_ - k], im[half_ - k]);
    complexForward(zi, zr); // real and imaginary parts swapped: the inverse
    for (int n = 0; n < half_; ++n) {
        x[2 * n] = zr[n];
        x[2 * n + 1] = zi[n];
    }
}

} // namespace deepdenoise
