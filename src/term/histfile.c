/* histfile.c -- the history file. */
#include "config.h"
#include "term/histfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "session/output.h"

enum { LOCK_TRIES = 20, LOCK_PAUSE = 10 }; /* milliseconds */

/* Makes each folder of a path that ends in a file's name. */
static bool make_folders(char *path)
{
    char *slash;
    bool made = true;

    for (slash = strchr(path + 1, '/'); slash != NULL && made; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
    }
    return made;
}

char *histfile_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct text path = { 0 };
    char *file;

    if (state != NULL && *state == '/') /* the specification says that relative paths are to be ignored */
        text_add(&path, state);
    else if (home != NULL && *home == '/')
        text_addf(&path, "%s/.local/state", home);
    else
        return NULL;
    text_add(&path, "/mixsh/history");
    file = text_take(&path);
    if (file != NULL && !make_folders(file)) {
        mem_free(file);
        file = NULL;
    }
    return file;
}

/* Opens a plain file; a FIFO would wait for its other end, and a device has no lines to keep. */
static int open_plain(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    struct stat status;

    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

/* True where the path still leads to the open file. */
static bool is_there(int fd, const char *path)
{
    struct stat ours, theirs;

    return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

/* Takes the lock, but does not wait longer than a moment for one that somebody keeps. */
static bool lock(int fd)
{
    struct timespec pause = { 0, LOCK_PAUSE * 1000000 };

    for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (tries == LOCK_TRIES || (errno != EWOULDBLOCK && errno != EINTR))
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/* Opens the file and locks it; the lock is worth nothing when the file was replaced meanwhile, and then the new one is opened. */
static int open_locked(const char *path, int flags, bool *locked)
{
    int fd, tries;

    for (tries = 0; tries < 10; tries++) {
        fd = open_plain(path, flags | O_CREAT);
        if (fd < 0)
            return -1;
        *locked = lock(fd);
        if (!*locked || is_there(fd, path))
            return fd;
        close(fd);
    }
    return -1;
}

static bool read_all(int fd, struct text *out)
{
    char block[4096];
    ssize_t got;

    while ((got = read(fd, block, sizeof block)) != 0) {
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0)
            text_add_bytes(out, block, (size_t)got);
    }
    return !out->failed;
}

bool histfile_append(const char *path, const char *entry)
{
    struct text line = { 0 };
    bool ok = false, locked, again = true;
    int fd;

    text_add(&line, entry);
    text_add_char(&line, '\n');
    for (int tries = 0; again && tries < 3; tries++) {
        fd = line.failed ? -1 : open_locked(path, O_WRONLY | O_APPEND, &locked);
        ok = fd >= 0 && file_write(fd, line.data, line.length, NULL);
        again = ok && !locked && !is_there(fd, path); /* without the lock, it may have been replaced under our hands */
        if (fd >= 0)
            close(fd);
    }
    text_clear(&line);
    return ok;
}

/* An entry and its place, to find repetitions by sorting. */
struct entry {
    char *text;
    size_t place;
};

static int by_text(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* Drops all but the last of equal entries and all but the last HISTORY_LIMIT; returns how many are left. */
static size_t thin(char **lines, size_t count)
{
    struct entry *entries = NEW_ARRAY(struct entry, count);
    size_t i, kept = 0, skip;

    if (entries == NULL || count == 0) {
        mem_free(entries);
        return count;
    }
    for (i = 0; i < count; i++) {
        entries[i].text = lines[i];
        entries[i].place = i;
    }
    qsort(entries, count, sizeof *entries, by_text);
    for (i = 0; i + 1 < count; i++)
        if (strcmp(entries[i].text, entries[i + 1].text) == 0)
            lines[entries[i].place] = NULL;
    mem_free(entries);
    for (i = 0; i < count; i++)
        if (lines[i] != NULL)
            lines[kept++] = lines[i];
    skip = kept > HISTORY_LIMIT ? kept - HISTORY_LIMIT : 0;
    memmove(lines, lines + skip, (kept - skip) * sizeof *lines);
    return kept - skip;
}

/* Drops NUL bytes, which a disk that failed may have left: what stands around them is kept. */
static void drop_nuls(struct text *bytes)
{
    size_t kept = 0;

    for (size_t i = 0; i < bytes->length; i++)
        if (bytes->data[i] != '\0')
            bytes->data[kept++] = bytes->data[i];
    text_truncate(bytes, kept);
}

/* Cuts file->bytes at its newlines. */
static bool cut(struct histfile *file)
{
    size_t capacity = 0;
    char *line, *next;

    for (line = file->bytes; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (*line == '\0')
            continue;
        if (!mem_grow((void **)&file->entries, &capacity, file->count + 1, sizeof *file->entries))
            return false;
        file->entries[file->count++] = line;
    }
    file->count = thin(file->entries, file->count);
    return true;
}

/* The entries of an open file. */
static bool read_entries(int fd, struct histfile *file)
{
    struct text bytes = { 0 };
    bool ok;

    memset(file, 0, sizeof *file);
    ok = read_all(fd, &bytes);
    drop_nuls(&bytes);
    ok = ok && (file->bytes = text_take(&bytes)) != NULL && cut(file);
    text_clear(&bytes);
    if (!ok)
        histfile_clear(file);
    return ok;
}

bool histfile_read(const char *path, struct histfile *file)
{
    int fd = open_plain(path, O_RDONLY);
    bool ok;

    memset(file, 0, sizeof *file);
    if (fd < 0)
        return errno == ENOENT;
    ok = read_entries(fd, file);
    close(fd);
    return ok;
}

void histfile_clear(struct histfile *file)
{
    mem_free(file->entries);
    mem_free(file->bytes);
    memset(file, 0, sizeof *file);
}

/* Writes the entries to a new file beside the old one. */
static bool write_entries(const char *path, const struct histfile *file)
{
    struct text bytes = { 0 };
    size_t i;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok;

    if (fd < 0)
        return false;
    for (i = 0; i < file->count; i++) {
        text_add(&bytes, file->entries[i]);
        text_add_char(&bytes, '\n');
    }
    ok = !bytes.failed && file_write(fd, text_string(&bytes), bytes.length, NULL) && fsync(fd) == 0;
    text_clear(&bytes);
    return close(fd) == 0 && ok;
}

/* Rewrites the file that the lock is held on. */
static bool compact(int fd, const char *path)
{
    struct text temporary = { 0 };
    struct histfile file = { 0 };
    bool ok;

    text_addf(&temporary, "%s.new", path); /* one name for all: the next one replaces what a kill has left */
    ok =
        !temporary.failed && read_entries(fd, &file) && write_entries(temporary.data, &file) && rename(temporary.data, path) == 0;
    if (!ok && !temporary.failed)
        unlink(temporary.data);
    histfile_clear(&file);
    text_clear(&temporary);
    return ok;
}

bool histfile_compact(const char *path)
{
    char *real = realpath(path, NULL); /* a link stays one */
    bool locked, ok;
    int fd;

    if (real == NULL)
        return false;
    fd = open_locked(real, O_RDWR, &locked);
    ok = fd >= 0 && locked && compact(fd, real);
    if (fd >= 0)
        close(fd);
    free(real);
    return ok;
}

/* Ends a part of the joined line: one blank, whatever blanks stood there. */
static void add_blank(struct text *out)
{
    while (out->length > 0 && (out->data[out->length - 1] == ' ' || out->data[out->length - 1] == '\t'))
        text_truncate(out, out->length - 1);
    if (out->length > 0)
        text_add_char(out, ' ');
}

char *histfile_join(const char *lines)
{
    struct text out = { 0 };
    const char *at = lines;
    char quote = '\0', *joined;

    while (*at != '\0') {
        bool comment = quote == '\0' && *at == '#' && strchr(at, '\n') != NULL;

        if (quote == '"' && *at == '\n') {
            text_add(&out, "\\n");
            at++;
        } else if (quote == '"' && *at == '\\' && at[1] != '\0' && at[1] != '\n') {
            text_add_bytes(&out, at, 2);
            at += 2;
        } else if (*at == '\n' || comment || (quote == '\0' && *at == '\\' && at[1 + strspn(at + 1, " \t\r")] == '\n')) {
            add_blank(&out);
            at = strchr(at, '\n') + 1;
            at += quote == '\0' ? strspn(at, " \t") : 0;
        } else {
            if (quote == '\0' && (*at == '"' || *at == '`'))
                quote = *at;
            else if (*at == quote)
                quote = '\0';
            text_add_char(&out, *at++);
        }
    }
    while (out.length > 0 && strchr(" \t\r", out.data[out.length - 1]) != NULL)
        text_truncate(&out, out.length - 1);
    joined = out.length == 0 ? NULL : text_take(&out);
    text_clear(&out);
    return joined;
}
