/* scan-plots.c -- see scan-plots.h.  Of points that would fall into one cell of a fine grid, one is drawn: what is seen is the
 * same, whatever the number of markers. */
#include "cmd/scan-plots.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sample.h"

enum { COLUMNS = 320, ROWS = 160, SHAPES = 2, MOST_CHROMOSOMES = 60 };

struct cloud {
    size_t count;
    double *x, *y;
    bool seen[COLUMNS][ROWS];
};

static struct cloud *cloud_new(struct arena *arena, size_t most)
{
    struct cloud *c = arena_alloc(arena, 1, sizeof *c);
    size_t cells = (size_t)COLUMNS * ROWS;

    if (c == NULL)
        return NULL;
    most = most < cells ? most : cells;
    c->x = arena_alloc(arena, most + 1, sizeof *c->x);
    c->y = arena_alloc(arena, most + 1, sizeof *c->y);
    return c->x != NULL && c->y != NULL ? c : NULL;
}

static void cloud_add(struct cloud *c, double x, double y, double x_end, double y_end)
{
    int a = (int)(x / x_end * (COLUMNS - 1)), b = (int)(y / y_end * (ROWS - 1));

    if (c->seen[a][b])
        return;
    c->seen[a][b] = true;
    c->x[c->count] = x;
    c->y[c->count++] = y;
}

static double highest(const struct scan *scan, double least)
{
    for (size_t j = 0; j < scan->markers; j++)
        if (scan->marker[j].state == SCAN_TESTED)
            least = fmax(least, fmax(scan_height(scan->marker[j].p), scan_height(scan->marker[j].plain_p)));
    return least;
}

static bool is_other(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) != 0;
}

bool scan_plot_manhattan(struct result *result, const struct scan *scan, const struct genotypes *genotypes, double threshold)
{
    struct plot *plot = result_plot(result, "manhattan");
    double top = highest(scan, scan_height(threshold)), end = (double)scan->markers;
    struct cloud *clouds[SHAPES];
    int chromosomes = 1;

    for (int s = 0; s < SHAPES; s++)
        clouds[s] = cloud_new(result->arena, scan->markers);
    if (plot == NULL || clouds[0] == NULL || clouds[1] == NULL)
        return false;
    plot_labels(plot, PLOT_XY, "p-values along the file", "marker, by its place in the file", "-log10 p");
    for (size_t j = 0; j < scan->markers; j++) {
        if (j > 0 && is_other(genotypes->marker[j].chromosome, genotypes->marker[j - 1].chromosome)
            && chromosomes++ < MOST_CHROMOSOMES)
            plot_reference(plot, true, (double)j + 0.5, NULL);
        if (scan->marker[j].state == SCAN_TESTED)
            cloud_add(clouds[chromosomes % SHAPES], (double)(j + 1), scan_height(scan->marker[j].p), end, top);
    }
    plot_series(plot, MARK_POINT, NULL, clouds[1]->count, clouds[1]->x, clouds[1]->y);
    if (clouds[0]->count > 0)
        plot_series(plot, MARK_RAW, NULL, clouds[0]->count, clouds[0]->x, clouds[0]->y);
    plot_reference(plot, false, scan_height(threshold), "Bonferroni");
    return plot_ok(plot);
}

static bool draw_sorted(struct plot *plot, struct arena *arena, const struct scan *scan, bool plain, double x_end, double y_end)
{
    double *p = NEW_ARRAY(double, scan->markers + 1);
    struct cloud *cloud = cloud_new(arena, scan->markers);
    size_t count = 0;

    if (p == NULL || cloud == NULL) {
        mem_free(p);
        return false;
    }
    for (size_t j = 0; j < scan->markers; j++)
        if (scan->marker[j].state == SCAN_TESTED)
            p[count++] = plain ? scan->marker[j].plain_p : scan->marker[j].p;
    count = sample_sort(p, count);
    for (size_t i = 0; i < count; i++)
        cloud_add(cloud, scan_height(((double)i + 0.5) / (double)count), scan_height(p[i]), x_end, y_end);
    mem_free(p);
    plot_series(plot, plain ? MARK_RAW : MARK_POOLED,
                arena_printf(arena, plain ? "without relations (lambda_GC %.2f)" : "with relations (lambda_GC %.2f)",
                             plain ? scan->plain_inflation : scan->inflation),
                cloud->count, cloud->x, cloud->y);
    return true;
}

bool scan_plot_qq(struct result *result, const struct scan *scan)
{
    struct plot *plot = result_plot(result, "qq");
    double x_end = scan_height(0.5 / (double)scan->count[SCAN_TESTED]), y_end = highest(scan, x_end);
    double line[2] = { 0.0, x_end };

    if (plot == NULL)
        return false;
    plot_labels(plot, PLOT_XY, "p-values against chance", "-log10 p expected", "-log10 p");
    plot_series(plot, MARK_DOTTED, "no marker matters", 2, line, line);
    return draw_sorted(plot, result->arena, scan, true, x_end, y_end)
           && draw_sorted(plot, result->arena, scan, false, x_end, y_end) && plot_ok(plot);
}
