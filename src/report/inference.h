/* inference.h -- what the commands share that show linear functions of the fixed effects (infer/linear.h). */
#ifndef REPORT_INFERENCE_H
#define REPORT_INFERENCE_H

#include "infer/linear.h"
#include "lang/command.h"
#include "result/result.h"
#include "session/session.h"

/* The option of such a command: `ddf`, an int of its struct. */
#define OPTION_DDF(struct_type, struct_field)                                                                                    \
    {                                                                                                                            \
        .name = "ddf", .type = OPTION_ENUM, .offset = offsetof(struct_type, struct_field), .choices = ddf_choices,               \
        .word = "METHOD",                                                                                                        \
        .help = "degrees of freedom of a linear mixed model, instead of those that are set; none: the normal distribution"       \
    }

/* Readies *linear for the model's fit: with the method of option number `option` of the call, `given`, or else of the settings.
 * What is set but not there for this fit (Kenward-Roger by ML) becomes Satterthwaite's; what is asked for is an error.
 * linear_clear in any case. */
bool call_linear(struct session *session, const struct call *call, int option, int given, const struct model *model,
                 struct linear *linear, struct glmm_error *err);

/* The same by the settings alone. */
bool session_linear(struct session *session, const struct model *model, struct linear *linear, struct glmm_error *err);

/* The same of a fit that is no model's own: of one imputation. */
bool session_linear_of(struct session *session, const struct fit *fit, struct linear *linear, struct glmm_error *err);

/* "95% interval (Kenward-Roger)"; the arena's. */
const char *interval_heading(struct arena *arena, double level, const struct linear *linear);
const char *interval_heading_by(struct arena *arena, double level, enum linear_ddf ddf);

/* The joint test in a line of fields, and its JSON: `num_df den_df statistic p`; dashes where nothing was tested. */
void joint_fields(struct result *result, const struct linear_test *test);

/* A note that says why `what` was not tested; nothing where it was. */
void untested_note(struct result *result, const struct linear *linear, enum linear_verdict verdict, const char *what);

/* Where `alike`: of differences that the model has as 0, without an error, why they have no test; and `hint`, what would let them
 * differ, or NULL. */
void alike_note(struct result *result, bool alike, const char *hint);

/* The fitted model that the call's text names before a blank, and *from where the rest of the text begins; else the current
 * model. */
struct model *text_fitted_model(struct session *session, const struct call *call, int *from, struct glmm_error *err);

#endif
