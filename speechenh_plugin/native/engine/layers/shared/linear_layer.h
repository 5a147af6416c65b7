// The base of the layers that are one product: convolutions and dense layers.
#pragma once

#include "kernels/linear.h"
#include "layers/layer.h"
#include "layers/shared/nonlinearity.h"

#include <optional>

namespace deepdenoise {

/// A derived constructor fills in `settings_`; `prepare` packs and drops it.
class LinearLayer : public Layer {
public:
    Needs prepare(const Kernels& kernels) override;
    void run(const Call& call) const noexcept override;

protected:
    /// Takes use_bias, the bias of that shape, activation and alpha.
    void takeBiasAndActivation(Definition& node, const std::vector<int>& biasShape);

    LinearSettings settings_;

private:
    std::optional<Linear> linear_;
};

} // namespace deepdenoise
