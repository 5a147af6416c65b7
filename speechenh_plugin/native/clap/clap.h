// The part of the CLAP binary interface, version 1.2, that this plug-in speaks, declared from its published structure
// layouts and ids (free-audio/clap).
#pragma once

#include <cstdint>

#ifdef _WIN32
#define CLAP_CALL __cdecl
#define CLAP_EXPORT extern "C" __declspec(dllexport)
#else
#define CLAP_CALL
#define CLAP_EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace clap {

inline constexpr int kNameSize = 256;
inline constexpr int kPathSize = 1024;
inline constexpr uint32_t kNoId = 0xFFFFFFFF;

struct Version {
    uint32_t major, minor, revision;
};
inline constexpr Version kVersion{1, 2, 0};

struct Entry {
    Version version;
    bool(CLAP_CALL* init)(const char* path);
    void(CLAP_CALL* deinit)();
    const void*(CLAP_CALL* getFactory)(const char* id);
};

struct Host {
    Version version;
    void* data;
    const char *name, *vendor, *url, *hostVersion;
    const void*(CLAP_CALL* getExtension)(const Host*, const char* id);
    void(CLAP_CALL* requestRestart)(const Host*);
    void(CLAP_CALL* requestProcess)(const Host*);
    void(CLAP_CALL* requestCallback)(const Host*);
};

struct Descriptor {
    Version version;
    const char *id, *name, *vendor, *url, *manualUrl, *supportUrl, *pluginVersion, *description;
    const char* const* features; ///< ends with a null
};

// --- processing

struct AudioBuffer {
    float** data32;
    double** data64;
    uint32_t channelCount;
    uint32_t latency;
    uint64_t constantMask;
};

struct EventHeader {
    uint32_t size;
    uint32_t time; ///< samples from the block's start
    uint16_t space;
    uint16_t type;
    uint32_t flags;
};
inline constexpr uint16_t kCoreSpace = 0;
inline constexpr uint16_t kParamValue = 5;

struct ParamValueEvent {
    EventHeader header;
    uint32_t param;
    void* cookie;
    int32_t note;
    int16_t port, channel, key;
    double value;
};

struct InputEvents {
    void* context;
    uint32_t(CLAP_CALL* size)(const InputEvents*);
    const EventHeader*(CLAP_CALL* get)(const InputEvents*, uint32_t index);
};

struct OutputEvents {
    void* context;
    bool(CLAP_CALL* tryPush)(const OutputEvents*, const EventHeader*);
};

struct Process {
    int64_t steadyTime;
    uint32_t frames;
    const void* transport;
    const AudioBuffer* inputs;
    AudioBuffer* outputs;
    uint32_t inputCount, outputCount;
    const InputEvents* inEvents;
    const OutputEvents* outEvents;
};

enum Status : int32_t { kError = 0, kContinue = 1, kTail = 3 };

struct Plugin {
    const Descriptor* descriptor;
    void* data;
    bool(CLAP_CALL* init)(const Plugin*);
    void(CLAP_CALL* destroy)(const Plugin*);
    bool(CLAP_CALL* activate)(const Plugin*, double sampleRate, uint32_t minFrames, uint32_t maxFrames);
    void(CLAP_CALL* deactivate)(const Plugin*);
    bool(CLAP_CALL* startProcessing)(const Plugin*);
    void(CLAP_CALL* stopProcessing)(const Plugin*);
    void(CLAP_CALL* reset)(const Plugin*);
    Status(CLAP_CALL* process)(const Plugin*, const Process*);
    const void*(CLAP_CALL* getExtension)(const Plugin*, const char* id);
    void(CLAP_CALL* onMainThread)(const Plugin*);
};

inline constexpr const char* kFactoryId = "clap.plugin-factory";
struct Factory {
    uint32_t(CLAP_CALL* count)(const Factory*);
    const Descriptor*(CLAP_CALL* descriptor)(const Factory*, uint32_t index);
    const Plugin*(CLAP_CALL* create)(const Factory*, const Host*, const char* id);
};

// --- extensions

inline constexpr const char* kAudioPortsId = "clap.audio-ports";
inline constexpr uint32_t kMainPort = 1; // a port's flags
struct AudioPortInfo {
    uint32_t id;
    char name[kNameSize];
    uint32_t flags;
    uint32_t channelCount;
    const char* type;
    uint32_t inPlacePair;
};
struct AudioPorts {
    uint32_t(CLAP_CALL* count)(const Plugin*, bool input);
    bool(CLAP_CALL* get)(const Plugin*, uint32_t index, bool input, AudioPortInfo*);
};

inline constexpr const char* kAudioPortsConfigId = "clap.audio-ports-config";
struct AudioPortsConfigInfo {
    uint32_t id;
    char name[kNameSize];
    uint32_t inputPorts, outputPorts;
    bool hasMainInput;
    uint32_t mainInputChannels;
    const char* mainInputType;
    bool hasMainOutput;
    uint32_t mainOutputChannels;
    const char* mainOutputType;
};
struct AudioPortsConfig {
    uint32_t(CLAP_CALL* count)(const Plugin*);
    bool(CLAP_CALL* get)(const Plugin*, uint32_t index, AudioPortsConfigInfo*);
    bool(CLAP_CALL* select)(const Plugin*, uint32_t id);
};

inline constexpr const char* kParamsId = "clap.params";
inline constexpr uint32_t kStepped = 1 << 0; // a parameter's flags
inline constexpr uint32_t kIsBypass = 1 << 4;
inline constexpr uint32_t kAutomatable = 1 << 5;
inline constexpr uint32_t kEnum = 1 << 16;
inline constexpr uint32_t kRescanValues = 1 << 0;
struct ParamInfo {
    uint32_t id;
    uint32_t flags;
    void* cookie;
    char name[kNameSize];
    char module[kPathSize];
    double minimum, maximum, initial;
};
struct Params {
    uint32_t(CLAP_CALL* count)(const Plugin*);
    bool(CLAP_CALL* getInfo)(const Plugin*, uint32_t index, ParamInfo*);
    bool(CLAP_CALL* getValue)(const Plugin*, uint32_t id, double*);
    bool(CLAP_CALL* valueToText)(const Plugin*, uint32_t id, double value, char* text, uint32_t size);
    bool(CLAP_CALL* textToValue)(const Plugin*, uint32_t id, const char* text, double*);
    void(CLAP_CALL* flush)(const Plugin*, const InputEvents*, const OutputEvents*);
};
struct HostParams {
    void(CLAP_CALL* rescan)(const Host*, uint32_t flags);
    void(CLAP_CALL* clear)(const Host*, uint32_t id, uint32_t flags);
    void(CLAP_CALL* requestFlush)(const Host*);
};

inline constexpr const char* kStateId = "clap.state";
struct InputStream {
    void* context;
    int64_t(CLAP_CALL* read)(const InputStream*, void*, uint64_t size);
};
struct OutputStream {
    void* context;
    int64_t(CLAP_CALL* write)(const OutputStream*, const void*, uint64_t size);
};
struct State {
    bool(CLAP_CALL* save)(const Plugin*, const OutputStream*);
    bool(CLAP_CALL* load)(const Plugin*, const InputStream*);
};

inline constexpr const char* kLatencyId = "clap.latency";
struct Latency {
    uint32_t(CLAP_CALL* get)(const Plugin*);
};
struct HostLatency {
    void(CLAP_CALL* changed)(const Host*);
};

inline constexpr const char* kTailId = "clap.tail";
struct Tail {
    uint32_t(CLAP_CALL* get)(const Plugin*);
};

} // namespace clap
