/* recover.c -- reads the journal (its lines: history.h). */
#include "session/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "session/history.h"

enum { DEPTH_LIMIT = 32 }; /* commands that run commands */

/* A line of the journal; its parts end in NULs. */
struct line {
    char *stamp, *text;
    long process;
    char mark;
};

/* A session that has begun and not ended, so far. */
struct begun {
    long process;
    size_t at; /* of its first line */
};

/* Appends the file; one that is not there is empty. */
static void add_file(struct text *out, const char *name)
{
    char *path = xdg_file("XDG_STATE_HOME", ".local/state", name, false), block[1 << 14];
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t got = 1;

    while (fd >= 0 && got != 0) {
        got = read(fd, block, sizeof block);
        if (got < 0 && errno != EINTR)
            break;
        for (ssize_t i = 0; i < got; i++)
            if (block[i] != '\0')
                text_add_char(out, block[i]);
    }
    if (fd >= 0)
        close(fd);
    mem_free(path);
}

/* Reads the line at `at`, cutting it up, and moves `at` behind it; false where it is none of the journal's. */
static bool read_line(char *bytes, size_t length, size_t *at, struct line *line)
{
    char *start = bytes + *at, *end = memchr(start, '\n', length - *at), *rest;

    if (end == NULL)
        end = bytes + length;
    *at = (size_t)(end - bytes) + (end < bytes + length);
    *end = '\0';
    line->stamp = start;
    rest = strchr(start, ' ');
    if (rest == NULL)
        return false;
    line->process = strtol(rest + 1, &rest, 10);
    if (rest[0] != ' ' || rest[1] == '\0' || rest[2] != ' ')
        return false;
    line->mark = rest[1];
    line->text = rest + 3;
    return true;
}

static bool is_alive(long process)
{
    return kill((pid_t)process, 0) == 0 || errno != ESRCH;
}

/* Notes that a session has begun, or forgets one that has ended. */
static bool follow(struct begun **open, size_t *count, size_t *capacity, const struct line *line, size_t at)
{
    void *items = *open;

    if (line->mark != '@' && line->mark != '.')
        return true;
    for (size_t i = 0; i < *count; i++)
        if ((*open)[i].process == line->process) {
            memmove(*open + i, *open + i + 1, (*count - i - 1) * sizeof **open);
            --*count;
            break;
        }
    if (line->mark == '.')
        return true;
    if (!mem_grow(&items, capacity, *count + 1, sizeof **open))
        return false;
    *open = items;
    (*open)[(*count)++] = (struct begun){ line->process, at };
    return true;
}

/* The commands of the session that begins at `at`; false when memory is out. */
static bool take_commands(struct recovered *out, size_t length, const struct begun *begun)
{
    const char *running[DEPTH_LIMIT];
    size_t at = begun->at, depth = 0;
    struct line line;

    out->count = 0;
    out->unfinished = NULL;
    out->process = begun->process;
    while (at < length) {
        void *items = out->commands;
        bool first = at == begun->at;

        if (!read_line(out->bytes, length, &at, &line) || line.process != begun->process)
            continue;
        if (line.mark == '@' && !first)
            break;
        if (line.mark == '@') {
            out->begun = line.stamp;
            out->folder = strchr(line.text, ' ') == NULL ? "." : strchr(line.text, ' ') + 1;
        } else if (line.mark == '>' && depth < DEPTH_LIMIT) {
            running[depth++] = line.text;
        } else if (line.mark == '=' && depth > 0) {
            depth--;
            if (strtol(line.text, NULL, 10) != 0)
                continue;
            if (!mem_grow(&items, &out->capacity, out->count + 1, sizeof *out->commands))
                return false;
            out->commands = items;
            out->commands[out->count++] = running[depth];
        }
    }
    out->unfinished = depth > 0 ? running[depth - 1] : NULL;
    return true;
}

/* Lines were cut up by NULs where they ended: for another reading. */
static void mend(char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '\0')
            bytes[i] = '\n';
}

bool recover_find(struct recovered *recovered, struct glmm_error *err)
{
    struct text journal = { 0 };
    struct begun *open = NULL;
    size_t count = 0, capacity = 0, at = 0, length, before;
    struct line line;
    bool ok = true, found = false;

    memset(recovered, 0, sizeof *recovered);
    add_file(&journal, "journal.old");
    add_file(&journal, "journal");
    length = journal.length;
    recovered->bytes = text_take(&journal);
    if (recovered->bytes == NULL)
        return fail_memory(err);
    while (ok && at < length) {
        before = at;
        if (read_line(recovered->bytes, length, &at, &line))
            ok = follow(&open, &count, &capacity, &line, before);
    }
    while (ok && !found && count > 0) {
        mend(recovered->bytes, length);
        count--;
        if (!is_alive(open[count].process)) {
            ok = take_commands(recovered, length, &open[count]);
            found = ok && recovered->count > 0;
        }
    }
    mem_free(open);
    if (!ok)
        return fail_memory(err);
    return found || fail(err, GLMM_E_STATE, NOWHERE, "there is nothing to recover: every session in the journal came to its end");
}

void recover_clear(struct recovered *recovered)
{
    mem_free(recovered->bytes);
    mem_free(recovered->commands);
    memset(recovered, 0, sizeof *recovered);
}
