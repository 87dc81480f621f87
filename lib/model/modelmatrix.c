/* modelmatrix.c -- see modelmatrix.h.
 *
 * Whether a factor enters a term by its contrasts or by all its indicators is R's rule: by contrasts when what is left of the
 * term without it is contained in an earlier term (or is empty); and without an intercept the first factor of the first
 * term that has one enters by all its indicators.  Terms at one level of another factor (`by = f`) are coded as they are without
 * it: there the indicator of that level is the intercept.  Of an interaction's columns the first variable's vary fastest. */
#include "model/modelmatrix.h"

#include <string.h>

#include "base/arena-text.h"
#include "model/design.h"

enum { MAX_COLUMNS = 1000000 };

bool model_matrix_begin(struct variables *vs, const struct term *terms, int term_count, bool intercept, struct model_matrix *m)
{
    memset(m, 0, sizeof *m);
    m->intercept = intercept;
    m->term_count = term_count;
    m->terms = arena_alloc(vs->arena, (size_t)term_count, sizeof *m->terms);
    if (m->terms == NULL)
        return fail_memory(vs->err);
    for (int t = 0; t < term_count; t++) {
        struct matrix_term *term = &m->terms[t];

        term->term = &terms[t];
        term->variables = arena_alloc(vs->arena, (size_t)terms[t].order, sizeof *term->variables);
        term->codings = arena_alloc(vs->arena, (size_t)terms[t].order, sizeof *term->codings);
        if (term->variables == NULL || term->codings == NULL)
            return fail_memory(vs->err);
        for (int j = 0; j < terms[t].order; j++)
            if ((term->variables[j] = variables_need(vs, terms[t].factors[j])) < 0)
                return false;
    }
    return true;
}

/* --- R's rule --------------------------------------------------------------------------------- */

static bool contains(const struct matrix_term *term, int variable)
{
    for (int j = 0; j < term->term->order; j++)
        if (term->variables[j] == variable)
            return true;
    return false;
}

/* True when what is left of term t without its j-th factor is contained in an earlier term, or is empty. */
static bool is_margin(const struct model_matrix *m, int t, int j)
{
    const struct matrix_term *term = &m->terms[t];
    bool inside = term->term->order == 1;

    for (int s = 0; s < t && !inside; s++) {
        inside = true;
        for (int k = 0; k < term->term->order && inside; k++)
            inside = k == j || contains(&m->terms[s], term->variables[k]);
    }
    return inside;
}

/* The first coded factor of the first term that has one; -1 where there is none. */
static int first_factor(const struct variables *vs, const struct model_matrix *m, int *of_term)
{
    for (int t = 0; t < m->term_count; t++)
        for (int j = 0; j < m->terms[t].term->order; j++)
            if (variable_is_coded(vs->items[m->terms[t].variables[j]])) {
                *of_term = t;
                return j;
            }
    return -1;
}

/* --- codings ---------------------------------------------------------------------------------- */

/* What is chosen for the variable; a choice by name goes before one for all. */
static enum contrast kind_of(const struct variable *v, const struct contrast_choice *choices)
{
    enum contrast kind = v->recipe != NULL ? v->recipe->contrast : v->column->contrast;
    bool named = false;

    for (; choices != NULL; choices = choices->next)
        if (choices->name == NULL ? !named : strcmp(choices->name, v->name) == 0) {
            kind = choices->kind;
            named = choices->name != NULL;
        }
    return kind;
}

/* A factor that does not vary. */
static bool fail_single(struct variables *vs, const struct model_matrix *m, const struct variable *v)
{
    fail(vs->err, GLMM_E_MODEL, v->expr->at,
         m->group == NULL ? "%s has one level (%s) in these rows; it cannot be a predictor"
                          : "%s has one level (%s) in these rows, so that a level of %s has one effect by it",
         v->name, v->levels[0], m->group);
    if (m->group == NULL)
        error_hint(vs->err, "leave %s out of the formula", v->name);
    else
        error_hint(vs->err, "that is (1 | %s)", m->group);
    return false;
}

static bool code_factor(struct variables *vs, const struct contrast_choice *choices, const struct model_matrix *m, bool full,
                        struct coding *coding)
{
    struct variable *v = coding->variable;

    if (!variable_code(vs, v))
        return false;
    if (v->level_count < 2)
        return fail_single(vs, m, v);
    if (m->group == NULL && !full) {
        v->contrasted = true;
        v->by = kind_of(v, choices);
    }
    if (!contrasts_make(vs->arena, kind_of(v, choices), full, v->level_count, v->levels, v->reference, &coding->contrasts))
        return fail_memory(vs->err);
    coding->columns = coding->contrasts.columns;
    return true;
}

static bool code_term(struct variables *vs, const struct contrast_choice *choices, struct model_matrix *m, int t, int full_factor)
{
    struct matrix_term *term = &m->terms[t];

    for (int j = 0; j < term->term->order; j++) {
        struct coding *coding = &term->codings[j];

        coding->variable = vs->items[term->variables[j]];
        if (variable_is_coded(coding->variable)) {
            if (!code_factor(vs, choices, m, j == full_factor || !is_margin(m, t, j), coding))
                return false;
        } else {
            if (variable_values(vs, coding->variable) == NULL)
                return false;
            coding->columns = coding->variable->columns;
        }
    }
    return true;
}

/* --- names ------------------------------------------------------------------------------------ */

/* "x", "period2", "poly(x, 2)1" */
static void add_name(struct text *name, const struct coding *coding, int column)
{
    text_add(name, coding->variable->name);
    if (variable_is_coded(coding->variable))
        text_add(name, coding->contrasts.suffixes[column]);
    else if (coding->columns > 1)
        text_addf(name, "%d", column + 1);
}

static const char *column_name(struct arena *arena, const struct matrix_term *term, int within)
{
    struct text name = { 0 };

    for (int j = 0; j < term->term->order; j++) {
        if (j > 0)
            text_add(&name, ":");
        add_name(&name, &term->codings[j], within % term->codings[j].columns);
        within /= term->codings[j].columns;
    }
    return arena_take(arena, &name);
}

static int term_columns(const struct matrix_term *term)
{
    int64_t columns = 1;

    for (int j = 0; j < term->term->order && columns <= MAX_COLUMNS; j++)
        columns *= term->codings[j].columns;
    return columns > MAX_COLUMNS ? MAX_COLUMNS + 1 : (int)columns;
}

static bool name_columns(struct variables *vs, struct model_matrix *m)
{
    int column = 0, count;

    m->names = arena_alloc(vs->arena, (size_t)m->columns, sizeof *m->names);
    m->assign = arena_alloc(vs->arena, (size_t)m->columns, sizeof *m->assign);
    m->within = arena_alloc(vs->arena, (size_t)m->columns, sizeof *m->within);
    if (m->names == NULL || m->assign == NULL || m->within == NULL)
        return fail_memory(vs->err);
    if (m->intercept) {
        m->names[0] = "(Intercept)";
        m->assign[column++] = -1;
    }
    for (int t = 0; t < m->term_count; t++) {
        count = term_columns(&m->terms[t]);
        for (int j = 0; j < count; j++, column++) {
            m->assign[column] = t;
            m->within[column] = j;
            if ((m->names[column] = column_name(vs->arena, &m->terms[t], j)) == NULL)
                return fail_memory(vs->err);
        }
    }
    return true;
}

bool model_matrix_code(struct variables *vs, const struct contrast_choice *choices, struct model_matrix *m)
{
    /* within a level its indicator, where it stands alone before all else, is the intercept */
    bool intercept = m->intercept || (m->within_level && m->terms[0].term->order == 1);
    int full_term = -1, full_factor = intercept ? -1 : first_factor(vs, m, &full_term), count;

    m->columns = m->intercept;
    for (int t = 0; t < m->term_count; t++) {
        if (!code_term(vs, choices, m, t, t == full_term ? full_factor : -1))
            return false;
        count = term_columns(&m->terms[t]);
        if (count + m->columns > MAX_COLUMNS)
            return fail(vs->err, GLMM_E_LIMIT, m->terms[t].term->at, "%s would have more than %d columns",
                        m->terms[t].term->label, MAX_COLUMNS);
        m->columns += count;
    }
    return name_columns(vs, m);
}

void model_matrix_only(struct model_matrix *m, int term)
{
    int kept = 0;

    for (int j = 0; j < m->columns; j++)
        if (m->assign[j] == term) {
            m->names[kept] = m->names[j];
            m->within[kept] = m->within[j];
            m->assign[kept++] = term;
        }
    m->columns = kept;
    m->intercept = term < 0;
}

/* --- values ----------------------------------------------------------------------------------- */

/* Sets out := the variable's column, or multiplies by it. */
static void write_variable(const struct coding *coding, int column, size_t n, double *out, size_t stride, bool multiply)
{
    const struct contrasts *contrasts = &coding->contrasts;
    const int32_t *code = coding->variable->code;
    const double *values = coding->variable->values;

#define WRITE(value)                                                                                                             \
    if (multiply)                                                                                                                \
        for (size_t i = 0; i < n; i++)                                                                                           \
            out[i * stride] *= (value);                                                                                          \
    else                                                                                                                         \
        for (size_t i = 0; i < n; i++)                                                                                           \
            out[i * stride] = (value);
    if (!variable_is_coded(coding->variable)) {
        values += (size_t)column * n;
        WRITE(values[i])
    } else if (contrasts->level_of != NULL) {
        WRITE((double)(code[i] == contrasts->level_of[column]))
    } else {
        const double *table = contrasts->table + (size_t)column * (size_t)coding->variable->level_count;

        WRITE(table[code[i]])
    }
#undef WRITE
}

void model_matrix_column(const struct variables *vs, const struct model_matrix *m, int column, double *out, size_t stride)
{
    const struct matrix_term *term;
    int within = m->within[column];

    if (m->assign[column] < 0) {
        for (size_t i = 0; i < vs->n; i++)
            out[i * stride] = 1.0;
        return;
    }
    term = &m->terms[m->assign[column]];
    for (int j = 0; j < term->term->order; j++) {
        write_variable(&term->codings[j], within % term->codings[j].columns, vs->n, out, stride, j > 0);
        within /= term->codings[j].columns;
    }
}
