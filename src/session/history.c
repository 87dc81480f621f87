/* history.c -- see history.h. */
#include "session/history.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/safe.h"
#include "session/conventions.h"
#include "session/output.h"
#include "session/private.h"
#include "session/report.h"

/* The first words of a recorded script, by which one is known again. */
static const char signature[] = "# mixsh ";

enum {
    JOURNAL_LIMIT = 4 << 20, /* bytes; a longer journal becomes journal.old */
    NESTED = 32              /* commands that may be running at once, one within the other, and one more each */
};

/* --- directories ------------------------------------------------------------------------------ */

/* Makes the directories above the file at `path`, as `mkdir -p` would, for this user only. */
static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

char *xdg_file(const char *variable, const char *fallback, const char *name, bool make)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    struct text path = { 0 };
    char *result;

    if (base != NULL && base[0] == '/') /* the specification ignores relative ones */
        text_addf(&path, "%s/mixsh/%s", base, name);
    else if (home != NULL && home[0] == '/')
        text_addf(&path, "%s/%s/mixsh/%s", home, fallback, name);
    else
        return NULL;
    result = text_take(&path);
    if (result != NULL && make)
        make_parents(result);
    return result;
}

/* --- journal ---------------------------------------------------------------------------------- */

static void journal_fail(struct session *session, const char *path)
{
    if (!session->own->journal_failed)
        session_notice(session, "no journal of what is typed: cannot write %s: %s", path, strerror(errno));
    session->own->journal_failed = true;
}

/* One line, in one write, so that the lines of several sessions do not mix. */
static void journal_line(struct session *session, long process, char mark, const char *text)
{
    time_t now = time(NULL);
    struct text line = { 0 };
    char stamp[40] = "";
    struct tm local;

    if (session->own->journal < 0)
        return;
    if (localtime_r(&now, &local) != NULL)
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &local);
    text_addf(&line, "%s %ld %c ", stamp, process, mark);
    safe_add(&line, text, strlen(text), SAFE_WORDS);
    text_add_char(&line, '\n');
    if (line.failed || write(session->own->journal, line.data, line.length) != (ssize_t)line.length) {
        journal_fail(session, "the journal");
        close(session->own->journal);
        session->own->journal = -1;
    }
    text_clear(&line);
}

void journal_open(struct session *session)
{
    char *path = xdg_file("XDG_STATE_HOME", ".local/state", "journal", true);
    struct text old = { 0 }, begin = { 0 };
    char *folder;
    struct stat status;

    if (path == NULL)
        return;
    text_addf(&old, "%s.old", path);
    if (!old.failed && stat(path, &status) == 0 && status.st_size > JOURNAL_LIMIT)
        rename(path, old.data);
    text_clear(&old);
    session->own->journal = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (session->own->journal >= 0 && (fstat(session->own->journal, &status) != 0 || S_ISFIFO(status.st_mode))) {
        close(session->own->journal);
        session->own->journal = -1;
        errno = ENXIO;
    }
    if (session->own->journal < 0)
        journal_fail(session, path);
    mem_free(path);
    folder = getcwd(NULL, 0);
    text_addf(&begin, "%s %s", glmm_version(), folder == NULL ? "." : folder);
    if (!begin.failed)
        journal_line(session, getpid(), '@', begin.data);
    text_clear(&begin);
    free(folder);
}

void journal_recovered(struct session *session, long process)
{
    journal_line(session, process, '.', "recovered");
}

/* --- record ----------------------------------------------------------------------------------- */

/* A name as it stands in a comment of a script: safe, and no comma in it, which ends it. */
static void add_name(struct text *out, const char *name)
{
    for (size_t part = strcspn(name, ",");; part = strcspn(name, ",")) {
        safe_add(out, name, part, SAFE_WORDS);
        name += part;
        if (*name++ == '\0')
            return;
        text_add(out, "\\u{2c}");
    }
}

/* `# data NAME, R rows, checksum 0123456789abcdef, PATH` */
static void add_data_line(struct text *out, const struct frame *frame)
{
    const char *source = frame->source == NULL ? "-" : frame->source;

    text_add(out, "# data ");
    add_name(out, frame->name);
    text_addf(out, ", %zu rows, checksum %016" PRIx64 ", ", frame->rows, frame->checksum);
    safe_add(out, source, strlen(source), SAFE_WORDS);
    text_add_char(out, '\n');
}

/* The data that such a comment names, or NULL. */
static const struct frame *named_data(const struct session *session, const char *name, size_t length)
{
    const struct frame *found = NULL;
    struct text safe = { 0 };

    for (const struct dataset *dataset = session->datasets; dataset != NULL && found == NULL; dataset = dataset->next) {
        text_truncate(&safe, 0);
        add_name(&safe, dataset->frame->name);
        if (!safe.failed && safe.length == length && memcmp(safe.data, name, length) == 0)
            found = dataset->frame;
    }
    text_clear(&safe);
    return found;
}

/* What the numbers of a script by that version, up to the end of the line, mean no more. */
static void tell_version(struct session *session, const char *version, const char *script)
{
    struct text changed = { 0 };

    if (conventions_since(&changed, version, glmm_version(), conventions) && !changed.failed && changed.length > 0)
        session_notice(session, "%s was recorded by mixsh %.*s: %s", script, (int)strcspn(version, "\r\n"), version,
                       text_string(&changed));
    text_clear(&changed);
}

void record_check(struct session *session, const char *line, const char *script)
{
    static const char head[] = "# data ";
    const char *name = line + sizeof head - 1;
    const struct frame *frame;
    size_t rows, length;
    uint64_t checksum;
    int path = 0;

    if (strncmp(line, signature, sizeof signature - 1) == 0)
        tell_version(session, line + sizeof signature - 1, script);
    if (strncmp(line, head, sizeof head - 1) != 0)
        return;
    length = strcspn(name, ",");
    if (sscanf(name + length, ", %zu rows, checksum %16" SCNx64 ", %n", &rows, &checksum, &path) != 2 || path == 0)
        return;
    frame = named_data(session, name, length);
    if (frame != NULL && frame->checksum != checksum)
        session_notice(session, "%s was recorded with other data: %.*s (%.*s) has changed since", script, (int)length, name,
                       (int)strcspn(name + length + path, "\n"), name + length + path);
}

/* A command as a script has it: in one line, with nothing that a terminal or a reader would not show. */
static void add_command_text(struct text *out, const char *command)
{
    safe_add(out, command, strlen(command), SAFE_WORDS);
    text_add_char(out, '\n');
}

/* A command that ran; behind a `load` stands which data that were. */
static bool record_command(struct session *session, struct history_entry *entry, struct glmm_error *err)
{
    struct session_private *own = session->own;
    struct text *script = &entry->script;

    if (strncmp(entry->text, "load ", 5) == 0 && session->data != NULL && session->data->checksum != 0)
        add_data_line(script, session->data);
    if (script->failed)
        return fail_memory(err);
    if (fwrite(script->data, 1, script->length, own->record) == script->length && fflush(own->record) == 0)
        return true;
    fail(err, GLMM_E_FILE, NOWHERE, "cannot write %s: %s", own->record_path, strerror(errno));
    record_end(session, NULL);
    return false;
}

/* False with err where `path` is a file that is not to be replaced. */
static bool may_replace(const char *path, bool replace, struct glmm_error *err)
{
    char head[sizeof signature - 1];
    struct stat status;
    FILE *stream;
    size_t got;

    if (stat(path, &status) != 0)
        return true;
    if (!S_ISREG(status.st_mode))
        return fail(err, GLMM_E_FILE, NOWHERE, "cannot record to %s: it is not a plain file", path);
    if (replace || status.st_size == 0)
        return true;
    stream = fopen(path, "re");
    got = stream == NULL ? 0 : fread(head, 1, sizeof head, stream);
    if (stream != NULL)
        fclose(stream);
    if (got == sizeof head && memcmp(head, signature, sizeof head) == 0)
        return true;
    fail(err, GLMM_E_FILE, NOWHERE, "%s exists and is not a recorded script", path);
    error_hint(err, "record %.150s, replace overwrites it", path);
    return false;
}

/* The head of a script: version, seed, what was done before, and with which data.  The seed is that with which the first of the
 * commands began: those that set another are among them. */
static void add_head(struct text *out, const struct session *session, bool fresh)
{
    text_addf(out, "%s%s\n", signature, glmm_version());
    text_addf(out, "set seed %" PRIu64 "\n", fresh ? session->settings.seed : settings_default.seed);
    for (size_t i = 0; !fresh && i < session->own->past_count; i++)
        if (session->own->past[i].recorded && session->own->past[i].status == 0)
            add_command_text(out, session->own->past[i].text);
    for (const struct dataset *dataset = session->datasets; dataset != NULL; dataset = dataset->next)
        if (dataset->frame->checksum != 0)
            add_data_line(out, dataset->frame);
}

bool record_ready(struct session *session, const char *path, bool fresh, bool replace, struct record_file *file,
                  struct glmm_error *err)
{
    struct text head = { 0 };
    bool ok;

    *file = (struct record_file){ .fresh = fresh };
    if (!session_is_silent(session) && !may_replace(path, replace, err))
        return false;
    add_head(&head, session, fresh);
    file->path = mem_strdup(path);
    ok = (!head.failed && file->path != NULL) || fail_memory(err);
    ok = ok && file_replace(session, path, head.data, head.length, err)
         && ((file->stream = fopen(session_is_silent(session) ? "/dev/null" : path, "ae")) != NULL
             || fail(err, GLMM_E_FILE, NOWHERE, "cannot write %s: %s", path, strerror(errno)));
    text_clear(&head);
    return ok;
}

void record_change(struct session *session, struct record_file *file)
{
    struct session_private *own = session->own;

    record_end(session, NULL);
    own->record = file->stream;
    own->record_path = file->path;
    own->record_fresh = file->fresh;
    *file = (struct record_file){ .stream = NULL };
}

void record_drop(struct session *session, struct record_file *file)
{
    const char *now = session->own->record_path;

    if (file->stream != NULL && now != NULL && strcmp(now, file->path) == 0 && !record_is(session, now))
        record_change(session, file); /* the new file has its name */
    if (file->stream != NULL)
        fclose(file->stream);
    mem_free(file->path);
    *file = (struct record_file){ .stream = NULL };
}

bool record_begin(struct session *session, const char *path, bool fresh, bool replace, struct glmm_error *err)
{
    struct record_file file;
    bool ok = record_ready(session, path, fresh, replace, &file, err);

    if (ok)
        record_change(session, &file);
    record_drop(session, &file);
    return ok;
}

bool record_again(struct session *session, struct glmm_error *err)
{
    struct session_private *own = session->own;

    if (own->record == NULL || record_begin(session, own->record_path, own->record_fresh, true, err))
        return true;
    if (!session_whole(session) && record_is(session, own->record_path))
        return false;
    record_end(session, NULL); /* what would follow is of another session */
    error_hint(err, "nothing is being recorded any more");
    return false;
}

bool record_end(struct session *session, struct glmm_error *err)
{
    struct session_private *own = session->own;
    bool ok = true;

    if (own->record != NULL && fclose(own->record) != 0)
        ok = fail(err, GLMM_E_FILE, NOWHERE, "cannot write %s: %s", own->record_path, strerror(errno));
    mem_free(own->record_path);
    own->record = NULL;
    own->record_path = NULL;
    return ok;
}

const char *record_path(const struct session *session)
{
    return session->own->record_path;
}

bool record_is(const struct session *session, const char *path)
{
    struct stat mine, theirs;

    return session->own->record != NULL && fstat(fileno(session->own->record), &mine) == 0 && stat(path, &theirs) == 0
           && mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino;
}

/* --- history ---------------------------------------------------------------------------------- */

bool history_reserve(struct session *session, struct glmm_error *err)
{
    struct session_private *own = session->own;
    void *items = own->past;

    if (!mem_grow(&items, &own->past_capacity, own->past_count + NESTED, sizeof *own->past))
        return fail_memory(err);
    own->past = items;
    return true;
}

static void clear_entry(struct history_entry *entry)
{
    mem_free(entry->text);
    text_clear(&entry->script);
    *entry = (struct history_entry){ .text = NULL };
}

bool history_begin(struct session *session, const char *line, const char *text, struct history_entry *entry,
                   struct glmm_error *err)
{
    journal_line(session, getpid(), '>', line);
    *entry = (struct history_entry){ .text = mem_strdup(text) };
    add_command_text(&entry->script, text);
    if (entry->text != NULL && !entry->script.failed && history_reserve(session, err))
        return true;
    clear_entry(entry);
    return fail_memory(err);
}

bool history_end(struct session *session, struct history_entry *entry, int status, double seconds, bool recorded,
                 struct glmm_error *err)
{
    struct session_private *own = session->own;
    bool ok = true;
    char end[60];

    if (own->record != NULL && recorded && status == 0) {
        ok = record_command(session, entry, err);
        status = entry->script.failed ? error_status(err) : 0;
    }
    snprintf(end, sizeof end, "%d %.3f", status, seconds);
    journal_line(session, getpid(), '=', end);
    own->past[own->past_count++] = (struct past){ entry->text, status, recorded };
    entry->text = NULL;
    clear_entry(entry);
    return ok;
}

void history_close(struct session *session)
{
    struct session_private *own = session->own;

    record_end(session, NULL);
    journal_line(session, getpid(), '.', "ended");
    if (own->journal >= 0)
        close(own->journal);
    own->journal = -1;
    while (own->past_count > 0)
        mem_free(own->past[--own->past_count].text);
    mem_free(own->past);
    own->past = NULL;
    own->past_capacity = 0;
}

size_t history_count(const struct session *session)
{
    return session->own->past_count;
}

const char *history_text(const struct session *session, size_t index)
{
    return session->own->past[index].text;
}

int history_status(const struct session *session, size_t index)
{
    return session->own->past[index].status;
}
