// The part of the VST3 binary interface that this plug-in speaks, declared from its published ids, method
// order and structure layouts (steinbergmedia/vst3_pluginterfaces). Names are those of the interface; only
// IEditController's two state methods are renamed, since one object here is component and controller at once.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef _WIN32
#define VST3_CALL __stdcall
#define VST3_EXPORT extern "C" __declspec(dllexport)
#else
#define VST3_CALL
#define VST3_EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace vst3 {

using Result = int32_t;
#ifdef _WIN32
inline constexpr Result kNoInterface = static_cast<Result>(0x80004002);
inline constexpr Result kInvalidArgument = static_cast<Result>(0x80070057);
inline constexpr Result kNotImplemented = static_cast<Result>(0x80004001);
inline constexpr Result kInternalError = static_cast<Result>(0x80004005);
inline constexpr Result kNotInitialized = static_cast<Result>(0x8000FFFF);
#else
inline constexpr Result kNoInterface = -1;
inline constexpr Result kInvalidArgument = 2;
inline constexpr Result kNotImplemented = 3;
inline constexpr Result kInternalError = 4;
inline constexpr Result kNotInitialized = 5;
#endif
inline constexpr Result kResultOk = 0;
inline constexpr Result kResultFalse = 1;

/// An id of 16 bytes, as hosts compare it.
struct Id {
    char bytes[16];
};

/// Four words to bytes: big-endian, but in the mixed order of a COM GUID on Windows.
constexpr Id makeId(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    const auto byte = [](uint32_t word, int index) { return static_cast<char>(word >> (24 - 8 * index)); };
#ifdef _WIN32
    return {{byte(a, 3), byte(a, 2), byte(a, 1), byte(a, 0), byte(b, 1), byte(b, 0), byte(b, 3), byte(b, 2), byte(c, 0),
             byte(c, 1), byte(c, 2), byte(c, 3), byte(d, 0), byte(d, 1), byte(d, 2), byte(d, 3)}};
#else
    return {{byte(a, 0), byte(a, 1), byte(a, 2), byte(a, 3), byte(b, 0), byte(b, 1), byte(b, 2), byte(b, 3), byte(c, 0),
             byte(c, 1), byte(c, 2), byte(c, 3), byte(d, 0), byte(d, 1), byte(d, 2), byte(d, 3)}};
#endif
}

inline bool sameId(const char* a, const Id& b) { return std::memcmp(a, b.bytes, sizeof b.bytes) == 0; }

class Unknown {
public:
    static constexpr Id iid = makeId(0x00000000, 0x00000000, 0xC0000000, 0x00000046);
    virtual Result VST3_CALL queryInterface(const char* iid, void** object) = 0;
    virtual uint32_t VST3_CALL addRef() = 0;
    virtual uint32_t VST3_CALL release() = 0;

protected:
    ~Unknown() = default; // released, never deleted through an interface
};

class PluginBase : public Unknown {
public:
    static constexpr Id iid = makeId(0x22888DDB, 0x156E45AE, 0x8358B348, 0x08190625);
    virtual Result VST3_CALL initialize(Unknown* context) = 0;
    virtual Result VST3_CALL terminate() = 0;
};

class Stream : public Unknown {
public:
    virtual Result VST3_CALL read(void* buffer, int32_t size, int32_t* sizeRead) = 0;
    virtual Result VST3_CALL write(void* buffer, int32_t size, int32_t* sizeWritten) = 0;
    virtual Result VST3_CALL seek(int64_t position, int32_t mode, int64_t* result) = 0;
    virtual Result VST3_CALL tell(int64_t* position) = 0;
};

// --- factory ---------------------------------------------------------------------------------------------

struct FactoryInfo {
    static constexpr int32_t kUnicode = 1 << 4;
    char vendor[64];
    char url[256];
    char email[128];
    int32_t flags;
};

inline constexpr int32_t kManyInstances = 0x7FFFFFFF;

struct ClassInfo {
    char cid[16];
    int32_t cardinality;
    char category[32];
    char name[64];
};

struct ClassInfo2 {
    char cid[16];
    int32_t cardinality;
    char category[32];
    char name[64];
    uint32_t classFlags;
    char subCategories[128];
    char vendor[64];
    char version[64];
    char sdkVersion[64];
};

struct ClassInfoW {
    char cid[16];
    int32_t cardinality;
    char category[32];
    char16_t name[64];
    uint32_t classFlags;
    char subCategories[128];
    char16_t vendor[64];
    char16_t version[64];
    char16_t sdkVersion[64];
};

class PluginFactory : public Unknown {
public:
    static constexpr Id iid = makeId(0x7A4D811C, 0x52114A1F, 0xAED9D2EE, 0x0B43BF9F);
    virtual Result VST3_CALL getFactoryInfo(FactoryInfo* info) = 0;
    virtual int32_t VST3_CALL countClasses() = 0;
    virtual Result VST3_CALL getClassInfo(int32_t index, ClassInfo* info) = 0;
    virtual Result VST3_CALL createInstance(const char* cid, const char* iid, void** object) = 0;
};

class PluginFactory2 : public PluginFactory {
public:
    static constexpr Id iid = makeId(0x0007B650, 0xF24B4C0B, 0xA464EDB9, 0xF00B2ABB);
    virtual Result VST3_CALL getClassInfo2(int32_t index, ClassInfo2* info) = 0;
};

class PluginFactory3 : public PluginFactory2 {
public:
    static constexpr Id iid = makeId(0x4555A2AB, 0xC1234E57, 0x9B122910, 0x36878931);
    virtual Result VST3_CALL getClassInfoUnicode(int32_t index, ClassInfoW* info) = 0;
    virtual Result VST3_CALL setHostContext(Unknown* context) = 0;
};

// --- component -------------------------------------------------------------------------------------------

using String128 = char16_t[128];

inline constexpr int32_t kAudio = 0;
inline constexpr int32_t kInput = 0;
inline constexpr int32_t kOutput = 1;
inline constexpr int32_t kMainBus = 0;

struct BusInfo {
    static constexpr uint32_t kDefaultActive = 1 << 0;
    int32_t mediaType;
    int32_t direction;
    int32_t channelCount;
    String128 name;
    int32_t busType;
    uint32_t flags;
};

struct RoutingInfo {
    int32_t mediaType;
    int32_t busIndex;
    int32_t channel;
};

class Component : public PluginBase {
public:
    static constexpr Id iid = makeId(0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802);
    virtual Result VST3_CALL getControllerClassId(char* classId) = 0;
    virtual Result VST3_CALL setIoMode(int32_t mode) = 0;
    virtual int32_t VST3_CALL getBusCount(int32_t type, int32_t direction) = 0;
    virtual Result VST3_CALL getBusInfo(int32_t type, int32_t direction, int32_t index, BusInfo& info) = 0;
    virtual Result VST3_CALL getRoutingInfo(RoutingInfo& in, RoutingInfo& out) = 0;
    virtual Result VST3_CALL activateBus(int32_t type, int32_t direction, int32_t index, uint8_t state) = 0;
    virtual Result VST3_CALL setActive(uint8_t state) = 0;
    virtual Result VST3_CALL setState(Stream* state) = 0;
    virtual Result VST3_CALL getState(Stream* state) = 0;
};

// --- processor -------------------------------------------------------------------------------------------

using SpeakerArrangement = uint64_t; // one bit a speaker
inline constexpr SpeakerArrangement kStereo = 0x3;

inline constexpr int32_t kSample32 = 0;

struct ProcessSetup {
    int32_t processMode;
    int32_t symbolicSampleSize;
    int32_t maxSamplesPerBlock;
    double sampleRate;
};

struct AudioBusBuffers {
    int32_t numChannels;
    uint64_t silenceFlags;
    float** channelBuffers32; // or double**, for 64-bit samples
};

class ParamValueQueue : public Unknown {
public:
    virtual uint32_t VST3_CALL getParameterId() = 0;
    virtual int32_t VST3_CALL getPointCount() = 0;
    virtual Result VST3_CALL getPoint(int32_t index, int32_t& sampleOffset, double& value) = 0;
    virtual Result VST3_CALL addPoint(int32_t sampleOffset, double value, int32_t& index) = 0;
};

class ParameterChanges : public Unknown {
public:
    virtual int32_t VST3_CALL getParameterCount() = 0;
    virtual ParamValueQueue* VST3_CALL getParameterData(int32_t index) = 0;
    virtual ParamValueQueue* VST3_CALL addParameterData(const uint32_t& id, int32_t& index) = 0;
};

struct ProcessData {
    int32_t processMode;
    int32_t symbolicSampleSize;
    int32_t numSamples;
    int32_t numInputs;
    int32_t numOutputs;
    AudioBusBuffers* inputs;
    AudioBusBuffers* outputs;
    ParameterChanges* inputParameterChanges;
    ParameterChanges* outputParameterChanges;
    void* inputEvents;
    void* outputEvents;
    void* processContext;
};

class AudioProcessor : public Unknown {
public:
    static constexpr Id iid = makeId(0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D);
    virtual Result VST3_CALL setBusArrangements(SpeakerArrangement* inputs, int32_t numInputs,
                                                SpeakerArrangement* outputs, int32_t numOutputs) = 0;
    virtual Result VST3_CALL getBusArrangement(int32_t direction, int32_t index, SpeakerArrangement& arrangement) = 0;
    virtual Result VST3_CALL canProcessSampleSize(int32_t symbolicSampleSize) = 0;
    virtual uint32_t VST3_CALL getLatencySamples() = 0;
    virtual Result VST3_CALL setupProcessing(ProcessSetup& setup) = 0;
    virtual Result VST3_CALL setProcessing(uint8_t state) = 0;
    virtual Result VST3_CALL process(ProcessData& data) = 0;
    virtual uint32_t VST3_CALL getTailSamples() = 0;
};

class ProcessContextRequirements : public Unknown {
public:
    static constexpr Id iid = makeId(0x2A654303, 0xEF764E3D, 0x95B5FE83, 0x730EF6D0);
    virtual uint32_t VST3_CALL getProcessContextRequirements() = 0;
};

// --- controller ------------------------------------------------------------------------------------------

struct ParameterInfo {
    static constexpr int32_t kCanAutomate = 1 << 0;
    static constexpr int32_t kIsList = 1 << 3;
    static constexpr int32_t kIsBypass = 1 << 16;
    uint32_t id;
    String128 title;
    String128 shortTitle;
    String128 units;
    int32_t stepCount;
    double defaultNormalizedValue;
    int32_t unitId;
    int32_t flags;
};

/// What `initialize` gets, as far as it is read here.
class HostApplication : public Unknown {
public:
    static constexpr Id iid = makeId(0x58E595CC, 0xDB2D4969, 0x8B6AAF8C, 0x36A664E5);
    virtual Result VST3_CALL getName(String128 name) = 0;
};

inline constexpr int32_t kParamValuesChanged = 1 << 2;
inline constexpr int32_t kLatencyChanged = 1 << 3;

class ComponentHandler : public Unknown {
public:
    virtual Result VST3_CALL beginEdit(uint32_t id) = 0;
    virtual Result VST3_CALL performEdit(uint32_t id, double value) = 0;
    virtual Result VST3_CALL endEdit(uint32_t id) = 0;
    virtual Result VST3_CALL restartComponent(int32_t flags) = 0;
};

class EditController : public PluginBase {
public:
    static constexpr Id iid = makeId(0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E);
    virtual Result VST3_CALL setComponentState(Stream* state) = 0;
    virtual Result VST3_CALL setControllerState(Stream* state) = 0; // the interface's setState
    virtual Result VST3_CALL getControllerState(Stream* state) = 0; // the interface's getState
    virtual int32_t VST3_CALL getParameterCount() = 0;
    virtual Result VST3_CALL getParameterInfo(int32_t index, ParameterInfo& info) = 0;
    virtual Result VST3_CALL getParamStringByValue(uint32_t id, double value, char16_t* string) = 0;
    virtual Result VST3_CALL getParamValueByString(uint32_t id, char16_t* string, double& value) = 0;
    virtual double VST3_CALL normalizedParamToPlain(uint32_t id, double value) = 0;
    virtual double VST3_CALL plainParamToNormalized(uint32_t id, double value) = 0;
    virtual double VST3_CALL getParamNormalized(uint32_t id) = 0;
    virtual Result VST3_CALL setParamNormalized(uint32_t id, double value) = 0;
    virtual Result VST3_CALL setComponentHandler(ComponentHandler* handler) = 0;
    virtual void* VST3_CALL createView(const char* name) = 0;
};

} // namespace vst3
