/* test-session.c -- settings, history, journal, record, errors as they are shown. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/memory.h"
#include "lang/reader.h"
#include "session/history.h"
#include "session/output.h"
#include "session/report.h"
#include "session/session.h"
#include "shell/eval.h"

static char folder[4096];

/* One in the folder that tests/run gives and takes away. */
static void enter_folder(void)
{
    cr_assert_not_null(getcwd(folder, sizeof folder - sizeof "/session-XXXXXX"));
    strcat(folder, "/session-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    setenv("XDG_STATE_HOME", folder, 1);
}

/* The file's text; to be freed. */
static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 16);
    size_t got;

    cr_assert_not_null(file, "no file %s", path);
    got = fread(text, 1, (1 << 16) - 1, file);
    text[got] = '\0';
    fclose(file);
    return text;
}

static int run(struct session *session, const char *text)
{
    struct reader *reader = reader_open_text(text, "-e", NULL);
    int status;

    session->run = eval_request;
    status = eval_reader(session, reader, EVAL_KEEP_GOING);
    reader_close(reader);
    return status;
}

/* --- settings ---------------------------------------------------------------------------------- */

Test(settings, defaults_are_as_documented)
{
    struct settings s = settings_default;
    char buffer[40];

    cr_assert(s.digits == 4 && s.width == 0 && s.seed == 1 && s.threads == 0 && s.level == 0.95 && !s.echo && !s.timing);
    for (const struct option *o = settings_table; o->name != NULL; o++)
        cr_assert(settings_show(&s, o, buffer, sizeof buffer)[0] != '\0', "%s shows nothing", o->name);
}

Test(settings, what_is_shown_can_be_set)
{
    for (const struct option *o = settings_table; o->name != NULL; o++) {
        struct settings s = settings_default, t = settings_default;
        struct glmm_error err = { .at = NOWHERE };
        char buffer[40];

        cr_assert(settings_set(&t, o, settings_show(&s, o, buffer, sizeof buffer), false, NOWHERE, &err), "%s: %s", o->name,
                  err.message);
        cr_assert_eq(memcmp(&s, &t, sizeof s), 0, "%s", o->name);
    }
}

Test(settings, styles_follow_settings)
{
    struct session *session = session_new();
    struct style style = session_style(session);

    cr_assert(style.width == 80 && style.digits == 4 && style.charset == CHARSET_ASCII && !style.color && !style.hints);
    session->screen = (struct screen){ .terminal = true, .width = 300, .height = 50, .charset = CHARSET_BLOCK, .color = true };
    session->interactive = true;
    style = session_style(session);
    cr_assert(style.width == 250 && style.charset == CHARSET_BLOCK && style.color && style.hints);
    style = session_plain_style(session);
    cr_assert(style.width == 80 && style.charset == CHARSET_ASCII && !style.color && !style.hints);
    session->settings.color = SWITCH_OFF;
    session->settings.width = 100;
    session->settings.charset = SET_CHARSET_BRAILLE;
    style = session_style(session);
    cr_assert(style.width == 100 && style.charset == CHARSET_BRAILLE && !style.color);
    session_free(session);
}

/* --- history, journal, record ------------------------------------------------------------------ */

Test(journal, has_each_command_before_and_after)
{
    struct history_entry entry;
    struct session *session;
    char path[sizeof folder + 32], *text, *begun, *ended;

    enter_folder();
    session = session_new();
    journal_open(session);
    cr_assert(history_begin(session, "set \"a\nb\"", "set x", &entry, NULL));
    snprintf(path, sizeof path, "%s/mixsh/journal", folder);
    text = read_whole(path);
    begun = strstr(text, " > set \"a\\u{a}b\"\n");
    cr_assert_not_null(begun, "%s", text);
    cr_assert_eq(begun[strlen(" > set \"a\\u{a}b\"\n")], '\0');
    free(text);
    cr_assert(history_end(session, &entry, 2, 0.25, true, NULL));
    text = read_whole(path);
    ended = strstr(text, " = 2 0.250\n");
    cr_assert_not_null(ended, "%s", text);
    free(text);
    session_free(session);
}

Test(journal, is_for_its_owner_only)
{
    struct session *session;
    struct stat status;
    char path[sizeof folder + 32];

    enter_folder();
    session = session_new();
    journal_open(session);
    snprintf(path, sizeof path, "%s/mixsh/journal", folder);
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);
    session_free(session);
}

Test(record, has_what_succeeded_and_is_complete_at_any_time)
{
    struct session *session;
    char *text;

    enter_folder();
    session = session_new();
    run(session, "set digits 5\nset digits 99\nset   level \\\n 0.9 # why\nhistory\nrecord a.mix\n");
    text = read_whole("a.mix");
    cr_assert_not_null(strstr(text, "# mixsh "));
    cr_assert_not_null(strstr(text, "\nset seed 1\nset digits 5\nset level 0.9\n"), "%s", text);
    cr_assert_null(strstr(text, "99"));
    cr_assert_null(strstr(text, "history"));
    free(text);
    run(session, "try set digits 1\nset seed 3\n");
    text = read_whole("a.mix");
    cr_assert_not_null(strstr(text, "set level 0.9\ntry set digits 1\nset seed 3\n"), "%s", text);
    free(text);
    run(session, "record off\nset seed 4\n");
    text = read_whole("a.mix");
    cr_assert_null(strstr(text, "set seed 4"));
    free(text);
    session_free(session);
}

Test(record, spares_files_that_are_no_scripts)
{
    struct session *session;
    struct glmm_error err = { .at = NOWHERE };
    FILE *file;
    char *text;

    enter_folder();
    file = fopen("notes", "w");
    fputs("dear diary\n", file);
    fclose(file);
    session = session_new();
    cr_assert_not(record_begin(session, "notes", true, false, &err));
    cr_assert_eq(err.code, GLMM_E_FILE);
    text = read_whole("notes");
    cr_assert_str_eq(text, "dear diary\n");
    free(text);
    error_clear(&err);
    cr_assert(record_begin(session, "notes", true, true, &err));
    cr_assert(record_begin(session, "notes", true, false, &err)); /* it is a script now */
    session_free(session);
}

Test(replay, of_a_script_belongs_to_the_history)
{
    struct session *session;
    FILE *file;

    enter_folder();
    file = fopen("s.mix", "w");
    fputs("set digits 5\nset digits 99\n", file);
    fclose(file);
    session = session_new();
    cr_assert_eq(run(session, "replay s.mix"), 2);
    cr_assert_eq(history_count(session), 3);
    cr_assert_str_eq(history_text(session, 0), "set digits 5");
    cr_assert_eq(history_status(session, 1), 2);
    cr_assert_str_eq(history_text(session, 2), "replay s.mix");
    session_free(session);
}

Test(files, are_replaced_whole)
{
    struct glmm_error err = { .at = NOWHERE };
    struct stat status;
    char *text;

    enter_folder();
    cr_assert(file_replace(NULL, "f", "one", 3, &err));
    cr_assert_eq(chmod("f", 0640), 0);
    cr_assert(file_replace(NULL, "f", "three", 5, &err));
    text = read_whole("f");
    cr_assert_str_eq(text, "three");
    free(text);
    cr_assert_eq(stat("f", &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0640);
    cr_assert_not(file_replace(NULL, "no/such/f", "x", 1, &err));
    cr_assert_eq(err.code, GLMM_E_FILE);
}

/* --- errors as they are shown ------------------------------------------------------------------ */

static char shown[1 << 13];

/* What session_report() writes to standard error. */
static const char *report_of(struct session *session, struct glmm_error *err, const struct origin *origin)
{
    int saved = dup(STDERR_FILENO), file = open("shown", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ssize_t got;

    dup2(file, STDERR_FILENO);
    session_report(session, err, origin, NULL);
    dup2(saved, STDERR_FILENO);
    lseek(file, 0, SEEK_SET);
    got = read(file, shown, sizeof shown - 1);
    shown[got < 0 ? 0 : got] = '\0';
    close(file);
    close(saved);
    session_free(session);
    return shown;
}

static const char *report(const char *text, size_t begin, int from, int to, const char *name, int prompt_width, bool wrote)
{
    struct session *session = session_new();
    struct origin origin = {
        .name = name, .text = text, .length = strlen(text), .line = 1, .begin = begin, .prompt_width = prompt_width
    };
    struct glmm_error err = { .at = NOWHERE };

    fail(&err, GLMM_E_NAME, span_of(from, to), "no variable");
    session->standing.wrote = wrote;
    return report_of(session, &err, &origin);
}

/* The lines that a message has of its own begin where they did: those of `replay` with check= that differ. */
Test(report, lines_of_a_message_stay_where_a_person_reads)
{
    struct session *session = session_new();
    struct origin origin = { .text = "replay a\n", .length = strlen("replay a\n"), .line = 1 };
    struct glmm_error err = { .at = NOWHERE };

    enter_folder();
    session->interactive = true;
    session->screen = (struct screen){ .terminal = true, .width = 60, .height = 50 };
    fail(&err, GLMM_E_DATA, NOWHERE,
         "the replay differs from lesson.out in line 12:\n    file     Days  10.467  1.546\n    replay   Days  10.468  1.546");
    cr_assert_str_eq(report_of(session, &err, &origin),
                     "error: the replay differs from lesson.out in line 12:\n    file     Days  10.467  1.546\n"
                     "    replay   Days  10.468  1.546\n",
                     "%s", shown);
}

static bool is_load(const char *words)
{
    return strncmp(words, "load ", 5) == 0;
}

/* A command behind a colon stands whole on a line that holds it. */
Test(report, commands_are_not_torn_where_a_person_reads)
{
    struct session *session = session_new();
    struct origin origin = { .text = "use d\n", .length = strlen("use d\n"), .line = 1 };
    struct glmm_error err = { .at = NOWHERE };

    enter_folder();
    session->interactive = true;
    session->is_command = is_load;
    session->screen = (struct screen){ .terminal = true, .width = 40, .height = 50 };
    fail(&err, GLMM_E_DATA, NOWHERE, "no data are there yet: load FILE as d; that one is told");
    cr_assert_str_eq(report_of(session, &err, &origin),
                     "error: no data are there yet:\n"
                     "       load FILE as d; that one is told\n",
                     "%s", shown);
}

Test(report, in_a_script_line_and_column)
{
    enter_folder();
    cr_assert_str_eq(report("a; fit y\n", 3, 4, 5, "s.mix", 0, false),
                     "s.mix:1:8: error: no variable\n    a; fit y\n           ^\n");
    cr_assert_str_eq(report("fit (\n  xyz)\n", 0, 8, 11, "s.mix", 0, false),
                     "s.mix:2:3: error: no variable\n      xyz)\n      ^~~\n");
    cr_assert_str_eq(report("fit\n", 0, -1, -1, "s.mix", 0, false), "s.mix:1:1: error: no variable\n");
    cr_assert_str_eq(report("\xE6\xBC\xA2 \xC3\xA9 z\n", 0, 7, 8, "s.mix", 0, false),
                     "s.mix:1:6: error: no variable\n    \xE6\xBC\xA2 \xC3\xA9 z\n         ^\n");
    cr_assert_str_eq(report("fit ab\nc\n", 0, 4, 8, "s.mix", 0, false),
                     "s.mix:1:5: error: no variable\n    fit ab\n        ^~\n");
}

Test(report, at_the_prompt_under_what_was_typed)
{
    enter_folder();
    cr_assert_str_eq(report("fit y\n", 0, 4, 5, NULL, 7, false), "           ^\nerror: no variable\n");
    cr_assert_str_eq(report("fit y\n", 0, 4, 5, NULL, 7, true), "    fit y\n        ^\nerror: no variable\n");
    cr_assert_str_eq(report("fit y\nz\n", 0, 4, 5, NULL, 7, false), "    fit y\n        ^\nerror: no variable\n");
    cr_assert_str_eq(report("fit (\ny)\n", 0, 6, 7, NULL, 7, false), "       ^\nerror: no variable\n");
}

Test(report, long_lines_are_cut_around_the_place)
{
    char line[301];
    const char *text;

    enter_folder();
    memset(line, 'x', 299);
    line[200] = '!';
    line[299] = '\n';
    line[300] = '\0';
    text = report(line, 0, 200, 201, "s.mix", 0, false);
    cr_assert_not_null(strstr(text, "s.mix:1:201: error"));
    text = strstr(text, "    ...");
    cr_assert_not_null(text);
    cr_assert(strchr(text, '\n') - text <= 80);
    cr_assert_eq(strchr(text, '!') - text, strchr(text, '^') - strchr(text, '\n') - 1);
}

Test(report, statuses)
{
    static const struct {
        enum glmm_code code;
        int status;
    } cases[] = { { GLMM_OK, 0 },     { GLMM_E_SYNTAX, 2 }, { GLMM_E_USAGE, 2 },
                  { GLMM_E_NAME, 1 }, { GLMM_E_FILE, 3 },   { GLMM_E_INTERRUPT, 130 } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct glmm_error err = { .code = cases[i].code };

        cr_assert_eq(error_status(&err), cases[i].status);
        cr_assert(error_name(cases[i].code)[0] != '\0');
    }
}

/* --- models ------------------------------------------------------------------------------------ */

static struct model *named_model(const char *name)
{
    struct arena *arena = arena_new();
    struct model *model = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *model);

    cr_assert_not_null(model);
    model->arena = arena;
    model->name = arena_strdup(arena, name);
    model->design = arena_alloc(arena, 1, sizeof *model->design);
    return model;
}

Test(models, are_found_suggested_and_replaced)
{
    struct session *session = session_new();
    struct glmm_error err = { .at = NOWHERE };
    char *name;

    cr_assert_null(session_need_model(session, NULL, NOWHERE, &err));
    cr_assert_eq(err.code, GLMM_E_STATE);
    error_clear(&err);
    cr_assert(session_add_model(session, named_model("m1"), &err));
    cr_assert(session_add_model(session, named_model("slopes"), &err));
    cr_assert(session_add_model(session, named_model("m1"), &err));
    cr_assert_str_eq(session->models->name, "m1");
    cr_assert_str_eq(session->models->next->name, "slopes");
    cr_assert_null(session->models->next->next);
    cr_assert_eq(session_need_model(session, "", NOWHERE, &err), session->models);
    cr_assert_null(session_need_model(session, "slpoes", NOWHERE, &err));
    cr_assert_str_eq(err.hint, "did you mean `slopes`?");
    error_clear(&err);
    cr_assert_null(session_need_fit(session, "m1", NOWHERE, &err));
    cr_assert_str_eq(err.hint, "fit m1");
    name = session_new_model_name(session);
    cr_assert_str_eq(name, "m2");
    mem_free(name);
    session_free(session);
}
