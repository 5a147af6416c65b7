#include "bundled.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace deepdenoise::shell {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLabel = 1024; // bytes that hold a model file's name and rank

/// File of the shared library that holds this function.
fs::path binary() {
#ifdef _WIN32
    HMODULE module = nullptr;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       reinterpret_cast<LPCWSTR>(&binary), &module);
    std::wstring path(32768, L'\0');
    path.resize(GetModuleFileNameW(module, path.data(), static_cast<DWORD>(path.size())));
    return path;
#else
    Dl_info info{};
    return dladdr(reinterpret_cast<const void*>(&binary), &info) != 0 ? fs::path(info.dli_fname) : fs::path();
#endif
}

std::map<std::string, fs::path> modelFilesIn(const fs::path& folder) {
    std::map<std::string, fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        if (entry->path().extension() == ".ddn")
            files[entry->path().stem().string()] = entry->path();
    return files;
}

std::map<std::string, fs::path> modelFiles() {
    std::error_code error;
    const fs::path here = binary();
    for (const fs::path& self : {fs::absolute(here, error), fs::canonical(here, error)}) { // it may be a link
        const fs::path folder = self.parent_path(), up = folder.parent_path();
        const fs::path package = fs::path("DeepDenoise.vst3") / "Contents" / "Resources";
        for (const fs::path& place : {up / "Resources", folder / self.stem(), up / package, up.parent_path() / package})
            if (auto files = modelFilesIn(place); !files.empty())
                return files;
    }
    return {};
}

} // namespace

const std::vector<std::string>& bundledModels() {
    static const std::vector<std::string> names = [] {
        std::vector<std::pair<int, std::string>> ranked;
        for (const auto& [name, path] : modelFiles()) {
            const std::string head = readFile(path, kLabel);
            if (const auto label = readLabel(std::as_bytes(std::span(head))))
                ranked.emplace_back(label->rank, name);
        }
        std::sort(ranked.begin(), ranked.end());
        std::vector<std::string> found;
        for (auto& [rank, name] : ranked)
            found.push_back(std::move(name));
        return found;
    }();
    return names;
}

std::shared_ptr<const Model> bundledModel(const std::string& name) {
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<const Model>> loaded;
    const std::lock_guard lock(mutex);
    if (const auto known = loaded.find(name); known != loaded.end())
        if (auto model = known->second.lock())
            return model;
    const auto files = modelFiles();
    const auto file = files.find(name);
    if (file == files.end())
        return nullptr;
    auto model = modelFrom(readFile(file->second));
    loaded[name] = model;
    return model;
}

std::shared_ptr<const Model> modelFrom(const std::string& bytes) {
    return loadModel(std::as_bytes(std::span(bytes))).model;
}

std::string readFile(const fs::path& path, size_t most) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    const auto size = file ? std::min(static_cast<size_t>(file.tellg()), most) : 0;
    std::string bytes(size, '\0');
    file.seekg(0);
    file.read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(file ? size : 0);
    return bytes;
}

} // namespace deepdenoise::shell
