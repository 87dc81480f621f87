/* store.c -- see store.h: the schema, the checksum, and a stored session in the place of another. */
#include "config.h"
#include "session/store.h"

#include <string.h>
#include <zlib.h>

#include "base/memory.h"
#include "model/relation.h"
#include "session/private.h"
#include "session/store-private.h"
#include "session/undo.h"

#ifdef HAVE_SQLITE
bool store_possible(struct glmm_error *err)
{
    (void)err;
    return true;
}

const char store_schema[] =
    "create table meta (key text primary key, value);"
    "create table frame (id integer primary key, name text, source text, checksum integer, rows integer);"
    "create table variable (frame integer, place integer, name text, type text, contrast integer, reference integer, levels blob,"
    " level_count integer, data blob);"
    "create table dataset (place integer primary key, frame integer);"
    "create table relation (place integer primary key, name text, kind text, count integer, ids blob, data blob);"
    "create table model (place integer primary key, name text, frame integer, formula text, family text, link text, weights text,"
    " trials text, offset_ text, zi text, disp text, residual text, where_ text, contrasts text, prior text, fit blob, method "
    "integer, nodes integer);"
    "create table setting (key text primary key, value text);"
    "create table history (place integer primary key, command text, status integer, recorded integer);";

size_t store_value_size(enum column_type type)
{
    switch (type) {
    case COLUMN_REAL:
        return sizeof(double);
    case COLUMN_LOGICAL:
        return 1;
    default:
        return sizeof(int32_t);
    }
}

uint32_t store_checksum(const unsigned char *bytes, size_t count)
{
    static const unsigned char zeros[4];
    uLong sum = crc32(0, bytes, CHECKSUM_AT);

    sum = crc32(sum, zeros, sizeof zeros);
    return (uint32_t)crc32_z(sum, bytes + CHECKSUM_AT + 4, count - CHECKSUM_AT - 4);
}
#else
bool store_possible(struct glmm_error *err)
{
    fail(err, GLMM_E_FILE, NOWHERE, "this mixsh was built without SQLite, which sessions are kept in");
    error_hint(err, "with the Debian package libsqlite3-dev, configure finds it");
    return false;
}

bool store_write(struct session *session, const char *path, struct glmm_error *err)
{
    (void)session;
    (void)path;
    return store_possible(err);
}

bool store_read(const char *path, const struct glmm_progress *progress, struct stored *stored, struct glmm_error *err)
{
    (void)path;
    (void)progress;
    (void)stored;
    return store_possible(err);
}
#endif

/* --- in the place of the session ----------------------------------------------------------------------- */

static void free_datasets(struct dataset *datasets)
{
    while (datasets != NULL) {
        struct dataset *next = datasets->next;

        frame_free(datasets->frame);
        mem_free(datasets);
        datasets = next;
    }
}

static void free_models(struct model *models)
{
    while (models != NULL) {
        struct model *next = models->next;

        forget_model(models);
        models = next;
    }
}

static void free_relations(struct relation *relations)
{
    while (relations != NULL) {
        struct relation *next = relations->next;

        relation_free(relations);
        relations = next;
    }
}

void stored_clear(struct stored *stored)
{
    free_models(stored->models);
    free_datasets(stored->datasets);
    free_relations(stored->relations);
    undo_free(&stored->done);
    undo_free(&stored->undone);
    while (stored->past_count > 0)
        mem_free(stored->past[--stored->past_count].text);
    mem_free(stored->past);
    mem_free(stored->wishes);
    mem_free(stored->version);
    memset(stored, 0, sizeof *stored);
}

/* What belongs to the terminal at which one sits, not to the session. */
static void keep_terminal(struct settings *settings, const struct settings *now)
{
    settings->width = now->width;
    settings->charset = now->charset;
    settings->color = now->color;
    settings->pager = now->pager;
    settings->progress = now->progress;
    settings->threads = now->threads;
    settings->format = now->format;
    settings->echo = now->echo;
    settings->timing = now->timing;
}

void store_exchange(struct session *session, struct stored *stored)
{
    struct session_private *own = session->own;
    struct stored old = *stored;

    stored->datasets = session->datasets;
    stored->data = session->data;
    stored->relations = session->relations;
    stored->models = session->models;
    stored->model = session->model;
    stored->settings = session->settings;
    stored->past = own->past;
    stored->past_count = own->past_count;
    stored->past_capacity = own->past_capacity;
    stored->done = own->done;
    stored->undone = own->undone;

    keep_terminal(&old.settings, &session->settings);
    session->datasets = old.datasets;
    session->data = old.data;
    session->relations = old.relations;
    session->models = old.models;
    session->model = old.model;
    session->settings = old.settings;
    own->past = old.past;
    own->past_count = old.past_count;
    own->past_capacity = old.past_capacity;
    own->done = old.done;
    own->undone = old.undone;
}
