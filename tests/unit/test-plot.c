/* test-plot.c -- the drawn cells: nothing clipped, no wider than the page, 7-bit in ASCII, and exactly these pictures. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "render/draw.h"
#include "sweep.h"

static const int widths[] = { 40, 80, 120, 250 };

static struct style style_of(enum charset charset, int width)
{
    return (struct style){ .format = FORMAT_TEXT, .width = width, .digits = 4, .charset = charset, .hints = true };
}

static void check_lines(const char *text, int width, enum charset charset)
{
    while (*text != '\0') {
        size_t bytes = strcspn(text, "\n");

        cr_assert_leq(utf8_width_n(text, bytes), width, "%.*s", (int)bytes, text);
        cr_assert(bytes == 0 || text[bytes - 1] != ' ', "blanks at the end: %.*s|", (int)bytes, text);
        for (size_t i = 0; charset == CHARSET_ASCII && i < bytes; i++)
            cr_assert(text[i] >= ' ' && text[i] < 0x7f, "not 7-bit: %.*s", (int)bytes, text);
        cr_assert_eq(text[bytes], '\n');
        text += bytes + 1;
    }
}

/* Draws in all tiers and widths. */
static void check_everywhere(const struct plot *plot)
{
    for (int charset = CHARSET_ASCII; charset <= CHARSET_BRAILLE; charset++) {
        for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
            struct style style = style_of((enum charset)charset, widths[i]);
            struct text out = { 0 };

            cr_assert(plot_draw(plot, &style, &out));
            check_lines(text_string(&out), widths[i], (enum charset)charset);
            text_clear(&out);
        }
    }
}

static void draws(const struct plot *plot, struct style style, const char *expected)
{
    struct text out = { 0 };

    cr_assert(plot_draw(plot, &style, &out));
    cr_expect_str_eq(text_string(&out), expected, "\n%s", text_string(&out));
    text_clear(&out);
}

static int count_of(const struct plot *plot, struct style style, const char *glyph)
{
    struct text out = { 0 };
    int count = 0;

    cr_assert(plot_draw(plot, &style, &out));
    for (const char *at = text_string(&out); (at = strstr(at, glyph)) != NULL; at += strlen(glyph))
        count++;
    text_clear(&out);
    return count;
}

/* Schools of the shrinkage screen. */
static struct result *strip(void)
{
    static const char *const names[] = { "8854", "5762", "8367", "9198" };
    static const double raw[] = { 4.24, 4.32, -INFINITY, 19.09 }, pooled[] = { 5.28, 5.23, 6.53, 18.27 };
    static const double lower[] = { 3.26, 3.33, 3.69, 16.21 }, upper[] = { 7.31, 7.14, 9.38, 20.32 },
                        kept[] = { 0.88, 0.89, 0.75, 0.87 };
    struct result *result = result_new("x");
    struct plot *plot = result_plot(result, NULL);
    struct table *table = plot_rows(plot);

    plot_labels(plot, PLOT_ROWS, "m1  MathAch ~ 1 + (1 | School)   REML", NULL, NULL);
    table_flags(table, table_column(table, NULL, "School", CELL_TEXT), COLUMN_RIGHT);
    table_column(table, NULL, "raw", CELL_REAL);
    table_column(table, NULL, "BLUP", CELL_REAL);
    table_column(table, NULL, "kept", CELL_PERCENT);
    for (size_t i = 0; i < 4; i++) {
        size_t row = table_row(table);

        table_text(table, row, 0, names[i]);
        table_real(table, row, 1, raw[i]);
        table_real(table, row, 2, pooled[i]);
        table_real(table, row, 3, kept[i]);
    }
    series_ends(plot, plot_series(plot, MARK_INTERVAL, "95%", 4, lower, NULL), upper, NULL);
    plot_series(plot, MARK_RAW, "own mean", 4, raw, NULL);
    plot_series(plot, MARK_POOLED, "BLUP", 4, pooled, NULL);
    plot_reference(plot, true, 12.64, "overall");
    plot_statement(plot, "kept = n·τ²/(n·τ² + σ²)");
    return result;
}

static struct plot *plot_of(struct result *result)
{
    return result->last->as.plot;
}

Test(plot, the_signature_screen)
{
    struct result *result = strip();

    draws(plot_of(result), style_of(CHARSET_BLOCK, 60),
          "m1  MathAch ~ 1 + (1 | School)   REML\n"
          "School    raw   BLUP  kept │   5        10       15       20\n"
          "  8854   4.24   5.28   88% │──○─●───         ┊\n"
          "  5762   4.32   5.23   89% │──○●────         ┊\n"
          "  8367   -Inf   6.53   75% │◂─────●─────     ┊\n"
          "  9198  19.09  18.27   87% │                 ┊     ────●○───\n"
          "                           └───┴────────┴────────┴────────┴─\n"
          "─ 95%  ○ own mean  ● BLUP  ┊ overall 12.64  ◂ out of range\n"
          "kept = n·τ²/(n·τ² + σ²)\n");
    check_everywhere(plot_of(result));
    result_free(result);
}

Test(plot, what_does_not_exist_is_marked_at_the_edge)
{
    struct result *result = strip();

    cr_expect_eq(count_of(plot_of(result), style_of(CHARSET_BLOCK, 80), "◂"), 2, "once in the plot, once in the legend");
    cr_expect_eq(count_of(plot_of(result), style_of(CHARSET_ASCII, 80), "<"), 2);
    cr_expect_eq(count_of(plot_of(result), style_of(CHARSET_BLOCK, 80), "●"), 5);
    result_free(result);
}

/* A sign in the legend is one in the plot: nothing is out of range on the right here. */
Test(plot, the_legend_lists_only_the_edges_that_are_drawn)
{
    struct result *result = strip();

    cr_expect_eq(count_of(plot_of(result), style_of(CHARSET_BLOCK, 80), "▸"), 0);
    result_free(result);
}

static struct plot *xy(struct result *result, enum mark mark, size_t count, const double *x, const double *y)
{
    struct plot *plot = result_plot(result, NULL);

    plot_labels(plot, PLOT_XY, "title", "the x axis", "the y axis");
    plot_series(plot, mark, "label", count, x, y);
    return plot;
}

Test(plot, a_line_and_its_points)
{
    static const double x[] = { 0, 10 }, y[] = { 0, 4 };
    struct result *result = result_new("x");
    struct plot *plot = xy(result, MARK_LINE, 2, x, y);

    plot_series(plot, MARK_POINT, "point", 2, x, (const double[]){ 4, 4 });
    draws(plot, style_of(CHARSET_BLOCK, 40),
          "title\n"
          "the y axis\n"
          "4 ┤·                               ┏━━╋\n"
          "  │                            ┏━━━┛\n"
          "3 ┤                        ┏━━━┛\n"
          "  │                   ┏━━━━┛\n"
          "2 ┤               ┏━━━┛\n"
          "  │          ┏━━━━┛\n"
          "1 ┤      ┏━━━┛\n"
          "  │  ┏━━━┛\n"
          "0 ┤━━┛\n"
          "  └┴──────┴──────┴──────┴──────┴──────┴\n"
          "   0      2      4      6      8      10\n"
          "                the x axis\n"
          "━ label  · point  ╋ on a line\n");
    draws(plot, style_of(CHARSET_ASCII, 40),
          "title\n"
          "the y axis\n"
          "4 +.                               ===#\n"
          "  |                            =====\n"
          "3 +                        =====\n"
          "  |                   ======\n"
          "2 +               =====\n"
          "  |          ======\n"
          "1 +      =====\n"
          "  |  =====\n"
          "0 +===\n"
          "  ++------+------+------+------+------+\n"
          "   0      2      4      6      8      10\n"
          "                the x axis\n"
          "= label  . point  # on a line\n");
    draws(plot, style_of(CHARSET_BRAILLE, 40),
          "title\n"
          "the y axis\n"
          "4 ┤·                                ⢀⣠·\n"
          "  │                             ⣀⣠⡴⠞⠋⠁\n"
          "3 ┤                         ⣀⣤⠶⠛⠉⠁\n"
          "  │                    ⢀⣠⡴⠞⠛⠉\n"
          "2 ┤                ⣀⣤⠶⠞⠋⠁\n"
          "  │           ⢀⣀⣤⠶⠛⠉\n"
          "1 ┤       ⢀⣠⡴⠞⠋⠉\n"
          "  │   ⣀⣤⠶⠛⠋⠁\n"
          "0 ┤⠰⠶⠛⠉\n"
          "  └┴──────┴──────┴──────┴──────┴──────┴\n"
          "   0      2      4      6      8      10\n"
          "                the x axis\n"
          "⠶⠶ label  · point\n");
    check_everywhere(plot);
    result_free(result);
}

/* Curves that lie on each other where there are few lines are left out, and the legend says which stay. */
Test(plot, a_low_plot_spares_curves)
{
    static const double x[] = { 0, 1 };
    struct result *result = result_new("x");
    struct plot *plot = xy(result, MARK_LINE, 2, x, (const double[]){ 0, 4 });
    struct style high = style_of(CHARSET_BLOCK, 60), low = high;

    low.height = 14;
    series_low_label(plot, plot_series(plot, MARK_FAINT, "at 1, 2 and 3", 2, x, (const double[]){ 1, 1 }), "at 1 and 3");
    series_spare(plot_series(plot, MARK_FAINT, NULL, 2, x, (const double[]){ 2, 2 }));
    plot_series(plot, MARK_FAINT, NULL, 2, x, (const double[]){ 3, 3 });
    cr_expect_eq(count_of(plot, high, "at 1, 2 and 3"), 1);
    cr_expect_eq(count_of(plot, low, "at 1, 2 and 3"), 0);
    cr_expect_eq(count_of(plot, low, "at 1 and 3"), 1);
    cr_expect_gt(count_of(plot, high, "\u2500"), count_of(plot, low, "\u2500") + 30);
    check_everywhere(plot);
    result_free(result);
}

Test(plot, bars_stand_on_whole_cells)
{
    static const double x[] = { 0, 1, 2, 3 }, x2[] = { 1, 2, 3, 4 }, y[] = { 1, 4, 0, 2 };
    struct result *result = result_new("x");
    struct plot *plot = xy(result, MARK_BAR, 4, x, y);

    series_ends(plot, plot->first, x2, NULL);
    plot->x_unit = 1;
    draws(plot, style_of(CHARSET_BLOCK, 40),
          "title\n"
          "the y axis\n"
          "4 ┤         ▄▄▄▄▄▄▄▄▄\n"
          "  │         █████████\n"
          "3 ┤         █████████\n"
          "  │         █████████\n"
          "2 ┤         █████████         ▄▄▄▄▄▄▄▄▄\n"
          "  │         █████████         █████████\n"
          "1 ┤▄▄▄▄▄▄▄▄▄█████████         █████████\n"
          "  │██████████████████         █████████\n"
          "0 ┤██████████████████         █████████\n"
          "  └┴────────┴────────┴────────┴────────┴\n"
          "   0        1        2        3        4\n"
          "                the x axis\n"
          "█ label\n");
    check_everywhere(plot);
    result_free(result);
}

Test(plot, extreme_values_are_drawn_or_marked)
{
    static const double sets[][4] = {
        { 1, 1, 1, 1 },
        { 0, 0, 0, 0 },
        { 1e-300, 2e-300, 1e-300, 0 },
        { 1e300, -1e300, 1e300, 0 },
        { DBL_MAX, -DBL_MAX, 0, 1 },
        { NAN, NAN, NAN, NAN },
        { INFINITY, -INFINITY, 1, NAN },
        { INFINITY, INFINITY, INFINITY, INFINITY },
        { 5e-324, 0, 1, 2 },
        { 1e10, 1e10 + 1, 1e10, 1e10 },
        { -1, 2, -3, 4 },
    };
    static const enum mark marks[] = { MARK_POINT, MARK_RAW,   MARK_POOLED, MARK_INTERVAL, MARK_ARROW,
                                       MARK_LINE,  MARK_FAINT, MARK_DOTTED, MARK_BAR };
    size_t count = sizeof sets / sizeof sets[0];

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct result *result = result_new("x");
            struct plot *plot = xy(result, MARK_POINT, 1, sets[i], sets[j]);

            for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++)
                series_ends(plot, plot_series(plot, marks[m], "some mark", 4, sets[i], sets[j]), sets[j], sets[i]);
            plot_reference(plot, true, sets[i][0], "vertical");
            plot_reference(plot, false, sets[j][1], "horizontal");
            check_everywhere(plot);
            plot->has_x_range = plot->has_y_range = true;
            plot->x_range[1] = plot->y_range[1] = 1;
            check_everywhere(plot);
            result_free(result);
        }
    }
}

Test(plot, no_point_is_dropped)
{
    struct result *result = result_new("x");
    double x[30], y[30];
    struct plot *plot;

    for (int i = 0; i < 30; i++) {
        x[i] = i;
        y[i] = (i * 7) % 30;
    }
    plot = xy(result, MARK_RAW, 30, x, y);
    cr_expect_eq(count_of(plot, style_of(CHARSET_BLOCK, 120), "○"), 31, "thirty and the legend");
    plot->has_x_range = true;
    plot->x_range[0] = 10;
    plot->x_range[1] = 20;
    cr_expect_geq(count_of(plot, style_of(CHARSET_BLOCK, 120), "◂"), 5);
    cr_expect_geq(count_of(plot, style_of(CHARSET_BLOCK, 120), "▸"), 5);
    result_free(result);
}

Test(plot, nothing_to_draw)
{
    struct result *result = result_new("x");
    struct plot *plot = result_plot(result, NULL);

    plot_labels(plot, PLOT_XY, NULL, NULL, NULL);
    check_everywhere(plot);
    plot_labels(plot, PLOT_ROWS, NULL, NULL, NULL);
    check_everywhere(plot);
    plot_labels(plot, PLOT_PANELS, NULL, NULL, NULL);
    check_everywhere(plot);
    result_free(result);
}

static struct result *panels(int count)
{
    struct result *result = result_new("x");
    struct plot *plot = result_plot(result, NULL);
    struct rng rng;

    rng_init(&rng, 3, 0);
    plot_labels(plot, PLOT_PANELS, "by group", "Days", "Reaction (ms)");
    for (int g = 0; g < count; g++) {
        double x[10], y[10];
        struct plot *panel = plot_panel(plot, g == 2 ? "a very long name of a group, 漢字" : "308");

        for (int i = 0; i < 10; i++) {
            x[i] = i;
            y[i] = 250 + 10 * i + 30 * rng_normal(&rng);
        }
        plot_series(panel, MARK_POINT, "observed", 10, x, y);
        plot_series(panel, MARK_FAINT, "no pooling", 10, x, y);
        plot_series(panel, MARK_LINE, "pooled", 2, (const double[]){ 0, 9 }, (const double[]){ 250, 340 });
    }
    if (plot != NULL)
        plot->total_panels = 500;
    return result;
}

Test(plot, panels_of_any_number)
{
    static const int counts[] = { 1, 2, 3, 5, 7, 18, 40 };

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct result *result = panels(counts[i]);

        check_everywhere(plot_of(result));
        cr_expect_eq(count_of(plot_of(result), style_of(CHARSET_BLOCK, 80), "of 500 panels"), 1);
        result_free(result);
    }
}

/* A strong line is two dots thick, a faint one every second dot: they can be told apart, in the plot and in the legend. */
Test(plot, braille_tells_its_lines_apart)
{
    static const double x[] = { 0, 1 }, level[] = { 0.5, 0.5 };
    struct result *result = result_new("x");
    struct plot *strong = xy(result, MARK_LINE, 2, x, level), *faint = xy(result, MARK_FAINT, 2, x, level);

    cr_expect_gt(count_of(strong, style_of(CHARSET_BRAILLE, 60), "⠶") + count_of(strong, style_of(CHARSET_BRAILLE, 60), "⠛")
                     + count_of(strong, style_of(CHARSET_BRAILLE, 60), "⣤")
                     + count_of(strong, style_of(CHARSET_BRAILLE, 60), "⣀"),
                 40);
    cr_expect_gt(count_of(faint, style_of(CHARSET_BRAILLE, 60), "⠂") + count_of(faint, style_of(CHARSET_BRAILLE, 60), "⠁")
                     + count_of(faint, style_of(CHARSET_BRAILLE, 60), "⠄") + count_of(faint, style_of(CHARSET_BRAILLE, 60), "⡀"),
                 40);
    cr_expect_eq(count_of(faint, style_of(CHARSET_BRAILLE, 60), "⠶"), 0);
    result_free(result);
}

/* Groups at the same few x stand side by side, none behind another. */
Test(plot, groups_at_few_places_stand_side_by_side)
{
    static const double x[] = { 1, 1, 2, 2 }, y[] = { 1, 2, 1, 2 };
    struct result *result = result_new("x");
    struct plot *plot = xy(result, MARK_POINT, 4, x, y);

    plot->first->shape = 1;
    plot_series(plot, MARK_POINT, "other", 4, x, y)->shape = 2;
    cr_expect_eq(count_of(plot, style_of(CHARSET_BLOCK, 60), "&"), 0);
    cr_expect_eq(count_of(plot, style_of(CHARSET_BLOCK, 60), "×"), 5, "four points and the legend");
    cr_expect_eq(count_of(plot, style_of(CHARSET_BLOCK, 60), "side by side"), 1);
    result_free(result);
}

Test(plot, names_fold_to_seven_bits)
{
    struct result *result = result_new("x");
    struct plot *plot = result_plot(result, NULL);
    struct table *table = plot_rows(plot);
    static const double x[] = { 1, 2 };

    plot_labels(plot, PLOT_ROWS, "Größe — µ", "café", NULL);
    table_column(table, NULL, "Schüler", CELL_TEXT);
    table_text(table, table_row(table), 0, "Zürich");
    table_text(table, table_row(table), 0, "漢字");
    plot_series(plot, MARK_POOLED, "β", 2, x, NULL);
    check_everywhere(plot);
    cr_expect_eq(count_of(plot, style_of(CHARSET_ASCII, 80), "Zurich"), 1);
    cr_expect_eq(count_of(plot, style_of(CHARSET_ASCII, 80), "u6F22u5B57"), 1);
    cr_expect_eq(count_of(plot, style_of(CHARSET_ASCII, 80), "?"), 0);
    cr_expect_eq(count_of(plot, style_of(CHARSET_BLOCK, 80), "Zürich"), 1);
    result_free(result);
}

struct drawing {
    struct result *(*make)(void);
    enum charset charset;
};

static struct result *few_panels(void)
{
    return panels(5);
}

static bool draw(void *context, struct glmm_error *err)
{
    const struct drawing *drawing = context;
    struct style style = style_of(drawing->charset, 80);
    struct result *result = drawing->make();
    struct text out = { 0 };
    bool ok = result_ok(result) && plot_draw(plot_of(result), &style, &out);

    text_clear(&out);
    result_free(result);
    return ok || fail_memory(err);
}

Test(plot, survives_each_failed_allocation)
{
    struct drawing drawings[] = { { strip, CHARSET_ASCII }, { strip, CHARSET_BLOCK }, { few_panels, CHARSET_BRAILLE } };

    for (size_t i = 0; i < sizeof drawings / sizeof drawings[0]; i++)
        cr_expect_gt(sweep_passing(draw, &drawings[i]), 3);
}
