/* simulate.c -- new responses of a fit, as variables of a data set. */
#include "cmd/verb.h"
#include "infer/simulate.h"
#include "report/naming.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "result/value.h"

struct simulate_call {
    int count;
    uint64_t seed;
    bool conditional;
};

static const struct simulate_call defaults = { .count = 1 };

static const struct option options[] = {
    { .name = "n",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct simulate_call, count),
      .min = 1,
      .max = 1000,
      .word = "N",
      .help = "how many responses (1)",
      .also = "nsim reps" },
    { .name = "seed",
      .type = OPTION_SEED,
      .offset = offsetof(struct simulate_call, seed),
      .word = "SEED",
      .help = "another one than `set seed` says" },
    { .name = "conditional",
      .type = OPTION_FLAG,
      .offset = offsetof(struct simulate_call, conditional),
      .help = "keep the random effects at their modes; otherwise new ones are drawn" },
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); simulate; fit sim1 ~ Days + (Days | Subject)",
      "the same model, fitted to a response that it made" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; simulate as new, n=3; "
      "head",
      "three responses, in a data set of that name" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* `simulate [MODEL] [as NAME]`: *as gets NULL or the name. */
static bool read_words(const struct call *call, int at, const char **as, struct glmm_error *err)
{
    *as = NULL;
    if (call->word_count > at && strcmp(call->words[at].text, "as") == 0) {
        if (call->word_count == at + 1)
            return fail(err, GLMM_E_USAGE, call->words[at].at, "a name must follow `as`");
        *as = call->words[at + 1].text;
        at += 2;
    }
    return no_more_words(call, at, err);
}

/* A variable of the frame from the rows of the design: counts for a binomial response. */
static bool add_response(struct frame *frame, const struct design *design, const char *name, const double y[],
                         struct glmm_error *err)
{
    struct column column = { 0 };
    double *values = NEW_ARRAY(double, frame->rows + 1);

    column.name = mem_strdup(name);
    column.type = COLUMN_REAL;
    column.as.real = values;
    for (size_t i = 0; values != NULL && i < frame->rows; i++)
        values[i] = (double)NAN;
    for (size_t i = 0; values != NULL && i < design->n; i++)
        values[design->row[i]] = design->trials == NULL ? y[i] : nearbyint(y[i] * design->trials[i]);
    if (values == NULL || column.name == NULL)
        fail_memory(err);
    else {
        column_count_missing(&column, frame->rows);
        if (!column_make_integer(&column, frame->rows))
            fail_memory(err);
        else if (frame_put(frame, &column, err))
            return true;
    }
    column_clear(&column);
    return false;
}

/* The model's data with the new variables. */
static struct frame *simulated(const struct model *model, const struct simulate_call *given, uint64_t seed, struct arena *arena,
                               struct glmm_error *err)
{
    const struct design *design = model->design;
    struct simulator *simulator =
        simulator_has_law(model->fit, given->conditional, err) ? simulator_new(model->fit, given->conditional, err) : NULL;
    struct frame *frame = simulator == NULL ? NULL : frame_share(model->frame, err);
    double *y = NEW_ARRAY(double, design->n + 1), *ones = NEW_ARRAY(double, design->n + 1);
    bool ok = frame != NULL && ((y != NULL && ones != NULL) || fail_memory(err));

    for (size_t i = 0; ok && i < design->n; i++)
        ones[i] = 1;
    for (int r = 1; ok && r <= given->count; r++) {
        const char *name = arena_printf(arena, "sim%d", r);

        ok = (name != NULL && simulator_draw(simulator, seed, (uint64_t)r, y)) || fail_memory(err);
        ok = ok && add_response(frame, design, name, y, err);
    }
    if (ok && design->trials != NULL)
        ok = add_response(frame, design, "sim_trials", ones, err);
    simulator_free(simulator);
    mem_free(y);
    mem_free(ones);
    if (!ok)
        frame_free(frame);
    return ok ? frame : NULL;
}

static void describe(struct result *result, const struct model *model, const struct simulate_call *given, const char *as,
                     uint64_t seed)
{
    const char *rest = strchr(model->text, '~');
    struct value *names = value_array(result->arena);

    for (int r = 1; r <= given->count; r++)
        value_append(names, value_string(result->arena, arena_printf(result->arena, "sim%d", r)));
    result_string(result, "model", model->name);
    result_value(result, "variables_new", names);
    result_integer(result, "seed", (long long)seed);
    result_line(result, LINE_TEXT,
                given->count > 1 ? "%s: sim1 to sim%d, drawn from %s (%s%s)" : "%s: sim%d, drawn from %s (%s%s)", as,
                given->count, model->name, model->text, given->conditional ? "; the random effects at their modes" : "");
    if (rest == NULL)
        return;
    if (!simulator_can_refit(model->fit, NULL))
        result_line(result, LINE_NOTE, "each row is drawn as one of weight 1: weights of family %s multiply what it tells",
                    model->family->name);
    if (model->design->trials != NULL)
        result_line(result, LINE_NEXT, "fit cbind(sim1, sim_trials - sim1) %s, family=%s", rest, model->family->name);
    else if (strcmp(model->family->name, "gaussian") == 0)
        result_line(result, LINE_NEXT, "fit sim1 %s", rest);
    else
        result_line(result, LINE_NEXT, "fit sim1 %s, family=%s", rest, model->family->name);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct simulate_call *given = call->options;
    uint64_t seed = call_has_option(call, "seed") ? given->seed : session->settings.seed;
    const char *as;
    struct model *model;
    struct frame *frame;
    struct result *result;
    int at;

    if (call->word_count > 0 && strcmp(call->words[0].text, "as") == 0) {
        at = 0;
        model = session_need_fit(session, NULL, NOWHERE, err);
    } else {
        model = call_fitted_model(session, call, &at, err);
    }
    if (model == NULL || !read_words(call, at, &as, err))
        return false;
    if (as == NULL)
        as = arena_printf(call->arena, "%s_sim", model->frame->name);
    if (as == NULL)
        return fail_memory(err);
    if ((frame = simulated(model, given, seed, call->arena, err)) == NULL)
        return false;
    if ((result = verb_result(call, model->frame, frame)) != NULL)
        describe(result, model, given, as, seed);
    return verb_done_as(session, frame, as, result, err);
}

const struct command command_simulate = {
    .name = "simulate",
    .usage = "simulate [MODEL] [as NAME]",
    .brief = "new responses drawn from a fit",
    .help =
        "Draws responses from the fitted model, at its estimates: new random effects, then new observations. They become "
        "variables sim1, sim2, ... of a new data set (DATA_sim, or NAME), the model's data otherwise; counts of successes for a "
        "binomial response, with their trials in sim_trials. Rows that the fit left out are missing.\n"
        "\n"
        "The same seed gives the same responses, on any computer and with any number of threads, and sim3 is the same whether "
        "3 or 300 are drawn.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct simulate_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_CHANGES,
    .run = run,
};
