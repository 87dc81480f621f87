/* fold.c -- see fold.h. */
#include "render/fold.h"

#include <stdint.h>
#include <string.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/safe.h"
#include "base/text.h"

/* Signs that the program itself writes. */
static const struct {
    const char *sign, *ascii;
} signs[] = {
    { "—", "-" },     { "–", "-" },       { "−", "-" },      { "…", "..." },   { "‘", "'" },      { "’", "'" },
    { "“", "\"" },    { "”", "\"" },      { "→", "->" },     { "←", "<-" },    { "↑", "^" },      { "↓", "v" },
    { "⇒", "=>" },    { "▲", "^" },       { "▼", "v" },      { "·", "*" },     { "×", "x" },      { "÷", "/" },
    { "±", "+-" },    { "≤", "<=" },      { "≥", ">=" },     { "≠", "!=" },    { "≈", "~" },      { "∞", "Inf" },
    { "√", "sqrt" },  { "²", "^2" },      { "³", "^3" },     { "⁻", "^-" },    { "¹", "1" },      { "°", "deg" },
    { "½", "1/2" },   { "•", "*" },       { "∆", "Delta" },  { "α", "alpha" }, { "β", "beta" },   { "γ", "gamma" },
    { "δ", "delta" }, { "ε", "epsilon" }, { "η", "eta" },    { "θ", "theta" }, { "λ", "lambda" }, { "μ", "mu" },
    { "µ", "mu" },    { "ν", "nu" },      { "π", "pi" },     { "ρ", "rho" },   { "σ", "sigma" },  { "τ", "tau" },
    { "φ", "phi" },   { "χ", "chi" },     { "ψ", "psi" },    { "ω", "omega" }, { "Δ", "Delta" },  { "Λ", "Lambda" },
    { "Σ", "Sigma" }, { "χ̄", "chibar" },  { "\u00a0", " " }, { "○", "o" },     { "●", "@" },      { "─", "-" },
    { "┊", ":" },     { "◂", "<" },       { "▸", ">" },
};

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

/* The longest sign that the text starts with, as its index; -1 for none. */
static int sign_at(const char *text)
{
    int found = -1;
    size_t longest = 0;

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t length = strlen(signs[i].sign);

        if (length > longest && strncmp(text, signs[i].sign, length) == 0) {
            found = (int)i;
            longest = length;
        }
    }
    return found;
}

/* Adds the base letter of a character that carries accents, or `?`; characters without width vanish. */
static void add_base(struct text *out, const char *place, size_t length)
{
    ucs4_t c, parts[UC_DECOMPOSITION_MAX_LENGTH];

    if (u8_mbtoucr(&c, (const uint8_t *)place, length) > 0) {
        if (uc_canonical_decomposition(c, parts) > 0 && parts[0] < 0x80) {
            text_add_char(out, (char)parts[0]);
            return;
        }
        if (utf8_width_n(place, length) == 0)
            return;
    }
    text_add_char(out, '?');
}

const char *fold_ascii(struct arena *arena, const char *text, bool strict)
{
    struct text out = { 0 };
    const char *made;

    if (is_ascii(text))
        return text;
    while (*text != '\0') {
        int sign = sign_at(text);
        int length;

        if (sign >= 0) {
            text_add(&out, signs[sign].ascii);
            text += strlen(signs[sign].sign);
            continue;
        }
        length = u8_mblen((const uint8_t *)text, strlen(text));
        if (length < 1)
            length = 1;
        if (strict && (unsigned char)*text >= 0x80)
            add_base(&out, text, (size_t)length);
        else
            text_add_bytes(&out, text, (size_t)length);
        text += length;
    }
    made = out.failed ? NULL : arena_strdup(arena, text_string(&out));
    text_clear(&out);
    return made;
}

const char *without_controls(struct arena *arena, const char *text, const char *kept)
{
    size_t length = strlen(text);
    struct text out = { 0 };
    const char *made;

    if (safe_already(text, length, SAFE_WORDS))
        return text;
    for (size_t i = 0; i < length; i++) {
        size_t part = strcspn(text + i, kept);

        safe_add(&out, text + i, part, SAFE_WORDS);
        i += part;
        if (i < length)
            text_add_char(&out, text[i]);
    }
    made = out.failed ? NULL : arena_strdup(arena, text_string(&out));
    text_clear(&out);
    return made;
}
