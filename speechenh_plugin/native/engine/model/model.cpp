#include "model/model.h"

namespace deepdenoise {
namespace {

int find(const std::vector<Port>& ports, std::string_view name) noexcept {
    for (const Port& port : ports)
        if (port.name == name)
            return port.node;
    return -1;
}

} // namespace

int ModelData::inputNode(std::string_view wanted) const noexcept { return find(inputs, wanted); }
int ModelData::outputNode(std::string_view wanted) const noexcept { return find(outputs, wanted); }

Model::Model(std::unique_ptr<const ModelData> data) : data_(std::move(data)) {}
Model::~Model() = default;
const std::string& Model::name() const noexcept { return data_->label.name; }

} // namespace deepdenoise
