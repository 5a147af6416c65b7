/* Preloaded into a process (Linux, glibc): counts what a real-time thread must not do while the engine processes a
 * block. test_realtime.py compiles and uses it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

static __thread int armed;
static int calls;
static void count(void) {
    if (armed)
        ++calls;
}

void* malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void* calloc(size_t n, size_t size) {
    count();
    return __libc_calloc(n, size);
}

void* realloc(void* p, size_t size) {
    count();
    return __libc_realloc(p, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** p, size_t alignment, size_t size) {
    count();
    *p = __libc_memalign(alignment, size);
    return *p ? 0 : 12;
}

void free(void* p) {
    count();
    __libc_free(p);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
    static int (*lock)(pthread_mutex_t*);
    count();
    if (!lock)
        *(void**)&lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    return lock(mutex);
}

typedef void (*process)(void*, const float* const*, float* const*, int, float, float, int, int);

/* Allocations, releases and locks during one call. */
int guarded_calls(process f, void* stream, const float* const* in, float* const* out, int samples, float strength,
                  float limit, int link, int removed) {
    calls = 0;
    armed = 1;
    f(stream, in, out, samples, strength, limit, link, removed);
    armed = 0;
    return calls;
}

/* 1 if the call made a system call: the kernel then kills the child that made it. -1 where that cannot be told. */
int makes_system_call(process f, void* stream, const float* const* in, float* const* out, int samples, float strength,
                      float limit, int link, int removed) {
    const pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
            _exit(2);
        f(stream, in, out, samples, strength, limit, link, removed);
        syscall(SYS_exit, 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 1 : WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* What the two functions above must notice. */
void allocates(void* stream, const float* const* in, float* const* out, int samples, float strength, float limit,
               int link, int removed) {
    (void)stream, (void)in, (void)out, (void)strength, (void)limit, (void)link, (void)removed;
    void* volatile p = malloc((size_t)samples);
    free(p);
    getppid();
}
