// The arithmetic that is worth compiling more than once: one source (kernels_impl.inl), built for several
// instruction sets, each as one table of functions; `bestKernels` picks the table for the CPU at hand.
#pragma once

#include <cstddef>
#include <string_view>

namespace deepdenoise {

/// Of the activations, those that no slope below zero makes; `linear` is none.
enum class Activation { linear, elu, sigmoid, tanh, silu };

/// Where a part of a row comes from: so many frames on (zero or negative), then so many floats.
struct Chunk {
    int frame;
    int offset;
};

/// out[row][column] = f(bias[column] + sum over chunks and k of x[row*rowStride + at(chunk) + k] * w[chunk, k, column])
/// with at(chunk) = frame*frameStride + offset and f(v) = max(v, 0) + slope[column] * min(v, 0): slope 1 is linear, 0
/// is ReLU. Each output is summed in the same order whatever the number of rows, so batching never changes a bit.
struct Product {
    const float* x;
    std::ptrdiff_t rowStride;
    int rows;
    std::ptrdiff_t frameStride;
    const Chunk* chunks;
    int chunkCount;
    int chunkLength;
    const float* weights; ///< [ceil(columns / lanes)][chunkCount * chunkLength][lanes], see packedSize in linear.h
    const float* bias;    ///< padded with zeros to whole vectors, as is slope
    const float* slope;
    int columns;
    float* out;
    std::ptrdiff_t outStride;
};

/// One pass of a Stockham FFT over `length` points, `run` interleaved transforms side by side.
struct FftPass {
    int radix;
    int length;
    int run;
    const float* twiddles; ///< [length / radix][radix - 1] pairs cos, sin of 2 pi p j / length
    const float* roots;    ///< radix pairs cos, sin of 2 pi j / radix
};

inline constexpr int kMostLanes = 16; ///< of any table

struct Kernels {
    const char* name;
    int lanes; ///< floats in one vector

    void (*multiply)(const Product&) noexcept;

    /// Each channel has its own filter: out[row][c] = f(bias[c] + sum of x[row*rowStride + at(i) + c] * w[i][c]).
    void (*multiplyDepthwise)(const Product&) noexcept;

    /// elu, sigmoid, tanh or SiLU in place.
    void (*activate)(Activation, float* x, int count) noexcept;

    /// Keras GRU (reset_after): from input and recurrent products (3 * units each: z, r, h) and the old state.
    void (*gruStep)(const float* input, const float* recurrent, const float* old, float* state, int units) noexcept;

    /// out = (x - mean) / sqrt(variance + epsilon) * gamma + beta.
    void (*layerNorm)(const float* x, float* out, int count, float epsilon, const float* gamma,
                      const float* beta) noexcept;

    /// x = exp(scale * x) normalised to sum one.
    void (*softmax)(float* x, int count, float scale) noexcept;

    /// out = ln(x) and out = exp(x).
    void (*logarithm)(const float* x, float* out, int count) noexcept;
    void (*exponential)(const float* x, float* out, int count) noexcept;

    void (*fftPass)(const FftPass&, const float* xr, const float* xi, float* yr, float* yi) noexcept;
};

/// The fastest table this CPU runs.
const Kernels& bestKernels() noexcept;

/// The table of that name ("baseline", "avx2", "avx512"), or null where it was not built or cannot run.
const Kernels* kernelsNamed(std::string_view name) noexcept;

} // namespace deepdenoise
