/* guard.c -- see guard.h. */
#include "session/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/memory.h"
#include "session/history.h"
#include "session/private.h"
#include "session/report.h"

/* The remark's value is the size that the file had: one that was edited in place is the person's. */
static const char remark[] = "user.mixsh.size";

static bool same_file(const struct stat *a, const char *path)
{
    struct stat b;

    return path != NULL && stat(path, &b) == 0 && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/* --- files of our own --------------------------------------------------------------------------- */

void guard_mark(struct session *session, int fd)
{
    struct session_private *own = session->own;
    void *files = own->written;
    struct stat status;
    char size[32];

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    snprintf(size, sizeof size, "%lld", (long long)status.st_size);
    (void)fsetxattr(fd, remark, size, strlen(size), 0); /* a file system without remarks forgets it with the session */
    for (size_t i = 0; i < own->written_count; i++)
        if (own->written[i].device == status.st_dev && own->written[i].file == status.st_ino) {
            own->written[i].size = status.st_size;
            return;
        }
    if (!mem_grow(&files, &own->written_capacity, own->written_count + 1, sizeof *own->written))
        return;
    own->written = files;
    own->written[own->written_count++] = (struct written){ status.st_dev, status.st_ino, status.st_size };
}

static bool is_own(const struct session *session, const char *path, const struct stat *status)
{
    const struct session_private *own = session->own;
    char size[32];
    ssize_t length = getxattr(path, remark, size, sizeof size - 1);

    size[length > 0 ? length : 0] = '\0';
    if (length > 0 && atoll(size) == (long long)status->st_size)
        return true;
    for (size_t i = 0; i < own->written_count; i++)
        if (own->written[i].device == status->st_dev && own->written[i].file == status->st_ino
            && own->written[i].size == status->st_size)
            return true;
    return same_file(status, own->output_path);
}

void guard_clear(struct session *session)
{
    mem_free(session->own->written);
    session->own->written = NULL;
    session->own->written_count = session->own->written_capacity = 0;
}

/* --- files of others ---------------------------------------------------------------------------- */

/* The data that were loaded from the file, or NULL. */
static const struct frame *loaded_from(const struct session *session, const struct stat *status)
{
    for (const struct dataset *dataset = session->datasets; dataset != NULL; dataset = dataset->next)
        if (same_file(status, dataset->frame->source))
            return dataset->frame;
    return NULL;
}

/* True where commands are read from the file. */
static bool is_running(const struct session *session, const struct stat *status)
{
    struct stat input;

    for (const struct origin *origin = session->standing.origin; origin != NULL; origin = origin->outer)
        if (same_file(status, origin->name))
            return true;
    return fstat(STDIN_FILENO, &input) == 0 && input.st_dev == status->st_dev && input.st_ino == status->st_ino;
}

bool guard_replace(struct session *session, const char *path, bool replace, const char *command, struct glmm_error *err)
{
    const struct frame *data;
    struct stat status;

    if (session_is_silent(session) || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return true;
    data = loaded_from(session, &status);
    if (data != NULL)
        fail(err, GLMM_E_FILE, NOWHERE, "%s is the file that %s was loaded from", path, data->name);
    else if (is_running(session, &status))
        fail(err, GLMM_E_FILE, NOWHERE, "%s is being run: what is written there would run as commands", path);
    else if (record_is(session, path))
        fail(err, GLMM_E_FILE, NOWHERE, "%s is being recorded", path);
    else if (replace || status.st_size == 0 || is_own(session, path, &status))
        return true;
    else {
        fail(err, GLMM_E_FILE, NOWHERE, "%s exists", path);
        if (command == NULL)
            error_hint(err, "with the option `replace` it is overwritten");
        else
            error_hint(err, "%s %.150s, replace overwrites it", command, path);
        return false;
    }
    error_hint(err, "take another name");
    return false;
}
