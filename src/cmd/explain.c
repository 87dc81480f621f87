/* explain.c -- a printed number with its formula, the values of the fit put in, and its convention. */
#include "cmd/figures.h"
#include "lang/command.h"
#include "report/determined.h"
#include "report/tables.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "fit/identify.h"
#include "result/number.h"

static const double ROUNDING = 1e-9; /* of half a unit of the last digit that was typed: a value on its end is within */
static const double SAME = 1e-12;    /* values that are one figure but for rounding */

enum { EXPLAINED = 12 }; /* more figures than this are only listed */

static const struct example examples[] = {
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); shrinkage; explain C kept", "what batch C keeps of its own mean, and why" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); explain 6.77", "the number 6.77 of the summary" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); explain AIC", "a figure by its name" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial; attenuation; explain rule",
      "the rule of thumb with your variance put in" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); explain", "what can be explained" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FIGURE, COMPLETE_NOTHING };

/* --- which figures are meant ---------------------------------------------------------------------- */

/* A number as one would copy it from the screen: "251.405", "78%", "<0.0001", ">99%". */
struct typed {
    double value, reach; /* it stands for [value - reach, value + reach] */
    bool percent, below, above;
};

static bool read_number(const char *text, struct typed *out)
{
    const char *at = text, *point;
    char *end;

    *out = (struct typed){ .below = *at == '<', .above = *at == '>' };
    at += out->below || out->above;
    if (strspn(at, "0123456789.-+e") == 0 || strpbrk(at, "0123456789") == NULL)
        return false;
    out->value = strtod(at, &end);
    if (end == at)
        return false;
    out->percent = *end == '%';
    if (end[out->percent] != '\0' || !isfinite(out->value))
        return false;
    point = memchr(at, '.', (size_t)(end - at));
    out->reach = point == NULL ? 0.5 : 0.5 * number_unit(strspn(point + 1, "0123456789"));
    if (out->percent) {
        out->value /= 100;
        out->reach /= 100;
    } else if (point == NULL && fabs(out->value) < 1000) {
        out->reach = 0.005; /* "5" is a count, not all that rounds to 5 */
    }
    return true;
}

static bool is_number_of(const struct typed *typed, const struct figure *figure)
{
    double reach = typed->reach * (1 + ROUNDING);

    if (typed->below)
        return figure_is_p(figure->kind) && figure->value < typed->value;
    if (typed->above)
        return figure_is_share(figure) && figure->value > typed->value;
    if (typed->percent)
        return figure_is_share(figure) && fabs(figure->value - typed->value) <= reach;
    return fabs(figure->value - typed->value) <= reach;
}

/* Whether a word is what the figure is of, "herd 1", or a word of it. */
static bool is_word_of_owner(const struct figure *figure, const char *word)
{
    size_t length = strlen(word);
    struct text owner = { 0 };
    bool found;

    figure_owner(figure, &owner);
    found = strcmp(text_string(&owner), word) == 0;
    for (const char *at = text_string(&owner); !found && length > 0 && (at = strstr(at, word)) != NULL; at++)
        found = (at == text_string(&owner) || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0');
    text_clear(&owner);
    return found;
}

/* The length of what a key and a word have in common, whatever the case, `-` for `_`. */
static size_t common_length(const char *key, const char *word)
{
    size_t i = 0;

    while (key[i] != '\0'
           && (key[i] == '_' ? '-' : tolower((unsigned char)key[i])) == (word[i] == '_' ? '-' : tolower((unsigned char)word[i])))
        i++;
    return i;
}

static bool is_key(const char *key, const char *word)
{
    size_t length = common_length(key, word);

    return key[length] == '\0' && word[length] == '\0';
}

/* `se_Days` of ranef: an effect's column. */
static bool is_effect_key(const struct figure *figure, const char *word)
{
    const struct shrinkage *s = figure->shrinkage;

    return figure->kind == FIGURE_BLUP_SE && strncmp(word, "se_", 3) == 0 && strcmp(word + 3, s->term) == 0;
}

/* Whether a word is the key that the number has in JSON. */
static bool is_by_key(const struct figures *figures, const struct figure *figure, const char *word)
{
    static const struct {
        enum figure_kind kind;
        const char *key;
    } keys[] = { { FIGURE_STATISTIC, "statistic" },
                 { FIGURE_ESTIMATE, "conditional" },
                 { FIGURE_COVARIANCE, "vcov" },
                 { FIGURE_SD, "sd" },
                 { FIGURE_CORRELATION, "corr1" },
                 { FIGURE_CORRELATION, "corr2" },
                 { FIGURE_ROWS, "nobs" },
                 { FIGURE_DISPERSION_LOWER, "dispersion_lower" },
                 { FIGURE_DISPERSION_UPPER, "dispersion_upper" },
                 { FIGURE_CRITERION, "criterion" },
                 { FIGURE_ICC, "icc_adjusted" },
                 { FIGURE_ICC, "correlation" },
                 { FIGURE_DESIGN_EFFECT, "design_effect" },
                 { FIGURE_KEPT, "weight" },
                 { FIGURE_BLUP, "pooled" },
                 { FIGURE_BLUP_SE, "se" },
                 { FIGURE_CHISQ, "chisq" } };
    const char *key = figure->kind == FIGURE_SHOWN ? shown_key(figure) : NULL;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (figure->kind == keys[i].kind && is_key(keys[i].key, word))
            return true;
    if ((figure->kind == FIGURE_VARIANCE && figure->term < 0 && is_key("dispersion", word))
        || (figure->kind == FIGURE_CRITERION && figures->comparison.count > 0 && is_key("deviance", word)))
        return true;
    if (key != NULL && (strncmp(word, "sd_", 3) == 0 || strncmp(word, "sigma_", 6) == 0))
        word = strchr(word, '_') + 1; /* the list for programs has it before the end */
    return is_effect_key(figure, word)
           || (key != NULL && (is_key(key, word) || (is_key("prediction", word) && strncmp(key, "prediction_", 11) == 0)));
}

/* Whether a word names the figure, or what it is of. */
static bool is_named(const struct figures *figures, const struct figure *figure, const char *word, bool keys)
{
    const struct design *design;
    enum figure_kind kind = figure->kind;
    bool several = figures->comparison.count > 0;

    if (strcasecmp(word, figure_name(figures, figure)) == 0 || (keys && is_by_key(figures, figure, word))
        || ((kind == FIGURE_LOWER || kind == FIGURE_UPPER || kind == FIGURE_BLUP_LOWER || kind == FIGURE_BLUP_UPPER)
            && strcasecmp(word, "interval") == 0)
        || (kind == FIGURE_SD && figure->term < 0 && strcasecmp(word, "sigma") == 0))
        return true;
    if (kind == FIGURE_SHOWN)
        return is_word_of_owner(figure, word);
    design = figure->fit->design;
    if (kind <= FIGURE_RATIO_UPPER)
        return name_is(design->names[figure->effect], word) || (several && strcmp(word, figure->model->name) == 0);
    if (kind == FIGURE_COVARIANCE)
        return name_is(design->names[figure->effect], word) || name_is(design->names[figure->term], word);
    if (kind >= FIGURE_ROWS && kind <= FIGURE_BIC)
        return strcmp(word, figure->model->name) == 0;
    if (kind >= FIGURE_KEPT && kind <= FIGURE_MODE && strcmp(word, figure->shrinkage->level[figure->level]) == 0)
        return true;
    if (kind >= FIGURE_CHISQ)
        return strcmp(word, figure->model->name) == 0
               || strcmp(word, figure->comparison->entrant[figure->effect].model->name) == 0;
    if (figure->term < 0)
        return strcmp(word, "Residual") == 0;
    return name_is(design->random[figure->term].group, word)
           || (kind != FIGURE_ICC && kind != FIGURE_ICC_ALL && kind != FIGURE_ALIKE && kind != FIGURE_DESIGN_EFFECT
               && name_is(design->random[figure->term].names[figure->effect], word));
}

/* `bias of Days`, as the list has its columns and the title of an explanation says it. */
static bool is_between(const struct call *call, int i)
{
    return i > 0 && i < call->word_count - 1 && strcmp(call->words[i].text, "of") == 0;
}

/* What words may be: names that people see, then the keys of JSON too, then (one of them) the number. */
enum meaning { NAMES, KEYS, NUMBERS, MEANINGS };

/* Every word must fit. */
static bool is_meant(const struct figures *figures, const struct figure *figure, const struct call *call, enum meaning meaning)
{
    struct typed typed;

    for (int i = 0; i < call->word_count; i++)
        if (!is_between(call, i) && !is_named(figures, figure, call->words[i].text, meaning >= KEYS)
            && !(meaning == NUMBERS && read_number(call->words[i].text, &typed) && is_number_of(&typed, figure)))
            return false;
    return true;
}

/* What the last result shows, where any of it is meant; else what the model has. */
static size_t choose(const struct figures *figures, const struct call *call, enum meaning meaning, struct figure **chosen)
{
    size_t count = 0;

    for (int shown = 1; shown >= 0 && count == 0; shown--)
        for (size_t i = 0; i < figures->count; i++)
            if ((shown == 0 || figures->item[i].shown) && is_meant(figures, &figures->item[i], call, meaning))
                chosen[count++] = &figures->item[i];
    return count;
}

/* Whether no figure before this one has its name; many stand in a row. */
static bool is_new_name(const struct figures *figures, size_t f)
{
    const struct figure *here = &figures->item[f];
    const char *name = figure_name(figures, here);

    if (f > 0 && here->kind == here[-1].kind && here->derivation == here[-1].derivation && here->upper == here[-1].upper)
        return false;
    for (size_t i = 0; i < f && i < 200; i++)
        if (strcmp(figure_name(figures, &figures->item[i]), name) == 0)
            return false;
    return true;
}

/* Whether the result is of a command whose numbers are known. */
static bool knows_command(const struct figures *figures)
{
    for (size_t i = 0; i < figures->count; i++)
        if (figures->item[i].shown)
            return true;
    return false;
}

/* The first word that is the name of nothing; NULL where all are names, of different things. */
static const struct word *unknown_word(const struct figures *figures, const struct call *call)
{
    for (int i = 0; i < call->word_count; i++) {
        bool known = is_between(call, i);

        for (size_t f = 0; f < figures->count && !known; f++)
            known = is_named(figures, &figures->item[f], call->words[i].text, true);
        if (!known)
            return &call->words[i];
    }
    return NULL;
}

/* A coefficient that has no number, for it is infinite or depends on what the data leave open: err says so, and it is true. */
static bool fail_numberless(const struct figures *figures, const struct call *call, struct glmm_error *err)
{
    const struct fit *fit = figures->model == NULL ? NULL : figures->model->fit;

    for (int i = 0; fit != NULL && i < call->word_count; i++)
        for (int j = 0; j < fit->design->p; j++) {
            const char *name = fit->design->names[j], *words;

            if (strcasecmp(call->words[i].text, name) != 0 || (isfinite(fit->se[j]) && isfinite(fit_coefficient(fit, j))))
                continue;
            if (fit->recession != NULL && !isfinite(fit->beta[j])) {
                fail(err, GLMM_E_MODEL, call->words[i].at, "%.60s is %s, by separation, and has no error", name,
                     isnan(fit->beta[j]) ? "not determined" : "infinite");
                error_hint(err, "`summary` says by how many rows (help separation)");
                return true;
            }
            if (fit->identity == NULL || !isfinite(fit->beta[j]))
                continue;
            words = open_words(call->arena, name, isnan(fit_coefficient(fit, j)));
            if (words == NULL)
                return !fail_memory(err);
            fail(err, GLMM_E_MODEL, call->words[i].at, "%s", words);
            error_hint(err, "`summary` says which (help identified)");
            return true;
        }
    return false;
}

static bool fail_unknown(const struct figures *figures, const struct call *call, struct glmm_error *err)
{
    const struct word *word = &call->words[0];
    struct suggest suggest;
    struct typed typed;

    assert(call->words != NULL);
    if (call->word_count == 1 && read_number(word->text, &typed)) {
        if (knows_command(figures))
            fail(err, GLMM_E_NAME, word->at, "no figure of %.60s, and none that `%.20s` has shown, prints as %.40s",
                 figures->name, figures->command, word->text);
        else
            fail(err, GLMM_E_NAME, word->at, "no figure of %.60s prints as %.40s%s%.20s%s", figures->name, word->text,
                 figures->command[0] == '\0' ? "" : "; the numbers of `", figures->command,
                 figures->command[0] == '\0' ? "" : "` are not known to it");
        error_hint(err, "explain lists what can be explained");
        return false;
    }
    if (fail_numberless(figures, call, err))
        return false;
    if ((word = unknown_word(figures, call)) == NULL) {
        fail(err, GLMM_E_NAME, call->words[0].at, "no figure goes by all of these names");
        error_hint(err, "explain %.60s alone shows all of that name", call->words[0].text);
        return false;
    }
    fail(err, GLMM_E_NAME, word->at, "no figure is named `%.60s`%s", word->text, call->word_count > 1 ? " here" : "");
    suggest_init(&suggest, word->text);
    for (size_t f = 0; f < figures->count; f++) {
        if (is_new_name(figures, f))
            suggest_offer(&suggest, figure_name(figures, &figures->item[f]));
        if (figures->item[f].kind != FIGURE_ESTIMATE && figures->item[f].kind != FIGURE_BLUP)
            continue;
        if (figures->item[f].kind == FIGURE_ESTIMATE)
            suggest_offer(&suggest, figures->item[f].fit->design->names[figures->item[f].effect]);
        else
            suggest_offer(&suggest, figures->item[f].shrinkage->level[figures->item[f].level]);
    }
    if (!suggest_hint(&suggest, err))
        error_hint(err, "explain lists what can be explained");
    return false;
}

/* --- the results ------------------------------------------------------------------------------------- */

/* As results show it. */
static const char *show_value(char buffer[NUMBER_SIZE], const struct figure *figure, int digits)
{
    if (figure_is_p(figure->kind))
        return number_p(buffer, figure->value);
    if (figure->kind >= FIGURE_CRITERION && figure->kind <= FIGURE_BIC)
        return number_fixed(buffer, figure->value, 2);
    return number_text(buffer, figure->value, digits);
}

/* Whose it is; where models are compared also in which of them, unless the owner is the model. */
static void whose(const struct figures *figures, const struct figure *figure, struct text *out)
{
    enum figure_kind kind = figure->kind;

    figure_owner(figure, out);
    if (figures->comparison.count > 0 && (kind < FIGURE_ROWS || (kind > FIGURE_BIC && kind < FIGURE_CHISQ)))
        text_addf(out, " in %s", figure->model->name);
}

/* One figure: three lines, and an object. */
static void add_explanation(struct result *result, struct value *list, const struct figures *figures, const struct figure *figure,
                            const char *others, int digits)
{
    struct explanation out = { { 0 }, { 0 }, { 0 } };
    struct value *value = value_append(list, value_object(result->arena));
    struct arena *arena = result->arena;
    struct text owner = { 0 };
    const char *name = figure_name(figures, figure), *shown;
    char number[NUMBER_SIZE];

    figure_explain(figures, figure, &out);
    whose(figures, figure, &owner);
    value_set(arena, value, "figure", value_string(arena, name));
    value_set(arena, value, "of", value_string(arena, text_string(&owner)));
    value_set(arena, value, "value", value_real(arena, figure->value));
    value_set(arena, value, "formula", value_string(arena, text_string(&out.formula)));
    value_set(arena, value, "numbers",
              out.numbers.length == 0 ? value_null(arena) : value_string(arena, text_string(&out.numbers)));
    value_set(arena, value, "convention", value_string(arena, text_string(&out.convention)));
    shown = figure_is_p(figure->kind) ? number_text(number, figure->value, digits) : show_value(number, figure, digits);
    result_line(result, LINE_TITLE, "%s of %s%s", name, text_string(&owner), others);
    result_line(result, LINE_VERBATIM, out.numbers.length > 0 ? "    %s = %s" : "    %s", shown, text_string(&out.numbers));
    result_line(result, LINE_VERBATIM, "    %s = %s", name, text_string(&out.formula));
    result_line(result, LINE_TEXT, "%s", text_string(&out.convention));
    result->failed = result->failed || out.formula.failed || out.numbers.failed || out.convention.failed || owner.failed;
    text_clear(&out.formula);
    text_clear(&out.numbers);
    text_clear(&out.convention);
    text_clear(&owner);
}

/* Groups of one size keep the same: one of them is explained for all. Returns how many follow chosen[0] with its kind and
 * its value. */
static size_t alike(struct figure **chosen, size_t count)
{
    size_t same = 0;

    while (chosen[0]->kind == FIGURE_KEPT && same + 1 < count && chosen[same + 1]->kind == FIGURE_KEPT
           && fabs(chosen[same + 1]->value - chosen[0]->value) < SAME)
        same++;
    return same;
}

/* A table of figures, at most one screen of it. */
static void add_list(struct result *result, const struct figures *figures, struct figure **chosen, size_t count, int digits)
{
    struct table *table = result_table(result, "figures", NULL);
    size_t name = table_column(table, "figure", "figure", CELL_TEXT), of = table_column(table, "of", "of", CELL_TEXT);
    size_t value = table_column(table, "value", "value", CELL_REAL), shown = table_column(table, NULL, "value", CELL_TEXT);
    struct text owner = { 0 };
    char number[NUMBER_SIZE];

    table_flags(table, value, COLUMN_NOT_TEXT);
    table_flags(table, shown, COLUMN_RIGHT | COLUMN_NOT_JSON);
    for (size_t i = 0; i < count; i++) {
        size_t row = table_row(table);

        text_truncate(&owner, 0);
        whose(figures, chosen[i], &owner);
        table_text(table, row, name, figure_name(figures, chosen[i]));
        table_text(table, row, of, text_string(&owner));
        table_real(table, row, value, chosen[i]->value);
        table_text(table, row, shown, show_value(number, chosen[i], digits));
    }
    table_show_rows(table, 18);
    result->failed = result->failed || owner.failed;
    text_clear(&owner);
}

static struct result *explain_result(const struct session *session, const struct figures *figures, struct figure **chosen,
                                     size_t count, bool list)
{
    struct result *result = result_new("explain");
    struct value *values;
    size_t explanations = 0;
    bool alone;

    if (result == NULL)
        return NULL;
    alone = figures->without_model && count > 0 && chosen[0]->shown;
    result_string(result, "model", alone || figures->model == NULL ? NULL : figures->model->name);
    result_string(result, "result", figures->command[0] == '\0' ? NULL : figures->command);
    result_string(result, "group", figures->group);
    for (size_t i = 0; i < count; i += alike(chosen + i, count - i) + 1)
        explanations++;
    if (list || explanations > EXPLAINED) {
        result_line(result, LINE_TITLE, "%s   %zu figures that can be explained", alone ? figures->command : figures->name,
                    count);
        add_list(result, figures, chosen, count, session->settings.digits);
        result_line(result, LINE_NOTE,
                    "`explain NUMBER`, as it stands on the screen; `explain FIGURE` or `explain NAME FIGURE`: explain AIC, "
                    "explain Days p");
        return result;
    }
    values = value_array(result->arena);
    for (size_t i = 0, same; i < count; i += same + 1) {
        const char *others = "";

        same = alike(chosen + i, count - i);
        if (same > 0 && (others = arena_printf(result->arena, ", and %zu other%s alike", same, same == 1 ? "" : "s")) == NULL)
            others = "";
        add_explanation(result, values, figures, chosen[i], others, session->settings.digits);
    }
    result_value(result, "figures", values);
    return result;
}

/* The result that is explained goes on with the explanation, so that the next one finds it. */
static struct result *keep_subject(struct session *session, struct result *result)
{
    struct result **from =
        session->last != NULL && strcmp(session->last->command, "explain") == 0 ? &session->last->about : &session->last;

    if (result_ok(result)) {
        result->about = *from;
        *from = NULL;
    }
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct figures figures = { 0 };
    struct figure **chosen = NULL;
    size_t count = 0;
    bool ok = figures_init(&figures, session, err);

    if (ok) {
        chosen = arena_alloc(call->arena, figures.count + 1, sizeof *chosen);
        ok = chosen != NULL || fail_memory(err);
    }
    if (ok) {
        for (enum meaning meaning = NAMES; count == 0 && meaning < MEANINGS; meaning++)
            count = choose(&figures, call, meaning, chosen);
        ok = count > 0 || fail_unknown(&figures, call, err);
    }
    ok = ok && emit(session, keep_subject(session, explain_result(session, &figures, chosen, count, call->word_count == 0)), err);
    figures_clear(&figures);
    return ok;
}

const struct command command_explain = {
    .name = "explain",
    .usage = "explain [NUMBER|TERM] [FIGURE]",
    .brief = "explain a printed number: its formula with your values",
    .help = "Explains a number of the last result, or of the current model: the formula, the same with the values of your fit "
            "put in, and the convention where programs differ. Type the number as it stands on the screen, or name it: `explain "
            "AIC`, `explain Days t`, `explain 308 BLUP`. Without an argument lists what can be explained.\n"
            "\n"
            "Known are the numbers of all commands that fit, test, compare, predict or check, of imputed data those "
            "that are pooled. A number that only JSON has goes by its key there: `explain theta`, `explain delta_aic`. An "
            "explanation goes on with the result that the one before explained.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
