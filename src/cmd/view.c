/* view.c -- full screens.  Each kind is a table of functions in its own file of views/; src/term/view.c has the terminal. */
#include <string.h>

#include "lang/command.h"
#include "cmd/views/views.h"
#include "base/suggest.h"
#include "session/session.h"

static const struct view *const kinds[] = { &view_data, &view_summary, &view_shrinkage, &view_ranef, &view_attenuation };

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* The same names, for completion. */
static const char *const kind_names[] = { "data", "summary", "shrinkage", "ranef", "attenuation", NULL };

_Static_assert(sizeof kind_names / sizeof kind_names[0] == KIND_COUNT + 1, "each kind is offered by completion");

/* What to do where there is no screen. */
static const char *const instead[KIND_COUNT] = {
    "head prints rows, and plot-ascii histogram X draws a variable",
    "summary prints it, and plot-ascii draws the model in text",
    "plot-ascii shrinkage draws it in text",
    "plot-ascii caterpillar draws them in text",
    "plot-ascii attenuation draws it in text",
};

static const struct example examples[] = {
    { "load sleepstudy; view data", "the rows of a table: find, filter, sort" },
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); view shrinkage", "turn the between-group SD with [ and ]" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; view attenuation",
      "turn the SD of the herds and see the average curve flatten" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_CHOICE, COMPLETE_FITTED_MODEL, COMPLETE_GROUP, COMPLETE_EFFECT,
                                           COMPLETE_NOTHING };

static bool find_kind(const struct call *call, int *kind, struct glmm_error *err)
{
    struct suggest suggest;

    if (call->word_count == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "`view` needs a kind of view");
        error_hint(err, "data, summary, shrinkage, ranef or attenuation");
        return false;
    }
    for (*kind = 0; *kind < KIND_COUNT; ++*kind)
        if (strcmp(call->words[0].text, kind_names[*kind]) == 0)
            return true;
    fail(err, GLMM_E_NAME, call->words[0].at, "no kind of view `%.60s`", call->words[0].text);
    suggest_init(&suggest, call->words[0].text);
    suggest_all(&suggest, kind_names);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "data, summary, shrinkage, ranef or attenuation");
    return false;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct call behind = *call;
    const struct view *view;
    void *state;
    int kind;
    bool ok;

    if (!find_kind(call, &kind, err) || !view_possible(instead[kind], err))
        return false;
    view = kinds[kind];
    behind.words++;
    behind.word_count--;
    state = view->open(session, &behind, err);
    if (state == NULL)
        return false;
    ok = view_run(session, view, state, err);
    view->close(state);
    return ok;
}

const struct command command_view = {
    .name = "view",
    .usage = "view KIND [ARGUMENT...]",
    .brief = "the same, full screen, with keys",
    .help =
        "Kinds:\n"
        "\n"
        "  data [NAME]                         the rows: find, filter, sort, freeze columns\n"
        "  summary [MODEL]                     the summary, to scroll and search\n"
        "  shrinkage [MODEL] [GROUP [TERM]]    [ and ] turn the between-group SD\n"
        "  ranef [MODEL] [GROUP [TERM]]        random effects with intervals\n"
        "  attenuation [MODEL] [VARIABLE]      [ and ] turn the SD; the average flattens\n"
        "\n"
        "j k and the arrows move, / finds, & filters (in data by a comparison too: & age > 60), s sorts, Enter opens one row in "
        "full, p changes between table and plot, ? shows all keys of the view, q goes one level back and at last to the prompt; "
        "Q leaves the screen in the scrollback. What [ and ] show is marked `what if, not fitted`: the fit itself is not "
        "changed. shrinkage and ranef stand on the scale of the link; r shows the levels' means instead, probabilities or "
        "counts, and says at which predictors.\n"
        "\n"
        "In attenuation h and l go along the curve, or from level to level of a factor, and Tab goes to the next variable; what "
        "is read out is the step in the linear predictor in one group and in the population, and below it the means: `help "
        "predictor`.\n"
        "\n"
        "Where there is no terminal, plot-ascii draws the same.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .choices = kind_names,
    .examples = examples,
    .flags = COMMAND_UNRECORDED | COMMAND_SCREEN,
    .run = run,
};
