#include "fuse.h"

namespace deepdenoise {

void fuseActivations(std::vector<Node>& nodes, std::vector<Port>& inputs, std::vector<Port>& outputs) {
    std::vector<int> readers(nodes.size());
    for (const Node& node : nodes)
        for (const int input : node.inputs)
            ++readers[input];
    for (const Port& output : outputs)
        ++readers[output.node];

    std::vector<Node> kept;
    std::vector<int> place; // old index -> new
    for (Node& node : nodes) {
        const int old = node.inputs.empty() ? -1 : node.inputs[0];
        for (int& input : node.inputs)
            input = place[input];
        if (node.type == NodeType::activation && readers[old] == 1) {
            Node& before = kept[node.inputs[0]];
            const bool linear = before.type == NodeType::conv || before.type == NodeType::convTranspose ||
                                before.type == NodeType::dense;
            if (linear && before.activation == Activation::linear) {
                before.activation = node.activation;
                before.alpha = node.alpha;
                for (Weight& weight : node.weights)
                    before.weights.push_back(std::move(weight));
                place.push_back(node.inputs[0]);
                continue;
            }
        }
        place.push_back(static_cast<int>(kept.size()));
        kept.push_back(std::move(node));
    }
    nodes = std::move(kept);
    for (std::vector<Port>* ports : {&inputs, &outputs})
        for (Port& port : *ports)
            port.node = place[port.node];
}

} // namespace deepdenoise
