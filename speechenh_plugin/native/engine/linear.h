// Convolutions and dense layers, laid out once as products of a sliding row with a packed matrix.
#pragma once

#include "aligned.h"
#include "kernels.h"
#include "model.h"

#include <vector>

namespace deepdenoise {

/// A linear layer with its activation.
///
/// Channels are last, so the window that a filter sees at one position is contiguous, and the windows of all positions
/// are rows of one matrix with overlapping rows: no copy (im2col) is needed. To fill the vectors, `fold` neighbouring
/// outputs are computed as one row: their filters become columns of a wider, partly zero (Toeplitz) matrix.
class Linear {
public:
    Linear(const Kernels& kernels, const Node& node, Shape input);

    int history() const noexcept { return history_; }      ///< past frames needed
    int leftMargin() const noexcept { return left_; }      ///< zeros needed before a frame, in floats
    int rightMargin() const noexcept { return right_; }    ///< zeros needed after it
    int outputMargin() const noexcept { return overrun_; } ///< floats written (and cleared) after an output frame

    /// Frames lie `stride` floats apart. Call once, before `run`.
    void setInputStride(std::ptrdiff_t stride);

    void run(const float* x, float* out, std::ptrdiff_t outStride, int frames) const noexcept;

private:
    struct Group {
        Floats weights, bias, slope;
        std::ptrdiff_t input, output; // first channel
    };
    struct Tap {
        int frame; // 0 or negative
        int offset;
    };
    void multiply(const Product& product) const noexcept;

    const Kernels* kernels_;
    Activation activation_; // what is left after the slopes
    bool depthwise_ = false;
    int history_ = 0, left_ = 0, right_ = 0, overrun_ = 0;
    int rows_, rowStep_, start_ = 0;
    int columns_, outStep_, outSize_;
    int chunkLength_;
    std::ptrdiff_t inputStride_ = 0;
    std::vector<Tap> taps_;
    std::vector<std::ptrdiff_t> chunks_;
    std::vector<Group> groups_;
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

/// Slopes below zero that turn a product's output into linear, relu, leaky relu or prelu; ones for the others.
std::vector<float> slopesOf(const Node& node, int channels);

/// True for the activations that slopes cannot express.
bool isSmooth(Activation activation) noexcept;

} // namespace deepdenoise
