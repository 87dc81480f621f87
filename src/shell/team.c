/* team.c -- see team.h. */
#include "shell/team.h"

#include <inttypes.h>

#include "base/text.h"

/* What all have to have in common by now: the command, its outcome, the data. */
static bool is_same(const struct session *session, const char *line, int status)
{
    const struct glmm_team *team = session->progress.team;
    const struct frame *data = session->data;
    struct text what = { 0 };
    bool same;

    text_addf(&what, "%s (exit status %d", line, status);
    if (data != NULL)
        text_addf(&what, "; %s: %zu rows, %016" PRIx64, data->name, data->rows, data->checksum);
    text_add_char(&what, ')');
    same = !what.failed && team->gather(team->context, text_string(&what), NULL, 0);
    text_clear(&what);
    return same;
}

int team_agree(struct session *session, const char *line, int status)
{
    const struct glmm_team *team = session->progress.team;
    int first = team != NULL && team->rank == 0 ? status : 0;
    bool same;

    if (team == NULL || team->size == 1)
        return status;
    same = team->gather(team->context, line, &first, sizeof first);
    if (status == 0 && (first == 3 || first >= 128))
        status = first;
    if (same && is_same(session, line, status))
        return status;
    session->quit = true;
    return status == 0 ? 1 : status;
}
