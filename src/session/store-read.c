/* store-read.c -- a session's file, checked and made into what a session is made of. */
#include "config.h"
#include "session/store.h"

#ifdef HAVE_SQLITE
#include <stdio.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/source.h"
#include "fit/fit-image.h"
#include "fit/fit.h"
#include "fit/imputed.h"
#include "infer/pool-image.h"
#include "model/model.h"
#include "model/relation.h"
#include "session/output.h"
#include "session/private.h"
#include "session/store-private.h"

struct store_reader {
    const char *path;
    sqlite3 *database;
    struct stored *stored;
    const struct frame **frames; /* by id - 1; held until the end */
    size_t frame_count, frame_capacity;
    const struct glmm_progress *progress;
    struct glmm_error *err;
};

/* --- the file ---------------------------------------------------------------------------------------- */

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool check_file(const char *path, const struct text *text, struct glmm_error *err)
{
    const unsigned char *bytes = (const unsigned char *)text->data;

    if (text->length < HEADER || memcmp(bytes, "SQLite format 3", 16) != 0
        || big_endian(bytes + APPLICATION_AT) != STORE_APPLICATION)
        return fail(err, GLMM_E_FILE, NOWHERE, "%s is no saved session", path);
    if (store_checksum(bytes, text->length) != big_endian(bytes + CHECKSUM_AT))
        return fail(err, GLMM_E_FILE, NOWHERE, "%s is damaged: its checksum is not that of its contents", path);
    return true;
}

static bool fail_read(struct store_reader *r)
{
    if (sqlite3_errcode(r->database) == SQLITE_NOMEM)
        return fail_memory(r->err);
    return fail(r->err, GLMM_E_FILE, NOWHERE, "%s is no saved session that can be read: %s", r->path,
                sqlite3_errmsg(r->database));
}

static bool fail_contents(struct store_reader *r, const char *what)
{
    return fail(r->err, GLMM_E_FILE, NOWHERE, "%s is no saved session that can be read: its %s is not as it was written", r->path,
                what);
}

/* --- rows -------------------------------------------------------------------------------------------- */

/* Calls `row` for each row that the statement gives. */
static bool each(struct store_reader *r, const char *sql, int64_t bound, bool (*row)(struct store_reader *r, sqlite3_stmt *s))
{
    sqlite3_stmt *s = NULL;
    int status = SQLITE_ERROR;
    bool ok = true;

    if (sqlite3_prepare_v2(r->database, sql, -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(s, 1, bound); /* nothing where it has no `?` */
        while (ok && (status = sqlite3_step(s)) == SQLITE_ROW)
            ok = row(r, s);
    }
    ok = ok && (status == SQLITE_DONE || fail_read(r));
    sqlite3_finalize(s);
    return ok;
}

static const char *text_of(sqlite3_stmt *s, int column)
{
    return (const char *)sqlite3_column_text(s, column);
}

/* Names that end in a zero byte each, copied; NULL with the reader's error where they are not so many, or memory is out. */
static char **names_of(struct store_reader *r, sqlite3_stmt *s, int column, int64_t count, const char *what)
{
    const char *bytes = sqlite3_column_blob(s, column), *end = bytes;
    size_t left = (size_t)sqlite3_column_bytes(s, column);
    int64_t made = 0;
    char **names;

    if (count < 0 || count > INT32_MAX || (size_t)count > left) {
        fail_contents(r, what);
        return NULL;
    }
    names = NEW_ARRAY(char *, (size_t)count + 1);
    for (; names != NULL && made < count; made++) {
        end = left == 0 ? NULL : memchr(bytes, '\0', left);
        names[made] = end == NULL ? NULL : mem_strdup(bytes);
        if (names[made] == NULL)
            break;
        left -= (size_t)(end - bytes) + 1;
        bytes = end + 1;
    }
    if (names != NULL && made == count && left == 0)
        return names;
    if (names != NULL && (end == NULL || made == count))
        fail_contents(r, what);
    else
        fail_memory(r->err);
    while (made > 0)
        mem_free(names[--made]);
    mem_free(names);
    return NULL;
}

/* --- data -------------------------------------------------------------------------------------------- */

static bool column_type_of(const char *name, enum column_type *type)
{
    for (int t = COLUMN_REAL; t <= COLUMN_DATE; t++)
        if (name != NULL && strcmp(column_type_name((enum column_type)t), name) == 0) {
            *type = (enum column_type)t;
            return true;
        }
    return false;
}

static bool codes_are_levels(const struct column *column, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        if (column->as.code[i] < -1 || column->as.code[i] >= column->level_count)
            return false;
    return true;
}

static bool read_column(struct store_reader *r, sqlite3_stmt *s)
{
    struct frame *frame = (struct frame *)r->frames[r->frame_count - 1]; /* nobody else has it yet */
    struct column *column;
    enum column_type type;
    size_t bytes;

    if (text_of(s, 0) == NULL || !column_type_of(text_of(s, 1), &type))
        return fail_contents(r, "table of variables");
    if (!progress_tell(r->progress, "variable", (double)frame->column_count, 0.0, (double)NAN))
        return fail(r->err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the session was there");
    bytes = frame->rows * store_value_size(type);
    if ((size_t)sqlite3_column_bytes(s, 6) != bytes)
        return fail_contents(r, "table of variables");
    column = frame_add(frame, text_of(s, 0), type, r->err);
    if (column == NULL)
        return false;
    if (bytes > 0)
        memcpy(column->as.any, sqlite3_column_blob(s, 6), bytes);
    column->contrast = (enum contrast)(sqlite3_column_int(s, 2) & 3);
    column->imputation = (sqlite3_column_int(s, 2) & STORE_IMPUTATION) != 0;
    if (type == COLUMN_FACTOR) {
        column->levels = names_of(r, s, 4, sqlite3_column_int64(s, 5), "list of levels");
        if (column->levels == NULL)
            return false;
        column->level_count = sqlite3_column_int(s, 5);
        column->reference = sqlite3_column_int(s, 3);
        if (!codes_are_levels(column, frame->rows) || column->reference < 0
            || (column->reference >= column->level_count && column->reference > 0))
            return fail_contents(r, "list of levels");
    }
    column_count_missing(column, frame->rows);
    return true;
}

static bool read_frame(struct store_reader *r, sqlite3_stmt *s)
{
    void *frames = r->frames;
    struct frame *frame;
    int64_t rows = sqlite3_column_int64(s, 4);

    if (sqlite3_column_int64(s, 0) != (int64_t)r->frame_count + 1 || text_of(s, 1) == NULL || rows < 0)
        return fail_contents(r, "table of data");
    if (!mem_grow(&frames, &r->frame_capacity, r->frame_count + 1, sizeof *r->frames)
        || (r->frames = frames, (frame = frame_new(text_of(s, 1), (size_t)rows)) == NULL))
        return fail_memory(r->err);
    r->frames[r->frame_count++] = frame;
    frame->checksum = (uint64_t)sqlite3_column_int64(s, 3);
    if (text_of(s, 2) != NULL && (frame->source = mem_strdup(text_of(s, 2))) == NULL)
        return fail_memory(r->err);
    return each(r,
                "select name, type, contrast, reference, levels, level_count, data from variable where frame = ? order by place",
                (int64_t)r->frame_count, read_column);
}

static const struct frame *frame_of(const struct store_reader *r, int64_t id)
{
    return id < 1 || (size_t)id > r->frame_count ? NULL : r->frames[id - 1];
}

static bool read_dataset(struct store_reader *r, sqlite3_stmt *s)
{
    struct dataset **place = &r->stored->datasets, *dataset;
    const struct frame *frame = frame_of(r, sqlite3_column_int64(s, 0));

    if (frame == NULL)
        return fail_contents(r, "list of data");
    dataset = NEW(struct dataset);
    if (dataset == NULL)
        return fail_memory(r->err);
    while (*place != NULL)
        place = &(*place)->next;
    *place = dataset;
    dataset->frame = frame_hold(frame);
    return true;
}

/* The matrix of a row; takes the ids. */
static struct relation *relation_of_row(struct store_reader *r, sqlite3_stmt *s, const char *kind, int64_t count, char **ids,
                                        bool descends)
{
    size_t bytes = (size_t)sqlite3_column_bytes(s, 4);
    double *values = mem_alloc(bytes / sizeof *values + 1, sizeof *values);
    struct descent *d;

    if (values != NULL)
        memcpy(values, sqlite3_column_blob(s, 4), bytes / sizeof *values * sizeof *values);
    if (values != NULL && !descends)
        return relation_new(text_of(s, 0), kind, (int32_t)count, ids, values, r->progress, r->err);
    d = values == NULL ? NULL : descent_unpack(values, bytes / sizeof *values);
    if (d != NULL && d->names == count) {
        mem_free(values);
        return relation_new_descent(text_of(s, 0), kind, ids, d, r->err);
    }
    if (values == NULL)
        fail_memory(r->err);
    else
        fail_contents(r, "matrix");
    descent_free(d);
    mem_free(values);
    for (int64_t i = 0; i < count; i++)
        mem_free(ids[i]);
    mem_free(ids);
    return NULL;
}

static bool read_relation(struct store_reader *r, sqlite3_stmt *s)
{
    static const char *const kinds[] = { "matrix", "pedigree", "tree", "markers", "places" };
    int64_t count = sqlite3_column_int64(s, 2);
    size_t bytes = (size_t)sqlite3_column_bytes(s, 4);
    struct relation **place = &r->stored->relations, *relation;
    const char *kind = kinds[0], *named = text_of(s, 1);
    bool descends = named != NULL && strstr(named, RELATION_BY_DESCENT) != NULL;
    char **ids;

    if (count < 1 || count > 1 << 26 || (!descends && bytes != (size_t)count * (size_t)count * sizeof(double))
        || text_of(s, 0) == NULL)
        return fail_contents(r, "matrix");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (named != NULL && strncmp(named, kinds[i], strlen(kinds[i])) == 0)
            kind = kinds[i];
    if ((ids = names_of(r, s, 3, count, "matrix")) == NULL
        || (relation = relation_of_row(r, s, kind, count, ids, descends)) == NULL)
        return false;
    while (*place != NULL)
        place = &(*place)->next;
    *place = relation;
    return true;
}

/* --- models ------------------------------------------------------------------------------------------ */

static bool read_fit(struct store_reader *r, sqlite3_stmt *s, struct model *model)
{
    struct refit_wish *wish = &r->stored->wishes[r->stored->model_count - 1];
    const void *bytes = sqlite3_column_blob(s, 14);
    size_t count = (size_t)sqlite3_column_bytes(s, 14);

    *wish = (struct refit_wish){ .method = sqlite3_column_int(s, 15), .nodes = sqlite3_column_int(s, 16) };
    if (wish->method < 0)
        return true;
    if (!fit_image_is_read(bytes, count)) {
        wish->wanted = wish->method <= METHOD_IS;
        return wish->wanted || fail_contents(r, "table of models");
    }
    model->fit =
        model_is_imputed(model) ? pool_unpack(model, bytes, count, r->progress, r->err) : fit_unpack(model, bytes, count, r->err);
    return model->fit != NULL;
}

static bool read_model(struct store_reader *r, sqlite3_stmt *s)
{
    struct stored *stored = r->stored;
    const struct frame *frame = frame_of(r, sqlite3_column_int64(s, 1));
    struct spec spec = { .formula = text_of(s, 2),
                         .family = text_of(s, 3),
                         .link = text_of(s, 4),
                         .weights = text_of(s, 5),
                         .trials = text_of(s, 6),
                         .offset = text_of(s, 7),
                         .zi = text_of(s, 8),
                         .disp = text_of(s, 9),
                         .residual = text_of(s, 10),
                         .where = text_of(s, 11),
                         .contrasts = text_of(s, 12),
                         .prior = text_of(s, 13),
                         .relations = stored->relations };
    struct model **place = &stored->models, *model;
    struct refit_wish *wishes;

    if (frame == NULL || spec.formula == NULL || text_of(s, 0) == NULL)
        return fail_contents(r, "table of models");
    wishes = NEW_ARRAY(struct refit_wish, stored->model_count + 1);
    if (wishes == NULL)
        return fail_memory(r->err);
    if (stored->model_count > 0)
        memcpy(wishes, stored->wishes, stored->model_count * sizeof *wishes);
    mem_free(stored->wishes);
    stored->wishes = wishes;
    model = model_new(text_of(s, 0), frame, &spec, r->progress, r->err);
    if (model == NULL)
        return false;
    while (*place != NULL)
        place = &(*place)->next;
    *place = model;
    stored->model_count++;
    return read_fit(r, s, model);
}

/* --- the rest ---------------------------------------------------------------------------------------- */

static bool read_setting(struct store_reader *r, sqlite3_stmt *s)
{
    const struct option *setting = text_of(s, 0) == NULL ? NULL : option_find(settings_table, text_of(s, 0));

    if (setting == NULL || text_of(s, 1) == NULL)
        return fail_contents(r, "table of settings");
    return settings_set(&r->stored->settings, setting, text_of(s, 1), false, NOWHERE, r->err);
}

static bool read_past(struct store_reader *r, sqlite3_stmt *s)
{
    struct stored *stored = r->stored;
    void *past = stored->past;
    char *text;

    if (text_of(s, 0) == NULL)
        return fail_contents(r, "history");
    text = mem_strdup(text_of(s, 0));
    if (text == NULL || !mem_grow(&past, &stored->past_capacity, stored->past_count + 1, sizeof *stored->past)) {
        mem_free(text);
        return fail_memory(r->err);
    }
    stored->past = past;
    stored->past[stored->past_count++] = (struct past){ text, sqlite3_column_int(s, 1), sqlite3_column_int(s, 2) != 0 };
    return true;
}

static bool read_meta(struct store_reader *r, sqlite3_stmt *s)
{
    const char *key = text_of(s, 0);
    int64_t value = sqlite3_column_int64(s, 1);
    struct stored *stored = r->stored;

    if (key == NULL)
        return fail_contents(r, "head");
    if (strcmp(key, "data") == 0)
        stored->data = frame_of(r, value);
    if (strcmp(key, "model") == 0 && value >= 0) {
        stored->model = stored->models;
        for (; value > 0 && stored->model != NULL; value--)
            stored->model = stored->model->next;
    }
    return true;
}

/* Whether this program can read it: first, before anything else is. */
static bool read_format(struct store_reader *r, sqlite3_stmt *s)
{
    r->stored->version = mem_strdup(text_of(s, 1) == NULL ? "?" : text_of(s, 1));
    if (r->stored->version == NULL)
        return fail_memory(r->err);
    if (sqlite3_column_int64(s, 0) > STORE_FORMAT)
        return fail(r->err, GLMM_E_FILE, NOWHERE, "%s was saved by mixsh %.20s, whose sessions this older one cannot read",
                    r->path, r->stored->version);
    return sqlite3_column_int64(s, 2) == __BYTE_ORDER__
           || fail(r->err, GLMM_E_FILE, NOWHERE, "%s was saved on a machine with another order of bytes", r->path);
}

static bool read_all(struct store_reader *r)
{
    r->stored->settings = settings_default;
    return each(r,
                "select a.value, b.value, c.value from meta a, meta b, meta c"
                " where a.key = 'format' and b.key = 'version' and c.key = 'order'",
                0, read_format)
           && (r->stored->version != NULL || fail_contents(r, "head"))
           && each(r, "select id, name, source, checksum, rows from frame order by id", 0, read_frame)
           && each(r, "select frame from dataset order by place", 0, read_dataset)
           && each(r, "select name, kind, count, ids, data from relation order by place", 0, read_relation)
           && each(r,
                   "select name, frame, formula, family, link, weights, trials, offset_, zi, disp, residual, where_, contrasts, "
                   "prior, "
                   "fit, method,"
                   " nodes from model order by place",
                   0, read_model)
           && each(r, "select key, value from setting", 0, read_setting)
           && each(r, "select command, status, recorded from history order by place", 0, read_past)
           && each(r, "select key, value from meta", 0, read_meta);
}

bool store_read(const char *path, const struct glmm_progress *progress, struct stored *stored, struct glmm_error *err)
{
    struct store_reader r = { .path = path, .stored = stored, .progress = progress, .err = err };
    struct text file = { 0 };
    bool ok = file_read(path, &file, err) && check_file(path, &file, err);

    memset(stored, 0, sizeof *stored);
    ok = ok
         && ((sqlite3_open_v2(":memory:", &r.database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
              && sqlite3_deserialize(r.database, "main", (unsigned char *)file.data, (sqlite3_int64)file.length,
                                     (sqlite3_int64)file.length, SQLITE_DESERIALIZE_READONLY)
                     == SQLITE_OK)
             || fail_read(&r));
    ok = ok && read_all(&r);
    for (size_t i = 0; i < r.frame_count; i++)
        frame_free(r.frames[i]); /* data sets and models hold theirs */
    mem_free(r.frames);
    sqlite3_close(r.database);
    text_clear(&file);
    return ok;
}
#endif
