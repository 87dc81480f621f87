/* source.c -- file or memory -> [gunzip] -> checksum -> [decode] -> blocks cut after the last line end; what follows it is
 * carried to the next. */
#include "config.h"
#include "data/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/checksum.h"
#include "data/decode.h"

enum { BLOCK = 1 << 18, RAW = 1 << 16, PIECE = 1 << 20, LONGEST_LINE = 1 << 30, CHARACTER = 8 };

struct source {
    int fd; /* -1: from memory */
    bool owns_fd;
    char *kept;                /* what was read from a pipe; owned */
    const char *bytes;         /* memory: all of them */
    size_t count, at;          /* memory: their number, and how many were taken */
    double file_size, file_at; /* file: in bytes; size 0 where unknown */
    struct stat opened;        /* file: as it was when it was opened */
    const struct glmm_progress *progress;

    bool gzip;
    z_stream inflater;
    bool inflating; /* inflater is initialised */
    bool member_ended;
    char *raw; /* compressed bytes; RAW of them */

    struct decoder *decoder; /* NULL: the text is UTF-8 */
    char *coded;             /* text to be decoded; RAW of it */
    const char *coded_at;
    size_t coded_left;
    double decoded; /* bytes of the text that were decoded */
    bool undecodable;

    char *buffer;
    size_t used, capacity; /* bytes in buffer */
    size_t delivered;      /* of them, handed out by the last source_next */
    size_t unsummed;       /* of them, the last ones: not yet in the checksum */
    bool ended, first;
    struct checksum checksum;
};

/* --- opening ---------------------------------------------------------------------------------- */

/* Suggests the files of the same directory whose names are near. */
static void suggest_files(const char *path, struct glmm_error *err)
{
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    char *folder = slash == NULL ? mem_strdup(".") : mem_strndup(path, (size_t)(slash - path) + 1);
    DIR *directory = folder == NULL ? NULL : opendir(folder);
    char names[3][256];
    struct dirent *entry;
    int best = -1, count = 0, swap = 0, distance;

    if (slash != NULL && directory == NULL)
        error_hint(err, "there is no directory `%s` either", folder == NULL ? "" : folder);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.' || !is_near(base, entry->d_name, &distance) || (best >= 0 && distance > best))
            continue;
        if (distance != best)
            count = 0;
        best = distance;
        if (count < 3)
            strncpy(names[count++], entry->d_name, sizeof names[0]); /* d_name fits, with its NUL */
    }
    if (count == 2 && strcmp(names[0], names[1]) > 0) /* the directory's order is none */
        swap = 1;
    if (count == 1)
        error_hint(err, "did you mean `%.*s%s`?", (int)(base - path), path, names[0]);
    else if (count == 2)
        error_hint(err, "did you mean `%.*s%s` or `%.*s%s`?", (int)(base - path), path, names[swap], (int)(base - path), path,
                   names[1 - swap]);
    if (directory != NULL)
        closedir(directory);
    mem_free(folder);
}

bool source_fail(const char *path, int number, struct glmm_error *err)
{
    if (number == ENOENT || number == ENOTDIR) {
        fail(err, GLMM_E_FILE, NOWHERE, "no file `%s`", path);
        error_argument(err, "path");
        suggest_files(path, err);
    } else {
        fail(err, GLMM_E_FILE, NOWHERE, "cannot read `%s`: %s", path, strerror(number));
    }
    return false;
}

/* A read that goes on after a signal unless the work is to stop. */
static ssize_t read_some(int fd, char *place, size_t room, const struct glmm_progress *progress)
{
    ssize_t got;

    do
        got = read(fd, place, room);
    while (got < 0 && errno == EINTR && progress_tell(progress, "byte", 0, 0, (double)NAN));
    return got;
}

/* Takes all that a pipe has into memory. */
static bool keep_pipe(struct source *source, const char *path, const struct glmm_progress *progress, struct glmm_error *err)
{
    void *kept = NULL;
    size_t capacity = 0;
    ssize_t got;

    do {
        bool grown = mem_grow_tight(&kept, &capacity, source->count + BLOCK, 1);

        source->kept = kept;
        if (!grown)
            return fail_memory(err);
        got = read_some(source->fd, source->kept + source->count, BLOCK, progress);
        if (got > 0)
            source->count += (size_t)got;
        if (!progress_tell(progress, "byte", (double)source->count, 0, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "reading `%s` was stopped", path);
    } while (got > 0);
    if (got < 0)
        return source_fail(path, errno, err);
    if (source->owns_fd)
        close(source->fd);
    source->fd = -1;
    source->bytes = source->kept;
    return true;
}

static bool open_file(struct source *source, const char *path, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct stat status;
    bool standard = strcmp(path, "-") == 0;

    source->owns_fd = !standard;
    do /* a pipe waits here for its writer */
        source->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    while (source->fd < 0 && errno == EINTR && progress_tell(progress, "byte", 0, 0, (double)NAN));
    if (source->fd < 0 && errno == EINTR)
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "reading `%s` was stopped", path);
    if (source->fd < 0 || fstat(source->fd, &status) != 0)
        return source_fail(path, errno, err);
    if (S_ISDIR(status.st_mode)) {
        fail(err, GLMM_E_FILE, NOWHERE, "`%s` is a directory, not a file", path);
        error_hint(err, "name a file in it");
        return false;
    }
    if (!S_ISREG(status.st_mode) || standard)
        return keep_pipe(source, standard ? "standard input" : path, progress, err);
    source->file_size = (double)status.st_size;
    source->opened = status;
    return true;
}

static struct source *source_new(struct glmm_error *err)
{
    struct source *source = NEW(struct source);

    if (source == NULL) {
        fail_memory(err);
        return NULL;
    }
    source->fd = -1;
    return source;
}

struct source *source_open(const char *path, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct source *source = source_new(err);

    if (source != NULL)
        source->progress = progress;
    if (source != NULL && (!open_file(source, path, progress, err) || !source_rewind(source, err))) {
        source_free(source);
        return NULL;
    }
    return source;
}

struct source *source_of_bytes(const char *bytes, size_t count, struct glmm_error *err)
{
    struct source *source = source_new(err);

    if (source == NULL)
        return NULL;
    source->bytes = bytes;
    source->count = count;
    if (!source_rewind(source, err)) {
        source_free(source);
        return NULL;
    }
    return source;
}

void source_free(struct source *source)
{
    if (source == NULL)
        return;
    if (source->inflating)
        inflateEnd(&source->inflater);
    if (source->fd >= 0 && source->owns_fd)
        close(source->fd);
    mem_free(source->kept);
    decoder_free(source->decoder);
    mem_free(source->raw);
    mem_free(source->coded);
    mem_free(source->buffer);
    mem_free(source);
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* Reads at most `room` bytes of the file as it lies on disk. */
static bool take_raw(struct source *source, char *place, size_t room, size_t *got, struct glmm_error *err)
{
    ssize_t read_now;

    if (source->fd < 0) {
        *got = source->count - source->at < room ? source->count - source->at : room;
        if (*got > 0)
            memcpy(place, source->bytes + source->at, *got);
        source->at += *got;
        return true;
    }
    read_now = read_some(source->fd, place, room, source->progress);
    if (read_now < 0 && errno == EINTR)
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "reading was stopped");
    if (read_now < 0)
        return fail(err, GLMM_E_FILE, NOWHERE, "cannot read on: %s", strerror(errno));
    *got = (size_t)read_now;
    source->file_at += (double)read_now;
    return true;
}

static void *zlib_alloc(void *context, unsigned count, unsigned size)
{
    (void)context;
    return mem_alloc(count, size);
}

static void zlib_free(void *context, void *block)
{
    (void)context;
    mem_free(block);
}

/* Sees to it that there are compressed bytes to inflate; false at their end too, with *at_end set. */
static bool feed_inflater(struct source *source, bool *at_end, struct glmm_error *err)
{
    z_stream *z = &source->inflater;
    size_t raw;

    for (;;) {
        while (source->member_ended && z->avail_in > 0 && *z->next_in == 0) { /* padding behind a member */
            z->next_in++;
            z->avail_in--;
        }
        if (z->avail_in > 0)
            return true;
        if (!take_raw(source, source->raw, RAW, &raw, err))
            return false;
        if (raw == 0) {
            *at_end = true;
            return false;
        }
        z->next_in = (unsigned char *)source->raw;
        z->avail_in = (unsigned)raw;
    }
}

/* Inflates at most `room` bytes; several gzip members in a row are one text. */
static bool take_inflated(struct source *source, char *place, size_t room, size_t *got, struct glmm_error *err)
{
    z_stream *z = &source->inflater;
    bool at_end = false;
    int status;

    z->next_out = (unsigned char *)place;
    z->avail_out = (unsigned)room;
    while (z->avail_out > 0 && feed_inflater(source, &at_end, err)) {
        if (source->member_ended) {
            if (inflateReset(z) != Z_OK)
                return fail_memory(err);
            source->member_ended = false;
        }
        status = inflate(z, Z_NO_FLUSH);
        source->member_ended = status == Z_STREAM_END;
        if (status == Z_MEM_ERROR)
            return fail_memory(err);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return fail(err, GLMM_E_FILE, NOWHERE, "the gzip data are damaged (%s)", z->msg == NULL ? "bad header" : z->msg);
    }
    if (z->avail_out > 0 && !at_end)
        return false;
    *got = room - z->avail_out;
    if (*got == 0 && !source->member_ended)
        return fail(err, GLMM_E_FILE, NOWHERE, "the gzip data end too early: the file is incomplete");
    return true;
}

/* At most `room` bytes of the text as it is in the file. */
static bool take_text(struct source *source, char *place, size_t room, size_t *got, struct glmm_error *err)
{
    return source->gzip ? take_inflated(source, place, room, got, err) : take_raw(source, place, room, got, err);
}

/* At most `room` bytes of the text as UTF-8; none at its end only. */
static bool take_decoded(struct source *source, char *place, size_t room, size_t *got, struct glmm_error *err)
{
    size_t more, before;
    bool bad = false;

    for (;;) {
        before = source->coded_left;
        *got = decoder_run(source->decoder, &source->coded_at, &source->coded_left, place, room, &bad);
        source->decoded += (double)(before - source->coded_left);
        if (*got > 0)
            return true;
        if (!bad) {
            memmove(source->coded, source->coded_at, source->coded_left);
            source->coded_at = source->coded;
            if (!take_text(source, source->coded + source->coded_left, RAW - source->coded_left, &more, err))
                return false;
            checksum_add(&source->checksum, source->coded + source->coded_left, more);
            if (more == 0 && source->coded_left == 0)
                return true;
            source->coded_left += more;
            bad = more == 0 && !decoder_finish(source->decoder); /* the rest of a character does not come */
        }
        if (bad) {
            source->undecodable = true;
            return fail(err, GLMM_E_FILE, NOWHERE, "byte %.0f of the text begins no character of its encoding",
                        source->decoded + 1.0);
        }
    }
}

void source_sum(struct source *source)
{
    checksum_add(&source->checksum, source->buffer + source->used - source->unsummed, source->unsummed);
    source->unsummed = 0;
}

/* Fills the rest of the buffer, or a part of it. */
static bool fill(struct source *source, struct glmm_error *err)
{
    size_t got = 0, room = source->capacity - 1 - source->used; /* one byte is left for an added line end */
    char *place = source->buffer + source->used;

    if (room > PIECE) /* Ctrl-C is asked for behind each */
        room = PIECE;
    if (!(source->decoder != NULL ? take_decoded : take_text)(source, place, room, &got, err))
        return false;
    source->used += got;
    source->unsummed += source->decoder == NULL ? got : 0;
    source->ended = got == 0;
    return true;
}

/* Sets source->gzip by the two magic bytes. */
static bool look_at_start(struct source *source, struct glmm_error *err)
{
    unsigned char magic[2] = { 0 };

    if (source->fd < 0) {
        if (source->count >= 2)
            memcpy(magic, source->bytes, 2);
    } else if (pread(source->fd, magic, 2, 0) < 0) {
        return fail(err, GLMM_E_FILE, NOWHERE, "cannot read the file: %s", strerror(errno));
    }
    source->gzip = magic[0] == 0x1f && magic[1] == 0x8b;
    return true;
}

bool source_rewind(struct source *source, struct glmm_error *err)
{
    if (source->buffer == NULL) {
        source->capacity = BLOCK;
        source->buffer = mem_alloc(source->capacity, 1);
        if (source->buffer == NULL)
            return fail_memory(err);
        if (!look_at_start(source, err))
            return false;
    }
    if (source->fd >= 0 && lseek(source->fd, 0, SEEK_SET) < 0)
        return fail(err, GLMM_E_FILE, NOWHERE, "cannot read the file again: %s", strerror(errno));
    source->at = 0;
    source->file_at = 0;
    source->used = source->delivered = source->unsummed = 0;
    source->ended = false;
    source->first = true;
    source->checksum = checksum_begin();
    source->coded_at = source->coded;
    source->coded_left = 0;
    source->decoded = 0.0;
    source->undecodable = false;
    if (source->decoder != NULL)
        decoder_reset(source->decoder);
    if (!source->gzip)
        return true;
    if (source->inflating)
        inflateEnd(&source->inflater);
    source->inflating = false;
    if (source->raw == NULL && (source->raw = mem_alloc(RAW, 1)) == NULL)
        return fail_memory(err);
    source->inflater = (z_stream){ .zalloc = zlib_alloc, .zfree = zlib_free };
    if (inflateInit2(&source->inflater, 15 + 16) != Z_OK) /* 16: a gzip header is expected */
        return fail_memory(err);
    source->inflating = true;
    source->member_ended = false;
    return true;
}

/* The number of bytes up to the last line end, that included; 0 when there is none. */
static size_t whole_lines(const char *bytes, size_t count)
{
    const char *last = count == 0 ? NULL : memrchr(bytes, '\n', count);

    if (last == NULL && count > 0)
        last = memrchr(bytes, '\r', count);
    return last == NULL ? 0 : (size_t)(last - bytes) + 1;
}

/* True where a decoded character might not fit any more. */
static bool is_full(const struct source *source)
{
    return source->capacity - 1 - source->used < CHARACTER;
}

bool source_next(struct source *source, const char **bytes, size_t *count, struct glmm_error *err)
{
    size_t skip = 0;

    source_sum(source);
    memmove(source->buffer, source->buffer + source->delivered, source->used - source->delivered);
    source->used -= source->delivered;
    source->delivered = 0;
    while (!source->ended && (!is_full(source) || whole_lines(source->buffer, source->used) == 0)) {
        if (is_full(source)) {
            void *buffer = source->buffer;

            if (source->used >= LONGEST_LINE)
                return fail(err, GLMM_E_LIMIT, NOWHERE, "a line has more than a GB: this is no table of lines");
            if (!mem_grow(&buffer, &source->capacity, source->capacity + 1, 1))
                return fail_memory(err);
            source->buffer = buffer;
        }
        if (!fill(source, err))
            return false;
        if (source->used > BLOCK && !progress_tell(source->progress, "byte", source->file_at, source->file_size, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "reading was stopped");
    }
    if (source->first && source->used >= 3 && memcmp(source->buffer, "\xef\xbb\xbf", 3) == 0)
        skip = 3;
    source->first = false;
    if (source->ended)
        source_sum(source); /* before a byte is added, or taken */
    if (!source->ended) {
        source->delivered = whole_lines(source->buffer, source->used);
    } else {
        if (source->used > skip && source->buffer[source->used - 1] == 0x1a) /* the end of a file of DOS */
            source->used--;
        if (source->used > skip && whole_lines(source->buffer, source->used) != source->used)
            source->buffer[source->used++] = '\n';
        source->delivered = source->used;
    }
    *bytes = source->buffer + skip;
    *count = source->delivered - skip;
    return true;
}

void source_widen(struct source *source, size_t size)
{
    void *buffer = source->buffer;

    if (size > source->capacity && mem_grow_tight(&buffer, &source->capacity, size, 1))
        source->buffer = buffer;
}

void source_place(const struct source *source, double *done, double *total)
{
    *done = source->fd < 0 ? (double)source->at : source->file_at;
    *total = source->fd < 0 ? (double)source->count : source->file_size;
}

size_t source_size(const struct source *source)
{
    if (source->gzip)
        return 0;
    return source->fd < 0 ? source->count : (size_t)source->file_size;
}

bool source_peek(struct source *source, const char **bytes, size_t *count, struct glmm_error *err)
{
    while (!source->ended && !is_full(source))
        if (!fill(source, err))
            return false;
    *bytes = source->buffer;
    *count = source->used;
    return true;
}

char *source_whole(struct source *source, size_t *count, struct glmm_error *err)
{
    double room = source_size(source) > 0 ? (double)source_size(source) + 1.0 : 0.0;
    void *bytes = NULL;
    size_t capacity = 0, used = 0, got = 1;
    bool ok = forecast(room, NULL, source->progress, err) && source_rewind(source, err);

    if (ok && room > 0.0 && (ok = mem_grow_tight(&bytes, &capacity, (size_t)room, 1)) == false)
        fail_memory(err);
    while (ok && got > 0) {
        if (used == capacity && !mem_grow(&bytes, &capacity, used + BLOCK, 1))
            ok = fail_memory(err);
        got = 0;
        ok = ok && take_text(source, (char *)bytes + used, capacity - used < BLOCK ? capacity - used : BLOCK, &got, err);
        checksum_add(&source->checksum, (char *)bytes + used, got);
        used += got;
        if (ok && !progress_tell(source->progress, "byte", source->file_at, source->file_size, (double)NAN))
            ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "reading was stopped");
    }
    *count = used;
    if (ok)
        return bytes;
    mem_free(bytes);
    return NULL;
}

bool source_encode(struct source *source, const char *encoding, struct glmm_error *err)
{
    decoder_free(source->decoder);
    source->decoder = NULL;
    if (encoding == NULL)
        return true;
    if (source->coded == NULL && (source->coded = mem_alloc(RAW, 1)) == NULL)
        return fail_memory(err);
    source->decoder = decoder_new(encoding, err);
    return source->decoder != NULL;
}

bool source_is_mixed(const struct source *source)
{
    return source->decoder != NULL && decoder_stayed(source->decoder) > 0;
}

bool source_undecodable(const struct source *source)
{
    return source->undecodable;
}

bool source_unchanged(const struct source *source)
{
    struct stat now;

    return source->fd < 0 || !source->owns_fd
           || (fstat(source->fd, &now) == 0 && now.st_size == source->opened.st_size
               && now.st_mtim.tv_sec == source->opened.st_mtim.tv_sec && now.st_mtim.tv_nsec == source->opened.st_mtim.tv_nsec);
}

uint64_t source_checksum(const struct source *source)
{
    return checksum_end(&source->checksum);
}
