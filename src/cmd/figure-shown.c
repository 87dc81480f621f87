/* figure-shown.c -- figures that stand in the tables of a result and nowhere in the fit: averaged effects, standardized
 * means, predictions, the courses of whatif, the rungs of a ladder, ranks. A row of `entries` says for each column what it
 * is and who explains it; see figures.h. */
#include "cmd/figure-shown.h"

#include <math.h>
#include <string.h>

/* --- the table of tables ------------------------------------------------------------------------------------------ */

static const struct shown entries[] = {
    { .command = "attenuation", .table = "coefficients", .key = "marginal", .name = "marginal", .explain = explain_marginal },
    { .command = "attenuation", .table = "coefficients", .key = "marginal_se", .name = "marginal-se", .explain = explain_delta },
    { .command = "attenuation", .table = "coefficients", .key = "ratio", .name = "ratio", .explain = explain_marginal_ratio },
    { .command = "attenuation", .table = "coefficients", .key = "rule", .name = "rule", .explain = explain_rule },
    { .command = "attenuation", .table = "coefficients", .key = "naive", .name = "naive", .explain = explain_naive },
    { .command = "attenuation", .table = "coefficients", .key = "naive_se", .name = "naive-se", .explain = explain_naive },
    { .command = "attenuation", .table = "coefficients", .key = "gee", .name = "gee", .explain = explain_gee },
    { .command = "attenuation", .table = "coefficients", .key = "gee_se", .name = "gee-se", .explain = explain_gee },
    { .command = "margins", .table = "rows", .key = "estimate", .name = "population", .explain = explain_margin },
    { .command = "margins", .table = "rows", .key = "se", .name = "se", .explain = explain_delta },
    { .command = "margins", .table = "rows", .key = "lower", .name = "lower", .explain = explain_margin_end },
    { .command = "margins", .table = "rows", .key = "upper", .name = "upper", .explain = explain_margin_end },
    { .command = "margins", .table = "rows", .key = "typical", .name = "typical", .explain = explain_margin },
    { .command = "margins", .table = "rows", .key = "typical_se", .name = "typical-se", .explain = explain_delta },
    { .command = "margins", .table = "rows", .key = "typical_lower", .name = "typical-lower", .explain = explain_margin_end },
    { .command = "margins", .table = "rows", .key = "typical_upper", .name = "typical-upper", .explain = explain_margin_end },
    { .command = "margins", .table = "contrasts", .key = "difference", .name = "difference", .explain = explain_contrast },
    { .command = "margins", .table = "contrasts", .key = "se", .name = "se", .explain = explain_delta },
    { .command = "margins", .table = "contrasts", .key = "lower", .name = "lower", .explain = explain_contrast_end },
    { .command = "margins", .table = "contrasts", .key = "upper", .name = "upper", .explain = explain_contrast_end },
    { .command = "margins", .table = "contrasts", .key = "ratio", .name = "ratio", .explain = explain_contrast },
    { .command = "margins", .table = "contrasts", .key = "ratio_lower", .name = "ratio-lower", .explain = explain_contrast_end },
    { .command = "margins", .table = "contrasts", .key = "ratio_upper", .name = "ratio-upper", .explain = explain_contrast_end },
    { .command = "margins", .table = "contrasts", .key = "odds_ratio", .name = "odds-ratio", .explain = explain_contrast },
    { .command = "margins",
      .table = "contrasts",
      .key = "typical_difference",
      .name = "typical-difference",
      .explain = explain_contrast },
    { .command = "margins", .table = "contrasts", .key = "typical_se", .name = "typical-se", .explain = explain_delta },
    { .command = "margins", .table = "contrasts", .key = "typical_ratio", .name = "typical-ratio", .explain = explain_contrast },
    { .command = "margins",
      .table = "contrasts",
      .key = "typical_odds_ratio",
      .name = "typical-odds-ratio",
      .explain = explain_contrast },
    { .command = "predict", .table = "rows", .key = "estimate", .name = "prediction", .explain = explain_prediction },
    { .command = "predict", .table = "rows", .key = "se", .name = "se", .explain = explain_prediction_se },
    { .command = "predict", .table = "rows", .key = "lower", .name = "lower", .explain = explain_prediction_end },
    { .command = "predict", .table = "rows", .key = "upper", .name = "upper", .explain = explain_prediction_end },
    { .command = "fitted", .table = "rows", .key = "fitted", .name = "fitted", .explain = explain_prediction },
    { .command = "fitted", .table = "rows", .key = "response", .name = "response", .explain = explain_response },
    { .command = "residuals", .table = "rows", .key = "residual", .name = "residual", .explain = explain_residual },
    { .command = "residuals", .table = "rows", .key = "fitted", .name = "fitted", .explain = explain_prediction },
    { .command = "residuals", .table = "rows", .key = "response", .name = "response", .explain = explain_response },
    { .command = "whatif", .table = "rows", .key = "estimate", .name = "BLUP", .explain = explain_whatif },
    { .command = "whatif", .table = "rows", .key = "se", .name = "cond.SD", .explain = explain_whatif_sd },
    { .command = "whatif", .table = "rows", .key = "lower", .name = "lower", .explain = explain_whatif_end },
    { .command = "whatif", .table = "rows", .key = "upper", .name = "upper", .explain = explain_whatif_end },
    { .command = "whatif", .table = "rows", .key = "weight", .name = "kept", .explain = explain_whatif_kept, .share = true },
    { .command = "whatif", .table = "rows", .key = "raw", .name = "raw", .explain = explain_own },
    { .command = "shrinkage",
      .table = "levels",
      .key = "rank_raw",
      .name = "rank-raw",
      .explain = explain_rank,
      .when = OF_RANKS },
    { .command = "shrinkage",
      .table = "levels",
      .key = "rank_pooled",
      .name = "rank-BLUP",
      .explain = explain_rank,
      .when = OF_RANKS },
    { .command = "shrinkage",
      .table = "levels",
      .key = "rank_lower",
      .name = "rank-lower",
      .explain = explain_rank_end,
      .when = OF_RANKS },
    { .command = "shrinkage",
      .table = "levels",
      .key = "rank_upper",
      .name = "rank-upper",
      .explain = explain_rank_end,
      .when = OF_RANKS },
    { .command = "shrinkage",
      .table = "levels",
      .key = "p_lowest",
      .name = "lowest",
      .explain = explain_first,
      .share = true,
      .when = OF_RANKS },
    { .command = "shrinkage",
      .table = "levels",
      .key = "p_highest",
      .name = "highest",
      .explain = explain_first,
      .share = true,
      .when = OF_RANKS },
    { .command = "shrinkage", .table = PLOT_TABLE, .key = "raw", .name = "raw", .explain = explain_own, .when = OF_MEANS },
    { .command = "shrinkage", .table = PLOT_TABLE, .key = "pooled", .name = "BLUP", .explain = explain_mean, .when = OF_MEANS },
    { .command = "shrinkage",
      .table = PLOT_TABLE,
      .key = "lower",
      .name = "lower",
      .explain = explain_mean_end,
      .when = OF_OTHER_INTERVALS },
    { .command = "shrinkage",
      .table = PLOT_TABLE,
      .key = "upper",
      .name = "upper",
      .explain = explain_mean_end,
      .when = OF_OTHER_INTERVALS },
    { .command = "ladder", .table = LADDER_TABLE, .name = "estimate", .explain = explain_rung },
    { .command = "ladder", .table = LADDER_TABLE, .key = "se", .name = "se", .explain = explain_rung },
    { .command = "ladder", .table = "rungs", .key = "loglik", .name = "logLik", .explain = explain_rung },
    { .command = "ladder", .table = "rungs", .key = "moved", .name = "moved", .explain = explain_move },
    { .command = "ladder", .table = "rungs", .key = "drift", .name = "drift", .explain = explain_move },
    { .command = "icc", .table = "rows", .key = "variance", .name = "variance", .explain = explain_group_variance },
    { .command = "icc", .table = "rows", .key = "size", .name = "rows", .explain = explain_group_size },
    { .command = "test", .table = "rows", .key = "estimate", .name = "estimate", .explain = explain_linear },
    { .command = "test", .table = "rows", .key = "se", .name = "se", .explain = explain_linear_se },
    { .command = "test", .table = "rows", .key = "df", .name = "df", .explain = explain_linear_df },
    { .command = "test", .table = "rows", .key = "statistic", .name = "t", .explain = explain_linear_t },
    { .command = "test", .table = "rows", .key = "p", .name = "p", .explain = explain_linear_p },
    { .command = "test", .table = "rows", .key = "lower", .name = "lower", .explain = explain_linear_end },
    { .command = "test", .table = "rows", .key = "upper", .name = "upper", .explain = explain_linear_end },
    { .command = "means", .table = "rows", .key = "estimate", .name = "mean", .explain = explain_linear },
    { .command = "means", .table = "rows", .key = "se", .name = "se", .explain = explain_linear_se },
    { .command = "means", .table = "rows", .key = "df", .name = "df", .explain = explain_linear_df },
    { .command = "means", .table = "rows", .key = "lower", .name = "lower", .explain = explain_linear_end },
    { .command = "means", .table = "rows", .key = "upper", .name = "upper", .explain = explain_linear_end },
    { .command = "contrast", .table = "rows", .key = "estimate", .name = "difference", .explain = explain_linear },
    { .command = "contrast", .table = "rows", .key = "se", .name = "se", .explain = explain_linear_se },
    { .command = "contrast", .table = "rows", .key = "df", .name = "df", .explain = explain_linear_df },
    { .command = "contrast", .table = "rows", .key = "statistic", .name = "t", .explain = explain_linear_t },
    { .command = "contrast", .table = "rows", .key = "p", .name = "p", .explain = explain_linear_p },
    { .command = "contrast", .table = "rows", .key = "lower", .name = "lower", .explain = explain_linear_end },
    { .command = "contrast", .table = "rows", .key = "upper", .name = "upper", .explain = explain_linear_end },
    { .command = "slopes", .table = "rows", .key = "estimate", .name = "slope", .explain = explain_linear },
    { .command = "slopes", .table = "rows", .key = "se", .name = "se", .explain = explain_linear_se },
    { .command = "slopes", .table = "rows", .key = "df", .name = "df", .explain = explain_linear_df },
    { .command = "slopes", .table = "rows", .key = "lower", .name = "lower", .explain = explain_linear_end },
    { .command = "slopes", .table = "rows", .key = "upper", .name = "upper", .explain = explain_linear_end },
    { .command = "slopes", .table = "contrasts", .key = "estimate", .name = "difference", .explain = explain_linear },
    { .command = "slopes", .table = "contrasts", .key = "se", .name = "se", .explain = explain_linear_se },
    { .command = "slopes", .table = "contrasts", .key = "df", .name = "df", .explain = explain_linear_df },
    { .command = "slopes", .table = "contrasts", .key = "statistic", .name = "t", .explain = explain_linear_t },
    { .command = "slopes", .table = "contrasts", .key = "p", .name = "p", .explain = explain_linear_p },
    { .command = "slopes", .table = "contrasts", .key = "lower", .name = "lower", .explain = explain_linear_end },
    { .command = "slopes", .table = "contrasts", .key = "upper", .name = "upper", .explain = explain_linear_end },
    { .command = "anova", .table = "rows", .key = "num_df", .name = "num-df", .explain = explain_anova },
    { .command = "anova", .table = "rows", .key = "den_df", .name = "den-df", .explain = explain_anova },
    { .command = "anova", .table = "rows", .key = "statistic", .name = "F", .explain = explain_anova },
    { .command = "anova", .table = "rows", .key = "p", .name = "p", .explain = explain_anova },
    { .command = "r2", .table = "rows", .key = "residual", .name = "left", .explain = explain_r2 },
    { .command = "r2", .table = "rows", .key = "marginal", .name = "R2-marginal", .explain = explain_r2 },
    { .command = "r2", .table = "rows", .key = "conditional", .name = "R2-conditional", .explain = explain_r2 },
    { .command = "r2", .table = "rows", .key = "icc_adjusted", .name = "ICC-adj", .explain = explain_r2 },
    { .command = "r2", .table = "rows", .key = "icc", .name = "ICC", .explain = explain_r2 },
    { .command = "icc", .table = "rows", .key = "median_odds_ratio", .name = "MOR", .explain = explain_median_odds },
};

/* --- of a result ---------------------------------------------------------------------------------------------------- */

static bool has_ranks(const struct result *part)
{
    const struct table *levels = shown_table(part, "levels");
    bool upper;

    return levels != NULL && shown_column(levels, "p_lowest", &upper) < levels->column_count;
}

/* Means instead of coefficients. */
static bool has_means(const struct result *part, const struct fit *fit)
{
    return fit->link->kind != LINK_IDENTITY && strcmp(shown_said(part, "scale"), fit->link->scale) != 0;
}

static bool has_other_intervals(const struct result *part, const struct fit *fit)
{
    const struct table *rows = shown_table(part, PLOT_TABLE);
    bool upper;
    size_t column = rows == NULL ? 0 : shown_column(rows, "lower", &upper);

    return has_means(part, fit)
           || (rows != NULL && column < rows->column_count && rows->columns[column].heading != NULL
               && strcmp(rows->columns[column].heading, "to compare") == 0);
}

static bool is_there(const struct shown *entry, const struct result *part, const struct fit *fit)
{
    switch (entry->when) {
    case OF_RANKS:
        return has_ranks(part);
    case OF_MEANS:
        return has_means(part, fit);
    case OF_OTHER_INTERVALS:
        return !has_ranks(part) && has_other_intervals(part, fit);
    default:
        return true;
    }
}

bool shown_replaces(const struct figures *figures, enum figure_kind kind)
{
    const struct result *part = figures->subject;

    if (part == NULL || strcmp(part->command, "shrinkage") != 0)
        return false;
    return has_ranks(part) || (has_means(part, figures->model->fit) && kind != FIGURE_KEPT)
           || ((kind == FIGURE_BLUP_LOWER || kind == FIGURE_BLUP_UPPER) && has_other_intervals(part, figures->model->fit));
}

/* One column of one table. */
static bool add_column(struct figures *figures, const struct figure *base, const struct shown *entry, const struct result *part,
                       const struct table *table, size_t column, bool upper)
{
    struct figure figure = *base;

    figure.kind = FIGURE_SHOWN;
    figure.entry = entry;
    figure.part = part;
    figure.table = table;
    figure.column = column;
    for (figure.row = 0; figure.row < table->row_count; figure.row++) {
        figure.value = shown_number(table, figure.row, column, upper);
        if (!isnan(figure.value) && !figures_append(figures, figure))
            return false;
    }
    return true;
}

static bool add_entry(struct figures *figures, const struct figure *base, const struct shown *entry, const struct result *part)
{
    const struct table *table = shown_table(part, entry->table);
    bool ok = true, upper = false;
    size_t column;

    if (table == NULL || !is_there(entry, part, base->fit))
        return true;
    if (entry->key == NULL) {
        for (size_t j = 0; ok && j < table->column_count; j++)
            if (table->columns[j].key != NULL && strncmp(table->columns[j].key, "nodes", 5) == 0)
                ok = add_column(figures, base, entry, part, table, j, false);
        return ok;
    }
    column = shown_column(table, entry->key, &upper);
    return column == table->column_count || add_column(figures, base, entry, part, table, column, upper);
}

bool shown_add(struct figures *figures, const struct figure *base)
{
    for (const struct result *part = figures->subject; part != NULL; part = part->next)
        for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
            if (strcmp(entries[i].command, part->command) == 0 && !add_entry(figures, base, &entries[i], part))
                return false;
    return true;
}

const char *shown_name(const struct figure *figure)
{
    return figure->entry->name;
}

const char *shown_name_at(int i)
{
    return i < (int)(sizeof entries / sizeof entries[0]) ? entries[i].name : NULL;
}

bool shown_is_share(const struct figure *figure)
{
    return figure->entry->share;
}

void shown_owner(const struct figure *f, struct text *out)
{
    const char *command = f->entry->command, *term = shown_text_at(f->table, f->row, "term");

    if (linear_owner(f, out))
        return;
    if (strcmp(command, "attenuation") == 0)
        text_add(out, term);
    else if (strcmp(command, "margins") == 0 && strcmp(f->entry->table, "rows") == 0)
        text_addf(out, "%s %s", shown_said(f->part, "variable"), shown_text_at(f->table, f->row, "level"));
    else if (strcmp(command, "margins") == 0)
        text_addf(out, "%s %s - %s", shown_said(f->part, "variable"), shown_text_at(f->table, f->row, "to"),
                  shown_text_at(f->table, f->row, "from"));
    else if (strcmp(command, "whatif") == 0)
        text_addf(out, "%s %s%s%s with %.0f row%s", shown_said(f->part, "group"), shown_said(f->part, "level"),
                  strcmp(term, "(Intercept)") == 0 ? "" : " ", strcmp(term, "(Intercept)") == 0 ? "" : term, shown_beside(f, "n"),
                  shown_beside(f, "n") == 1 ? "" : "s");
    else if (strcmp(command, "shrinkage") == 0)
        text_addf(out, strcmp(shown_said(f->part, "term"), "(Intercept)") == 0 ? "%s %s" : "%s %s %s",
                  shown_said(f->part, "group"), shown_text_at(f->table, f->row, "level"), shown_said(f->part, "term"));
    else if (strcmp(command, "icc") == 0)
        text_add(out, shown_text_at(f->table, f->row, "group"));
    else if (strcmp(command, "ladder") == 0 && strcmp(f->entry->table, "rungs") == 0)
        text_addf(out, "%.0f node%s", shown_beside(f, "nodes"), shown_beside(f, "nodes") == 1 ? "" : "s");
    else if (strcmp(command, "ladder") == 0)
        text_addf(out, f->entry->key == NULL ? "%s with %s node%s" : "%s", shown_text_at(f->table, f->row, "parameter"),
                  f->table->columns[f->column].key + 5, strcmp(f->table->columns[f->column].key, "nodes1") == 0 ? "" : "s");
    else
        text_addf(out, "row %.0f", shown_beside(f, "row"));
}

void shown_explain(const struct figures *figures, const struct figure *figure, struct explanation *out)
{
    figure->entry->explain(figures, figure, out);
}
