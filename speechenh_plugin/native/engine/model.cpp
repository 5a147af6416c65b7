#include "model.h"

#include "checksum.h"
#include "fuse.h"
#include "graph.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <new>

static_assert(std::endian::native == std::endian::little, "the model file is read as little-endian");

namespace deepdenoise {
namespace {

constexpr char kMagic[8] = {'D', 'D', 'E', 'N', 'O', 'I', 'S', 'E'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderSize = 24; // magic, version, checksum, size

// Far above any sensible network, and low enough that a hostile file can neither exhaust memory nor overflow an int.
constexpr std::size_t kMostBytes = 32u << 20;
constexpr std::uint32_t kMostNodes = 1024;
constexpr std::uint32_t kMostName = 256;
constexpr std::uint32_t kMostMeta = 1u << 20;
constexpr double kMostFloats = 16e6;             // activations and history of one frame
constexpr std::ptrdiff_t kMostMemory = 32 << 20; // floats, as laid out: with the margins that all readers need
constexpr double kMostMultiplyAdds = 1e9;        // of one frame: no core does more in 8 ms
constexpr int kMostLookahead = 16;
constexpr int kMostTaps = 16;

[[noreturn]] void refuse(std::string reason) { throw ModelError{std::move(reason)}; }

/// Takes values off the front; every step is checked against what is left.
class Cursor {
public:
    explicit Cursor(std::span<const std::byte> bytes, std::size_t at) : bytes_(bytes), at_(at) {}

    template <class T> T take() {
        T value;
        std::memcpy(&value, need(sizeof(T)), sizeof(T));
        return value;
    }

    /// A whole number from `least` to `most`.
    int number(const char* what, std::uint32_t least, std::uint32_t most) {
        const auto value = take<std::uint32_t>();
        if (value < least || value > most)
            refuse(std::string(what) + " is " + std::to_string(value) + ", not within " + std::to_string(least) + ".." +
                   std::to_string(most));
        return static_cast<int>(value);
    }

    float real(const char* what, float least, float most) {
        const auto value = take<float>();
        if (!(value >= least && value <= most))
            refuse(std::string(what) + " is out of range");
        return value;
    }

    bool flag(const char* what) { return number(what, 0, 1) != 0; }

    std::string text(const char* what, std::uint32_t most) {
        const int length = number(what, 0, most);
        const auto* from = reinterpret_cast<const char*>(need(length));
        return std::string(from, from + length);
    }

    std::string name(const char* what) {
        std::string name = text(what, kMostName);
        if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; }))
            refuse(std::string(what) + " must be printable ASCII");
        return name;
    }

private:
    const std::byte* need(std::size_t count) {
        if (count > bytes_.size() - at_)
            refuse("the graph runs past the end of the file");
        const std::byte* from = bytes_.data() + at_;
        at_ += count;
        return from;
    }

    std::span<const std::byte> bytes_;
    std::size_t at_;
};

/// `unread`: bytes of the file that no earlier weight has taken.
Weight readWeight(Cursor& cursor, std::span<const std::byte> bytes, std::size_t& unread) {
    Weight weight;
    std::uint64_t count = 1;
    for (int rank = cursor.number("the rank of a weight", 1, 4); rank > 0; --rank) {
        weight.shape.push_back(cursor.number("a weight's dimension", 1, 1u << 20));
        count *= static_cast<std::uint64_t>(weight.shape.back());
        if (count > kMostBytes / sizeof(float))
            refuse("a weight is larger than any model file may be");
    }
    const auto offset = cursor.take<std::uint64_t>();
    if (offset % sizeof(float) != 0 || offset > bytes.size() || count * sizeof(float) > bytes.size() - offset)
        refuse("a weight lies outside the file");
    if (count * sizeof(float) > unread) // else a small file could fill any memory
        refuse("weights overlap");
    unread -= count * sizeof(float);
    weight.values.resize(count);
    std::memcpy(weight.values.data(), bytes.data() + offset, count * sizeof(float));
    if (!std::all_of(weight.values.begin(), weight.values.end(), [](float v) { return std::isfinite(v); }))
        refuse("a weight is not a finite number");
    return weight;
}

FrontEndSettings readFrontEnd(Cursor& cursor) {
    FrontEndSettings settings;
    settings.kind = static_cast<FrontEndKind>(cursor.number("the front end", 0, 2));
    if (settings.kind == FrontEndKind::none)
        return settings;
    settings.maxGain = cursor.real("max_gain", 0.0f, 16.0f);
    settings.lookahead = cursor.number("lookahead", 0, kMostLookahead);
    if (settings.kind == FrontEndKind::narrowband)
        return settings;
    settings.floor = cursor.real("floor", 1e-30f, 1.0f);
    settings.offset = cursor.real("offset", -1000.0f, 1000.0f);
    settings.scale = cursor.real("scale", 1e-3f, 1e6f);
    settings.compression = cursor.real("compression", 0.0f, 1.0f);
    settings.lowBins = cursor.number("low_bins", 0, 129); // 0-4 kHz: there at every rate
    settings.taps = cursor.number("taps", 1, kMostTaps);
    float previous = -1.0f;
    for (float& center : settings.centers) {
        center = cursor.real("a band's centre", 0.0f, 96000.0f);
        if (center <= previous)
            refuse("the bands' centres do not rise");
        previous = center;
    }
    return settings;
}

constexpr std::uint32_t kMostSize = 1u << 16; // positions, channels, filters

void readAttributes(Cursor& cursor, Node& node) {
    const auto size = [&](const char* what) { return cursor.number(what, 1, kMostSize); };
    const auto activation = [&] {
        node.activation = static_cast<Activation>(cursor.number("activation", 0, unsigned(Activation::tanh)));
        node.alpha = cursor.real("alpha", -100.0f, 100.0f);
    };
    switch (node.type) {
    case NodeType::input:
    case NodeType::reshape:
        node.shape = {size("shape"), size("shape")};
        break;
    case NodeType::conv:
        node.filters = size("filters");
        node.kernelTime = cursor.number("kernel", 1, 256);
        node.kernelFrequency = cursor.number("kernel", 1, 4096);
        node.stride = cursor.number("stride", 1, 64);
        node.dilation = cursor.number("dilation", 1, 256);
        node.groups = size("groups");
        activation();
        node.useBias = cursor.flag("use_bias");
        break;
    case NodeType::convTranspose:
        node.filters = size("filters");
        node.kernelFrequency = cursor.number("kernel", 1, 4096);
        node.stride = cursor.number("stride", 1, 64);
        activation();
        node.useBias = cursor.flag("use_bias");
        break;
    case NodeType::upsample:
        node.factor = cursor.number("factor", 1, 64);
        break;
    case NodeType::slice:
        node.overFrequency = cursor.flag("axis");
        node.start = cursor.number("start", 0, kMostSize);
        node.size = size("size");
        break;
    case NodeType::pad:
        node.before = cursor.number("before", 0, kMostSize);
        node.after = cursor.number("after", 0, kMostSize);
        break;
    case NodeType::dense:
        node.filters = size("units");
        activation();
        node.useBias = cursor.flag("use_bias");
        break;
    case NodeType::gru:
        node.filters = size("units");
        node.overFrequency = cursor.flag("axis");
        node.reverse = cursor.flag("reverse");
        break;
    case NodeType::concat:
        node.overFrequency = cursor.flag("axis");
        break;
    case NodeType::layerNorm:
        node.wholeFrame = cursor.flag("axes");
        node.epsilon = cursor.real("epsilon", 1e-12f, 1.0f);
        break;
    case NodeType::activation:
        activation();
        break;
    case NodeType::attention:
        node.heads = size("heads");
        break;
    default: // add, multiply, transpose, affine have none
        break;
    }
}

Node readNode(Cursor& cursor, std::span<const std::byte> bytes, std::size_t& unread, const std::vector<Node>& earlier) {
    Node node;
    node.type = static_cast<NodeType>(cursor.number("a node's type", 0, unsigned(NodeType::count) - 1));
    node.name = cursor.name("a node's name");
    try {
        for (int inputs = cursor.number("the number of inputs", 0, 64); inputs > 0; --inputs) {
            const auto from = cursor.take<std::uint32_t>();
            if (from >= earlier.size())
                refuse("an input is not an earlier node");
            node.inputs.push_back(static_cast<int>(from));
        }
        readAttributes(cursor, node);
        for (int weights = cursor.number("the number of weights", 0, 8); weights > 0; --weights)
            node.weights.push_back(readWeight(cursor, bytes, unread));
        checkNode(earlier, node);
    } catch (const ModelError& error) {
        refuse("node '" + node.name + "': " + error.reason);
    }
    return node;
}

void checkFrontEnd(const ModelData& model, const std::vector<Node>& nodes) {
    const FrontEndSettings& settings = model.frontEnd;
    if (settings.kind == FrontEndKind::none)
        return;
    const auto shapeOf = [&](int node) { return node < 0 ? Shape{} : nodes[node].shape; };
    const auto require = [](bool good, const char* reason) {
        if (!good)
            refuse(reason);
    };
    const std::size_t inputs = model.inputs.size();
    const Shape frame{kBands, 1};
    if (settings.kind == FrontEndKind::narrowband) {
        require(inputs == 1 && shapeOf(model.inputNode("input")) == frame,
                "a narrowband model needs one input, named input, of shape (129, 1)");
        require(shapeOf(model.outputNode("magnitude")) == frame,
                "a narrowband model needs an output named magnitude of shape (129, 1)");
        return;
    }
    const int low = model.inputNode("low");
    require(shapeOf(model.inputNode("bands")) == frame && inputs == (low < 0 ? 1u : 2u),
            "a fullband model needs an input named bands of shape (129, 1), and at most one more, named low");
    require(low < 0 || shapeOf(low) == Shape{settings.lowBins, 2}, "the input low must have shape (low_bins, 2)");
    require(shapeOf(model.outputNode("gains")) == frame,
            "a fullband model needs an output named gains of shape (129, 1)");
    const int filter = model.outputNode("filter");
    require(filter < 0 || (settings.lowBins > 0 && shapeOf(filter) == Shape{settings.lowBins, 2 * settings.taps}),
            "the output filter must have shape (low_bins, 2 * taps)");
}

ModelData read(std::span<const std::byte> bytes, const Kernels& kernels) {
    if (bytes.size() < kHeaderSize || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
        refuse("this is not a DeepDenoise model file");
    if (bytes.size() > kMostBytes)
        refuse("the file is larger than 32 MB");
    Cursor cursor(bytes, sizeof kMagic);
    if (const auto version = cursor.take<std::uint32_t>(); version != kVersion)
        refuse("its version is " + std::to_string(version) + ", this engine reads version " + std::to_string(kVersion) +
               ": export the model again");
    const auto checksum = cursor.take<std::uint32_t>();
    if (const auto size = cursor.take<std::uint64_t>(); size != bytes.size())
        refuse("it should have " + std::to_string(size) + " bytes and has " + std::to_string(bytes.size()) +
               ": the file is incomplete");
    if (crc32(bytes.subspan(sizeof kMagic + 8)) != checksum)
        refuse("its checksum is wrong: the file is damaged");

    ModelData model;
    model.name = cursor.name("the model's name");
    cursor.text("the card data", kMostMeta); // for people, see read_meta in modelfile.py
    model.frontEnd = readFrontEnd(cursor);
    std::vector<Node> nodes;
    std::size_t unread = bytes.size();
    double multiplyAdds = 0, floats = 0;
    for (int left = cursor.number("the number of nodes", 1, kMostNodes); left > 0; --left) {
        Node node = readNode(cursor, bytes, unread, nodes);
        const Cost cost = costOf(nodes, node);
        multiplyAdds += cost.multiplyAdds;
        floats += cost.floats;
        if (multiplyAdds > kMostMultiplyAdds || floats > kMostFloats)
            refuse("node '" + node.name + "': the network is too large to run");
        if (node.type == NodeType::input && model.inputNode(node.name) >= 0)
            refuse("two inputs are called '" + node.name + "'");
        if (node.type == NodeType::input)
            model.inputs.push_back({node.name, static_cast<int>(nodes.size())});
        nodes.push_back(std::move(node));
    }
    for (int left = cursor.number("the number of outputs", 1, 16); left > 0; --left) {
        std::string name = cursor.name("an output's name");
        const auto node = cursor.take<std::uint32_t>();
        if (node >= nodes.size() || model.outputNode(name) >= 0)
            refuse("output '" + name + "' is not one node of the graph");
        model.outputs.push_back({std::move(name), static_cast<int>(node)});
    }
    checkFrontEnd(model, nodes);
    fuseActivations(nodes, model.inputs, model.outputs);
    model.graph = std::make_unique<const Graph>(kernels, std::move(nodes), model.outputs);
    if (model.graph->memory() > kMostMemory)
        refuse("its layers together: the network is too large to run");
    return model;
}

int find(const std::vector<Port>& ports, std::string_view name) noexcept {
    for (const Port& port : ports)
        if (port.name == name)
            return port.node;
    return -1;
}

} // namespace

ModelData::ModelData() = default;
ModelData::ModelData(ModelData&&) noexcept = default;
ModelData::~ModelData() = default;
int ModelData::inputNode(std::string_view wanted) const noexcept { return find(inputs, wanted); }
int ModelData::outputNode(std::string_view wanted) const noexcept { return find(outputs, wanted); }

Model::Model(std::unique_ptr<const ModelData> data) : data_(std::move(data)) {}
Model::~Model() = default;
const std::string& Model::name() const noexcept { return data_->name; }

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

} // namespace deepdenoise
