/* sweep.c -- whole sessions in which one thing after the other goes wrong.
 *
 *     sweep              a thinned sweep (part of make check)
 *     sweep all [NAME]   every place, of all sessions or of one (make check-faults)
 *     sweep 7 [NAME]     every seventh place
 *     sweep NAME FAULT K one run, left in its folder: for looking at a failure
 *
 * A session is a script.  It is run once as it is; then again and again, each time with another fault: the k-th allocation of
 * libc or all from there on (fault.c, preloaded), the k-th read, write, open, ... wrong (calls.c), a limit of the system reached,
 * or standard descriptors closed.  Each run must come to its end by itself, and then
 *
 *   - exit status 0 says that nothing was lost: the output and all files are what they are without the fault;
 *   - any other status says that something was: standard error says what; the output is lines of the right output, in their
 * order, the last perhaps cut; what is in the script it recorded is commands of the session, whole; and no other file is left
 * behind.
 *
 * So a digit that changes without an error is found, as is an error that is lost. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "fault.h"
#include "sessions.h"

enum { BYTES = 1 << 20, PATIENCE = 300, SHOWN = 10, APART = 12, SHARE = 3 };

/* --- the faults ---------------------------------------------------------------------------------- */

enum means { BY_ALLOCATION, BY_CALL, BY_MEMORY, BY_FILE_SIZE, BY_FILE_COUNT, BY_CLOSING };

static const struct fault {
    const char *name;
    enum means means;
    enum call_kind kind;
    int error;
    bool ever;      /* this and all behind it */
    bool few;       /* so few places that all are tried each time */
    bool invisible; /* what every program has to live with: the output is as ever */
} faults[] = {
    { .name = "alloc", .means = BY_ALLOCATION },
    { .name = "alloc-ever", .means = BY_ALLOCATION, .ever = true },
    { .name = "read-EIO", .means = BY_CALL, .kind = CALL_READ, .error = EIO },
    { .name = "read-short", .means = BY_CALL, .kind = CALL_READ, .error = CALL_SHORT, .invisible = true },
    { .name = "read-short-ever", .means = BY_CALL, .kind = CALL_READ, .error = CALL_SHORT, .ever = true, .invisible = true },
    { .name = "read-EINTR", .means = BY_CALL, .kind = CALL_READ, .error = EINTR },
    { .name = "write-ENOSPC", .means = BY_CALL, .kind = CALL_WRITE, .error = ENOSPC },
    { .name = "write-ENOSPC-ever", .means = BY_CALL, .kind = CALL_WRITE, .error = ENOSPC, .ever = true },
    { .name = "write-EIO", .means = BY_CALL, .kind = CALL_WRITE, .error = EIO },
    { .name = "write-short", .means = BY_CALL, .kind = CALL_WRITE, .error = CALL_SHORT, .invisible = true },
    { .name = "write-EINTR", .means = BY_CALL, .kind = CALL_WRITE, .error = EINTR },
    { .name = "open-EMFILE", .means = BY_CALL, .kind = CALL_OPEN, .error = EMFILE },
    { .name = "open-EACCES", .means = BY_CALL, .kind = CALL_OPEN, .error = EACCES },
    { .name = "open-EINTR", .means = BY_CALL, .kind = CALL_OPEN, .error = EINTR },
    { .name = "close-EIO", .means = BY_CALL, .kind = CALL_CLOSE, .error = EIO },
    { .name = "close-EINTR", .means = BY_CALL, .kind = CALL_CLOSE, .error = EINTR },
    { .name = "fsync-EIO", .means = BY_CALL, .kind = CALL_SYNC, .error = EIO },
    { .name = "fsync-ENOSPC-ever", .means = BY_CALL, .kind = CALL_SYNC, .error = ENOSPC, .ever = true },
    { .name = "rename-EIO", .means = BY_CALL, .kind = CALL_NAME, .error = EIO, .few = true },
    { .name = "rename-ENOSPC-ever", .means = BY_CALL, .kind = CALL_NAME, .error = ENOSPC, .ever = true },
    { .name = "stat-EIO", .means = BY_CALL, .kind = CALL_LOOK, .error = EIO },
    { .name = "mmap-ENOMEM", .means = BY_CALL, .kind = CALL_MAP, .error = ENOMEM },
    { .name = "mmap-ENOMEM-ever", .means = BY_CALL, .kind = CALL_MAP, .error = ENOMEM, .ever = true },
    { .name = "memory", .means = BY_MEMORY },
    { .name = "file-size", .means = BY_FILE_SIZE },
    { .name = "descriptors", .means = BY_FILE_COUNT },
    { .name = "closed", .means = BY_CLOSING },
};
enum { FAULTS = sizeof faults / sizeof faults[0] };

/* Values of the limits: the k-th, or -1 behind the last. */
static long limit_at(enum means means, long k)
{
    static const long sizes[] = { 0, 1, 100, 511, 512, 1000, 2000, 4095, 4096, 8192, 20000 };

    switch (means) {
    case BY_MEMORY:
        return k <= 39 ? (25 + 25 * k) << 20 : -1; /* 50 MB to 1 GB */
    case BY_FILE_SIZE:
        return k <= (long)(sizeof sizes / sizeof sizes[0]) ? sizes[k - 1] : -1;
    case BY_FILE_COUNT:
        return k <= 14 ? k + 2 : -1;
    case BY_CLOSING:
        return k <= 7 ? k : -1; /* bit i: descriptor i is closed */
    default:
        return k;
    }
}

/* --- files and their bytes ----------------------------------------------------------------------- */

static char start_folder[4096], library[4200], *program;
static struct fault_plan *shared;
static bool sanitized;

struct bytes {
    char *text; /* with a NUL behind it; NULL where there is no file */
    size_t length;
};

static void give_up(const char *what)
{
    perror(what);
    exit(99);
}

static struct bytes read_file(const char *name)
{
    static char room[BYTES + 1];
    struct bytes bytes = { NULL, 0 };
    FILE *file = fopen(name, "rb");

    if (file == NULL)
        return bytes;
    bytes.length = fread(room, 1, BYTES, file);
    fclose(file);
    bytes.text = malloc(bytes.length + 1);
    if (bytes.text == NULL)
        give_up("malloc");
    memcpy(bytes.text, room, bytes.length);
    bytes.text[bytes.length] = '\0';
    return bytes;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");

    if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
        give_up(name);
}

static bool same_bytes(struct bytes a, struct bytes b)
{
    return (a.text == NULL) == (b.text == NULL) && a.length == b.length
           && (a.text == NULL || memcmp(a.text, b.text, a.length) == 0);
}

static bool begins(const char *text, const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != line[i]) /* which no NUL of the text is */
            return false;
    return true;
}

/* The lines of `some` are lines of `all` in their order; with `cut`, the last may be the beginning of one. */
static bool lines_of(struct bytes some, struct bytes all, bool cut)
{
    const char *at = all.text, *line = some.text;

    while (line != NULL && *line != '\0') {
        const char *end = strchr(line, '\n');
        size_t length = end == NULL ? strlen(line) : (size_t)(end - line) + 1;

        while (at != NULL && *at != '\0' && !begins(at, line, length)) {
            at = strchr(at, '\n');
            at = at == NULL ? NULL : at + 1;
        }
        if (at == NULL || *at == '\0' || (end == NULL && !cut))
            return false;
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
        line += length;
    }
    return true;
}

/* What a session left. */
struct outcome {
    int status;
    struct bytes out, err, files[FILES];
};

static void outcome_free(struct outcome *outcome)
{
    free(outcome->out.text);
    free(outcome->err.text);
    for (int i = 0; i < FILES; i++)
        free(outcome->files[i].text);
}

/* --- one run ------------------------------------------------------------------------------------- */

static void empty_folder(void)
{
    DIR *folder = opendir(".");
    struct dirent *entry;

    if (folder == NULL)
        give_up("opendir");
    while ((entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' || entry->d_name[1] != '\0')
            unlink(entry->d_name);
    closedir(folder);
}

static void limit(int resource, rlim_t value)
{
    struct rlimit both = { value, value };

    if (setrlimit(resource, &both) != 0)
        _exit(126);
}

static void put_on(int fd, const char *name, int flags)
{
    int file = open(name, flags, 0600);

    if (file < 0 || dup2(file, fd) < 0)
        _exit(126);
    close(file);
}

/* In the child. */
static void become(const struct fault *fault, long k, bool go_on)
{
    const char *arguments[] = { program, "--no-init", go_on ? "--keep-going" : "s.mix", go_on ? "s.mix" : NULL, NULL };
    long value = fault == NULL ? 0 : limit_at(fault->means, k);

    put_on(0, "/dev/null", O_RDONLY);
    put_on(1, "out", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    put_on(2, "err", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    setenv("LD_PRELOAD", library, 1);
    setenv("FAULT_PLAN", "../plan", 1);
    alarm(PATIENCE); /* stays through exec: a program that hangs ends by SIGALRM */
    if (fault != NULL && fault->means == BY_MEMORY)
        limit(RLIMIT_AS, (rlim_t)value);
    if (fault != NULL && fault->means == BY_FILE_COUNT)
        limit(RLIMIT_NOFILE, (rlim_t)value);
    if (fault != NULL && fault->means == BY_FILE_SIZE) {
        unsetenv("FAULT_PLAN");
        limit(RLIMIT_FSIZE, (rlim_t)value);
    }
    for (int fd = 0; fault != NULL && fault->means == BY_CLOSING && fd < 3; fd++)
        if (value >> fd & 1)
            close(fd);
    if (fault != NULL && fault->means == BY_CALL)
        calls_trace_me();
    execv(program, (char *const *)arguments); /* which changes none of them */
    _exit(127);
}

/* Runs the session in the empty folder; true where the fault came to pass. */
static bool run(const struct session *session, const struct fault *fault, long k, bool go_on, struct outcome *outcome)
{
    struct call_plan calls = { .kind = CALL_KINDS };
    pid_t child;

    empty_folder();
    write_file("plain.csv", plain);
    write_file("people.csv", people);
    write_file("kin.csv", kin);
    write_file("markers.csv", markers);
    write_file("tips.nwk", tips);
    write_file("s.mix", session->script);
    *shared = (struct fault_plan){ .from = 0 };
    if (fault != NULL && fault->means == BY_ALLOCATION)
        *shared = (struct fault_plan){ .from = k, .ever = fault->ever };
    if (fault != NULL && fault->means == BY_CALL)
        calls = (struct call_plan){ .kind = fault->kind, .error = fault->error, .from = k, .ever = fault->ever };
    child = fork();
    if (child < 0)
        give_up("fork");
    if (child == 0)
        become(fault, k, go_on);
    if (fault != NULL && fault->means == BY_CALL)
        outcome->status = calls_follow(child, &calls);
    else
        waitpid(child, &outcome->status, 0);
    outcome->out = read_file("out");
    outcome->err = read_file("err");
    for (int i = 0; i < FILES; i++)
        outcome->files[i] = session->files[i] == NULL ? (struct bytes){ NULL, 0 } : read_file(session->files[i]);
    return shared->hit || calls.hit || (fault != NULL && fault->means > BY_CALL);
}

/* --- what is right ------------------------------------------------------------------------------- */

static bool is_of(const struct session *session, const char *name)
{
    static const char *const given[] = { "plain.csv", "people.csv", "kin.csv", "markers.csv", "tips.nwk", "s.mix", "out", "err" };

    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (strcmp(name, given[i]) == 0)
            return true;
    for (int i = 0; i < FILES && session->files[i] != NULL; i++)
        if (strcmp(name, session->files[i]) == 0)
            return true;
    return name[0] == '.' && (name[1] == '\0' || strcmp(name, "..") == 0);
}

static const char *left_behind(const struct session *session)
{
    static char found[300];
    DIR *folder = opendir(".");
    struct dirent *entry;

    found[0] = '\0';
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (!is_of(session, entry->d_name))
            snprintf(found, sizeof found, "`%s` is left behind", entry->d_name);
    if (folder != NULL)
        closedir(folder);
    return found[0] == '\0' ? NULL : found;
}

/* The text without its comments.  Returns new. */
static struct bytes without_comments(struct bytes text)
{
    struct bytes out = { .text = malloc(text.length + 1) };

    if (out.text == NULL)
        give_up("malloc");
    for (const char *line = text.text, *end; line != NULL && *line != '\0'; line = end) {
        end = strchr(line, '\n');
        end = end == NULL ? line + strlen(line) : end + 1;
        if (*line != '#') {
            memcpy(out.text + out.length, line, (size_t)(end - line));
            out.length += (size_t)(end - line);
        }
    }
    out.text[out.length] = '\0';
    return out;
}

/* Commands of a recorded script: its comments and settings are of the moment at which it began.  Behind `restore` it is that of
 * the session that was restored; before, what was typed. */
static bool commands_of(const struct session *session, struct bytes script, struct bytes right)
{
    const char *typed = strstr(session->script, "\nrestore ") != NULL ? session->script : "";
    struct bytes all = { .text = malloc(right.length + strlen(typed) + 1) }, own = without_comments(script);
    bool whole = script.length == 0 || script.text[script.length - 1] == '\n';

    if (all.text == NULL)
        give_up("malloc");
    sprintf(all.text, "%s%s", right.text == NULL ? "" : right.text, typed);
    whole = whole && lines_of(own, all, false);
    free(all.text);
    free(own.text);
    return whole;
}

/* A saved session tells how long its fits took: `restore` in the script says whether it is whole. */
static bool is_session(const char *name)
{
    return name != NULL && strstr(name, ".mixsh") != NULL;
}

/* Why it is wrong, or NULL. */
static const char *judge(const struct session *session, const struct fault *fault, long k, const struct outcome *right,
                         const struct outcome *got)
{
    static char why[100];
    bool mute = fault->means == BY_CLOSING && (limit_at(fault->means, k) & 4) != 0;
    bool lost = fault->means == BY_CLOSING && (limit_at(fault->means, k) & 2) != 0;
    const char *more = left_behind(session);

    if (WIFSIGNALED(got->status)) {
        snprintf(why, sizeof why, WTERMSIG(got->status) == SIGALRM ? "it hangs" : "it ends by signal %d", WTERMSIG(got->status));
        return why;
    }
    if (WEXITSTATUS(got->status) == 99 || (got->err.text != NULL && strstr(got->err.text, "Sanitizer") != NULL))
        return "a sanitizer has a report";
    if (more != NULL)
        return more;
    if (WEXITSTATUS(got->status) == 0) {
        if (lost)
            return "the output is lost, and the exit status is 0";
        if (!same_bytes(right->out, got->out))
            return "the output differs, and the exit status is 0";
        for (int i = 0; i < FILES; i++)
            if (!is_session(session->files[i]) && !same_bytes(right->files[i], got->files[i]))
                return "a file differs, and the exit status is 0";
        return NULL;
    }
    if (WEXITSTATUS(got->status) == 130 && fault->error == EINTR) /* what Ctrl-C is */
        return NULL;
    if (fault->invisible)
        return "what any program has to live with became an error";
    if (!mute && got->err.length == 0 && fault->means != BY_FILE_SIZE && fault->kind != CALL_WRITE)
        return "it failed without a word";
    if (!lines_of(got->out, right->out, true))
        return "the output has lines that are not right";
    if (got->files[0].text != NULL && !commands_of(session, got->files[0], right->files[0]))
        return "the recorded script is not of whole commands";
    return NULL;
}

/* --- all of it ----------------------------------------------------------------------------------- */

static int passed, failed;
static long runs;

static void tell(const struct session *session, const struct fault *fault, long k, const char *why, const struct outcome *got)
{
    failed++;
    if (failed > SHOWN)
        return;
    printf("FAIL: sweep %s %s %ld: %s (status %d)\n", session->name, fault->name, k, why,
           WIFEXITED(got->status) ? WEXITSTATUS(got->status) : -1);
    printf("    %.*s\n", 300, got->err.text == NULL ? "" : got->err.text);
}

/* Even places go on behind a failing command, odd ones stop there.  Unless all are wanted, a few places are tried, further and
 * further apart, and others in each session (step 0). */
static void sweep(const struct session *session, const struct fault *fault, const struct outcome *right, long step, long salt)
{
    bool hit = true;

    for (long k = step == 1 ? 1 : 1 + salt % (step == 0 ? 5 : step); hit && limit_at(fault->means, k) >= 0;
         k += step > 0 ? step : 1 + k * APART) {
        struct outcome got = { .status = 0 };
        const char *why;

        hit = run(session, fault, k, k % 2 == 0 && !session->stops, &got);
        why = judge(session, fault, k, right, &got);
        runs++;
        if (why == NULL)
            passed++;
        else
            tell(session, fault, k, why, &got);
        outcome_free(&got);
    }
    if (step > 0 && !fault->few)
        printf("%s, %s: %ld runs so far, %d failed\n", session->name, fault->name, runs, failed);
}

static bool tried(const struct fault *fault)
{
    static int available = -1;

    if (fault->means == BY_CALL && available < 0)
        available = calls_available();
    if (sanitized) /* which needs terabytes of addresses, files of its own, and calls that do not fail */
        return fault->means != BY_MEMORY && fault->means != BY_FILE_COUNT && fault->means != BY_CALL;
    return fault->means != BY_CALL || available == 1;
}

static void sweep_session(const struct session *session, long step, int salt)
{
    struct outcome right = { .status = 0 };

    run(session, NULL, 0, false, &right);
    if (right.status != 0 || right.out.length == 0) {
        printf("FAIL: session %s does not run: %s\n", session->name, right.err.text);
        failed++;
    } else {
        for (int f = 0; f < FAULTS; f++)
            if (tried(&faults[f]) && (step > 0 || faults[f].few || (f + salt) % SHARE == 0))
                sweep(session, &faults[f], &right, faults[f].few ? 1 : step, salt + f);
    }
    outcome_free(&right);
}

static void one_run(const char *name, const char *fault_name, long k)
{
    for (int s = 0; s < SESSIONS; s++)
        for (int f = 0; f < FAULTS; f++)
            if (strcmp(sessions[s].name, name) == 0 && strcmp(faults[f].name, fault_name) == 0) {
                struct outcome right = { .status = 0 }, got = { .status = 0 };
                bool hit;
                const char *why;

                run(&sessions[s], NULL, 0, false, &right);
                hit = run(&sessions[s], &faults[f], k, k % 2 == 0 && !sessions[s].stops, &got);
                why = judge(&sessions[s], &faults[f], k, &right, &got);
                write_file("out.right", right.out.text);
                printf("%s, %s; in %s\n", hit ? "it came to that" : "there is no such place", why == NULL ? "all well" : why,
                       start_folder);
            }
}

static void set_environment(void)
{
    static char options[4200];
    char data[4200], *given = getenv("ASAN_OPTIONS");

    program = getenv("MIXSH");
    if (program == NULL || getenv("builddir") == NULL || getcwd(start_folder, sizeof start_folder) == NULL) {
        fputs("sweep: run it through tests/run, with MIXSH set to the program\n", stderr);
        exit(99);
    }
    snprintf(library, sizeof library, "%s/tests/faults/fault.so", getenv("builddir"));
    if (getenv("MIXSH_DATADIR") == NULL && getenv("srcdir") != NULL) {
        snprintf(data, sizeof data, "%s/data", getenv("srcdir"));
        setenv("MIXSH_DATADIR", data, 1);
    }
    /* The library stands before the sanitizer's. */
    snprintf(options, sizeof options, "%s:verify_asan_link_order=0:exitcode=99:allocator_may_return_null=1",
             given == NULL ? "" : given);
    setenv("ASAN_OPTIONS", options, 1);
    setenv("OMP_NUM_THREADS", "1", 1); /* so that the k-th is the same each time */
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    setenv("TZ", "UTC", 1);
    setenv("HOME", "/nonexistent", 1);
#ifdef __SANITIZE_ADDRESS__
    sanitized = true;
#endif
}

static void make_plan(void)
{
    int fd = open("plan", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, sizeof *shared) != 0)
        give_up("plan");
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        give_up("mmap");
    close(fd);
    if ((mkdir("run", 0700) != 0 && errno != EEXIST) || chdir("run") != 0)
        give_up("run");
}

int main(int argc, char **argv)
{
    long step = argc < 2 ? 0 : strcmp(argv[1], "all") == 0 ? 1 : atol(argv[1]);

    setvbuf(stdout, NULL, _IOLBF, 0);
    set_environment();
    make_plan();
    if (argc == 4) {
        one_run(argv[1], argv[2], atol(argv[3]));
        return 0;
    }
    for (int s = 0; s < SESSIONS; s++)
        if (argc < 3 || strcmp(argv[2], sessions[s].name) == 0)
            sweep_session(&sessions[s], step, s);
    if (!calls_available())
        puts("no system calls were swept: this system does not let a program trace its child, or it is no x86-64");
    printf("%ld runs\n%d passed, %d failed\n", runs, passed, failed);
    return failed != 0;
}
