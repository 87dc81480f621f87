/* pty.c -- see pty.h. */
#include "config.h"
#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 400 };

static char scratch[PATH_MAX];

static void give_up(const char *why)
{
    fprintf(stderr, "cannot test: %s: %s\n", why, strerror(errno));
    scratch_leave();
    exit(99);
}

/* In milliseconds: enough for a machine that is busy, and for sanitizers. */
static int patience(void)
{
    const char *seconds = getenv("patience");

    return 1000 * (seconds == NULL ? 120 : atoi(seconds));
}

static long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* --- starting --------------------------------------------------------------------------------- */

/* In the child: its own session, whose terminal is the given one; standard input and both outputs are on it. */
static void become_leader(int slave)
{
    setsid();
    if (ioctl(slave, TIOCSCTTY, 0) != 0 || dup2(slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0)
        _exit(126);
    if (slave > 2)
        close(slave);
}

static void run_program(const char *const arguments[], bool deaf)
{
    char *copies[16];
    size_t count = 0;

    for (; arguments[count] != NULL && count < 14; count++)
        copies[count + 1] = strdup(arguments[count]);
    copies[0] = getenv("MIXSH");
    if (copies[0] == NULL)
        _exit(126);
    copies[count + 1] = NULL;
    signal(SIGHUP, deaf ? SIG_IGN : SIG_DFL);
    signal(SIGTTOU, SIG_DFL);
    execv(copies[0], copies);
    _exit(126);
}

/* Leads the session as a shell does, with the program in the foreground; dies with the terminal, or behind the program with its
 * status. */
static void run_shell(const char *const arguments[], bool deaf, int tell)
{
    pid_t program = fork();
    int status = 0;

    signal(SIGTTOU, SIG_IGN);
    if (program == 0) {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        run_program(arguments, deaf);
    }
    setpgid(program, program);
    tcsetpgrp(0, program);
    if (program < 0 || write(tell, &program, sizeof program) != sizeof program)
        _exit(126);
    while (waitpid(program, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void pty_start(struct pty *pty, const char *const arguments[], enum pty_leader leader, bool deaf)
{
    struct winsize size = { .ws_row = 24, .ws_col = 80 };
    int tell[2], slave;

    memset(pty, 0, sizeof *pty);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the program is ours to wait for when its shell has died */
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->master < 0 || grantpt(pty->master) != 0 || unlockpt(pty->master) != 0 || pipe2(tell, O_CLOEXEC) != 0)
        give_up("no terminal");
    slave = open(ptsname(pty->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || ioctl(slave, TIOCSWINSZ, &size) != 0 || tcgetattr(slave, &pty->modes) != 0)
        give_up("no terminal");
    pty->leader = pty->program = fork();
    if (pty->leader == 0) {
        close(pty->master);
        become_leader(slave);
        if (leader == PTY_SHELL)
            run_shell(arguments, deaf, tell[1]);
        run_program(arguments, deaf);
    }
    if (pty->leader < 0 || (leader == PTY_SHELL && read(tell[0], &pty->program, sizeof pty->program) != sizeof pty->program))
        give_up("no process");
    close(tell[0]);
    close(tell[1]);
    close(slave);
}

/* --- typing and seeing --------------------------------------------------------------------------- */

void pty_type(struct pty *pty, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        struct pollfd ready = { .fd = pty->master, .events = POLLOUT };
        ssize_t wrote;

        pty_take(pty, 0); /* a program that waits for us to read would not read */
        if (poll(&ready, 1, patience()) <= 0 || (wrote = write(pty->master, text, left > 64 ? 64 : left)) < 0)
            return;
        text += wrote;
        left -= (size_t)wrote;
    }
}

/* A look for input has the terminal take in what was typed, and so has that of the program: what is in line is all there. */
int pty_in_line(const struct pty *pty)
{
    int slave = open(ptsname(pty->master), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), count = 0;
    struct pollfd ready = { .fd = slave, .events = POLLIN };
    struct termios modes;

    if (slave < 0)
        return 0;
    (void)poll(&ready, 1, 0);
    if (ioctl(slave, FIONREAD, &count) != 0)
        count = 0;
    if (count == 0 && tcgetattr(slave, &modes) == 0 && (modes.c_lflag & ICANON) != 0)
        count = 1;
    close(slave);
    return count;
}

void pty_take(struct pty *pty, int milliseconds)
{
    struct pollfd ready = { .fd = pty->master, .events = POLLIN };
    char bytes[4096];
    ssize_t got;

    while (poll(&ready, 1, milliseconds) > 0 && (got = read(pty->master, bytes, sizeof bytes)) > 0) {
        if (pty->length + (size_t)got >= pty->capacity) {
            pty->capacity = 2 * pty->capacity + sizeof bytes + 1;
            pty->seen = realloc(pty->seen, pty->capacity);
            if (pty->seen == NULL)
                give_up("no memory");
        }
        for (ssize_t i = 0; i < got; i++)
            if (bytes[i] != '\0')
                pty->seen[pty->length++] = bytes[i];
        pty->seen[pty->length] = '\0';
        milliseconds = 0;
    }
}

/* As ps(1) has it: R, S, T, ...; ? where there is none. */
static char state_of(pid_t process)
{
    char path[64], state = '?';
    FILE *stat;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    stat = fopen(path, "r");
    if (stat == NULL || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    if (stat != NULL)
        fclose(stat);
    return state;
}

static bool has_stopped(pid_t process)
{
    return state_of(process) == 'T';
}

bool pty_stop_and_go_on(struct pty *pty)
{
    long long deadline = now() + patience();

    pty_type(pty, "\x1a");
    if (pty->program == pty->leader)
        return true;
    while (!has_stopped(pty->program)) {
        if (now() > deadline || state_of(pty->program) == '?')
            return false;
        pty_take(pty, 5);
    }
    kill(pty->program, SIGCONT);
    return true;
}

bool pty_freeze(struct pty *pty)
{
    long long deadline = now() + patience();

    kill(pty->program, SIGSTOP);
    while (!has_stopped(pty->program)) {
        if (now() > deadline)
            return false;
        pty_take(pty, 5);
    }
    return true;
}

bool pty_type_frozen(struct pty *pty, const char *text)
{
    long long deadline = now() + patience();
    int before = pty_in_line(pty), more = 0;

    for (const char *c = text; *c != '\0'; c++)
        more += *c != '\x03';
    pty_type(pty, text);
    while (pty_in_line(pty) < before + more) {
        if (now() > deadline)
            return false;
        pty_take(pty, 5);
    }
    return true;
}

void pty_forget(struct pty *pty)
{
    size_t kept = pty->length < KEPT ? pty->length : KEPT;

    pty->full_before = pty_full_screen(pty);
    if (pty->seen != NULL)
        memmove(pty->seen, pty->seen + pty->length - kept, kept + 1);
    pty->length = pty->from = kept;
}

bool pty_full_screen(const struct pty *pty)
{
    static const char begin[] = "\033[?1049";
    const char *last = NULL, *next = pty->seen;

    while (next != NULL && (next = strstr(next, begin)) != NULL) {
        next += sizeof begin - 1;
        last = *next == '\0' ? last : next;
    }
    return last == NULL ? pty->full_before : *last == 'h';
}

/* Ended, but still to be waited for. */
static bool has_ended(pid_t process)
{
    siginfo_t info = { .si_pid = 0 };

    return waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info.si_pid != 0;
}

static bool is_gone(const struct pty *pty)
{
    return pty->program == pty->leader ? has_ended(pty->program) : state_of(pty->program) == '?';
}

bool pty_has(const struct pty *pty, const char *text)
{
    return pty->seen != NULL && strstr(pty->seen + pty->from, text) != NULL;
}

bool pty_wait(struct pty *pty, const char *text)
{
    long long deadline = now() + patience();

    for (;;) {
        bool over = now() > deadline || is_gone(pty);
        const char *found;

        pty_take(pty, 50);
        found = pty->seen == NULL ? NULL : strstr(pty->seen + pty->from, text);
        if (found != NULL) {
            pty->from = (size_t)(found - pty->seen) + strlen(text);
            return true;
        }
        if (over)
            return false;
    }
}

/* The line, and nothing else, stands behind the prompt (of no open command) on a screen that was cleared: what was waited for
 * ends there. */
static bool stands_alone(struct pty *pty, const char *line)
{
    static const char clear[] = "\033[H\033[2J", *const ends[] = { "> ", ">\033[0m " }; /* of a prompt */
    const char *at = pty->seen == NULL ? NULL : pty->seen + pty->from;

    for (const char *next = at; next != NULL && (next = strstr(next, clear)) != NULL;)
        at = next += sizeof clear - 1;
    if (at == NULL || at == pty->seen + pty->from || (at = strstr(at, line)) == NULL)
        return false;
    pty->from = (size_t)(at - pty->seen) + strlen(line);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const char *end = at - strlen(ends[i]);

        if (strncmp(end, ends[i], strlen(ends[i])) == 0)
            return strncmp(end - 3, "...", 3) != 0;
    }
    return false;
}

/* Types a line without its end, and Ctrl-L behind it, until the prompt shows it anew, twice: an echo is no sign of one that
 * reads, and a thread that Ctrl-C came to may hand it on late. */
static bool shown_at_prompt(struct pty *pty, const char *line)
{
    long long deadline = now() + patience(), until;
    int wait = 2000, shown;

    do {
        for (int i = 0; i < 3; i++) {
            pty_type(pty, "\x03");
            pty_take(pty, 50);
        }
        pty_forget(pty);
        pty_type(pty, "\x15\x0b");
        pty_type(pty, line);
        pty_type(pty, "\x0c");
        shown = 0;
        for (until = now() + wait; now() < until; pty_take(pty, 50))
            if (stands_alone(pty, line)) {
                if (++shown == 2)
                    return true;
                pty_type(pty, "\x0c");
            }
        wait *= 2; /* it is slow */
    } while (now() < deadline && !is_gone(pty));
    return false;
}

bool pty_prompt_answers(struct pty *pty, const char *question, const char *answer)
{
    if (!shown_at_prompt(pty, question))
        return false;
    pty_type(pty, "\r");
    return pty_wait(pty, answer);
}

void pty_resize(struct pty *pty, int rows, int columns)
{
    struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };

    ioctl(pty->master, TIOCSWINSZ, &size);
}

void pty_hang_up(struct pty *pty)
{
    close(pty->master);
    pty->master = -1;
}

/* What the kernel knows of a process: the signals that it holds back or has still to take, and where it waits. */
static void show_process(pid_t process)
{
    char path[64], line[256];

    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *status = fopen(path, "r");

    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "Sig", 3) == 0 || strncmp(line, "Shd", 3) == 0)
            fprintf(stderr, "    %s", line);
    if (status != NULL)
        fclose(status);
    snprintf(path, sizeof path, "/proc/%d/wchan", (int)process);
    status = fopen(path, "r");
    if (status != NULL && fgets(line, sizeof line, status) != NULL)
        fprintf(stderr, "    it waits in %s\n", line);
    if (status != NULL)
        fclose(status);
}

void pty_show(const struct pty *pty)
{
    size_t begin = pty->length > 900 ? pty->length - 900 : 0;
    struct termios modes = { 0 };

    (void)tcgetattr(pty->master, &modes);
    fprintf(stderr, "    the program is %c; the terminal edits lines: %s, echoes: %s; not read yet: %d\n", state_of(pty->program),
            modes.c_lflag & ICANON ? "yes" : "no", modes.c_lflag & ECHO ? "yes" : "no", pty->master < 0 ? 0 : pty_in_line(pty));
    show_process(pty->program);
    fprintf(stderr, "    the terminal saw last: ");
    for (size_t i = begin; i < pty->length; i++) {
        unsigned char c = (unsigned char)pty->seen[i];

        if (c == '\n')
            fprintf(stderr, "\n    |");
        else if (c < ' ' || c == 0x7f)
            fprintf(stderr, "^%c", c ^ 0x40);
        else
            fputc(c, stderr);
    }
    fputc('\n', stderr);
}

/* --- the end ------------------------------------------------------------------------------------- */

bool pty_ended(struct pty *pty, int *status)
{
    long long deadline = now() + patience();
    struct timespec moment = { 0, 5000000 };

    *status = 0;
    for (;;) {
        pid_t got = waitpid(pty->program, status, WNOHANG);

        if (got == pty->program) {
            pty->leader = pty->leader == pty->program ? 0 : pty->leader;
            pty->program = 0;
            return true;
        }
        /* The shell waits for it, and says how it ended; but where the shell dies before, the program is ours. */
        if (got < 0 && pty->leader > 0 && waitpid(pty->leader, status, WNOHANG) == pty->leader) {
            pty->leader = 0;
            if (WIFEXITED(*status)) {
                pty->program = 0;
                return true;
            }
        } else if (got < 0 && pty->leader == 0) { /* the shell had waited for it, and died before it could say how it ended */
            *status = 0;
            pty->program = 0;
            return true;
        }
        if (now() > deadline)
            return false;
        if (pty->master >= 0)
            pty_take(pty, 5);
        else
            nanosleep(&moment, NULL);
    }
}

void pty_clear(struct pty *pty)
{
    if (pty->leader > 0 && pty->leader != pty->program)
        kill(pty->leader, SIGKILL);
    if (pty->program > 0)
        kill(pty->program, SIGKILL);
    if (pty->leader > 0)
        waitpid(pty->leader, NULL, 0);
    if (pty->program > 0 && pty->program != pty->leader)
        waitpid(pty->program, NULL, 0);
    if (pty->master >= 0)
        close(pty->master);
    free(pty->seen);
    memset(pty, 0, sizeof *pty);
    pty->master = -1;
}

/* --- a folder -------------------------------------------------------------------------------------- */

static void set_folder(const char *variable, const char *name)
{
    char path[PATH_MAX + 16];

    snprintf(path, sizeof path, "%s/%s", scratch, name);
    mkdir(path, 0700);
    setenv(variable, path, 1);
}

/* A path that holds from any folder. */
static void make_absolute(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);
    char *path = realpath(value == NULL ? otherwise : value, NULL);

    if (path == NULL)
        give_up(variable);
    setenv(variable, path, 1);
    free(path);
}

void scratch_enter(void)
{
    const char *source = getenv("srcdir"), *temporary = getenv("TMPDIR"), *sanitizer = getenv("ASAN_OPTIONS");
    char data[PATH_MAX], options[PATH_MAX];

    snprintf(data, sizeof data, "%s/data", source == NULL ? "." : source);
    make_absolute("MIXSH", "src/mixsh");
    make_absolute("MIXSH_DATADIR", data);
    snprintf(scratch, sizeof scratch, "%s/mixsh-pty-XXXXXX", temporary == NULL ? "/tmp" : temporary);
    if (mkdtemp(scratch) == NULL || chdir(scratch) != 0)
        give_up("no folder");
    set_folder("HOME", "home");
    set_folder("XDG_STATE_HOME", "state");
    set_folder("XDG_CONFIG_HOME", "config");
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("NO_COLOR", "1", 1);
    setenv("INPUTRC", "/dev/null", 1);
    unsetenv("PAGER");
    unsetenv("LESS");
    /* When a terminal goes, the kernel sends SIGCONT.  The leak check at the end of a program stops its threads with SIGSTOP,
     * and waits for ever where a SIGCONT takes that away. */
    snprintf(options, sizeof options, "%s:detect_leaks=0", sanitizer == NULL ? "" : sanitizer);
    setenv("ASAN_OPTIONS", options, 1);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void scratch_leave(void)
{
    if (chdir("/") == 0 && *scratch != '\0')
        nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    *scratch = '\0';
}
