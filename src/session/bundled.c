/* bundled.c -- see bundled.h. */
#include "session/bundled.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv.h"

static const char INDEX[] = "index.csv"; /* the folder of the bundled data has it; a folder above the program need not be that */

/* FOLDER/data/FILE or FOLDER/FILE, where it can be read and the index lies beside it (returns new); else NULL: an error where
 * that was not to be found out. */
static char *try_folder(const char *folder, const char *file, struct glmm_error *err)
{
    struct text path = { 0 };

    for (int i = 0; i < 2; i++) {
        text_truncate(&path, 0);
        text_add(&path, folder);
        text_add(&path, i == 0 ? "/data/" : "/");
        text_add(&path, INDEX);
        if (!path.failed && access(text_string(&path), R_OK) != 0)
            continue;
        text_truncate(&path, path.length - strlen(INDEX));
        text_add(&path, file);
        if (!path.failed && access(text_string(&path), R_OK) == 0)
            return text_take(&path);
    }
    if (path.failed)
        fail_memory(err);
    text_clear(&path);
    return NULL;
}

/* The folder of the running program, in the buffer; false where the system does not tell. */
static bool program_folder(char *buffer, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", buffer, size - 1);
    char *slash;

    if (length <= 0)
        return false;
    buffer[length] = '\0';
    slash = strrchr(buffer, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

/* Finds a file of the data directory, as bundled_path(). */
static char *find_file(const char *file, struct glmm_error *err)
{
    static const char *const beside[] = { "/../share/mixsh", "/..", "/../..", "/../../..", "/../../../.." };
    const char *chosen = getenv("MIXSH_DATADIR");
    char program[4096], *path = NULL;
    struct text folder = { 0 };

    if (chosen != NULL && chosen[0] != '\0')
        path = try_folder(chosen, file, err);
    if (path == NULL)
        path = try_folder(MIXSH_DATADIR, file, err);
    for (size_t i = 0; path == NULL && program_folder(program, sizeof program) && i < sizeof beside / sizeof *beside; i++) {
        text_truncate(&folder, 0);
        text_add(&folder, program);
        text_add(&folder, beside[i]);
        path = folder.failed ? NULL : try_folder(text_string(&folder), file, err);
    }
    if (folder.failed)
        fail_memory(err);
    text_clear(&folder);
    return path;
}

char *bundled_path(const char *name, struct glmm_error *err)
{
    static const char *const endings[] = { ".csv", ".csv.gz", ".nwk" };
    struct text file = { 0 };
    char *path = NULL;

    if (name[0] == '\0' || strpbrk(name, "/.") != NULL || strcmp(name, "index") == 0)
        return NULL;
    for (size_t i = 0; path == NULL && i < sizeof endings / sizeof *endings; i++) {
        text_truncate(&file, 0);
        text_add(&file, name);
        text_add(&file, endings[i]);
        path = file.failed ? NULL : find_file(text_string(&file), err);
    }
    if (file.failed)
        fail_memory(err);
    text_clear(&file);
    return path;
}

char *bundled_tour(const char *name, struct glmm_error *err)
{
    struct text file = { 0 };
    char *path;

    text_addf(&file, "demo/%s.mix", name);
    path = file.failed ? NULL : find_file(text_string(&file), err);
    if (file.failed)
        fail_memory(err);
    text_clear(&file);
    return path;
}

struct frame *bundled_index(struct glmm_error *err)
{
    char *path = find_file(INDEX, err);
    struct frame *index;

    if (path == NULL) {
        fail(err, GLMM_E_FILE, NOWHERE, "the bundled examples are not where they should be (%s/data)", MIXSH_DATADIR);
        error_hint(err, "set MIXSH_DATADIR to the folder that has them");
        return NULL;
    }
    index = csv_read(path, "index", NULL, NULL, err);
    mem_free(path);
    return index;
}
