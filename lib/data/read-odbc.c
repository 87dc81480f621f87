/* read-odbc.c -- a table or a query of a database server, through unixODBC's driver manager.  See foreign.h.
 *
 * What stands behind `odbc:` is the name of a data source of odbc.ini, or a connection string (Driver=...;Database=...).  The
 * connection is asked to be read-only, and what a query may have changed nevertheless is rolled back.  NULL is missing; texts
 * are fetched as UTF-16, which drivers give in any locale. */
#include "config.h"
#include "data/foreign.h"

#ifdef HAVE_ODBC

#include <math.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>

#include "base/arena-text.h"
#include "base/memory.h"

enum { MOST_TABLES = 1000, BETWEEN_POLLS = 256, PATIENCE = 20, PIECE = 1024, NAME_BYTES = 512 };

struct link {
    const struct foreign *file;
    struct glmm_error *err;
    SQLHENV environment;
    SQLHDBC connection;
    SQLHSTMT statement;
    bool connected;
};

/* --- errors ------------------------------------------------------------------------------------- */

/* The message behind "[unixODBC][Driver Manager]", its first sentence alone. */
static char *plain_message(char *message)
{
    char *end;

    while (*message == '[' && (end = strchr(message, ']')) != NULL)
        message = end + 1 + strspn(end + 1, " ");
    message[strcspn(message, "\r\n")] = '\0';
    if (strncmp(message, "ERROR: ", 7) == 0)
        message += 7 + strspn(message + 7, " ");
    for (end = message + strlen(message); end > message && strchr(" ;.", end[-1]) != NULL; end--)
        end[-1] = '\0';
    return message;
}

/* The data sources that there are, as the next step. */
static void hint_sources(struct link *link)
{
    SQLCHAR name[NAME_BYTES], about[NAME_BYTES];
    SQLSMALLINT length, about_length;
    struct text list = { 0 };
    SQLUSMALLINT direction = SQL_FETCH_FIRST;

    while (SQL_SUCCEEDED(
        SQLDataSources(link->environment, direction, name, sizeof name, &length, about, sizeof about, &about_length))) {
        text_addf(&list, "%s%s", list.length > 0 ? ", " : "", (const char *)name);
        direction = SQL_FETCH_NEXT;
    }
    if (list.length > 0 && list.length < 300)
        error_hint(link->err, "there are: %s", text_string(&list));
    else
        error_hint(link->err, "odbc.ini names the data sources, `odbcinst -q -s` lists them");
    text_clear(&list);
}

static bool fail_link(struct link *link, SQLSMALLINT kind, SQLHANDLE handle)
{
    SQLCHAR state[6] = "", message[SQL_MAX_MESSAGE_LENGTH + 1] = "";
    SQLINTEGER native;
    SQLSMALLINT length;
    char *what;

    if (!SQL_SUCCEEDED(SQLGetDiagRec(kind, handle, 1, state, &native, message, sizeof message, &length)))
        return foreign_fail(link->file, link->err, "the driver gave up without a reason") != NULL;
    what = plain_message((char *)message);
    if (strcmp((const char *)state, "IM002") == 0 && strchr(link->file->bytes, '=') == NULL) {
        fail(link->err, GLMM_E_FILE, NOWHERE, "there is no ODBC data source `%.100s`", link->file->bytes);
        hint_sources(link);
        return false;
    }
    if (strncmp((const char *)state, "HY001", 5) == 0)
        return fail_memory(link->err);
    foreign_fail(link->file, link->err, "%.300s", what);
    if (strncmp((const char *)state, "IM", 2) == 0 || strcmp((const char *)state, "01000") == 0)
        error_hint(link->err, "`odbcinst -q -d` lists the drivers");
    return false;
}

static bool fail_statement(struct link *link)
{
    fail_link(link, SQL_HANDLE_STMT, link->statement);
    return link->file->options->query == NULL ? false : error_argument(link->err, "query");
}

/* --- the connection ----------------------------------------------------------------------------- */

static bool open_link(struct link *link)
{
    const char *string = link->file->bytes;
    SQLCHAR out[NAME_BYTES];
    struct text full = { 0 };
    SQLSMALLINT length;
    SQLRETURN status;

    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &link->environment))
        || !SQL_SUCCEEDED(SQLSetEnvAttr(link->environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0))
        || !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, link->environment, &link->connection)))
        return fail_memory(link->err);
    SQLSetConnectAttr(link->connection, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)(intptr_t)PATIENCE, SQL_IS_UINTEGER);
    SQLSetConnectAttr(link->connection, SQL_ATTR_ACCESS_MODE, (SQLPOINTER)SQL_MODE_READ_ONLY, SQL_IS_UINTEGER);
    text_addf(&full, "%s%s", strchr(string, '=') == NULL ? "DSN=" : "", string);
    if (full.failed) {
        text_clear(&full);
        return fail_memory(link->err);
    }
    status = SQLDriverConnect(link->connection, NULL, (SQLCHAR *)text_string(&full), SQL_NTS, out, sizeof out, &length,
                              SQL_DRIVER_NOPROMPT);
    text_clear(&full);
    if (!SQL_SUCCEEDED(status))
        return fail_link(link, SQL_HANDLE_DBC, link->connection);
    link->connected = true;
    SQLSetConnectAttr(link->connection, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, SQL_IS_UINTEGER);
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, link->connection, &link->statement)))
        return fail_link(link, SQL_HANDLE_DBC, link->connection);
    return true;
}

/* The driver manager leaves a handle that was never made alone. */
static void close_link(struct link *link)
{
    SQLFreeHandle(SQL_HANDLE_STMT, link->statement);
    if (link->connected) {
        SQLEndTran(SQL_HANDLE_DBC, link->connection, SQL_ROLLBACK);
        SQLDisconnect(link->connection);
    }
    SQLFreeHandle(SQL_HANDLE_DBC, link->connection);
    SQLFreeHandle(SQL_HANDLE_ENV, link->environment);
}

/* --- values ------------------------------------------------------------------------------------- */

enum piece { VALUE, MISSING, FAILED };

/* Adds a text of UTF-16. */
static bool add_utf8(struct link *link, const struct text *wide, struct text *out)
{
    size_t units = wide->length / sizeof(uint16_t), length = 3 * units;
    uint8_t *utf8 = NEW_ARRAY(uint8_t, length); /* room for all, so that the library allocates nothing */
    bool ok = utf8 != NULL || fail_memory(link->err);

    if (ok && u16_to_u8((const uint16_t *)(const void *)wide->data, units, utf8, &length) == NULL)
        ok = foreign_fail(link->file, link->err, "a text in it is no Unicode") != NULL;
    if (ok)
        text_add_bytes(out, (const char *)utf8, length);
    mem_free(utf8);
    return ok;
}

/* The text of a column in the row at hand, piece by piece, as UTF-8. */
static enum piece fetch_text(struct link *link, SQLUSMALLINT column, struct text *out)
{
    uint16_t piece[PIECE];
    struct text wide = { 0 };
    enum piece what = VALUE;
    SQLLEN indicator = 0;
    SQLRETURN status;
    size_t bytes;

    do {
        status = SQLGetData(link->statement, column, SQL_C_WCHAR, piece, sizeof piece, &indicator);
        if (status == SQL_NO_DATA)
            break;
        if (!SQL_SUCCEEDED(status)) {
            fail_statement(link);
            error_hint(link->err, "the driver must be one that sends Unicode");
            what = FAILED;
        } else if (indicator == SQL_NULL_DATA) {
            what = MISSING;
        } else {
            bool more = indicator == SQL_NO_TOTAL || indicator > (SQLLEN)(sizeof piece - sizeof *piece);

            bytes = more ? sizeof piece - sizeof *piece : (size_t)indicator;
            text_add_bytes(&wide, (const char *)piece, bytes);
        }
    } while (what == VALUE && status == SQL_SUCCESS_WITH_INFO);
    text_truncate(out, 0);
    if (what == VALUE && !wide.failed && wide.length > 0 && !add_utf8(link, &wide, out))
        what = FAILED;
    if (what != FAILED && (wide.failed || out->failed)) {
        fail_memory(link->err);
        what = FAILED;
    }
    text_clear(&wide);
    return what;
}

static enum piece fetch(struct link *link, SQLUSMALLINT column, SQLSMALLINT type, void *value, size_t size)
{
    SQLLEN indicator;

    if (!SQL_SUCCEEDED(SQLGetData(link->statement, column, type, value, (SQLLEN)size, &indicator))) {
        fail_statement(link);
        return FAILED;
    }
    return indicator == SQL_NULL_DATA ? MISSING : VALUE;
}

static enum piece add_integer(struct link *link, SQLUSMALLINT column, bool logical, struct text *table)
{
    SQLBIGINT value = 0;
    enum piece what = fetch(link, column, SQL_C_SBIGINT, &value, sizeof value);

    if (what == VALUE && logical)
        text_add(table, value != 0 ? "TRUE" : "FALSE");
    else if (what == VALUE)
        text_addf(table, "%lld", (long long)value);
    return what;
}

static enum piece add_real(struct link *link, SQLUSMALLINT column, struct text *table)
{
    double value = 0.0;
    enum piece what = fetch(link, column, SQL_C_DOUBLE, &value, sizeof value);

    if (what == VALUE && isnan(value))
        return MISSING;
    if (what == VALUE)
        foreign_add_real(table, value);
    return what;
}

/* Decimal numbers as they are written, other texts in quotes; a moment at midnight is a day. */
static enum piece add_text(struct link *link, SQLUSMALLINT column, SQLSMALLINT type, struct text *scratch, struct text *table)
{
    static const char midnight[] = " 00:00:00";
    enum piece what = fetch_text(link, column, scratch);
    const char *text = text_string(scratch);
    size_t length = scratch->length;

    if (what != VALUE)
        return what;
    if (memchr(text, '\0', length) != NULL) {
        foreign_fail(link->file, link->err, "a text in it has a zero byte");
        return FAILED;
    }
    if ((type == SQL_NUMERIC || type == SQL_DECIMAL) && strspn(text, "0123456789.-+eE") == length && length > 0) {
        text_add_bytes(table, text, length);
        return what;
    }
    if (type == SQL_TYPE_TIMESTAMP && length >= 19 && strncmp(text + 10, midnight, 9) == 0
        && strspn(text + 19, ".0") == length - 19)
        length = 10;
    foreign_add_text(table, text, length);
    return what;
}

static bool add_value(struct link *link, SQLUSMALLINT column, SQLSMALLINT type, struct text *scratch, struct text *table)
{
    enum piece what;

    switch (type) {
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
        what = add_integer(link, column, type == SQL_BIT, table);
        break;
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:
        what = add_real(link, column, table);
        break;
    default:
        what = add_text(link, column, type, scratch, table);
        break;
    }
    if (what == MISSING)
        text_add(table, "NA");
    return what != FAILED;
}

/* --- rows --------------------------------------------------------------------------------------- */

/* The line of names; *types gets the columns' types (the arena's). */
static bool add_names(struct link *link, struct arena *arena, SQLSMALLINT columns, SQLSMALLINT **types, struct text *table)
{
    SQLCHAR name[NAME_BYTES];
    SQLSMALLINT length, digits, nullable;
    SQLULEN size;

    if ((*types = arena_alloc(arena, (size_t)columns, sizeof **types)) == NULL)
        return fail_memory(link->err);
    for (SQLSMALLINT j = 0; j < columns; j++) {
        SQLSMALLINT *type = &(*types)[j];

        if (!SQL_SUCCEEDED(SQLDescribeCol(link->statement, (SQLUSMALLINT)(j + 1), name, sizeof name, &length, type, &size,
                                          &digits, &nullable)))
            return fail_statement(link);
        if (*type == SQL_BINARY || *type == SQL_VARBINARY || *type == SQL_LONGVARBINARY)
            return foreign_fail(link->file, link->err, "`%.60s` holds bytes, not a number or a text", (const char *)name) != NULL;
        text_add(table, j > 0 ? "," : "");
        foreign_add_cell(table, (const char *)name, strlen((const char *)name));
    }
    text_add_char(table, '\n');
    return true;
}

static bool add_rows(struct link *link, struct arena *arena, struct text *table)
{
    SQLSMALLINT columns = 0, *types;
    struct text scratch = { 0 };
    SQLRETURN status = SQL_SUCCESS;
    bool ok;

    if (!SQL_SUCCEEDED(SQLNumResultCols(link->statement, &columns)))
        return fail_statement(link);
    if (columns <= 0)
        return foreign_fail_query(link->err, FOREIGN_NO_SELECT);
    ok = add_names(link, arena, columns, &types, table);
    for (size_t row = 1; ok && SQL_SUCCEEDED(status = SQLFetch(link->statement)); row++) {
        for (SQLSMALLINT j = 0; ok && j < columns; j++) {
            text_add(table, j > 0 ? "," : "");
            ok = add_value(link, (SQLUSMALLINT)(j + 1), types[j], &scratch, table);
        }
        text_add_char(table, '\n');
        ok = ok && (!table->failed || fail_memory(link->err));
        if (ok && row % BETWEEN_POLLS == 0 && !progress_tell(link->file->progress, "row", (double)row, 0, (double)NAN))
            ok = fail(link->err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped", link->file->label);
    }
    text_clear(&scratch);
    return ok && (status == SQL_NO_DATA || fail_statement(link));
}

/* --- the query ---------------------------------------------------------------------------------- */

/* A name in the quotes of the driver's SQL. */
static void add_quoted(struct link *link, struct text *out, const char *name)
{
    SQLCHAR quote[8] = "\"";
    SQLSMALLINT length;

    SQLGetInfo(link->connection, SQL_IDENTIFIER_QUOTE_CHAR, quote, sizeof quote, &length);
    if (quote[0] == ' ')
        quote[0] = '\0';
    text_add(out, (const char *)quote);
    for (; *name != '\0'; name++) {
        if (*name == (char)quote[0])
            text_add_char(out, *name);
        text_add_char(out, *name);
    }
    text_add(out, (const char *)quote);
}

/* The names of tables and views, behind each its schema; the arena's. */
static const char **list_tables(struct link *link, struct arena *arena, size_t *count, const char ***schemas)
{
    const char **names = arena_alloc(arena, MOST_TABLES, sizeof *names);
    struct text schema = { 0 }, name = { 0 };
    SQLRETURN status = SQL_NO_DATA;
    bool ok = names != NULL && (*schemas = arena_alloc(arena, MOST_TABLES, sizeof **schemas)) != NULL;

    *count = 0;
    if (!ok)
        fail_memory(link->err);
    else if (!SQL_SUCCEEDED(SQLTables(link->statement, NULL, 0, NULL, 0, NULL, 0, (SQLCHAR *)"TABLE,VIEW", SQL_NTS)))
        ok = fail_statement(link);
    while (ok && *count < MOST_TABLES && SQL_SUCCEEDED(status = SQLFetch(link->statement))) {
        ok = fetch_text(link, 2, &schema) != FAILED && fetch_text(link, 3, &name) != FAILED;
        (*schemas)[*count] = arena_strdup(arena, text_string(&schema));
        names[(*count)++] = arena_strdup(arena, text_string(&name));
    }
    text_clear(&schema);
    text_clear(&name);
    SQLFreeStmt(link->statement, SQL_CLOSE);
    if (ok && arena_failed(arena))
        ok = fail_memory(link->err);
    return ok ? names : NULL;
}

/* The query: the user's, or all of a table. */
static const char *choose(struct link *link, struct arena *arena)
{
    const char *query = link->file->options->query, **names, **schemas = NULL;
    struct text sql = { 0 };
    size_t count, k;

    if (query != NULL && query[strspn(query, " \t\r\n;")] == '\0') {
        foreign_fail_query(link->err, FOREIGN_EMPTY_QUERY);
        return NULL;
    }
    if (query != NULL || (names = list_tables(link, arena, &count, &schemas)) == NULL)
        return query;
    if ((k = foreign_choose_table(link->file, names, count, link->err)) == count)
        return NULL;
    text_add(&sql, "select * from ");
    if (schemas[k][0] != '\0') {
        add_quoted(link, &sql, schemas[k]);
        text_add_char(&sql, '.');
    }
    add_quoted(link, &sql, names[k]);
    query = arena_take(arena, &sql);
    if (query == NULL)
        fail_memory(link->err);
    return query;
}

struct frame *odbc_read(const struct foreign *file, struct glmm_error *err)
{
    struct glmm_error own = { 0 }; /* messages of the driver are kept even when the caller does not want them */
    struct link link = { .file = file, .err = err == NULL ? &own : err };
    struct arena *arena = arena_new();
    struct text table = { 0 };
    struct frame *frame = NULL;
    const char *query;

    if (arena == NULL)
        fail_memory(link.err);
    else if (file->count == 0)
        fail(link.err, GLMM_E_FILE, NOWHERE, "`odbc:` must be followed by the name of a data source");
    else if (open_link(&link) && (query = choose(&link, arena)) != NULL) {
        SQLRETURN status = SQLExecDirect(link.statement, (SQLCHAR *)query, SQL_NTS);

        if (!SQL_SUCCEEDED(status) && status != SQL_NO_DATA)
            fail_statement(&link);
        else if (add_rows(&link, arena, &table))
            frame = foreign_read_text(file, &table, link.err);
    }
    close_link(&link);
    text_clear(&table);
    arena_free(arena);
    return frame;
}

#else

typedef int odbc_reader_is_absent;

#endif
