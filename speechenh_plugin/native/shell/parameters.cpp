#include "parameters.h"

#include <cmath>
#include <locale>
#include <sstream>

namespace deepdenoise::shell {

std::string toText(const Control& control, double plain) {
    if (isChoice(control))
        return control.choices[plain >= 0.5 ? 1 : 0];
    const long tenths = std::lround(plain * 10.0);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + control.unit;
}

std::optional<double> fromText(const Control& control, std::string_view text) {
    if (isChoice(control)) {
        for (int choice = 0; choice < 2; ++choice)
            if (text == control.choices[choice])
                return choice;
        return {};
    }
    std::istringstream stream{std::string(text)};
    stream.imbue(std::locale::classic());
    double plain = 0.0;
    std::string unit, rest;
    if (!(stream >> plain) || !(plain >= 0.0 && plain <= control.maximum))
        return {};
    stream >> unit >> rest;
    if ((!unit.empty() && unit != control.unit) || !rest.empty())
        return {};
    return plain;
}

bool Values::set(uint32_t id, double plain) noexcept {
    if (id >= kControlCount || !(plain >= 0.0 && plain <= kControls[id].maximum))
        return false;
    if (isChoice(kControls[id]))
        plain = plain >= 0.5 ? 1.0 : 0.0;
    values_[id].store(plain, std::memory_order_relaxed);
    return true;
}

bool Values::setNormalised(uint32_t id, double value) noexcept {
    return id < kControlCount && set(id, value * kControls[id].maximum);
}

} // namespace deepdenoise::shell
