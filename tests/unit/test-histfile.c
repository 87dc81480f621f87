/* The history file: entries once each, the newest last, whatever happens to the file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "term/histfile.h"

static char folder[64], *path;

static void make_home(void)
{
    snprintf(folder, sizeof folder, "/tmp/mixsh-history-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    setenv("XDG_STATE_HOME", folder, 1);
    path = histfile_path();
    cr_assert_not_null(path);
}

static void remove_home(void)
{
    char command[128];

    mem_free(path);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(histfile, .init = make_home, .fini = remove_home);

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

Test(histfile, path_follows_the_environment)
{
    char *other;

    cr_assert(strncmp(path, folder, strlen(folder)) == 0);
    cr_assert_str_eq(path + strlen(folder), "/mixsh/history");
    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", folder, 1);
    other = histfile_path();
    cr_assert_not_null(other);
    cr_assert_str_eq(other + strlen(folder), "/.local/state/mixsh/history");
    mem_free(other);
    unsetenv("HOME");
    cr_assert_null(histfile_path());
}

Test(histfile, an_absent_file_is_empty)
{
    struct histfile file;

    cr_assert(histfile_read(path, &file));
    cr_assert_eq(file.count, 0);
    histfile_clear(&file);
}

Test(histfile, appended_entries_come_back_once)
{
    struct histfile file;

    cr_assert(histfile_append(path, "load sleepstudy"));
    cr_assert(histfile_append(path, "fit m1"));
    cr_assert(histfile_append(path, "load sleepstudy"));
    cr_assert(histfile_read(path, &file));
    cr_assert_eq(file.count, 2);
    cr_assert_str_eq(file.entries[0], "fit m1");
    cr_assert_str_eq(file.entries[1], "load sleepstudy");
    histfile_clear(&file);
}

Test(histfile, others_cannot_read_it)
{
    struct stat about;

    cr_assert(histfile_append(path, "quit"));
    cr_assert_eq(stat(path, &about), 0);
    cr_assert_eq(about.st_mode & 077, 0);
}

Test(histfile, compacting_keeps_the_newest)
{
    struct histfile file;
    struct stat before, after;
    char line[32];
    FILE *stream = fopen(path, "w");

    cr_assert_not_null(stream);
    for (int i = 0; i < 3 * HISTORY_LIMIT; i++)
        fprintf(stream, "line %d\n", i % (HISTORY_LIMIT / 2));
    fclose(stream);
    cr_assert_eq(stat(path, &before), 0);
    cr_assert(histfile_compact(path));
    cr_assert_eq(stat(path, &after), 0);
    cr_assert_lt(after.st_size, before.st_size);
    cr_assert(histfile_read(path, &file));
    cr_assert_eq(file.count, HISTORY_LIMIT / 2);
    snprintf(line, sizeof line, "line %d", HISTORY_LIMIT / 2 - 1);
    cr_assert_str_eq(file.entries[file.count - 1], line);
    histfile_clear(&file);
}

Test(histfile, compacting_cuts_to_the_limit)
{
    struct histfile file;
    FILE *stream = fopen(path, "w");

    cr_assert_not_null(stream);
    for (int i = 0; i < 2 * HISTORY_LIMIT; i++)
        fprintf(stream, "line %d\n", i);
    fclose(stream);
    cr_assert(histfile_compact(path));
    cr_assert(histfile_read(path, &file));
    cr_assert_eq(file.count, HISTORY_LIMIT);
    histfile_clear(&file);
}

Test(histfile, damaged_files_are_read_as_they_are)
{
    struct histfile file;

    write_file("\n\nfit m1\n\n\xff\xfe\nno newline at the end");
    cr_assert(histfile_read(path, &file));
    cr_assert_eq(file.count, 3);
    cr_assert_str_eq(file.entries[2], "no newline at the end");
    histfile_clear(&file);
    cr_assert(histfile_compact(path));
}

Test(histfile, no_place_is_no_crash)
{
    struct histfile file;

    cr_assert_not(histfile_append("/nowhere/at/all", "x"));
    cr_assert_not(histfile_compact("/nowhere/at/all"));
    cr_assert(histfile_read("/nowhere/at/all", &file));
    cr_assert_not(histfile_read(folder, &file));
}

static void expect_joined(const char *lines, const char *joined)
{
    char *got = histfile_join(lines);

    if (joined == NULL)
        cr_assert_null(got);
    else {
        cr_assert_not_null(got);
        cr_assert_str_eq(got, joined);
    }
    mem_free(got);
}

Test(histfile, lines_are_joined_into_one_command)
{
    expect_joined("fit y ~ x\n", "fit y ~ x");
    expect_joined("fit y ~ (x +\nz)\n", "fit y ~ (x + z)");
    expect_joined("fit y \\\n~ x\n", "fit y ~ x");
    expect_joined("fit y ~ (x + # why\nz)\n", "fit y ~ (x + z)");
    expect_joined("load x # why\n", "load x");
    expect_joined("set \\\n   width \\\n  # why\n  100\n", "set width 100");
    expect_joined("load \"a\nb\"\n", "load \"a\\nb\"");
    expect_joined("load \"a\\\"#\nb\"\n", "load \"a\\\"#\\nb\"");
    expect_joined("use `a # b`\n", "use `a # b`");
    expect_joined("  \n\n", NULL);
    expect_joined("", NULL);
}

/* Fails the allocation number `count`. */
static void *fail_at(void *context, void *old, size_t size)
{
    int *left = context;

    if (size == 0) {
        free(old);
        return NULL;
    }
    return (*left)-- == 0 ? NULL : realloc(old, size);
}

Test(histfile, every_allocation_may_fail)
{
    struct mem_hook before = mem_hook_get();
    struct histfile file;
    char *place = path;
    bool ok = false;
    int n, left;

    write_file("a\nb\nc\na\n");
    for (n = 0; !ok; n++) {
        left = n;
        mem_hook_set((struct mem_hook){ .resize = fail_at, .context = &left });
        ok = histfile_read(place, &file);
        histfile_clear(&file);
        ok = histfile_append(place, "a") && ok;
        ok = histfile_compact(place) && ok;
        mem_free(histfile_join("a \\\nb"));
        ok = ok && left >= 0;
        mem_hook_set(before);
        cr_assert_lt(n, 1000);
    }
    cr_assert(histfile_read(place, &file));
    cr_assert_eq(file.count, 3);
    histfile_clear(&file);
}
