/* places.c -- mixsh, to each command of whose scripts memory is refused once at each place of the code that asks for some.
 *
 * Before a command of a script runs, a copy of the process runs it; where it asks for memory by a chain of callers that has not
 * been tried (places.h), a copy of that one goes on with that refused, while it waits, and then goes on itself.  So a command
 * runs once however many its places are.  A copy must show and end as the command does, or show a beginning of that and then say
 * that memory is out, with the session as it was before.  What else one does is told; for the rest the output is the script's, so
 * tests/faults/refused can hold it against the transcripts.  What asks in another thread, of which a copy has none, is refused in
 * copies that run the whole command, one for each chain.  PLACES names a file of the chains that were tried by those before; with
 * PLACES_ALONE=N each piece of an arena is a place, not its blocks alone, and N callers are told apart.  Without sanitizers a
 * share of the places is tried (places.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "copies.h"
#include "lang/reader.h"
#include "lang/split.h"
#include "places.h"
#include "session-sum.h"
#include "session/session.h"
#include "shell/eval.h"
#include "shell/shell.h"
#include "shell/start.h"
#include "term/progress.h"

enum { KEPT = 5000, COPY_SECONDS = 300, CALLERS = 16 }; /* more places than a command has, and seconds than it takes */

static struct places *places; /* which the copies share */

int __real_eval_reader(struct session *session, struct reader *reader, enum eval_mode mode);
int __wrap_eval_reader(struct session *session, struct reader *reader, enum eval_mode mode);
int __wrap_omp_get_num_procs(void);
void __wrap_session_blame_memory(const struct session *session, struct glmm_error *err);

/* What says that memory was out is to be where it was: behind the command no error is made one of memory. */
void __wrap_session_blame_memory(const struct session *session, struct glmm_error *err)
{
    (void)session;
    (void)err;
}

/* No command makes threads, for a copy of the process would wait for them: nor where OMP_NUM_THREADS is set over. */
int __wrap_omp_get_num_procs(void)
{
    return 1;
}

/* Where a command looks whether it is to stop, it is, once at each place. */
static bool look(const char *what)
{
    bool stop;

    (void)what;
    pthread_mutex_lock(&places->lock);
    stop = !places->failed && places_new(places);
    places->failed = places->failed || stop;
    pthread_mutex_unlock(&places->lock);
    return !stop;
}

/* The script that runs. */
struct run {
    struct session *session;
    const char *name;
    enum eval_mode mode;
    int status; /* of the first command that failed */
    int shown, out, error;
};

/* What was written; `keep` bytes of it stay. */
static void take_shown(const struct run *run, off_t keep, struct text *out)
{
    off_t size = lseek(run->shown, 0, SEEK_END);
    char *bytes = malloc((size_t)size + 1);

    if (bytes == NULL || pread(run->shown, bytes, (size_t)size, 0) != size || ftruncate(run->shown, keep) != 0)
        exit(99);
    text_add_bytes(out, bytes, (size_t)size);
    free(bytes);
}

static const char changed[] = "AND CHANGED THE SESSION: ";

/* Commands that run others, which change the session one by one. */
static bool runs_others(const char *text)
{
    static const char *const names[] = { "source", "replay", "try", "demo", "help", "fit" };

    text += strspn(text, " \n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* What a command showed to which memory was refused. */
struct refused {
    char *text[KEPT];
    int status[KEPT], count;
    void *callers[KEPT][CALLERS];
};

/* How a command runs: as ever; with the first new place refused; with each refused to a copy. */
enum refusing { AS_EVER, REFUSING, COPYING };

static struct refused *copied; /* what copies of this process showed; NULL: none are made */
static const struct run *copied_run;
static bool is_copy, others_ask;
static pthread_t asking;

static bool copy_fails(void);

static void *copies_resize(void *context, void *old, size_t size)
{
    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return copy_fails() ? NULL : realloc(old, size);
}

static bool copies_look(const char *what)
{
    (void)what;
    return !copy_fails();
}

static void begin(enum refusing how)
{
    asking = pthread_self();
    if (how == REFUSING) {
        places_begin(places);
        progress_watch(look);
    } else if (how == COPYING) {
        places->before = mem_hook_get();
        mem_hook_set((struct mem_hook){ .resize = copies_resize, .alone = places->alone });
        progress_watch(copies_look);
    }
}

static int run_once(const struct run *run, const char *text, enum refusing how)
{
    uint64_t before = how != AS_EVER ? session_sum(run->session) : 0;
    size_t past = count_past(run->session);
    struct reader *reader = reader_open_text(text, run->name, NULL);
    int status;

    if (reader == NULL)
        exit(99);
    dup2(run->shown, STDOUT_FILENO);
    dup2(run->shown, STDERR_FILENO);
    begin(how);
    status = __real_eval_reader(run->session, reader, run->mode);
    if (how != AS_EVER) {
        places_end(places);
        progress_watch(NULL);
        if (status != 0 && status != 130 && count_past(run->session) == past && !runs_others(text)
            && session_sum(run->session) != before)
            fputs(changed, stdout);
    }
    fflush(stdout);
    fflush(stderr);
    dup2(run->out, STDOUT_FILENO);
    dup2(run->error, STDERR_FILENO);
    reader_close(reader);
    return status;
}

static void keep_shown(const struct run *run, off_t keep, int status, struct refused *refused)
{
    struct text shown = { 0 };

    take_shown(run, keep, &shown);
    if (refused->count < KEPT) {
        refused->status[refused->count] = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        refused->text[refused->count++] = strdup(text_string(&shown));
    }
    text_clear(&shown);
}

/* True in a copy of this process, and once only, where the place is new: this one waits for it. */
static bool copy_fails(void)
{
    off_t keep;
    int status;
    pid_t child;

    if (is_copy || copied == NULL)
        return false;
    if (!pthread_equal(pthread_self(), asking)) {
        others_ask = true;
        return false;
    }
    if (!places_new(places))
        return false;
    keep = lseek(copied_run->shown, 0, SEEK_END);
    if ((child = copy_of_process(&status)) == 0) {
        is_copy = true;
        alarm(COPY_SECONDS);
        return true;
    }
    if (child < 0)
        exit(99);
    if (copied->count < KEPT)
        (void)backtrace(copied->callers[copied->count], CALLERS);
    keep_shown(copied_run, keep, status, copied);
    return false;
}

static int status_of(const struct run *run, int status)
{
    return status == 0 && run->session->standing.lost ? 3 : status;
}

/* A copy of this process runs the command, with memory refused at a new place; false where there was none. */
static bool refuse_once(const struct run *run, const char *text, struct refused *refused)
{
    struct text shown = { 0 };
    int status;
    pid_t child;

    fflush(stdout);
    places->failed = false;
    if ((child = fork()) == 0)
        _exit(status_of(run, run_once(run, text, REFUSING)));
    if (child < 0 || waitpid(child, &status, 0) != child)
        exit(99);
    if (places->failed)
        keep_shown(run, 0, status, refused);
    else
        take_shown(run, 0, &shown);
    text_clear(&shown);
    return places->failed;
}

/* The bytes of an error before its hint. */
static size_t before_hint(const char *got)
{
    const char *hint = strstr(got, ",\"hint\"");

    return hint != NULL ? (size_t)(hint - got) : strcspn(got, ";\n");
}

/* Where an error's sentence begins in a line, behind its place, "error: " or the field of JSON; NULL where it has none. */
static const char *sentence_of(const char *line)
{
    static const char *const before[] = { "\"code\":\"memory\",\"message\":\"", "error: ", "mixsh: " };
    const char *end = line + strcspn(line, "\n"), *found;

    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if ((found = strstr(line, before[i])) != NULL && found < end)
            return found + strlen(before[i]);
    return NULL;
}

/* Whether the last error is one whose sentence ends by saying that memory is out: what an error quotes, or a hint has, does not
 * count.  Before it may stand that of a command which this one ran. */
static bool says_memory(const char *text)
{
    const char *sentence = NULL, *const said[] = { "out of memory", strerror(ENOMEM) };
    size_t length;

    for (const char *line = text; line != NULL; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1)
        sentence = sentence_of(line) != NULL ? sentence_of(line) : sentence;
    length = sentence == NULL ? 0 : strcspn(sentence, ";\"\n");
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (length >= strlen(said[i]) && strncmp(sentence + length - strlen(said[i]), said[i], strlen(said[i])) == 0)
            return true;
    return false;
}

/* True where it was as ever, or began so and ended by saying that memory is out, or was stopped.  An error may lack its hint. */
static bool is_right(const char *got, int status, const struct text *right, int right_status)
{
    const char *line = got, *whole = text_string(right);

    if (strstr(got, changed) != NULL)
        return false;
    if (status == right_status && strcmp(got, whole) == 0)
        return true;
    if (status == right_status && status != 0 && strncmp(got, whole, before_hint(got)) == 0)
        return true;
    for (size_t i = 0; got[i] != '\0' && got[i] == whole[i]; i++)
        if (got[i] == '\n')
            line = got + i + 1;
    if (status == 130)
        return strstr(line, "stopped") != NULL;
    return status > 0 && says_memory(line);
}

/* With PLACES_TELL the callers too, for `addr2line -f -e tests/faults/places`. */
static void tell(const struct refused *refused, int i)
{
    printf("REFUSED, it ended with %d and showed: %s", refused->status[i], refused->text[i]);
    for (int c = 0; getenv("PLACES_TELL") != NULL && c < CALLERS && refused->callers[i][c] != NULL; c++)
        printf("%s%#tx", c == 0 ? "\n" : " ", (char *)refused->callers[i][c] - &__executable_start);
}

/* Says what ended otherwise than it may. */
static void judge(struct refused *refused, const struct text *right, int right_status)
{
    for (int i = 0; i < refused->count; i++) {
        if (!is_right(refused->text[i], refused->status[i], right, right_status)) {
            tell(refused, i);
            if (getenv("PLACES_TELL") != NULL)
                printf("\nNot refused, it ended with %d and showed: %s", right_status, text_string(right));
        }
        free(refused->text[i]);
    }
    fflush(stdout);
}

/* A copy of this process runs the command, and copies of that one with memory refused; true where another thread asked for some.
 */
static bool refuse_to_copies(const struct run *run, const char *text)
{
    struct refused *refused = calloc(1, sizeof *refused);
    struct text shown = { 0 };
    int status;
    pid_t child;

    if (refused == NULL)
        exit(99);
    fflush(stdout);
    if ((child = fork()) == 0) {
        copied = refused;
        copied_run = run;
        status = status_of(run, run_once(run, text, COPYING));
        copied = NULL;
        if (is_copy)
            _exit(status);
        take_shown(run, 0, &shown);
        judge(refused, &shown, status);
        _exit(others_ask);
    }
    free(refused);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        exit(99);
    return WEXITSTATUS(status) != 0;
}

/* One command, or a comment. */
static void run_text(struct run *run, const char *text, bool refusing)
{
    struct refused *refused = calloc(1, sizeof *refused);
    struct text shown = { 0 };
    int status;

    if (refused == NULL)
        exit(99);
    if (refusing && refuse_to_copies(run, text))
        while (refuse_once(run, text, refused))
            ;
    status = run_once(run, text, AS_EVER);
    take_shown(run, 0, &shown);
    judge(refused, &shown, status);
    free(refused);
    fputs(text_string(&shown), stdout);
    fflush(stdout);
    if (run->status == 0)
        run->status = status;
    text_clear(&shown);
}

static bool goes_on(const struct run *run)
{
    return !run->session->quit && (run->status == 0 || run->mode != EVAL_SCRIPT);
}

/* The text with blanks instead of all but [begin, end): what is said of that stands where it stood. */
static char *only(const char *text, size_t begin, size_t end)
{
    char *copy = strdup(text);

    for (size_t i = 0; copy != NULL && copy[i] != '\0'; i++)
        if ((i < begin || i >= end) && copy[i] != '\n')
            copy[i] = ' ';
    return copy;
}

/* Lines that hold whole commands. */
static void run_lines(struct run *run, const char *text)
{
    struct arena *arena = arena_new();
    struct split split;
    const char *clean;
    int commands = 0;

    split_init(&split, text, strlen(text));
    while (split_next(&split, arena, &clean, NULL) == SPLIT_COMMAND)
        commands++;
    split_init(&split, text, strlen(text));
    if (commands <= 1)
        run_text(run, text, commands == 1);
    while (commands > 1 && goes_on(run) && split_next(&split, arena, &clean, NULL) == SPLIT_COMMAND) {
        char *one = only(text, split.begin, split.end);

        run_text(run, one, true);
        free(one);
    }
    arena_free(arena);
}

/* True where a command of the text is not at its end. */
static bool is_open(const char *text)
{
    struct arena *arena = arena_new();
    struct split split;
    const char *clean;
    enum split_state state;

    split_init(&split, text, strlen(text));
    do
        state = split_next(&split, arena, &clean, NULL);
    while (state == SPLIT_COMMAND);
    arena_free(arena);
    return state == SPLIT_OPEN;
}

int __wrap_eval_reader(struct session *session, struct reader *reader, enum eval_mode mode)
{
    struct run run = { .session = session, .name = reader->name, .mode = mode };
    struct glmm_error err = { .at = NOWHERE };
    struct text text = { 0 };
    FILE *file = tmpfile();
    const char *line;
    size_t length;
    long number = 0;

    if (copied != NULL || is_copy) { /* a command that runs others: its places are theirs */
        if (file != NULL)
            fclose(file);
        return __real_eval_reader(session, reader, mode);
    }
    if (file == NULL || (run.shown = fcntl(fileno(file), F_DUPFD_CLOEXEC, 40)) < 0)
        exit(99);
    fcntl(run.shown, F_SETFL, O_APPEND);
    run.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 40);
    run.error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 40);
    while (goes_on(&run) && reader->next(reader, 0, &line, &length, &err) == READ_LINE) {
        number++;
        text_add_bytes(&text, line, length);
        text_add(&text, "\n");
        if (is_open(text_string(&text)))
            continue;
        run_lines(&run, text_string(&text));
        text_truncate(&text, 0);
        for (long i = 0; i < number; i++)
            text_add(&text, "\n"); /* so that errors name the line */
    }
    if (goes_on(&run) && !split_is_blank(text_string(&text), text.length))
        run_text(&run, text_string(&text), false);
    text_clear(&text);
    fclose(file);
    close(run.shown);
    return run.status;
}

static void tried(const char *mode)
{
    const char *path = getenv("PLACES");
    FILE *file = path == NULL ? NULL : fopen(path, mode);

    if (file == NULL)
        return;
    if (mode[0] == 'w')
        fwrite(places->seen, sizeof places->seen, 1, file);
    else if (fread(places->seen, sizeof places->seen, 1, file) == 1)
        for (size_t i = 0; i < PLACES_MOST; i++)
            places->count += places->seen[i] != 0;
    fclose(file);
}

int main(int argc, char **argv)
{
    const char *alone = getenv("PLACES_ALONE");
    int status;

    places = mmap(NULL, sizeof *places, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (places == MAP_FAILED)
        return 99;
    pthread_mutex_init(&places->lock, NULL);
    places->alone = alone != NULL;
    places->deep = alone == NULL ? 0 : atoi(alone);
    places->share = PLACES_SHARE;
    start_process(argv);
    tried("r");
    status = shell_main(argc, argv, NULL);
    tried("w");
    return status;
}
