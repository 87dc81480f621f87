/* shrinkage.c -- no pooling, partial pooling and complete pooling, level by level, with the picture beside the rows.
 *
 * A scalar effect has a strip with each level's own estimate, its BLUP and the interval; the effects of a vector are drawn
 * in the plane of the first two, an arrow from the own estimates to the BLUPs, since no single number says how much is kept
 * of a vector. */
#include "lang/command.h"
#include "report/interval-notes.h"
#include "report/determined.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/intercept.h"
#include "cmd/plots/strip.h"
#include "cmd/shrinkage-part.h"
#include "fit/identify.h"
#include "infer/ci.h"
#include "infer/shrinkage.h"
#include "result/value.h"

static const struct shrinkage_call defaults = { .sort = NULL };
static const char *const sorts[] = { "raw", "blup", "n", "name", NULL };

static const struct option options[] = {
    { .name = "sort",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct shrinkage_call, sort),
      .choices = sorts,
      .word = "BY",
      .help = "order of the levels: by their own estimate (raw; the BLUP where many of these are infinite), by the BLUP, by "
              "their number of rows, by name" },
    { .name = "all",
      .type = OPTION_FLAG,
      .offset = offsetof(struct shrinkage_call, all),
      .help = "all levels, not only the first and the last of the order" },
    { .name = "rank",
      .type = OPTION_FLAG,
      .offset = offsetof(struct shrinkage_call, rank),
      .help = "a league table: ranks instead of values, with simulated intervals of the rank" },
    { .name = "pairs",
      .type = OPTION_FLAG,
      .offset = offsetof(struct shrinkage_call, pairs),
      .help = "intervals for comparing: two groups differ where theirs do not overlap" },
    { .name = "response",
      .type = OPTION_FLAG,
      .offset = offsetof(struct shrinkage_call, response),
      .help = "means instead of coefficients: probabilities, counts (of an intercept)" },
    { 0 },
};

static const struct example examples[] = {
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); shrinkage", "six batch means, drawn toward the overall mean" },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject); shrinkage m1",
      "intercepts and slopes move together: arrows" },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject); shrinkage m1 Subject Days, sort=blup", "the slopes alone" },
    { "load penicillin; fit m1 = diameter ~ 1 + (1 | plate) + (1 | sample); shrinkage m1 plate, rank",
      "a league table of 24 plates" },
    { "load penicillin; fit m1 = diameter ~ 1 + (1 | plate) + (1 | sample); shrinkage m1 sample, pairs",
      "which samples differ?" },
    { "load hospitals; fit cbind(deaths, patients - deaths) ~ 1 + (1 | hospital), family=binomial; shrinkage, response",
      "rates, not log-odds" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_GROUP, COMPLETE_EFFECT, COMPLETE_NOTHING };

/* --- the parts ----------------------------------------------------------------------------------------------- */

static int32_t count_unknown(const struct fit *fit, int t, int effect)
{
    int32_t count = 0;

    for (int32_t l = 0; l < fit->design->random[t].level_count; l++)
        count += !fit_knows_mode(fit, t, l, effect);
    return count;
}

static bool all_known(const struct fit *fit, int t)
{
    for (int a = 0; a < fit->design->random[t].k; a++)
        if (count_unknown(fit, t, a) > 0)
            return false;
    return true;
}

/* Which effects are asked for: of all terms, or of those of a group, or the one that is named. Ranks, intervals to compare
 * and means are of one effect each; a mean has only an intercept. Fills parts (room for one an effect); how many. */
static int choose_parts(const struct fit *fit, const char *group, const char *term, const struct shrinkage_call *given,
                        struct shrinkage_part *parts)
{
    const struct design *design = fit->design;
    bool single = given->rank || given->pairs || given->response;
    int count = 0;

    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];

        if (group != NULL && strcmp(random->group, group) != 0)
            continue;
        if (term == NULL && !single && all_known(fit, t)) {
            parts[count] = (struct shrinkage_part){ .term = t, .count = random->k };
            count++;
        }
        for (int a = 0; (term != NULL || single || !all_known(fit, t)) && a < random->k; a++) {
            bool wanted =
                term != NULL ? name_is(random->names[a], term) : !given->response || strcmp(random->names[a], "(Intercept)") == 0;

            if (wanted && (term != NULL || count_unknown(fit, t, a) < random->level_count) && !(term != NULL && count > 0)) {
                parts[count] = (struct shrinkage_part){ .term = t, .effect = a, .count = 1 };
                count++;
            }
        }
    }
    for (int i = 0; i < count; i++)
        parts[i].alone = count == 1;
    return count;
}

/* Computes what the part shows. */
static bool part_init(struct shrinkage_part *part, const struct fit *fit, const struct shrinkage_call *given, double level,
                      const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct random_design *random = &fit->design->random[part->term];

    part->reach = wald_quantile((double)INFINITY, level);
    if ((part->shrinkage = NEW_ARRAY(struct shrinkage *, part->count)) == NULL)
        return fail_memory(err);
    for (int a = 0; a < part->count; a++)
        if ((part->shrinkage[a] = shrinkage_new_watched(fit, random->group, random->names[part->effect + a], progress, err))
            == NULL)
            return false;
    part->sort = given->sort != NULL ? given->sort : strip_usual_sort(part->shrinkage[0]);
    part->spread =
        strip_is_mostly_infinite(part->shrinkage[0]) && (strcmp(part->sort, "raw") == 0 || strcmp(part->sort, "blup") == 0);
    return (!given->pairs || shrinkage_pairs(part->shrinkage[0], level, &part->reach, err))
           && (!given->response || shrinkage_to_response(part->shrinkage[0], fit, part->reach, err));
}

static void part_clear(struct shrinkage_part *part)
{
    for (int a = 0; part->shrinkage != NULL && a < part->count; a++)
        shrinkage_free(part->shrinkage[a]);
    mem_free(part->shrinkage);
}

/* Nothing that was asked for is there. */
static bool fail_nothing(const struct model *model, const struct call *call, const char *group, const char *term, int at,
                         struct glmm_error *err)
{
    const struct design *design = model->design;

    if (term != NULL || !((const struct shrinkage_call *)call->options)->response) {
        shrinkage_free(shrinkage_new(model->fit, group, term, err)); /* says what is wrong, with suggestions */
        if (err->at.begin < 0 && term != NULL)
            err->at = call->words[at + 1].at;
        return false;
    }
    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; a < design->random[t].k; a++)
            if ((group == NULL || strcmp(design->random[t].group, group) == 0)
                && strcmp(design->random[t].names[a], "(Intercept)") == 0)
                return identity_check_modes(model->fit, t, a, err); /* there is one, of which nothing is determined */
    return fail(err, GLMM_E_USAGE, call->option_at[4], "no intercept varies with %.100s, so there are no means to show",
                group != NULL ? group : design->random[0].group);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct shrinkage_call *given = call->options;
    struct result *answer = NULL, *one;
    const char *group, *term;
    struct model *model, *stated;
    struct shrinkage_part *parts;
    int at, count, effects = 0;
    bool ok = true;

    if ((stated = call_fitted_model(session, call, &at, err)) == NULL || !no_more_words(call, at + 2, err)
        || (call->word_count > at && !check_group(stated, &call->words[at], err)))
        return false;
    if (stated->design->random_count == 0)
        return fail_without_effects(stated, ", so nothing is shrunk", err);
    if ((model = determined_model(stated, call->arena)) == NULL)
        return fail_memory(err);
    group = call->word_count > at ? call->words[at].text : NULL;
    term = call->word_count > at + 1 ? call->words[at + 1].text : NULL;
    if (given->rank && (given->pairs || given->response))
        return fail(err, GLMM_E_USAGE, call->option_at[given->pairs ? 3 : 4], "ranks have one scale, and intervals of their own");
    for (int t = 0; t < model->design->random_count; t++)
        effects += model->design->random[t].k;
    if ((parts = arena_alloc(call->arena, (size_t)effects, sizeof *parts)) == NULL)
        return fail_memory(err);
    count = choose_parts(model->fit, group, term, given, parts);
    if (count == 0)
        return fail_nothing(stated, call, group, term, at, err);
    for (int i = 0; ok && i < count; i++) {
        ok = part_init(&parts[i], model->fit, given, session->settings.level, &session->progress, err)
             && (!given->response || (parts[i].at = intercept_at(model, call->arena)) != NULL || fail_memory(err))
             && ((parts[i].group =
                      determined_group(call->arena, stated, model, parts[i].shrinkage[0]->group, parts[i].shrinkage[0]->term))
                     != NULL
                 || fail_memory(err))
             && (one = shrinkage_part_result(session, model, &parts[i], call, err)) != NULL;
        if (ok) {
            unconverged_note(one, model->fit);
            determined_note(one, stated, model, parts[i].shrinkage[0]->left_out, parts[i].shrinkage[0]->group);
            result_append(&answer, one);
        }
        part_clear(&parts[i]);
    }
    if (ok)
        return emit(session, answer, err);
    if (term != NULL && err->at.begin < 0 && given->response)
        err->at = call->words[at + 1].at;
    result_free(answer);
    return false;
}

const struct command command_shrinkage = {
    .name = "shrinkage",
    .usage = "shrinkage [MODEL] [GROUP [TERM]]",
    .brief = "show how each group is drawn toward the whole",
    .help = "Shows three estimates of a coefficient for each level of a grouping factor. raw: from the level's own rows, the "
            "rest of the model held at its "
            "estimate (no pooling). BLUP: the fixed effect plus the conditional mode (partial pooling). overall: the fixed "
            "effect, the same for all "
            "(complete pooling).\n\n"
            "For a random effect that stands alone, kept = n\xc2\xb7\xcf\x84\xc2\xb2/(n\xc2\xb7\xcf\x84\xc2\xb2 + "
            "\xcf\x83\xc2\xb2) is the part of the way from the overall to the raw value that is left; small "
            "groups keep little. Several effects of one group are drawn together in a plane instead: what one loses the other "
            "may gain. Name a TERM to see one of them. The interval is that of the effect given the data, the parameters held "
            "at their estimates.\n"
            "\n"
            "Without GROUP each random term is shown, one after the other; `view shrinkage` shows them full screen, Tab going "
            "from one to the next.\n"
            "\n"
            "`rank` shows what is known of the order: ranks with intervals, and the probabilities to be the lowest and the "
            "highest of all. `pairs` draws shorter intervals, such that two groups differ where theirs do not overlap. "
            "`response` shows means instead of coefficients: in a model with predictors those where each predictor is 0 or at "
            "its reference level, as the picture says.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct shrinkage_call),
    .defaults = &defaults,
    .examples = examples,
    .run = run,
};
