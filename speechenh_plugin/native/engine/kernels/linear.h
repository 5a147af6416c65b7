// Convolutions and dense layers, laid out once as products of a sliding row with a packed matrix.
#pragma once

#include "kernels/aligned.h"
#include "kernels/kernels.h"
#include "kernels/shape.h"

#include <vector>

namespace deepdenoise {

/// A product with weights in the order in which Keras keeps them, and what is done to its output.
struct LinearSettings {
    Shape input, output;
    int kernelTime = 1, kernelFrequency = 1, stride = 1, dilation = 1, groups = 1;
    bool transposed = false;  ///< along frequency; one frame
    bool perPosition = false; ///< dense, with weights [positions][in][out] and biases [positions][out]
    std::vector<float> kernel;
    std::vector<float> bias;                ///< empty: none
    std::vector<float> slopes;              ///< of each channel, below zero
    Activation smooth = Activation::linear; ///< after the slopes
};

/// A linear layer with its activation.
///
/// Channels are last, so the window that a filter sees at one position is contiguous, and the windows of all positions
/// are rows of one matrix with overlapping rows: no copy (im2col) is needed. To fill the vectors, `fold` neighbouring
/// outputs are computed as one row: their filters become columns of a wider, partly zero (Toeplitz) matrix.
class Linear {
public:
    Linear(const Kernels& kernels, const LinearSettings& settings);

    int history() const noexcept { return history_; }      ///< past frames needed
    int leftMargin() const noexcept { return left_; }      ///< zeros needed before a frame, in floats
    int rightMargin() const noexcept { return right_; }    ///< zeros needed after it
    int outputMargin() const noexcept { return overrun_; } ///< floats written (and cleared) after an output frame

    /// Frames of x lie `xStride` floats apart, those of `out` `outStride`.
    void run(const float* x, std::ptrdiff_t xStride, float* out, std::ptrdiff_t outStride, int frames) const noexcept;

private:
    /// One product: all of it, a group of channels, or one position.
    struct Part {
        std::ptrdiff_t input, output; // first channel
        std::ptrdiff_t weights, bias; // where they lie; slopes lie as biases do
    };
    Part addPart(std::ptrdiff_t input, std::ptrdiff_t output, std::ptrdiff_t depth);
    void packConvolution(const LinearSettings& settings);
    void packPositions(const LinearSettings& settings);
    void packDepthwise(const LinearSettings& settings);

    const Kernels* kernels_;
    Activation smooth_;
    bool depthwise_ = false;
    int history_ = 0, left_ = 0, right_ = 0, overrun_ = 0;
    int rows_ = 1, rowStep_ = 0;
    int columns_, outStep_, outSize_;
    int chunkLength_ = 0;
    std::vector<Chunk> chunks_;
    std::vector<Part> parts_;
    Floats weights_, bias_, slope_;
};

/// Length of [columns / lanes][depth][lanes], the layout that Kernels::multiply reads.
constexpr std::ptrdiff_t packedSize(std::ptrdiff_t lanes, std::ptrdiff_t depth, std::ptrdiff_t columns) noexcept {
    return (columns + lanes - 1) / lanes * depth * lanes;
}

/// Where element (row of depth, column) lies in that layout.
constexpr std::ptrdiff_t packedAt(std::ptrdiff_t lanes, std::ptrdiff_t depth, std::ptrdiff_t row,
                                  std::ptrdiff_t column) noexcept {
    return (column / lanes * depth + row) * lanes + column % lanes;
}

} // namespace deepdenoise
