#include "graph.h"

#include <algorithm>
#include <cmath>

namespace deepdenoise {
namespace {

constexpr std::ptrdiff_t kCacheFloats = 192 * 1024; // three quarters of a megabyte: fits most second-level caches

/// A matrix of weights that Linear lays out: a dense layer without activation.
Node denseOf(const Weight& kernel, std::vector<float> bias, Shape input) {
    Node node;
    node.type = NodeType::dense;
    node.filters = kernel.shape[1];
    node.shape = {input.positions, node.filters};
    const int columns = node.filters;
    node.weights = {kernel, {{columns}, std::move(bias)}};
    return node;
}

bool isLinear(NodeType type) noexcept {
    return type == NodeType::conv || type == NodeType::convTranspose || type == NodeType::dense;
}

std::ptrdiff_t gruScratch(const Node& node, int frames) noexcept {
    const auto gates = roundUp(3 * static_cast<std::ptrdiff_t>(node.filters));
    return gates * node.shape.positions * frames + gates * std::max(node.shape.positions, frames) +
           roundUp(node.filters);
}

std::ptrdiff_t attentionScratch(const Graph& graph, const Node& node) noexcept {
    const Shape k = graph.tensor(node.inputs[1]).shape, v = graph.tensor(node.inputs[2]).shape;
    const int lanes = graph.kernels().lanes;
    return roundUp(packedSize(lanes, k.channels / node.heads, k.positions)) +
           roundUp(packedSize(lanes, v.positions, v.channels / node.heads)) +
           roundUp(k.positions) * node.shape.positions;
}

} // namespace

Graph::Graph(const Kernels& kernels, std::vector<Node> nodes, const std::vector<Port>& outputs) : kernels_(&kernels) {
    const int count = static_cast<int>(nodes.size());
    tensors_.resize(nodes.size());
    std::vector<int> lastUse(nodes.size());
    for (int i = 0; i < count; ++i) {
        Node& node = nodes[i];
        Tensor& tensor = tensors_[i];
        tensor.shape = node.shape;
        lastUse[i] = node.type == NodeType::input ? count : i;
        for (const int input : node.inputs)
            lastUse[input] = std::max(lastUse[input], i);

        Step step;
        if (isLinear(node.type))
            step.linear.emplace(kernels, node, tensors_[node.inputs[0]].shape);
        if (node.type == NodeType::gru) {
            const Shape input = tensors_[node.inputs[0]].shape;
            const std::vector<float>& bias = node.weights[2].values;
            const auto half = bias.begin() + 3 * node.filters;
            step.linear.emplace(kernels, denseOf(node.weights[0], {bias.begin(), half}, input), input);
            const Shape state{node.overFrequency ? 1 : input.positions, node.filters};
            step.recurrent.emplace(kernels, denseOf(node.weights[1], {half, bias.end()}, state), state);
        }
        if (node.type == NodeType::activation)
            step.slopes = slopesOf(node, node.shape.channels);
        if (step.linear) {
            Tensor& input = tensors_[node.inputs[0]];
            input.left = std::max<std::ptrdiff_t>(input.left, step.linear->leftMargin());
            input.right = std::max<std::ptrdiff_t>(input.right, step.linear->rightMargin());
            input.history = std::max(input.history, step.linear->history());
            if (node.type != NodeType::gru)
                tensor.right = step.linear->outputMargin();
        }
        if (node.type != NodeType::affine && node.type != NodeType::layerNorm)
            node.weights.clear();
        step.node = std::move(node);
        steps_.push_back(std::move(step));
    }
    for (const Port& output : outputs)
        lastUse[output.node] = count;

    std::vector<bool> busy;
    for (int i = 0; i < count; ++i) {
        Tensor& tensor = tensors_[i];
        Step& step = steps_[i];
        tensor.left = roundUp(tensor.left);
        tensor.stride = roundUp(tensor.left + tensor.shape.size() + tensor.right);
        tensor.state = stateSize_;
        stateSize_ += tensor.history * tensor.stride;
        step.state = stateSize_;
        if (step.node.type == NodeType::gru && !step.node.overFrequency)
            stateSize_ += roundUp(tensor.shape.size());
        if (step.linear)
            step.linear->setInputStride(tensors_[step.node.inputs[0]].stride);
        if (step.recurrent)
            step.recurrent->setInputStride(tensor.stride);

        // A buffer is free once the last reader of what it held has run; its margins fit only the same geometry.
        tensor.buffer = -1;
        const bool shares = tensor.history == 0 && step.node.type != NodeType::input; // inputs are filled beforehand
        for (int b = 0; shares && b < buffers(); ++b) {
            const Tensor& other = tensors_[bufferTensor_[b]];
            if (!busy[b] && other.history == 0 && other.left == tensor.left && other.stride == tensor.stride &&
                other.shape.size() == tensor.shape.size()) {
                tensor.buffer = b;
                break;
            }
        }
        if (tensor.buffer < 0) {
            tensor.buffer = buffers();
            bufferTensor_.push_back(i);
            busy.push_back(true);
        }
        busy[tensor.buffer] = true;
        for (int j = 0; j <= i; ++j)
            if (lastUse[j] == i)
                busy[tensors_[j].buffer] = false;
    }
}

std::ptrdiff_t Graph::bufferSize(int buffer, int frames) const noexcept {
    const Tensor& tensor = this->tensor(bufferTensor_[buffer]);
    return tensor.stride * (tensor.history + frames);
}

std::ptrdiff_t Graph::scratchSize(int frames) const noexcept {
    std::ptrdiff_t most = 0;
    for (const Step& step : steps_) {
        if (step.node.type == NodeType::gru)
            most = std::max(most, gruScratch(step.node, frames));
        if (step.node.type == NodeType::attention)
            most = std::max(most, attentionScratch(*this, step.node));
    }
    return most;
}

std::ptrdiff_t Graph::memory() const noexcept {
    std::ptrdiff_t floats = stateSize_ + scratchSize(1);
    for (int b = 0; b < buffers(); ++b)
        floats += bufferSize(b, 1);
    return floats;
}

int Graph::batchFor(int wanted) const noexcept {
    std::ptrdiff_t one = scratchSize(2) - scratchSize(1);
    for (int b = 0; b < buffers(); ++b)
        one += tensor(bufferTensor_[b]).stride;
    return static_cast<int>(std::clamp<std::ptrdiff_t>(kCacheFloats / one, 1, std::clamp(wanted, 1, 32)));
}

Runner::Runner(const Graph& graph, int maxFrames)
    : graph_(&graph), maxFrames_(maxFrames), scratch_(graph.scratchSize(maxFrames)) {
    for (int b = 0; b < graph.buffers(); ++b)
        buffers_.emplace_back(graph.bufferSize(b, maxFrames));
    std::ptrdiff_t widest = 0;
    for (const Graph::Step& step : graph.steps())
        if (step.node.type == NodeType::attention)
            for (const int input : step.node.inputs)
                widest = std::max<std::ptrdiff_t>(
                    widest, roundUp(std::max(graph.tensor(input).shape.positions, graph.tensor(input).shape.channels)));
    zeros_.assign(widest, 0.0f);
    ones_.assign(widest, 1.0f);
}

float* Runner::frame(int node, int t) noexcept {
    const Graph::Tensor& tensor = graph_->tensor(node);
    return buffers_[tensor.buffer].data() + tensor.left + (tensor.history + t) * tensor.stride;
}

void Runner::clear() noexcept {
    for (Floats& buffer : buffers_)
        std::fill(buffer.begin(), buffer.end(), 0.0f);
}

void Runner::run(int frames, float* state) noexcept {
    const int count = static_cast<int>(graph_->steps().size());
    for (int i = 0; i < count; ++i) {
        const Graph::Tensor& tensor = graph_->tensor(i);
        const std::ptrdiff_t past = tensor.history * tensor.stride;
        float* buffer = buffers_[tensor.buffer].data();
        std::copy_n(state + tensor.state, past, buffer);
        runStep(i, frames, state);
        std::copy_n(buffer + frames * tensor.stride, past, state + tensor.state);
    }
}

void Runner::runStep(int index, int frames, float* state) noexcept {
    const Graph::Step& step = graph_->steps()[index];
    const Node& node = step.node;
    const Shape out = node.shape;
    const auto shapeOf = [&](std::size_t i) { return graph_->tensor(node.inputs[i]).shape; };
    const auto in = [&](std::size_t i, int t) { return frame(node.inputs[i], t); };

    switch (node.type) {
    case NodeType::conv:
    case NodeType::convTranspose:
    case NodeType::dense:
        step.linear->run(in(0, 0), frame(index, 0), graph_->tensor(index).stride, frames);
        return;
    case NodeType::gru:
        gru(step, index, frames, state);
        return;
    case NodeType::attention:
        attention(step, index, frames);
        return;
    default:
        break;
    }

    for (int t = 0; t < frames; ++t) {
        float* y = frame(index, t);
        const float* x = node.inputs.empty() ? nullptr : in(0, t);
        switch (node.type) {
        case NodeType::upsample:
            for (int f = 0; f < out.positions; ++f)
                std::copy_n(x + f / node.factor * out.channels, out.channels, y + f * out.channels);
            break;
        case NodeType::slice:
            if (node.overFrequency)
                std::copy_n(x + node.start * out.channels, out.size(), y);
            else
                for (int f = 0; f < out.positions; ++f)
                    std::copy_n(x + f * shapeOf(0).channels + node.start, node.size, y + f * node.size);
            break;
        case NodeType::pad:
            std::fill_n(y, out.size(), 0.0f);
            std::copy_n(x, shapeOf(0).size(), y + node.before * out.channels);
            break;
        case NodeType::reshape:
            std::copy_n(x, out.size(), y);
            break;
        case NodeType::transpose:
            for (int f = 0; f < out.positions; ++f)
                for (int c = 0; c < out.channels; ++c)
                    y[f * out.channels + c] = x[c * out.positions + f];
            break;
        case NodeType::add:
            for (std::size_t i = 1; i < node.inputs.size(); ++i) {
                const float *first = i == 1 ? x : y, *other = in(i, t);
                for (int j = 0; j < out.size(); ++j)
                    y[j] = first[j] + other[j];
            }
            break;
        case NodeType::multiply:
            std::fill_n(y, out.size(), 1.0f);
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                const Shape shape = shapeOf(i);
                const int stepF = shape.positions == 1 ? 0 : shape.channels, stepC = shape.channels == 1 ? 0 : 1;
                const float* other = in(i, t);
                for (int f = 0; f < out.positions; ++f)
                    for (int c = 0; c < out.channels; ++c)
                        y[f * out.channels + c] *= other[f * stepF + c * stepC];
            }
            break;
        case NodeType::concat: {
            int at = 0;
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                const Shape shape = shapeOf(i);
                const float* other = in(i, t);
                if (node.overFrequency) {
                    std::copy_n(other, shape.size(), y + at * out.channels);
                    at += shape.positions;
                } else {
                    for (int f = 0; f < out.positions; ++f)
                        std::copy_n(other + f * shape.channels, shape.channels, y + f * out.channels + at);
                    at += shape.channels;
                }
            }
            break;
        }
        case NodeType::affine: {
            const float *scale = node.weights[0].values.data(), *shift = node.weights[1].values.data();
            for (int f = 0; f < out.positions; ++f)
                for (int c = 0; c < out.channels; ++c)
                    y[f * out.channels + c] = x[f * out.channels + c] * scale[c] + shift[c];
            break;
        }
        case NodeType::layerNorm: {
            const int span = node.wholeFrame ? out.size() : out.channels;
            for (int i = 0; i < out.size(); i += span)
                graph_->kernels().layerNorm(x + i, y + i, span, node.epsilon, node.weights[0].values.data(),
                                            node.weights[1].values.data());
            break;
        }
        case NodeType::activation:
            if (isSmooth(node.activation)) {
                std::copy_n(x, out.size(), y);
                graph_->kernels().activate(node.activation, y, out.size());
                break;
            }
            for (int f = 0; f < out.positions; ++f)
                for (int c = 0; c < out.channels; ++c) {
                    const float v = x[f * out.channels + c];
                    y[f * out.channels + c] = std::max(v, 0.0f) + step.slopes[c] * std::min(v, 0.0f);
                }
            break;
        default: // input: its frames are already there
            break;
        }
    }
}

void Runner::gru(const Graph::Step& step, int index, int frames, float* state) noexcept {
    const Node& node = step.node;
    const Kernels& kernels = graph_->kernels();
    const int units = node.filters, positions = node.shape.positions;
    const auto gates = roundUp(3 * static_cast<std::ptrdiff_t>(units));
    float* input = scratch_.data(); // [frames][positions][3 units], frames `gates * positions` apart
    float* recurrent = input + gates * positions * frames;
    float* zero = recurrent + gates * std::max(positions, frames);
    const std::ptrdiff_t inputStride = gates * positions;
    step.linear->run(frame(node.inputs[0], 0), input, inputStride, frames);

    if (!node.overFrequency) {
        float* h = state + step.state;
        for (int t = 0; t < frames; ++t) {
            step.recurrent->run(h, recurrent, inputStride, 1);
            for (int f = 0; f < positions; ++f)
                kernels.gruStep(input + t * inputStride + f * 3 * units, recurrent + f * 3 * units, h + f * units,
                                h + f * units, units);
            std::copy_n(h, positions * units, frame(index, t));
        }
        return;
    }
    // Over frequency the frames are independent: their states at one position are the rows of one product.
    const std::ptrdiff_t outStride = graph_->tensor(index).stride;
    std::fill_n(zero, units, 0.0f);
    for (int n = 0; n < positions; ++n) {
        const int f = node.reverse ? positions - 1 - n : n, previous = node.reverse ? f + 1 : f - 1;
        float* out = frame(index, 0) + f * units;
        const float* old = n == 0 ? zero : frame(index, 0) + previous * units;
        step.recurrent->run(old, recurrent, gates, n == 0 ? 1 : frames);
        for (int t = 0; t < frames; ++t) {
            const std::ptrdiff_t row = n == 0 ? 0 : t;
            kernels.gruStep(input + t * inputStride + f * 3 * units, recurrent + row * gates, old + row * outStride,
                            out + t * outStride, units);
        }
    }
}

void Runner::attention(const Graph::Step& step, int index, int frames) noexcept {
    const Node& node = step.node;
    const Kernels& kernels = graph_->kernels();
    const Shape q = node.shape, k = graph_->tensor(node.inputs[1]).shape, v = graph_->tensor(node.inputs[2]).shape;
    const int width = k.channels / node.heads, outWidth = v.channels / node.heads, lanes = kernels.lanes;
    float* keys = scratch_.data();
    float* values = keys + roundUp(packedSize(lanes, width, k.positions));
    float* scores = values + roundUp(packedSize(lanes, k.positions, outWidth));
    const std::ptrdiff_t scoreStride = roundUp(k.positions), chunk = 0;
    std::fill_n(keys, scores - keys, 0.0f);

    for (int t = 0; t < frames; ++t)
        for (int head = 0; head < node.heads; ++head) {
            const float* key = frame(node.inputs[1], t) + head * width;
            const float* value = frame(node.inputs[2], t) + head * outWidth;
            for (int f = 0; f < k.positions; ++f) {
                float* column = keys + packedAt(lanes, width, 0, f);
                for (int c = 0; c < width; ++c)
                    column[c * lanes] = key[f * k.channels + c];
                for (int c = 0; c < outWidth; c += lanes)
                    std::copy_n(value + f * v.channels + c, std::min(lanes, outWidth - c),
                                values + packedAt(lanes, k.positions, f, c));
            }
            const int queryChannels = k.channels;
            kernels.multiply({frame(node.inputs[0], t) + head * width, queryChannels, q.positions, &chunk, 1, width,
                              keys, zeros_.data(), ones_.data(), k.positions, scores, scoreStride});
            for (int f = 0; f < q.positions; ++f)
                kernels.softmax(scores + f * scoreStride, k.positions, 1.0f / std::sqrt(static_cast<float>(width)));
            kernels.multiply({scores, scoreStride, q.positions, &chunk, 1, k.positions, values, zeros_.data(),
                              ones_.data(), outWidth, frame(index, t) + head * outWidth, v.channels});
        }
}

} // namespace deepdenoise
