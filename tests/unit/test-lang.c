/* test-lang.c -- the splitter, words, options: what they find, and where. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lang/option.h"
#include "lang/reader.h"
#include "lang/split.h"
#include "base/suggest.h"
#include "lang/words.h"

/* --- the splitter ------------------------------------------------------------------------------ */

/* Splits `input` and checks that the commands are `wanted` (ended by NULL), and how it ends. */
static void expect_commands(const char *input, const char *const *wanted, enum split_state last)
{
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    enum split_state state;
    struct split split;
    const char *clean;

    split_init(&split, input, strlen(input));
    while ((state = split_next(&split, arena, &clean, &err)) == SPLIT_COMMAND) {
        cr_assert_not_null(*wanted, "too many commands in: %s", input);
        cr_assert_str_eq(clean, *wanted++);
        cr_assert_eq(strlen(clean), split.end - split.begin);
        cr_assert_eq(clean[0], input[split.begin]);
    }
    cr_assert_null(*wanted, "too few commands in: %s", input);
    cr_assert_eq(state, last, "%s ends with %d", input, state);
    arena_free(arena);
}

#define COMMANDS(...)                                                                                                            \
    (const char *const[])                                                                                                        \
    {                                                                                                                            \
        __VA_ARGS__, NULL                                                                                                        \
    }
#define NO_COMMANDS                                                                                                              \
    (const char *const[])                                                                                                        \
    {                                                                                                                            \
        NULL                                                                                                                     \
    }

Test(split, separators)
{
    expect_commands("", NO_COMMANDS, SPLIT_END);
    expect_commands(" \t\n;; ;\n", NO_COMMANDS, SPLIT_END);
    expect_commands("a; b\nc", COMMANDS("a", "b", "c"), SPLIT_END);
    expect_commands("  a  b  ;\r\n c \r\n", COMMANDS("a  b", "c"), SPLIT_END);
}

Test(split, comments)
{
    expect_commands("# only this", NO_COMMANDS, SPLIT_END);
    expect_commands("a # b; c\nd", COMMANDS("a", "d"), SPLIT_END);
    expect_commands("a \"# no\" `#b`", COMMANDS("a \"# no\" `#b`"), SPLIT_END);
    expect_commands("f (1 # one (\n + 2)", COMMANDS("f (1          + 2)"), SPLIT_END);
}

Test(split, continuation)
{
    expect_commands("a \\\n b", COMMANDS("a    b"), SPLIT_END);
    expect_commands("a \\  \n b", COMMANDS("a      b"), SPLIT_END);
    expect_commands("a \\b\nc", COMMANDS("a \\b", "c"), SPLIT_END);
    expect_commands("f (a;\nb) {c\n}\nd", COMMANDS("f (a; b) {c }", "d"), SPLIT_END);
    expect_commands("a \"x\n;y\" b", COMMANDS("a \"x\n;y\" b"), SPLIT_END);
    expect_commands("\\\n\\\n a", COMMANDS("a"), SPLIT_END);
}

Test(split, says_what_is_open)
{
    static const struct {
        const char *input;
        char open;
        size_t at;
    } cases[] = {
        { "a (b", '(', 2 }, { "a (b {c\n", '{', 5 },  { "a ({)", 0, 0 },       { "a \"b (", '"', 2 },
        { "a `b", '`', 2 }, { "x; a \\\n", '\\', 5 }, { "a \"b\\\"", '"', 2 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *arena = arena_new();
        struct glmm_error err = { .at = NOWHERE };
        enum split_state state;
        struct split split;
        const char *clean;

        split_init(&split, cases[i].input, strlen(cases[i].input));
        while ((state = split_next(&split, arena, &clean, &err)) == SPLIT_COMMAND)
            continue;
        if (cases[i].open == 0) {
            cr_assert_eq(state, SPLIT_ERROR);
        } else {
            cr_assert_eq(state, SPLIT_OPEN, "%s", cases[i].input);
            cr_assert_eq(split.open, cases[i].open, "%s: %c", cases[i].input, split.open);
            cr_assert_eq(split.open_at, cases[i].at, "%s: %zu", cases[i].input, split.open_at);
        }
        arena_free(arena);
    }
}

Test(split, bad_brackets_cost_their_line_only)
{
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    struct split split;
    const char *clean;

    split_init(&split, "ok; a (b} c; d\ne", 16);
    cr_assert_eq(split_next(&split, arena, &clean, &err), SPLIT_COMMAND);
    cr_assert_eq(split_next(&split, arena, &clean, &err), SPLIT_ERROR);
    cr_assert_eq(err.code, GLMM_E_SYNTAX);
    cr_assert_eq(err.at.begin, 8);
    cr_assert_str_eq(err.message, "this `}` closes nothing: `(` is open");
    error_clear(&err);
    cr_assert_eq(split_next(&split, arena, &clean, &err), SPLIT_COMMAND);
    cr_assert_str_eq(clean, "e");
    arena_free(arena);
}

Test(split, depth_is_limited)
{
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    struct split split;
    const char *clean;
    char deep[400];

    memset(deep, '(', sizeof deep);
    split_init(&split, deep, sizeof deep);
    cr_assert_eq(split_next(&split, arena, &clean, &err), SPLIT_ERROR);
    cr_assert_eq(err.code, GLMM_E_LIMIT);
    cr_assert_eq(split_next(&split, arena, &clean, &err), SPLIT_END);
    arena_free(arena);
}

Test(split, any_bytes)
{
    static const char bytes[] = "ab (){}\"`\\;#\n, =\t\xC3\xA9";
    unsigned seed = 1;

    for (int round = 0; round < 20000; round++) {
        struct arena *arena = arena_new();
        size_t length, last = 0;
        struct split split;
        const char *clean;
        char input[24];
        int pieces = 0;

        seed = seed * 1103515245u + 12345u;
        length = (seed >> 16) % sizeof input;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1103515245u + 12345u;
            input[i] = bytes[(seed >> 16) % (sizeof bytes - 1)];
        }
        split_init(&split, input, length);
        for (enum split_state state = SPLIT_COMMAND; state == SPLIT_COMMAND || state == SPLIT_ERROR;) {
            struct glmm_error err = { .at = NOWHERE };

            state = split_next(&split, arena, &clean, &err);
            cr_assert(split.at <= length);
            cr_assert(pieces++ < 30);
            if (state == SPLIT_COMMAND) {
                cr_assert(split.begin >= last && split.end > split.begin && split.end <= length);
                cr_assert_eq(strlen(clean), split.end - split.begin);
                last = split.end;
            }
        }
        arena_free(arena);
    }
}

/* --- words ------------------------------------------------------------------------------------- */

Test(words, splits_at_blanks_outside_quotes_and_brackets)
{
    static const char line[] = "  a \"b c\"  log(x + 1) `d e` f\"g h\"i ";
    static const char *const wanted[] = { "a", "b c", "log(x + 1)", "d e", "f\"g h\"i" };
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    struct word *words;
    int count;

    cr_assert(words_split(arena, line, trim_span(line, span_of(0, sizeof line - 1)), &words, &count, &err));
    cr_assert_eq(count, 5);
    for (int i = 0; i < count; i++)
        cr_assert_str_eq(words[i].text, wanted[i]);
    cr_assert(words[1].quoted && words[3].quoted && !words[0].quoted && !words[4].quoted);
    cr_assert_eq(words[2].at.begin, 11);
    cr_assert_eq(words[2].at.end, 21);
    arena_free(arena);
}

Test(words, escapes)
{
    static const char line[] = "\"a\\\"b\\\\c\\nd\\te\"", bad[] = "x \"a\\qb\"", behind[] = "\"a\"b";
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    bool quoted;

    cr_assert_str_eq(word_unquote(arena, line, span_of(0, sizeof line - 1), &quoted, &err), "a\"b\\c\nd\te");
    cr_assert_null(word_unquote(arena, bad, span_of(2, sizeof bad - 1), &quoted, &err));
    cr_assert_eq(err.at.begin, 4);
    cr_assert_eq(err.at.end, 6);
    error_clear(&err);
    cr_assert_null(word_unquote(arena, behind, span_of(0, sizeof behind - 1), &quoted, &err));
    cr_assert_eq(err.code, GLMM_E_SYNTAX);
    arena_free(arena);
}

Test(words, option_comma_is_the_first_at_depth_0)
{
    static const char line[] = "f(a, b) + \"c,d\" + `e,f`, g=1, h";

    cr_assert_eq(option_comma(line, span_of(0, sizeof line - 1)), 23);
    cr_assert_eq(option_comma("abc", span_of(0, 3)), 3);
}

/* --- options ----------------------------------------------------------------------------------- */

struct values {
    bool quiet, on;
    int nodes, method;
    double tol;
    const char *link, *weights, *file;
    uint64_t seed;
};

static const char *const methods[] = { "reml", "ml", "laplace", NULL };
static const char *const links[] = { "identity", "log", "logit", NULL };

#define AT(field) offsetof(struct values, field)

static const struct option table[] = {
    { "quiet", OPTION_FLAG, AT(quiet), .help = "h" },
    { "nodes", OPTION_INTEGER, AT(nodes), .min = 1, .max = 101, .word = "K", .help = "h" },
    { "tol", OPTION_REAL, AT(tol), .min = 1e-12, .max = 1, .word = "T", .help = "h" },
    { "method", OPTION_ENUM, AT(method), .choices = methods, .help = "h" },
    { "link", OPTION_CHOICE, AT(link), .choices = links, .help = "h" },
    { "weights", OPTION_VARIABLE, AT(weights), .help = "h" },
    { "file", OPTION_FILE, AT(file), .help = "h" },
    { "seed", OPTION_SEED, AT(seed), .help = "h" },
    { "on", OPTION_SWITCH, AT(on), .help = "h" },
    { .name = NULL },
};

enum { OPTIONS = sizeof table / sizeof table[0] - 1 };

struct parsed {
    struct values values;
    struct glmm_span at[OPTIONS];
    struct glmm_error err;
    struct arena *arena;
    bool ok;
};

static struct parsed parse(const char *text, bool prefix)
{
    struct parsed parsed = { .values = { .nodes = 1, .tol = 1e-8 }, .err = { .at = NOWHERE }, .arena = arena_new() };

    parsed.ok = options_parse(table, "fit", text, span_of(0, (int)strlen(text)), prefix, parsed.arena, &parsed.values, parsed.at,
                              &parsed.err);
    return parsed;
}

Test(options, all_types)
{
    struct parsed p = parse(
        " quiet nodes=9, tol = 1e-5,method=ml link=log weights=(a + b)/2 file=\"my file.csv\" seed=18446744073709551615 on=on",
        false);

    cr_assert(p.ok, "%s", p.err.message);
    cr_assert(p.values.quiet && p.values.on);
    cr_assert_eq(p.values.nodes, 9);
    cr_assert_eq(p.values.tol, 1e-5);
    cr_assert_eq(p.values.method, 1);
    cr_assert_eq(p.values.link, links[1]);
    cr_assert_str_eq(p.values.weights, "(a + b)/2");
    cr_assert_str_eq(p.values.file, "my file.csv");
    cr_assert_eq(p.values.seed, UINT64_MAX);
    cr_assert_eq(p.at[0].begin, 1);
    cr_assert_eq(p.at[1].begin, 13);
    cr_assert_eq(p.at[1].end, 14);
    arena_free(p.arena);
}

Test(options, defaults_stay)
{
    struct parsed p = parse("  ,, ", false);

    cr_assert(p.ok);
    cr_assert_eq(p.values.nodes, 1);
    for (int i = 0; i < OPTIONS; i++)
        cr_assert_eq(p.at[i].begin, -1);
    arena_free(p.arena);
}

Test(options, prefixes_of_choices_at_the_prompt_only)
{
    struct parsed typed = parse("method=la", true), script = parse("method=la", false), ambiguous = parse("link=lo", true);

    cr_assert(typed.ok);
    cr_assert_eq(typed.values.method, 2);
    cr_assert_not(script.ok);
    cr_assert_not(ambiguous.ok);
    arena_free(typed.arena);
    arena_free(script.arena);
    arena_free(ambiguous.arena);
}

Test(options, errors_say_where_and_what)
{
    static const struct {
        const char *text, *message, *hint;
        int begin, end;
    } cases[] = {
        { "nodse=3", "`fit` has no option `nodse`", "did you mean `nodes`?", 0, 5 },
        { "zzzzzz", "`fit` has no option `zzzzzz`", "help fit lists its options", 0, 6 },
        { "nodes=0", "`nodes` must be an integer from 1 to 101, not `0`", "", 6, 7 },
        { "nodes=2.5", "`nodes` must be an integer from 1 to 101, not `2.5`", "", 6, 9 },
        { "nodes=1e99", "`nodes` must be an integer from 1 to 101, not `1e99`", "", 6, 10 },
        { "tol=nan", "`tol` must be a number from 1e-12 to 1, not `nan`", "", 4, 7 },
        { "tol=0x1", "`tol` must be a number from 1e-12 to 1, not `0x1`", "", 4, 7 },
        { "method=rml", "`method` must be one of reml, ml, laplace, not `rml`", "did you mean `reml` or `ml`?", 7, 10 },
        { "nodes=3 nodes=4", "option `nodes` is given twice", "", 8, 13 },
        { "quiet quiet", "option `quiet` is given twice", "", 6, 11 },
        { "quiet=1", "option `quiet` takes no value", "", 6, 7 },
        { "nodes", "option `nodes` needs a value: nodes=K, an integer from 1 to 101", "", 0, 5 },
        { "nodes=", "option `nodes` needs a value behind `=`", "", 0, 5 },
        { "nodes= , quiet", "option `nodes` needs a value behind `=`", "", 0, 5 },
        { "=3", "an option's name is missing before `=`", "", 0, 1 },
        { "seed=-1", "`seed` must be an integer of at least 0, not `-1`", "", 5, 7 },
        { "seed=18446744073709551616", "`seed` must be an integer of at least 0, not `18446744073709551616`", "", 5, 25 },
        { "on=yes", "`on` must be on or off, not `yes`", "", 3, 6 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p = parse(cases[i].text, false);

        cr_assert_not(p.ok, "%s", cases[i].text);
        cr_assert_str_eq(p.err.message, cases[i].message);
        cr_assert_str_eq(p.err.hint, cases[i].hint, "%s: %s", cases[i].text, p.err.hint);
        cr_assert_eq(p.err.at.begin, cases[i].begin, "%s: %d", cases[i].text, p.err.at.begin);
        cr_assert_eq(p.err.at.end, cases[i].end, "%s: %d", cases[i].text, p.err.at.end);
        arena_free(p.arena);
    }
}

Test(options, choices_are_listed_where_no_word_of_the_help_is_one)
{
    static const char *const kinds[] = { "pairwise", "poly", NULL }, *const sizes[] = { "n", "t", NULL };
    static const char *const starts[] = { "~", "ar1(", NULL };
    static const struct {
        struct option option;
        bool lists;
    } cases[] = {
        { { .type = OPTION_ENUM, .choices = kinds, .help = "pairwise, or polynomial" }, true },
        { { .type = OPTION_ENUM, .choices = kinds, .help = "pairwise, or poly: polynomial" }, false },
        { { .type = OPTION_ENUM, .choices = kinds, .help = "poly is by powers", .word = "pairwise|poly" }, false },
        { { .type = OPTION_CHOICE, .choices = sizes, .help = "not one, with ar1(t)" }, true },
        { { .type = OPTION_CHOICE, .choices = sizes, .help = "n, or (t)" }, false },
        { { .type = OPTION_WORD, .choices = kinds, .help = "polynomials by pairs" }, true },
        { { .type = OPTION_WORD, .choices = kinds, .help = "poly, and others" }, false },
        { { .type = OPTION_VARIABLE, .choices = starts, .help = "a formula" }, false },
        { { .type = OPTION_WORD, .help = "a name" }, false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(option_lists(&cases[i].option), cases[i].lists, "%s", cases[i].option.help);
}

Test(options, a_command_without_options)
{
    struct glmm_error err = { .at = NOWHERE };
    struct arena *arena = arena_new();

    cr_assert_not(options_parse(NULL, "quit", "now", span_of(0, 3), false, arena, NULL, NULL, &err));
    cr_assert_str_eq(err.message, "`quit` takes no options");
    cr_assert(options_parse(NULL, "quit", "  ", span_of(0, 2), false, arena, NULL, NULL, &err));
    arena_free(arena);
}

Test(options, shown_as_typed)
{
    struct values values = { .nodes = 9, .method = 2, .tol = 0.1, .on = true, .seed = 7 };
    char buffer[40];

    cr_assert_str_eq(option_show(option_find(table, "nodes"), &values, buffer, sizeof buffer), "9");
    cr_assert_str_eq(option_show(option_find(table, "method"), &values, buffer, sizeof buffer), "laplace");
    cr_assert_str_eq(option_show(option_find(table, "tol"), &values, buffer, sizeof buffer), "0.1");
    values.tol = NAN; /* not given: there is no default to be shown */
    cr_assert_str_eq(option_show(option_find(table, "tol"), &values, buffer, sizeof buffer), "");
    cr_assert_str_eq(option_show(option_find(table, "on"), &values, buffer, sizeof buffer), "on");
    cr_assert_str_eq(option_show(option_find(table, "seed"), &values, buffer, sizeof buffer), "7");
    cr_assert_str_eq(option_show(option_find(table, "link"), &values, buffer, sizeof buffer), "");
    cr_assert_null(option_find(table, "no"));
}

/* --- suggestions, readers ---------------------------------------------------------------------- */

Test(suggest, all_ties_at_the_smallest_distance)
{
    static const char *const names[] = { "bat", "cat", "hat", "house", NULL };
    struct glmm_error err = { .at = NOWHERE };
    struct suggest suggest;

    suggest_init(&suggest, "xat");
    suggest_all(&suggest, names);
    cr_assert(suggest_hint(&suggest, &err));
    cr_assert_str_eq(err.hint, "did you mean `bat` or `cat` or `hat`?");
    suggest_init(&suggest, "elephant");
    suggest_all(&suggest, names);
    cr_assert_not(suggest_hint(&suggest, &err));
}

Test(suggest, three_of_the_ties_at_most)
{
    static const char *const names[] = { "g01", "g02", "g02", "g03", "g04", "g15", NULL };
    struct glmm_error err = { .at = NOWHERE };
    struct suggest suggest;

    suggest_init(&suggest, "g05");
    suggest_all(&suggest, names);
    cr_assert(suggest_hint(&suggest, &err));
    cr_assert_str_eq(err.hint, "did you mean `g01` or `g02` or `g03`?");
    err = (struct glmm_error){ .at = NOWHERE };
    suggest_init(&suggest, "g055"); /* a nearer one behind them */
    suggest_all(&suggest, names);
    suggest_offer(&suggest, "g05");
    cr_assert(suggest_hint(&suggest, &err));
    cr_assert_str_eq(err.hint, "did you mean `g05`?");
}

Test(suggest, sifted_names_differ_in_a_third_of_the_word_at_most)
{
    static const char *const far[] = { "moth-eaten", "south", NULL }, *const near[] = { "months", "mount", NULL };
    struct glmm_error err = { .at = NOWHERE };
    struct suggest suggest;

    suggest_init(&suggest, "month");
    suggest_all(&suggest, far);
    cr_assert_eq(suggest.count, 1);
    suggest_sift(&suggest);
    cr_assert_not(suggest_hint(&suggest, &err));
    suggest_init(&suggest, "month");
    suggest_all(&suggest, far);
    suggest_sift(&suggest);
    suggest_all(&suggest, near);
    suggest_sift(&suggest);
    cr_assert(suggest_hint(&suggest, &err));
    cr_assert_str_eq(err.hint, "did you mean `months`?");
}

Test(reader, lines_of_a_text)
{
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader = reader_open_text("a\n\nb", "-e", &err);
    const char *line;
    size_t length;

    cr_assert_eq(reader->next(reader, 0, &line, &length, &err), READ_LINE);
    cr_assert(length == 1 && line[0] == 'a');
    cr_assert_eq(reader->next(reader, 0, &line, &length, &err), READ_LINE);
    cr_assert_eq(length, 0);
    cr_assert_eq(reader->next(reader, 0, &line, &length, &err), READ_LINE);
    cr_assert(length == 1 && line[0] == 'b');
    cr_assert_eq(reader->next(reader, 0, &line, &length, &err), READ_END);
    reader_close(reader);
}

Test(reader, files_that_are_none)
{
    struct glmm_error err = { .at = NOWHERE };

    cr_assert_null(reader_open_file("/nonexistent/x.mix", &err));
    cr_assert_eq(err.code, GLMM_E_FILE);
    error_clear(&err);
    cr_assert_null(reader_open_file("/tmp", &err));
    cr_assert_eq(err.code, GLMM_E_FILE);
}

/* --- memory ------------------------------------------------------------------------------------ */

static long budget;

static void *limited(void *context, void *old, size_t size)
{
    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return budget-- > 0 ? realloc(old, size) : NULL;
}

/* Parses with each allocation failing in turn: an error each time, and no crash. */
Test(lang, every_allocation_may_fail)
{
    static const char input[] = "a \"b\" (c\n d), nodes=9 file=\"x y\" # e\n";
    bool done = false;

    mem_hook_set((struct mem_hook){ .resize = limited, .context = NULL });
    for (long limit = 0; !done && limit < 200; limit++) {
        struct glmm_error err = { .at = NOWHERE };
        struct glmm_span at[OPTIONS];
        struct values values;
        struct split split;
        struct word *words;
        const char *clean = NULL;
        struct arena *arena;
        int count, comma;

        budget = limit;
        arena = arena_new();
        if (arena == NULL)
            continue;
        split_init(&split, input, sizeof input - 1);
        done = split_next(&split, arena, &clean, &err) == SPLIT_COMMAND;
        comma = done ? option_comma(clean, span_of(0, (int)strlen(clean))) : 0;
        done = done && words_split(arena, clean, span_of(0, comma), &words, &count, &err)
               && options_parse(table, "fit", clean, span_of(comma, (int)strlen(clean)), false, arena, &values, at, &err);
        cr_assert(done || err.code == GLMM_E_MEMORY, "limit %ld: %s", limit, err.message);
        arena_free(arena);
    }
    mem_hook_set((struct mem_hook){ .resize = NULL, .context = NULL });
    cr_assert(done);
}
