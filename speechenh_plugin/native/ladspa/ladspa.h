// The LADSPA binary interface, version 1.1, declared from its published values and structure layouts.
#pragma once

#ifdef _WIN32
#define LADSPA_EXPORT extern "C" __declspec(dllexport)
#else
#define LADSPA_EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace ladspa {

using Handle = void*;

inline constexpr int kHardRealTime = 4; // a descriptor's properties

inline constexpr int kInput = 1; // a port
inline constexpr int kOutput = 2;
inline constexpr int kControl = 4;
inline constexpr int kAudio = 8;

inline constexpr int kBoundedBelow = 0x1; // a range
inline constexpr int kBoundedAbove = 0x2;
inline constexpr int kToggled = 0x4;
inline constexpr int kInteger = 0x20;
inline constexpr int kDefaultLow = 0x80; // 0.75 lower + 0.25 upper
inline constexpr int kDefaultMaximum = 0x140;
inline constexpr int kDefault0 = 0x200;
inline constexpr int kDefault1 = 0x240;

struct Range {
    int hints;
    float lower;
    float upper;
};

struct Descriptor {
    unsigned long uniqueId;
    const char* label;
    int properties;
    const char* name;
    const char* maker;
    const char* copyright;
    unsigned long portCount;
    const int* ports;
    const char* const* portNames;
    const Range* ranges;
    void* ours;
    Handle (*instantiate)(const Descriptor*, unsigned long sampleRate);
    void (*connectPort)(Handle, unsigned long port, float* place);
    void (*activate)(Handle);
    void (*run)(Handle, unsigned long samples);
    void (*runAdding)(Handle, unsigned long samples);
    void (*setRunAddingGain)(Handle, float gain);
    void (*deactivate)(Handle);
    void (*cleanup)(Handle);
};

} // namespace ladspa
