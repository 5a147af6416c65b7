#include "state.h"

#include "model/checksum.h"

#include <bit>
#include <cstring>
#include <type_traits>

namespace deepdenoise::shell {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr char kMagic[4] = {'D', 'D', 'S', 'T'};
constexpr uint32_t kVersion = 2;

/// Takes values off the front of a byte sequence; fails for good once they run out.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    template <class T> T value() {
        T result{};
        const auto source = take(sizeof result);
        if (!source.empty())
            std::memcpy(&result, source.data(), sizeof result);
        return result;
    }
    std::span<const std::byte> take(size_t size) {
        failed_ = failed_ || size > bytes_.size();
        if (failed_)
            return {};
        const auto result = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return result;
    }
    std::span<const std::byte> rest() const { return bytes_; }
    bool failed() const { return failed_; }
    bool finished() const { return !failed_ && bytes_.empty(); }

private:
    std::span<const std::byte> bytes_;
    bool failed_ = false;
};

void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

template <class T>
    requires std::is_trivially_copyable_v<T>
void append(std::vector<std::byte>& bytes, const T& value) {
    append(bytes, std::as_bytes(std::span(&value, 1)));
}

} // namespace

std::vector<std::byte> packState(const State& state) {
    std::vector<std::byte> body;
    append(body, uint32_t{kControlCount});
    for (uint32_t id = 0; id < kControlCount; ++id) {
        append(body, id);
        append(body, state.values[id]);
    }
    append(body, state.kind);
    append(body, static_cast<uint32_t>(state.model.size()));
    append(body, std::as_bytes(std::span(state.model)));

    std::vector<std::byte> bytes;
    append(bytes, kMagic);
    append(bytes, kVersion);
    append(bytes, crc32(body));
    append(bytes, std::span<const std::byte>(body));
    return bytes;
}

std::optional<State> unpackState(std::span<const std::byte> bytes) {
    Reader reader(bytes);
    const auto magic = reader.take(sizeof kMagic);
    if (magic.empty() || std::memcmp(magic.data(), kMagic, sizeof kMagic) != 0)
        return {};
    if (reader.value<uint32_t>() != kVersion)
        return {};
    if (const auto checksum = reader.value<uint32_t>(); reader.failed() || crc32(reader.rest()) != checksum)
        return {};

    State state{};
    for (uint32_t id = 0; id < kControlCount; ++id)
        state.values[id] = kControls[id].initial;
    const auto count = reader.value<uint32_t>();
    for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
        const auto id = reader.value<uint32_t>();
        const auto plain = reader.value<double>();
        if (id >= kControlCount)
            continue; // of a later version
        if (!(plain >= 0.0 && plain <= kControls[id].maximum))
            return {};
        state.values[id] = plain;
    }
    const auto kind = reader.value<uint32_t>();
    if (kind > static_cast<uint32_t>(ModelKind::embedded))
        return {};
    state.kind = static_cast<ModelKind>(kind);
    const auto model = reader.take(reader.value<uint32_t>());
    if (!reader.finished())
        return {};
    state.model.assign(reinterpret_cast<const char*>(model.data()), model.size());
    return state;
}

} // namespace deepdenoise::shell
