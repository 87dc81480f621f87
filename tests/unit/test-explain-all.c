/* test-explain-all.c -- `explain` knows every number that a command of inference hands out: each column of its tables, each
 * number of its JSON object, by the key that it has there. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/figures.h"
#include "run-session.h"

/* What was typed, what counts rows or draws, and what names a place: there is nothing to explain. */
static const char *const given[] = { "level",       "seed",   "n",       "rows",    "row",       "size",
                                     "groups",      "levels", "value",   "type",    "at",        "waves",
                                     "n1",          "n2",     "events1", "events2", "variables", "variables_before",
                                     "rows_before", "before", NULL };

struct walk {
    struct session *session;
    const struct figures *figures;
    const char *command;
    char said[64][120]; /* keys that are known to be missing */
    int missing;
    char key[64][60]; /* that have a number */
    int keys;
};

/* Whether `explain KEY` answers. */
static bool answers(struct session *session, const char *key)
{
    struct text output = { 0 };
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader;
    char command[80];
    bool ok;

    snprintf(command, sizeof command, "explain %s", key);
    reader = reader_open_text(command, "test", &err);
    cr_assert_not_null(reader);
    session_capture(session, &output);
    ok = eval_reader(session, reader, EVAL_SCRIPT) == 0;
    session_capture(session, NULL);
    reader_close(reader);
    text_clear(&output);
    return ok;
}

static void note_key(struct walk *walk, const char *key)
{
    for (int i = 0; i < walk->keys; i++)
        if (strcmp(walk->key[i], key) == 0)
            return;
    cr_assert_lt(walk->keys, 64);
    snprintf(walk->key[walk->keys++], sizeof walk->key[0], "%s", key);
}

static bool is_given(const char *key)
{
    for (int i = 0; given[i] != NULL; i++)
        if (strcmp(key, given[i]) == 0)
            return true;
    return false;
}

static bool is_known(const struct figures *figures, double value)
{
    for (size_t i = 0; i < figures->count; i++)
        if (figures->item[i].value == value || fabs(figures->item[i].value - value) <= 1e-10 * fabs(value))
            return true;
    return false;
}

static void see(struct walk *walk, const char *where, const char *key, double value)
{
    char name[120];

    snprintf(name, sizeof name, "%s.%s", where, key);
    if (is_given(key) || isnan(value) || (strcmp(key, "corr") == 0 && value == 1))
        return;
    note_key(walk, key);
    if (is_known(walk->figures, value))
        return;
    for (int i = 0; i < walk->missing; i++)
        if (strcmp(walk->said[i], name) == 0)
            return;
    if (walk->missing < 64)
        snprintf(walk->said[walk->missing++], sizeof name, "%s", name);
    cr_expect(false, "%s: %s = %.17g is not explained", walk->command, name, value);
}

static void see_value(struct walk *walk, const char *where, const char *key, const struct value *value)
{
    if (value == NULL)
        return;
    key = value->key != NULL ? value->key : key;
    if (value->type == VALUE_REAL)
        see(walk, where, key, value->as.real);
    else if (value->type == VALUE_INTEGER)
        see(walk, where, key, (double)value->as.integer);
    else if ((value->type == VALUE_ARRAY || value->type == VALUE_OBJECT) && !is_given(key))
        for (const struct value *item = value->as.list.first; item != NULL; item = item->next)
            see_value(walk, where, key, item);
}

static void see_table(struct walk *walk, const struct table *table)
{
    const char *where = table->key != NULL ? table->key : table->csv_name != NULL ? table->csv_name : "";

    for (size_t j = 0; j < table->column_count; j++)
        for (size_t i = 0; i < table->row_count && table->columns[j].key != NULL; i++) {
            const struct table_column *column = &table->columns[j];
            const struct cell *cell = table_cell(table, i, j);

            if (cell == NULL || cell->state != CELL_SET || (column->flags & COLUMN_CSV) != 0)
                continue;
            if (column->kind == CELL_INTEGER)
                see(walk, where, column->key, (double)cell->as.integer);
            else if (column->kind == CELL_VALUE)
                see_value(walk, where, column->key, cell->as.value);
            else if (column->kind == CELL_INTERVAL) {
                see(walk, where, column->key, cell->as.pair[0]);
                see(walk, where, column->key2, cell->as.pair[1]);
            } else if (column->kind != CELL_TEXT)
                see(walk, where, column->key, cell->as.real);
        }
}

static void see_result(struct walk *walk, const struct result *part)
{
    for (const struct item *item = part->first; item != NULL; item = item->next) {
        if (item->kind == ITEM_TABLE)
            see_table(walk, item->as.table);
        else if (item->kind == ITEM_PLOT && item->as.plot->rows != NULL)
            see_table(walk, item->as.plot->rows);
        else if (item->kind == ITEM_VALUE)
            see_value(walk, "", item->key, item->as.value);
        for (const struct field *f = item->kind == ITEM_FIELDS ? item->as.fields.first : NULL; f != NULL; f = f->next)
            if (f->key != NULL && f->cell.state == CELL_SET && f->kind != CELL_TEXT)
                see(walk, "", f->key, f->kind == CELL_INTEGER ? (double)f->cell.as.integer : f->cell.as.real);
    }
}

static void run(struct session *session, const char *text)
{
    struct text output = { 0 };

    session_script(session, text, &output);
    text_clear(&output);
}

static void check(struct session *session, const char *command)
{
    struct figures figures = { 0 };
    struct glmm_error err = { .at = NOWHERE };
    struct walk walk = { .session = session, .figures = &figures, .command = command };

    run(session, command);
    cr_assert_not_null(session->last);
    session->standing.pools = true; /* as within `explain` */
    cr_assert(figures_init(&figures, session, &err), "%s", err.message);
    for (const struct result *part = session->last; part != NULL; part = part->next)
        see_result(&walk, part);
    figures_clear(&figures);
    for (int i = 0; i < walk.keys; i++)
        cr_expect(answers(session, walk.key[i]), "%s: `explain %s` is not answered", command, walk.key[i]);
}

static const struct {
    const char *model;
    const char *commands[24];
} cases[] = {
    { "load sleepstudy; let arm = ifelse(Subject %in% c(\"308\", \"330\", \"333\", \"349\"), \"a\", \"b\"); factor arm; "
      "fit m0 = Reaction ~ Days + (1 | Subject); fit m1 = Reaction ~ Days + arm + (Days | Subject)",
      { "summary m1",
        "test Days = 10",
        "test Days = 10 and armb = 0",
        "test Days = 10, margin=3",
        "test Days = 10, margin=3 side=noninferior",
        "anova",
        "anova, type=1 ddf=kr",
        "means arm",
        "contrast arm",
        "slopes Days by arm, pairs",
        "confint",
        "confint, method=wald",
        "confint, method=boot n=20",
        "compare m0 m1",
        "margins Days",
        "margins Days, slope",
        "icc m0",
        "icc",
        "r2",
        "varcorr" } },
    { "load sleepstudy; fit m0 = Reaction ~ Days + (1 | Subject); fit m1 = Reaction ~ Days + (Days | Subject)",
      { "compare m0 m1, boot=20", "diagnose, n=50", "diagnose, influence=Subject n=50 refit=2", "sensitivity, vary=methods",
        "simulate, n=2", "bootstrap, n=20", "power Days, n=10", "power Days, n=10 groups=\"6,10\"", "predict", "ranef",
        "shrinkage m0" } },
    { "load cbpp; factor period; fit m0 = cbind(incidence, size - incidence) ~ 1 + (1 | herd), family=binomial; "
      "fit m1 = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial",
      { "summary", "anova", "test period2 = 0, margin=0.5", "means period, scale=response", "contrast period, scale=response",
        "margins period", "margins period, pairs", "confint", "compare m0 m1", "icc", "r2", "varcorr", "attenuation",
        "diagnose, n=50", "bootstrap, n=20", "power period2, n=10",
        "gee cbind(incidence, size - incidence) ~ period, "
        "family=binomial id=herd",
        "ladder", "sensitivity, vary=links" } },
    { "load epil; fit m0 = y ~ trt + (1 | subject), family=poisson; fit m1 = y ~ trt + lbase + (1 | subject), family=nbinom2 "
      "zi=~1",
      { "summary", "confint, method=wald", "margins trt", "icc", "r2", "varcorr", "diagnose, n=50", "compare m0 m1" } },
    { "load sleepstudy; fit m1 = Reaction ~ Days + ar1(0 + factor(Days) | Subject)",
      { "summary", "confint, method=wald", "varcorr", "icc" } },
    { "load sleepstudy; fit m1 = Reaction ~ Days, residual=ar1(Days | Subject)",
      { "summary", "confint, method=wald", "anova", "r2" } },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (1 | Subject), disp=~Days", { "summary", "confint, method=wald" } },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (1 | Subject), family=t", { "summary", "confint, method=wald" } },
    { "load sleepstudy; fit m1 = Reaction ~ Days", { "summary", "confint, method=wald", "r2" } },
    { "load pressure, imputation=.imp; let high = after > 150; fit m0 = after ~ before + (1 | clinic); "
      "fit m1 = after ~ before + arm + (1 | clinic)",
      { "summary", "test armplacebo = 6", "test armplacebo = 6, margin=3", "test arm", "anova", "means arm", "contrast arm",
        "slopes before", "margins arm", "confint", "icc", "compare m0 m1", "predict m1, at=\"before=160, arm=drug, placebo\"" } },
    { "load pressure, imputation=.imp; let high = after > 150; fit m1 = high ~ before + arm + (1 | clinic), family=binomial",
      { "summary", "margins arm", "margins before, slope", "means arm, scale=response", "contrast arm, scale=response", "icc" } },
    { "load sleepstudy; decompose Days by Subject; fit m1 = Reaction ~ Days + (1 | Subject)", { "decompose Days by Subject" } },
    { "load nielweise2007",
      { "meta events n, arm=arm study=author", "meta events n, arm=arm study=author model=cm.el mods=year" } },
};

Test(explain_all, knows_every_number_of_each_result)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session *session = session_of(cases[i].model);

        for (size_t j = 0; j < 24 && cases[i].commands[j] != NULL; j++)
            check(session, cases[i].commands[j]);
        session_free(session);
    }
}
