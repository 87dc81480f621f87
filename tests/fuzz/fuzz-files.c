/* fuzz-files.c -- any bytes as the files that the program keeps for itself: the history of the prompt, and the journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "driver.h"
#include "session/recover.h"
#include "term/histfile.h"

static const char *const seeds[] = { "hload sleepstudy\nfit Reaction ~ Days + (Days | Subject)\nload sleepstudy\n",
                                     "h\n\n  \nset digits 5\xff\xfe\n\x01",
                                     "j2026-11-28T10:44:14 999999 @ 0.1.0 /tmp\n2026-11-28T10:44:14 999999 > load "
                                     "sleepstudy\n2026-11-28T10:44:14 999999 = 0 0.01\n",
                                     NULL };

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    setenv("XDG_STATE_HOME", ".", 1);
    mkdir("mixsh", 0700);
    if (size > 0 && data[0] == 'j')
        try_journal(data + 1, size - 1);
    else
        try_history(data + (size > 0), size - (size > 0));
    return 0;
}
