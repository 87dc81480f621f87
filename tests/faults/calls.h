/* calls.h -- runs a program under ptrace and lets one system call of a kind go wrong.  It sees what libc does on its own too. */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include <stdbool.h>
#include <sys/types.h>

enum call_kind {
    CALL_READ,
    CALL_WRITE,
    CALL_OPEN,
    CALL_CLOSE,
    CALL_SYNC,
    CALL_NAME, /* rename, link, unlink, mkdir */
    CALL_LOOK, /* stat, seek, truncate, lock */
    CALL_MAP,  /* memory from the kernel */
    CALL_KINDS
};

enum { CALL_SHORT = -1 }; /* in place of an errno: one byte only */

struct call_plan {
    enum call_kind kind;
    int error;  /* errno, or CALL_SHORT */
    long from;  /* the call of this kind that goes wrong, from 1; 0: none */
    bool ever;  /* and all behind it */
    bool hit;   /* out: it came to that */
    long count; /* out: calls of this kind behind FAULT_MARK */
};

/* True where this processor's system calls are known here, and the system lets a program trace its child. */
bool calls_available(void);

/* To be called in the child, before it becomes the program. */
void calls_trace_me(void);

/* Follows the child to its end; its status as waitpid() gives it. */
int calls_follow(pid_t child, struct call_plan *plan);

const char *call_name(enum call_kind kind);

#endif
