/* plot.c -- descriptions of plots: see plot.h.  A NULL or failed plot takes every call and does nothing. */
#include "result/plot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/safe.h"

#include "result/table.h"

static const char *copy_text(struct plot *plot, const char *text)
{
    char *copy;

    if (text == NULL)
        return NULL;
    copy = arena_strdup(plot->arena, text);
    if (copy == NULL)
        plot->failed = true;
    return copy;
}

/* A copy of the array; NULL of NULL. */
static const double *copy_reals(struct plot *plot, const double *x, size_t count)
{
    double *copy;

    if (x == NULL)
        return NULL;
    copy = arena_copy(plot->arena, x, count, sizeof *copy);
    plot->failed = plot->failed || copy == NULL;
    return copy;
}

void plot_labels(struct plot *plot, enum plot_kind kind, const char *title, const char *x_label, const char *y_label)
{
    if (plot == NULL)
        return;
    plot->kind = kind;
    plot->title = copy_text(plot, title);
    plot->x_label = copy_text(plot, x_label);
    plot->y_label = copy_text(plot, y_label);
}

void plot_names(struct plot *plot, size_t count, const char *const *names)
{
    const char **copy = plot == NULL ? NULL : arena_alloc(plot->arena, count, sizeof *copy);

    if (plot == NULL)
        return;
    plot->failed = plot->failed || copy == NULL;
    for (size_t i = 0; copy != NULL && i < count; i++)
        copy[i] = copy_text(plot, names[i]);
    if (plot->failed)
        return;
    plot->x_names = copy;
    plot->x_name_count = count;
}

struct plot_series *plot_series(struct plot *plot, enum mark mark, const char *label, size_t count, const double *x,
                                const double *y)
{
    struct plot_series *series;

    if (plot == NULL || plot->failed)
        return NULL;
    series = arena_alloc(plot->arena, 1, sizeof *series);
    if (series == NULL) {
        plot->failed = true;
        return NULL;
    }
    series->mark = mark;
    series->label = copy_text(plot, label);
    series->count = count;
    series->x = copy_reals(plot, x, count);
    series->y = copy_reals(plot, y, count);
    if (plot->failed)
        return NULL;
    if (plot->last == NULL)
        plot->first = series;
    else
        plot->last->next = series;
    plot->last = series;
    return series;
}

void series_spare(struct plot_series *series)
{
    if (series != NULL)
        series->spare = true;
}

void series_low_label(struct plot *plot, struct plot_series *series, const char *label)
{
    if (series != NULL && label != NULL)
        series->low_label = copy_text(plot, label);
}

void series_ends(struct plot *plot, struct plot_series *series, const double *x2, const double *y2)
{
    if (plot == NULL || series == NULL)
        return;
    series->x2 = copy_reals(plot, x2, series->count);
    series->y2 = copy_reals(plot, y2, series->count);
}

void plot_reference(struct plot *plot, bool vertical, double at, const char *label)
{
    struct plot_reference *reference, **link;

    if (plot == NULL || plot->failed)
        return;
    reference = arena_alloc(plot->arena, 1, sizeof *reference);
    if (reference == NULL) {
        plot->failed = true;
        return;
    }
    reference->vertical = vertical;
    reference->at = at;
    reference->label = copy_text(plot, label);
    for (link = &plot->references; *link != NULL; link = &(*link)->next)
        ;
    *link = reference;
}

/* The words in the plot's arena; NULL, and the plot failed, when memory is out. */
static const char *make_words(struct plot *plot, const char *format, va_list args)
{
    struct text words = { 0 };
    char *text;

    /* A text that comes in whole has line breaks of its own. */
    if (strcmp(format, "%s") == 0)
        text_add(&words, va_arg(args, const char *));
    else
        safe_addv(&words, format, args);
    text = arena_take(plot->arena, &words);
    plot->failed = plot->failed || text == NULL;
    return text;
}

void plot_statement(struct plot *plot, const char *format, ...)
{
    va_list args;

    if (plot == NULL || plot->failed)
        return;
    va_start(args, format);
    plot->statement = make_words(plot, format, args);
    va_end(args);
}

void plot_about(struct plot *plot, const char *column, const char *format, ...)
{
    va_list args;

    if (plot == NULL || plot->failed)
        return;
    va_start(args, format);
    plot->about = make_words(plot, format, args);
    va_end(args);
    plot->about_column = copy_text(plot, column);
}

struct plot *plot_panel(struct plot *plot, const char *title)
{
    struct plot *panel, **link;

    if (plot == NULL || plot->failed)
        return NULL;
    panel = arena_alloc(plot->arena, 1, sizeof *panel);
    if (panel == NULL) {
        plot->failed = true;
        return NULL;
    }
    panel->arena = plot->arena;
    panel->kind = PLOT_XY;
    panel->title = copy_text(plot, title);
    if (plot->last_panel == NULL)
        link = &plot->panels;
    else
        link = &plot->last_panel->next;
    *link = panel;
    plot->last_panel = panel;
    return panel;
}

struct table *plot_rows(struct plot *plot)
{
    if (plot == NULL || plot->failed)
        return NULL;
    if (plot->rows == NULL)
        plot->rows = table_new(plot->arena, NULL, NULL);
    if (plot->rows == NULL)
        plot->failed = true;
    return plot->rows;
}

static bool are_whole(const double *x, size_t count)
{
    for (size_t i = 0; x != NULL && i < count; i++)
        if (isfinite(x[i]) && x[i] != floor(x[i]))
            return false;
    return true;
}

static bool x_is_whole(const struct plot *plot)
{
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        if (!are_whole(series->x, series->count) || !are_whole(series->x2, series->count))
            return false;
    for (const struct plot_reference *reference = plot->references; reference != NULL; reference = reference->next)
        if (reference->vertical && !are_whole(&reference->at, 1))
            return false;
    return true;
}

double plot_x_least(const struct plot *plot)
{
    bool whole = x_is_whole(plot) && plot->x_unit <= 0;

    for (const struct plot *panel = plot->panels; whole && panel != NULL; panel = panel->next)
        whole = x_is_whole(panel);
    return whole ? 1 : 0;
}

bool plot_ok(const struct plot *plot)
{
    if (plot == NULL || plot->failed || (plot->rows != NULL && plot->rows->failed))
        return false;
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next) {
        if (panel->failed)
            return false;
    }
    return true;
}
