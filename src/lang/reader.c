/* reader.c -- lines from files and texts; the one for a terminal is in src/term. */
#include "lang/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "data/source.h"

struct file_reader {
    struct reader reader;
    FILE *stream;
    bool owned; /* close the stream */
    char *line; /* getline's */
    size_t capacity;
    long count; /* lines read */
};

struct text_reader {
    struct reader reader;
    char *text;
    size_t length, at;
};

static enum read_state file_next(struct reader *reader, char open, const char **line, size_t *length, struct glmm_error *err)
{
    struct file_reader *file = (struct file_reader *)reader;
    ssize_t got;

    (void)open;
    errno = 0;
    got = getline(&file->line, &file->capacity, file->stream);
    if (got < 0 && errno == EINTR) {
        clearerr(file->stream);
        return READ_INTERRUPT;
    }
    if (got < 0 && (ferror(file->stream) || errno == ENOMEM)) {
        fail(err, GLMM_E_FILE, NOWHERE, "cannot read `%s`: %s", reader->name, strerror(errno));
        return READ_ERROR;
    }
    if (got < 0)
        return READ_END;
    if (got > 0 && file->line[got - 1] == '\n')
        got--;
    if (got > 0 && file->line[got - 1] == '\r')
        got--;
    *line = file->line;
    *length = (size_t)got;
    if (file->count++ == 0 && *length >= 3 && memcmp(*line, "\xEF\xBB\xBF", 3) == 0) {
        *line += 3; /* a byte-order mark */
        *length -= 3;
    }
    return READ_LINE;
}

static void file_close(struct reader *reader)
{
    struct file_reader *file = (struct file_reader *)reader;

    if (file->owned)
        fclose(file->stream);
    free(file->line);
    mem_free((char *)reader->name);
    mem_free(file);
}

struct reader *reader_open_stream(FILE *stream, const char *name, struct glmm_error *err)
{
    struct file_reader *file = NEW(struct file_reader);

    if (file == NULL || (file->reader.name = mem_strdup(name)) == NULL) {
        mem_free(file);
        fail_memory(err);
        return NULL;
    }
    file->reader.next = file_next;
    file->reader.close = file_close;
    file->stream = stream;
    return &file->reader;
}

/* A session of `save`, which is an SQLite database: true with the error that says how to bring it back. */
static bool is_session(FILE *stream, const char *path, struct glmm_error *err)
{
    static const char magic[] = "SQLite format 3";
    const char *quote = strpbrk(path, " ,;#") != NULL ? "\"" : "";
    char begin[sizeof magic];
    bool is = fread(begin, 1, sizeof begin, stream) == sizeof begin && memcmp(begin, magic, sizeof begin) == 0;

    rewind(stream);
    if (is) {
        fail(err, GLMM_E_FILE, NOWHERE, "%.100s is a saved session, and no script", path);
        error_hint(err, "`restore %s%.100s%s` brings it back; `record FILE` writes a script", quote, path, quote);
    }
    return is;
}

struct reader *reader_open_file(const char *path, struct glmm_error *err)
{
    FILE *stream = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");
    struct reader *reader;
    struct stat status;

    if (strcmp(path, "-") == 0)
        return reader_open_stream(stdin, "stdin", err);
    if (stream == NULL || fstat(fileno(stream), &status) != 0) {
        source_fail(path, errno, err);
        if (stream != NULL)
            fclose(stream);
        return NULL;
    }
    if (S_ISDIR(status.st_mode)) {
        fail(err, GLMM_E_FILE, NOWHERE, "`%s` is a directory", path);
        fclose(stream);
        return NULL;
    }
    reader = S_ISREG(status.st_mode) && is_session(stream, path, err) ? NULL : reader_open_stream(stream, path, err);
    if (reader == NULL)
        fclose(stream);
    else
        ((struct file_reader *)reader)->owned = true;
    return reader;
}

static enum read_state text_next(struct reader *reader, char open, const char **line, size_t *length, struct glmm_error *err)
{
    struct text_reader *text = (struct text_reader *)reader;
    const char *newline;

    (void)open;
    (void)err;
    if (text->at >= text->length)
        return READ_END;
    *line = text->text + text->at;
    newline = memchr(*line, '\n', text->length - text->at);
    *length = newline == NULL ? text->length - text->at : (size_t)(newline - *line);
    text->at += *length + 1;
    return READ_LINE;
}

static void text_close(struct reader *reader)
{
    struct text_reader *text = (struct text_reader *)reader;

    mem_free(text->text);
    mem_free((char *)reader->name);
    mem_free(text);
}

struct reader *reader_open_text(const char *source, const char *name, struct glmm_error *err)
{
    struct text_reader *text = NEW(struct text_reader);

    if (text == NULL) {
        fail_memory(err);
        return NULL;
    }
    text->reader.next = text_next;
    text->reader.close = text_close;
    text->length = strlen(source);
    text->text = mem_strdup(source);
    text->reader.name = mem_strdup(name);
    if (text->text == NULL || text->reader.name == NULL) {
        text_close(&text->reader);
        fail_memory(err);
        return NULL;
    }
    return &text->reader;
}

void reader_close(struct reader *reader)
{
    if (reader != NULL)
        reader->close(reader);
}
