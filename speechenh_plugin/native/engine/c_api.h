/* The engine for other languages: plain C, used by speechenh_plugin/engine.py.
 * Functions that can fail return NULL or nonzero and write one sentence to `error`; none throws. */
#pragma once

#include <stddef.h>

#if defined(_WIN32)
#define DEEPDENOISE_EXPORT __declspec(dllexport)
#else
#define DEEPDENOISE_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct deepdenoise_network deepdenoise_network;
typedef struct deepdenoise_stream deepdenoise_stream;

/* Names of the types of layer that this engine runs, by index; NULL past the end. */
DEEPDENOISE_EXPORT const char* deepdenoise_layer(int index);

/* `kernels`: "baseline", "avx2", "avx512", or NULL for the best of this CPU. */
DEEPDENOISE_EXPORT deepdenoise_network* deepdenoise_open(const void* bytes, size_t size, const char* kernels,
                                                         char* error, size_t error_size);
DEEPDENOISE_EXPORT void deepdenoise_close(deepdenoise_network* network);
DEEPDENOISE_EXPORT const char* deepdenoise_kernels(const deepdenoise_network* network);

/* Ports: inputs first when `output` is 0. Returns the name, or NULL past the end; shape is positions, channels. */
DEEPDENOISE_EXPORT const char* deepdenoise_port(const deepdenoise_network* network, int output, int index,
                                                int shape[2]);

/* Runs `frames` frames from a fresh state, at most `batch` at once (0: the engine's choice). One array
 * [frames][positions][channels] for each port, in the order of deepdenoise_port. */
DEEPDENOISE_EXPORT int deepdenoise_run(const deepdenoise_network* network, const float* const* inputs,
                                       float* const* outputs, int frames, int batch);

/* The front end alone: features of mono samples as the network's inputs, [samples / hop][positions][channels] each.
 * Returns the number of frames; with features NULL only that. -1 when the model or rate has no front end. */
DEEPDENOISE_EXPORT int deepdenoise_features(const deepdenoise_network* network, double rate, const float* samples,
                                            int count, float* const* features);

/* The whole effect on one stream; one thread at a time may use it. It may outlive its network.
 * `rate`: 8000 to 192000 Hz. `channels`: 1 or more. `max_block`: samples computed at once, which sizes the buffers;
 * blocks may be longer. */
DEEPDENOISE_EXPORT deepdenoise_stream* deepdenoise_stream_open(const deepdenoise_network* network, double rate,
                                                               int channels, int max_block, char* error,
                                                               size_t error_size);
DEEPDENOISE_EXPORT void deepdenoise_stream_close(deepdenoise_stream* stream);

/* Delay of the output, in samples. */
DEEPDENOISE_EXPORT int deepdenoise_stream_latency(const deepdenoise_stream* stream);

/* Forgets the past. Neither this nor deepdenoise_stream_process allocates, locks or calls the system. */
DEEPDENOISE_EXPORT void deepdenoise_stream_reset(deepdenoise_stream* stream);

/* Denoises a block of `samples` samples of each channel; in[c] == out[c] is allowed. `strength`: 0 (the input) to 1.
 * `reduction_limit_db`: the most that is taken away, 0 dB or more; INFINITY for no limit. `stereo_link`: one gain for
 * all channels. `listen_removed`: give what is taken away. */
DEEPDENOISE_EXPORT void deepdenoise_stream_process(deepdenoise_stream* stream, const float* const* in,
                                                   float* const* out, int samples, float strength,
                                                   float reduction_limit_db, int stereo_link, int listen_removed);

#ifdef __cplusplus
}
#endif
