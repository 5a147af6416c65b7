#include "state.h"

namespace deepdenoise::plugin {

bool writeState(const shell::State& state, vst3::Stream& stream) {
    auto bytes = shell::packState(state);
    int32_t written = 0;
    const auto size = static_cast<int32_t>(bytes.size());
    return stream.write(bytes.data(), size, &written) == vst3::kResultOk && written == size;
}

std::optional<shell::State> readState(vst3::Stream& stream) {
    const auto bytes = shell::readAll([&stream](void* target, int64_t size) -> int64_t {
        // The count alone tells: some streams say false when fewer bytes came than were asked for.
        int32_t count = 0;
        stream.read(target, static_cast<int32_t>(size), &count);
        return count;
    });
    return bytes ? shell::unpackState(*bytes) : std::nullopt;
}

} // namespace deepdenoise::plugin
