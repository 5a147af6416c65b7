#include "controller.h"

#include "text.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace deepdenoise::plugin {

using namespace shell;
using namespace vst3;

namespace {

/// ASCII of a host's text; other characters become '?', which no parameter's text holds.
std::string plainText(const char16_t* text) {
    std::string result;
    for (; *text != 0 && result.size() < 127; ++text)
        result += *text < 128 ? static_cast<char>(*text) : '?';
    return result;
}

/// The entry that a normalised value of a list means; the first for what is no value in 0..1.
int entry(double value, int last) {
    return value >= 0.0 && value <= 1.0 ? std::min(last, static_cast<int>(value * (last + 1))) : 0;
}

double entryValue(double index, int last) { return last > 0 ? index / last : 0.0; }

} // namespace

Controller::~Controller() { setComponentHandler(nullptr); }

Result Controller::setComponentState(Stream* state) { return state != nullptr ? kResultOk : kInvalidArgument; }

// The component's state holds everything.
Result Controller::setControllerState(Stream*) { return kResultOk; }
Result Controller::getControllerState(Stream*) { return kResultOk; }

int32_t Controller::getParameterCount() { return kControlCount + 1; }

Result Controller::getParameterInfo(int32_t index, ParameterInfo& info) {
    if (index < 0 || index > static_cast<int32_t>(kControlCount))
        return kInvalidArgument;
    info = {};
    info.id = index == static_cast<int32_t>(kControlCount) ? kModel : static_cast<uint32_t>(index);
    info.flags = ParameterInfo::kCanAutomate; // of the list of models too: Ardour hides what cannot be automated
    if (info.id == kModel) {
        copyText(kModelTitle, info.title);
        copyText(kModelTitle, info.shortTitle);
        info.stepCount = lastModel();
        info.flags |= ParameterInfo::kIsList;
        return kResultOk;
    }
    const Control& control = kControls[info.id];
    copyText(control.title, info.title);
    copyText(control.shortTitle, info.shortTitle);
    copyText(control.unit, info.units);
    info.stepCount = isChoice(control) ? 1 : 0;
    info.defaultNormalizedValue = control.initial / control.maximum;
    if (info.id == kListen)
        info.flags |= ParameterInfo::kIsList;
    if (info.id == kBypass)
        info.flags |= ParameterInfo::kIsBypass;
    return kResultOk;
}

Result Controller::getParamStringByValue(uint32_t id, double value, char16_t* string) {
    if (!isParameter(id) || string == nullptr || !(value >= 0.0 && value <= 1.0))
        return kInvalidArgument;
    copyText(id == kModel ? modelText(entry(value, lastModel())) : toText(kControls[id], value * kControls[id].maximum),
             *reinterpret_cast<String128*>(string));
    return kResultOk;
}

Result Controller::getParamValueByString(uint32_t id, char16_t* string, double& value) {
    if (!isParameter(id) || string == nullptr)
        return kInvalidArgument;
    const std::string text = plainText(string);
    if (id == kModel) {
        for (int index = 0; index <= lastModel(); ++index)
            if (text == modelText(index)) {
                value = entryValue(index, lastModel());
                return kResultOk;
            }
        return kResultFalse;
    }
    const auto plain = fromText(kControls[id], text);
    if (!plain)
        return kResultFalse;
    value = *plain / kControls[id].maximum;
    return kResultOk;
}

double Controller::normalizedParamToPlain(uint32_t id, double value) {
    if (id == kModel)
        return entry(value, lastModel());
    return id < kControlCount ? value * kControls[id].maximum : value;
}

double Controller::plainParamToNormalized(uint32_t id, double value) {
    if (id == kModel)
        return entryValue(value, lastModel());
    return id < kControlCount ? value / kControls[id].maximum : value;
}

double Controller::getParamNormalized(uint32_t id) {
    if (id == kModel)
        return entryValue(effect_.listed(), lastModel());
    return id < kControlCount ? effect_.shown.get(id) / kControls[id].maximum : 0.0;
}

Result Controller::setParamNormalized(uint32_t id, double value) {
    if (id != kModel) {
        const bool set = effect_.processing ? effect_.shown.setNormalised(id, value) : effect_.set(id, value);
        return set ? kResultOk : kInvalidArgument;
    }
    if (!(value >= 0.0 && value <= 1.0))
        return kInvalidArgument;
    try {
        const auto changes = effect_.chooseListed(entry(value, lastModel()));
        // If it is not to be had, the host shows again what is in use; else it knows that entry already.
        notify({.values = !changes, .latency = changes && changes->latency});
        return changes ? kResultOk : kResultFalse;
    } catch (const std::exception&) {
        return kInternalError;
    }
}

Result Controller::setComponentHandler(ComponentHandler* handler) {
    if (handler != nullptr)
        handler->addRef();
    {
        const std::lock_guard lock(mutex_);
        std::swap(handler_, handler);
    }
    if (handler != nullptr)
        handler->release();
    return kResultOk;
}

void* Controller::createView(const char*) { return nullptr; } // hosts show their own sliders

void Controller::notify(Changes changes) {
    const int32_t flags = (changes.values ? kParamValuesChanged : 0) | (changes.latency ? kLatencyChanged : 0);
    ComponentHandler* handler = nullptr;
    {
        const std::lock_guard lock(mutex_);
        handler = handler_;
        if (flags == 0 || handler == nullptr)
            return;
        handler->addRef();
    }
    handler->restartComponent(flags); // the host may call back from here
    handler->release();
}

} // namespace deepdenoise::plugin
