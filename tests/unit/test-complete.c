/* What the Tab key offers, place by place.  A bar in a line is the cursor's place; the answer is the start, then the
 * candidates. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "lang/reader.h"
#include "session/output.h"
#include "shell/complete.h"
#include "shell/eval.h"

static struct session *session;

static void add_column(struct frame *frame, const char *name, enum column_type type)
{
    struct glmm_error err = { 0 };
    struct column *column = frame_add(frame, name, type, &err);

    cr_assert_not_null(column, "%s", err.message);
}

static struct model *add_model(const char *name, struct fit *fit)
{
    struct glmm_error err = { 0 };
    struct arena *arena = arena_new();
    struct model *model = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *model);

    cr_assert_not_null(model);
    model->arena = arena;
    model->name = arena_strdup(arena, name);
    model->fit = fit;
    cr_assert(session_add_model(session, model, &err));
    return model;
}

/* Nothing but a fit that is there. */
static struct fit *make_fit(void)
{
    struct arena *arena = arena_new();
    struct fit *fit = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *fit);

    cr_assert_not_null(fit);
    fit->arena = arena;
    return fit;
}

static void make_session(void)
{
    struct glmm_error err = { 0 };
    struct frame *frame = frame_new("sleepstudy", 2), *other = frame_new("my data", 2);

    session = session_new();
    cr_assert(session != NULL && frame != NULL && other != NULL);
    add_column(other, "z", COLUMN_REAL);
    cr_assert(session_add_data(session, other, &err));
    add_column(frame, "Reaction", COLUMN_REAL);
    add_column(frame, "Days", COLUMN_REAL);
    add_column(frame, "Subject", COLUMN_FACTOR);
    add_column(frame, "Site", COLUMN_INTEGER);
    add_column(frame, "my var", COLUMN_REAL);
    cr_assert(session_add_data(session, frame, &err));
    add_model("m1", NULL);
    add_model("m2", make_fit());
    add_model("base", NULL);
}

static void free_session(void)
{
    session_free(session);
}

TestSuite(complete, .init = make_session, .fini = free_session);

/* "5: fit |help |" */
static char *answer(const char *marked)
{
    const char *bar = strchr(marked, '^');
    struct candidates candidates = { 0 };
    struct text line = { 0 }, out = { 0 };

    text_add_bytes(&line, marked, (size_t)(bar - marked));
    text_add(&line, bar + 1);
    complete_line(session, text_string(&line), (size_t)(bar - marked), &candidates);
    text_addf(&out, "%zu:", candidates.start);
    for (size_t i = 0; i < candidates.count; i++)
        text_addf(&out, "%s|", candidates.items[i]);
    candidates_clear(&candidates);
    text_clear(&line);
    return text_take(&out);
}

static void expect(const char *marked, const char *wanted)
{
    char *got = answer(marked);

    cr_expect_str_eq(got, wanted, "%s gives %s instead of %s", marked, got, wanted);
    mem_free(got);
}

static void expect_one_of(const char *marked, const char *wanted)
{
    char *got = answer(marked);

    cr_expect(strstr(got, wanted) != NULL, "%s gives %s without %s", marked, got, wanted);
    mem_free(got);
}

static void expect_not(const char *marked, const char *unwanted)
{
    char *got = answer(marked);

    cr_expect(strstr(got, unwanted) == NULL, "%s gives %s with %s", marked, got, unwanted);
    mem_free(got);
}

static void expect_nothing(const char *marked)
{
    char *got = answer(marked);

    cr_expect(got[strlen(got) - 1] == ':', "%s gives %s", marked, got);
    mem_free(got);
}

Test(complete, commands)
{
    expect("hel^", "0:help |");
    expect("  hel^", "2:help |");
    expect("set width 100; hel^", "15:help |");
    expect("HEL^", "0:help |");
    expect("hel^ fit", "0:help |");
    expect_one_of("^", "help |");
    expect_one_of("^", "load |");
    expect_one_of("set width 100;^", "load |");
    expect_nothing("nonsense^");
    expect_nothing("nonsense ^");
    expect("demo ki^", "5:kinship |");
}

Test(complete, commands_within_commands)
{
    expect("try hel^", "4:help |");
    expect("try try hel^", "8:help |");
    expect("try set wid^", "8:width |");
    expect_nothing("try try try try try try try try try try try hel^"); /* there is an end to it */
}

Test(complete, nothing_in_comments)
{
    expect_nothing("# hel^");
    expect_nothing("set width 100 # hel^");
    expect("# a comment\nhel^", "12:help |");
}

Test(complete, settings_and_values)
{
    expect("set wid^", "4:width |");
    expect("set charset ^", "12:ascii |auto |block |braille |");
    expect("set charset br^", "12:braille |");
    expect("set echo ^", "9:off |on |");
    expect_nothing("set nonsense ^");
    expect_nothing("set digits ^");
}

Test(complete, help_topics)
{
    expect_one_of("help ^", "set |");
    expect_one_of("help se^", "set |");
    expect_one_of("help form^", "formula |");
    expect_not("help se^", "load |");
}

Test(complete, data_sets)
{
    expect("use ^", "4:`my data` |base |m1 |m2 |sleepstudy |");
    expect("use sl^", "4:sleepstudy |");
    expect("use my^", "4:`my data` |");
    expect("use `my^", "4:`my data` |");
}

Test(complete, examples_and_files)
{
    char folder[] = "/tmp/mixsh-complete-XXXXXX", marked[128], wanted[256];
    static const char *const files[] = { "a.csv", "wide data.tsv.gz", "notes.md", ".hidden.csv", "q\"uote.csv" };

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        fclose(fopen(files[i], "w"));
    cr_assert_eq(mkdir("sub", 0700), 0);
    fclose(fopen("sub/only.md", "w"));

    expect("load a.^", "5:a.csv |");
    expect("load wid^", "5:\"wide data.tsv.gz\" |");
    expect("load \"wide ^", "5:\"wide data.tsv.gz\" |");
    expect("load q^", "5:\"q\\\"uote.csv\" |");
    expect("load \"q\\\"u^", "5:\"q\\\"uote.csv\" |");
    expect("load su^", "5:sub/|");
    expect("load sub/^", "5:sub/only.md |"); /* no table there: all files */
    expect("load \"su^", "5:\"sub/|");
    expect("load .h^", "5:.hidden.csv |");
    expect_not("load ^", ".hidden");
    expect_not("load ^", "notes.md");
    expect("record no^", "7:notes.md |");
    expect_nothing("load /nowhere/at/all/^");
    snprintf(marked, sizeof marked, "load %s/a^", folder);
    snprintf(wanted, sizeof wanted, "5:%s/a.csv |", folder);
    expect(marked, wanted);
    setenv("HOME", folder, 1);
    expect("load ~/a^", "5:~/a.csv |");
    expect("load a.csv ^", "11:as |");

    cr_assert_eq(system("rm -f a.csv wide* notes.md .hidden.csv q* sub/only.md; rmdir sub"), 0);
    cr_assert_eq(rmdir(folder), 0);
}

Test(complete, variables)
{
    expect("describe Re^", "9:Reaction |");
    expect("describe Reaction ^", "18:Days |Site |Subject |`my var` |");
    expect("describe my^", "9:`my var` |");
    expect("describe `my^", "9:`my var` |");
    expect("describe da^", "9:Days |");
}

Test(complete, formulas)
{
    expect("model Re^", "6:Reaction |");
    expect("model m3 = Re^", "11:Reaction |");
    expect("model Reaction ~ ^", "17:Days |Site |Subject |`my var` |");
    expect("model Reaction ~ Da^", "17:Days |");
    expect("model Reaction ~ Days*S^", "22:Site |Subject |");
    expect("model Reaction ~ log(D^", "21:Days|");
    expect("model Reaction ~ poly^", "17:poly(|");
    expect("model Reaction ~ po^", "17:poly(|pos(|");
    expect("model log(R^", "10:Reaction|");
    expect("model Reaction ~ `my^", "17:`my var` |");
    expect("model Reaction ~ my^", "17:`my var` |");
    expect("model Reaction ~ (Days | ^", "25:Site|Subject|");
    expect("model Reaction ~ (Days | S^", "25:Site|Subject|");
    expect("model Reaction ~ (Days || Su^", "26:Subject|");
    expect("model Reaction ~ (1 | Site) + (1 | ^", "35:Subject|");
    expect("model Reaction ~ (1 | Site/^", "27:Subject|");
    expect("model Reaction ~ (1 | D^", "22:Days|"); /* nothing else begins with it */
    expect("model Reaction ~ (1 | Subject) + D^", "33:Days |");
    expect("model Reaction ~ (1 |\nSub^", "22:Subject|");
}

Test(complete, models_and_formulas)
{
    expect_one_of("fit m^", "4:`my var` |m1 |m2 |max(|mean(|");
    expect("fit cbi^", "4:cbind(|");
    expect_nothing("describe cbi^");
    expect("fit m1 ba^", "7:base |");
    expect("fit Reaction ~ bb^", "15:");
    expect("fit Re^", "4:Reaction |");
    expect("compare ^", "8:m2 |"); /* the one that is fitted */
    expect("compare m2 m^", "11:");
    expect("ranef m^", "6:m2 |");
    expect_nothing("summary b^");
}

Test(complete, options)
{
    expect("fit m1, no^", "8:nodes=|");
    expect("fit m1,no^", "7:nodes=|");
    expect("fit m1, nodes=3 me^", "16:method=|");
    expect("fit m1, nodes=3, me^", "17:method=|");
    expect_not("fit m1, nodes=3 ^", "nodes");
    expect("fit m1, method=re^", "15:reml |");
    expect_one_of("fit m1, method=^", "reml |");
    expect_one_of("fit Reaction ~ Days, family=^", "binomial |");
    expect("fit Reaction ~ Days, family=pois^", "28:poisson |");
    expect_one_of("fit Reaction ~ Days, family=binomial link=^", "probit |");
    expect_one_of("model Reaction ~ Days, contrasts=^", "sum |");
    expect_one_of("load x.csv, decimal=^", "comma |");
    expect_one_of("load x.csv, decimal=^", "point |");
    expect_one_of("load x.csv, thousands=^", "apostrophe |");
    expect_one_of("load x.csv, sep=^", "semicolon |");
    expect_one_of("load x.csv, names=^", "unique |");
    expect_one_of("load x.csv, encoding=^", "latin1 |");
    expect_one_of("load x.csv, header=^", "no |");
    expect_one_of("shrinkage m2, sort=^", "name |");
    expect("model Reaction ~ Days, weights=D^", "31:Days |");
    expect("model Reaction ~ Days, weights=1/D^", "33:Days |");
    expect("model Reaction ~ Days, data=s^", "28:sleepstudy |");
    expect_nothing("fit m1, nodes=^");
    expect_nothing("fit m1, nonsense=^");
    expect("scan m1, plots=^", "15:off |on |");
    expect_nothing("use sleepstudy, ^");
    expect("fit Reaction ~ poly(Days, 2) + S^", "31:Site |Subject |");
}

Test(complete, plots)
{
    expect_one_of("plot-ascii ^", "caterpillar |");
    expect("plot-ascii hist^", "11:histogram |");
    expect("plot-ascii histogram Re^", "21:Reaction |");
    expect_one_of("plot-ascii hist^", "histogram");
    expect("view attenuation m1 D^", "20:Days |");
    expect_not("view shrinkage m1 D^", "Days");
}

static void run(const char *script)
{
    const char *source = getenv("srcdir");
    struct glmm_error err = { .at = { -1, -1 } };
    struct text output = { 0 };
    struct reader *reader = reader_open_text(script, "test", &err);
    char path[4096], *whole;

    snprintf(path, sizeof path, "%s/data", source == NULL ? "." : source);
    whole = realpath(path, NULL);
    if (whole != NULL)
        setenv("MIXSH_DATADIR", whole, 1);
    free(whole);
    session_free(session);
    session = session_new(); /* with models that are more than a name */
    session->run = eval_request;
    session_capture(session, &output);
    cr_assert_eq(eval_reader(session, reader, EVAL_SCRIPT), 0, "%s", text_string(&output));
    session_capture(session, NULL);
    reader_close(reader);
    text_clear(&output);
}

/* Values that are names of what is there, and texts that have beginnings. */
Test(complete, values_that_are_there)
{
    run("load machines; fit m = score ~ Machine + (1 | Worker); load sleepstudy as sleep; use machines");
    expect("diagnose m, influence=^", "22:Worker |");
    expect("predict m, data=^", "16:machines |sleep |");
    expect("predict m, at=\"M^", "15:Machine|");
    expect("predict m, at=\"Machine=A, W^", "26:Worker|");
    expect("margins Machine, by=M^", "20:Machine |");
    expect("means Machine, by=W^", "18:Worker |");
    expect("power m, by=^", "12:Worker |");
    expect("contrast Machine, method=control ref=^", "37:A |B |C |");
    expect("factor Machine, ref=^", "20:A |B |C |");
    expect("anova m, type=^", "14:1 |2 |3 |");
    expect_one_of("date when, format=^", "d.m.y |");
    expect("fit score ~ Machine, prior=^",
           "27:\"cov ~ wishart(4.5)\" |\"fixed ~ normal(0, 2.5)\" |\"sd ~ gamma(2.5, 0)\" |jeffreys |");
    expect("fit score ~ Machine, prior=j^", "27:jeffreys |");
    expect("fit score ~ Machine, prior=\"s^", "27:\"sd ~ gamma(2.5, 0)\" |");
    expect("fit score ~ Machine, prior=\"sd ~ g^", "27:\"sd ~ gamma(2.5, 0)\" |");
    expect("fit score ~ Machine, residual=^", "30:ar1(|arh1(|car1(|cs(|diag(|toep(|us(|");
    expect("fit score ~ Machine, residual=to^", "30:toep(|");
    expect("fit score ~ Machine, residual=ar1(W^", "34:Worker|");
    expect("fit score ~ Machine, zi=^", "24:~|");
    expect("fit score ~ Machine, zi=~M^", "25:Machine |");
}

/* The response is no predictor: neither of the mean nor of zi= and disp=, and no value of it can be asked for. */
Test(complete, response_is_no_predictor)
{
    run("load cbpp; fit c = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial; load machines; "
        "fit m = score ~ Machine + (1 | Worker)");
    expect("fit score ~ ^", "12:Machine |Worker |");
    expect("fit m2 = log(score) ~ Machine + ^", "32:Machine |Worker |");
    expect("fit `score` ~ ^", "14:Machine |Worker |");
    expect("fit 2*score ~ ^", "14:Machine |Worker |");
    expect("fit ^", "4:Machine |Worker |c |m |score |");
    expect("fit score ~ Machine, zi=~^", "25:Machine |Worker |");
    expect("fit score ~ Machine, zi=~Machine + ^", "35:Machine |Worker |");
    expect("fit score ~ Machine, zi=~Machine fami^", "33:family=|");
    expect("fit score ~ Machine, zi=~Machine +^", "34:Machine |Worker |");
    expect("fit score ~ Machine, disp=~^", "27:Machine |Worker |");
    expect("fit m, disp=~^", "13:Machine |Worker |");
    expect("fit score ~ Machine, residual=ar1(score^", "34:");
    expect("fit score ~ Machine, where=s^", "27:scale(|score |sd(|sign(|signif(|sin(|sqrt(|startsWith(|sum(|");
    expect("predict m, at=\"^", "15:Machine|Worker|");
    expect("predict, at=\"^", "13:Machine|Worker|");
    expect("means Machine, at=\"^", "19:Machine|Worker|");
    expect("margins ^", "8:Machine |Worker |c |m |");
    expect("means m ^", "8:Machine |Worker |");
    expect("means ^", "6:Machine |Worker |c |m |");
    expect("slopes m s^", "9:");
    expect("contrast m Machine ^", "19:Worker |");
    expect("describe s^", "9:score |");
    expect("tabulate Worker, by=^", "20:Machine |Worker |score |"); /* of data, whatever models there are */
    run("load cbpp; fit c = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial");
    expect("fit cbind(incidence, size - incidence) ~ ^", "41:herd |period |size |"); /* size is none of what is counted */
    expect("meta incidence ^", "15:herd |period |size |");
}

/* Words that the person invents, and texts with rules of their own: nothing can be offered. */
static bool is_free(const char *command, const char *option)
{
    static const char *const free_texts[] = { "load types",      "load sheet",       "load table",      "load query",
                                              "load imputation", "aggregate as",     "merge as",        "reshape as",
                                              "reshape name",    "reshape value",    "reshape prefix",  "table title",
                                              "report title",    "plot-ascii title", "contrast custom", "power groups",
                                              "power size",      "power beta",       "power sd",        "power corr",
                                              "power at",        "power between",    "power of" };
    char name[80];

    snprintf(name, sizeof name, "%s %s", command, option);
    for (size_t i = 0; i < sizeof free_texts / sizeof free_texts[0]; i++)
        if (strcmp(name, free_texts[i]) == 0)
            return true;
    return false;
}

/* Each option of each command: what may stand behind its `=` is offered, as far as anybody can know. */
Test(complete, every_enumerated_option)
{
    for (const struct command *const *c = commands; *c != NULL; c++)
        for (const struct option *option = (*c)->options; option != NULL && option->name != NULL; option++) {
            char line[120];

            if (option->type == OPTION_WORD)
                cr_expect((option->choices != NULL || option->complete != COMPLETE_NOTHING) != is_free((*c)->name, option->name),
                          "%s, %s=: nothing is offered", (*c)->name, option->name);
            if (option->choices == NULL)
                continue;
            snprintf(line, sizeof line, "%s x, %s=^", (*c)->name, option->name);
            for (const char *const *choice = option->choices; *choice != NULL; choice++)
                expect_one_of(line, *choice);
        }
}

/* Behind a comparison the values of the variable, as an expression has them. */
Test(complete, values_behind_a_comparison)
{
    static char names[3][6] = { "308", "309", "a \"b\"" };
    char *level[] = { names[0], names[1], names[2] };
    struct column *subject = (struct column *)(uintptr_t)frame_find(session->data, "Subject");

    subject->levels = level;
    subject->level_count = 3;
    expect("where Subject == ^", "17:\"308\" |\"309\" |\"a \\\"b\\\"\" |");
    expect("where Subject == 309^", "17:\"309\" |");
    expect("where Subject == \"30^", "17:\"308\" |\"309\" |");
    expect("where Days > 3 & `Subject` != a^", "30:\"a \\\"b\\\"\" |");
    expect("where Subject %in% c(\"308\", \"309^", "28:\"309\"|");
    expect("where !(Subject==\"309^", "17:\"309\"|");
    expect("let late = Subject == 308^", "22:\"308\" |");
    expect_one_of("where Days == ^", "Days |");
    expect_one_of("where Subject == \"308\" & ^", "Days |");
    expect_one_of("where ^", "Subject |");
    subject->levels = NULL;
    subject->level_count = 0;
}

/* Groups, their effects and their levels: the model may be named or not. */
Test(complete, groups_effects_and_levels)
{
    run("load pastes; fit nested = strength ~ 1 + (1 | batch/cask); load sleepstudy as sleep; fit lines = Reaction ~ Days + "
        "(Days | Subject)");
    expect("shrinkage ^", "10:Subject |lines |nested |");
    expect("shrinkage Subject ^", "18:(Intercept) |Days |");
    expect("shrinkage lines ^", "16:Subject |");
    expect("shrinkage nested ^", "17:batch |cask:batch |");
    expect("shrinkage nested cask:batch ^", "28:(Intercept) |");
    expect("view ranef Subject D^", "19:Days |");
    expect("view shrinkage nested ba^", "22:batch |");
    expect("ranef nested c^", "13:cask:batch |");
    expect_nothing("ranef nested batch ^");
    expect("whatif 30^", "7:308 |309 |");
    expect("whatif Subject 30^", "15:308 |309 |");
    expect("whatif nested batch A^", "20:A |");
    expect("whatif nested cask:batch a:A^", "25:a:A |");
    expect("explain AI^", "8:AIC |AICc |");
    expect("explain Da^", "8:Days |");
    expect("explain 308 ke^", "12:kept |");
    expect_not("explain ^", "308");
    expect("plot-ascii caterpillar ^", "23:Subject |lines |nested |");
    expect("plot-ascii caterpillar nested ba^", "30:batch |");
    expect("plot-ascii fitted ^", "18:lines |nested |");
    expect_nothing("plot-ascii forest zz^");
    expect("test ^", "5:(Intercept) |Days |lines |nested |");
    expect("test lines D^", "11:Days |");
    expect("test Days = ^", "12:(Intercept) |Days |");
    expect("plot-ascii partial ^", "19:Days |lines |nested |");
    expect("plot-ascii partial lines D^", "25:Days |");
}

/* Where quotes, brackets and comments are open, what looks like an end is none. */
Test(complete, what_is_open)
{
    expect_nothing("note \"a \\\"; hel^");
    expect("note \"a\"; hel^", "10:help |");
    expect_nothing("let x = (Days; hel^");
    expect("let x = (Days); hel^", "16:help |");
    expect("let x = Days +\nRea^", "15:Reaction |");
    expect("let x = Days\nhel^", "13:help |");
    expect_one_of("drop `my^", "`my var` |");
}

/* Names that cannot be typed are not offered; others that are no words, in quotes. */
Test(complete, odd_names)
{
    struct glmm_error err = { 0 };
    struct frame *frame = frame_new("odd", 2);

    cr_assert_not_null(frame);
    add_column(frame, "1st", COLUMN_REAL);
    add_column(frame, "a`b", COLUMN_REAL);
    add_column(frame, "größe", COLUMN_REAL);
    cr_assert(session_add_data(session, frame, &err));
    expect("sort 1^", "5:`1st` |");
    expect_nothing("sort a^");
    expect("sort g^", "5:größe |");
    expect("sort größe ^", "13:`1st` |");
}

Test(complete, nothing_where_a_command_takes_nothing)
{
    expect_nothing("quit ^");
    expect_nothing("datasets ^");
}

/* Allocation fails in turn: never a crash, at most fewer candidates. */
static void *fail_at(void *context, void *old, size_t size)
{
    int *left = context;

    if (size == 0) {
        free(old);
        return NULL;
    }
    return (*left)-- == 0 ? NULL : realloc(old, size);
}

Test(complete, every_allocation_may_fail)
{
    static const char *const lines[] = { "", "set charset ", "use ", "load ", "describe ", "help ", "try set " };
    struct mem_hook before = mem_hook_get();
    struct candidates candidates = { 0 };

    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
        int n, left = -1;

        for (n = 0; n < 2000 && left < 0; n++) {
            left = n;
            mem_hook_set((struct mem_hook){ .resize = fail_at, .context = &left });
            complete_line(session, lines[l], strlen(lines[l]), &candidates);
            candidates_clear(&candidates);
            mem_hook_set(before);
        }
        cr_expect_lt(n, 2000);
    }
}
