/* test-canvas.c -- cells, wide characters, braille, attributes, and no blanks at the ends of lines. */
#include <criterion/criterion.h>
#include <string.h>

#include "render/canvas.h"

static void canvas_is(struct canvas *canvas, bool color, const char *expected)
{
    struct text out = { 0 };

    cr_assert(canvas_write(canvas, color, &out));
    cr_expect_str_eq(text_string(&out), expected, "%s", text_string(&out));
    text_clear(&out);
    canvas_clear(canvas);
}

Test(canvas, puts_cells_and_clips)
{
    struct canvas c;

    canvas_init(&c, 5, CHARSET_BLOCK);
    canvas_put(&c, 2, 1, "○", 0);
    canvas_put(&c, 2, 5, "x", 0);
    canvas_put(&c, -1, 0, "x", 0);
    canvas_put(&c, 0, -1, "x", 0);
    canvas_put(&c, 1 << 30, 0, "x", 0);
    canvas_put(&c, 2, 3, " ", 0);
    cr_expect_eq(c.rows, 3);
    canvas_is(&c, false, "\n\n ○\n");
}

Test(canvas, wide_and_combining_characters)
{
    struct canvas c;
    char buffer[8];

    canvas_init(&c, 6, CHARSET_BLOCK);
    cr_expect_eq(canvas_text(&c, 0, 0,
                             "漢e\xcc\x81"
                             "b",
                             0),
                 4);
    cr_expect_str_eq(canvas_glyph(&c, 0, 1, buffer), "");
    cr_expect_str_eq(canvas_glyph(&c, 0, 2, buffer), "e\xcc\x81");
    canvas_text(&c, 1, 5, "漢", 0); /* half of it does not fit: not drawn */
    canvas_text(&c, 2, 0, "\xff!", 0);
    canvas_is(&c, false,
              "漢e\xcc\x81"
              "b\n\n\xff!\n");
}

Test(canvas, braille_dots)
{
    struct canvas c;
    char buffer[8];

    canvas_init(&c, 4, CHARSET_BRAILLE);
    for (int i = 0; i < 4; i++)
        canvas_dot(&c, i, i, 0);
    canvas_dot(&c, -1, 0, 0);
    canvas_dot(&c, 8, 0, 0);
    cr_expect_str_eq(canvas_glyph(&c, 0, 0, buffer), "⠑");
    cr_expect_str_eq(canvas_glyph(&c, 0, 1, buffer), "⢄");
    canvas_put(&c, 0, 1, "●", 0);
    canvas_is(&c, false, "⠑●\n");
}

Test(canvas, attributes_are_switched_off)
{
    struct canvas c;

    canvas_init(&c, 8, CHARSET_BLOCK);
    canvas_text(&c, 0, 0, "ab", ATTRIBUTE_BOLD);
    canvas_text(&c, 0, 2, "c", ATTRIBUTE_RED | ATTRIBUTE_BOLD);
    canvas_text(&c, 0, 4, "d", 0);
    canvas_is(&c, true, "\033[1mab\033[0m\033[1;31mc \033[0md\n");
}
