#include "layers/layer.h"

#include <string_view>

namespace deepdenoise {

namespace layers {
#define LAYER(name) std::unique_ptr<Layer> name(Definition&);
#include "layers/registry.def"
#undef LAYER
} // namespace layers

namespace {

constexpr const char* kNames[] = {
#define LAYER(name) #name,
#include "layers/registry.def"
#undef LAYER
};

constexpr MakeLayer kMake[] = {
#define LAYER(name) layers::name,
#include "layers/registry.def"
#undef LAYER
};

} // namespace

Cost Layer::cost() const {
    const double size = output_.size();
    return {size, size};
}

std::unique_ptr<Layer> makeLayer(Definition& definition) {
    for (std::size_t i = 0; i < std::size(kNames); ++i)
        if (definition.type == kNames[i]) {
            std::unique_ptr<Layer> layer = kMake[i](definition);
            definition.attributes.finish();
            definition.weights.finish();
            const Shape out = layer->output();
            require(out.positions >= 1 && out.channels >= 1 && out.positions <= kMostSize &&
                        out.channels <= kMostSize && static_cast<double>(out.positions) * out.channels <= 1 << 22,
                    "its output is too large");
            return layer;
        }
    refuse("this engine has no layer of type '" + definition.type + "'");
}

std::span<const char* const> layerNames() noexcept { return kNames; }

} // namespace deepdenoise
