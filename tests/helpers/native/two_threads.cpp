// Two instances process, each in a thread, while the main thread changes all that a host can change: run under
// ThreadSanitizer by test_sanitizers.py. Arguments: the plug-in's library, seconds, files of states.
#include "../../../speechenh_plugin/native/vst3/vst3.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace {

using Bytes = std::vector<char>;

class State final : public vst3::Stream {
public:
    explicit State(Bytes bytes = {}) : bytes_(std::move(bytes)) {}
    vst3::Result queryInterface(const char*, void**) override { return vst3::kNoInterface; }
    uint32_t addRef() override { return 1; }
    uint32_t release() override { return 1; }
    vst3::Result read(void* buffer, int32_t size, int32_t* count) override {
        *count = static_cast<int32_t>(std::min<size_t>(size, bytes_.size() - position_));
        std::memcpy(buffer, bytes_.data() + position_, *count);
        position_ += *count;
        return vst3::kResultOk;
    }
    vst3::Result write(void* buffer, int32_t size, int32_t* count) override {
        bytes_.insert(bytes_.end(), static_cast<char*>(buffer), static_cast<char*>(buffer) + size);
        *count = size;
        return vst3::kResultOk;
    }
    vst3::Result seek(int64_t, int32_t, int64_t*) override { return vst3::kNotImplemented; }
    vst3::Result tell(int64_t*) override { return vst3::kNotImplemented; }

private:
    Bytes bytes_;
    size_t position_ = 0;
};

template <class Interface> Interface* query(vst3::Unknown* object) {
    void* found = nullptr;
    if (object->queryInterface(Interface::iid.bytes, &found) != vst3::kResultOk)
        std::abort();
    return static_cast<Interface*>(found);
}

/// One instance and its audio thread.
class Instance {
public:
    explicit Instance(vst3::PluginFactory* factory) {
        vst3::ClassInfo info;
        void* created = nullptr;
        factory->getClassInfo(0, &info);
        if (factory->createInstance(info.cid, vst3::Component::iid.bytes, &created) != vst3::kResultOk)
            std::abort();
        component = static_cast<vst3::Component*>(created);
        processor = query<vst3::AudioProcessor>(component);
        controller = query<vst3::EditController>(component);
        component->initialize(nullptr);
        audio_ = std::thread([this] { run(); });
    }
    ~Instance() {
        over_ = true;
        audio_.join();
        controller->release();
        processor->release();
        component->release();
    }
    long blocks() const { return blocks_; }

    vst3::Component* component;
    vst3::AudioProcessor* processor;
    vst3::EditController* controller;

private:
    void run() {
        std::vector<float> left(480, 0.1f), right(480, -0.1f), outLeft(480), outRight(480);
        float *in[] = {left.data(), right.data()}, *out[] = {outLeft.data(), outRight.data()};
        for (int turn = 0; !over_; ++turn) {
            vst3::AudioBusBuffers input{1 + turn / 3 % 2, 0, in}, output{1 + turn / 3 % 2, 0, out};
            vst3::ProcessData data{};
            data.numSamples = 480;
            data.numInputs = data.numOutputs = 1;
            data.inputs = &input;
            data.outputs = &output;
            if (turn % 50 == 0)
                processor->setProcessing(turn / 50 % 2); // a host may call it from here
            blocks_ += processor->process(data) == vst3::kResultOk;
        }
    }

    std::atomic<bool> over_{false};
    std::atomic<long> blocks_{0}; // that were processed
    std::thread audio_;
};

void change(Instance& instance, const std::vector<Bytes>& states) {
    const auto chance = [](int count) { return std::rand() % count; };
    const double value = chance(101) / 100.0;
    switch (chance(8)) {
    case 0: {
        State state(states[chance(static_cast<int>(states.size()))]);
        instance.component->setState(&state);
        break;
    }
    case 1: {
        State state;
        instance.component->getState(&state);
        break;
    }
    case 2: {
        vst3::ProcessSetup setup{0, vst3::kSample32, 480, chance(2) ? 8000.0 : 48000.0};
        instance.processor->setupProcessing(setup);
        break;
    }
    case 3: {
        vst3::SpeakerArrangement arrangement = chance(2) ? vst3::kStereo : 1;
        instance.processor->setBusArrangements(&arrangement, 1, &arrangement, 1);
        break;
    }
    case 4:
        instance.component->setActive(static_cast<uint8_t>(chance(2)));
        break;
    case 5:
        instance.processor->getLatencySamples();
        break;
    default: // the last parameter is the list of models
        instance.controller->setParamNormalized(chance(instance.controller->getParameterCount()), value);
        instance.controller->getParamNormalized(chance(instance.controller->getParameterCount()));
    }
}

} // namespace

int main(int count, char** arguments) {
    void* library = count > 3 ? dlopen(arguments[1], RTLD_NOW) : nullptr;
    if (library == nullptr)
        return std::fprintf(stderr, "usage: two_threads LIBRARY SECONDS STATE...\n"), 2;
    std::vector<Bytes> states;
    for (int i = 3; i < count; ++i) {
        std::ifstream file(arguments[i], std::ios::binary);
        states.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    auto* entry = reinterpret_cast<vst3::PluginFactory* (*)()>(dlsym(library, "GetPluginFactory"));
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(arguments[2]));
    long changes = 0;
    Instance one(entry()), two(entry());
    for (; std::chrono::steady_clock::now() < end; ++changes)
        change(changes % 2 ? one : two, states);
    std::printf("%ld changes while %ld blocks were processed\n", changes, one.blocks() + two.blocks());
}
