#include "model/front_end_settings.h"

#include <algorithm>
#include <functional>

namespace deepdenoise {
namespace {

constexpr int kMostLookahead = 16;
constexpr int kMostTaps = 16;
constexpr int kMostBands = 1024;

} // namespace

FrontEndSettings takeFrontEnd(Attributes& attributes) {
    FrontEndSettings settings;
    settings.kind = static_cast<FrontEndKind>(attributes.choice("kind", {"none", "narrowband", "fullband"}));
    if (settings.kind != FrontEndKind::none) {
        settings.maxGain = attributes.real("max_gain", 0.0f, 16.0f);
        settings.lookahead = attributes.number("lookahead", 0, kMostLookahead);
    }
    if (settings.kind == FrontEndKind::fullband) {
        settings.floor = attributes.real("floor", 1e-30f, 1.0f);
        settings.offset = attributes.real("offset", -1000.0f, 1000.0f);
        settings.scale = attributes.real("scale", 1e-3f, 1e6f);
        settings.levelSeconds = attributes.real("level_seconds", 0.0f, 60.0f, 0.0f);
        settings.compression = attributes.real("compression", 0.0f, 1.0f);
        settings.lowBins = attributes.number("low_bins", 0, kNarrowbandBins); // 0-4 kHz: there at every rate
        settings.taps = attributes.number("taps", 1, kMostTaps);
        settings.comb = attributes.real("comb", 0.0f, 1.0f, 0.0f);
        settings.centers = attributes.reals("centers", 2, kMostBands, 0.0f, 96000.0f);
        require(std::adjacent_find(settings.centers.begin(), settings.centers.end(), std::greater_equal()) ==
                    settings.centers.end(),
                "the bands' centres do not rise");
    }
    attributes.finish();
    return settings;
}

void checkPorts(const ModelData& model, const std::vector<Node>& nodes) {
    const FrontEndSettings& settings = model.frontEnd;
    if (settings.kind == FrontEndKind::none)
        return;
    const auto shapeOf = [&](int node) { return node < 0 ? Shape{} : nodes[node].layer->output(); };
    const std::size_t inputs = model.inputs.size();
    if (settings.kind == FrontEndKind::narrowband) {
        const Shape frame{kNarrowbandBins, 1};
        require(inputs == 1 && shapeOf(model.inputNode("input")) == frame,
                "a narrowband model needs one input, named input, of shape (129, 1)");
        require(shapeOf(model.outputNode("magnitude")) == frame,
                "a narrowband model needs an output named magnitude of shape (129, 1)");
        return;
    }
    const Shape frame{static_cast<int>(settings.centers.size()), 1};
    const int low = model.inputNode("low");
    require(shapeOf(model.inputNode("bands")) == frame && inputs == (low < 0 ? 1u : 2u),
            "a fullband model needs an input named bands of shape (bands, 1), and at most one more, named low");
    require(low < 0 || shapeOf(low) == Shape{settings.lowBins, 2}, "the input low must have shape (low_bins, 2)");
    require(shapeOf(model.outputNode("gains")) == frame,
            "a fullband model needs an output named gains of shape (bands, 1)");
    const int filter = model.outputNode("filter");
    require(filter < 0 || (settings.lowBins > 0 && shapeOf(filter) == Shape{settings.lowBins, 2 * settings.taps}),
            "the output filter must have shape (low_bins, 2 * taps)");
}

} // namespace deepdenoise
