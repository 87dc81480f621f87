/* test-text.c -- growing strings, display width, suggestions. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/error.h"
#include "base/safe.h"
#include "base/text.h"

Test(text, grows_and_is_taken)
{
    struct text text = { 0 };
    char *data;

    for (int i = 0; i < 100; i++)
        text_addf(&text, "%d,", i % 10);
    cr_assert_eq(text.length, 200);
    data = text_take(&text);
    cr_assert_eq(strlen(data), 200);
    cr_assert_eq(text.length, 0);
    free(data);
}

Test(text, width_counts_columns)
{
    cr_assert_eq(utf8_width("abc"), 3);
    cr_assert_eq(utf8_width("\xc3\xa9t\xc3\xa9"), 3);
    cr_assert_eq(utf8_width("e\xcc\x81"), 1);
    cr_assert_eq(utf8_width("\xe6\xbc\xa2"), 2);
    cr_assert_eq(utf8_width("\xff"), 1);
    cr_assert_eq(utf8_prefix("\xe6\xbc\xa2\xe6\xbc\xa2", 3), 3);
}

Test(text, near_names)
{
    int distance;

    cr_assert(is_near("Dys", "Days", &distance));
    cr_assert_eq(distance, 1);
    cr_assert(is_near("subjcet", "Subject", &distance));
    cr_assert_not(is_near("x", "y", &distance));
    cr_assert(is_near("nitrate", "Nitrate (mg/l)", &distance));
    cr_assert(is_near("animal", "`Animal ID`", &distance));
    cr_assert_not(is_near("nitrate", "Nitrates of the water", &distance));
    cr_assert_not(is_near("Reaction", "Days", &distance));
}

/* What one change makes of a text of any length is at distance 1 of it, to 64 bytes, and longer ones are as far as they are long.
 */
Test(text, a_change_is_a_distance_of_one)
{
    cr_assert_eq(edit_distance("", ""), 0);
    cr_assert_eq(edit_distance("", "abc"), 3);
    cr_assert_eq(edit_distance("kitten", "sitting"), 3);
    for (size_t length = 2; length <= 66; length++)
        for (size_t at = 0; at < length; at++) {
            char a[80], b[80];
            int far = length > 64 ? (int)length : 1;

            for (size_t i = 0; i < length; i++)
                a[i] = (char)('a' + (int)((i * i + i / 7) % 23));
            a[length] = '\0';
            strcpy(b, a);
            cr_assert_eq(edit_distance(a, b), length > 64 ? (int)length : 0);
            b[at] = '.';
            cr_assert_eq(edit_distance(a, b), far, "%zu of %zu changed", at, length);
            memmove(b + at, b + at + 1, length - at);
            cr_assert_eq(edit_distance(a, b), far, "%zu of %zu left out", at, length);
            cr_assert_eq(edit_distance(b, a), far, "%zu of %zu put in", at, length);
            strcpy(b, a);
            if (at > 0 && a[at] != a[at - 1]) {
                b[at] = a[at - 1];
                b[at - 1] = a[at];
                cr_assert_eq(edit_distance(a, b), far, "%zu of %zu changed places", at, length);
            }
        }
}

/* --- what a terminal would obey or hide --------------------------------------------------------------- */

static void made_safe(const char *text, enum safe_kind kind, const char *wanted)
{
    struct text out = { 0 };

    safe_add(&out, text, strlen(text), kind);
    cr_assert_str_eq(text_string(&out), wanted);
    cr_assert_eq(safe_already(text, strlen(text), kind), strcmp(text, wanted) == 0);
    cr_assert(safe_already(text_string(&out), out.length, kind), "what was made safe is safe");
    text_clear(&out);
}

Test(safe, spells_out_what_is_not_seen)
{
    made_safe("plain \xc3\xa9t\xc3\xa9 \xe4\xbd\xa0", SAFE_WORDS, "plain \xc3\xa9t\xc3\xa9 \xe4\xbd\xa0");
    made_safe("a\033[2Jb\x7f", SAFE_WORDS, "a\\u{1b}[2Jb\\u{7f}");
    made_safe("a\nb\tc\r", SAFE_WORDS, "a\\u{a}b\\u{9}c\\u{d}");
    made_safe("a\nb\tc\r", SAFE_LINES, "a\nb\tc\\u{d}");
    made_safe("\xc2\x9b"
              "31m",
              SAFE_LINES, "\\u{9b}31m");
    made_safe("x\xe2\x80\xaey\xe2\x80\x8bz\xc2\xad", SAFE_WORDS, "x\\u{202e}y\\u{200b}z\\u{ad}");
    made_safe("\xe2\x80\xa8\xef\xbb\xbf\xe2\x81\xa6\xf3\xa0\x81\x81", SAFE_WORDS, "\\u{2028}\\u{feff}\\u{2066}\\u{e0041}");
    made_safe("a\xff\xc3", SAFE_WORDS, "a\\x{ff}\\x{c3}");
    made_safe("a\xff", SAFE_JSON, "a\\ufffd");
    made_safe("\033[x \033[1;2", SAFE_COLORED, "\\u{1b}[x \\u{1b}[1;2");
    made_safe("\033[1mbold\033[0m \033[2J", SAFE_COLORED, "\033[1mbold\033[0m \\u{1b}[2J");
    made_safe("\033[1m\a\033[0m\033", SAFE_COLORED, "\033[1m\\u{7}\033[0m\\u{1b}"); /* behind a color nothing is let through */
    made_safe("{\"a\x7f\xe2\x80\xae\xf3\xa0\x81\x81\":1}\n", SAFE_JSON, "{\"a\\u007f\\u202e\\udb40\\udc41\":1}\n");
}

Test(safe, every_character_comes_back)
{
    char bytes[8];

    for (unsigned c = 1; c < 0x3000; c++) {
        struct text out = { 0 }, back = { 0 };
        int length = c < 0x80 ? sprintf(bytes, "%c", (int)c)
                     : c < 0x800
                         ? sprintf(bytes, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)))
                         : sprintf(bytes, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));

        safe_add(&out, bytes, (size_t)length, SAFE_WORDS);
        safe_undo(&back, text_string(&out), out.length);
        cr_assert_str_eq(text_string(&back), bytes, "U+%04X", c);
        text_clear(&out);
        text_clear(&back);
    }
}

Test(safe, messages_are_cut_between_characters)
{
    struct glmm_error err = { .at = NOWHERE };
    char name[1200];

    for (int i = 0; i < 599; i++)
        memcpy(name + 2 * i, "\xc3\xa9", 3);
    fail(&err, GLMM_E_NAME, NOWHERE, "no `%s` here", name);
    cr_assert(utf8_invalid(err.message, strlen(err.message)) < 0);
    cr_assert_str_eq(err.message + strlen(err.message) - 3, "...");
    error_clear(&err);
    fail(&err, GLMM_E_NAME, NOWHERE, "no `%.4s`, `%.*s`: %d %zu %5.1f%% %c\nnext", name + 1, 3, name, -3, (size_t)7, 12.34, 'x');
    cr_assert_str_eq(err.message, "no `\\x{a9}\xc3\xa9`, `\xc3\xa9`: -3 7  12.3% x\nnext");
    error_clear(&err);
    fail(&err, GLMM_E_NAME, NOWHERE, "%.5s %.4s %.3s %.6s %.2s", "a\xc3\xa4\xe2\x82\xac", "\xe2\x82\xac\xc3\xa4",
         "\xc3\xa4\xc3\xb6", "\xc3\xa4\xe2\x82\xacz", "\xe2\x82\xac");
    cr_assert_str_eq(err.message, "a\xc3\xa4 \xe2\x82\xac \xc3\xa4 \xc3\xa4\xe2\x82\xacz ");
    error_clear(&err);
    fail(&err, GLMM_E_NAME, NOWHERE, "no `%s`", "a\nerror: b\033");
    cr_assert_str_eq(err.message, "no `a\\u{a}error: b\\u{1b}`");
}

/* Nothing to name stands for a name that could not be made. */
Test(safe, without_a_name_memory_is_out)
{
    struct glmm_error err = { .at = NOWHERE };
    const char *volatile none = NULL;
    struct text text = { 0 };
    struct arena *arena = arena_new();

    error_hint(&err, "type `%s`", none);
    cr_assert_str_eq(err.hint, "");
    fail(&err, GLMM_E_NAME, NOWHERE, "no `%s` here", none);
    cr_assert_eq(err.code, GLMM_E_MEMORY);
    cr_assert_str_eq(err.message, "out of memory");
    text_add(&text, "kept");
    cr_assert_str_eq(arena_take(arena, &text), "kept");
    cr_assert_eq(text.length, 0);
    text.failed = true;
    cr_assert_null(arena_take(arena, &text));
    cr_assert(!text.failed);
    arena_free(arena);
}
