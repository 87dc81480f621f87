/* model.h -- a model: what was typed, what it means for the data, and the data. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "data/frame.h"
#include "model/design.h"
#include "model/family.h"
#include "model/spec.h"

struct fit;

struct model {
    struct arena *arena; /* owns the struct itself and its texts */
    const char *name;    /* what messages call it: "m1" */
    const char *text;    /* the formula as typed, on one line */
    struct spec spec;
    const struct frame *frame; /* the data on which it was stated; held */
    const struct family *family;
    const struct link *link;
    struct formula *formula;
    struct formula *part[DESIGN_PARTS]; /* of other predictors; NULL: none */
    struct design *design;

    /* Of the list of models that it stands in, and not freed with it. */
    struct fit *fit; /* NULL until it is fitted */
    struct model *next;
};

/* States a model on the frame, which it holds; the texts are copied.  Returns new.
 *
 * An error names the argument at fault, "formula", "family", "link", "weights", "trials", "offset", "zi", "disp" or "contrasts",
 * and has its span in that text, or none.  Errors: those of family_find, family_link, formula_parse, design_new and
 * response_check; trials for a family that has none. */
struct model *model_new(const char *name, const struct frame *frame, const struct spec *spec,
                        const struct glmm_progress *progress, struct glmm_error *err);
void model_free(struct model *model);

/* The same, with the rows that are alike made one where that pays: counts and successes, which repeat (model/merged.h).  Who
 * shows rows calls model_take_all_rows (fit/method.h) first. */
struct model *model_new_merged(const char *name, const struct frame *frame, const struct spec *spec,
                               const struct glmm_progress *progress, struct glmm_error *err);

/* The same model of other data, with the matrices that it has.  Returns new; errors as above. */
struct model *model_restate(const struct model *model, const struct frame *frame, const struct glmm_progress *progress,
                            struct glmm_error *err);

/* The model's design with other contrasts, "sum" or "treatment": the same rows, and columns with the same span.  Returns new. */
struct design *model_design(const struct model *model, const char *contrasts, const struct glmm_progress *progress,
                            struct glmm_error *err);

/* A gaussian model with the identity link and one residual variance, or structured residuals: that of lmm_fit. */
bool model_is_linear(const struct model *model);

/* Whether disp= is that of the residuals of a linear model, whose likelihood may be restricted: the spec's residual says so. */
#define RESIDUAL_OF_DISPERSION "disp"
bool model_has_scales(const struct model *model);
/* Whether the spec says so, be there a disp= that is more than one variance or not. */
bool model_is_marked(const struct model *model);
/* Whether it is a linear model whose disp= is a predictor, and could be that of its residuals were it stated so. */
bool model_may_have_scales(const struct model *model);

#endif
