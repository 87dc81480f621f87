/* fuzz-store.c -- the files of a session, damaged: restore reads a session that holds together, or says what is wrong.
 *
 * The first byte chooses: `b` any bytes as the file, their checksum set right; else statements of SQL that change a file as the
 * program writes it, so that each value of each table comes wrong where all others are right. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "driver.h"
#include "script.h"
#include "session/store-private.h"
#include "session/store.h"

static const char *const seeds[] = {
    "bSQLite format 3",
    "supdate variable set levels = x'41004200', level_count = 3 where name = 'Batch'",
    "supdate variable set data = zeroblob(48), type = 'real' where name = 'Yield'",
    "supdate frame set rows = 1000000000, checksum = -1",
    "supdate model set formula = 'Yield ~ 1 + (1 | Nobody)', family = 'poisson'",
    "supdate model set fit = substr(fit, 1, 200)",
    "supdate model set fit = cast(substr(fit, 1, 90) || x'ffffffffffffffff' || substr(fit, 99) as blob)",
    "supdate relation set kind = 'tree by descent', count = 2; delete from dataset",
    "supdate setting set value = '1e999' where key = 'digits'; insert into setting values ('width', 'x')",
    "supdate history set command = 'a' || char(10) || 'b', status = 77; delete from meta",
    "sinsert into dataset values (9, 9); update variable set frame = 7, reference = 99, contrast = 'poly'",
    NULL
};

const long fuzz_rounds = 300;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

#ifdef HAVE_SQLITE
enum { STEPS = 40, LARGEST = 1 << 17, OPERATIONS = 20000 };

static void run(const char *script, int steps)
{
    struct text shown = { 0 };
    struct session *session = script_session(&shown);

    script_run(session, script, steps);
    session_free(session);
    check(utf8_invalid(text_string(&shown), shown.length) < 0);
    text_clear(&shown);
}

static size_t read_file(const char *path, char *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    size_t count = file == NULL ? 0 : fread(bytes, 1, room, file);

    if (file != NULL)
        fclose(file);
    return count;
}

static void write_file(const char *path, const char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");

    check(file != NULL && fwrite(bytes, 1, count, file) == count);
    fclose(file);
}

/* A session as the program saves it. */
static const char *saved(size_t *count)
{
    static char bytes[LARGEST];
    static size_t length;

    if (length == 0) {
        write_file("k.csv", "id,a,b\na,1,0.5\nb,0.5,1\n", 23);
        write_file("t.nwk", "((a:1,b:1):1,c:2);", 18);
        run("load dyestuff; matrix K = k.csv; matrix P = tree(t.nwk); fit Yield ~ 1 + (1 | Batch); set digits 4\n"
            "let z = Yield > 1500; model n = z ~ 1 + (1 | Batch), family=binomial; save base.mixsh, replace\n",
            1 << 30);
        length = read_file("base.mixsh", bytes, sizeof bytes);
        check(length > HEADER);
    }
    *count = length;
    return bytes;
}

static void set_checksum(char *bytes, size_t count)
{
    uint32_t sum = store_checksum((const unsigned char *)bytes, count);

    for (int i = 0; i < 4; i++)
        bytes[CHECKSUM_AT + i] = (char)(sum >> (24 - 8 * i));
}

/* Only what changes rows, so that no statement leaves the file. */
static int allow(void *context, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)context;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return action == SQLITE_UPDATE || action == SQLITE_INSERT || action == SQLITE_DELETE || action == SQLITE_READ
                   || action == SQLITE_SELECT || action == SQLITE_FUNCTION || action == SQLITE_TRANSACTION
               ? SQLITE_OK
               : SQLITE_DENY;
}

static int too_long(void *context)
{
    (void)context;
    return 1;
}

static bool change(const char *path, const char *statements)
{
    sqlite3 *database = NULL;
    bool ok = sqlite3_open(path, &database) == SQLITE_OK;

    if (ok) {
        sqlite3_limit(database, SQLITE_LIMIT_LENGTH, LARGEST / 2);
        sqlite3_set_authorizer(database, allow, NULL);
        sqlite3_progress_handler(database, OPERATIONS, too_long, NULL);
        (void)sqlite3_exec(database, statements, NULL, NULL, NULL);
    }
    sqlite3_close(database);
    return ok;
}

static void try_restore(void)
{
    struct session *session = session_new();
    struct glmm_error err = { .at = NOWHERE };
    struct stored stored = { 0 };
    bool ok;

    check(session != NULL);
    ok = store_read("damaged.mixsh", NULL, &stored, &err);
    check(ok || (err.code != GLMM_OK && err.message[0] != '\0' && utf8_invalid(err.message, strlen(err.message)) < 0));
    stored_clear(&stored);
    session_free(session);
    run("restore damaged.mixsh; describe; summary; datasets; history; set; residuals; head\n", STEPS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char bytes[LARGEST];
    const char *told;
    size_t count, length;
    char *text;

    if (size < 2)
        return 0;
    told_begin();
    if (data[0] == 'b') {
        count = size - 1 < sizeof bytes ? size - 1 : sizeof bytes;
        memcpy(bytes, data + 1, count);
    } else {
        const char *base = saved(&count);

        write_file("damaged.mixsh", base, count);
        text = mem_strndup((const char *)data + 1, strnlen((const char *)data + 1, size - 1));
        check(text != NULL && change("damaged.mixsh", text));
        mem_free(text);
        count = read_file("damaged.mixsh", bytes, sizeof bytes);
    }
    if (count > HEADER)
        set_checksum(bytes, count);
    write_file("damaged.mixsh", bytes, count);
    try_restore();
    told = told_end(&length);
    check(utf8_invalid(told, length) < 0);
    return 0;
}
#else
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return 0;
}
#endif
