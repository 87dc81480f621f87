/* fold.c -- see fold.h. */
#include "render/fold.h"

#include <stdint.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/safe.h"
#include "base/arena-text.h"

/* Signs that the program itself writes. */
static const struct {
    const char *sign, *ascii;
} signs[] = {
    { "—", "-" },      { "–", "-" },      { "−", "-" },     { "…", "..." },     { "‘", "'" },      { "’", "'" },
    { "“", "\"" },     { "”", "\"" },     { "→", "->" },    { "←", "<-" },      { "↑", "^" },      { "↓", "v" },
    { "⇒", "=>" },     { "▲", "^" },      { "▼", "v" },     { "·", "*" },       { "×", "x" },      { "÷", "/" },
    { "±", "+-" },     { "≤", "<=" },     { "≥", ">=" },    { "≠", "!=" },      { "≈", "~" },      { "∞", "Inf" },
    { "√", "sqrt" },   { "°", "deg" },    { "½", "1/2" },   { "•", "*" },       { "∆", "Delta" },  { "α", "alpha" },
    { "β", "beta" },   { "γ", "gamma" },  { "δ", "delta" }, { "ε", "epsilon" }, { "η", "eta" },    { "θ", "theta" },
    { "λ", "lambda" }, { "μ", "mu" },     { "µ", "mu" },    { "ν", "nu" },      { "π", "pi" },     { "ρ", "rho" },
    { "σ", "sigma" },  { "τ", "tau" },    { "φ", "phi" },   { "χ", "chi" },     { "ψ", "psi" },    { "ω", "omega" },
    { "Δ", "Delta" },  { "Λ", "Lambda" }, { "Σ", "Sigma" }, { "χ̄", "chibar" },  { "\u00a0", " " }, { "○", "o" },
    { "●", "@" },      { "─", "-" },      { "┊", ":" },     { "◂", "<" },       { "▸", ">" },
};

/* Letters without a decomposition into an ASCII letter and accents, in the sounds of English. */
static const struct {
    const char *letter, *ascii;
} letters[] = {
    { "ß", "ss" },   { "æ", "ae" },   { "Æ", "Ae" },    { "œ", "oe" },  { "Œ", "Oe" }, { "ø", "o" },   { "Ø", "O" },
    { "ł", "l" },    { "Ł", "L" },    { "đ", "d" },     { "Đ", "D" },   { "ð", "dh" }, { "Ð", "Dh" },  { "þ", "th" },
    { "Þ", "Th" },   { "ı", "i" },    { "ŋ", "ng" },    { "ħ", "h" },   { "Ħ", "H" },  { "ª", "a" },   { "º", "o" },
    { "Α", "A" },    { "Β", "B" },    { "Γ", "Gamma" }, { "Ε", "E" },   { "Ζ", "Z" },  { "Η", "H" },   { "Θ", "Theta" },
    { "Ι", "I" },    { "Κ", "K" },    { "Μ", "M" },     { "Ν", "N" },   { "Ξ", "Xi" }, { "Ο", "O" },   { "Π", "Pi" },
    { "Ρ", "R" },    { "Τ", "T" },    { "Υ", "Y" },     { "Φ", "Phi" }, { "Χ", "Ch" }, { "Ψ", "Psi" }, { "Ω", "Omega" },
    { "ζ", "zeta" }, { "ι", "i" },    { "κ", "kappa" }, { "ξ", "xi" },  { "ο", "o" },  { "ς", "s" },   { "υ", "y" },
    { "а", "a" },    { "А", "A" },    { "б", "b" },     { "Б", "B" },   { "в", "v" },  { "В", "V" },   { "г", "g" },
    { "Г", "G" },    { "д", "d" },    { "Д", "D" },     { "е", "e" },   { "Е", "E" },  { "ж", "zh" },  { "Ж", "Zh" },
    { "з", "z" },    { "З", "Z" },    { "и", "i" },     { "И", "I" },   { "й", "j" },  { "Й", "J" },   { "к", "k" },
    { "К", "K" },    { "л", "l" },    { "Л", "L" },     { "м", "m" },   { "М", "M" },  { "н", "n" },   { "Н", "N" },
    { "о", "o" },    { "О", "O" },    { "п", "p" },     { "П", "P" },   { "р", "r" },  { "Р", "R" },   { "с", "s" },
    { "С", "S" },    { "т", "t" },    { "Т", "T" },     { "у", "u" },   { "У", "U" },  { "ф", "f" },   { "Ф", "F" },
    { "х", "kh" },   { "Х", "Kh" },   { "ц", "ts" },    { "Ц", "Ts" },  { "ч", "ch" }, { "Ч", "Ch" },  { "ш", "sh" },
    { "Ш", "Sh" },   { "щ", "shch" }, { "Щ", "Shch" },  { "ъ", "''" },  { "Ъ", "''" }, { "ы", "y" },   { "Ы", "Y" },
    { "ь", "'" },    { "Ь", "'" },    { "э", "e" },     { "Э", "E" },   { "ю", "yu" }, { "Ю", "Yu" },  { "я", "ya" },
    { "Я", "Ya" },   { "ё", "yo" },   { "Ё", "Yo" },    { "і", "i" },   { "І", "I" },  { "є", "ye" },  { "Є", "Ye" },
    { "ґ", "g" },    { "Ґ", "G" },    { "ї", "yi" },    { "Ї", "Yi" },  { "ј", "j" },  { "Ј", "J" },   { "љ", "lj" },
    { "Љ", "Lj" },   { "њ", "nj" },   { "Њ", "Nj" },    { "ћ", "c" },   { "Ћ", "C" },  { "ђ", "dj" },  { "Ђ", "Dj" },
    { "џ", "dz" },   { "Џ", "Dz" },
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

/* Length of the raised digit or sign that the text starts with, and what it is; 0: none. */
static size_t raised_at(const char *text, char *plain)
{
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "⁻", "⁺" };

    for (size_t i = 0; i < sizeof raised / sizeof raised[0]; i++) {
        size_t length = strlen(raised[i]);

        if (strncmp(text, raised[i], length) == 0) {
            *plain = "0123456789-+"[i];
            return length;
        }
    }
    return 0;
}

/* Adds a raised number, 10⁻¹² as 10^-12: one sign before all of it, and a blank before a letter or digit behind it.  Its length
 * in the text; 0: there is none. */
static size_t add_raised(struct text *out, const char *text)
{
    size_t at = 0, length;
    ucs4_t next;
    char plain;

    while ((length = raised_at(text + at, &plain)) > 0) {
        if (at == 0)
            text_add_char(out, '^');
        text_add_char(out, plain);
        at += length;
    }
    if (at > 0 && u8_strmbtouc(&next, (const uint8_t *)text + at) > 0 && uc_is_alnum(next)) /* c²v is not c^(2v) */
        text_add_char(out, ' ');
    return at;
}

/* The letter's ASCII form, or NULL. */
static const char *letter_at(const char *place, size_t length)
{
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (strlen(letters[i].letter) == length && strncmp(place, letters[i].letter, length) == 0)
            return letters[i].ascii;
    }
    return NULL;
}

/* The letter below all accents: e of U+1EBF, which is a circumflex below an acute. */
static ucs4_t base_of(ucs4_t c)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];

    while (c >= 0x80 && uc_canonical_decomposition(c, parts) > 0 && parts[0] != c)
        c = parts[0];
    return c;
}

/* Adds a letter as it sounds, the base letter of a character that carries accents, or its number, so that two names stay two:
 * U+65E5 is `u65E5`; characters without width vanish. */
static void add_base(struct text *out, const char *place, size_t length)
{
    const char *letter = letter_at(place, length);
    ucs4_t c, base;
    char bytes[8];
    int count;

    if (letter != NULL) {
        text_add(out, letter);
        return;
    }
    if (u8_mbtoucr(&c, (const uint8_t *)place, length) <= 0) {
        text_add_char(out, '?');
        return;
    }
    base = base_of(c);
    if (base < 0x80) {
        text_add_char(out, (char)base);
        return;
    }
    count = u8_uctomb((uint8_t *)bytes, base, sizeof bytes);
    letter = count > 0 ? letter_at(bytes, (size_t)count) : NULL;
    if (letter != NULL)
        text_add(out, letter);
    else if (utf8_width_n(place, length) > 0)
        text_addf(out, "u%04X", (unsigned)c);
}

const char *fold_ascii(struct arena *arena, const char *text, bool strict)
{
    struct text out = { 0 };

    if (is_ascii(text))
        return text;
    while (*text != '\0') {
        int sign = sign_at(text), length;
        size_t raised = add_raised(&out, text);

        if (raised > 0) {
            text += raised;
            continue;
        }
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
    return arena_take(arena, &out);
}

const char *without_controls(struct arena *arena, const char *text, const char *kept)
{
    size_t length = strlen(text);
    struct text out = { 0 };

    if (safe_already(text, length, SAFE_WORDS))
        return text;
    for (size_t i = 0; i < length; i++) {
        size_t part = strcspn(text + i, kept);

        safe_add(&out, text + i, part, SAFE_WORDS);
        i += part;
        if (i < length)
            text_add_char(&out, text[i]);
    }
    return arena_take(arena, &out);
}
