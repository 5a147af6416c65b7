// Kernels for one instruction set. Included once per set by kernels_*.cpp, which names the set, its vector length and
// its register count. Everything is local to the including file and nothing of the standard library is used: an inline
// function compiled here for AVX-512 must never be the copy that the linker keeps for an older CPU.
//
// Vectors are GCC/Clang vector extensions, so the same source serves SSE, AVX2, AVX-512 and NEON.

#include "kernels/kernels.h"

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace deepdenoise {
namespace {

constexpr int kLanes = DEEPDENOISE_LANES;
constexpr int kRegisters = DEEPDENOISE_REGISTERS;

template <int width> struct VectorOf {
    typedef float type __attribute__((vector_size(width * sizeof(float))));
    typedef int mask __attribute__((vector_size(width * sizeof(int))));
};
using Vector = VectorOf<kLanes>::type;
using Mask = VectorOf<kLanes>::mask;

template <class V = Vector> inline V load(const float* p) noexcept {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

template <class V> inline void store(float* p, V v) noexcept { __builtin_memcpy(p, &v, sizeof v); }

#if defined(__AVX512F__)
using Lanes = __mmask16;
inline Lanes firstLanes(int count) noexcept { return static_cast<Lanes>((1u << count) - 1u); }
inline Vector loadMasked(const float* p, Lanes lanes) noexcept { return (Vector)_mm512_maskz_loadu_ps(lanes, p); }
inline void storeMasked(float* p, Vector v, Lanes lanes) noexcept { _mm512_mask_storeu_ps(p, lanes, (__m512)v); }
#elif defined(__AVX2__)
using Lanes = __m256i;
inline Lanes firstLanes(int count) noexcept {
    alignas(32) static const int ones[2 * kLanes] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones + kLanes - count));
}
inline Vector loadMasked(const float* p, Lanes lanes) noexcept { return (Vector)_mm256_maskload_ps(p, lanes); }
inline void storeMasked(float* p, Vector v, Lanes lanes) noexcept { _mm256_maskstore_ps(p, lanes, (__m256)v); }
#else
using Lanes = int;
inline Lanes firstLanes(int count) noexcept { return count; }
inline Vector loadMasked(const float* p, Lanes count) noexcept {
    Vector v = {};
    for (int i = 0; i < count; ++i)
        v[i] = p[i];
    return v;
}
inline void storeMasked(float* p, Vector v, Lanes count) noexcept {
    for (int i = 0; i < count; ++i)
        p[i] = v[i];
}
#endif

/// Stores up to a whole vector, `count` > 0 values, and touches nothing after them.
inline void storeUpTo(float* p, Vector v, int count) noexcept {
    if (count >= kLanes)
        store(p, v);
    else
        storeMasked(p, v, firstLanes(count));
}

/// Loads up to a whole vector, reads nothing after `count` > 0 values; the other lanes are zero.
inline Vector loadUpTo(const float* p, int count) noexcept {
    return count >= kLanes ? load(p) : loadMasked(p, firstLanes(count));
}

inline Vector maximum(Vector a, Vector b) noexcept { return a > b ? a : b; }
inline Vector minimum(Vector a, Vector b) noexcept { return a < b ? a : b; }

inline float sum(Vector v) noexcept {
    float total = 0;
    for (int i = 0; i < kLanes; ++i)
        total += v[i];
    return total;
}

// exp and ln after Cephes (S. L. Moshier, expf.c and logf.c): range reduction, then a polynomial; relative error
// about 1e-7.
inline Vector exponential(Vector x) noexcept {
    const Vector zero = {};
    x = minimum(maximum(x, zero - 87.0f), zero + 88.0f);
    const float magic = 12582912.0f; // 1.5 * 2^23: adding it rounds to the nearest whole number
    Vector n = (x * 1.44269504f + magic) - magic;
    x = x - n * 0.693359375f;
    x = x - n * -2.12194440e-4f;
    Vector p = zero + 1.9875691500e-4f;
    p = p * x + 1.3981999507e-3f;
    p = p * x + 8.3334519073e-3f;
    p = p * x + 4.1665795894e-2f;
    p = p * x + 1.6666665459e-1f;
    p = p * x + 5.0000001201e-1f;
    p = p * (x * x) + x + 1.0f;
    Mask power = (__builtin_convertvector(n, Mask) + 127) << 23;
    Vector scale;
    __builtin_memcpy(&scale, &power, sizeof scale);
    return p * scale;
}

inline Vector logarithm(Vector x) noexcept { // x > 0, normal
    Mask bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    Mask exponent = ((bits >> 23) & 255) - 126;
    bits = (bits & 0x007fffff) | 0x3f000000; // mantissa in [0.5, 1)
    Vector m;
    __builtin_memcpy(&m, &bits, sizeof m);
    const Mask low = m < 0.707106781f;
    exponent = exponent + low; // a true lane is -1
    const Vector zero = {};
    m = (low ? m + m : m) - 1.0f;
    const Vector e = __builtin_convertvector(exponent, Vector);
    const Vector z = m * m;
    Vector p = zero + 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    p = p * m * z;
    p = p + e * -2.12194440e-4f - 0.5f * z;
    return (m + p) + e * 0.693359375f;
}

inline Vector sigmoid(Vector x) noexcept { return 1.0f / (1.0f + exponential(-x)); }
inline Vector hyperbolicTangent(Vector x) noexcept { return 1.0f - 2.0f / (1.0f + exponential(x + x)); }

// ---- Products -------------------------------------------------------------------------------------------------

/// `rows` rows by `vectors` vectors of columns, held in registers over the whole sum.
template <int vectors, int rows>
void block(const Product& p, const float* x, const float* weights, int column, float* out) noexcept {
    const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(p.chunkCount) * p.chunkLength * kLanes;
    Vector sums[rows][vectors];
#pragma GCC unroll 32
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v)
            sums[r][v] = load(p.bias + column + v * kLanes);

    for (int chunk = 0; chunk < p.chunkCount; ++chunk) {
        const float* from = x + p.chunks[chunk].frame * p.frameStride + p.chunks[chunk].offset;
        for (int k = 0; k < p.chunkLength; ++k) {
            Vector w[vectors];
#pragma GCC unroll 32
            for (int v = 0; v < vectors; ++v)
                w[v] = load(weights + v * panel);
#pragma GCC unroll 32
            for (int r = 0; r < rows; ++r)
#pragma GCC unroll 32
                for (int v = 0; v < vectors; ++v)
                    sums[r][v] += w[v] * from[r * p.rowStride];
            ++from;
            weights += kLanes;
        }
    }

    const Vector zero = {};
#pragma GCC unroll 32
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v) {
            const Vector slope = load(p.slope + column + v * kLanes);
            const Vector y = maximum(sums[r][v], zero) + slope * minimum(sums[r][v], zero);
            storeUpTo(out + r * p.outStride + v * kLanes, y, p.columns - column - v * kLanes);
        }
}

using Block = void (*)(const Product&, const float*, const float*, int, float*) noexcept;

template <int vectors, int... rows> struct Blocks {
    static constexpr int most = sizeof...(rows);
    static constexpr Block table[] = {block<vectors, rows>...};
};

// Tiles sized so that sums, one vector of weights each and a broadcast fit the registers.
#if DEEPDENOISE_REGISTERS >= 32
using Blocks1 = Blocks<1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>;
using Blocks2 = Blocks<2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>;
using Blocks3 = Blocks<3, 1, 2, 3, 4, 5, 6, 7, 8>;
using Blocks4 = Blocks<4, 1, 2, 3, 4, 5, 6>;
#else
using Blocks1 = Blocks<1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>;
using Blocks2 = Blocks<2, 1, 2, 3, 4, 5, 6>;
using Blocks3 = Blocks<3, 1, 2, 3, 4>;
using Blocks4 = Blocks<4, 1, 2, 3>;
#endif
using Blocks8 = Blocks<8, 1, 2>; // few rows: only many columns can hide the latency of the sums
using Blocks9 = Blocks<9, 1>;    // 144 columns, the gates of 48 units, leave no vector over to wait for

struct Tile {
    int vectors;
    int most;
    const Block* table;
};

inline Tile tileFor(int vectors, int rows) noexcept {
    if (rows == 1 && vectors % 9 == 0)
        return {9, Blocks9::most, Blocks9::table};
    if (rows <= Blocks8::most && vectors >= 8)
        return {8, Blocks8::most, Blocks8::table};
    if (kRegisters >= 32 && (vectors == 4 || vectors >= 8))
        return {4, Blocks4::most, Blocks4::table};
    if (vectors == 3 || vectors >= 5)
        return {3, Blocks3::most, Blocks3::table};
    if (vectors >= 2)
        return {2, Blocks2::most, Blocks2::table};
    return {1, Blocks1::most, Blocks1::table};
}

void multiply(const Product& p) noexcept {
    const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(p.chunkCount) * p.chunkLength * kLanes;
    const int total = (p.columns + kLanes - 1) / kLanes;
    for (int done = 0; done < total;) {
        const Tile tile = tileFor(total - done, p.rows);
        const float* weights = p.weights + done * panel;
        const int column = done * kLanes;
        int parts = (p.rows + tile.most - 1) / tile.most; // nearly equal blocks of rows
        for (int row = 0; row < p.rows; --parts) {
            const int count = (p.rows - row + parts - 1) / parts;
            tile.table[count - 1](p, p.x + row * p.rowStride, weights, column, p.out + row * p.outStride + column);
            row += count;
        }
        done += tile.vectors;
    }
}

void multiplyDepthwise(const Product& p) noexcept {
    const Vector zero = {};
    const int padded = (p.columns + kLanes - 1) / kLanes * kLanes;
    for (int row = 0; row < p.rows; ++row) {
        const float* x = p.x + row * p.rowStride;
        float* out = p.out + row * p.outStride;
        for (int c = 0; c < p.columns; c += kLanes) {
            const int count = p.columns - c;
            Vector total = load(p.bias + c);
            for (int i = 0; i < p.chunkCount; ++i)
                total += load(p.weights + i * padded + c) *
                         loadUpTo(x + p.chunks[i].frame * p.frameStride + p.chunks[i].offset + c, count);
            storeUpTo(out + c, maximum(total, zero) + load(p.slope + c) * minimum(total, zero), count);
        }
    }
}

// ---- Pointwise ------------------------------------------------------------------------------------------------

template <class Function> inline void map(const float* x, float* out, int count, Function f) noexcept {
    for (int i = 0; i < count; i += kLanes)
        storeUpTo(out + i, f(loadUpTo(x + i, count - i)), count - i);
}

void activate(Activation kind, float* x, int count) noexcept {
    const Vector zero = {};
    if (kind == Activation::sigmoid)
        map(x, x, count, [](Vector v) { return sigmoid(v); });
    else if (kind == Activation::tanh)
        map(x, x, count, [](Vector v) { return hyperbolicTangent(v); });
    else if (kind == Activation::elu)
        map(x, x, count, [zero](Vector v) { return v > 0.0f ? v : exponential(minimum(v, zero)) - 1.0f; });
    else if (kind == Activation::silu)
        map(x, x, count, [](Vector v) { return v * sigmoid(v); });
}

void gruStep(const float* input, const float* recurrent, const float* old, float* state, int units) noexcept {
    for (int i = 0; i < units; i += kLanes) {
        const int count = units - i;
        const auto gate = [&](const float* from, int index) { return loadUpTo(from + index * units + i, count); };
        const Vector z = sigmoid(gate(input, 0) + gate(recurrent, 0));
        const Vector r = sigmoid(gate(input, 1) + gate(recurrent, 1));
        const Vector candidate = hyperbolicTangent(gate(input, 2) + r * gate(recurrent, 2));
        const Vector previous = loadUpTo(old + i, count);
        storeUpTo(state + i, z * previous + (1.0f - z) * candidate, count);
    }
}

void layerNorm(const float* x, float* out, int count, float epsilon, const float* gamma, const float* beta) noexcept {
    const Vector zero = {};
    const float share = 1.0f / static_cast<float>(count);
    Vector total = zero;
    for (int i = 0; i < count; i += kLanes)
        total += loadUpTo(x + i, count - i);
    const Vector mean = zero + sum(total) * share;
    Vector squares = zero;
    for (int i = 0; i < count; i += kLanes) {
        Vector d = loadUpTo(x + i, count - i) - mean;
        if (count - i < kLanes)
            for (int lane = count - i; lane < kLanes; ++lane)
                d[lane] = 0.0f;
        squares += d * d;
    }
    const float scale = 1.0f / __builtin_sqrtf(sum(squares) * share + epsilon);
    for (int i = 0; i < count; i += kLanes) {
        const int rest = count - i;
        const Vector y = (loadUpTo(x + i, rest) - mean) * scale * loadUpTo(gamma + i, rest) + loadUpTo(beta + i, rest);
        storeUpTo(out + i, y, rest);
    }
}

void softmax(float* x, int count, float scale) noexcept {
    float top = x[0];
    for (int i = 1; i < count; ++i)
        top = x[i] > top ? x[i] : top;
    Vector total = {};
    for (int i = 0; i < count; i += kLanes) {
        const Vector e = exponential((loadUpTo(x + i, count - i) - top) * scale);
        storeUpTo(x + i, e, count - i);
        total += loadUpTo(x + i, count - i);
    }
    const float share = 1.0f / sum(total);
    for (int i = 0; i < count; ++i)
        x[i] *= share;
}

void logarithms(const float* x, float* out, int count) noexcept {
    map(x, out, count, [](Vector v) { return logarithm(v); });
}

void exponentials(const float* x, float* out, int count) noexcept {
    map(x, out, count, [](Vector v) { return exponential(v); });
}

// ---- FFT ------------------------------------------------------------------------------------------------------

template <int radix, class V> inline void butterfly(V* re, V* im, const float* roots) noexcept {
    if constexpr (radix == 2) {
        const V r = re[0] - re[1], i = im[0] - im[1];
        re[0] += re[1], im[0] += im[1];
        re[1] = r, im[1] = i;
    } else if constexpr (radix == 4) {
        const V ar = re[0] + re[2], ai = im[0] + im[2], br = re[0] - re[2], bi = im[0] - im[2];
        const V cr = re[1] + re[3], ci = im[1] + im[3], dr = re[1] - re[3], di = im[1] - im[3];
        re[0] = ar + cr, im[0] = ai + ci;
        re[1] = br + di, im[1] = bi - dr;
        re[2] = ar - cr, im[2] = ai - ci;
        re[3] = br - di, im[3] = bi + dr;
    } else if constexpr (radix == 8) {
        V er[4] = {re[0], re[2], re[4], re[6]}, ei[4] = {im[0], im[2], im[4], im[6]};
        V od[4] = {re[1], re[3], re[5], re[7]}, oi[4] = {im[1], im[3], im[5], im[7]};
        butterfly<4>(er, ei, roots);
        butterfly<4>(od, oi, roots);
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) {
            const float c = roots[2 * k], s = roots[2 * k + 1];
            const V tr = c * od[k] + s * oi[k], ti = c * oi[k] - s * od[k];
            re[k] = er[k] + tr, im[k] = ei[k] + ti;
            re[k + 4] = er[k] - tr, im[k + 4] = ei[k] - ti;
        }
    } else { // odd: pairs j and radix - j share their cosines and sines
        constexpr int half = (radix - 1) / 2;
        V ar[half], ai[half], br[half], bi[half];
        const V r0 = re[0], i0 = im[0];
#pragma GCC unroll 8
        for (int j = 0; j < half; ++j) {
            ar[j] = re[j + 1] + re[radix - 1 - j], ai[j] = im[j + 1] + im[radix - 1 - j];
            br[j] = re[j + 1] - re[radix - 1 - j], bi[j] = im[j + 1] - im[radix - 1 - j];
            re[0] += ar[j], im[0] += ai[j];
        }
#pragma GCC unroll 8
        for (int k = 1; k <= half; ++k) {
            V cr = r0, ci = i0, sr = V{}, si = V{};
#pragma GCC unroll 8
            for (int j = 0; j < half; ++j) {
                const int turn = k * (j + 1) % radix;
                const float c = roots[2 * turn], s = roots[2 * turn + 1];
                cr += c * ar[j], ci += c * ai[j];
                sr += s * br[j], si += s * bi[j];
            }
            re[k] = cr + si, im[k] = ci - sr;
            re[radix - k] = cr - si, im[radix - k] = ci + sr;
        }
    }
}

template <int radix, class V>
void passOf(const FftPass& pass, const float* xr, const float* xi, float* yr, float* yi) noexcept {
    constexpr int width = sizeof(V) / sizeof(float);
    const int groups = pass.length / radix;
    const std::ptrdiff_t run = pass.run;
    for (int p = 0; p < groups; ++p) {
        const float* twiddle = pass.twiddles + 2 * (radix - 1) * p;
        for (std::ptrdiff_t next = 0; next < run; next += width) {
            const std::ptrdiff_t q =
                next + width <= run ? next : run - width; // the last vector may overlap its neighbour
            V re[radix], im[radix];
#pragma GCC unroll 16
            for (int k = 0; k < radix; ++k) {
                re[k] = load<V>(xr + q + run * (p + groups * k));
                im[k] = load<V>(xi + q + run * (p + groups * k));
            }
            butterfly<radix>(re, im, pass.roots);
            store(yr + q + run * radix * p, re[0]);
            store(yi + q + run * radix * p, im[0]);
#pragma GCC unroll 16
            for (int j = 1; j < radix; ++j) {
                const float c = twiddle[2 * j - 2], s = twiddle[2 * j - 1];
                store(yr + q + run * (radix * p + j), c * re[j] + s * im[j]);
                store(yi + q + run * (radix * p + j), c * im[j] - s * re[j]);
            }
        }
    }
}

template <class V>
void passOfWidth(const FftPass& pass, const float* xr, const float* xi, float* yr, float* yi) noexcept {
    switch (pass.radix) {
    case 2:
        return passOf<2, V>(pass, xr, xi, yr, yi);
    case 3:
        return passOf<3, V>(pass, xr, xi, yr, yi);
    case 4:
        return passOf<4, V>(pass, xr, xi, yr, yi);
    case 5:
        return passOf<5, V>(pass, xr, xi, yr, yi);
    case 7:
        return passOf<7, V>(pass, xr, xi, yr, yi);
    case 8:
        return passOf<8, V>(pass, xr, xi, yr, yi);
    default:
        return passOf<11, V>(pass, xr, xi, yr, yi);
    }
}

void fftPass(const FftPass& pass, const float* xr, const float* xi, float* yr, float* yi) noexcept {
    if (pass.run >= kLanes)
        return passOfWidth<Vector>(pass, xr, xi, yr, yi);
    if constexpr (kLanes > 8)
        if (pass.run >= 8)
            return passOfWidth<VectorOf<8>::type>(pass, xr, xi, yr, yi);
    passOfWidth<VectorOf<2>::type>(pass, xr, xi, yr, yi);
}

constexpr Kernels kTable = {DEEPDENOISE_NAME, kLanes,  multiply,   multiplyDepthwise, activate, gruStep,
                            layerNorm,        softmax, logarithms, exponentials,      fftPass};

} // namespace

const Kernels& DEEPDENOISE_TABLE() noexcept { return kTable; }

} // namespace deepdenoise
