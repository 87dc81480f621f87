/* rowcov-special.c -- the search for the optimum of a model of rowcov.h from several starts, and from the optima of its special
 * cases, so that none of these is higher than it: a term left out, standard deviations that are one, correlations that are 0,
 * that of neighbours alone, one for all.
 *
 * A special case is a model of fewer parameters y; each x follows from one of them:
 *
 *     sd_a = sd_0          x_a = asinh(sinh(y) u_0 / u_a)       u: the units of the term
 *     equal correlations   sin x_l = r / (1 + (l - 1) r), r = sin y, of the partial correlations of toep (Durbin 1960)
 *     else                 x = y, or a number
 *
 * Its own optimum is found in the same way, from starts and from its special cases: of a chain of them, each ends no higher than
 * the next would by itself. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "fit/tolerances.h"

/* Of models with more terms no special case is looked at; so many are, which bounds the time; so often a search goes on that had
 * to end. */
enum { MOST_TERMS = 4, MOST_CASES = 24, MOST_MET = 4, GOES_ON = 4 };

enum law_case { LAW_WHOLE, LAW_NEIGHBOURS, LAW_EQUAL, LAW_ZERO };

struct term_case {
    bool gone, alike; /* its variances are 0; its standard deviations are one */
    enum law_case law;
};

struct special {
    struct term_case term[MOST_TERMS];
    double value, *x;                 /* the lowest so far, and where (count) */
    bool unfinished;                  /* the search had to end there */
    double met_value[MOST_MET], *met; /* other optima that searches ended at, and where (MOST_MET x count) */
    int met_count;
};

struct specials {
    struct rowcov_task *task;
    struct minimizer *minimizer;
    const double *first;
    int count;
    struct special found[MOST_CASES];
    double *room; /* MOST_CASES x (1 + MOST_MET) x count */
};

/* --- ties -------------------------------------------------------------------------------------------- */

bool rowcov_tie_expand(const struct rowcov_tie tie[], int count, const double y[], double x[])
{
    for (int i = 0; i < count; i++) {
        double r, partial;

        x[i] = tie[i].kind == TIE_HELD ? tie[i].at : y[tie[i].lead];
        if (tie[i].kind == TIE_SD)
            x[i] = asinh(tie[i].at * sinh(x[i]));
        if (tie[i].kind != TIE_EQUAL)
            continue;
        r = sin(x[i]);
        partial = r / (1.0 + (tie[i].at - 1.0) * r);
        if (!(fabs(partial) < 1.0) || !(1.0 + (tie[i].at - 1.0) * r > 0.0))
            return false; /* no correlations of so many effects */
        x[i] = asin(partial);
    }
    return true;
}

void rowcov_tie_pull_back(const struct rowcov_tie tie[], int count, const double y[], const double x[], double slopes[])
{
    for (int i = 0; i < count; i++) {
        double at = y[tie[i].lead], below, slope = slopes[i];

        if (tie[i].kind == TIE_FREE)
            continue;
        slopes[i] = 0.0;
        if (tie[i].kind == TIE_SD)
            slopes[tie[i].lead] += slope * tie[i].at * cosh(at) / cosh(x[i]);
        below = 1.0 + (tie[i].at - 1.0) * sin(at);
        if (tie[i].kind == TIE_EQUAL)
            slopes[tie[i].lead] += slope * cos(at) / (below * below) / cos(x[i]);
    }
}

/* How the parameters of a term follow those of its case. */
static void tie_term(const struct rowcov_term *t, const struct term_case *of, struct rowcov_tie tie[])
{
    int law = t->first + t->sd_count;

    for (int a = 0; a < t->sd_count; a++)
        if (of->gone)
            tie[t->first + a] = (struct rowcov_tie){ .kind = TIE_HELD, .lead = t->first + a };
        else if (of->alike && a > 0)
            tie[t->first + a] = (struct rowcov_tie){ .kind = TIE_SD, .lead = t->first, .at = t->unit[0] / t->unit[a] };
    if (of->law == LAW_EQUAL)
        for (int l = 1; l < t->law_count; l++)
            tie[law + l] = (struct rowcov_tie){ .kind = TIE_EQUAL, .lead = law, .at = l + 1 };
    else if (of->law != LAW_WHOLE || of->gone)
        for (int l = of->law == LAW_NEIGHBOURS && !of->gone ? 1 : 0; l < t->law_count; l++)
            tie[law + l] =
                (struct rowcov_tie){ .kind = TIE_HELD, .lead = law + l, .at = law_independent(t->structure->law, t->k) };
}

/* The search is that of the case from now on. */
static void enter(struct specials *s, const struct special *of)
{
    struct rowcov_task *task = s->task;

    for (int i = 0; i < task->count; i++)
        task->tie[i] = (struct rowcov_tie){ .kind = TIE_FREE, .lead = i };
    for (int t = 0; t < task->m->term_count && t < MOST_TERMS; t++)
        tie_term(&task->m->terms[t], &of->term[t], task->tie);
    task->tied = false;
    for (int i = 0; i < task->count; i++) {
        task->held[i] = task->tie[i].kind != TIE_FREE;
        task->tied = task->tied || task->held[i];
    }
    task->known = of->value < HUGE_VAL ? of->x : NULL;
    task->known_value = of->value;
    task->met = of->met;
    task->met_value = of->met_value;
    task->met_count = of->met_count;
}

static void leave(struct rowcov_task *task)
{
    memset(task->held, 0, sizeof *task->held * (size_t)task->count);
    task->tied = false;
    task->known = NULL;
    task->met_count = 0;
}

/* --- searches ---------------------------------------------------------------------------------------- */

/* Far from the optimum the modes may not exist (a density that is not concave); with small effects they do. */
static void shrink_start(struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    bool stop = false;

    for (int tries = 0; tries < 8 && !task->linear && !(rowcov_task_value(task, task->x, &stop) < MINIMIZE_BAD); tries++)
        for (int t = 0; t < m->term_count; t++)
            for (int a = 0; a < m->terms[t].sd_count; a++)
                task->x[m->terms[t].first + a] = asinh(0.4 * sinh(task->x[m->terms[t].first + a]));
}

/* Another optimum, at the minimizer's x or where the lowest was: no search need go there again. */
static void remember(struct special *of, struct rowcov_task *task, const double x[], double value)
{
    if (of->met_count == MOST_MET || !(value < MINIMIZE_BAD))
        return;
    memcpy(of->met + (size_t)of->met_count * (size_t)task->count, x, sizeof *x * (size_t)task->count);
    of->met_value[of->met_count++] = value;
    task->met_count = of->met_count;
}

/* From the task's x, of the case that was entered. */
static void descend(struct specials *s, struct special *of)
{
    struct rowcov_task *task = s->task;

    rowcov_minimize(task, s->minimizer);
    if (!(task->value < of->value - TOLERANCE_LOWER)) {
        if (task->value > of->value + TOLERANCE_KNOWN_GAIN && !task->at_limit && !task->came_back)
            remember(of, task, task->x, task->value);
        return;
    }
    if (of->value > task->value + TOLERANCE_KNOWN_GAIN && of->value < HUGE_VAL && !of->unfinished)
        remember(of, task, of->x, of->value);
    if (!rowcov_tie_expand(task->tie, task->count, task->x, of->x))
        return;
    of->value = task->known_value = task->value;
    of->unfinished = task->at_limit;
    task->known = of->x;
}

/* Special cases of linear models, which have fewer valleys, begin once: all but the least begin at the optima of others too. */
static void search_from_starts(struct specials *s, struct special *of)
{
    static const struct {
        double strength, times;
    } starts[] = { { 0.5, 1.0 }, { 0.1, 1.0 }, { 0.85, 1.0 }, { 0.5, 40.0 } };
    struct rowcov_task *task = s->task;
    const struct rowcov *m = task->m;
    int q = task->count, count = q == 0 || !task->cheap ? 1 : !task->linear ? 4 : of == s->found ? 3 : 1;

    for (int k = 0; k < count && !task->stopped; k++) {
        memcpy(task->x, s->first, sizeof(double) * (size_t)q);
        rowcov_start(m, starts[k].strength, task->x);
        for (int t = 0; t < m->term_count; t++)
            for (int a = 0; a < m->terms[t].sd_count; a++)
                task->x[m->terms[t].first + a] = asinh(starts[k].times * sinh(task->x[m->terms[t].first + a]));
        shrink_start(task);
        descend(s, of);
    }
}

/* From the optimum of a special case, which is one of this case too. */
static void search_from(struct specials *s, struct special *of, const struct special *from)
{
    struct rowcov_task *task = s->task;
    const struct rowcov *m = task->m;

    if (!(from->value < HUGE_VAL) || task->stopped)
        return;
    enter(s, of);
    memcpy(task->x, from->x, sizeof *from->x * (size_t)task->count);
    for (int t = 0; t < m->term_count; t++)
        for (int a = 0; from->term[t].gone && !of->term[t].gone && a < m->terms[t].sd_count; a++)
            task->x[m->terms[t].first + a] = asinh(0.2 / ROWCOV_BEND); /* at 0 itself no slope leads away */
    descend(s, of);
    if (!(from->value < of->value - TOLERANCE_LOWER))
        return;
    of->value = from->value;
    memcpy(of->x, from->x, sizeof *from->x * (size_t)task->count);
}

/* The special cases of a term that are one step away: out[0 ..]. */
static int term_cases(const struct rowcov_term *t, const struct term_case *of, bool may_go, struct term_case out[4])
{
    enum correlation_law law = t->structure->law;
    bool whole = of->law == LAW_WHOLE && t->law_count > 0;
    int count = 0;

    if (of->gone)
        return 0;
    if (may_go)
        out[count++] = (struct term_case){ .gone = true };
    if (t->sd_count > 1 && !of->alike && law != LAW_US && law != LAW_NONE)
        out[count++] = (struct term_case){ .alike = true, .law = of->law };
    if (law == LAW_TOEP && whole && t->law_count > 1) {
        out[count++] = (struct term_case){ .alike = of->alike, .law = LAW_NEIGHBOURS };
        out[count++] = (struct term_case){ .alike = of->alike, .law = LAW_EQUAL };
    } else if (of->law != LAW_ZERO && (law == LAW_CS || law == LAW_AR1 || law == LAW_TOEP || law == LAW_US))
        out[count++] = (struct term_case){ .alike = of->alike, .law = LAW_ZERO };
    return count;
}

static struct special *find(struct specials *s, const struct term_case term[])
{
    for (int i = 0; i < s->count; i++) {
        bool same = true;

        for (int t = 0; t < s->task->m->term_count && t < MOST_TERMS; t++)
            same = same && s->found[i].term[t].gone == term[t].gone && s->found[i].term[t].alike == term[t].alike
                   && s->found[i].term[t].law == term[t].law;
        if (same)
            return &s->found[i];
    }
    return NULL;
}

/* The optimum of a case, and of its special cases before it; NULL where there are too many of them. */
static struct special *solve(struct specials *s, const struct term_case term[MOST_TERMS])
{
    const struct rowcov *m = s->task->m;
    struct special *of = find(s, term);
    int terms = 0;

    if (of != NULL)
        return of;
    if (s->count == MOST_CASES)
        return NULL;
    of = &s->found[s->count];
    of->x = s->room + (size_t)s->count++ * (1 + MOST_MET) * (size_t)s->task->count;
    of->met = of->x + s->task->count;
    of->value = HUGE_VAL;
    for (int t = 0; t < m->term_count && t < MOST_TERMS; t++) {
        of->term[t] = term[t];
        terms += !term[t].gone;
    }
    enter(s, of);
    search_from_starts(s, of);
    if (!s->task->cheap || m->term_count > MOST_TERMS)
        return of;
    for (int t = 0; t < m->term_count; t++) {
        struct term_case next[4];
        int count = term_cases(&m->terms[t], &term[t], terms > 1, next);

        for (int c = 0; c < count && !s->task->stopped; c++) {
            struct term_case less[MOST_TERMS];
            const struct special *from;

            memcpy(less, of->term, sizeof less);
            less[t] = next[c];
            from = solve(s, less);
            if (from != NULL)
                search_from(s, of, from);
        }
    }
    return of;
}

/* From where the search of a case had to end: valleys that bend take many evaluations. */
static void go_on(struct specials *s, struct special *of)
{
    for (int k = 0; k < GOES_ON && of->unfinished && !s->task->stopped; k++) {
        of->unfinished = false;
        enter(s, of);
        s->task->known = NULL;
        s->task->met_count = 0;
        memcpy(s->task->x, of->x, sizeof *of->x * (size_t)s->task->count);
        descend(s, of);
    }
}

bool rowcov_search_starts(struct rowcov_task *task, struct minimizer *minimizer, const double first[], double best[],
                          double *lowest)
{
    static const struct term_case whole[MOST_TERMS];
    struct specials s = { .task = task, .minimizer = minimizer, .first = first };
    struct special *found;

    s.room = NEW_ARRAY(double, MOST_CASES *(1 + MOST_MET) * (size_t)task->count + 1);
    if (s.room == NULL)
        return false;
    found = solve(&s, whole);
    go_on(&s, found);
    *lowest = found->value;
    if (found->value < HUGE_VAL)
        memcpy(best, found->x, sizeof *best * (size_t)task->count);
    leave(task);
    mem_free(s.room);
    return true;
}
