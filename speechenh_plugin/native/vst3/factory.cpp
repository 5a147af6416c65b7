// What the library exports: the entry points of each platform and the factory of the one class.
#include "plugin.h"

#include <algorithm>
#include <new>
#include <string_view>

namespace deepdenoise::plugin {
namespace {

using namespace vst3;

constexpr Id kClassId =
    makeId(DEEPDENOISE_CLASS_ID_1, DEEPDENOISE_CLASS_ID_2, DEEPDENOISE_CLASS_ID_3, DEEPDENOISE_CLASS_ID_4);
constexpr std::string_view kName = "DeepDenoise";
constexpr std::string_view kVendor = "DeepDenoise";
constexpr std::string_view kCategory = "Audio Module Class";
constexpr std::string_view kSubCategories = "Fx|Restoration";
constexpr std::string_view kVersion = DEEPDENOISE_VERSION;
constexpr std::string_view kSdkVersion = "VST 3.7.14";

template <class Char, size_t size> void put(std::string_view text, Char (&target)[size]) {
    std::fill_n(target, size, Char{});
    std::copy_n(text.begin(), std::min(text.size(), size - 1), target);
}

/// The fields that all three forms of class information share.
template <class Info> void describe(Info& info) {
    std::copy_n(kClassId.bytes, sizeof kClassId.bytes, info.cid);
    info.cardinality = kManyInstances;
    put(kCategory, info.category);
    put(kName, info.name);
}

template <class Info> void describeMore(Info& info) {
    describe(info);
    info.classFlags = 0;
    put(kSubCategories, info.subCategories);
    put(kVendor, info.vendor);
    put(kVersion, info.version);
    put(kSdkVersion, info.sdkVersion);
}

/// Lives as long as the library, so references are not counted.
class Factory final : public PluginFactory3 {
public:
    Result VST3_CALL queryInterface(const char* iid, void** object) override {
        if (iid == nullptr || object == nullptr)
            return kInvalidArgument;
        const bool known = sameId(iid, Unknown::iid) || sameId(iid, PluginFactory::iid) ||
                           sameId(iid, PluginFactory2::iid) || sameId(iid, PluginFactory3::iid);
        *object = known ? static_cast<PluginFactory3*>(this) : nullptr;
        return known ? kResultOk : kNoInterface;
    }
    uint32_t VST3_CALL addRef() override { return 1; }
    uint32_t VST3_CALL release() override { return 1; }

    Result VST3_CALL getFactoryInfo(FactoryInfo* info) override {
        if (info == nullptr)
            return kInvalidArgument;
        put(kVendor, info->vendor);
        put("", info->url);
        put("", info->email);
        info->flags = FactoryInfo::kUnicode;
        return kResultOk;
    }
    int32_t VST3_CALL countClasses() override { return 1; }
    Result VST3_CALL getClassInfo(int32_t index, ClassInfo* info) override {
        if (index != 0 || info == nullptr)
            return kInvalidArgument;
        describe(*info);
        return kResultOk;
    }
    Result VST3_CALL getClassInfo2(int32_t index, ClassInfo2* info) override {
        if (index != 0 || info == nullptr)
            return kInvalidArgument;
        describeMore(*info);
        return kResultOk;
    }
    Result VST3_CALL getClassInfoUnicode(int32_t index, ClassInfoW* info) override {
        if (index != 0 || info == nullptr)
            return kInvalidArgument;
        describeMore(*info);
        return kResultOk;
    }
    Result VST3_CALL setHostContext(Unknown*) override { return kResultOk; }

    Result VST3_CALL createInstance(const char* cid, const char* iid, void** object) override {
        if (cid == nullptr || iid == nullptr || object == nullptr)
            return kInvalidArgument;
        *object = nullptr;
        if (!sameId(cid, kClassId))
            return kNoInterface;
        auto* plugin = new (std::nothrow) Plugin;
        if (plugin == nullptr)
            return kInternalError;
        const Result result = plugin->queryInterface(iid, object);
        plugin->release();
        return result;
    }
};

Factory factory;

} // namespace
} // namespace deepdenoise::plugin

VST3_EXPORT vst3::PluginFactory* VST3_CALL GetPluginFactory() { return &deepdenoise::plugin::factory; }

#if defined(_WIN32)
VST3_EXPORT bool InitDll() { return true; }
VST3_EXPORT bool ExitDll() { return true; }
#elif defined(__APPLE__)
VST3_EXPORT bool bundleEntry(void*) { return true; }
VST3_EXPORT bool bundleExit() { return true; }
#else
VST3_EXPORT bool ModuleEntry(void*) { return true; }
VST3_EXPORT bool ModuleExit() { return true; }
#endif
