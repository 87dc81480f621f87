/* SVG: well-formed whatever the names are, every point drawn once, nothing beyond the page. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/svg.h"
#include "result/result.h"

static const struct style plain = { .format = FORMAT_SVG, .width = 80, .digits = 4, .charset = CHARSET_ASCII };

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

/* One attribute `name="value"`; returns behind it, or NULL. */
static const char *skip_attribute(const char *at)
{
    at += strcspn(at, "=<>\"");
    if (*at != '=' || at[1] != '"')
        return NULL;
    at += 2;
    at += strcspn(at, "\"<");
    return *at == '"' ? at + 1 : NULL;
}

/* A small reader of XML: tags nest, attributes are quoted, entities are known, no byte is a control character. */
static bool is_well_formed(const char *at)
{
    const char *open[32];
    int depth = 0;

    for (; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 && *at != '\n')
            return false;
        if (*at == '&' && strncmp(at, "&amp;", 5) != 0 && strncmp(at, "&lt;", 4) != 0 && strncmp(at, "&gt;", 4) != 0
            && strncmp(at, "&quot;", 6) != 0)
            return false;
        if (*at != '<')
            continue;
        if (at[1] == '/') {
            size_t length = strcspn(at + 2, ">");

            if (depth == 0 || strncmp(open[--depth], at + 2, length) != 0 || strchr(" >", open[depth][length]) == NULL)
                return false;
            at += 2 + length;
            continue;
        }
        if (depth == 32)
            return false;
        open[depth++] = at + 1;
        at += 1 + strcspn(at + 1, " />");
        while (*at == ' ') {
            at += strspn(at, " ");
            if (*at == '/')
                break;
            if ((at = skip_attribute(at)) == NULL)
                return false;
        }
        if (*at == '/') {
            depth--;
            at++;
        }
        if (*at != '>')
            return false;
    }
    return depth == 0;
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
