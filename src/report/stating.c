/* stating.c -- see stating.h. */
#include "report/stating.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"
#include "fit/method.h"
#include "infer/pool.h"
#include "model/family.h"
#include "model/formula.h"
#include "report/naming.h"
#include "term/progress.h"

/* Byte at which the formula begins; the name's length in *name_length, 0 where there is none. */
static int formula_begins(const char *text, int *name_length)
{
    int length = 0, at;

    while (length == 0 ? is_name_start(text[0]) || text[0] == '.' : is_name_byte(text[length]))
        length++;
    at = length + (int)strspn(text + length, " \t\n");
    *name_length = 0;
    if (length == 0 || text[at] != '=' || text[at + 1] == '=')
        return 0;
    *name_length = length;
    at++;
    return at + (int)strspn(text + at, " \t\n");
}

/* "`my model` = ..." is a name that a model cannot have. */
static bool check_name(const struct call *call, struct glmm_error *err)
{
    const char *text = call->argument, *end = text[0] == '`' ? strchr(text + 1, '`') : NULL, *next;

    if (end == NULL)
        return true;
    next = end + 1 + strspn(end + 1, " \t\n");
    if (*next != '=' || next[1] == '=')
        return true;
    return fail(err, GLMM_E_USAGE, span_of(call->argument_at.begin, call->argument_at.begin + (int)(end - text) + 1),
                "a model is named by letters, digits, `_` and `.`");
}

bool is_statement(const char *text)
{
    char quote = 0;
    int name;

    if (formula_begins(text, &name) > 0)
        return true;
    for (; *text != '\0'; text++) {
        if (quote != 0)
            quote = *text == quote ? 0 : quote;
        else if (*text == '"' || *text == '`')
            quote = *text;
        else if (strchr("~|()+*", *text) != NULL)
            return true;
    }
    return false;
}

void place_argument(const struct call *call, struct glmm_error *err)
{
    struct glmm_span at = err->argument == NULL ? NOWHERE : call_option_at(call, err->argument);

    if (at.begin < 0)
        return;
    if (err->at.begin >= 0)
        error_shift(err, at.begin);
    else
        err->at = at;
}

static const struct frame *statement_data(struct session *session, const struct call *call, const struct statement *options,
                                          struct glmm_error *err)
{
    struct suggest suggest;
    const struct frame *frame;

    if (options->data == NULL)
        return session_need_data(session, err);
    if ((frame = session_find_data(session, options->data)) != NULL)
        return frame;
    fail(err, GLMM_E_NAME, call_option_at(call, "data"), "no data set `%.60s`", options->data);
    suggest_init(&suggest, options->data);
    for (struct dataset *dataset = session->datasets; dataset != NULL; dataset = dataset->next)
        suggest_offer(&suggest, dataset->frame->name);
    suggest_hint(&suggest, err);
    return NULL;
}

/* The model of that statement under that name. */
static struct model *state_as(struct session *session, const char *name, const struct frame *frame, const struct call *call,
                              int begin, struct glmm_error *err)
{
    const struct statement *given = call->options;
    struct spec spec = { .formula = call->argument + begin,
                         .family = given->family,
                         .link = given->link,
                         .weights = given->weights,
                         .trials = given->trials,
                         .offset = given->offset,
                         .zi = given->zi,
                         .disp = given->disp,
                         .residual = given->residual,
                         .prior = given->prior,
                         .relations = session->relations,
                         .contrasts = given->contrasts,
                         .where = given->where };
    bool merged = (call->command->flags & COMMAND_MERGED) != 0;
    struct model *model = merged ? model_new_merged(name, frame, &spec, &session->progress, err)
                                 : model_new(name, frame, &spec, &session->progress, err);

    if (model != NULL)
        return model;
    if (error_is_about(err, "formula"))
        error_shift(err, call->argument_at.begin + begin);
    place_argument(call, err);
    return NULL;
}

/* Fails for `y = x`, an equation as others write it: what stands before `=` names the model, so that x would be the response. */
static bool name_is_response(const struct call *call, const char *name, int begin, const struct frame *frame,
                             struct glmm_error *err)
{
    size_t length;

    if (begin == 0 || strchr(call->argument + begin, '~') != NULL || frame_find(frame, name) == NULL)
        return false;
    fail(err, GLMM_E_SYNTAX, call->argument_at, "a formula needs `~`, and `=` stands behind the name of a model");
    length = strcspn(call->argument + begin, "/;"); /* SAS has options behind a slash */
    while (length > 0 && call->argument[begin + (int)length - 1] == ' ')
        length--;
    error_hint(err, "%.40s is a variable: %s %.40s ~ %.*s", name, call->command->name, name, (int)(length < 100 ? length : 100),
               call->argument + begin);
    return true;
}

struct model *model_state(struct session *session, const struct call *call, struct glmm_error *err)
{
    int name_length, begin = formula_begins(call->argument, &name_length);
    const struct frame *frame;
    struct model *model;
    char *name;

    if (call->argument[begin] == '\0') {
        fail(err, GLMM_E_USAGE, call->argument_at, "`%s` needs a formula", call->command->name);
        error_hint(err, "for example: %s Reaction ~ Days + (Days | Subject)", call->command->name);
        return NULL;
    }
    if (!check_name(call, err) || (frame = statement_data(session, call, call->options, err)) == NULL)
        return NULL;
    name = name_length > 0 ? mem_strndup(call->argument, (size_t)name_length) : session_new_model_name(session);
    if (name == NULL) {
        fail_memory(err);
        return NULL;
    }
    model = name_is_response(call, name, begin, frame, err) ? NULL : state_as(session, name, frame, call, begin, err);
    mem_free(name);
    return model;
}

const char *const family_choices[] = { "gaussian",          "binomial",          "poisson",    "Gamma",
                                       "inverse.gaussian",  "nbinom2",           "nbinom1",    "beta",
                                       "betabinomial",      "lognormal",         "t",          "tweedie",
                                       "compois",           "genpois",           "ordbeta",    "truncated_poisson",
                                       "truncated_nbinom1", "truncated_nbinom2", "cumulative", NULL };
const char *const link_choices[] = {
    "identity", "log", "logit", "probit", "cloglog", "cauchit", "inverse", "sqrt", "1/mu^2", NULL
};
/* One rule of each kind, with the numbers of help priors. */
const char *const prior_choices[] = { "jeffreys", "\"fixed ~ normal(0, 2.5)\"", "\"sd ~ gamma(2.5, 0)\"",
                                      "\"cov ~ wishart(4.5)\"", NULL };
const char *const formula_choices[] = { "~", NULL };
const char *const residual_choices[] = { "ar1(", "arh1(", "car1(", "cs(", "toep(", "us(", "diag(", NULL };
const char *const contrast_choices[] = { "treatment", "sum", "helmert", "poly", NULL };

struct fit *model_run_fit(struct session *session, const struct model *model, const struct fit_options *options,
                          struct glmm_error *err)
{
    bool stated = session_find_model(session, model->name) == model;
    char label[80];

    snprintf(label, sizeof label, "fit %.60s", model->name);
    progress_name(session, label, stated ? model->name : NULL);
    return model_is_imputed(model) ? pool_fit(model, options, &session->progress, err)
                                   : model_fit(model, options, &session->progress, err);
}

static struct fit *refit_run(void *context, const struct model *model, const struct fit_options *options, struct glmm_error *err)
{
    return model_run_fit(context, model, options, err);
}

struct refit session_refit(struct session *session)
{
    return (struct refit){ refit_run, session };
}
