/* ended.c -- for `make coverage`: a program that ends by a signal, or by _exit(), writes what it ran as well.  Linked with
 * --wrap=raise and --wrap=_exit. */
#include <signal.h>
#include <unistd.h>

void __gcov_dump(void);
int __real_raise(int number);
void __real__exit(int status) __attribute__((noreturn));
int __wrap_raise(int number);
void __wrap__exit(int status) __attribute__((noreturn));

int __wrap_raise(int number)
{
    if (number != SIGTSTP && number != SIGTTOU && number != SIGTTIN)
        __gcov_dump();
    return __real_raise(number);
}

void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
