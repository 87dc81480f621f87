/* study.c -- see study.h.  The table first, from the names in the formula; then the model, which checks all else; then the
 * workspace of a fit at theta made of the stated deviations, L L' = S C S. */
#include "infer/study.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "linalg/dense.h"

enum { MOST_NAMES = 64, MOST_EFFECTS = 16 };

/* --- the table ------------------------------------------------------------------------------------------- */

struct names {
    const char *name[MOST_NAMES];
    int count;
};

static bool has_name(const struct names *names, const char *name)
{
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0)
            return true;
    return false;
}

static void add_name(struct names *names, const char *name)
{
    if (names->count < MOST_NAMES && !has_name(names, name))
        names->name[names->count++] = name;
}

/* The variables of an expression. */
static void add_variables(struct names *names, const struct expr *e)
{
    if (e == NULL)
        return;
    if (e->kind == EXPR_NAME)
        add_name(names, e->text);
    add_variables(names, e->left);
    add_variables(names, e->right);
    for (const struct expr *a = e->arguments; a != NULL; a = a->next)
        add_variables(names, a);
}

static void add_term(struct names *names, const struct term *term)
{
    for (int i = 0; i < term->order; i++)
        add_variables(names, term->factors[i]);
}

static void gather_names(const struct formula *f, struct names *predictors, struct names *groups)
{
    for (int i = 0; i < f->term_count; i++)
        add_term(predictors, &f->terms[i]);
    for (int i = 0; i < f->offset_count; i++)
        add_variables(predictors, f->offsets[i]);
    for (int t = 0; t < f->random_count; t++) {
        for (int i = 0; i < f->random[t].effect_count; i++)
            add_term(predictors, &f->random[t].effects[i]);
        for (int i = 0; i < f->random[t].group_order; i++)
            add_variables(groups, f->random[t].group[i]);
    }
}

/* Names that are none of the model's. */
static bool check_names(const struct at *at, const char *argument, const struct names *predictors, const struct names *groups,
                        struct glmm_error *err)
{
    for (int i = 0; i < at->count; i++) {
        struct suggest suggest;

        if (has_name(predictors, at->variables[i].name) || has_name(groups, at->variables[i].name))
            continue;
        suggest_init(&suggest, at->variables[i].name);
        for (int j = 0; j < predictors->count; j++)
            suggest_offer(&suggest, predictors->name[j]);
        for (int j = 0; j < groups->count; j++)
            suggest_offer(&suggest, groups->name[j]);
        fail(err, GLMM_E_NAME, NOWHERE, "the formula has no variable `%.60s`", at->variables[i].name);
        suggest_hint(&suggest, err);
        return error_argument(err, argument);
    }
    return true;
}

/* The value of each row: number `at / stride` of its values, in turn. */
static bool fill_column(struct frame *frame, const char *name, const struct at_variable *values, const size_t index[],
                        struct glmm_error *err)
{
    static const char *const usual[] = { "0", "1" };
    const char *const *texts = values == NULL ? usual : values->values;
    size_t count = values == NULL ? 2 : values->count;
    struct column *column;
    bool numbers = true;
    double value = 0;

    for (size_t i = 0; i < count; i++)
        numbers = numbers && parse_number(texts[i], strlen(texts[i]), &value);
    column = frame_add(frame, name, numbers ? COLUMN_REAL : COLUMN_FACTOR, err);
    if (column == NULL)
        return false;
    for (size_t i = 0; numbers && count > 0 && i < frame->rows; i++)
        parse_number(texts[index[i] % count], strlen(texts[index[i] % count]), &column->as.real[i]);
    if (numbers)
        return true;
    if ((column->levels = NEW_ARRAY(char *, count)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]) + 1;

        if ((column->levels[i] = mem_alloc(length, 1)) == NULL)
            return fail_memory(err);
        memcpy(column->levels[i], texts[i], length);
        column->level_count++;
    }
    for (size_t i = 0; i < frame->rows; i++)
        column->as.code[i] = (int32_t)(index[i] % count);
    return true;
}

/* Variables in turn: those before make the steps of those behind, so that all combinations come. */
static bool fill_predictors(struct frame *frame, const struct study_question *q, const struct names *names, bool groups,
                            size_t steps[2], struct glmm_error *err)
{
    size_t *index = NEW_ARRAY(size_t, frame->rows + 1);
    bool ok = index != NULL || fail_memory(err);

    for (int j = 0; j < names->count && ok; j++) {
        const struct at_variable *values = at_find(&q->at, names->name[j]);
        bool between = at_find(&q->between, names->name[j]) != NULL;
        size_t count = values == NULL ? 2 : values->count, *stride = &steps[between];

        if (groups && values == NULL) /* the group itself */
            continue;
        for (size_t i = 0; i < frame->rows; i++)
            index[i] = (between ? i / q->size : i % q->size) / *stride;
        ok = frame_find(frame, names->name[j]) != NULL || fill_column(frame, names->name[j], values, index, err);
        *stride *= count;
    }
    mem_free(index);
    return ok;
}

/* A response that the family takes: it is never looked at, but a model has one. */
static bool fill_response(struct frame *frame, const char *name, const struct family *family, struct glmm_error *err)
{
    struct column *y = frame_add(frame, name, COLUMN_REAL, err);

    for (size_t i = 0; y != NULL && i < frame->rows; i++) {
        double u = (double)(i + 1) * 0.6180339887498949;

        u = 0.1 + 0.8 * (u - floor(u));
        y->as.real[i] = family->support == SUPPORT_REAL ? u : family->response == RESPONSE_BINOMIAL ? u > 0.5 : 1 + floor(3 * u);
    }
    return y != NULL;
}

/* The group whose levels are counted by groups=: the one that at= says nothing of. */
static bool find_group(const struct study_question *q, const struct names *groups, const char **group, struct glmm_error *err)
{
    *group = NULL;
    for (int i = 0; i < groups->count; i++) {
        if (at_find(&q->at, groups->name[i]) != NULL)
            continue;
        if (*group != NULL) {
            fail(err, GLMM_E_USAGE, NOWHERE, "groups= says how many levels one group has, and there are `%.60s` and `%.60s`",
                 *group, groups->name[i]);
            error_hint(err, "at=\"%.60s=1:4\": its levels, in turn within each of the other", groups->name[i]);
            return error_argument(err, "at");
        }
        *group = groups->name[i];
    }
    return true;
}

static bool make_frame(struct study *s, const struct study_question *q, const struct formula *f, const struct family *family,
                       const char **group, struct glmm_error *err)
{
    struct names predictors = { 0 }, groups = { 0 };
    size_t steps[2] = { 1, 1 }; /* within groups, and between them */
    struct column *column;

    if (f->response == NULL || f->response->kind != EXPR_NAME) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the response of a study that is made up is a name, as in y ~ treat");
        if (family->response == RESPONSE_BINOMIAL)
            error_hint(err, "trials=10 makes it a proportion of ten");
        return error_argument(err, "formula");
    }
    gather_names(f, &predictors, &groups);
    if (!check_names(&q->at, "at", &predictors, &groups, err) || !check_names(&q->between, "between", &predictors, &groups, err)
        || !find_group(q, &groups, group, err))
        return false;
    if ((s->frame = frame_new("study", q->size * (size_t)(*group == NULL ? 1 : q->groups))) == NULL)
        return fail_memory(err);
    if (!fill_response(s->frame, f->response->text, family, err) || !fill_predictors(s->frame, q, &groups, true, steps, err)
        || !fill_predictors(s->frame, q, &predictors, false, steps, err))
        return false;
    if (*group == NULL)
        return true;
    if ((column = frame_add(s->frame, *group, COLUMN_INTEGER, err)) == NULL)
        return false;
    for (size_t i = 0; i < s->frame->rows; i++)
        column->as.integer[i] = (int32_t)(i / q->size) + 1;
    return true;
}

/* --- the parameters --------------------------------------------------------------------------------------- */

static bool number_of(const struct at_variable *v, size_t i, const char *argument, double *out, struct glmm_error *err)
{
    if (i < v->count && parse_number(v->values[i], strlen(v->values[i]), out))
        return true;
    fail(err, GLMM_E_VALUE, NOWHERE, "`%.60s` is no number", i < v->count ? v->values[i] : "");
    return error_argument(err, argument);
}

static bool read_beta(const struct study_question *q, const struct design *d, double beta[], struct glmm_error *err)
{
    for (int i = 0; i < q->beta.count; i++) {
        const struct at_variable *v = &q->beta.variables[i];
        struct suggest suggest;
        int at = 0;

        while (at < d->p && strcmp(d->names[at], v->name) != 0)
            at++;
        if (at < d->p) {
            if (!number_of(v, 0, "beta", &beta[at], err))
                return false;
            continue;
        }
        suggest_init(&suggest, v->name);
        for (int j = 0; j < d->p; j++)
            suggest_offer(&suggest, d->names[j]);
        fail(err, GLMM_E_NAME, NOWHERE, "the model has no coefficient `%.60s`", v->name);
        suggest_hint(&suggest, err);
        return error_argument(err, "beta");
    }
    return true;
}

/* The deviations of a term's effects: those of its group, behind those of earlier terms of it. */
static bool read_deviations(const struct study_question *q, const struct design *d, int t, double sd[], struct glmm_error *err)
{
    const struct random_design *r = &d->random[t];
    const struct at_variable *v = at_find(&q->sd, r->group);
    size_t before = 0;

    for (int s = 0; s < t; s++)
        before += strcmp(d->random[s].group, r->group) == 0 ? (size_t)d->random[s].k : 0;
    if (v == NULL || v->count < before + (size_t)r->k) {
        fail(err, GLMM_E_USAGE, NOWHERE, "sd= has no standard deviation for %.60s of %.60s",
             r->names[v == NULL || v->count < before ? 0 : v->count - before], r->group);
        error_hint(err, "sd=\"%.60s=%s\"", r->group, before + (size_t)r->k > 1 ? "0.5, 0.2" : "0.5");
        return error_argument(err, "sd");
    }
    for (int a = 0; a < r->k; a++) {
        if (!number_of(v, before + (size_t)a, "sd", &sd[a], err))
            return false;
        if (!(sd[a] >= 0)) {
            fail(err, GLMM_E_VALUE, NOWHERE, "a standard deviation is not below 0");
            return error_argument(err, "sd");
        }
    }
    return true;
}

/* The free entries of a term's template. */
static bool read_template(const struct study_question *q, const struct design *d, int t, double scale, double theta[],
                          struct glmm_error *err)
{
    const struct random_design *r = &d->random[t];
    const struct at_variable *v = at_find(&q->corr, r->group);
    double sd[MOST_EFFECTS] = { 0 }, C[MOST_EFFECTS * MOST_EFFECTS] = { 0 }, rho = 0;
    int k = r->k, at = 0;

    if (k > MOST_EFFECTS)
        return fail(err, GLMM_E_LIMIT, NOWHERE, "at most %d random effects of a group can be stated", MOST_EFFECTS);
    if (!read_deviations(q, d, t, sd, err) || (v != NULL && !number_of(v, 0, "corr", &rho, err)))
        return false;
    for (int b = 0; b < k; b++)
        for (int a = 0; a < k; a++)
            C[a + b * k] = a == b ? 1 : r->covariance->correlated ? rho : 0;
    if (!(fabs(rho) < 1) || chol_factor(k, C, k) != 0) {
        fail(err, GLMM_E_VALUE, NOWHERE, "%d effects cannot all have the correlation %g", k, rho);
        return error_argument(err, "corr");
    }
    for (int b = 0; b < k; b++)
        for (int a = b; a < r->covariance->end(k, b); a++)
            theta[at++] = sd[a] * C[a + b * k] / scale;
    return true;
}

static bool check_groups(const struct at *at, const char *argument, const struct design *d, struct glmm_error *err)
{
    for (int i = 0; i < at->count; i++) {
        bool found = false;

        for (int t = 0; t < d->random_count; t++)
            found = found || strcmp(d->random[t].group, at->variables[i].name) == 0;
        if (found)
            continue;
        fail(err, GLMM_E_NAME, NOWHERE, "the model has no group `%.60s`", at->variables[i].name);
        return error_argument(err, argument);
    }
    return true;
}

/* A correlation is of effects that have one: else it would be passed over. */
static bool check_correlated(const struct at *corr, const struct design *d, struct glmm_error *err)
{
    for (int i = 0; i < corr->count; i++) {
        bool found = false;

        for (int t = 0; t < d->random_count; t++)
            found = found
                    || (d->random[t].k > 1 && d->random[t].covariance->correlated
                        && strcmp(d->random[t].group, corr->variables[i].name) == 0);
        if (found)
            continue;
        fail(err, GLMM_E_USAGE, NOWHERE, "the model has no correlated effects of %.60s", corr->variables[i].name);
        return error_argument(err, "corr");
    }
    return true;
}

/* theta of all terms, for a residual standard deviation `scale`. */
static bool read_theta(const struct study_question *q, const struct design *d, double scale, double theta[],
                       struct glmm_error *err)
{
    if (!check_groups(&q->sd, "sd", d, err) || !check_groups(&q->corr, "corr", d, err) || !check_correlated(&q->corr, d, err))
        return false;
    for (int t = 0, at = 0; t < d->random_count; at += d->random[t].covariance->count(d->random[t].k), t++)
        if (!read_template(q, d, t, scale, theta + at, err))
            return false;
    return true;
}

/* --- the fit ----------------------------------------------------------------------------------------------- */

static struct fit *linear_fit(const struct study_question *q, const struct model *model, double beta[], double theta[],
                              struct glmm_error *err)
{
    double sigma = isnan(q->sigma) ? 1 : q->sigma;
    struct lmm *m = lmm_new(model->design, true, err);
    struct fit *fit = m != NULL && read_theta(q, model->design, sigma, theta, err) ? lmm_at(m, theta, err) : NULL;
    double *own = fit == NULL ? NULL : arena_alloc(fit->arena, (size_t)model->design->p + 1, sizeof *own);

    lmm_free(m);
    if (own == NULL) {
        if (fit != NULL)
            fail_memory(err);
        fit_free(fit);
        return NULL;
    }
    memcpy(own, beta, sizeof *own * (size_t)model->design->p);
    fit->beta = own;
    fit->sigma = sigma;
    fit->dispersion = fit->shape[0] = sigma * sigma;
    return fit;
}

/* What is stated of the spread of the response is what its family has: what it has not would be passed over. */
static bool check_spread(const struct study_question *q, const struct family *family, struct glmm_error *err)
{
    if (family->residual && !isnan(q->dispersion)) {
        fail(err, GLMM_E_USAGE, NOWHERE, "the spread of the family %s is stated by sigma=", family->name);
        return error_argument(err, "dispersion");
    }
    if (!family->residual && !isnan(q->sigma)) {
        fail(err, GLMM_E_USAGE, NOWHERE, "the family %s has no residual standard deviation", family->name);
        return error_argument(err, "sigma");
    }
    if (!family->has_dispersion && !isnan(q->dispersion)) {
        fail(err, GLMM_E_USAGE, NOWHERE, "the family %s has no dispersion", family->name);
        return error_argument(err, "dispersion");
    }
    if (family->has_dispersion && !family->residual && !(q->dispersion > 0)) {
        fail(err, GLMM_E_USAGE, NOWHERE, "the family %s has a dispersion, %s: dispersion=VALUE", family->name,
             family->dispersion_name);
        return error_argument(err, "dispersion");
    }
    return true;
}

/* What a family has beside its dispersion is stated too, or held by its name: where a search would begin is no study. */
static bool check_shapes(const struct family *family, struct glmm_error *err)
{
    for (int j = family->has_dispersion; j < family_shapes(family); j++) {
        const char *name = family->more[j - family->has_dispersion].name;

        if (family_holds_shape(family, j))
            continue;
        if (family->more_count > 1) {
            fail(err, GLMM_E_MODEL, NOWHERE,
                 "of the family %s thresholds would have to be stated: fit such data, and ask for the power of the fit",
                 family->name);
        } else {
            fail(err, GLMM_E_USAGE, NOWHERE, "the family %s has a further shape, %s, whose value a study has to state",
                 family->name, name);
            error_hint(err, "family=%s(%s)", family->name, family->more[0].scale == SHAPE_POWER ? "1.5" : "4");
        }
        return error_argument(err, "family");
    }
    return true;
}

static struct fit *general_fit(const struct study_question *q, const struct model *model, const double beta[], double theta[],
                               struct glmm_error *err)
{
    const struct family *family = model->family;
    struct glm *m = glm_new(model->design, family, model->link, 1, err);
    double *phi = m == NULL ? NULL : NEW_ARRAY(double, glm_parameter_count(m) + 1), *rest;
    double sigma = isnan(q->sigma) ? 1 : q->sigma;
    struct fit *fit = NULL;

    if (phi != NULL && read_theta(q, model->design, 1, theta, err)) {
        glm_from_beta(m, beta, phi);
        memcpy(phi + model->design->p, theta, sizeof *phi * (size_t)glm_theta_count(m));
        rest = phi + model->design->p + glm_theta_count(m);
        if (family->has_dispersion) /* no other shape is open: check_shapes() */
            rest[0] = family_shape_estimated(family, 0, family->residual ? sigma * sigma : q->dispersion);
        fit = glm_at(m, phi, METHOD_LAPLACE, err);
    } else if (m != NULL && phi == NULL)
        fail_memory(err);
    mem_free(phi);
    glm_free(m);
    return fit;
}

static bool check_model(const struct model *model, struct glmm_error *err)
{
    return !design_is_structured(model->design)
           || fail(err, GLMM_E_MODEL, NOWHERE,
                   "covariance structures and relationships are not stated by sd=: fit such data, and "
                   "ask for the power of the fit");
}

static bool make_fit(struct study *s, const struct study_question *q, struct glmm_error *err)
{
    const struct design *d = s->model->design;
    size_t entries = 1;
    double *beta, *theta;

    for (int t = 0; t < d->random_count; t++)
        entries += (size_t)d->random[t].covariance->count(d->random[t].k);
    beta = NEW_ARRAY(double, d->p + 1);
    theta = NEW_ARRAY(double, entries);
    if (beta == NULL || theta == NULL)
        fail_memory(err);
    else if (read_beta(q, d, beta, err))
        s->model->fit =
            model_is_linear(s->model) ? linear_fit(q, s->model, beta, theta, err) : general_fit(q, s->model, beta, theta, err);
    mem_free(beta);
    mem_free(theta);
    return s->model->fit != NULL;
}

struct study *study_new(const struct study_question *q, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct study *s = NEW(struct study);
    struct formula *f = s == NULL ? NULL : formula_parse(q->spec.formula, NULL, err);
    struct arena *arena = arena_new();
    const struct family *family = NULL;
    const char *group = NULL;
    bool ok = f != NULL;

    if (s == NULL || arena == NULL) {
        ok = fail_memory(err);
    } else if (!ok) {
        error_argument(err, "formula");
    } else if ((family = family_make(arena, q->spec.family == NULL ? "gaussian" : q->spec.family, err)) == NULL) {
        ok = error_argument(err, "family");
    } else if (family->response == RESPONSE_ORDINAL) {
        ok = fail(err, GLMM_E_MODEL, NOWHERE,
                  "of an ordered response thresholds would have to be stated: fit such data, and ask for the power of the fit");
    }
    ok = ok && check_spread(q, family, err) && check_shapes(family, err) && make_frame(s, q, f, family, &group, err)
         && (s->model = model_new("study", s->frame, &q->spec, progress, err)) != NULL && check_model(s->model, err)
         && make_fit(s, q, err);
    if (ok && group != NULL)
        s->group = arena_strdup(s->model->arena, group);
    formula_free(f);
    arena_free(arena);
    if (ok)
        return s;
    study_free(s);
    return NULL;
}

void study_free(struct study *s)
{
    if (s == NULL)
        return;
    if (s->model != NULL)
        fit_free(s->model->fit);
    model_free(s->model);
    frame_free(s->frame);
    mem_free(s);
}

bool study_coefficient(const struct study *study, const struct study_question *q, int *out, struct glmm_error *err)
{
    const struct design *d = study->model->design;
    const char *name = q->of != NULL ? q->of : q->beta.count > 0 ? q->beta.variables[q->beta.count - 1].name : "";
    struct suggest suggest;

    for (*out = 0; *out < d->p; ++*out)
        if (strcmp(d->names[*out], name) == 0)
            return true;
    suggest_init(&suggest, name);
    for (int j = 0; j < d->p; j++)
        suggest_offer(&suggest, d->names[j]);
    fail(err, GLMM_E_NAME, NOWHERE, "the model has no coefficient `%.60s`", name);
    suggest_hint(&suggest, err);
    return error_argument(err, q->of != NULL ? "of" : "beta");
}

bool study_power(const struct study_question *q, struct power_question *power, const struct glmm_progress *progress,
                 struct study **study, struct power_point *out, struct glmm_error *err)
{
    bool ok = (*study = study_new(q, progress, err)) != NULL && study_coefficient(*study, q, &power->coefficient, err)
              && power_at((*study)->model->fit, power, q->groups, 0, progress, out, err);

    if (ok) {
        out->rows = q->size;
        return true;
    }
    study_free(*study);
    *study = NULL;
    return false;
}
