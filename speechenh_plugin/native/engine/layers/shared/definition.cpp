#include "layers/shared/definition.h"

#include <algorithm>
#include <cmath>

namespace deepdenoise {
namespace {

std::string listed(const std::vector<int>& shape) {
    std::string text;
    for (const int n : shape)
        text += (text.empty() ? "" : ", ") + std::to_string(n);
    return text;
}

int checked(std::string_view name, std::int64_t value, int least, int most) {
    if (value < least || value > most)
        refuse(std::string(name) + " is " + std::to_string(value) + ", not within " + std::to_string(least) + ".." +
               std::to_string(most));
    return static_cast<int>(value);
}

float checked(std::string_view name, double value, float least, float most) {
    const auto real = static_cast<float>(value);
    if (!(real >= least && real <= most)) // NaN neither
        refuse(std::string(name) + " is out of range");
    return real;
}

} // namespace

void refuse(std::string reason) { throw ModelError{std::move(reason)}; }

void Attributes::add(std::string name, Value value) {
    if (find(name) != nullptr)
        refuse("two attributes are called " + name);
    entries_.push_back({std::move(name), std::move(value)});
}

Attributes::Entry* Attributes::find(std::string_view name) {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.name == name; });
    return found == entries_.end() ? nullptr : &*found;
}

Value& Attributes::take(std::string_view name) {
    Entry* entry = find(name);
    if (entry == nullptr)
        refuse("attribute " + std::string(name) + " is missing");
    entry->taken = true;
    return entry->value;
}

bool Attributes::flag(std::string_view name, std::optional<bool> absent) {
    if (absent && find(name) == nullptr)
        return *absent;
    const bool* value = std::get_if<bool>(&take(name));
    if (value == nullptr)
        refuse(std::string(name) + " must be true or false");
    return *value;
}

int Attributes::number(std::string_view name, int least, int most) {
    const auto* value = std::get_if<std::int64_t>(&take(name));
    if (value == nullptr)
        refuse(std::string(name) + " must be a whole number");
    return checked(name, *value, least, most);
}

float Attributes::real(std::string_view name, float least, float most, std::optional<float> absent) {
    if (absent && find(name) == nullptr)
        return *absent;
    const Value& value = take(name);
    if (const auto* whole = std::get_if<std::int64_t>(&value))
        return checked(name, static_cast<double>(*whole), least, most);
    const auto* real = std::get_if<double>(&value);
    if (real == nullptr)
        refuse(std::string(name) + " must be a number");
    return checked(name, *real, least, most);
}

int Attributes::choice(std::string_view name, std::initializer_list<std::string_view> choices) {
    const auto* value = std::get_if<std::string>(&take(name));
    const auto found = value ? std::find(choices.begin(), choices.end(), *value) : choices.end();
    if (found == choices.end()) {
        std::string reason = std::string(name) + (value ? " is '" + *value + "'" : "") + ", not one of ";
        for (const std::string_view choice : choices)
            reason.append(choice == *choices.begin() ? "" : ", ").append(choice);
        refuse(std::move(reason));
    }
    return static_cast<int>(found - choices.begin());
}

std::vector<int> Attributes::numbers(std::string_view name, std::size_t count, int least, int most) {
    const auto* list = std::get_if<std::vector<std::int64_t>>(&take(name));
    if (list == nullptr || list->size() != count)
        refuse(std::string(name) + " must be " + std::to_string(count) + " whole numbers");
    std::vector<int> values;
    for (const std::int64_t value : *list)
        values.push_back(checked(name, value, least, most));
    return values;
}

std::vector<float> Attributes::reals(std::string_view name, std::size_t fewest, std::size_t most, float low,
                                     float high) {
    const Value& value = take(name);
    std::vector<double> list;
    if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&value))
        list.assign(whole->begin(), whole->end());
    else if (const auto* real = std::get_if<std::vector<double>>(&value))
        list = *real;
    if (list.size() < fewest || list.size() > most)
        refuse(std::string(name) + " must be " + std::to_string(fewest) + " to " + std::to_string(most) + " numbers");
    std::vector<float> values;
    for (const double number : list)
        values.push_back(checked(name, number, low, high));
    return values;
}

void Attributes::finish() const {
    for (const Entry& entry : entries_)
        if (!entry.taken)
            refuse("attribute " + entry.name + " is unknown");
}

void Weights::add(std::string name, std::vector<int> shape, std::vector<float> values) {
    for (const Entry& entry : entries_)
        if (entry.name == name)
            refuse("two weights are called " + name);
    entries_.push_back({std::move(name), std::move(shape), std::move(values)});
}

std::vector<float> Weights::take(std::string_view name, const std::vector<int>& shape) {
    for (Entry& entry : entries_)
        if (entry.name == name) {
            if (entry.shape != shape)
                refuse("weight " + entry.name + " must have shape (" + listed(shape) + "), not (" +
                       listed(entry.shape) + ")");
            entry.taken = true;
            return std::move(entry.values);
        }
    refuse("weight " + std::string(name) + " is missing");
}

void Weights::finish() const {
    for (const Entry& entry : entries_)
        if (!entry.taken)
            refuse("weight " + entry.name + " is unknown");
}

Shape Definition::input() const {
    if (inputs.size() != 1)
        refuse("there must be one input, not " + std::to_string(inputs.size()));
    return inputs[0];
}

Shape Definition::equalInputs() const {
    require(inputs.size() >= 2, "there must be two or more inputs");
    for (const Shape shape : inputs)
        require(shape == inputs[0], "the inputs differ in shape");
    return inputs[0];
}

} // namespace deepdenoise
