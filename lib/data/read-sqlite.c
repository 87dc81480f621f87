/* read-sqlite.c -- a table or a query of an SQLite database.  See foreign.h.
 *
 * The file is opened in memory, so that nothing is ever written to it.  NULL is missing; a text that is a date is one. */
#include "config.h"
#include "data/foreign.h"

#ifdef HAVE_SQLITE

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"

enum { MOST_TABLES = 1000, BETWEEN_POLLS = 10000 };

static bool fail_database(const struct foreign *file, sqlite3 *database, struct glmm_error *err)
{
    if (sqlite3_errcode(database) == SQLITE_NOMEM)
        return fail_memory(err);
    if (sqlite3_errcode(database) == SQLITE_INTERRUPT)
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped", file->label);
    foreign_fail(file, err, "%s", sqlite3_errmsg(database));
    return false;
}

static sqlite3 *open_database(const struct foreign *file, struct glmm_error *err)
{
    sqlite3 *database = NULL;

    if (sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK || database == NULL) {
        fail_memory(err);
        sqlite3_close(database);
        return NULL;
    }
    sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
    if (sqlite3_deserialize(database, "main", (unsigned char *)file->bytes, (sqlite3_int64)file->count,
                            (sqlite3_int64)file->count, SQLITE_DESERIALIZE_READONLY)
        == SQLITE_OK)
        return database;
    fail_database(file, database, err);
    sqlite3_close(database);
    return NULL;
}

static int stop_asked(void *context)
{
    return !progress_tell(((const struct foreign *)context)->progress, "row", 0, 0, (double)NAN);
}

/* --- tables ------------------------------------------------------------------------------------- */

/* The names of tables and views; the arena's. */
static const char **list_tables(const struct foreign *file, sqlite3 *database, struct arena *arena, size_t *count,
                                struct glmm_error *err)
{
    static const char sql[] = "select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%' "
                              "order by rowid";
    const char **names = arena_alloc(arena, MOST_TABLES, sizeof *names);
    sqlite3_stmt *statement = NULL;
    int status;

    *count = 0;
    if (names == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_database(file, database, err);
        return NULL;
    }
    while ((status = sqlite3_step(statement)) == SQLITE_ROW && *count < MOST_TABLES) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);

        names[(*count)++] = arena_strdup(arena, name == NULL ? "" : name);
    }
    sqlite3_finalize(statement);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        fail_database(file, database, err);
    else if (arena_failed(arena))
        fail_memory(err);
    else
        return names;
    return NULL;
}

/* The query: the user's, or all of a table. */
static const char *choose(const struct foreign *file, sqlite3 *database, struct arena *arena, struct glmm_error *err)
{
    const struct csv_options *options = file->options;
    const char **names;
    struct text quoted = { 0 };
    size_t count, k;
    const char *query;

    if (options->query != NULL)
        return options->query;
    if ((names = list_tables(file, database, arena, &count, err)) == NULL)
        return NULL;
    if ((k = foreign_choose_table(file, names, count, err)) == count)
        return NULL;
    foreign_add_cell(&quoted, names[k], strlen(names[k]));
    query = quoted.failed ? NULL : arena_printf(arena, "select * from %s", text_string(&quoted));
    text_clear(&quoted);
    if (query == NULL)
        fail_memory(err);
    return query;
}

/* --- rows --------------------------------------------------------------------------------------- */

static bool add_value(const struct foreign *file, struct text *table, sqlite3_stmt *statement, int j, size_t row,
                      struct glmm_error *err)
{
    const char *text;
    size_t length;

    switch (sqlite3_column_type(statement, j)) {
    case SQLITE_NULL:
        text_add(table, "NA");
        return true;
    case SQLITE_INTEGER:
        text_addf(table, "%lld", (long long)sqlite3_column_int64(statement, j));
        return true;
    case SQLITE_FLOAT:
        foreign_add_real(table, sqlite3_column_double(statement, j));
        return true;
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(statement, j);
        length = (size_t)sqlite3_column_bytes(statement, j);
        if (text == NULL)
            return fail_memory(err);
        if (memchr(text, '\0', length) != NULL)
            break;
        foreign_add_text(table, text, length);
        return true;
    default:
        break;
    }
    return foreign_fail(file, err, "`%.60s` holds bytes, not a number or a text, in row %zu", sqlite3_column_name(statement, j),
                        row)
           != NULL;
}

static bool add_rows(const struct foreign *file, sqlite3 *database, sqlite3_stmt *statement, struct text *table,
                     struct glmm_error *err)
{
    int columns = sqlite3_column_count(statement), status = SQLITE_DONE;
    bool ok = columns > 0;

    if (!ok)
        foreign_fail_query(err, FOREIGN_NO_SELECT);
    for (int j = 0; j < columns; j++) {
        const char *name = sqlite3_column_name(statement, j);

        text_add(table, j > 0 ? "," : "");
        foreign_add_cell(table, name == NULL ? "" : name, name == NULL ? 0 : strlen(name));
    }
    text_add_char(table, '\n');
    for (size_t row = 1; ok && (status = sqlite3_step(statement)) == SQLITE_ROW; row++) {
        for (int j = 0; ok && j < columns; j++) {
            text_add(table, j > 0 ? "," : "");
            ok = add_value(file, table, statement, j, row, err);
        }
        text_add_char(table, '\n');
        ok = ok && (!table->failed || fail_memory(err));
    }
    if (ok && status != SQLITE_DONE)
        ok = fail_database(file, database, err);
    return ok;
}

struct frame *sqlite_read(const struct foreign *file, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    sqlite3 *database = arena == NULL ? NULL : open_database(file, err);
    const char *query = database == NULL ? NULL : choose(file, database, arena, err), *rest = "";
    sqlite3_stmt *statement = NULL;
    struct text table = { 0 };
    struct frame *frame = NULL;

    if (arena == NULL)
        fail_memory(err);
    if (database != NULL)
        sqlite3_progress_handler(database, BETWEEN_POLLS, stop_asked, (void *)file);
    if (query != NULL && sqlite3_prepare_v2(database, query, -1, &statement, &rest) != SQLITE_OK) {
        fail_database(file, database, err);
        if (file->options->query != NULL)
            error_argument(err, "query");
    } else if (query != NULL && rest[strspn(rest, " \t\r\n;")] != '\0') {
        foreign_fail_query(err, "one query at a time");
    } else if (query != NULL && statement != NULL && add_rows(file, database, statement, &table, err)) {
        frame = foreign_read_text(file, &table, err);
    } else if (query != NULL && statement == NULL) {
        foreign_fail_query(err, FOREIGN_EMPTY_QUERY);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    text_clear(&table);
    arena_free(arena);
    return frame;
}

#else

typedef int sqlite_reader_is_absent;

#endif
