#include "parameters.h"

#include <cmath>
#include <locale>
#include <sstream>

namespace deepdenoise::plugin {

std::string toText(const Parameter& parameter, double plain) {
    if (isChoice(parameter))
        return parameter.choices[plain >= 0.5 ? 1 : 0];
    const long tenths = std::lround(plain * 10.0);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + parameter.unit;
}

std::optional<double> fromText(const Parameter& parameter, std::string_view text) {
    if (isChoice(parameter)) {
        for (int choice = 0; choice < 2; ++choice)
            if (text == parameter.choices[choice])
                return choice;
        return {};
    }
    std::istringstream stream{std::string(text)};
    stream.imbue(std::locale::classic());
    double plain = 0.0;
    std::string unit, rest;
    if (!(stream >> plain) || !(plain >= 0.0 && plain <= parameter.maximum))
        return {};
    stream >> unit >> rest;
    if ((!unit.empty() && unit != parameter.unit) || !rest.empty())
        return {};
    return plain;
}

bool Values::setNormalised(uint32_t id, double value) noexcept {
    if (id >= kParameterCount || !(value >= 0.0 && value <= 1.0))
        return false;
    const Parameter& parameter = kParameters[id];
    set(id, isChoice(parameter) ? (value >= 0.5 ? 1.0 : 0.0) : value * parameter.maximum);
    return true;
}

} // namespace deepdenoise::plugin
