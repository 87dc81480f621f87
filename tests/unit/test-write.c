/* test-write.c -- what write advises, typed: random frames written, and read again by those commands, are the same, with their
 * types, levels, orders, references and contrasts. */
#include "config.h"
#include <criterion/criterion.h>
#include <jansson.h>
#include <unistd.h>

#include "base/text.h"
#include "random-frame.h"
#include "run-session.h"

static const char *const files[] = { "round.csv", "round.tsv", "round.dta", "round.sav" };

/* Frames as these formats can hold them, with a reference and contrasts. */
static struct frame *settled_frame(const char *file)
{
    struct frame *frame;

    infinite = strstr(file, "csv") != NULL || strstr(file, "tsv") != NULL;
    frame = random_frame();
    for (size_t j = 0; j < frame->column_count; j++) {
        struct column *column = &frame->columns[j];

        if (column->type != COLUMN_FACTOR)
            continue;
        if (draw(8) == 0) { /* a level without a character */
            mem_free(column->levels[0]);
            column->levels[0] = mem_strdup("");
        }
        if (draw(3) == 0)
            column->reference = (int32_t)draw((unsigned)column->level_count);
        if (draw(8) == 0)
            column->contrast = CONTRAST_POLY;
    }
    return frame;
}

static void expect_column(const struct column *a, const struct column *b, size_t rows, const char *script)
{
    char one[40], other[40];

    cr_assert_str_eq(a->name, b->name, "%s", script);
    cr_assert_eq(a->type, b->type, "%s: %s is %s, and was %s", script, a->name, column_type_name(b->type),
                 column_type_name(a->type));
    for (size_t i = 0; i < rows; i++)
        cr_assert(column_missing(a, i) == column_missing(b, i)
                      && (column_missing(a, i)
                          || (a->type == COLUMN_REAL ? a->as.real[i] == b->as.real[i]
                                                     : strcmp(column_text(a, i, one), column_text(b, i, other)) == 0)),
                  "%s: %s, row %zu", script, a->name, i);
    if (a->type != COLUMN_FACTOR)
        return;
    cr_assert_eq(a->level_count, b->level_count, "%s: %s has %d levels, and had %d", script, a->name, (int)b->level_count,
                 (int)a->level_count);
    for (int32_t l = 0; l < a->level_count; l++)
        cr_assert_str_eq(a->levels[l], b->levels[l], "%s: %s", script, a->name);
    cr_assert_eq(a->reference, b->reference, "%s: %s", script, a->name);
    cr_assert_eq(a->contrast, b->contrast, "%s: %s", script, a->name);
}

/* Whether a sentence, and no command, says what becomes of the variable. */
static bool is_never(const json_t *never, const char *name)
{
    size_t index;
    json_t *item;

    json_array_foreach(never, index, item) if (strcmp(json_string_value(item), name) == 0) return true;
    return false;
}

/* Written, and read by the commands that are advised; how many variables those do not give back. */
static int go_round(struct frame *frame, const char *file)
{
    struct session *session = session_new();
    struct text script = { 0 }, output = { 0 };
    struct glmm_error err = { 0 };
    json_t *written, *again, *item;
    const struct frame *read;
    size_t index;
    int lost = 0;

    session->run = eval_request;
    session_script(session, "set format json", &output);
    text_truncate(&output, 0);
    cr_assert(session_add_data(session, frame_hold(frame), &err), "%s", err.message);
    text_addf(&script, "write %s", file);
    session_script(session, text_string(&script), &output);
    written = json_loads(text_string(&output), 0, NULL);
    cr_assert_not_null(written, "%s", text_string(&output));
    again = json_object_get(written, "again");
    text_truncate(&script, 0);
    if (again == NULL)
        text_addf(&script, "load %s", file);
    json_array_foreach(again, index, item) text_addf(&script, "%s\n", json_string_value(item));
    session_script(session, text_string(&script), &output);
    read = session_need_data(session, &err);
    cr_assert_eq(frame->rows, read->rows);
    cr_assert_eq(frame->column_count, read->column_count);
    for (size_t j = 0; j < frame->column_count; j++)
        if (is_never(json_object_get(written, "never"), frame->columns[j].name))
            lost++;
        else
            expect_column(&frame->columns[j], &read->columns[j], frame->rows, text_string(&script));
    json_decref(written);
    session_free(session);
    unlink(file);
    text_clear(&script);
    text_clear(&output);
    return lost;
}

Test(write, what_is_advised_gives_all_back)
{
    char folder[] = "/tmp/test-write-XXXXXX";
    long frames = times("FRAMES", 2000);

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        long variables = 0, lost = 0;

        for (long k = 0; k < frames / 4; k++) {
            struct frame *frame = settled_frame(files[f]);

            variables += (long)frame->column_count;
            lost += go_round(frame, files[f]);
            frame_free(frame);
        }
        cr_expect_lt(lost, variables / 20 + 1, "%s: %ld of %ld variables", files[f], lost, variables);
    }
    cr_assert_eq(chdir("/"), 0);
    rmdir(folder);
}
