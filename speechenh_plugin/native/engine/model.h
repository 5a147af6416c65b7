// What a model file holds, once checked: the front end's numbers, the nodes in topological order, their weights.
// The file's layout is written down in speechenh_plugin/modelfile.py.
#pragma once

#include "deepdenoise.h"
#include "kernels.h"

#include <array>
#include <string>
#include <vector>

namespace deepdenoise {

inline constexpr int kBands = 129; // of either front end

enum class NodeType : unsigned {
    input,
    conv,
    convTranspose,
    upsample,
    slice,
    pad,
    reshape,
    transpose,
    dense,
    gru,
    add,
    multiply,
    concat,
    affine,
    layerNorm,
    activation,
    attention,
    count
};

/// One frame of a tensor: F positions along frequency by C channels, channels last.
struct Shape {
    int positions = 0;
    int channels = 0;
    int size() const noexcept { return positions * channels; }
    bool operator==(const Shape&) const = default;
};

struct Weight {
    std::vector<int> shape;
    std::vector<float> values;
};

/// A node's attributes keep the names of graph.json; each type uses its own few.
struct Node {
    NodeType type = NodeType::input;
    std::string name;
    std::vector<int> inputs; // indices of earlier nodes
    Shape shape;             // of the output

    int filters = 0; // conv: filters; dense, gru: units
    int kernelTime = 1, kernelFrequency = 1, stride = 1, dilation = 1, groups = 1;
    Activation activation = Activation::linear;
    float alpha = 0.2f;   // leaky relu
    float epsilon = 0.0f; // layer_norm
    bool useBias = true;
    bool overFrequency = false; // gru, slice, concat: the axis is frequency
    bool reverse = false;       // gru
    bool wholeFrame = false;    // layer_norm: statistics over positions and channels
    int start = 0, size = 0;    // slice
    int before = 0, after = 0;  // pad
    int factor = 1;             // upsample
    int heads = 1;              // attention

    std::vector<Weight> weights; // in the order of modelfile.py
};

enum class FrontEndKind : unsigned { none, narrowband, fullband };

/// Where features come from and where gains go; "none" is a bare graph, for tests.
struct FrontEndSettings {
    FrontEndKind kind = FrontEndKind::none;
    float maxGain = 1.0f;
    int lookahead = 0;                   // frames
    std::array<float, kBands> centers{}; // Hz
    float floor = 0, offset = 0, scale = 1;
    int lowBins = 0;
    float compression = 1;
    int taps = 1;
};

/// A node that the front end (or a test) fills or reads.
struct Port {
    std::string name;
    int node;
};

class Graph;

struct ModelData {
    ModelData();
    ModelData(ModelData&&) noexcept;
    ~ModelData();

    std::string name;
    FrontEndSettings frontEnd;
    std::vector<Port> inputs, outputs;
    std::unique_ptr<const Graph> graph;

    int inputNode(std::string_view name) const noexcept; // -1: none
    int outputNode(std::string_view name) const noexcept;
};

/// `loadModel` for a chosen instruction set.
LoadResult loadModel(std::span<const std::byte> bytes, const Kernels& kernels);

/// Fills in node.shape after checking inputs, attributes and weight shapes; throws ModelError.
void checkNode(const std::vector<Node>& earlier, Node& node);

/// Work of one frame in multiply-adds, and the floats it keeps.
struct Cost {
    double multiplyAdds = 0;
    double floats = 0;
};
Cost costOf(const std::vector<Node>& earlier, const Node& node);

struct ModelError {
    std::string reason;
};

} // namespace deepdenoise
