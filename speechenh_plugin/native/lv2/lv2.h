// The part of the LV2 binary interface that this plug-in speaks (core, URID map, state), declared from its published
// structure layouts and URIs.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef _WIN32
#define LV2_EXPORT extern "C" __declspec(dllexport)
#else
#define LV2_EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace lv2 {

using Handle = void*;
using Urid = uint32_t;

/// An array of pointers to features ends with a null.
struct Feature {
    const char* uri;
    void* data;
};

struct Descriptor {
    const char* uri;
    Handle (*instantiate)(const Descriptor*, double sampleRate, const char* bundle, const Feature* const* features);
    void (*connectPort)(Handle, uint32_t port, void* place);
    void (*activate)(Handle);
    void (*run)(Handle, uint32_t samples);
    void (*deactivate)(Handle);
    void (*cleanup)(Handle);
    const void* (*extensionData)(const char* uri);
};

inline constexpr const char* kMapUri = "http://lv2plug.in/ns/ext/urid#map";
struct Map {
    void* handle;
    Urid (*map)(void* handle, const char* uri);
};

inline constexpr const char* kPathUri = "http://lv2plug.in/ns/ext/atom#Path";
inline constexpr const char* kStringUri = "http://lv2plug.in/ns/ext/atom#String";

inline constexpr const char* kStateUri = "http://lv2plug.in/ns/ext/state#interface";
inline constexpr const char* kMapPathUri = "http://lv2plug.in/ns/ext/state#mapPath";
inline constexpr const char* kFreePathUri = "http://lv2plug.in/ns/ext/state#freePath";

enum Status : int { kSuccess = 0, kUnknownError = 1, kBadType = 2, kNoFeature = 4 };

inline constexpr uint32_t kPod = 1; // flags of a stored value
inline constexpr uint32_t kPortable = 2;

using Store = Status (*)(void* handle, Urid key, const void* value, size_t size, Urid type, uint32_t flags);
using Retrieve = const void* (*)(void* handle, Urid key, size_t* size, Urid* type, uint32_t* flags);

struct StateInterface {
    Status (*save)(Handle, Store store, void* handle, uint32_t flags, const Feature* const* features);
    Status (*restore)(Handle, Retrieve retrieve, void* handle, uint32_t flags, const Feature* const* features);
};

struct MapPath {
    void* handle;
    char* (*abstractPath)(void* handle, const char* absolute);
    char* (*absolutePath)(void* handle, const char* abstract);
};

struct FreePath {
    void* handle;
    void (*free)(void* handle, char* path);
};

} // namespace lv2
