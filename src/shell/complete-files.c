/* complete-files.c -- files as candidates. */
#include "config.h"
#include "shell/complete-files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/frame.h"
#include "session/bundled.h"

/* `name` without a `.gz` ends in what tables end in. */
static bool looks_like_table(const char *name)
{
    static const char *const ends[] = { ".csv", ".tsv", ".txt", ".dat", ".tab", NULL };
    size_t length = strlen(name), i;

    if (path_ends_in(name, ".gz"))
        length -= 3;
    for (i = 0; ends[i] != NULL; i++)
        if (length > 4 && strncasecmp(name + length - 4, ends[i], 4) == 0)
            return true;
    return false;
}

/* The word as typed, without the quotes' escapes. */
static char *typed_path(const struct seek *seek)
{
    struct text path = { 0 };
    size_t i;

    text_add(&path, "");
    for (i = 0; i < seek->length; i++) {
        if (seek->quote == '"' && seek->word[i] == '\\' && i + 1 < seek->length)
            i++;
        text_add_char(&path, seek->word[i]);
    }
    return text_take(&path);
}

/* Adds a path; in quotes where one was typed or where it would not stay one word. */
static void offer_path(struct seek *seek, const char *path, bool folder)
{
    bool quoted = seek->quote != '\0' || path[strcspn(path, " \t,;#\"`(){}\\='")] != '\0';
    struct text word = { 0 };
    const char *at;

    if (!quoted)
        candidates_add(seek->candidates, path, folder ? '/' : ' ');
    else {
        text_add_char(&word, '"');
        for (at = path; *at != '\0'; at++) {
            if (*at == '"' || *at == '\\')
                text_add_char(&word, '\\');
            text_add_char(&word, *at);
        }
        if (!folder)
            text_add_char(&word, '"');
        if (word.failed)
            seek->candidates->failed = true;
        else
            candidates_add(seek->candidates, word.data, folder ? '/' : ' ');
    }
    text_clear(&word);
}

/* The folder that was typed as `head`, which is "" or ends in a slash: `~/` is the home.  Returns new. */
static char *real_folder(const char *head)
{
    const char *home = getenv("HOME");
    struct text path = { 0 };

    if (strncmp(head, "~/", 2) == 0 && home != NULL)
        text_addf(&path, "%s%s", home, head + 1);
    else
        text_add(&path, *head == '\0' ? "." : head);
    return text_take(&path);
}

/* A name with control characters cannot be typed, and would spoil the screen. */
static bool is_printable(const char *name)
{
    for (; *name != '\0'; name++)
        if ((unsigned char)*name < ' ' || *name == '\177')
            return false;
    return true;
}

/* One pass over a folder, which was typed as `head`; returns how many files (no folders) were offered. */
static int offer_folder(struct seek *seek, DIR *folder, const char *head, const char *begin, bool tables)
{
    const struct dirent *entry;
    struct text path = { 0 };
    struct stat about;
    size_t length = strlen(begin);
    int files = 0;

    while ((entry = readdir(folder)) != NULL) {
        const char *name = entry->d_name;

        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (name[0] == '.' && begin[0] != '.') || !is_printable(name)
            || (seek->ignore_case ? strncasecmp : strncmp)(name, begin, length) != 0)
            continue;
        text_truncate(&path, 0);
        text_addf(&path, "%s%s", head, name);
        if (path.failed || fstatat(dirfd(folder), name, &about, 0) != 0)
            continue;
        if (S_ISDIR(about.st_mode))
            offer_path(seek, path.data, true);
        else if (!tables || looks_like_table(name)) {
            offer_path(seek, path.data, false);
            files++;
        }
    }
    text_clear(&path);
    return files;
}

void offer_files(struct seek *seek, bool data_only)
{
    char *path = seek->quote == '`' ? NULL : typed_path(seek);
    char *slash = path == NULL ? NULL : strrchr(path, '/');
    char *head, *place, *begin;
    DIR *folder;

    if (path == NULL)
        return;
    head = slash == NULL ? mem_strdup("") : mem_strndup(path, (size_t)(slash - path) + 1);
    begin = slash == NULL ? path : slash + 1;
    place = head == NULL ? NULL : real_folder(head);
    folder = place == NULL ? NULL : opendir(place);
    if (folder != NULL) {
        if (offer_folder(seek, folder, head, begin, data_only) == 0 && data_only) {
            rewinddir(folder);
            offer_folder(seek, folder, head, begin, false);
        }
        closedir(folder);
    }
    mem_free(place);
    mem_free(head);
    mem_free(path);
}

void offer_examples(struct seek *seek)
{
    struct frame *index = bundled_index(NULL);
    const struct column *names = index == NULL ? NULL : frame_find(index, "name");
    char buffer[40];
    size_t i;

    for (i = 0; names != NULL && i < index->rows; i++)
        offer(seek, column_text(names, i, buffer), ' ');
    frame_free(index);
}
