/* glyph.c -- see glyph.h.  Braille has the glyphs of the block tier; only its lines and clouds of points are dots. */
#include "render/glyph.h"

static const struct {
    const char *block, *ascii;
} glyphs[] = {
    [GLYPH_RAW] = { "○", "o" },
    [GLYPH_POOLED] = { "●", "@" },
    [GLYPH_BOTH] = { "◉", "%" },
    [GLYPH_INTERVAL] = { "─", "-" },
    [GLYPH_LEFT] = { "◂", "<" },
    [GLYPH_RIGHT] = { "▸", ">" },
    [GLYPH_UP] = { "▴", "^" },
    [GLYPH_DOWN] = { "▾", "v" },
    [GLYPH_REFERENCE_UP] = { "┊", ":" },
    [GLYPH_REFERENCE_ACROSS] = { "┈", "-" },
    [GLYPH_AXIS_UP] = { "│", "|" },
    [GLYPH_AXIS_ACROSS] = { "─", "-" },
    [GLYPH_CORNER] = { "└", "+" },
    [GLYPH_TICK_UP] = { "┤", "+" },
    [GLYPH_TICK_ACROSS] = { "┴", "+" },
    [GLYPH_POINT] = { "·", "." },
    [GLYPH_POINTS_FEW] = { "∘", ":" },
    [GLYPH_POINTS_SOME] = { "•", "*" },
    [GLYPH_POINTS_MANY] = { "█", "#" },
    [GLYPH_LINE] = { "━", "=" },
    [GLYPH_FAINT] = { "─", "-" },
    [GLYPH_POINT_ON_LINE] = { "╋", "#" },
    [GLYPH_POINT_ON_FAINT] = { "┼", "+" },
    [GLYPH_RISING] = { "╱", "/" },
    [GLYPH_FALLING] = { "╲", "\\" },
    [GLYPH_STEEP] = { "┊", ":" },
    [GLYPH_FULL] = { "█", "#" },
    [GLYPH_MIXED] = { "&", "&" },
    [GLYPH_SHAPE_1] = { "○", "o" },
    [GLYPH_SHAPE_2] = { "×", "x" },
    [GLYPH_SHAPE_3] = { "▲", "^" },
    [GLYPH_SHAPE_4] = { "■", "#" },
    [GLYPH_SHAPE_5] = { "+", "+" },
    [GLYPH_SHAPE_6] = { "◇", "%" },
};

static const struct {
    const char *strong, *faint;
} parts[] = {
    [PART_ACROSS] = { "━", "─" },          [PART_UP] = { "┃", "│" },
    [PART_TURN_DOWN_LEFT] = { "┓", "╮" }, /* joins what is left and what is below */
    [PART_TURN_DOWN_RIGHT] = { "┏", "╭" }, [PART_TURN_UP_LEFT] = { "┛", "╯" },
    [PART_TURN_UP_RIGHT] = { "┗", "╰" },
};

const char *glyph_of(enum glyph glyph, enum charset charset)
{
    return charset == CHARSET_ASCII ? glyphs[glyph].ascii : glyphs[glyph].block;
}

const char *line_glyph(enum line_part part, bool strong, enum charset charset)
{
    if (charset == CHARSET_ASCII)
        return strong ? glyphs[GLYPH_LINE].ascii : part == PART_UP ? "|" : glyphs[GLYPH_FAINT].ascii;
    return strong ? parts[part].strong : parts[part].faint;
}

const char *bar_glyph(int eighths, enum charset charset)
{
    static const char *const tops[] = { "", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

    if (charset == CHARSET_ASCII)
        return eighths >= 4 ? "#" : "";
    return tops[eighths < 0 ? 0 : eighths > 8 ? 8 : eighths];
}
