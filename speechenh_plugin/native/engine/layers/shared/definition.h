// A node as the model file declares it: attributes and weights by name. Its layer takes those that it knows, checking
// each; what no layer took is refused.
#pragma once

#include "kernels/shape.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace deepdenoise {

/// Why a model is refused, in one sentence.
struct ModelError {
    std::string reason;
};

[[noreturn]] void refuse(std::string reason);

inline void require(bool good, const char* reason) {
    if (!good)
        refuse(reason);
}

inline constexpr int kMostSize = 1 << 16; ///< positions, channels, filters

/// An attribute: true or false, a whole number, a real number, a text, or a list of numbers. A whole number may stand
/// where a real one is wanted.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;

class Attributes {
public:
    void add(std::string name, Value value);

    // Each takes the attribute of that name, and refuses one that is missing, of another type or out of range. `absent`
    // stands for a missing one.
    bool flag(std::string_view name, std::optional<bool> absent = {});
    int number(std::string_view name, int least, int most);
    float real(std::string_view name, float least, float most, std::optional<float> absent = {});
    int choice(std::string_view name, std::initializer_list<std::string_view> choices); ///< place in the list
    std::vector<int> numbers(std::string_view name, std::size_t count, int least, int most);
    /// From `fewest` to `most` numbers, each from `low` to `high`.
    std::vector<float> reals(std::string_view name, std::size_t fewest, std::size_t most, float low, float high);

    void finish() const; ///< refuses an attribute that was not taken

private:
    struct Entry {
        std::string name;
        Value value;
        bool taken = false;
    };
    Entry* find(std::string_view name);
    Value& take(std::string_view name);

    std::vector<Entry> entries_;
};

class Weights {
public:
    void add(std::string name, std::vector<int> shape, std::vector<float> values);

    /// The values of a weight, which must have that shape.
    std::vector<float> take(std::string_view name, const std::vector<int>& shape);

    void finish() const; ///< refuses a weight that was not taken

private:
    struct Entry {
        std::string name;
        std::vector<int> shape;
        std::vector<float> values;
        bool taken = false;
    };
    std::vector<Entry> entries_;
};

struct Definition {
    std::string type, name;
    std::vector<Shape> inputs;
    Attributes attributes;
    Weights weights;

    Shape input() const;       ///< the only one
    Shape equalInputs() const; ///< the shape of two or more
};

} // namespace deepdenoise
