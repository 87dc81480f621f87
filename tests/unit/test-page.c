/* The page of a session, and notes as HTML: whatever was typed, what comes out is well-formed and has no markup of others. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lang/reader.h"
#include "render/prose.h"
#include "session/chronicle.h"
#include "session/page.h"
#include "session/session.h"
#include "shell/eval.h"
#include "well-formed.h"

static void becomes(const char *markdown, const char *html)
{
    struct text out = { 0 };

    prose_html(&out, markdown);
    cr_expect_str_eq(text_string(&out), html, "%s\n---- not\n%s", text_string(&out), html);
    cr_expect(is_well_formed(text_string(&out)));
    text_clear(&out);
}

Test(prose, blocks_and_words)
{
    becomes("", "");
    becomes("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>\n");
    becomes("# A\n#### B\n#no", "<h2>A</h2>\n<h5>B</h5>\n<p>#no</p>\n");
    becomes("- a\n  b\n- c\n1. d", "<ul>\n<li>a b</li>\n<li>c</li>\n</ul>\n<ol>\n<li>d</li>\n</ol>\n");
    becomes("```\na < b\n```\nc", "<pre>a &lt; b\n</pre>\n<p>c</p>\n");
    becomes("```\nopen", "<pre>open\n</pre>\n");
    becomes("a **b** *c* `d*e*`", "<p>a <strong>b</strong> <em>c</em> <code>d*e*</code></p>\n");
    becomes("2 * 3 * 4, a ** b, *open", "<p>2 * 3 * 4, a ** b, *open</p>\n");
    becomes("[here](https://example.org/?a=1&b=\"2\")",
            "<p><a href=\"https://example.org/?a=1&amp;b=&quot;2&quot;\">here</a></p>\n");
    becomes("[no](javascript:alert(1))", "<p>[no](javascript:alert(1))</p>\n");
    becomes("<b>x</b> & \x01", "<p>&lt;b&gt;x&lt;/b&gt; &amp; \\u{1}</p>\n");
}

/* Any mixture of the marks. */
Test(prose, marks_in_any_order)
{
    static const char signs[] = "*`#-[]()1. \n<&\"a";
    unsigned long state = 7;

    for (int i = 0; i < 3000; i++) {
        struct text out = { 0 };
        char words[24] = "";

        for (size_t j = 0; j < sizeof words - 1; j++) {
            state = state * 6364136223846793005UL + 1442695040888963407UL;
            words[j] = signs[(state >> 33) % (sizeof signs - 1)];
        }
        prose_html(&out, words);
        cr_assert(is_well_formed(text_string(&out)), "%s\n----\n%s", words, text_string(&out));
        text_clear(&out);
    }
}

static void run(struct session *session, const char *text)
{
    struct reader *reader = reader_open_text(text, "-e", NULL);

    session->run = eval_request;
    eval_reader(session, reader, EVAL_KEEP_GOING);
    reader_close(reader);
}

static char *page_of(struct session *session, struct page *page)
{
    struct text out = { 0 };

    cr_assert(page_write(session, page, &out, NULL));
    return text_take(&out);
}

Test(page, has_what_was_shown_and_no_more)
{
    struct session *session = session_new();
    struct page page = { .title = "<T>" }, whole = { .errors = true };
    char *html, *again;

    run(session, "note \"a **b**\"\nset digits 5\nset digits\nhelp set\nhistory\ntry set no\nset nothing\n");
    html = page_of(session, &page);
    cr_assert_eq(strncmp(html, "<!DOCTYPE html>\n", 16), 0);
    cr_expect(is_well_formed(html + 16), "%s", html);
    cr_expect_eq(page.commands, 3);
    cr_expect_eq(page.results, 2);
    cr_expect_not_null(strstr(html, "<p>a <strong>b</strong></p>"));
    cr_expect_not_null(strstr(html, "<h1>&lt;T&gt;</h1>"));
    cr_expect_null(strstr(html, "no setting"));
    cr_expect_null(strstr(html, "help set"));
    free(html);
    html = page_of(session, &whole);
    cr_expect_not_null(strstr(html, "no setting"));
    again = page_of(session, &(struct page){ .errors = true });
    cr_expect_str_eq(html, again);
    free(again);
    free(html);
    session_free(session);
}

/* Beyond the limit the oldest results are let go, and the page says so. */
Test(page, old_results_are_let_go)
{
    struct session *session = session_new();
    struct page page = { 0 };
    char *html;

    run(session, "set digits\n");
    for (int i = 0; i < 70; i++) {
        struct result *result = result_new("test");
        size_t before = chronicle_begin(session, "made up");

        cr_assert_not_null(arena_alloc(result->arena, 1 << 20, 1));
        cr_assert(session_emit(session, result, NULL));
        chronicle_end(session, before, true, true);
    }
    html = page_of(session, &page);
    cr_expect_gt(page.lost, 5);
    cr_expect_gt(page.results, 50);
    cr_expect_leq(session_chronicle(session)->bytes, (size_t)CHRONICLE_LIMIT);
    cr_expect_not_null(strstr(html, "no longer kept"));
    free(html);
    session_free(session);
}
