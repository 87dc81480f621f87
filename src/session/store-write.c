/* store-write.c -- the session into a database in memory, and that into the file. */
#include "config.h"
#include "session/store.h"

#ifdef HAVE_SQLITE
#include <stdarg.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/fit-image.h"
#include "glmm.h"
#include "infer/pool-image.h"
#include "model/model.h"
#include "model/relation.h"
#include "session/output.h"
#include "session/private.h"
#include "session/store-private.h"

struct writer {
    sqlite3 *database;
    const struct frame **frames; /* each once: frame i has the id i + 1 */
    size_t frame_count, frame_capacity;
    const struct glmm_progress *progress;
    struct glmm_error *err;
};

static bool fail_write(struct writer *w)
{
    int code = sqlite3_errcode(w->database);

    if (code == SQLITE_NOMEM)
        return fail_memory(w->err);
    return fail(w->err, code == SQLITE_TOOBIG ? GLMM_E_LIMIT : GLMM_E_FILE, NOWHERE, "the session cannot be saved: %s",
                sqlite3_errmsg(w->database));
}

/* Runs a statement with its values: i an int64_t, t a text or NULL, b a pointer and a size_t. */
static bool put(struct writer *w, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(w->database, sql, -1, &statement, NULL) == SQLITE_OK;
    va_list args;

    va_start(args, types);
    for (int i = 1; ok && *types != '\0'; types++, i++) {
        if (*types == 'i') {
            ok = sqlite3_bind_int64(statement, i, va_arg(args, int64_t)) == SQLITE_OK;
        } else if (*types == 't') {
            ok = sqlite3_bind_text(statement, i, va_arg(args, const char *), -1, SQLITE_TRANSIENT) == SQLITE_OK;
        } else {
            const void *bytes = va_arg(args, const void *);

            ok = sqlite3_bind_blob64(statement, i, bytes, va_arg(args, size_t), SQLITE_STATIC) == SQLITE_OK;
        }
    }
    va_end(args);
    ok = (ok && sqlite3_step(statement) == SQLITE_DONE) || fail_write(w);
    sqlite3_finalize(statement);
    return ok;
}

/* --- data -------------------------------------------------------------------------------------------- */

static bool put_names(struct text *out, char **names, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        text_add_bytes(out, names[i], strlen(names[i]) + 1);
    return !out->failed;
}

static bool put_column(struct writer *w, int64_t frame, size_t place, const struct column *c, size_t rows)
{
    struct text levels = { 0 };
    bool ok = progress_tell(w->progress, "variable", (double)place, 0.0, (double)NAN)
              || fail(w->err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the file was written");

    ok = ok && (c->type != COLUMN_FACTOR || put_names(&levels, c->levels, c->level_count) || fail_memory(w->err));

    ok = ok
         && put(w, "insert into variable values (?, ?, ?, ?, ?, ?, ?, ?, ?)", "iittiibib", frame, (int64_t)place, c->name,
                column_type_name(c->type), (int64_t)c->contrast | (c->imputation ? STORE_IMPUTATION : 0), (int64_t)c->reference,
                levels.data, levels.length, (int64_t)(c->type == COLUMN_FACTOR ? c->level_count : 0), c->as.any,
                rows * store_value_size(c->type));
    text_clear(&levels);
    return ok;
}

/* The frame's id; it is written where it is new.  0 where that fails. */
static int64_t put_frame(struct writer *w, const struct frame *frame)
{
    int64_t id;
    void *frames = w->frames;

    for (size_t i = 0; i < w->frame_count; i++)
        if (w->frames[i] == frame)
            return (int64_t)i + 1;
    if (!mem_grow(&frames, &w->frame_capacity, w->frame_count + 1, sizeof *w->frames)) {
        fail_memory(w->err);
        return 0;
    }
    w->frames = frames;
    w->frames[w->frame_count] = frame;
    id = (int64_t)++w->frame_count;
    if (!put(w, "insert into frame values (?, ?, ?, ?, ?)", "ittii", id, frame->name, frame->source, (int64_t)frame->checksum,
             (int64_t)frame->rows))
        return 0;
    for (size_t j = 0; j < frame->column_count; j++)
        if (!put_column(w, id, j, &frame->columns[j], frame->rows))
            return 0;
    return id;
}

static bool put_data(struct writer *w, const struct session *session)
{
    int64_t place = 0, id, current = 0;

    for (const struct dataset *d = session->datasets; d != NULL; d = d->next) {
        id = put_frame(w, d->frame);
        if (id == 0 || !put(w, "insert into dataset values (?, ?)", "ii", place++, id))
            return false;
        current = d->frame == session->data ? id : current;
    }
    return put(w, "insert into meta values ('data', ?)", "i", current);
}

/* The entries of a matrix; of one by descent what it is made of, and its kind says so. */
static bool put_relation(struct writer *w, int64_t place, const struct relation *r)
{
    struct text ids = { 0 }, kind = { 0 };
    size_t count = (size_t)r->count * (size_t)r->count;
    double *packed = r->descent == NULL ? NULL : descent_pack(r->descent, &count);
    const double *values = r->descent == NULL ? r->values : packed;
    bool ok;

    text_addf(&kind, "%s%s", r->kind, r->descent == NULL ? "" : RELATION_BY_DESCENT);
    ok = (values != NULL && !kind.failed && put_names(&ids, r->ids, r->count)) || fail_memory(w->err);
    ok = ok
         && put(w, "insert into relation values (?, ?, ?, ?, ?, ?)", "ittibb", place, r->name, kind.data, (int64_t)r->count,
                ids.data, ids.length, values, count * sizeof *values);
    text_clear(&ids);
    text_clear(&kind);
    mem_free(packed);
    return ok;
}

static bool put_relations(struct writer *w, const struct session *session)
{
    int64_t place = 0;
    bool ok = true;

    for (const struct relation *r = session->relations; ok && r != NULL; r = r->next)
        ok = put_relation(w, place++, r);
    return ok;
}

/* --- models, settings, history -------------------------------------------------------------------------- */

static bool put_model(struct writer *w, int64_t place, const struct model *m)
{
    struct text image = { 0 };
    int64_t frame = put_frame(w, m->frame);
    bool ok = frame != 0;

    if (m->fit != NULL && m->fit->imputed != NULL)
        pool_pack(m->fit, &image);
    else if (m->fit != NULL)
        fit_pack(m->fit, &image);
    ok =
        ok && (!image.failed || fail_memory(w->err))
        && put(w, "insert into model values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "itittttttttttttbii", place,
               m->name, frame, m->spec.formula, m->spec.family, m->spec.link, m->spec.weights, m->spec.trials, m->spec.offset,
               m->spec.zi, m->spec.disp, m->spec.residual, m->spec.where, m->spec.contrasts, m->spec.prior, image.data,
               image.length, (int64_t)(m->fit == NULL ? -1 : (int)m->fit->method), (int64_t)(m->fit == NULL ? 0 : m->fit->nodes));
    text_clear(&image);
    return ok;
}

static bool put_models(struct writer *w, const struct session *session)
{
    int64_t place = 0, current = -1;

    for (struct model *m = session->models; m != NULL; m = m->next) {
        current = m == session->model ? place : current;
        if (!session_give_rows(session, m, w->err) || !put_model(w, place++, m))
            return false;
    }
    return put(w, "insert into meta values ('model', ?)", "i", current);
}

static bool put_rest(struct writer *w, const struct session *session)
{
    const struct session_private *own = session->own;
    char value[80];
    bool ok = true;

    for (const struct option *s = settings_table; ok && s->name != NULL; s++)
        ok =
            put(w, "insert into setting values (?, ?)", "tt", s->name, settings_show(&session->settings, s, value, sizeof value));
    for (size_t i = 0; ok && i < own->past_count; i++)
        ok = put(w, "insert into history values (?, ?, ?, ?)", "itii", (int64_t)i, own->past[i].text,
                 (int64_t)own->past[i].status, (int64_t)own->past[i].recorded);
    return ok && put(w, "insert into meta values ('format', ?)", "i", (int64_t)STORE_FORMAT)
           && put(w, "insert into meta values ('version', ?)", "t", glmm_version())
           && put(w, "insert into meta values ('order', ?)", "i", (int64_t)__BYTE_ORDER__);
}

/* --- the file ---------------------------------------------------------------------------------------- */

static bool put_session(struct writer *w, const struct session *session)
{
    char pragma[60];

    sqlite3_snprintf(sizeof pragma, pragma, "pragma application_id = %d; begin", STORE_APPLICATION);
    if (sqlite3_exec(w->database, pragma, NULL, NULL, NULL) != SQLITE_OK
        || sqlite3_exec(w->database, store_schema, NULL, NULL, NULL) != SQLITE_OK)
        return fail_write(w);
    return put_data(w, session) && put_relations(w, session) && put_models(w, session) && put_rest(w, session)
           && (sqlite3_exec(w->database, "commit", NULL, NULL, NULL) == SQLITE_OK || fail_write(w));
}

/* The database's bytes with their checksum, into the file. */
static bool put_file(struct writer *w, struct session *session, const char *path)
{
    sqlite3_int64 count = 0;
    unsigned char *bytes = sqlite3_serialize(w->database, "main", &count, 0);
    uint32_t sum;
    bool ok;

    if (bytes == NULL || count < HEADER) {
        sqlite3_free(bytes);
        return fail_memory(w->err);
    }
    sum = store_checksum(bytes, (size_t)count);
    for (int i = 0; i < 4; i++)
        bytes[CHECKSUM_AT + i] = (unsigned char)(sum >> (24 - 8 * i));
    ok = file_replace(session, path, (const char *)bytes, (size_t)count, w->err);
    sqlite3_free(bytes);
    return ok;
}

bool store_write(struct session *session, const char *path, struct glmm_error *err)
{
    struct writer w = { .progress = &session->progress, .err = err };
    bool ok = sqlite3_open_v2(":memory:", &w.database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK || fail_memory(err);

    ok = ok && put_session(&w, session) && put_file(&w, session, path);
    sqlite3_close(w.database);
    mem_free(w.frames);
    return ok;
}
#endif
