/* calls.c -- see calls.h. */
#include "config.h"

#include "calls.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

static const char *const names[CALL_KINDS] = { "read", "write", "open", "close", "fsync", "rename", "stat", "mmap" };

const char *call_name(enum call_kind kind)
{
    return names[kind];
}

#ifdef __x86_64__

/* The kind of a system call, or CALL_KINDS. */
static enum call_kind kind_of(long number)
{
    switch (number) {
    case SYS_read:
    case SYS_readv:
    case SYS_pread64:
        return CALL_READ;
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
        return CALL_WRITE;
    case SYS_open:
    case SYS_openat:
    case SYS_creat:
        return CALL_OPEN;
    case SYS_close:
        return CALL_CLOSE;
    case SYS_fsync:
    case SYS_fdatasync:
        return CALL_SYNC;
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_link:
    case SYS_linkat:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_mkdir:
    case SYS_mkdirat:
        return CALL_NAME;
    case SYS_stat:
    case SYS_fstat:
    case SYS_newfstatat:
    case SYS_statx:
    case SYS_access:
    case SYS_lseek:
    case SYS_ftruncate:
    case SYS_flock:
    case SYS_fcntl:
    case SYS_fchmod:
    case SYS_fsetxattr:
    case SYS_fgetxattr:
        return CALL_LOOK;
    case SYS_mmap:
    case SYS_mremap:
        return CALL_MAP;
    default:
        return CALL_KINDS;
    }
}

static bool goes_wrong(struct call_plan *plan, long number)
{
    if (kind_of(number) != plan->kind)
        return false;
    plan->count++;
    if (plan->from == 0 || plan->count < plan->from || (plan->count > plan->from && !plan->ever))
        return false;
    plan->hit = true;
    return true;
}

/* What a thread of the program is in the middle of. */
struct thread {
    pid_t id;
    bool inside; /* a system call began */
    bool wrong;  /* its result is to be an error */
};

enum { THREADS = 64 };

struct trace {
    struct thread threads[THREADS];
    int count;
    bool begun;
};

static struct thread *thread_of(struct trace *trace, pid_t id)
{
    for (int i = 0; i < trace->count; i++)
        if (trace->threads[i].id == id)
            return &trace->threads[i];
    if (trace->count == THREADS)
        abort();
    trace->threads[trace->count] = (struct thread){ .id = id };
    return &trace->threads[trace->count++];
}

/* At the beginning of a call: one that is to fail becomes none at all, but for close(), after which the descriptor is gone
 * whatever was said; one that is to be short gets a byte. */
static void enter(struct trace *trace, struct thread *thread, struct call_plan *plan)
{
    struct user_regs_struct registers;

    if (ptrace(PTRACE_GETREGS, thread->id, NULL, &registers) != 0)
        return;
    if (registers.orig_rax == SYS_close && (int)registers.rdi == FAULT_MARK) {
        trace->begun = true;
        return;
    }
    thread->wrong = trace->begun && goes_wrong(plan, (long)registers.orig_rax);
    if (!thread->wrong)
        return;
    if (plan->error == CALL_SHORT) {
        thread->wrong = false;
        if (registers.rdx <= 1 || (registers.orig_rax != SYS_read && registers.orig_rax != SYS_write))
            return;
        registers.rdx = 1;
    } else if (plan->kind != CALL_CLOSE) {
        registers.orig_rax = (unsigned long long)-1;
    }
    ptrace(PTRACE_SETREGS, thread->id, NULL, &registers);
}

static void leave(struct thread *thread, const struct call_plan *plan)
{
    struct user_regs_struct registers;

    if (!thread->wrong || ptrace(PTRACE_GETREGS, thread->id, NULL, &registers) != 0)
        return;
    thread->wrong = false;
    registers.rax = (unsigned long long)-(long long)plan->error;
    ptrace(PTRACE_SETREGS, thread->id, NULL, &registers);
}

static void step(pid_t id, int signal)
{
    ptrace(PTRACE_SYSCALL, id, NULL, (void *)(long)signal);
}

/* One stop of a thread. */
static void stopped(struct trace *trace, pid_t id, int status, struct call_plan *plan)
{
    struct thread *thread = thread_of(trace, id);
    int signal = WSTOPSIG(status);

    if (signal == (SIGTRAP | 0x80)) {
        if (!thread->inside)
            enter(trace, thread, plan);
        else
            leave(thread, plan);
        thread->inside = !thread->inside;
        step(id, 0);
    } else {
        step(id, signal == SIGTRAP || signal == SIGSTOP ? 0 : signal);
    }
}

void calls_trace_me(void)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

int calls_follow(pid_t child, struct call_plan *plan)
{
    struct trace trace = { .count = 0 };
    int status;
    pid_t id;

    plan->hit = false;
    plan->count = 0;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) /* it became the program */
        return status;
    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL));
    step(child, 0);
    while ((id = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFSTOPPED(status))
            stopped(&trace, id, status, plan);
        else if (id == child)
            return status;
    }
    abort();
}

bool calls_available(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        calls_trace_me();
        raise(SIGSTOP);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status))
        return false;
    if (ptrace(PTRACE_CONT, child, NULL, NULL) != 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        return false;
    }
    return waitpid(child, &status, 0) == child;
}

#else

void calls_trace_me(void)
{
}

int calls_follow(pid_t child, struct call_plan *plan)
{
    int status;

    (void)plan;
    waitpid(child, &status, 0);
    return status;
}

bool calls_available(void)
{
    return false;
}

#endif
