// Reads the model file, whose layout is written down in speechenh_plugin/modelfile.py. Nothing in it is trusted.
#include "layers/layer.h"
#include "model/checksum.h"
#include "model/cursor.h"
#include "model/front_end_settings.h"
#include "model/model.h"

#include <bit>
#include <cmath>
#include <new>

static_assert(std::endian::native == std::endian::little, "the model file is read as little-endian");

namespace deepdenoise {
namespace {

constexpr char kMagic[8] = {'D', 'D', 'E', 'N', 'O', 'I', 'S', 'E'};
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kHeaderSize = 24;  // magic, version, checksum, size
constexpr std::size_t kCheckedFrom = 16; // the checksum covers what follows it

// Far above any sensible network, and low enough that a hostile file can neither exhaust memory nor overflow an int.
constexpr std::size_t kMostBytes = 32u << 20;
constexpr std::uint32_t kMostNodes = 1024;
constexpr std::uint32_t kMostText = 256;
constexpr std::uint32_t kMostList = 1024;
constexpr std::uint32_t kMostMeta = 1u << 20;
constexpr double kMostFloats = 16e6;             // activations and history of one frame
constexpr std::ptrdiff_t kMostMemory = 32 << 20; // floats, as laid out: with the margins that all readers need
constexpr double kMostMultiplyAdds = 1e9;        // of one frame: no core does more in 8 ms

template <class T> std::vector<T> readList(Cursor& cursor) {
    std::vector<T> values;
    for (int left = cursor.number("the length of a list", 0, kMostList); left > 0; --left)
        values.push_back(cursor.take<T>());
    return values;
}

Value readValue(Cursor& cursor) {
    switch (cursor.number("the type of an attribute", 0, 5)) {
    case 0:
        return cursor.number("a flag", 0, 1) != 0;
    case 1:
        return cursor.take<std::int64_t>();
    case 2:
        return cursor.take<double>();
    case 3:
        return cursor.text("the length of a text", kMostText);
    case 4:
        return readList<std::int64_t>(cursor);
    default:
        return readList<double>(cursor);
    }
}

Attributes readAttributes(Cursor& cursor) {
    Attributes attributes;
    for (int left = cursor.number("the number of attributes", 0, 32); left > 0; --left) {
        std::string name = cursor.name("an attribute's name");
        attributes.add(std::move(name), readValue(cursor));
    }
    return attributes;
}

/// `unread`: bytes of the file that no earlier weight has taken.
void readWeight(Cursor& cursor, std::span<const std::byte> bytes, std::size_t& unread, Weights& weights) {
    std::string name = cursor.name("a weight's name");
    std::vector<int> shape;
    std::uint64_t count = 1;
    for (int rank = cursor.number("the rank of a weight", 1, 4); rank > 0; --rank) {
        shape.push_back(cursor.number("a weight's dimension", 1, 1u << 20));
        count *= static_cast<std::uint64_t>(shape.back());
        if (count > kMostBytes / sizeof(float))
            refuse("a weight is larger than any model file may be");
    }
    const auto offset = cursor.take<std::uint64_t>();
    if (offset % sizeof(float) != 0 || offset > bytes.size() || count * sizeof(float) > bytes.size() - offset)
        refuse("a weight lies outside the file");
    if (count * sizeof(float) > unread) // else a small file could fill any memory
        refuse("the weights are more than the file holds");
    unread -= count * sizeof(float);
    std::vector<float> values(count);
    std::memcpy(values.data(), bytes.data() + offset, count * sizeof(float));
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
        refuse("a weight is not a finite number");
    weights.add(std::move(name), std::move(shape), std::move(values));
}

Node readNode(Cursor& cursor, std::span<const std::byte> bytes, std::size_t& unread, const std::vector<Node>& earlier) {
    Definition definition;
    Node node;
    definition.type = cursor.name("a node's type");
    node.name = cursor.name("a node's name");
    try {
        for (int inputs = cursor.number("the number of inputs", 0, 64); inputs > 0; --inputs) {
            const auto from = cursor.take<std::uint32_t>();
            if (from >= earlier.size())
                refuse("an input is not an earlier node");
            node.inputs.push_back(static_cast<int>(from));
            definition.inputs.push_back(earlier[from].layer->output());
        }
        definition.attributes = readAttributes(cursor);
        for (int weights = cursor.number("the number of weights", 0, 8); weights > 0; --weights)
            readWeight(cursor, bytes, unread, definition.weights);
        node.layer = makeLayer(definition);
    } catch (const ModelError& error) {
        refuse("node '" + node.name + "': " + error.reason);
    }
    return node;
}

/// Checks the header; gives the cursor that stands after it.
Cursor open(std::span<const std::byte> bytes) {
    if (bytes.size() < kHeaderSize || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
        refuse("this is not a DeepDenoise model file");
    Cursor cursor(bytes, sizeof kMagic);
    if (const auto version = cursor.take<std::uint32_t>(); version != kVersion)
        refuse("its version is " + std::to_string(version) + ", this engine reads version " + std::to_string(kVersion) +
               ": export the model again");
    return cursor;
}

ModelLabel readLabel(Cursor& cursor) {
    std::string name = cursor.name("the model's name");
    return {std::move(name), cursor.number("the rank", 0, 1'000'000)};
}

ModelData read(std::span<const std::byte> bytes, const Kernels& kernels) {
    Cursor cursor = open(bytes);
    if (bytes.size() > kMostBytes)
        refuse("the file is larger than 32 MB");
    const auto checksum = cursor.take<std::uint32_t>();
    if (const auto size = cursor.take<std::uint64_t>(); size != bytes.size())
        refuse("it should have " + std::to_string(size) + " bytes and has " + std::to_string(bytes.size()) +
               ": the file is incomplete");
    if (crc32(bytes.subspan(kCheckedFrom)) != checksum)
        refuse("its checksum is wrong: the file is damaged");

    ModelData model;
    model.label = readLabel(cursor);
    cursor.text("the card data", kMostMeta); // for people, see read_meta in modelfile.py
    try {
        Attributes settings = readAttributes(cursor);
        model.frontEnd = takeFrontEnd(settings);
    } catch (const ModelError& error) {
        refuse("front end: " + error.reason);
    }
    std::vector<Node> nodes;
    std::size_t unread = bytes.size();
    double multiplyAdds = 0, floats = 0;
    for (int left = cursor.number("the number of nodes", 1, kMostNodes); left > 0; --left) {
        Node node = readNode(cursor, bytes, unread, nodes);
        const Cost cost = node.layer->cost();
        multiplyAdds += cost.multiplyAdds;
        floats += cost.floats;
        if (multiplyAdds > kMostMultiplyAdds || floats > kMostFloats)
            refuse("node '" + node.name + "': the network is too large to run");
        if (node.inputs.empty()) {
            if (model.inputNode(node.name) >= 0)
                refuse("two inputs are called '" + node.name + "'");
            model.inputs.push_back({node.name, static_cast<int>(nodes.size())});
        }
        nodes.push_back(std::move(node));
    }
    std::vector<int> outputs;
    for (int left = cursor.number("the number of outputs", 1, 16); left > 0; --left) {
        std::string name = cursor.name("an output's name");
        const auto node = cursor.take<std::uint32_t>();
        if (node >= nodes.size() || model.outputNode(name) >= 0)
            refuse("output '" + name + "' is not one node of the graph");
        outputs.push_back(static_cast<int>(node));
        model.outputs.push_back({std::move(name), outputs.back()});
    }
    checkPorts(model, nodes);
    model.plan = std::make_unique<const Plan>(kernels, std::move(nodes), outputs);
    if (model.plan->memory() > kMostMemory)
        refuse("its layers together: the network is too large to run");
    return model;
}

} // namespace

LoadResult loadModel(std::span<const std::byte> bytes, const Kernels& kernels) {
    try {
        return {std::make_shared<const Model>(std::make_unique<const ModelData>(read(bytes, kernels))), ""};
    } catch (const ModelError& error) {
        return {nullptr, "model refused: " + error.reason};
    } catch (const std::bad_alloc&) {
        return {nullptr, "model refused: not enough memory"};
    }
}

LoadResult loadModel(std::span<const std::byte> bytes) { return loadModel(bytes, bestKernels()); }

std::optional<ModelLabel> readLabel(std::span<const std::byte> head) {
    try {
        open(head);
        Cursor cursor(head, kHeaderSize);
        return readLabel(cursor);
    } catch (const ModelError&) {
        return {};
    }
}

} // namespace deepdenoise
