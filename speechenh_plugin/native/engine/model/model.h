// What a model file holds, once checked: the front end's numbers, the planned graph, its inputs and outputs.
#pragma once

#include "constants.h"
#include "deepdenoise.h"
#include "graph/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace deepdenoise {

enum class FrontEndKind { none, narrowband, fullband };

/// Where features come from and where gains go; "none" is a bare graph, for tests.
struct FrontEndSettings {
    FrontEndKind kind = FrontEndKind::none;
    float maxGain = 1.0f;
    int lookahead = 0;          // frames
    std::vector<float> centers; // of the bands, Hz
    float floor = 0, offset = 0, scale = 1;
    float levelSeconds = 0; // time constant of the level that features are relative to; 0: full scale
    int lowBins = 0;
    float compression = 1;
    int taps = 1;
    float comb = 0; // most of a bin that comes from the frame a period of the voice earlier
};

/// A node that the front end (or a test) fills or reads.
struct Port {
    std::string name;
    int node;
};

struct ModelData {
    ModelLabel label;
    FrontEndSettings frontEnd;
    std::vector<Port> inputs, outputs;
    std::unique_ptr<const Plan> plan;

    int inputNode(std::string_view name) const noexcept; // -1: none
    int outputNode(std::string_view name) const noexcept;
};

/// `loadModel` for a chosen instruction set.
LoadResult loadModel(std::span<const std::byte> bytes, const Kernels& kernels);

} // namespace deepdenoise
