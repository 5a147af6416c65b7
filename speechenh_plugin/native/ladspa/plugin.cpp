// LADSPA: deepdenoise_mono and deepdenoise_stereo.
#include "ladspa.h"

#include "ported.h"

#include <array>
#include <exception>
#include <string>
#include <vector>

namespace deepdenoise::ladspa_plugin {
namespace {

using namespace ladspa;
using shell::Port;
using shell::Ported;

/// LADSPA has few words for a default. Where none fits, "low" does, with an upper bound of four times as much: a value
/// beyond the control's own maximum means that maximum.
Range rangeOf(const shell::Control& control) {
    const auto initial = static_cast<float>(control.initial), maximum = static_cast<float>(control.maximum);
    const int bounded = kBoundedBelow | kBoundedAbove;
    if (shell::isChoice(control))
        return {kToggled | (control.initial != 0.0 ? kDefault1 : kDefault0), 0.0f, 1.0f};
    if (initial == maximum)
        return {bounded | kDefaultMaximum, 0.0f, maximum};
    return {bounded | kDefaultLow, 0.0f, 4.0f * initial};
}

/// The ports of one of the two plug-ins, as LADSPA lists them.
struct Layout {
    std::vector<int> kinds;
    std::vector<std::string> names;
    std::vector<const char*> namePointers;
    std::vector<Range> ranges;

    explicit Layout(int channels) {
        static constexpr const char* kSides[] = {" left", " right"};
        const auto side = [channels](uint32_t channel) { return channels > 1 ? kSides[channel] : ""; };
        for (const auto& [kind, index] : shell::ports(channels, false))
            switch (kind) {
            case Port::Kind::audioIn:
                add(kInput | kAudio, std::string("Input") + side(index), {});
                break;
            case Port::Kind::audioOut:
                add(kOutput | kAudio, std::string("Output") + side(index), {});
                break;
            case Port::Kind::control:
                add(kInput | kControl, shell::kControls[index].title, rangeOf(shell::kControls[index]));
                break;
            case Port::Kind::model:
                add(kInput | kControl, shell::kModelTitle,
                    {kBoundedBelow | kBoundedAbove | kInteger | kDefault0, 0.0f,
                     static_cast<float>(shell::lastModel() - 1)});
                break;
            case Port::Kind::latency: // hosts know it by this name; SoX wants a default of outputs too
                add(kOutput | kControl, "latency", {kBoundedBelow | kInteger | kDefault0, 0.0f, 0.0f});
                break;
            case Port::Kind::enabled:
                break;
            }
        for (const std::string& name : names)
            namePointers.push_back(name.c_str());
    }

    void add(int kind, std::string name, Range range) {
        kinds.push_back(kind);
        names.push_back(std::move(name));
        ranges.push_back(range);
    }
};

template <int channels> Handle instantiate(const Descriptor*, unsigned long sampleRate) {
    try {
        return new Ported(static_cast<double>(sampleRate), channels, false);
    } catch (const std::exception&) {
        return nullptr;
    }
}

void connectPort(Handle handle, unsigned long port, float* place) {
    static_cast<Ported*>(handle)->connect(static_cast<uint32_t>(port), place);
}

void activate(Handle handle) {
    try {
        static_cast<Ported*>(handle)->activate();
    } catch (const std::exception&) { // no memory for another model or a thread: what was there goes on
    }
}

void run(Handle handle, unsigned long samples) { static_cast<Ported*>(handle)->run(static_cast<uint32_t>(samples)); }

void deactivate(Handle handle) { static_cast<Ported*>(handle)->deactivate(); }

void cleanup(Handle handle) { delete static_cast<Ported*>(handle); }

template <int channels> const Descriptor* describe(unsigned long id, const char* label, const char* name) {
    static const Layout layout(channels);
    static const Descriptor descriptor{id,
                                       label,
                                       kHardRealTime,
                                       name,
                                       "DeepDenoise",
                                       "MIT",
                                       static_cast<unsigned long>(layout.kinds.size()),
                                       layout.kinds.data(),
                                       layout.namePointers.data(),
                                       layout.ranges.data(),
                                       nullptr,
                                       instantiate<channels>,
                                       connectPort,
                                       activate,
                                       run,
                                       nullptr,
                                       nullptr,
                                       deactivate,
                                       cleanup};
    return &descriptor;
}

} // namespace
} // namespace deepdenoise::ladspa_plugin

LADSPA_EXPORT const ladspa::Descriptor* ladspa_descriptor(unsigned long index) {
    using namespace deepdenoise::ladspa_plugin;
    try {
        if (index == 0)
            return describe<1>(0x44444E, "deepdenoise_mono", "DeepDenoise mono");
        if (index == 1)
            return describe<2>(0x44444F, "deepdenoise_stereo", "DeepDenoise stereo");
    } catch (const std::exception&) { // no memory
    }
    return nullptr;
}
