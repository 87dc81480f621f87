/* What a script of another version is told. */
#include <criterion/criterion.h>
#include <string.h>

#include "session/conventions.h"

static const struct convention some[] = {
    { "0.2.0", "BIC counts groups" },
    { "0.3", "levels are sorted as numbers" },
    { "1.0.0", "seeds are of 64 bits" },
    { NULL, NULL },
};

static void says(const char *version, const char *now, const char *expected)
{
    struct text out = { 0 };

    cr_expect(conventions_since(&out, version, now, some));
    cr_expect_str_eq(text_string(&out), expected, "%s in %s: %s", version, now, text_string(&out));
    text_clear(&out);
}

Test(conventions, what_changed_between_the_versions)
{
    says("0.1.0", "0.1.0", "");
    says("0.1.0\n", "0.1.9\n", "");
    says("0.1.0", "0.2.0", "since then BIC counts groups (0.2.0)");
    says("0.1.9\r\n", "0.3.1", "since then BIC counts groups (0.2.0); levels are sorted as numbers (0.3)");
    says("0.3", "0.10.0", "");
    says("0.10.0", "1.0.0", "since then seeds are of 64 bits (1.0.0)");
    says("0.3.1", "0.3.0", "this is 0.3.0, an older one, whose numbers and commands can be others");
}

Test(conventions, other_comments_are_no_versions)
{
    static const char *const others[] = { "", "is a shell", "1", "-", "v1.2" };
    struct text out = { 0 };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_not(conventions_since(&out, others[i], "0.1.0", some), "%s", others[i]);
    cr_expect_eq(out.length, 0);
    text_clear(&out);
}

/* The table is in order, and tells nothing of versions to come. */
Test(conventions, the_table_is_in_order)
{
    struct text out = { 0 };

    for (const struct convention *c = conventions; c->version != NULL; c++) {
        text_truncate(&out, 0);
        cr_expect(conventions_since(&out, c->version, c->version, conventions));
        cr_expect_eq(out.length, 0);
        cr_expect(c[1].version == NULL || conventions_since(&out, c->version, c[1].version, conventions));
    }
    text_clear(&out);
}
