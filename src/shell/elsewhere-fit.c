/* elsewhere-fit.c -- calls of R's functions that fit models, as lines of `fit`.
 *
 * An argument is known by its place or its name, as R matches them, or there is no line: one that is passed over in silence would
 * fit another model.  Families and links are looked up in the engine's tables, and the model is stated before it is advised. */
#include "shell/elsewhere-private.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "data/expr.h"
#include "fit/method.h"
#include "model/family.h"
#include "model/spec.h"
#include "report/stating.h"
#include "session/bundled.h"
#include "base/memory.h"

/* What an argument is about.  SILENT: how the optimum is found; OTHER: nothing that can be said here. */
enum role {
    ROLE_FORMULA,
    ROLE_DATA,
    ROLE_FAMILY,
    ROLE_REML,
    ROLE_RANDOM,
    ROLE_METHOD,
    ROLE_WEIGHTS,
    ROLE_SUBSET,
    ROLE_OFFSET,
    ROLE_ZI,
    ROLE_DISP,
    ROLE_NODES,
    ROLE_MISSING,
    ROLE_PRIOR,
    ROLE_COUNT,
    ROLE_SILENT = ROLE_COUNT,
    ROLE_OTHER,
    ROLE_OWN
};

struct formal {
    const char *name;
    enum role role;
};

/* In R's order. */
static const struct formal lmer_formals[] = {
    { "formula", ROLE_FORMULA },   { "data", ROLE_DATA },      { "REML", ROLE_REML },       { "control", ROLE_SILENT },
    { "start", ROLE_SILENT },      { "verbose", ROLE_SILENT }, { "subset", ROLE_SUBSET },   { "weights", ROLE_WEIGHTS },
    { "na.action", ROLE_MISSING }, { "offset", ROLE_OFFSET },  { "contrasts", ROLE_OTHER }, { "cov.prior", ROLE_PRIOR },
    { "fixef.prior", ROLE_OTHER }, { NULL, ROLE_OTHER },
};
static const struct formal glmer_formals[] = {
    { "formula", ROLE_FORMULA }, { "data", ROLE_DATA },         { "family", ROLE_FAMILY }, { "control", ROLE_SILENT },
    { "start", ROLE_SILENT },    { "verbose", ROLE_SILENT },    { "nAGQ", ROLE_NODES },    { "subset", ROLE_SUBSET },
    { "weights", ROLE_WEIGHTS }, { "na.action", ROLE_MISSING }, { "offset", ROLE_OFFSET }, { "contrasts", ROLE_OTHER },
    { "cov.prior", ROLE_PRIOR }, { "fixef.prior", ROLE_OTHER }, { NULL, ROLE_OTHER },
};
static const struct formal tmb_formals[] = {
    { "formula", ROLE_FORMULA },   { "data", ROLE_DATA },       { "family", ROLE_FAMILY },  { "ziformula", ROLE_ZI },
    { "dispformula", ROLE_DISP },  { "weights", ROLE_WEIGHTS }, { "offset", ROLE_OFFSET },  { "contrasts", ROLE_OTHER },
    { "na.action", ROLE_MISSING }, { "se", ROLE_SILENT },       { "verbose", ROLE_SILENT }, { "doFit", ROLE_OTHER },
    { "control", ROLE_SILENT },    { "REML", ROLE_REML },       { "start", ROLE_SILENT },   { "map", ROLE_OTHER },
    { "sparseX", ROLE_SILENT },    { "priors", ROLE_OTHER },    { NULL, ROLE_OTHER },
};
static const struct formal lme_formals[] = {
    { "fixed", ROLE_FORMULA },  { "data", ROLE_DATA },       { "random", ROLE_RANDOM },    { "correlation", ROLE_OTHER },
    { "weights", ROLE_OTHER },  { "subset", ROLE_SUBSET },   { "method", ROLE_METHOD },    { "na.action", ROLE_MISSING },
    { "control", ROLE_SILENT }, { "contrasts", ROLE_OTHER }, { "keep.data", ROLE_SILENT }, { NULL, ROLE_OTHER },
};
static const struct formal lm_formals[] = {
    { "formula", ROLE_FORMULA },   { "data", ROLE_DATA },    { "subset", ROLE_SUBSET },     { "weights", ROLE_WEIGHTS },
    { "na.action", ROLE_MISSING }, { "method", ROLE_OTHER }, { "model", ROLE_SILENT },      { "x", ROLE_SILENT },
    { "y", ROLE_SILENT },          { "qr", ROLE_SILENT },    { "singular.ok", ROLE_OTHER }, { "contrasts", ROLE_OTHER },
    { "offset", ROLE_OFFSET },     { NULL, ROLE_OTHER },
};
static const struct formal glm_formals[] = {
    { "formula", ROLE_FORMULA }, { "family", ROLE_FAMILY },     { "data", ROLE_DATA },      { "weights", ROLE_WEIGHTS },
    { "subset", ROLE_SUBSET },   { "na.action", ROLE_MISSING }, { "start", ROLE_SILENT },   { "etastart", ROLE_SILENT },
    { "mustart", ROLE_SILENT },  { "offset", ROLE_OFFSET },     { "control", ROLE_SILENT }, { "contrasts", ROLE_OTHER },
    { NULL, ROLE_OTHER },
};
static const struct formal own_formals[] = { { "formula", ROLE_FORMULA }, { "data", ROLE_DATA }, { NULL, ROLE_OTHER } };

static const struct fitter {
    const char *name;
    const struct formal *formals;
    bool restricted, prior, multiplies; /* REML by itself; a prior by itself; weights multiply the likelihood of all families */
} fitters[] = {
    { "lmer", lmer_formals, true, false, false },   { "glmer", glmer_formals, true, false, false },
    { "glmmTMB", tmb_formals, false, false, true }, { "lme", lme_formals, true, false, false },
    { "lm", lm_formals, true, false, false },       { "glm", glm_formals, true, false, false },
    { "blmer", lmer_formals, true, true, false },   { "bglmer", glmer_formals, true, true, false },
    { "fit", own_formals, true, false, false },     { "model", own_formals, true, false, false },
};

/* The call that is translated. */
struct recipe {
    const struct fitter *fitter;
    const char *given[ROLE_COUNT], *where;
    const struct family *family;
    const struct link *link;
    bool own, options; /* own: options of `fit` itself; options: one is written */
};

static const struct fitter *find_fitter(const char *name)
{
    for (size_t i = 0; i < sizeof fitters / sizeof fitters[0]; i++)
        if (strcmp(fitters[i].name, name) == 0)
            return &fitters[i];
    return NULL;
}

bool foreign_fits(const char *name)
{
    return find_fitter(name) != NULL;
}

/* The argument of that name, or the only one that begins so; -1: none. */
static int find_formal(const struct formal *formals, const char *name, size_t length)
{
    int found = -1, count = 0;

    for (int i = 0; formals[i].name != NULL; i++)
        if (strncmp(formals[i].name, name, length) == 0) {
            if (formals[i].name[length] == '\0')
                return i;
            found = i;
            count++;
        }
    return count == 1 ? found : -1;
}

static bool names_one(const char *name, size_t length, const char *one)
{
    return strlen(one) == length && memcmp(name, one, length) == 0;
}

/* Of an argument whose name has `length` bytes. */
static bool refuse_argument(struct foreign *f, const char *name, size_t length)
{
    bool structure = names_one(name, length, "correlation") || names_one(name, length, "weights");
    const char *help = names_one(name, length, "contrasts") ? ": contrasts= has help contrasts"
                       : structure                          ? ": residual= and disp= have help structures"
                                                            : "";

    return foreign_refuse(f, arena_printf(f->arena, "`%.*s =` of %.20s has no sure translation%s", length < 40 ? (int)length : 40,
                                          name, f->function, help));
}

static bool take_argument(struct foreign *f, struct recipe *r, const struct formal *formal, const char *value)
{
    if (formal->role == ROLE_OTHER)
        return strcmp(value, "NULL") == 0 || refuse_argument(f, formal->name, strlen(formal->name));
    if (formal->role < ROLE_COUNT)
        r->given[formal->role] = value;
    return true;
}

/* Sorts the arguments by what they are about: the named ones first, then the others in their order. */
static bool sort_arguments(struct foreign *f, struct recipe *r)
{
    const struct formal *formals = r->fitter->formals;
    bool taken[FOREIGN_ARGUMENTS] = { false };
    size_t length;
    int next = 0;

    r->own = formals == own_formals;
    for (int i = 0; i < f->count; i++) {
        const char *value = foreign_value(f->arguments[i], &length);
        int at = value == NULL ? -1 : find_formal(formals, f->arguments[i], length);

        if (value == NULL || (r->own && at < 0))
            continue;
        if (at < 0 || taken[at])
            return refuse_argument(f, f->arguments[i], length);
        taken[at] = true;
        if (*value == '\0')
            return refuse_argument(f, formals[at].name, strlen(formals[at].name));
        if (!take_argument(f, r, &formals[at], value))
            return false;
    }
    for (int i = 0; i < f->count; i++) {
        if (foreign_value(f->arguments[i], &length) != NULL)
            continue;
        while (formals[next].name != NULL && taken[next])
            next++;
        if (formals[next].name == NULL || f->arguments[i][0] == '\0')
            return foreign_refuse(f, arena_printf(f->arena, "an argument of %.20s is not understood", f->function));
        taken[next] = true;
        if (!take_argument(f, r, &formals[next], f->arguments[i]))
            return false;
    }
    return true;
}

static bool is_value(const char *value, const char *a, const char *b, const char *c)
{
    return strcmp(value, a) == 0 || strcmp(value, b) == 0 || strcmp(value, c) == 0;
}

/* The text without its blanks outside quotes: as the value of an option it has none. */
static const char *without_blanks(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text);
    char quote = 0;
    size_t n = 0;

    for (; out != NULL && *text != '\0'; text++) {
        if (quote != 0)
            quote = *text == quote ? 0 : quote;
        else if (*text == '"' || *text == '\'' || *text == '`')
            quote = *text;
        else if (*text == ' ' || *text == '\t')
            continue;
        out[n++] = *text;
    }
    if (out != NULL)
        out[n] = '\0';
    return out;
}

/* Functions whose value in a row depends on that row alone: they mean the same in a part of the rows, and in both programs. */
static bool by_row(const char *name)
{
    static const char *const functions[] = { "log", "log2",   "log10",     "log1p", "exp",    "sqrt",  "abs",
                                             "I",   "factor", "as.factor", "cbind", "offset", "is.na", "c" };

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(functions[i], name) == 0)
            return true;
    return false;
}

static bool is_by_row(const struct expr *e)
{
    if (e == NULL)
        return true;
    if (e->kind == EXPR_CALL && !by_row(e->text))
        return false;
    for (const struct expr *argument = e->kind == EXPR_CALL ? e->arguments : NULL; argument != NULL; argument = argument->next)
        if (!is_by_row(argument))
            return false;
    return is_by_row(e->left) && is_by_row(e->right);
}

/* A comparison, or several: what else R takes as a subset (numbers of rows) is none here. */
static bool is_condition(const struct expr *e)
{
    static const char *const signs[] = { "==", "!=", "<", "<=", ">", ">=", "%in%" };

    if (e->kind == EXPR_PAREN)
        return is_condition(e->left);
    if (e->kind == EXPR_UNARY)
        return strcmp(e->text, "!") == 0 && is_condition(e->left);
    if (e->kind == EXPR_CALL)
        return strcmp(e->text, "is.na") == 0;
    if (e->kind != EXPR_BINARY)
        return false;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcmp(e->text, signs[i]) == 0)
            return true;
    return (strcmp(e->text, "&") == 0 || strcmp(e->text, "|") == 0) && is_condition(e->left) && is_condition(e->right);
}

/* Rows that a condition names, as where=. */
static bool take_rows(struct foreign *f, struct recipe *r, const char *condition)
{
    struct glmm_error err = { .at = NOWHERE };
    const struct expr *rows = expr_parse(f->arena, condition, &err),
                      *formula = expr_parse(f->arena, r->given[ROLE_FORMULA], &err);

    if (rows == NULL || !is_condition(rows) || !is_by_row(rows))
        return foreign_refuse(f, arena_printf(f->arena, "the rows `%.60s` are no condition that where= surely has", condition));
    if (formula == NULL || !is_by_row(formula))
        return foreign_refuse(f, arena_printf(f->arena,
                                              "where= may mean another model than rows `%.60s` in R: a term of the formula "
                                              "depends on all rows",
                                              condition));
    r->where = without_blanks(f->arena, condition);
    return r->where != NULL;
}

/* data = NAME, or data = subset(NAME, CONDITION): *name is the set. */
static bool take_data(struct foreign *f, struct recipe *r, const char **name)
{
    struct foreign inner = { .session = f->session, .arena = f->arena };
    char *path;

    *name = r->given[ROLE_DATA];
    if (*name == NULL)
        return f->session->data != NULL || foreign_refuse(f, "no data are loaded");
    if (strchr(*name, '(') != NULL && foreign_call(&inner, *name) && strcmp(inner.function, "subset") == 0 && inner.count == 2
        && strchr(*name, '$') == NULL) {
        size_t length;
        const char *condition = foreign_value(inner.arguments[1], &length);

        if (condition != NULL && (length != 6 || strncmp(inner.arguments[1], "subset", length) != 0))
            return foreign_refuse(f, arena_printf(f->arena, "data = `%.60s` has no sure translation", *name));
        *name = inner.arguments[0];
        if (!take_rows(f, r, condition == NULL ? inner.arguments[1] : condition))
            return false;
    }
    if (session_find_data(f->session, *name) != NULL)
        return true;
    for (const char *at = *name; *at != '\0'; at++)
        if (!is_name_byte(*at))
            return foreign_refuse(
                f, arena_printf(f->arena, "data = `%.60s` is no data set that is loaded: make it first, by where or let", *name));
    path = bundled_path(*name, NULL);
    foreign_refuse(f, path == NULL
                          ? arena_printf(f->arena, "no data set `%.60s` is loaded: load FILE as %.60s comes first", *name, *name)
                          : arena_printf(f->arena, "no data set `%.60s` is loaded: load %.60s comes first", *name, *name));
    mem_free(path);
    return false;
}

static void add_option(struct foreign *f, struct recipe *r, const char *name, const char *value)
{
    text_addf(f->out, "%s%s=%s", r->options ? " " : ", ", name, value);
    r->options = true;
}

/* The family as its own table has it; glmmTMB's lognormal has the SD of y, and not of log y, the same in all rows. */
static const struct family *known_family(struct foreign *f, const char *name)
{
    static const char *const renamed[][2] = { { "t_family", "t" }, { "beta_family", "beta" } };
    struct glmm_error err = { .at = NOWHERE };
    const struct family *family;

    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        name = strcmp(renamed[i][0], name) == 0 ? renamed[i][1] : name;
    family = family_find(name, &err);
    if (family != NULL && strcmp(name, "lognormal") != 0)
        return family;
    foreign_refuse(f,
                   arena_printf(f->arena, "the family `%.40s` has no translation: help families has those that there are", name));
    return NULL;
}

/* `"binomial"`, `stats::poisson`, `binomial(link = "probit")`: the family and its link, which without a name is R's. */
static bool take_family(struct foreign *f, struct recipe *r)
{
    static const char *const theirs[][2] = { { "Gamma", "inverse" }, { "inverse.gaussian", "1/mu^2" } };
    struct foreign inner = { .session = f->session, .arena = f->arena };
    struct glmm_error err = { .at = NOWHERE };
    const char *text =
                   r->given[ROLE_FAMILY] == NULL ? "gaussian" : spec_unquoted(f->arena, r->given[ROLE_FAMILY], FOREIGN_QUOTES),
               *link = NULL, *colons;
    size_t length;

    if (text == NULL)
        return false;
    if (strchr(text, '(') != NULL) {
        if (!foreign_call(&inner, text) || inner.count > 1)
            return foreign_refuse(f, arena_printf(f->arena, "the family `%.60s` has no translation", text));
        text = inner.function;
        if (inner.count == 1) {
            link = foreign_value(inner.arguments[0], &length);
            if (link != NULL && (length != 4 || strncmp(inner.arguments[0], "link", length) != 0))
                return foreign_refuse(f, arena_printf(f->arena, "`%.60s` of a family has no translation", inner.arguments[0]));
            link = spec_unquoted(f->arena, link == NULL ? inner.arguments[0] : link, FOREIGN_QUOTES);
        }
    } else if ((colons = strstr(text, "::")) != NULL) {
        text = colons + 2;
    }
    if ((r->family = known_family(f, text)) == NULL)
        return false;
    for (size_t i = 0; link == NULL && i < sizeof theirs / sizeof theirs[0]; i++)
        link = strcmp(theirs[i][0], r->family->name) == 0 ? theirs[i][1] : NULL;
    if ((r->link = family_link(r->family, link, &err)) == NULL)
        return foreign_refuse(f, arena_printf(f->arena, "%.100s", err.message));
    if (r->family != &family_gaussian)
        add_option(f, r, "family", r->family->name);
    if (r->link != r->family->links[0])
        add_option(f, r, "link", r->link->name);
    return true;
}

/* REML = , method = and, where it says nothing, what the function does by itself. */
static bool take_method(struct foreign *f, struct recipe *r)
{
    const char *reml = r->given[ROLE_REML],
               *method = r->given[ROLE_METHOD] == NULL ? NULL : spec_unquoted(f->arena, r->given[ROLE_METHOD], FOREIGN_QUOTES);
    bool linear = r->family == &family_gaussian && r->link == &link_identity && r->given[ROLE_ZI] == NULL;
    bool restricted = r->fitter->restricted;

    if (reml != NULL && !is_value(reml, "T", "TRUE", "1") && !is_value(reml, "F", "FALSE", "0"))
        return foreign_refuse(f, arena_printf(f->arena, "REML = `%.40s` is neither TRUE nor FALSE", reml));
    if (method != NULL && !is_value(method, "REML", "ML", "ML"))
        return foreign_refuse(f, arena_printf(f->arena, "method = `%.40s` has no translation", method));
    if (reml != NULL || method != NULL)
        restricted = reml != NULL ? is_value(reml, "T", "TRUE", "1") : strcmp(method, "REML") == 0;
    if (!linear && reml != NULL && restricted)
        return foreign_refuse(f, "REML is for linear models here; a model of another family is fitted by maximum likelihood");
    if (linear && !restricted)
        add_option(f, r, "method", "ml");
    return true;
}

/* weights =, as the function has them: trials of a proportion, a divisor of the variance, or of the likelihood. */
static bool take_weights(struct foreign *f, struct recipe *r)
{
    const char *weights = r->given[ROLE_WEIGHTS];

    if (weights == NULL || r->family == NULL)
        return true;
    if (r->fitter->multiplies && r->family->weight_divides)
        return foreign_refuse(f, "weights of glmmTMB multiply the likelihood, weights= here divide the variance");
    if ((weights = without_blanks(f->arena, weights)) == NULL)
        return false;
    add_option(
        f, r, strncmp(r->family->name, "binomial", 8) == 0 || strcmp(r->family->name, "betabinomial") == 0 ? "trials" : "weights",
        weights);
    return true;
}

/* The formulas of other predictors, without those that say nothing. */
static bool take_parts(struct foreign *f, struct recipe *r)
{
    const char *zi = r->given[ROLE_ZI] == NULL ? "~0" : without_blanks(f->arena, r->given[ROLE_ZI]);
    const char *disp = r->given[ROLE_DISP] == NULL ? "~1" : without_blanks(f->arena, r->given[ROLE_DISP]);

    if (zi == NULL || disp == NULL)
        return false;
    if (strcmp(zi, "~.") == 0 || *zi != '~' || strcmp(disp, "~0") == 0 || *disp != '~')
        return foreign_refuse(f, "a formula of ziformula or dispformula has no translation");
    if (strcmp(zi, "~0") != 0)
        add_option(f, r, "zi", zi);
    if (strcmp(disp, "~1") != 0)
        add_option(f, r, "disp", disp);
    return true;
}

/* nAGQ, na.action, offset, and options of `fit` itself. */
static bool take_rest(struct foreign *f, struct recipe *r)
{
    const char *nodes = r->given[ROLE_NODES], *missing = r->given[ROLE_MISSING], *value;
    const char *offset = r->given[ROLE_OFFSET] == NULL ? NULL : without_blanks(f->arena, r->given[ROLE_OFFSET]);
    size_t length;

    if (nodes != NULL && (strspn(nodes, "0123456789L") != strlen(nodes) || atoi(nodes) < 1))
        return foreign_refuse(f,
                              arena_printf(f->arena, "nAGQ = %.20s has no translation: nodes=K counts from 1, Laplace's", nodes));
    if (nodes != NULL && atoi(nodes) > 1)
        add_option(f, r, "nodes", arena_printf(f->arena, "%d", atoi(nodes)));
    missing = missing == NULL ? "na.omit" : spec_unquoted(f->arena, missing, FOREIGN_QUOTES);
    if (missing != NULL && !is_value(missing, "na.omit", "na.exclude", "stats::na.omit"))
        return foreign_refuse(
            f, arena_printf(f->arena, "na.action = `%.40s` has no translation: rows with a missing value are left out", missing));
    if (offset != NULL)
        add_option(f, r, "offset", offset);
    for (int i = 0; r->own && i < f->count; i++) {
        if ((value = foreign_value(f->arguments[i], &length)) == NULL || find_formal(own_formals, f->arguments[i], length) >= 0)
            continue;
        add_option(f, r, arena_strndup(f->arena, f->arguments[i], length), without_blanks(f->arena, value));
    }
    return true;
}

/* `~ 1 | g`, `list(g = ~ 1)`: as a term. */
static bool add_random(struct foreign *f, const struct recipe *r)
{
    struct foreign inner = { .session = f->session, .arena = f->arena };
    const char *random = r->given[ROLE_RANDOM], *value;
    size_t length;

    if (r->fitter->formals != lme_formals)
        return true;
    if (random != NULL && *random == '~' && strchr(random, '|') != NULL) {
        text_addf(f->out, " + (%s)", random + 1 + strspn(random + 1, " "));
        return true;
    }
    if (random != NULL && strncmp(random, "list", 4) == 0 && foreign_call(&inner, random) && inner.count == 1
        && (value = foreign_value(inner.arguments[0], &length)) != NULL && *value == '~' && strchr(value, '|') == NULL) {
        text_addf(f->out, " + (%s | %.*s)", value + 1 + strspn(value + 1, " "), (int)length, inner.arguments[0]);
        return true;
    }
    return foreign_refuse(f, random == NULL
                                 ? "lme without `random =` takes it from the data: here the formula has it, (1 | g)"
                                 : "`random =` of lme has no sure translation here: the formula has terms such as (x | g)");
}

bool foreign_fit(struct foreign *f)
{
    struct recipe recipe = { .fitter = find_fitter(f->function) }, *r = &recipe;
    const char *data, *prior;

    if (!sort_arguments(f, r))
        return false;
    r->given[ROLE_FORMULA] = spec_unquoted(f->arena, r->given[ROLE_FORMULA], FOREIGN_QUOTES);
    if (r->given[ROLE_FORMULA] == NULL || strchr(r->given[ROLE_FORMULA], '~') == NULL)
        return foreign_refuse(
            f, arena_printf(f->arena, "%.20s has no formula here that is written out: fit y ~ x + (1 | g)", f->function));
    prior = r->given[ROLE_PRIOR];
    if (r->fitter->prior && (prior == NULL || strcmp(prior, "NULL") != 0))
        return foreign_refuse(f, arena_printf(f->arena,
                                              "%.20s puts a prior on the covariances by itself, which has no translation: "
                                              "prior= (help priors) has others",
                                              f->function));
    if (!r->fitter->prior && prior != NULL)
        return refuse_argument(f, "cov.prior", strlen("cov.prior"));
    if (r->given[ROLE_SUBSET] != NULL && !take_rows(f, r, r->given[ROLE_SUBSET]))
        return false;
    if (r->given[ROLE_SUBSET] != NULL && r->given[ROLE_DATA] != NULL && strchr(r->given[ROLE_DATA], '(') != NULL)
        return foreign_refuse(f, "rows that are chosen twice have no translation");
    if (!take_data(f, r, &data))
        return false;
    text_addf(f->out, "fit %s%s%s", f->target == NULL ? "" : f->target, f->target == NULL ? "" : " = ", r->given[ROLE_FORMULA]);
    if (!add_random(f, r) || !take_family(f, r) || (!r->own && !take_method(f, r)) || !take_weights(f, r) || !take_parts(f, r)
        || !take_rest(f, r))
        return false;
    if (r->where != NULL)
        add_option(f, r, "where", r->where);
    if (data != NULL && (f->session->data == NULL || strcmp(data, f->session->data->name) != 0))
        add_option(f, r, "data", data);
    return true;
}

bool foreign_fit_runs(struct foreign *f, const struct call *call)
{
    struct glmm_error err = { .at = NOWHERE };
    struct fit_options engine = { .method = METHOD_DEFAULT };
    const char *nodes;
    struct model *model;
    bool runs;

    if (!is_statement(call->argument))
        return true;
    if (strstr(call->line, "method=ml") != NULL)
        engine.method = METHOD_ML;
    if ((nodes = strstr(call->line, "nodes=")) != NULL) {
        engine.method = METHOD_AGQ;
        engine.nodes = atoi(nodes + strlen("nodes="));
    }
    model = model_state(f->session, call, &err);
    runs = model != NULL && method_check(model, &engine, &err);
    model_free(model);
    return runs || foreign_refuse(f, arena_printf(f->arena, "no line of fit does it: %.120s", err.message));
}
