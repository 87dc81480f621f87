/* naming.c -- see naming.h. */
#include "report/naming.h"

#include <string.h>

#include "base/suggest.h"

/* Offers the groups of one predictor; the first of them, or NULL. */
static const char *offer_groups(const struct design *design, struct suggest *suggest)
{
    for (int t = 0; t < design->random_count; t++)
        if (is_first_of_group(design, t))
            suggest_offer(suggest, design->random[t].group);
    return design->random_count > 0 ? design->random[0].group : NULL;
}

/* Completes an error about a name by the nearest of those offered so far and the grouping factors, with `parts` those of zi= and
 * disp= too, or by the first of these. */
static void hint_groups(const struct model *model, bool parts, struct suggest *suggest, struct glmm_error *err)
{
    const char *first = offer_groups(model->design, suggest);

    for (int k = 0; parts && k < DESIGN_PARTS; k++)
        if (model->design->part[k] != NULL) {
            const char *other = offer_groups(model->design->part[k], suggest);

            first = first != NULL ? first : other;
        }
    if (!suggest_hint(suggest, err) && first != NULL)
        error_hint(err, "%.60s is grouped by `%.100s`", model->name, first);
}

bool check_group(const struct model *model, struct word *word, struct glmm_error *err)
{
    int t = group_index(model->design, word->text);
    struct suggest suggest;

    if (t >= 0) {
        word->text = model->design->random[t].group;
        return true;
    }
    fail(err, GLMM_E_NAME, word->at, "`%.60s` is no grouping factor of %.60s", word->text, model->name);
    suggest_init(&suggest, word->text);
    hint_groups(model, false, &suggest, err);
    return false;
}

/* In the mean's terms, or in those of another predictor. */
static bool has_group(const struct design *design, const char *word)
{
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (design->part[k] != NULL && group_index(design->part[k], word) >= 0)
            return true;
    return group_index(design, word) >= 0;
}

/* As the two below; `parts`: the command takes groups of zi= and disp= too. */
static struct model *find_fitted(struct session *session, const struct call *call, int *rest, bool parts, struct glmm_error *err)
{
    const struct word *first = call->word_count > 0 ? &call->words[0] : NULL;
    struct suggest suggest;
    struct model *model;

    *rest = 0;
    if (first == NULL)
        return session_need_fit(session, NULL, NOWHERE, err);
    if (session_find_model(session, first->text) != NULL) {
        *rest = 1;
        return session_need_fit(session, first->text, first->at, err);
    }
    if (session->models == NULL)
        return session_need_fit(session, first->text, first->at, err);
    if ((model = session->model) != NULL && model->design != NULL && has_group(model->design, first->text))
        return session_need_fit(session, NULL, NOWHERE, err);
    fail(err, GLMM_E_NAME, first->at, "`%.60s` is neither a model nor a grouping factor of %.60s", first->text,
         model == NULL ? "the current model" : model->name);
    suggest_init(&suggest, first->text);
    for (struct model *known = session->models; known != NULL; known = known->next)
        suggest_offer(&suggest, known->name);
    if (model != NULL && model->design != NULL)
        hint_groups(model, parts, &suggest, err);
    else
        suggest_hint(&suggest, err);
    return NULL;
}

struct model *call_first_fit(struct session *session, const struct call *call, bool named, struct glmm_error *err)
{
    return session_need_fit(session, named ? call->words[0].text : NULL, named ? call->words[0].at : NOWHERE, err);
}

struct model *call_only_fit(struct session *session, const struct call *call, struct glmm_error *err)
{
    return no_more_words(call, 1, err) ? call_first_fit(session, call, call->word_count > 0, err) : NULL;
}

struct model *call_fitted_model(struct session *session, const struct call *call, int *rest, struct glmm_error *err)
{
    return find_fitted(session, call, rest, false, err);
}

struct model *call_fitted_parts(struct session *session, const struct call *call, int *rest, struct glmm_error *err)
{
    return find_fitted(session, call, rest, true, err);
}

bool no_more_words(const struct call *call, int used, struct glmm_error *err)
{
    /* a variable, `by` and a group: what is too much begins with `by` (call_hint_comma() says what to type) */
    if (used > 0 && call->word_count > used && strcmp(call->words[used - 1].text, "by") == 0)
        used--;
    return call->word_count <= used
           || fail(err, GLMM_E_USAGE, call->words[used].at, "`%.60s` is one word too many", call->words[used].text);
}

bool fail_without_effects(const struct model *model, const char *so, struct glmm_error *err)
{
    return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no random effects%s%s", model->name,
                design_term_count(model->design) > 0 ? " of the mean" : "", so);
}

struct glmm_span call_option_at(const struct call *call, const char *name)
{
    const struct option *option = option_find(call->command->options, name);

    return option == NULL ? NOWHERE : call->option_at[option - call->command->options];
}

bool call_has_option(const struct call *call, const char *name)
{
    return call_option_at(call, name).begin >= 0;
}
