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
    [DERIVED_MARGINAL] = { .name = "marginal", .explain = explain_marginal, .owner = of_term },
    [DERIVED_MARGINAL_SE] = { .name = "marginal-se", .explain = explain_delta, .owner = of_term },
    [DERIVED_MARGINAL_RATIO] = { .name = "ratio", .explain = explain_marginal_ratio, .owner = of_term },
    [DERIVED_RULE] = { .name = "rule", .explain = explain_rule, .owner = of_term },
    [DERIVED_NAIVE] = { .name = "naive", .explain = explain_naive, .owner = of_term },
    [DERIVED_NAIVE_SE] = { .name = "naive-se", .explain = explain_naive, .owner = of_term },
    [DERIVED_GEE] = { .name = "gee", .explain = explain_gee, .owner = of_term },
    [DERIVED_GEE_SE] = { .name = "gee-se", .explain = explain_gee, .owner = of_term },
    [DERIVED_MARGIN] = { .name = "population", .explain = explain_margin, .owner = of_level },
    [DERIVED_MARGIN_SE] = { .name = "se", .explain = explain_delta, .owner = of_level },
    [DERIVED_MARGIN_INTERVAL] = { .name = "lower", .name2 = "upper", .explain = explain_margin_end, .owner = of_level },
    [DERIVED_TYPICAL] = { .name = "typical", .explain = explain_margin, .owner = of_level },
    [DERIVED_TYPICAL_SE] = { .name = "typical-se", .explain = explain_delta, .owner = of_level },
    [DERIVED_TYPICAL_INTERVAL] = { .name = "typical-lower",
                                   .name2 = "typical-upper",
                                   .explain = explain_margin_end,
                                   .owner = of_level },
    [DERIVED_DIFFERENCE] = { .name = "difference", .explain = explain_contrast, .owner = of_two_levels },
    [DERIVED_DIFFERENCE_SE] = { .name = "se", .explain = explain_delta, .owner = of_two_levels },
    [DERIVED_DIFFERENCE_INTERVAL] = { .name = "lower",
                                      .name2 = "upper",
                                      .explain = explain_contrast_end,
                                      .owner = of_two_levels },
    [DERIVED_RATIO] = { .name = "ratio", .explain = explain_contrast, .owner = of_two_levels },
    [DERIVED_RATIO_INTERVAL] = { .name = "ratio-lower",
                                 .name2 = "ratio-upper",
                                 .explain = explain_contrast_end,
                                 .owner = of_two_levels },
    [DERIVED_ODDS_RATIO] = { .name = "odds-ratio", .explain = explain_contrast, .owner = of_two_levels },
    [DERIVED_TYPICAL_DIFFERENCE] = { .name = "typical-difference", .explain = explain_contrast, .owner = of_two_levels },
    [DERIVED_TYPICAL_DIFFERENCE_SE] = { .name = "typical-se", .explain = explain_delta, .owner = of_two_levels },
    [DERIVED_TYPICAL_RATIO] = { .name = "typical-ratio", .explain = explain_contrast, .owner = of_two_levels },
    [DERIVED_TYPICAL_ODDS_RATIO] = { .name = "typical-odds-ratio", .explain = explain_contrast, .owner = of_two_levels },
    [DERIVED_PREDICTION] = { .name = "prediction", .explain = explain_prediction, .owner = of_row },
    [DERIVED_PREDICTION_SE] = { .name = "se", .explain = explain_prediction_se, .owner = of_row },
    [DERIVED_PREDICTION_INTERVAL] = { .name = "lower", .name2 = "upper", .explain = explain_prediction_end, .owner = of_row },
    [DERIVED_FITTED] = { .name = "fitted", .explain = explain_prediction, .owner = of_row },
    [DERIVED_RESPONSE] = { .name = "response", .explain = explain_response, .owner = of_row },
    [DERIVED_RESIDUAL] = { .name = "residual", .explain = explain_residual, .owner = of_row },
    [DERIVED_WHATIF] = { .name = "BLUP", .explain = explain_whatif, .owner = of_course },
    [DERIVED_WHATIF_SD] = { .name = "cond.SD", .explain = explain_whatif_sd, .owner = of_course },
    [DERIVED_WHATIF_LOWER] = { .name = "lower", .explain = explain_whatif_end, .owner = of_course },
    [DERIVED_WHATIF_UPPER] = { .name = "upper", .explain = explain_whatif_end, .owner = of_course },
    [DERIVED_WHATIF_KEPT] = { .name = "kept", .explain = explain_whatif_kept, .owner = of_course, .share = true },
    [DERIVED_WHATIF_OWN] = { .name = "raw", .explain = explain_own, .owner = of_course },
    [DERIVED_RANK_RAW] = { .name = "rank-raw", .explain = explain_rank, .owner = of_group_level },
    [DERIVED_RANK_BLUP] = { .name = "rank-BLUP", .explain = explain_rank, .owner = of_group_level },
    [DERIVED_RANK_LOWER] = { .name = "rank-lower", .explain = explain_rank_end, .owner = of_group_level },
    [DERIVED_RANK_UPPER] = { .name = "rank-upper", .explain = explain_rank_end, .owner = of_group_level },
    [DERIVED_LOWEST] = { .name = "lowest", .explain = explain_first, .owner = of_group_level, .share = true },
    [DERIVED_HIGHEST] = { .name = "highest", .explain = explain_first, .owner = of_group_level, .share = true },
    [DERIVED_MEAN_OWN] = { .name = "raw", .explain = explain_own, .owner = of_group_level },
    [DERIVED_MEAN] = { .name = "BLUP", .explain = explain_mean, .owner = of_group_level },
    [DERIVED_MEAN_INTERVAL] = { .name = "lower", .name2 = "upper", .explain = explain_mean_end, .owner = of_group_level },
    [DERIVED_RUNG] = { .name = "estimate", .explain = explain_rung, .owner = of_parameter_on_rung },
    [DERIVED_RUNG_SE] = { .name = "se", .explain = explain_rung, .owner = of_parameter },
    [DERIVED_RUNG_LOGLIK] = { .name = "logLik", .explain = explain_rung, .owner = of_rung },
    [DERIVED_MOVED] = { .name = "moved", .explain = explain_move, .owner = of_rung },
    [DERIVED_DRIFT] = { .name = "drift", .explain = explain_move, .owner = of_rung },
    [DERIVED_GROUP_VARIANCE] = { .name = "variance", .explain = explain_group_variance, .owner = of_group },
    [DERIVED_GROUP_SIZE] = { .name = "rows", .explain = explain_group_size, .owner = of_group },
    [DERIVED_MEDIAN_ODDS] = { .name = "MOR", .explain = explain_median_odds, .owner = of_group },
    [DERIVED_HYPOTHESIS] = { .name = "estimate", .explain = explain_linear, .owner = of_words },
    [DERIVED_REFERENCE_MEAN] = { .name = "mean", .explain = explain_linear, .owner = of_words },
    [DERIVED_MEAN_DIFFERENCE] = { .name = "difference", .explain = explain_linear, .owner = of_words },
    [DERIVED_SLOPE] = { .name = "slope", .explain = explain_linear, .owner = of_words },
    [DERIVED_SLOPE_DIFFERENCE] = { .name = "difference", .explain = explain_linear, .owner = of_words },
    [DERIVED_LINEAR_SE] = { .name = "se", .explain = explain_linear_se, .owner = of_words },
    [DERIVED_LINEAR_DF] = { .name = "df", .explain = explain_linear_df, .owner = of_words },
    [DERIVED_LINEAR_T] = { .name = "t", .explain = explain_linear_t, .owner = of_words },
    [DERIVED_LINEAR_P] = { .name = "p", .explain = explain_linear_p, .owner = of_words },
    [DERIVED_LINEAR_INTERVAL] = { .name = "lower", .name2 = "upper", .explain = explain_linear_end, .owner = of_words },
    [DERIVED_NUM_DF] = { .name = "num-df", .explain = explain_anova, .owner = of_words },
    [DERIVED_DEN_DF] = { .name = "den-df", .explain = explain_anova, .owner = of_words },
    [DERIVED_F] = { .name = "F", .explain = explain_anova, .owner = of_words },
    [DERIVED_F_P] = { .name = "p", .explain = explain_anova, .owner = of_words },
    [DERIVED_R2_LEFT] = { .name = "left", .explain = explain_r2, .owner = of_words },
    [DERIVED_R2_MARGINAL] = { .name = "R2-marginal", .explain = explain_r2, .owner = of_words },
    [DERIVED_R2_CONDITIONAL] = { .name = "R2-conditional", .explain = explain_r2, .owner = of_words },
    [DERIVED_R2_ICC_ADJUSTED] = { .name = "ICC-adj", .explain = explain_r2, .owner = of_words },
    [DERIVED_PART] = { .explain = explain_said, .owner = owner_of_part, .sayings = of_parts },
    [DERIVED_VARIED] = { .explain = explain_said, .owner = owner_of_variant, .sayings = of_variants },
    [DERIVED_ESTIMATING] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_gee, .bare = true },
    [DERIVED_META] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_meta, .bare = true },
    [DERIVED_META_STUDY] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_meta_studies, .bare = true },
    [DERIVED_HETEROGENEITY] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_heterogeneity, .bare = true },
    [DERIVED_REPLICATED] = { .explain = explain_said, .owner = owner_of_variant, .sayings = of_replicates },
    [DERIVED_INFLUENCE] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_influence },
    [DERIVED_POWER] = { .explain = explain_said, .owner = owner_of_study, .sayings = of_power, .bare = true },
    [DERIVED_SCAN] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_scan },
    [DERIVED_COMPONENT] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_components },
    [DERIVED_SHARE_INTERVAL] = { .explain = explain_said, .owner = owner_of_row, .sayings = of_icc },
    [DERIVED_POOLED] = { .explain = explain_pooled, .owner = owner_of_row, .sayings = of_pooled },
    [DERIVED_R2_ICC] = { .name = "ICC", .explain = explain_r2, .owner = of_words },
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

/* A number that stands twice in a result, in a table and in a list for programs, is one figure; and one of the fit is that, which
 * the table shows. */
static bool is_repeated(struct figures *figures, const struct figure *figure)
{
    const char *name = shown_name(figure);

    for (size_t i = 0; i < figures->count; i++) {
        struct figure *item = &figures->item[i];

        if (item->kind != FIGURE_SHOWN) {
            if (figure->table == NULL || item->kind > FIGURE_DISPERSION_UPPER
                || !(item->value == figure->value || (isfinite(item->value) && shown_comes_to(item->value, figure->value)))
                || strcmp(figure_name(figures, item), name) != 0)
                continue;
            item->told = true;
            return true;
        }
        if (item->value == figure->value && item->part == figure->part && (figure->table == NULL || item->table != figure->table)
            && strcmp(shown_name(item), name) == 0)
            return true;
    }
    return false;
}

/* The numbers of one column, of an interval its lower or its upper ends. */
static bool add_column(struct figures *figures, struct figure figure)
{
    for (figure.row = 0; figure.row < figure.table->row_count; figure.row++) {
        figure.value = shown_number(figure.table, figure.row, figure.column, figure.upper);
        if (!isnan(figure.value) && (figure.derivation->sayings == NULL || said_of(&figure) != NULL)
            && !(figure.derivation->keyed && is_repeated(figures, &figure)) && !figures_append(figures, figure))
            return false;
    }
    return true;
}

/* The numbers in a value that are known by the key that stands nearest above them. */
static bool add_value(struct figures *figures, struct figure figure, const struct value *value)
{
    bool real = value != NULL && value->type == VALUE_REAL;

    if (value == NULL)
        return true;
    if (value->key != NULL)
        figure.scalar = value->key;
    if (value->type == VALUE_ARRAY || value->type == VALUE_OBJECT) {
        if (value->type == VALUE_OBJECT)
            figure.holder = value;
        for (const struct value *item = value->as.list.first; item != NULL; item = item->next)
            if (!add_value(figures, figure, item))
                return false;
        return true;
    }
    if (!real && value->type != VALUE_INTEGER)
        return true;
    figure.value = real ? value->as.real : (double)value->as.integer;
    return isnan(figure.value) || said_of(&figure) == NULL || is_repeated(figures, &figure) || figures_append(figures, figure);
}

/* Of a column of values. */
static bool add_cells(struct figures *figures, struct figure figure)
{
    figure.scalar = figure.table->columns[figure.column].key;
    figure.hidden = true;
    for (figure.row = 0; figure.derivation->sayings != NULL && figure.row < figure.table->row_count; figure.row++) {
        const struct cell *cell = table_cell(figure.table, figure.row, figure.column);

        if (cell != NULL && cell->state == CELL_SET && !add_value(figures, figure, cell->as.value))
            return false;
    }
    return true;
}

/* What a column's numbers come about by: of those that are known by their key, or of the others. */
static const struct derivation *derivation_of(const struct figure *figure, bool keyed)
{
    const struct table_column *column = &figure->table->columns[figure->column];
    const struct derivation *own = column->derivation != NULL ? column->derivation
                                   : figure->fit == NULL      ? NULL
                                                              : said_table(figure->table, figure->fit);

    if (!keyed)
        return own;
    return own == NULL ? keyed_of(figure->part) : NULL;
}

static bool add_table(struct figures *figures, struct figure figure, bool keyed)
{
    for (figure.column = 0; figure.column < figure.table->column_count; figure.column++) {
        const struct table_column *column = &figure.table->columns[figure.column];
        bool interval = column->kind == CELL_INTERVAL;

        figure.upper = false;
        figure.derivation = derivation_of(&figure, keyed);
        figure.hidden =
            (column->flags & COLUMN_NOT_TEXT) != 0 && figure.derivation != NULL
            && (keyed || (figure.derivation->sayings != NULL && column->kind == CELL_INTEGER) || said_for_programs(&figure));
        if (figure.derivation == NULL || (figure.fit == NULL && !figure.derivation->bare))
            continue;
        if (column->kind == CELL_VALUE) {
            if (!add_cells(figures, figure))
                return false;
            continue;
        }
        if (figure.derivation->sayings == NULL)
            interval = figure.derivation->name2 != NULL;
        for (int end = 0; end < (interval ? 2 : 1); end++) {
            figure.upper = end == 1;
            if (!add_column(figures, figure))
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

/* The number of a field, as a value. */
static bool add_field(struct figures *figures, struct figure figure, const struct field *field)
{
    if (field->key == NULL || field->cell.state != CELL_SET || field->kind == CELL_TEXT)
        return true;
    figure.scalar = field->key;
    figure.hidden = field->label == NULL;
    figure.value = field->kind == CELL_INTEGER ? (double)field->cell.as.integer : field->cell.as.real;
    return isnan(figure.value) || said_of(&figure) == NULL || is_repeated(figures, &figure) || figures_append(figures, figure);
}

/* Lists of coefficients and of variances, for programs: the figures of the fit itself. */
static bool is_of_fit(const char *key, const struct value *value)
{
    static const char *const keys[] = { "fixed", "random", "zi", "disp", "thresholds", "ratios", NULL };

    for (int i = 0; keys[i] != NULL; i++)
        if (strcmp(keys[i], key) == 0)
            return value != NULL && value->type == VALUE_ARRAY;
    return false;
}

/* What the command says outside of tables, by key. */
static bool add_keyed(struct figures *figures, struct figure figure)
{
    bool ok = true;

    figure.table = NULL;
    if ((figure.derivation = keyed_of(figure.part)) == NULL || (figure.fit == NULL && !figure.derivation->bare))
        return true;
    for (const struct item *item = figure.part->first; ok && item != NULL; item = item->next) {
        figure.scalar = item->key;
        figure.hidden = true;
        if (item->kind == ITEM_VALUE && item->key != NULL && !is_of_fit(item->key, item->as.value))
            ok = add_value(figures, figure, item->as.value);
        for (const struct field *field = item->kind == ITEM_FIELDS ? item->as.fields.first : NULL; ok && field != NULL;
             field = field->next)
            ok = add_field(figures, figure, field);
    }
    return ok;
}

static bool add_all(struct figures *figures, const struct figure *base, bool keyed)
{
    struct figure figure = *base;

    figure.kind = FIGURE_SHOWN;
    for (figure.part = figures->subject; figure.part != NULL; figure.part = figure.part->next) {
        for (const struct item *item = figure.part->first; item != NULL; item = item->next)
            if ((figure.table = table_of(item)) != NULL && !add_table(figures, figure, keyed))
                return false;
        if (!(keyed ? add_keyed(figures, figure) : add_scalars(figures, figure)))
            return false;
    }
    return true;
}

bool shown_add(struct figures *figures, const struct figure *base)
{
    return add_all(figures, base, false);
}

bool shown_add_keyed(struct figures *figures, const struct figure *base)
{
    return add_all(figures, base, true);
}

const char *shown_key(const struct figure *f)
{
    const struct table_column *column = f->table == NULL ? NULL : &f->table->columns[f->column];

    return f->scalar != NULL ? f->scalar : column == NULL ? NULL : f->upper ? column->key2 : column->key;
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
