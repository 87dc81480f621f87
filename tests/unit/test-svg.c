/* SVG: well-formed whatever the names are, every point drawn once, nothing beyond the page. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/svg.h"
#include "result/result.h"
#include "well-formed.h"

static const struct style plain = { .format = FORMAT_SVG, .width = 80, .digits = 4, .charset = CHARSET_ASCII };

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static char *draw(struct result *result)
{
    struct text out = { 0 };

    cr_assert(render(result, &plain, &out));
    result_free(result);
    return text_take(&out);
}

static struct plot *new_plane(struct result *result, const char *name)
{
    struct plot *plot = result_plot(result, "plot");

    plot_labels(plot, PLOT_XY, name, name, name);
    return plot;
}

Test(svg, names_do_no_harm)
{
    static const char *const names[] = {
        "<script>alert(1)</script>", "a & b \"c\" 'd'", "\x1b[31mred\x07", "\xff\xfe", "]]>", "<!-- -->",
        "Zo\xc3\xab \xe6\x97\xa5",   "\xef\xbf\xbf",
    };
    static const double x[] = { 1, 2, 3 };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct result *result = result_new("test");
        struct plot *plot = new_plane(result, names[i]);
        char *svg;

        plot_series(plot, MARK_POINT, names[i], 3, x, x);
        plot_reference(plot, true, 2, names[i]);
        plot_names(plot, 1, &names[i]);
        plot_statement(plot, "%s", names[i]);
        svg = draw(result);
        cr_expect(is_well_formed(svg), "%s", svg);
        cr_expect_null(strstr(svg, "<script>"));
        free(svg);
    }
    cr_expect_not(is_well_formed("<a><b></a>"));
    cr_expect_not(is_well_formed("<a x=1></a>"));
    cr_expect_not(is_well_formed("<a>&x</a>"));
}

/* Points that do not exist are not drawn, those out of range are marked at the edge and said. */
Test(svg, each_point_is_drawn_or_marked)
{
    static const double x[] = { 0, 1, 2, 3, 4 };
    const double y[] = { 1, (double)NAN, HUGE_VAL, 3, -HUGE_VAL };
    struct result *result = result_new("test");
    char *svg;

    plot_series(new_plane(result, "points"), MARK_POINT, NULL, 5, x, y);
    svg = draw(result);
    cr_expect_eq(occurrences(svg, "<circle "), 2, "%s", svg);
    cr_expect_eq(occurrences(svg, "l-5,-8 h10 z"), 1);
    cr_expect_eq(occurrences(svg, "l-5,8 h10 z"), 1);
    cr_expect_eq(occurrences(svg, "out of range"), 1);
    cr_expect_null(strstr(svg, "nan"));
    cr_expect_null(strstr(svg, "inf"));
    free(svg);
}

/* The greatest and the least values, alone and together, leave every number finite. */
Test(svg, extremes)
{
    static const double values[][2] = { { 0, 0 }, { 1e308, -1e308 }, { 1e-310, 2e-310 }, { 5, 5 }, { 1e15, 1e15 + 1 } };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct result *result = result_new("test");
        struct plot *plot = new_plane(result, "extremes");
        char *svg;

        plot_series(plot, MARK_LINE, "line", 2, values[i], values[i]);
        series_ends(plot, plot_series(plot, MARK_BAR, "bar", 2, values[i], values[i]), values[i], NULL);
        svg = draw(result);
        cr_expect(is_well_formed(svg), "%s", svg);
        cr_expect_null(strstr(svg, "NaN"), "%s", svg);
        cr_expect_null(strstr(svg, "Inf"), "%s", svg);
        free(svg);
    }
}

Test(svg, a_result_without_a_plot_has_none)
{
    struct result *result = result_new("test");

    cr_expect_not(result_has_plot(result));
    new_plane(result, "one");
    cr_expect(result_has_plot(result));
    result_free(result);
}
