// What component and controller have in common.
#pragma once

#include "../shell/instance.h"

#include <atomic>

namespace deepdenoise::plugin {

/// While a host processes, its controller tells what to show, which may be late; what is heard comes with the blocks.
class Effect : public shell::Instance {
public:
    /// What is shown and what sessions hold: the last value from either side.
    shell::Values shown;

    /// Whether the host processes: then only its blocks change what is heard.
    std::atomic<bool> processing{false};

    /// Sets what is heard and what is shown; false if the id is unknown or the value not in 0..1.
    bool set(uint32_t id, double normalised) noexcept {
        return values.setNormalised(id, normalised) && shown.setNormalised(id, normalised);
    }

    /// What is shown is heard from now on.
    void hearShown() noexcept {
        for (uint32_t id = 0; id < shell::kControlCount; ++id)
            values.set(id, shown.get(id));
    }

    shell::State state() const {
        shell::State state = Instance::state();
        for (uint32_t id = 0; id < shell::kControlCount; ++id)
            state.values[id] = shown.get(id);
        return state;
    }

    shell::Loaded setState(const shell::State& state) {
        shell::Loaded loaded = Instance::setState(state);
        for (uint32_t id = 0; id < shell::kControlCount; ++id) {
            const double before = shown.get(id);
            shown.set(id, state.values[id]);
            loaded.changes.values |= shown.get(id) != before;
        }
        return loaded;
    }
};

} // namespace deepdenoise::plugin
