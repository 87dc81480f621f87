/* prior.c -- see prior.h.
 *
 *   normal   ((x - m) / s)^2
 *   t        (v + 1) log(1 + ((x - m) / s)^2 / v),  v = 1: Cauchy
 *   gamma    -2 (a - 1) log x + 2 r x               (blme's, with posterior.scale = "sd" and common.scale = FALSE)
 *   Wishart  -(v - k - 1) log|Sigma| + tr(Sigma) / s  (blme's) */
#include "model/prior.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/text.h"
#include "model/structure.h"

/* --- the text ------------------------------------------------------------------------------------- */

enum { MOST_RULES = 100, MOST_VALUES = 3 };

struct reader {
    const char *text;
    int at;
    struct arena *arena;
    struct glmm_error *err;
};

/* A law as it is written, with the values that it takes. */
static const struct law {
    const char *name, *usage;
    enum prior_law law;
    int least, most;
} laws[] = {
    { "normal", "normal(mean, sd)", PRIOR_NORMAL, 2, 2 },
    { "cauchy", "cauchy(location, scale)", PRIOR_T, 2, 2 },
    { "t", "t(df, location, scale)", PRIOR_T, 3, 3 },
    { "gamma", "gamma(shape, rate)", PRIOR_GAMMA, 2, 2 },
    { "wishart", "wishart(df) or wishart(df, scale)", PRIOR_WISHART, 1, 2 },
};

static void skip_blanks(struct reader *r)
{
    while (isspace((unsigned char)r->text[r->at]))
        r->at++;
}

static bool accept(struct reader *r, char sign)
{
    skip_blanks(r);
    if (r->text[r->at] != sign)
        return false;
    r->at++;
    return true;
}

/* The bytes [begin, end) without blanks and backquotes around them. */
static const char *trimmed(struct reader *r, int begin, int end, struct glmm_span *at)
{
    while (begin < end && isspace((unsigned char)r->text[begin]))
        begin++;
    while (end > begin && isspace((unsigned char)r->text[end - 1]))
        end--;
    *at = span_of(begin, end);
    if (end - begin > 1 && r->text[begin] == '`' && r->text[end - 1] == '`') {
        begin++;
        end--;
    }
    return arena_strndup(r->arena, r->text + begin, (size_t)(end - begin));
}

static const struct law *find_law(struct reader *r, int begin)
{
    struct suggest suggest;
    struct glmm_span at;
    const char *name = trimmed(r, begin, r->at, &at);

    for (size_t i = 0; name != NULL && i < sizeof laws / sizeof *laws; i++)
        if (strcmp(laws[i].name, name) == 0)
            return &laws[i];
    if (name == NULL) {
        fail_memory(r->err);
        return NULL;
    }
    fail(r->err, GLMM_E_NAME, at, "no prior distribution `%.60s`", name);
    if (strcmp(name, "jeffreys") == 0) {
        error_hint(r->err, "jeffreys is of all coefficients and stands alone: prior=jeffreys");
        return NULL;
    }
    suggest_init(&suggest, name);
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++)
        suggest_offer(&suggest, laws[i].name);
    suggest_hint(&suggest, r->err);
    error_hint(r->err, "there are normal, cauchy, t, gamma and wishart: help priors");
    return NULL;
}

/* '(' NUMBER {',' NUMBER} ')' */
static int read_values(struct reader *r, double values[MOST_VALUES])
{
    int count = 0;

    if (!accept(r, '('))
        return -1;
    do {
        char *end;

        skip_blanks(r);
        if (count == MOST_VALUES)
            return -1;
        values[count++] = strtod(r->text + r->at, &end);
        if (end == r->text + r->at || !isfinite(values[count - 1]))
            return -1;
        r->at = (int)(end - r->text);
    } while (accept(r, ','));
    return accept(r, ')') ? count : -1;
}

/* The values at their places, each in its range. */
static bool set_law(struct reader *r, struct prior_rule *rule, const struct law *law, int begin, const double v[], int count)
{
    struct glmm_span at = span_of(begin, r->at);

    rule->law = law->law;
    if (law->law == PRIOR_WISHART) {
        rule->df = v[0];
        rule->scale = count > 1 ? v[1] : (double)INFINITY;
    } else {
        rule->df = law->least == 3 ? v[0] : 1;
        rule->center = v[count - 2];
        rule->scale = v[count - 1];
    }
    if (law->law == PRIOR_GAMMA && !(rule->center >= 1 && rule->scale >= 0)) {
        fail(r->err, GLMM_E_VALUE, at,
             "gamma(shape, rate) takes a shape of at least 1 and a rate of at least 0: with less the "
             "density has no mode, or one at 0 whatever the data say");
        return false;
    }
    if ((law->law != PRIOR_GAMMA && !(rule->scale > 0)) || !(rule->df > 0))
        return fail(r->err, GLMM_E_VALUE, at, "the scale%s of a prior distribution is more than 0",
                    law->least == 3 || law->law == PRIOR_WISHART ? " (and the degrees of freedom)" : "");
    return true;
}

static bool read_law(struct reader *r, struct prior_rule *rule)
{
    double values[MOST_VALUES] = { 0 };
    const struct law *law;
    int begin, count;

    skip_blanks(r);
    begin = r->at;
    while (isalnum((unsigned char)r->text[r->at]) || r->text[r->at] == '_')
        r->at++;
    if ((law = find_law(r, begin)) == NULL)
        return false;
    count = read_values(r, values);
    if (count < law->least || count > law->most)
        return fail(r->err, GLMM_E_SYNTAX, span_of(begin, r->at), "this distribution is written %s", law->usage);
    return set_law(r, rule, law, begin, values, count);
}

/* The group and the effect between the parentheses of `sd(GROUP, EFFECT)`, in [begin, end). */
static bool read_group(struct reader *r, struct prior_rule *rule, int begin, int end)
{
    struct glmm_span at;
    int comma = begin;

    while (comma < end && r->text[comma] != ',')
        comma++;
    rule->name = trimmed(r, begin, comma, &at);
    if (comma < end && rule->target == PRIOR_COVARIANCE)
        return fail(r->err, GLMM_E_SYNTAX, span_of(comma, end), "cov() takes a group: all effects of its levels covary");
    if (comma < end)
        rule->effect = trimmed(r, comma + 1, end, &at);
    return (rule->name != NULL && (comma == end || rule->effect != NULL)) || fail_memory(r->err);
}

/* DESIGN_ZERO for `zi`, DESIGN_DISPERSION for `disp`; -1: another word. */
static int part_of_word(const char *text, size_t length)
{
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (strlen(design_part_name(k)) == length && strncmp(design_part_name(k), text, length) == 0)
            return k;
    return -1;
}

/* zi, or zi(COEFFICIENT) from the parenthesis at `open`. */
static bool set_part(struct reader *r, struct prior_rule *rule, int part, const char *open)
{
    struct glmm_span at;

    rule->part = part;
    rule->target = open == NULL ? PRIOR_FIXED : PRIOR_NAMED;
    if (open == NULL)
        return true;
    if (r->text[rule->at.end - 1] != ')')
        return fail(r->err, GLMM_E_SYNTAX, rule->at, "a coefficient of %s= is written %s(NAME)", design_part_name(part),
                    design_part_name(part));
    rule->name = trimmed(r, rule->at.begin + (int)strlen(design_part_name(part)) + 1, rule->at.end - 1, &at);
    return rule->name != NULL || fail_memory(r->err);
}

/* What stands before the `~`. */
static bool set_target(struct reader *r, struct prior_rule *rule, int begin, int end)
{
    const char *text = trimmed(r, begin, end, &rule->at);
    const char *open = text == NULL ? NULL : strchr(text, '(');
    size_t word = open == NULL ? 0 : (size_t)(open - text);
    int part;

    if (text == NULL)
        return fail_memory(r->err);
    if (*text == '\0')
        return fail(r->err, GLMM_E_SYNTAX, span_of(begin, end + 1),
                    "a prior needs something before its `~`: fixed, sd, cov or a "
                    "coefficient");
    rule->target = PRIOR_NAMED;
    rule->part = PRIOR_OF_MEAN;
    if (r->text[rule->at.begin] != '`' && (part = part_of_word(text, open == NULL ? strlen(text) : word)) >= 0)
        return set_part(r, rule, part, open);
    if (strcmp(text, "fixed") == 0)
        rule->target = PRIOR_FIXED;
    else if (strcmp(text, "sd") == 0 || (word == 2 && strncmp(text, "sd", 2) == 0))
        rule->target = PRIOR_SD;
    else if (strcmp(text, "cov") == 0 || (word == 3 && strncmp(text, "cov", 3) == 0))
        rule->target = PRIOR_COVARIANCE;
    else
        rule->name = text;
    if ((rule->target == PRIOR_SD || rule->target == PRIOR_COVARIANCE) && open != NULL && text[strlen(text) - 1] == ')')
        return read_group(r, rule, rule->at.begin + (int)word + 1, rule->at.end - 1);
    return true;
}

static bool read_rule(struct reader *r, struct prior_rule *rule)
{
    int begin = r->at, end = begin;

    while (r->text[end] != '\0' && r->text[end] != ';' && r->text[end] != '~')
        end++;
    r->at = end;
    if (r->text[end] == '~') {
        if (!set_target(r, rule, begin, end))
            return false;
        r->at++;
        return read_law(r, rule);
    }
    if (!set_target(r, rule, begin, end))
        return false;
    if (rule->target == PRIOR_NAMED && rule->part == PRIOR_OF_MEAN
        && (strcmp(rule->name, "jeffreys") == 0 || strcmp(rule->name, "firth") == 0)) {
        rule->target = PRIOR_JEFFREYS;
        rule->name = NULL;
        return true;
    }
    fail(r->err, GLMM_E_SYNTAX, rule->at, "a prior is written WHAT ~ DISTRIBUTION, or jeffreys");
    error_hint(r->err, "prior=\"fixed ~ normal(0, 2.5)\": help priors");
    return false;
}

const struct prior *prior_parse(struct arena *arena, const char *text, struct glmm_error *err)
{
    struct prior *prior = arena_alloc(arena, 1, sizeof *prior);
    struct prior_rule *rules = arena_alloc(arena, MOST_RULES, sizeof *rules);
    struct reader r = { .text = text, .arena = arena, .err = err };

    if (prior == NULL || rules == NULL) {
        fail_memory(err);
        return NULL;
    }
    do {
        if (prior->count == MOST_RULES) {
            fail(err, GLMM_E_LIMIT, span_of(r.at, r.at + 1), "a model has at most %d rules of priors", MOST_RULES);
            return NULL;
        }
        if (!read_rule(&r, &rules[prior->count]))
            return NULL;
        prior->count++;
    } while (accept(&r, ';'));
    if (text[r.at] != '\0') {
        fail(err, GLMM_E_SYNTAX, span_of(r.at, (int)strlen(text)), "behind a prior stands `;` and another one");
        return NULL;
    }
    prior->rules = rules;
    return prior;
}

/* --- which rule ----------------------------------------------------------------------------------- */

static bool is_intercept(const char *name)
{
    return strcmp(name, "(Intercept)") == 0;
}

const struct prior_rule *prior_of_coefficient(const struct prior *prior, int part, const char *name)
{
    const struct prior_rule *found = NULL;

    for (int i = 0; prior != NULL && i < prior->count; i++) {
        const struct prior_rule *rule = &prior->rules[i];

        if (rule->part != part)
            continue;
        if (rule->target == PRIOR_NAMED && strcmp(rule->name, name) == 0)
            return rule;
        if (rule->target == PRIOR_FIXED && !is_intercept(name))
            found = rule;
    }
    return found;
}

/* Of the rules for the random effects of a group the one that names most. */
static const struct prior_rule *of_group(const struct prior *prior, enum prior_target target, const char *group,
                                         const char *effect)
{
    const struct prior_rule *found = NULL;
    int most = -1;

    for (int i = 0; prior != NULL && i < prior->count; i++) {
        const struct prior_rule *rule = &prior->rules[i];
        int named = (rule->name != NULL) + (rule->effect != NULL);

        if (rule->target == target && (rule->name == NULL || strcmp(rule->name, group) == 0)
            && (rule->effect == NULL || (effect != NULL && strcmp(rule->effect, effect) == 0)) && named > most) {
            found = rule;
            most = named;
        }
    }
    return found;
}

const struct prior_rule *prior_of_sd(const struct prior *prior, const char *group, const char *effect)
{
    return of_group(prior, PRIOR_SD, group, effect);
}

const struct prior_rule *prior_of_covariance(const struct prior *prior, const char *group)
{
    return of_group(prior, PRIOR_COVARIANCE, group, NULL);
}

bool prior_bounds_sd(const struct prior *prior, const char *group, const char *effect)
{
    const struct prior_rule *sd = prior_of_sd(prior, group, effect), *covariance = prior_of_covariance(prior, group);

    return (sd != NULL && (sd->law != PRIOR_GAMMA || sd->scale > 0)) || (covariance != NULL && isfinite(covariance->scale));
}

bool prior_has_coefficients(const struct prior *prior)
{
    for (int i = 0; prior != NULL && i < prior->count; i++)
        if (prior->rules[i].target != PRIOR_SD && prior->rules[i].target != PRIOR_COVARIANCE
            && prior->rules[i].part == PRIOR_OF_MEAN)
            return true;
    return false;
}

bool prior_has_random(const struct prior *prior)
{
    for (int i = 0; prior != NULL && i < prior->count; i++)
        if (prior->rules[i].target == PRIOR_SD || prior->rules[i].target == PRIOR_COVARIANCE)
            return true;
    return false;
}

bool prior_is_jeffreys(const struct prior *prior)
{
    for (int i = 0; prior != NULL && i < prior->count; i++)
        if (prior->rules[i].target == PRIOR_JEFFREYS)
            return true;
    return false;
}

/* --- the density ---------------------------------------------------------------------------------- */

double prior_penalty(const struct prior_rule *rule, double x, double *slope, double *curvature)
{
    double at = (x - rule->center) / rule->scale, v = rule->df, below = 1 + at * at / v;

    switch (rule->law) {
    case PRIOR_NORMAL:
        *slope = 2 * at / rule->scale;
        *curvature = 2 / (rule->scale * rule->scale);
        return at * at;
    case PRIOR_T:
        *slope = 2 * (v + 1) / v * at / below / rule->scale;
        *curvature = 2 * (v + 1) / v * (1 - at * at / v) / (below * below) / (rule->scale * rule->scale);
        return (v + 1) * log1p(at * at / v);
    case PRIOR_GAMMA:
        if (rule->center == 1) {
            *slope = 2 * rule->scale;
            *curvature = 0;
            return 2 * rule->scale * x;
        }
        *slope = 2 * (rule->scale - (rule->center - 1) / x);
        *curvature = 2 * (rule->center - 1) / (x * x);
        return 2 * (rule->scale * x - (rule->center - 1) * log(x));
    case PRIOR_WISHART:
        break;
    }
    *slope = *curvature = 0;
    return 0;
}

/* --- what it rules -------------------------------------------------------------------------------- */

static bool fail_coefficient(const struct prior_rule *rule, const struct design *design, struct glmm_error *err)
{
    struct suggest suggest;

    fail(err, GLMM_E_NAME, rule->at, "no coefficient `%.60s`", rule->name);
    suggest_init(&suggest, rule->name);
    for (int j = 0; j < design->p; j++)
        suggest_offer(&suggest, design->names[j]);
    suggest_hint(&suggest, err);
    error_hint(err, "a prior is for fixed (all coefficients but the intercept), a coefficient by its name, sd, cov, or jeffreys");
    return false;
}

/* No term has the group of the rule; or one has, but not the effect. */
static bool fail_group(const struct prior_rule *rule, const struct design *design, struct glmm_error *err)
{
    const struct random_design *random;
    struct suggest suggest;
    bool has_group = false;

    if (design_term(design, 0, NULL) == NULL)
        return fail(err, GLMM_E_MODEL, rule->at, "the model has no random effects whose variance could have a prior");
    for (int t = 0; (random = design_term(design, t, NULL)) != NULL; t++)
        has_group = has_group || strcmp(random->group, rule->name) == 0;
    suggest_init(&suggest, has_group ? rule->effect : rule->name);
    for (int t = 0; (random = design_term(design, t, NULL)) != NULL; t++)
        if (!has_group)
            suggest_offer(&suggest, random->group);
        else if (strcmp(random->group, rule->name) == 0)
            for (int a = 0; a < random->k; a++)
                suggest_offer(&suggest, random->names[a]);
    if (has_group)
        fail(err, GLMM_E_NAME, rule->at, "`%.60s` has no random effect `%.60s`", rule->name, rule->effect);
    else
        fail(err, GLMM_E_NAME, rule->at, "no random effect `%.60s`", rule->name);
    suggest_hint(&suggest, err);
    return false;
}

static bool check_coefficient(const struct prior_rule *rule, const struct design *design, struct glmm_error *err)
{
    bool found = false;

    if (rule->part >= 0 && design->part[rule->part] == NULL) {
        fail(err, GLMM_E_MODEL, rule->at, "the model has no %s= whose coefficients could have a prior",
             design_part_name(rule->part));
        error_hint(err, "%s= takes a formula with variables", design_part_name(rule->part));
        return false;
    }
    design = rule->part >= 0 ? design->part[rule->part] : design;
    for (int j = 0; j < design->p; j++)
        found =
            found || (rule->target == PRIOR_FIXED ? !is_intercept(design->names[j]) : strcmp(design->names[j], rule->name) == 0);
    if (!found && rule->target == PRIOR_FIXED)
        return fail(err, GLMM_E_MODEL, rule->at, "%s has no coefficients beside the intercept",
                    rule->part >= 0 ? design_part_name(rule->part) : "the model");
    if (!found)
        return fail_coefficient(rule, design, err);
    if (rule->law == PRIOR_GAMMA || rule->law == PRIOR_WISHART) {
        fail(err, GLMM_E_MODEL, rule->at, "coefficients may be negative: their priors are normal, cauchy or t");
        error_hint(err, "fixed ~ normal(0, 2.5)");
        return false;
    }
    return true;
}

/* Beside a structure standard deviations have priors, the one of all effects of a homogeneous term among them. */
static bool check_structured(const struct prior_rule *rule, const struct random_design *random, struct glmm_error *err)
{
    if (rule->target == PRIOR_COVARIANCE && random->k > 1 && random->structure != NULL && random->structure->law != LAW_US) {
        fail(err, GLMM_E_MODEL, rule->at, "wishart is for covariance matrices without a structure, not for %s(... | %.60s)",
             random->structure->name, random->group);
        error_hint(err, "sd(%s) ~ gamma(2.5, 0)", random->group);
        return false;
    }
    if (rule->effect == NULL || random->structure == NULL || random->structure->hetero || random->k == 1)
        return true;
    fail(err, GLMM_E_MODEL, rule->at, "all effects of %s(... | %.60s) have one standard deviation: it is that of no effect alone",
         random->structure->name, random->group);
    error_hint(err, "sd(%s) ~ gamma(2.5, 0)", random->group);
    return false;
}

static bool check_random(const struct prior_rule *rule, const struct design *design, struct glmm_error *err)
{
    bool found = false;

    for (int t = 0; design_term(design, t, NULL) != NULL; t++) {
        const struct random_design *random = design_term(design, t, NULL);
        bool group = rule->name == NULL || strcmp(rule->name, random->group) == 0, effect = rule->effect == NULL;

        for (int a = 0; a < random->k && !effect; a++)
            effect = strcmp(random->names[a], rule->effect) == 0;
        found = found || (group && effect);
        if (group && design_is_structured(design) && !check_structured(rule, random, err))
            return false;
        if (group && rule->law == PRIOR_WISHART && rule->df < random->k + 1)
            return fail(err, GLMM_E_VALUE, rule->at,
                        "wishart(df) needs df of at least %d for the %d effect%s of %.60s: with less its density has no mode",
                        random->k + 1, random->k, random->k == 1 ? "" : "s", random->group);
    }
    if (!found)
        return fail_group(rule, design, err);
    if ((rule->law == PRIOR_WISHART) != (rule->target == PRIOR_COVARIANCE)) {
        fail(err, GLMM_E_MODEL, rule->at, "%s",
             rule->target == PRIOR_COVARIANCE ? "covariance matrices have a wishart prior"
                                              : "wishart is for covariance matrices");
        error_hint(err, rule->target == PRIOR_COVARIANCE ? "cov ~ wishart(4.5), or sd ~ gamma(2.5, 0)" : "cov ~ wishart(4.5)");
        return false;
    }
    return true;
}

/* The information of a row is that of its mean alone. */
bool prior_knows_jeffreys(const struct family *family)
{
    return !family->has_dispersion && family->more_count == 0
           && (family->response == RESPONSE_BINOMIAL || (family->support == SUPPORT_COUNT && family->whole == NULL));
}

static bool check_jeffreys(const struct prior *prior, const struct prior_rule *rule, const struct design *design,
                           const struct family *family, struct glmm_error *err)
{
    if (design_is_structured(design)) {
        fail(err, GLMM_E_MODEL, rule->at, "jeffreys is for models without covariance structures and relationship matrices");
        error_hint(err, "fixed ~ normal(0, 2.5)");
        return false;
    }
    for (int i = 0; i < prior->count; i++)
        if ((prior->rules[i].target == PRIOR_FIXED || prior->rules[i].target == PRIOR_NAMED)
            && prior->rules[i].part == PRIOR_OF_MEAN)
            return fail(err, GLMM_E_USAGE, prior->rules[i].at, "jeffreys is a prior of all coefficients: none has another one");
    if (prior_knows_jeffreys(family))
        return true;
    fail(err, GLMM_E_MODEL, rule->at, "jeffreys is for binomial and poisson models; this one is %s", family->name);
    error_hint(err, "fixed ~ normal(0, 2.5)");
    return false;
}

bool prior_check(const struct prior *prior, const struct design *design, const struct family *family, struct glmm_error *err)
{
    for (int i = 0; i < prior->count; i++) {
        const struct prior_rule *rule = &prior->rules[i];

        for (int j = 0; j < i; j++)
            if (rule->target == prior->rules[j].target && rule->part == prior->rules[j].part
                && (rule->name == NULL ? prior->rules[j].name == NULL
                                       : prior->rules[j].name != NULL && strcmp(rule->name, prior->rules[j].name) == 0)
                && (rule->effect == NULL ? prior->rules[j].effect == NULL
                                         : prior->rules[j].effect != NULL && strcmp(rule->effect, prior->rules[j].effect) == 0))
                return fail(err, GLMM_E_USAGE, rule->at, "this has a prior already");
        if (rule->target == PRIOR_JEFFREYS                               ? !check_jeffreys(prior, rule, design, family, err)
            : rule->target == PRIOR_FIXED || rule->target == PRIOR_NAMED ? !check_coefficient(rule, design, err)
                                                                         : !check_random(rule, design, err))
            return false;
    }
    return true;
}
