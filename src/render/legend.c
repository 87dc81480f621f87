/* legend.c -- see legend.h. */
#include "render/legend.h"

#include <math.h>
#include <string.h>

bool series_is_drawn(const struct plot_series *s)
{
    bool line = s->mark == MARK_LINE || s->mark == MARK_FAINT || s->mark == MARK_DOTTED;

    for (size_t i = 0; i < s->count; i++) {
        double y = s->y == NULL ? 0 : s->y[i];
        bool x_known = !isnan(s->x[i]) || (s->x2 != NULL && !isnan(s->x2[i]));
        bool y_known = !isnan(y) || (s->y2 != NULL && !isnan(s->y2[i]));

        if (line ? isfinite(s->x[i]) && isfinite(y) : x_known && y_known)
            return true;
    }
    return false;
}

static size_t count_series(const struct plot *plot)
{
    size_t count = 0;

    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        count++;
    return count;
}

const struct plot *legend_panel(const struct plot *plot)
{
    const struct plot *best = plot->panels;

    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next)
        if (count_series(panel) > count_series(best))
            best = panel;
    return best;
}

/* Appends what the list does not have yet. */
static size_t append(const struct plot *plot, const struct plot_series **list, size_t count)
{
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next) {
        bool listed = series->label == NULL || series->mark == MARK_NAME || !series_is_drawn(series);

        for (size_t k = 0; k < count && !listed; k++)
            listed =
                list[k]->mark == series->mark && list[k]->shape == series->shape && strcmp(list[k]->label, series->label) == 0;
        if (!listed)
            list[count++] = series;
    }
    return count;
}

const struct plot_series **legend_list(const struct plot *plot, struct arena *arena, size_t *count)
{
    const struct plot *panels = plot->kind == PLOT_PANELS ? plot->panels : NULL;
    const struct plot_series **list;
    size_t most = count_series(plot);

    for (const struct plot *panel = panels; panel != NULL; panel = panel->next)
        most += count_series(panel);
    *count = 0;
    if ((list = arena_alloc(arena, most + 1, sizeof *list)) == NULL)
        return NULL;
    if (panels != NULL)
        *count = append(legend_panel(plot), list, *count);
    for (const struct plot *panel = panels; panel != NULL; panel = panel->next)
        *count = append(panel, list, *count);
    *count = append(plot, list, *count);
    return list;
}
