/* pool-image.c -- see pool-image.h. */
#include "infer/pool-image.h"

#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "fit/fit-image.h"
#include "fit/image-walk.h"
#include "infer/pool.h"

/* What became of an imputation: nothing, a fit, a fit that counts. */
enum { IS_FITTED = 1, IS_COUNTED = 2 };

static void walk_imputation(struct walk *w, struct imputed_fit *one)
{
    int state = walk_whole(w, (one->fit != NULL ? IS_FITTED : 0) | (one->counts ? IS_COUNTED : 0), IS_FITTED | IS_COUNTED);
    const char *message = one->message;

    walk_string(w, &message);
    if ((state & IS_FITTED) && !w->bad)
        walk_fit(w, &one->fit, one->model->design, one->model->family, one->model->link);
    if (w->out != NULL)
        return;
    one->counts = (state & IS_COUNTED) != 0;
    if (message == NULL || strlen(message) >= sizeof one->message || (one->counts && one->fit == NULL))
        w->bad = true;
    else
        strcpy(one->message, message);
}

void pool_pack(const struct fit *fit, struct text *out)
{
    struct walk w = { .out = out };

    walk_whole(&w, FIT_IMAGE, INT_MAX);
    walk_whole(&w, fit->imputed->count, WALK_MOST);
    for (int k = 0; k < fit->imputed->count; k++) {
        struct imputed_fit one = fit->imputed->one[k]; /* the walk writes back what it has read, the same */

        walk_imputation(&w, &one);
    }
}

/* False where the bytes are no fits of these imputations. */
static bool read_fits(struct imputed *imputed, const void *bytes, size_t count)
{
    struct walk w = { .bytes = bytes, .left = count, .arena = imputed->arena };

    w.bad = walk_whole(&w, 0, INT_MAX) != FIT_IMAGE || walk_whole(&w, 0, WALK_MOST) != imputed->count;
    for (int k = 0; k < imputed->count && !w.bad; k++) {
        walk_imputation(&w, &imputed->one[k]);
        imputed->counted += imputed->one[k].counts;
    }
    return !w.bad && w.left == 0 && imputed->counted >= 2;
}

struct fit *pool_unpack(const struct model *model, const void *bytes, size_t count, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    long refused = mem_refused();
    struct imputed *imputed = imputed_new(model, progress, err);

    if (imputed == NULL)
        return NULL;
    if (read_fits(imputed, bytes, count))
        return pool_fitted(model, imputed, progress, err);
    imputed_free(imputed);
    fit_image_fail(model, refused, err);
    return NULL;
}
