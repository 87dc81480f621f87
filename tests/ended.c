/* ended.c -- for `make coverage`: a program that ends by a signal, or by _exit(), writes what it ran as well.  Linked with
 * --wrap=raise, --wrap=_exit and --wrap=__gcov_fork.
 *
 * What a program counts stands in pages of its own (counts.ld), which copies of the process share: so a copy counts for all,
 * however it ends, and writes nothing.  tests/faults/places makes tens of thousands of copies, and each would write hundreds of
 * files.
 *
 * gcov writes under a lock of its own, and a signal's handler that asks it to write while it does would wait for itself: so each
 * process is asked once, and no signal comes in meanwhile, nor while gcov writes at a program's ordinary end. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void __gcov_dump(void);
pid_t __wrap___gcov_fork(void);
int __real_raise(int number);
void __real__exit(int status) __attribute__((noreturn));
int __wrap_raise(int number);
void __wrap__exit(int status) __attribute__((noreturn));

extern char gcov_counts_begin[], gcov_counts_end[]; /* counts.ld */

static volatile sig_atomic_t written;
static pid_t first; /* the process that writes */

static void __attribute__((constructor(101))) share_counts(void)
{
    first = getpid();
    if (mmap(gcov_counts_begin, (size_t)(gcov_counts_end - gcov_counts_begin), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
        == MAP_FAILED)
        abort();
}

static void block_all(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, before);
}

static void write_once(void)
{
    sigset_t before;

    block_all(&before);
    if (!written && getpid() == first) {
        written = 1;
        __gcov_dump();
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Before the destructor by which gcov writes, whose priority is below those that others may have. */
static void __attribute__((destructor)) end(void)
{
    block_all(NULL);
    written = 1;
}

int __wrap_raise(int number)
{
    if (number != SIGTSTP && number != SIGTTOU && number != SIGTTIN)
        write_once();
    return __real_raise(number);
}

void __wrap__exit(int status)
{
    write_once();
    __real__exit(status);
}

/* gcov's own fork() forgets in the copy what was counted, which is the counts of all. */
pid_t __wrap___gcov_fork(void)
{
    return fork();
}
