// There is no unwinder here: where the engine would throw, for a damaged model or want of memory, the module traps.
// engine.js tells it in a sentence.
#include <cstddef>

extern "C" {

void* __cxa_allocate_exception(std::size_t) noexcept { __builtin_trap(); }

[[noreturn]] void __cxa_throw(void*, void*, void (*)(void*)) { __builtin_trap(); }
}
