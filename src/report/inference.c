/* inference.c -- see inference.h. */
#include "report/inference.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "infer/kenward.h"
#include "report/determined.h"
#include "result/number.h"

static enum linear_ddf ddf_of(int chosen)
{
    return chosen == DDF_NONE ? LINEAR_NORMAL : chosen == DDF_SATTERTHWAITE ? LINEAR_SATTERTHWAITE : LINEAR_KENWARD_ROGER;
}

bool session_linear_of(struct session *session, const struct fit *fit, struct linear *linear, struct glmm_error *err)
{
    enum linear_ddf ddf = ddf_of(session->settings.ddf);

    if (ddf == LINEAR_KENWARD_ROGER && !kenward_applies(fit))
        ddf = LINEAR_SATTERTHWAITE;
    return linear_init(linear, fit, ddf, &session->progress, err);
}

bool session_linear(struct session *session, const struct model *model, struct linear *linear, struct glmm_error *err)
{
    return session_linear_of(session, model->fit, linear, err);
}

bool call_linear(struct session *session, const struct call *call, int option, int given, const struct model *model,
                 struct linear *linear, struct glmm_error *err)
{
    *linear = (struct linear){ .fit = model->fit };
    if (call->option_at[option].begin < 0)
        return session_linear(session, model, linear, err);
    if (linear_init(linear, model->fit, ddf_of(given), &session->progress, err))
        return true;
    if (err != NULL && err->at.begin < 0 && err->code == GLMM_E_MODEL)
        err->at = call->option_at[option];
    return false;
}

const char *interval_heading_by(struct arena *arena, double level, enum linear_ddf ddf)
{
    return arena_printf(arena, "%g%% interval (%s)", 100 * level, linear_ddf_words(ddf));
}

const char *interval_heading(struct arena *arena, double level, const struct linear *linear)
{
    return interval_heading_by(arena, level, linear->ddf);
}

void joint_fields(struct result *result, const struct linear_test *test)
{
    struct item *fields;
    bool f = !isnan(test->den_df);

    if (test->verdict != LINEAR_TESTED || test->num_df == 0) {
        result_null(result, "num_df");
        result_null(result, "den_df");
        result_null(result, "statistic");
        result_null(result, "p");
        return;
    }
    fields = result_fields(result);
    field_real(result, fields, "statistic", f ? "F" : "chi2", test->statistic, 3);
    field_integer(result, fields, "num_df", f ? "numerator df" : "df", test->num_df);
    if (f)
        field_real(result, fields, "den_df", "denominator df", test->den_df, 2);
    field_p(result, fields, "p", "p", test->p);
    if (!f)
        result_null(result, "den_df");
}

void untested_note(struct result *result, const struct linear *linear, enum linear_verdict verdict, const char *what)
{
    const struct design *design = linear->fit->design;

    if (verdict == LINEAR_NOT_ESTIMABLE && design->dropped_count == 1 && strcmp(what, design->dropped[0]) == 0)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: %s is not estimable: the data do not tell it from the other terms", what);
    else if (verdict == LINEAR_NOT_ESTIMABLE && design->dropped_count == 1)
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: %s is not estimable: it depends on %s, which the data do not tell from the other terms", what,
                    design->dropped[0]);
    else if (verdict == LINEAR_NOT_ESTIMABLE)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: %s is not estimable: the data do not tell all of it from the other terms",
                    what);
    else if (verdict != LINEAR_TESTED && linear->fit->imputed != NULL)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: %s is not determined, or infinite, in some imputations, and is not pooled",
                    what);
    else if (verdict == LINEAR_INFINITE)
        result_line(result, LINE_NOTE,
                    "%s is infinite, and has no test of this kind: compare the models with it and without (help separation)",
                    what);
    else if ((verdict == LINEAR_OPEN || verdict == LINEAR_UNTOLD)
             && (linear->fit->escape != NULL || fit_tells_no_coefficient(linear->fit)))
        return; /* caution_notes() has it */
    else if (verdict == LINEAR_UNTOLD)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: nothing tells %s: it runs with what is infinite (help separation)", what);
    else if ((verdict == LINEAR_MOVED || verdict == LINEAR_OPEN) && fit_is_maximum(linear->fit))
        open_note(result, what, verdict == LINEAR_MOVED);
}

void alike_note(struct result *result, bool alike, const char *hint)
{
    if (alike)
        result_line(result, LINE_NOTE,
                    "a difference of 0 without an error is no estimate: the model has both alike, whatever the data%s%s",
                    hint == NULL ? "" : "; ", hint == NULL ? "" : hint);
}

struct model *text_fitted_model(struct session *session, const struct call *call, int *from, struct glmm_error *err)
{
    const char *text = call->argument;
    size_t length = 0;
    const char *name;

    *from = 0;
    while (is_name_byte(text[length]))
        length++;
    if (length > 0 && (text[length] == ' ' || text[length] == '\t' || text[length] == '\0')) {
        if ((name = arena_strndup(call->arena, text, length)) == NULL) {
            fail_memory(err);
            return NULL;
        }
        if (session_find_model(session, name) != NULL) {
            *from = (int)(length + strspn(text + length, " \t"));
            return session_need_fit(session, name, span_of(call->argument_at.begin, call->argument_at.begin + (int)length), err);
        }
    }
    return session_need_fit(session, NULL, NOWHERE, err);
}
