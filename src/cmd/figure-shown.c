/* figure-shown.c -- figures that stand in the tables of a result and nowhere in the fit: averaged effects, standardized
 * means, predictions, the courses of whatif, the rungs of a ladder, ranks. Their columns say how they come about: a row of
 * `derivations` says what that is called, whose it is, and who explains it; see derivation.h and figures.h. */
#include "cmd/figure-shown.h"

#include <math.h>
#include <string.h>

/* --- whose -------------------------------------------------------------------------------------------------------- */

static void of_term(const struct figure *f, struct text *out)
{
    text_add(out, shown_text_at(f->table, f->row, "term"));
}

static void of_level(const struct figure *f, struct text *out)
{
    text_addf(out, "%s %s", shown_said(f->part, "variable"), shown_text_at(f->table, f->row, "level"));
}

static void of_two_levels(const struct figure *f, struct text *out)
{
    text_addf(out, "%s %s - %s", shown_said(f->part, "variable"), shown_text_at(f->table, f->row, "to"),
              shown_text_at(f->table, f->row, "from"));
}

static void of_row(const struct figure *f, struct text *out)
{
    text_addf(out, "row %.0f", shown_beside(f, "row"));
}

static void of_course(const struct figure *f, struct text *out)
{
    const char *term = shown_text_at(f->table, f->row, "term");

    text_addf(out, "%s %s%s%s with %.0f row%s", shown_said(f->part, "group"), shown_said(f->part, "level"),
              strcmp(term, "(Intercept)") == 0 ? "" : " ", strcmp(term, "(Intercept)") == 0 ? "" : term, shown_beside(f, "n"),
              shown_beside(f, "n") == 1 ? "" : "s");
}

static void of_group_level(const struct figure *f, struct text *out)
{
    text_addf(out, strcmp(shown_said(f->part, "term"), "(Intercept)") == 0 ? "%s %s" : "%s %s %s", shown_said(f->part, "group"),
              shown_text_at(f->table, f->row, "level"), shown_said(f->part, "term"));
}

static void of_group(const struct figure *f, struct text *out)
{
    text_add(out, shown_text_at(f->table, f->row, "group"));
}

static void of_parameter(const struct figure *f, struct text *out)
{
    text_add(out, shown_text_at(f->table, f->row, "parameter"));
}

/* The argument of such a column is the rung's number of nodes. */
static void of_parameter_on_rung(const struct figure *f, struct text *out)
{
    unsigned nodes = f->table->columns[f->column].derived;

    text_addf(out, "%s with %u node%s", shown_text_at(f->table, f->row, "parameter"), nodes, nodes == 1 ? "" : "s");
}

static void of_rung(const struct figure *f, struct text *out)
{
    text_addf(out, "%.0f node%s", shown_beside(f, "nodes"), shown_beside(f, "nodes") == 1 ? "" : "s");
}

/* All that the row says in words. */
static void of_words(const struct figure *f, struct text *out)
{
    size_t before = out->length;

    for (size_t j = 0; j < f->table->column_count; j++) {
        const struct cell *cell = table_cell(f->table, f->row, j);

        if (f->table->columns[j].kind == CELL_TEXT && f->table->columns[j].key != NULL && cell != NULL && cell->state == CELL_SET)
            text_addf(out, "%s%s", out->length > before ? ", " : "", cell->as.text);
    }
    if (out->length == before)
        text_add(out, shown_said(f->part, "variable"));
}

/* --- what -------------------------------------------------------------------------------------------------------- */

static const struct derivation derivations[DERIVED_COUNT] = {
    [DERIVED_MARGINAL] = { "marginal", NULL, explain_marginal, of_term, false },
    [DERIVED_MARGINAL_SE] = { "marginal-se", NULL, explain_delta, of_term, false },
    [DERIVED_MARGINAL_RATIO] = { "ratio", NULL, explain_marginal_ratio, of_term, false },
    [DERIVED_RULE] = { "rule", NULL, explain_rule, of_term, false },
    [DERIVED_NAIVE] = { "naive", NULL, explain_naive, of_term, false },
    [DERIVED_NAIVE_SE] = { "naive-se", NULL, explain_naive, of_term, false },
    [DERIVED_GEE] = { "gee", NULL, explain_gee, of_term, false },
    [DERIVED_GEE_SE] = { "gee-se", NULL, explain_gee, of_term, false },
    [DERIVED_MARGIN] = { "population", NULL, explain_margin, of_level, false },
    [DERIVED_MARGIN_SE] = { "se", NULL, explain_delta, of_level, false },
    [DERIVED_MARGIN_INTERVAL] = { "lower", "upper", explain_margin_end, of_level, false },
    [DERIVED_TYPICAL] = { "typical", NULL, explain_margin, of_level, false },
    [DERIVED_TYPICAL_SE] = { "typical-se", NULL, explain_delta, of_level, false },
    [DERIVED_TYPICAL_INTERVAL] = { "typical-lower", "typical-upper", explain_margin_end, of_level, false },
    [DERIVED_DIFFERENCE] = { "difference", NULL, explain_contrast, of_two_levels, false },
    [DERIVED_DIFFERENCE_SE] = { "se", NULL, explain_delta, of_two_levels, false },
    [DERIVED_DIFFERENCE_INTERVAL] = { "lower", "upper", explain_contrast_end, of_two_levels, false },
    [DERIVED_RATIO] = { "ratio", NULL, explain_contrast, of_two_levels, false },
    [DERIVED_RATIO_INTERVAL] = { "ratio-lower", "ratio-upper", explain_contrast_end, of_two_levels, false },
    [DERIVED_ODDS_RATIO] = { "odds-ratio", NULL, explain_contrast, of_two_levels, false },
    [DERIVED_TYPICAL_DIFFERENCE] = { "typical-difference", NULL, explain_contrast, of_two_levels, false },
    [DERIVED_TYPICAL_DIFFERENCE_SE] = { "typical-se", NULL, explain_delta, of_two_levels, false },
    [DERIVED_TYPICAL_RATIO] = { "typical-ratio", NULL, explain_contrast, of_two_levels, false },
    [DERIVED_TYPICAL_ODDS_RATIO] = { "typical-odds-ratio", NULL, explain_contrast, of_two_levels, false },
    [DERIVED_PREDICTION] = { "prediction", NULL, explain_prediction, of_row, false },
    [DERIVED_PREDICTION_SE] = { "se", NULL, explain_prediction_se, of_row, false },
    [DERIVED_PREDICTION_INTERVAL] = { "lower", "upper", explain_prediction_end, of_row, false },
    [DERIVED_FITTED] = { "fitted", NULL, explain_prediction, of_row, false },
    [DERIVED_RESPONSE] = { "response", NULL, explain_response, of_row, false },
    [DERIVED_RESIDUAL] = { "residual", NULL, explain_residual, of_row, false },
    [DERIVED_WHATIF] = { "BLUP", NULL, explain_whatif, of_course, false },
    [DERIVED_WHATIF_SD] = { "cond.SD", NULL, explain_whatif_sd, of_course, false },
    [DERIVED_WHATIF_LOWER] = { "lower", NULL, explain_whatif_end, of_course, false },
    [DERIVED_WHATIF_UPPER] = { "upper", NULL, explain_whatif_end, of_course, false },
    [DERIVED_WHATIF_KEPT] = { "kept", NULL, explain_whatif_kept, of_course, true },
    [DERIVED_WHATIF_OWN] = { "raw", NULL, explain_own, of_course, false },
    [DERIVED_RANK_RAW] = { "rank-raw", NULL, explain_rank, of_group_level, false },
    [DERIVED_RANK_BLUP] = { "rank-BLUP", NULL, explain_rank, of_group_level, false },
    [DERIVED_RANK_LOWER] = { "rank-lower", NULL, explain_rank_end, of_group_level, false },
    [DERIVED_RANK_UPPER] = { "rank-upper", NULL, explain_rank_end, of_group_level, false },
    [DERIVED_LOWEST] = { "lowest", NULL, explain_first, of_group_level, true },
    [DERIVED_HIGHEST] = { "highest", NULL, explain_first, of_group_level, true },
    [DERIVED_MEAN_OWN] = { "raw", NULL, explain_own, of_group_level, false },
    [DERIVED_MEAN] = { "BLUP", NULL, explain_mean, of_group_level, false },
    [DERIVED_MEAN_INTERVAL] = { "lower", "upper", explain_mean_end, of_group_level, false },
    [DERIVED_RUNG] = { "estimate", NULL, explain_rung, of_parameter_on_rung, false },
    [DERIVED_RUNG_SE] = { "se", NULL, explain_rung, of_parameter, false },
    [DERIVED_RUNG_LOGLIK] = { "logLik", NULL, explain_rung, of_rung, false },
    [DERIVED_MOVED] = { "moved", NULL, explain_move, of_rung, false },
    [DERIVED_DRIFT] = { "drift", NULL, explain_move, of_rung, false },
    [DERIVED_GROUP_VARIANCE] = { "variance", NULL, explain_group_variance, of_group, false },
    [DERIVED_GROUP_SIZE] = { "rows", NULL, explain_group_size, of_group, false },
    [DERIVED_MEDIAN_ODDS] = { "MOR", NULL, explain_median_odds, of_group, false },
    [DERIVED_HYPOTHESIS] = { "estimate", NULL, explain_linear, of_words, false },
    [DERIVED_REFERENCE_MEAN] = { "mean", NULL, explain_linear, of_words, false },
    [DERIVED_MEAN_DIFFERENCE] = { "difference", NULL, explain_linear, of_words, false },
    [DERIVED_SLOPE] = { "slope", NULL, explain_linear, of_words, false },
    [DERIVED_SLOPE_DIFFERENCE] = { "difference", NULL, explain_linear, of_words, false },
    [DERIVED_LINEAR_SE] = { "se", NULL, explain_linear_se, of_words, false },
    [DERIVED_LINEAR_DF] = { "df", NULL, explain_linear_df, of_words, false },
    [DERIVED_LINEAR_T] = { "t", NULL, explain_linear_t, of_words, false },
    [DERIVED_LINEAR_P] = { "p", NULL, explain_linear_p, of_words, false },
    [DERIVED_LINEAR_INTERVAL] = { "lower", "upper", explain_linear_end, of_words, false },
    [DERIVED_NUM_DF] = { "num-df", NULL, explain_anova, of_words, false },
    [DERIVED_DEN_DF] = { "den-df", NULL, explain_anova, of_words, false },
    [DERIVED_F] = { "F", NULL, explain_anova, of_words, false },
    [DERIVED_F_P] = { "p", NULL, explain_anova, of_words, false },
    [DERIVED_R2_LEFT] = { "left", NULL, explain_r2, of_words, false },
    [DERIVED_R2_MARGINAL] = { "R2-marginal", NULL, explain_r2, of_words, false },
    [DERIVED_R2_CONDITIONAL] = { "R2-conditional", NULL, explain_r2, of_words, false },
    [DERIVED_R2_ICC_ADJUSTED] = { "ICC-adj", NULL, explain_r2, of_words, false },
    [DERIVED_PART] = { .explain = explain_said, .owner = owner_of_part, .sayings = of_parts },
    [DERIVED_VARIED] = { .explain = explain_said, .owner = owner_of_variant, .sayings = of_variants },
    [DERIVED_ESTIMATING] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_gee, .bare = true },
    [DERIVED_POWER] = { .explain = explain_said, .owner = owner_of_study, .sayings = of_power, .bare = true },
    [DERIVED_SCAN] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_scan },
    [DERIVED_COMPONENT] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_components },
    [DERIVED_SHARE_INTERVAL] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_icc },
    [DERIVED_POOLED] = { .explain = explain_pooled, .owner = owner_of_row, .sayings = of_pooled },
    [DERIVED_R2_ICC] = { "ICC", NULL, explain_r2, of_words, false },
};

void column_derives(struct table *table, size_t column, enum derived how, unsigned arguments)
{
    table_derives(table, column, &derivations[how], arguments);
}

void table_all_derive(struct table *table, enum derived how)
{
    for (size_t j = 0; table != NULL && j < table->column_count; j++)
        if (table->columns[j].key != NULL)
            column_derives(table, j, how, 0);
}

enum derived shown_how(const struct figure *f)
{
    return (enum derived)(f->derivation - derivations);
}

bool shown_is(const struct figure *f, unsigned argument)
{
    return (f->table->columns[f->column].derived & argument) != 0;
}

/* --- of a result ---------------------------------------------------------------------------------------------------- */

/* The table of an item: its own, or the rows beside a plot. */
static const struct table *table_of(const struct item *item)
{
    return item->kind == ITEM_TABLE ? item->as.table : item->kind == ITEM_PLOT ? item->as.plot->rows : NULL;
}

const struct table *shown_derived(const struct result *part, enum derived how)
{
    for (const struct item *item = part->first; item != NULL; item = item->next) {
        const struct table *table = table_of(item);

        for (size_t j = 0; table != NULL && j < table->column_count; j++)
            if (table->columns[j].derivation == &derivations[how])
                return table;
    }
    return NULL;
}

bool shown_replaces(const struct figures *figures, enum figure_kind kind)
{
    const struct result *part = figures->subject;

    return part != NULL
           && (shown_derived(part, DERIVED_RANK_BLUP) != NULL
               || (shown_derived(part, DERIVED_MEAN) != NULL && kind != FIGURE_KEPT)
               || ((kind == FIGURE_BLUP_LOWER || kind == FIGURE_BLUP_UPPER)
                   && shown_derived(part, DERIVED_MEAN_INTERVAL) != NULL));
}

/* The numbers of one column, of an interval its lower or its upper ends. */
static bool add_column(struct figures *figures, struct figure figure)
{
    for (figure.row = 0; figure.row < figure.table->row_count; figure.row++) {
        figure.value = shown_number(figure.table, figure.row, figure.column, figure.upper);
        if (!isnan(figure.value) && !figures_append(figures, figure))
            return false;
    }
    return true;
}

static bool add_table(struct figures *figures, struct figure figure)
{
    const struct derivation *of_table = figure.fit == NULL ? NULL : said_table(figure.table, figure.fit);

    for (figure.column = 0; figure.column < figure.table->column_count; figure.column++) {
        const struct table_column *column = &figure.table->columns[figure.column];
        bool interval = column->kind == CELL_INTERVAL;

        figure.derivation = column->derivation != NULL ? column->derivation : of_table;
        if (figure.derivation == NULL || (figure.fit == NULL && !figure.derivation->bare))
            continue;
        if (figure.derivation->sayings == NULL)
            interval = figure.derivation->name2 != NULL;
        for (int end = 0; end < (interval ? 2 : 1); end++) {
            figure.upper = end == 1;
            if ((figure.derivation->sayings == NULL || said_of(&figure) != NULL) && !add_column(figures, figure))
                return false;
        }
    }
    return true;
}

/* Numbers outside of tables. */
static bool add_scalars(struct figures *figures, struct figure figure)
{
    enum derived how;

    figure.table = NULL;
    for (int i = 0; (figure.scalar = said_scalar(figure.part->command, i, &how)) != NULL; i++) {
        figure.derivation = &derivations[how];
        figure.value = shown_scalar(figure.part, figure.scalar);
        if (!isnan(figure.value) && (figure.fit != NULL || figure.derivation->bare) && !figures_append(figures, figure))
            return false;
    }
    return true;
}

bool shown_add(struct figures *figures, const struct figure *base)
{
    struct figure figure = *base;

    figure.kind = FIGURE_SHOWN;
    for (figure.part = figures->subject; figure.part != NULL; figure.part = figure.part->next) {
        for (const struct item *item = figure.part->first; item != NULL; item = item->next)
            if ((figure.table = table_of(item)) != NULL && !add_table(figures, figure))
                return false;
        if (!add_scalars(figures, figure))
            return false;
    }
    return true;
}

const char *shown_name(const struct figure *figure)
{
    if (figure->derivation->sayings != NULL)
        return said_of(figure)->name;
    return figure->upper ? figure->derivation->name2 : figure->derivation->name;
}

const char *shown_name_at(int i)
{
    if (i >= 2 * DERIVED_COUNT)
        return said_name_at(i - 2 * DERIVED_COUNT);
    if (derivations[i / 2].sayings != NULL)
        return "estimate";
    return i % 2 == 1 && derivations[i / 2].name2 != NULL ? derivations[i / 2].name2 : derivations[i / 2].name;
}

bool shown_is_share(const struct figure *figure)
{
    return figure->derivation->share;
}

void shown_owner(const struct figure *f, struct text *out)
{
    f->derivation->owner(f, out);
}

void shown_explain(const struct figures *figures, const struct figure *figure, struct explanation *out)
{
    if (figure->fit != NULL && figure->fit->imputed != NULL)
        explain_pooled(figures, figure, out);
    else
        figure->derivation->explain(figures, figure, out);
}
