/* read-packed.c -- what libarchive unpacks: one compressed file, or a file of a zip archive.  See foreign.h. */
#include "config.h"
#include "data/foreign.h"

#include <math.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"

#ifdef HAVE_LIBARCHIVE

#include <archive.h>
#include <archive_entry.h>

enum { PIECE = 1 << 18 };

static bool fail_archive(const struct foreign *file, struct archive *archive, struct glmm_error *err)
{
    const char *why = archive_error_string(archive);

    foreign_fail(file, err, "it is damaged (%s)", why == NULL ? "it cannot be unpacked" : why);
    return false;
}

/* All bytes of the entry at which the archive stands; NULL with err. */
static char *take_entry(const struct foreign *file, struct archive *archive, size_t *count, struct glmm_error *err)
{
    void *bytes = NULL;
    size_t capacity = 0, used = 0;
    la_ssize_t got = 1;
    bool ok = true;

    while (ok && got > 0) {
        if (capacity - used < PIECE)
            ok = forecast((double)capacity + PIECE, NULL, NULL, err)
                 && (mem_grow(&bytes, &capacity, used + PIECE, 1) || fail_memory(err));
        got = ok ? archive_read_data(archive, (char *)bytes + used, PIECE) : 0;
        if (got < 0)
            ok = fail_archive(file, archive, err);
        used += got > 0 ? (size_t)got : 0;
        if (ok && !progress_tell(file->progress, "unpacking, byte", (double)used, 0, (double)NAN))
            ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped", file->label);
    }
    *count = used;
    if (ok)
        return bytes;
    mem_free(bytes);
    return NULL;
}

static struct archive *open_archive(const struct foreign *file, bool zip, struct glmm_error *err)
{
    struct archive *archive = archive_read_new();

    if (archive == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (zip) {
        archive_read_support_format_zip_seekable(archive);
    } else {
        archive_read_support_filter_bzip2(archive);
        archive_read_support_filter_xz(archive);
        archive_read_support_filter_zstd(archive);
        archive_read_support_filter_lz4(archive);
        archive_read_support_format_raw(archive);
    }
    if (archive_read_open_memory(archive, file->bytes, file->count) == ARCHIVE_OK)
        return archive;
    fail_archive(file, archive, err);
    archive_read_free(archive);
    return NULL;
}

char *packed_open(const struct foreign *file, size_t *count, struct glmm_error *err)
{
    struct archive *archive = open_archive(file, false, err);
    struct archive_entry *entry;
    char *bytes = NULL;

    if (archive == NULL)
        return NULL;
    if (archive_read_next_header(archive, &entry) != ARCHIVE_OK)
        fail_archive(file, archive, err);
    else
        bytes = take_entry(file, archive, count, err);
    archive_read_free(archive);
    return bytes;
}

char *packed_entry(const struct foreign *file, const char *name, size_t *count, struct glmm_error *err)
{
    struct archive *archive = open_archive(file, true, err);
    struct archive_entry *entry;
    char *bytes = NULL;
    int status = ARCHIVE_EOF;

    if (archive == NULL)
        return NULL;
    while (bytes == NULL && (status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
        const char *path = archive_entry_pathname(entry);

        if (path == NULL || strcasecmp(path, name) != 0)
            continue;
        bytes = take_entry(file, archive, count, err);
        break;
    }
    if (bytes == NULL && status != ARCHIVE_OK && status != ARCHIVE_EOF)
        fail_archive(file, archive, err);
    archive_read_free(archive);
    return bytes;
}

#else

char *packed_open(const struct foreign *file, size_t *count, struct glmm_error *err)
{
    *count = 0;
    fail(err, GLMM_E_FILE, NOWHERE, "%s is %s, and this mixsh was built without libarchive-dev", file->label, file->magic->name);
    error_hint(err, "%s", file->magic->advice);
    return NULL;
}

#endif
