/* figures.h -- the numbers that results show of fitted models, each known by its kind and what it is of, and explained from the fit. */
#ifndef CMD_FIGURES_H
#define CMD_FIGURES_H

#include "base/text.h"
#include "cmd/comparing.h"
#include "infer/icc.h"
#include "infer/shrinkage.h"
#include "session/session.h"

enum figure_kind {
    FIGURE_ESTIMATE, FIGURE_SE, FIGURE_STATISTIC, FIGURE_DF, FIGURE_P, FIGURE_LOWER, FIGURE_UPPER,      /* of a fixed effect */
    FIGURE_VARIANCE, FIGURE_SHARE,                                                                      /* of a random effect, or Residual */
    FIGURE_CRITERION, FIGURE_LOGLIK, FIGURE_AIC, FIGURE_AICC, FIGURE_BIC,                               /* of a model */
    FIGURE_ICC, FIGURE_ICC_ALL, FIGURE_DESIGN_EFFECT,                                                   /* of a group */
    FIGURE_KEPT, FIGURE_BLUP, FIGURE_BLUP_SE, FIGURE_BLUP_LOWER, FIGURE_BLUP_UPPER, FIGURE_RAW, FIGURE_MODE,    /* of a level */
    FIGURE_CHISQ, FIGURE_LRT_DF, FIGURE_LRT_P,                                                          /* of a test between two models */
    FIGURE_KINDS
};

struct figure {
    enum figure_kind kind;
    const struct model *model;
    const struct fit *fit;
    int term, effect;               /* fixed effect j is `effect`; random ones: both; Residual: term -1 */
    int32_t level;
    const struct shrinkage *shrinkage;      /* of figures of a level */
    const struct comparison *comparison;    /* of figures of a test: the `effect`-th */
    double value;
    bool shown;                     /* the last result shows it */
};

struct figures {
    const struct model *model;
    struct figure *item;
    size_t count, capacity;
    struct shrinkage **shrinkage;   /* owned */
    int shrinkage_count;
    struct comparison comparison;   /* owned; count 0 unless the last result compares */
    const char *command, *group;    /* of the result that is explained ("" and NULL where there is none); the last result's */
    double level;                   /* of the intervals */
    bool t_tests;
};

/* All figures of the model that the last result is of, or of the current one; after `compare`, of the models compared. */
bool figures_init(struct figures *figures, struct session *session, struct glmm_error *err);
void figures_clear(struct figures *figures);

/* "t", "kept", "AIC"; and what such a number is shown as. */
const char *figure_name(const struct figures *figures, const struct figure *figure);
bool figure_is_share(enum figure_kind kind);
bool figure_is_p(enum figure_kind kind);

/* "Days", "Subject 308", "m1": what the figure is of. */
void figure_owner(const struct figure *figure, struct text *out);

/* The formula in symbols, the same with the values put in ("5*1764.05/(5*1764.05 + 2451.25)"), and the convention; any may be left empty. */
struct explanation {
    struct text formula, numbers, convention;
};
void figure_explain(const struct figures *figures, const struct figure *figure, struct explanation *out);

#endif
