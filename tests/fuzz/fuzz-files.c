/* fuzz-files.c -- any bytes as the files that the program keeps for itself: the history of the prompt, the journal, and the init
 * file with its settings; and as a source of data by ODBC, whose password is nowhere shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/foreign.h"
#include "driver.h"
#include "session/init-file.h"
#include "session/output.h"
#include "session/recover.h"
#include "term/histfile.h"

static const char *const seeds[] = {
    "hload sleepstudy\nfit Reaction ~ Days + (Days | Subject)\nload sleepstudy\n",
    "h\n\n  \nset digits 5\xff\xfe\n\x01",
    "j2026-11-28T10:44:14 999999 @ 0.1.0 /tmp\n2026-11-28T10:44:14 999999 > load "
    "sleepstudy\n2026-11-28T10:44:14 999999 = 0 0.01\n",
    "iset digits 5\n# settings kept by `set, save`\nset width 60\n# end of the settings kept by `set, "
    "save`\nload sleepstudy",
    "i# settings kept by `set, save`\n",
    "oodbc:DSN=study;UID=me;PWD={se;cret};Database=x",
    "oodbc:pwd = secret",
    NULL
};

const long fuzz_rounds = 150;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

static void check(bool good)
{
    if (!good)
        abort();
}

static void write_bytes(const char *path, const uint8_t *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");

    check(file != NULL && fwrite(bytes, 1, count, file) == count);
    fclose(file);
}

static void check_entries(const struct histfile *file)
{
    check(file->count <= HISTORY_LIMIT);
    for (size_t i = 0; i < file->count; i++)
        check(file->entries[i][0] != '\0' && strchr(file->entries[i], '\n') == NULL);
}

/* Compacting keeps what reading gives, and a new entry is the last one. */
static void try_history(const uint8_t *bytes, size_t count)
{
    struct histfile before, after;

    write_bytes("history", bytes, count);
    check(histfile_read("history", &before));
    check_entries(&before);
    check(histfile_compact("history") && histfile_read("history", &after));
    check(after.count == before.count);
    for (size_t i = 0; i < after.count; i++)
        check(strcmp(after.entries[i], before.entries[i]) == 0);
    histfile_clear(&after);
    check(histfile_append("history", "the last") && histfile_read("history", &after));
    check(after.count > 0 && strcmp(after.entries[after.count - 1], "the last") == 0);
    histfile_clear(&after);
    histfile_clear(&before);
}

static void try_journal(const uint8_t *bytes, size_t count)
{
    struct glmm_error err = { .at = NOWHERE };
    struct recovered recovered = { 0 };

    write_bytes("mixsh/journal", bytes, count);
    if (recover_find(&recovered, &err))
        for (size_t i = 0; i < recovered.count; i++)
            check(recovered.commands[i] != NULL && utf8_invalid(recovered.folder, strlen(recovered.folder)) < 0);
    else
        check(err.code != GLMM_OK && err.message[0] != '\0');
    recover_clear(&recovered);
}

/* Settings kept twice stand there once, and what else stands there stays. */
static void try_init_file(const uint8_t *bytes, size_t count)
{
    struct glmm_error err = { .at = NOWHERE };
    struct session *session = session_new();
    struct text once = { 0 }, twice = { 0 };
    char *path = NULL;

    check(session != NULL);
    write_bytes("mixsh/init.mix", bytes, count);
    session->settings.digits = 7;
    if (init_file_save(session, &path, &err)) {
        check(file_read(path, &once, &err) && strstr(text_string(&once), "set digits 7\n") != NULL);
        mem_free(path);
        check(init_file_save(session, &path, &err) && file_read(path, &twice, &err));
        check(once.length == twice.length && memcmp(once.data, twice.data, once.length) == 0);
    } else {
        check(err.code != GLMM_OK && err.message[0] != '\0');
    }
    mem_free(path);
    text_clear(&once);
    text_clear(&twice);
    session_free(session);
}

/* PWD=secret, with anything around it. */
static void try_connection(const uint8_t *bytes, size_t count)
{
    char *path = mem_strndup((const char *)bytes, strnlen((const char *)bytes, count)), *safe = NULL;

    check(path != NULL && (safe = foreign_without_password(path)) != NULL);
    check(strlen(safe) <= strlen(path));
    check(foreign_is_connection(path) == foreign_is_connection(safe));
    check(strcmp(path, "odbc:DSN=study;UID=me;PWD={se;cret};Database=x") != 0
          || strcmp(safe, "odbc:DSN=study;UID=me;PWD=;Database=x") == 0);
    mem_free(safe);
    mem_free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    setenv("XDG_STATE_HOME", ".", 1);
    mkdir("mixsh", 0700);
    setenv("XDG_CONFIG_HOME", ".", 1);
    if (size > 0 && data[0] == 'j')
        try_journal(data + 1, size - 1);
    else if (size > 0 && data[0] == 'i')
        try_init_file(data + 1, size - 1);
    else if (size > 0 && data[0] == 'o')
        try_connection(data + 1, size - 1);
    else
        try_history(data + (size > 0), size - (size > 0));
    return 0;
}
