/* attenuation-lines.c -- what `view attenuation` says in words: the SD, the conditional and the marginal step, the means at the
 * cursor.  Each line has several wordings, from full to bare (line.h). */
#include <math.h>
#include <string.h>

#include "cmd/views/attenuation.h"
#include "cmd/views/line.h"
#include "infer/attenuation.h"
#include "model/family.h"
#include "result/number.h"

static const double SMALL = 1e-4; /* below, a mean stands with an exponent: its decimals would be zeros for the most part */

/* The value that is read out: "2" of a level, "4.5" of a number. */
static const char *value_here(const struct attenuation_view *view, char buffer[NUMBER_SIZE])
{
    size_t at = view->list.cursor;

    return view->curves.names != NULL ? view->curves.names[at] : number_text(buffer, view->curves.x[at], 4);
}

bool attenuation_put_title(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    const char *name = view->curves.predictor.column->name, *model = view->model->name, *response = view->curves.response;
    const char *by = view->curves.names == NULL ? "over" : "by";
    struct line line;

    line_begin(&line, canvas, arena);
    line_offer(&line, arena_printf(arena, "%s   %s %s %s   %s", model, response, by, name, view->model->text));
    line_offer(&line, arena_printf(arena, "%s   %s %s %s", model, response, by, name));
    line_offer(&line, arena_printf(arena, "%s   %s", model, name));
    return line_put(&line, canvas, 0, ATTRIBUTE_BOLD);
}

bool attenuation_put_state(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    const struct design *design = view->model->design;
    const char *whose = design->random_count == 1 ? design->random[0].group : "groups", *name, *where = "";
    double estimate = view->curves.spread[view->list.cursor], sd = attenuation_factor(view->place) * estimate;
    char a[NUMBER_SIZE], b[NUMBER_SIZE], x[NUMBER_SIZE];
    struct line line;

    name = view->curves.predictor.column->name;
    number_text(a, sd, 4);
    number_text(b, estimate, 4);
    if (!view->curves.same_spread)
        where = arena_printf(arena, " at %s %s:", name, value_here(view, x));
    if (where == NULL)
        return false;
    line_begin(&line, canvas, arena);
    if (view->place == DIAL_MIDDLE) {
        line_offer(&line, arena_printf(arena, "SD between %s%s %s, the estimate", whose, where, a));
        line_offer(&line, arena_printf(arena, "SD%s %s, the estimate", where, a));
        line_offer(&line, arena_printf(arena, "SD %s, the estimate", a));
        return line_put(&line, canvas, 1, 0);
    }
    line_offer(&line, arena_printf(arena, "what if, not fitted   SD between %s%s %s (estimate %s)", whose, where, a, b));
    line_offer(&line, arena_printf(arena, "what if, not fitted   SD%s %s (estimate %s)", where, a, b));
    line_offer(&line, arena_printf(arena, "what if   SD%s %s (estimate %s)", where, a, b));
    line_offer(&line, arena_printf(arena, "what if   SD %s (estimate %s)", a, b));
    line_offer(&line, arena_printf(arena, "what if   SD %s", a));
    return line_put(&line, canvas, 1, ATTRIBUTE_YELLOW | ATTRIBUTE_BOLD);
}

/* The rule of thumb for the ratio where the spread is the same in all rows; NaN where there is none. */
static double rule_of_thumb(const struct attenuation_view *view, const char **name)
{
    const struct link *link = view->model->fit->link;
    enum attenuation_rule rule = link->kind == LINK_LOGIT ? RULE_LOGIT : link->kind == LINK_PROBIT ? RULE_PROBIT : RULE_NONE;
    double sd = attenuation_factor(view->place) * view->curves.spread[0];

    *name = "";
    if (!view->projection.same_variance || rule == RULE_NONE)
        return (double)NAN;
    *name = rule == RULE_LOGIT ? "1/\xe2\x88\x9a(1+c\xc2\xb2\xcf\x83\xc2\xb2)" : "1/\xe2\x88\x9a(1+\xcf\x83\xc2\xb2)";
    return attenuation_rule_factor(rule, sd * sd);
}

/* What stands before the two numbers: "slope: ", "period 2 against 1: "; fuller ones first, then "". */
enum { HEADS = 5 };

static bool make_heads(const struct attenuation_view *view, struct arena *arena, const char *heads[HEADS])
{
    const struct curves *c = &view->curves;
    const struct link *link = c->fit->link;
    const char *scale = link->scale == NULL || link->kind == LINK_IDENTITY ? NULL : link->scale, *what;
    char x[NUMBER_SIZE];

    if (c->names != NULL) {
        heads[2] = arena_printf(arena, "%s against %s", value_here(view, x), c->names[c->reference]);
        what = arena_printf(arena, "%s %s", c->predictor.column->name, heads[2] == NULL ? "" : heads[2]);
        heads[2] = heads[2] == NULL ? NULL : arena_printf(arena, "%s: ", heads[2]);
    } else {
        what = c->straight ? "slope" : arena_printf(arena, "slope at %s", value_here(view, x));
        heads[2] = "slope: ";
    }
    if (what == NULL)
        return false;
    heads[0] = scale == NULL ? arena_printf(arena, "%s: ", what) : arena_printf(arena, "%s (%s): ", what, scale);
    heads[1] = arena_printf(arena, "%s: ", what);
    heads[3] = c->names == NULL ? heads[2]
                                : arena_printf(arena, "level %zu against the reference: ", view->list.cursor - view->from + 1);
    heads[4] = "";
    return heads[0] != NULL && heads[1] != NULL && heads[2] != NULL && heads[3] != NULL;
}

/* The conditional and the marginal coefficient: a slope, or the step from the reference level. */
bool attenuation_put_step(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    static const struct {
        int head, tail;
    } wordings[] = {
        { 0, 0 }, { 1, 0 }, { 1, 1 }, { 1, 2 }, { 2, 2 }, { 1, 3 }, { 2, 3 }, { 3, 2 }, { 3, 3 }, { 4, 2 }, { 4, 3 }
    };
    const struct curves *c = &view->curves;
    double conditional = curves_step(c, c->fit->beta, view->list.cursor), rule;
    double marginal = curves_step(c, view->projection.marginal, view->list.cursor);
    const char *heads[HEADS], *tails[4] = { "", "", "", "" }, *rule_name, *ratio = "", *why = "", *why_short = "";
    char a[NUMBER_SIZE], b[NUMBER_SIZE], r[NUMBER_SIZE], v[NUMBER_SIZE];
    struct line line;

    line_begin(&line, canvas, arena);
    if (c->names != NULL && view->list.cursor == c->reference) {
        line_offer(&line, arena_printf(arena, "%s %s is the reference that the others are compared with",
                                       c->predictor.column->name, c->names[c->reference]));
        line_offer(&line, arena_printf(arena, "%s is the reference", c->names[c->reference]));
        return line_put(&line, canvas, 2, ATTRIBUTE_BOLD);
    }
    rule = rule_of_thumb(view, &rule_name);
    if (c->fit->link->kind == LINK_IDENTITY) {
        why = ": linear, they agree";
        why_short = ": linear";
    } else if (c->fit->link->kind == LINK_LOG && view->projection.same_variance) {
        why = " (a log link: they agree)";
        why_short = " (log link)";
    }
    number_text(a, conditional, 4);
    number_text(b, marginal, 4);
    ratio = conditional == 0 ? "" : arena_printf(arena, ", ratio %s", number_fixed(r, marginal / conditional, 3));
    number_fixed(v, rule, 3);
    tails[0] = isnan(rule) ? why : arena_printf(arena, " (%s %s)", rule_name, v);
    tails[1] = isnan(rule) ? why : arena_printf(arena, " (rule of thumb %s)", v);
    tails[2] = isnan(rule) ? why_short : arena_printf(arena, " (rule %s)", v);
    if (!make_heads(view, arena, heads) || ratio == NULL || tails[0] == NULL || tails[1] == NULL || tails[2] == NULL)
        return false;
    if (isnan(conditional)) {
        for (int h = 0; h < HEADS; h++)
            line_offer(&line, arena_printf(arena, "%snot estimable: %s", heads[h], c->why_not == NULL ? "" : c->why_not));
        line_offer(&line, "not estimable");
        return line_put(&line, canvas, 2, ATTRIBUTE_BOLD);
    }
    if (isnan(marginal)) {
        for (int h = 0; h < HEADS; h++)
            line_offer(&line, arena_printf(arena, "%sone group %s; the population has no finite mean", heads[h], a));
        line_offer(&line, arena_printf(arena, "group %s, all: no finite mean", a));
        return line_put(&line, canvas, 2, ATTRIBUTE_BOLD);
    }
    for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++)
        line_offer(&line, arena_printf(arena, "%sone group %s, population %s%s%s", heads[wordings[i].head], a, b, ratio,
                                       tails[wordings[i].tail]));
    line_offer(&line, arena_printf(arena, "group %s, all %s%s", a, b, ratio));
    line_offer(&line, arena_printf(arena, "group %s, all %s", a, b));
    return line_put(&line, canvas, 2, ATTRIBUTE_BOLD);
}

/* About so many digits, zeros at the end included. */
static const char *mean_text(char buffer[NUMBER_SIZE], double mean, int digits)
{
    if (mean != 0 && fabs(mean) < SMALL)
        return number_text(buffer, mean, digits);
    return number_fixed(buffer, mean, number_decimals(&mean, 1, digits));
}

/* The means at the cursor. */
bool attenuation_put_means(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    const struct curves *c = &view->curves;
    size_t at = view->list.cursor;
    int digits = view->session->settings.digits;
    const char *name = c->predictor.column->name, *value, *naive;
    char x[NUMBER_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE], n[NUMBER_SIZE];
    struct line line;

    mean_text(a, c->typical[at], digits);
    mean_text(b, c->mean[at], digits);
    value = value_here(view, x);
    naive = c->naive == NULL || isnan(c->naive[at]) ? "" : arena_printf(arena, ", naive %s", mean_text(n, c->naive[at], digits));
    if (naive == NULL)
        return false;
    line_begin(&line, canvas, arena);
    if (c->grid.rows.estimable != NULL && !c->grid.rows.estimable[at]) {
        line_offer(&line, arena_printf(arena, "%s %s: not estimable: %s", name, value, c->why_not));
        line_offer(&line, arena_printf(arena, "%s: not estimable", value));
        return line_put(&line, canvas, row, 0);
    }
    if (isnan(c->typical[at]) || isnan(c->mean[at])) {
        const char *whose = isnan(c->typical[at]) ? "the typical group" : "the population";

        line_offer(&line, arena_printf(arena, "%s %s: %s has no finite mean here", name, value, whose));
        line_offer(&line, arena_printf(arena, "%s has no mean here", whose));
        return line_put(&line, canvas, row, 0);
    }
    line_offer(&line, arena_printf(arena, "%s %s, %s: typical group %s, population %s%s", name, value, c->response, a, b, naive));
    line_offer(&line, arena_printf(arena, "%s %s: typical group %s, population %s%s", name, value, a, b, naive));
    line_offer(&line, arena_printf(arena, "%s %s: typical group %s, population %s", name, value, a, b));
    line_offer(&line, arena_printf(arena, "%s: typical group %s, population %s", value, a, b));
    line_offer(&line, arena_printf(arena, "%s: typical %s, all %s", value, a, b));
    if (c->names != NULL) /* the plot has no room for such long names either, and numbers them */
        line_offer(&line, arena_printf(arena, "level %zu: typical %s, all %s", at - view->from + 1, a, b));
    line_offer(&line, arena_printf(arena, "typical %s, population %s", a, b));
    line_offer(&line, arena_printf(arena, "group %s, all %s", a, b));
    return line_put(&line, canvas, row, 0);
}
