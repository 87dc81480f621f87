/* refusing.c -- a unit test in which memory is refused at each place that asks for some, where REFUSING is set.
 *
 * Where a test asks for memory by a chain of callers that has not been tried (places.h), a copy of the process goes on with that
 * refused, while the process waits, and then goes on itself.  The copy ends at the first assertion that does not hold, for the
 * test may not get what it asks for: what it may not do is crash, call abort() or free twice.  So all that tests call is tried,
 * also what no command does; the words that are said then are for the tests by sweep.h and for places.c in tests/faults.  A crash
 * in the test itself, or in a later call to which it gave the NULL that it had, is none of the program's (but of glmm.h, which
 * takes each NULL): this file is linked between the two, so the address tells.  A copy may read what is open, but writes into the
 * files of the others: hence not for tests that write. */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/internal/new_asserts.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "copies.h"
#include "places.h"

enum { CRASHED = 97, COPY_SECONDS = 10, CALLERS = 64 };

static struct places *places; /* which the copies share */
static void (*test)(void);
static bool is_copy;
static void *refused_call; /* of the test: that which asked for what a copy was refused */
static int crashes;
static pthread_t asking;

/* A copy has shown that it does not crash. */
static void end_copy(int number)
{
    (void)number;
    _exit(0);
}

static void end_if_copy(void)
{
    if (is_copy)
        _exit(0);
}

static void tell(void *const caller[], int count)
{
    for (int i = 1; i < count; i++)
        fprintf(stderr, " %#tx", (char *)caller[i] - &__executable_start);
    fputs("\n", stderr);
}

static bool is_test(const void *caller)
{
    return (const char *)caller >= &__executable_start && (const char *)caller < (char *)end_copy;
}

static bool is_ours(const void *caller)
{
    return (const char *)caller >= (char *)end_copy && (const char *)caller < &etext;
}

/* Where the test called what led to here. */
static void *call_of(void *const caller[], int count)
{
    int i = 0;

    while (i < count && !is_test(caller[i]))
        i++;
    return i < count ? caller[i] : NULL;
}

/* True where what memory was refused to crashed, before it came back to the test; or, of functions that take each NULL, any. */
static bool is_fault(void *const caller[], int count)
{
    int i = 1;

    while (i < count && !is_test(caller[i]) && !is_ours(caller[i]))
        i++;
    return i == count
           || (is_ours(caller[i])
               && (call_of(caller, count) == refused_call || strncmp(criterion_current_test->category, "api", 3) == 0));
}

static void crashed(int number)
{
    void *caller[CALLERS];
    int count = backtrace(caller, CALLERS);

    if (!is_fault(caller, count))
        _exit(0);
    fprintf(stderr, "CRASHED by signal %d at", number);
    tell(caller, count);
    _exit(CRASHED);
}

static void become_copy(void *const caller[], int count)
{
    static const int crash[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL };
    struct itimerval most = { .it_value = { .tv_sec = COPY_SECONDS } };

    is_copy = true;
    refused_call = call_of(caller, count);
    for (size_t i = 0; i < sizeof crash / sizeof *crash; i++)
        signal(crash[i], crashed);
    signal(SIGPROF, end_copy); /* it goes on without that memory */
    setitimer(ITIMER_PROF, &most, NULL);
    signal(SIGALRM, end_copy); /* or waits for a thread, of which a copy has none */
    alarm(5 * COPY_SECONDS);
}

static bool refuse(void)
{
    void *caller[CALLERS];
    int status, count;
    pid_t child;

    if (is_copy || !pthread_equal(pthread_self(), asking) || !places_new(places))
        return false;
    fflush(NULL);
    count = backtrace(caller, CALLERS);
    if ((child = copy_of_process(&status)) == 0) {
        become_copy(caller, count);
        return true;
    }
    if (child < 0)
        abort();
    if (WIFEXITED(status) && WEXITSTATUS(status) != CRASHED)
        return false;
    crashes++;
    fprintf(stderr, "REFUSED, it ended with %#x, at", (unsigned)status);
    tell(caller, count);
    return false;
}

static void *resize(void *context, void *old, size_t size)
{
    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return refuse() ? NULL : realloc(old, size);
}

static void run_test(void)
{
    const char *deep = getenv("REFUSING");
    struct mem_hook before = mem_hook_get();

    if (deep == NULL) {
        test();
        return;
    }
    places = mmap(NULL, sizeof *places, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (places == MAP_FAILED)
        abort();
    places->deep = atoi(deep);
    asking = pthread_self();
    mem_hook_set((struct mem_hook){ .resize = resize, .alone = true });
    test();
    end_if_copy();
    mem_hook_set(before);
    printf("%s/%s: memory refused at %ld places\n", criterion_current_test->category, criterion_current_test->name,
           places->count);
    cr_expect(crashes == 0, "%d crashes where memory was refused; addr2line -f -e with the addresses above", crashes);
}

/* Criterion's own: the second and third tell the runner of an assertion that failed, or, the second, of one at all.  A copy tells
 * nothing. */
void criterion_internal_test_main(void (*function)(void))
{
    void (*real)(void (*)(void));

    test = function;
    *(void **)&real = dlsym(RTLD_NEXT, "criterion_internal_test_main");
    real(run_test);
}

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    void (*real)(struct criterion_assert_stats *);

    if (!stats->passed)
        end_if_copy();
    *(void **)&real = dlsym(RTLD_NEXT, "criterion_send_assert");
    if (!is_copy)
        real(stats);
}

void cri_assert_node_send(const char *file, size_t line, struct cri_assert_node *node)
{
    void (*real)(const char *, size_t, struct cri_assert_node *);

    end_if_copy();
    *(void **)&real = dlsym(RTLD_NEXT, "cri_assert_node_send");
    real(file, line, node);
}
