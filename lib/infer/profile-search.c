/* profile-search.c -- see profile-private.h.
 *
 * On each side of the estimate zeta rises from 0; its root is bracketed, by steps that grow or by an edge, and found by inverse
 * interpolation within the bracket.  Each point is a minimization over the other coordinates (place.h) that begins where the line
 * through the last two points leads.
 *
 * A value at which a minimization ends is never below the profile.  So what is found inside the cut is inside; what is found
 * beyond it is beyond only where the minimization settled, and at no other stationary point: a bracket that closes on anything
 * but zeta = z closes on no root.  And an end is one only where no other start (place-starts.c) leads below the cut: otherwise
 * the way goes on in that valley.  An approximated likelihood has valleys below its fit where it does not hold: these lead
 * nowhere.  Where it falls into one and no start settles beside it, its modes have lost their curvature, and it tells no value
 * from another: there is no profile. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/minimize.h"
#include "infer/profile-private.h"

static const double BRACKET_CLOSED = 1e-13; /* relative: ends of a bracket at their rounding */
static const double CLOSE = 1e-9;           /* of z: a root */
static const double JUMP = 1e-3;            /* of z: heights on both sides of a closed bracket that differ */
static const double FARTHEST = 1e5;         /* steps of the size of an error: beyond, nothing is looked for */
static const double FAR = 2;                /* of the last step: beyond, the line need not lead to the lowest point */
static const double ABOVE = 1.2;            /* of the cut: above, another start may lead lower */
static const double BEYOND = 1.2;           /* of the secant's step to the root: the root is to be bracketed */

/* Of z^2: a criterion that rises by less from a point to one several times as far away has flattened.  What is left of the rise
 * is an exponential, in a coefficient or a logarithm: the next steps, four times as long, have none of it.  One whose rise has
 * fallen to a share below FALLING of the last is on that way, and has that share of this one left. */
static const double FLAT = 1e-6, FALLING = 0.1;

/* An end that other nodes move.  Of z^2: by so much more or less with them, it does; of the way from the estimate: how far inside
 * and beyond it the profile's slope is looked for.  A profile that still rises in proportion to the way, as one does that is
 * nearly a parabola (2), has its end within the doubt over the slope; one that bends over may go on anywhere, and little is
 * borne. */
static const double HANGS = 0.05, BESIDE = 0.25, STEEP = 1, MOVES_STEEP = 1, MOVES_BENT = 0.25;

/* In logarithms: from an estimate at an end of them nothing rises on the first steps, and on a longer one all would. */
static const double LEVEL_STEP = 1;

static const double SHORT = 0.1; /* of the way from the estimate: a step of less tells nothing of what is flat */

enum { EXPANSIONS = 40, ITERATIONS = 60, HALVINGS = 20, FLAT_STEPS = 2, LOOK = 8, TURNS = 8 };

bool search_arrays(struct search *search)
{
    size_t n = (size_t)place_count(search->place);

    search->block = search->psi = NEW_ARRAY(double, 6 * n + 1);
    if (search->block == NULL)
        return false;
    search->last = search->psi + n;
    search->before = search->last + n;
    search->inside = search->before + n;
    search->tangent = search->inside + n;
    search->other = search->tangent + n;
    return true;
}

void search_clear(struct search *search)
{
    if (search->own)
        place_free(search->place);
    mem_free(search->block);
}

static size_t bytes_of(const struct search *search)
{
    return sizeof(double) * (size_t)place_count(search->place);
}

void search_restart(struct search *search)
{
    place_forget(search->place);
    memcpy(search->last, place_estimate(search->place), bytes_of(search));
    memcpy(search->inside, search->last, bytes_of(search));
    search->last_at = search->inside_at = search->center;
    search->inside_value = search->optimum;
    search->inside_known = true;
    search->points = 0;
    search->elsewhere = false;
}

/* --- one point -------------------------------------------------------------------------------------- */

/* In steps of the line through the last two points, how far it is from the last one. */
static double share_of_line(const struct search *search, double at)
{
    double share = search->points > 0 ? (at - search->last_at) / (search->last_at - search->before_at) : 0;

    return isfinite(share) ? share : 0;
}

/* psi := where the line leads, `share` of its last step from the last point; without one, where the tangent does. */
static void follow_line(struct search *search, double at, double share, double psi[])
{
    int n = place_count(search->place);
    const double *estimate = place_estimate(search->place);
    double by = fmin(fmax(at - search->center, -search->straight), search->straight);

    for (int i = 0; i < n; i++)
        if (search->points == 0)
            psi[i] = estimate[i] + (search->held >= 0 ? search->tangent[i] * by : 0);
        else
            psi[i] = search->last[i] + (share != 0 ? share * (search->last[i] - search->before[i]) : 0);
    if (search->held >= 0)
        psi[search->held] = at;
}

/* From the estimates, but for what is held. */
static void stay(struct search *search, double at, double psi[])
{
    memcpy(psi, place_estimate(search->place), bytes_of(search));
    if (search->held >= 0)
        psi[search->held] = at;
}

/* The criterion's minimum from psi[]; *known is false where it is not that, or there is none. */
static double minimum_at(struct search *search, double psi[], bool *known)
{
    double value = place_minimize(search->place, search->held, psi, known, &search->stopped);

    *known = *known && value < MINIMIZE_BAD;
    return value;
}

static void swap(struct search *search)
{
    double *psi = search->psi;

    search->psi = search->other;
    search->other = psi;
}

/* The lowest point for a value: from where the line leads, or where that is lower or leads lower, from elsewhere: of a covariance
 * structure, whose coordinates bend far from the estimates, from these; far along the line, from its last point. */
static double lowest_at(struct search *search, double at, double z)
{
    double share = share_of_line(search, at), value, second;
    bool bends = isfinite(search->straight), far = fabs(share) > FAR, swapped, low, settled;

    follow_line(search, at, far && bends ? 0 : share, search->psi);
    if (far && !bends)
        follow_line(search, at, 0, search->other);
    else
        stay(search, at, search->other);
    swapped = (bends || far) && !(place_value(search->place, search->psi) <= place_value(search->place, search->other));
    if (swapped)
        swap(search);
    value = minimum_at(search, search->psi, &search->known);
    low = (bends ? swapped && !search->elsewhere : !far) || value < search->optimum + ABOVE * z * z;
    if (search->stopped || (search->known && low))
        return value;
    second = minimum_at(search, search->other, &settled);
    search->lost = search->lost
                   || (search->approximate && !search->known && !settled && fmin(value, second) < search->optimum - JUMP * z * z);
    if (!(second < value))
        return value;
    swap(search);
    search->known = settled;
    return second;
}

double search_height(struct search *search, double at, double z, struct glmm_error *err)
{
    double value;

    if (search->held < 0 && !place_set(search->place, at, err)) {
        search->failed = true;
        return (double)NAN;
    }
    value = lowest_at(search, at, z);
    if (search->stopped)
        search->failed = !place_goes_on(search->place, err);
    if (!(value < MINIMIZE_BAD))
        return HUGE_VAL;
    if (value <= search->optimum + z * z) {
        memcpy(search->inside, search->psi, bytes_of(search));
        search->inside_at = at;
        search->inside_known = search->known;
    }
    if (!search->known) /* inside it is certain, beyond it is not; no line leads through it */
        return sqrt(fmax(value - search->optimum, 0));
    if (value <= search->optimum + z * z)
        search->inside_value = value;
    memcpy(search->before, search->last, bytes_of(search));
    memcpy(search->last, search->psi, bytes_of(search));
    search->before_at = search->last_at;
    search->last_at = at;
    search->points++;
    search->lowest = fmin(search->lowest, value);
    return sqrt(fmax(value - search->optimum, 0));
}

/* --- one end ---------------------------------------------------------------------------------------- */

/* What is between the ends of a root: x0 below it, with the height f0, and x1 above, f1 if it is known. */
struct bracket {
    double x0, f0, x1, f1, at0, value0; /* the first x0, and the criterion there */
    bool known;
};

/* The way out from the estimate: what lies between two steps, how the criterion rose on the last, and how often it was flat. */
struct walk {
    struct bracket b;
    double first, step, edge, rise;
    int flat, turns; /* turns: how often an end was none */
    enum interval_end end;
};

/* Whether the criterion, which rose by `rise`, and by `last` on the step before, rises no more. */
static bool is_flat(double rise, double last, double z)
{
    double share = last > 0 && rise >= 0 ? rise / last : 1;

    return fabs(rise) <= FLAT * z * z || (share < FALLING && rise * share <= FLAT * z * z);
}

/* Whether a step from `from` to `to` is a share of the way that counts: over a shorter one no criterion rises. */
static bool is_long(const struct search *search, double from, double to)
{
    return fabs(to - from) > SHORT * fabs(to - search->center);
}

/* The coefficient that is set, where there is one. */
static bool set_there(struct search *search, double at, struct glmm_error *err)
{
    if (search->held < 0 && !place_set(search->place, at, err))
        search->failed = true;
    return !search->failed;
}

/* The minimum from search->psi, whether it is one with a value of this range.  If so it is the last point inside. */
static bool leads_inside(struct search *search, double at, const double range[2], struct glmm_error *err)
{
    double value;

    if (search->held >= 0)
        search->psi[search->held] = at;
    value = minimum_at(search, search->psi, &search->known);
    if (search->stopped)
        search->failed = !place_goes_on(search->place, err);
    if (search->failed || !search->known || value < range[0] || value > range[1])
        return false;
    memcpy(search->inside, search->psi, bytes_of(search));
    search->inside_at = at;
    search->inside_value = value;
    search->inside_known = true;
    search->lowest = fmin(search->lowest, value);
    return true;
}

/* Whether the point beyond is inside after all, minimized from the last point inside: what was found there from elsewhere may be
 * another valley, and this one goes on.  If so it is the last point of the line. */
static bool is_inside(struct search *search, double at, double z, struct glmm_error *err)
{
    double from = search->inside_at, range[2] = { -HUGE_VAL, search->optimum + z * z };

    if (!set_there(search, at, err))
        return false;
    memcpy(search->other, search->inside, bytes_of(search));
    memcpy(search->psi, search->inside, bytes_of(search));
    if (!leads_inside(search, at, range, err))
        return false;
    memcpy(search->before, search->other, bytes_of(search));
    search->before_at = from;
    memcpy(search->last, search->inside, bytes_of(search));
    search->last_at = at;
    search->points = 2;
    return true;
}

bool search_elsewhere(struct search *search, double at, double z, struct glmm_error *err)
{
    double range[2] = { search->approximate ? search->optimum - JUMP * z * z : -HUGE_VAL, search->optimum + (1 - JUMP) * z * z };
    bool found = false;

    if (!set_there(search, at, err))
        return false;
    place_forget(search->place);
    place_know(search->place, search->known && search->last_at == at ? search->last : NULL);
    for (int k = 0; k < place_start_count(search->place) && !found && !search->failed; k++) {
        if (search->held >= 0)
            search->psi[search->held] = at;
        found = place_start(search->place, k, search->held, search->psi) && leads_inside(search, at, range, err);
        search->failed = search->failed || !place_goes_on(search->place, err);
    }
    place_know(search->place, NULL);
    if (!found)
        return false;
    memcpy(search->before, search->inside, bytes_of(search)); /* a line of one point: it is begun from as it is */
    memcpy(search->last, search->inside, bytes_of(search));
    search->before_at = search->last_at = at;
    search->points = 2;
    search->elsewhere = true;
    return true;
}

/* What a bracket is that closed on no root. */
static enum interval_end judge_jump(struct search *search, const struct bracket *b, double z, double edge, struct glmm_error *err)
{
    if (!b->known && (search->bounded || (isfinite(edge) && fabs(edge - b->x0) <= EDGE_SLACK * fabs(edge - search->center))))
        return END_EDGE;
    if (b->known && !is_inside(search, b->x1, z, err))
        return END_FOUND; /* the criterion itself jumps */
    if (b->f0 >= (1 - JUMP) * z && (b->known || search->inside_known))
        return END_FOUND; /* the root is there, and what is found beyond it is another valley, or rounding */
    return search->inside_known && is_long(search, b->at0, search->inside_at) && is_flat(search->inside_value - b->value0, 0, z)
               ? END_NONE
               : END_LOST;
}

static double endless(double step)
{
    return step > 0 ? HUGE_VAL : -HUGE_VAL;
}

/* The value between the ends where zeta is z.  Secants through the last two points, and halving where they lead out of the
 * bracket or hardly narrow it.  *open: there is no root here, for x1 is inside. */
static double root(struct search *search, struct bracket *b, double z, double edge, enum interval_end *end, bool *open,
                   struct glmm_error *err)
{
    double xa = b->x0, fa = b->f0, xb = b->x1, fb = b->f1, x = b->x1, f = b->f1;
    int unknown = 0;

    for (int i = 0; i < ITERATIONS && unknown < HALVINGS && !search->failed && !search->lost; i++) {
        double width = fabs(b->x1 - b->x0);

        if (i % LOOK == LOOK - 1 && b->known && (*open = is_inside(search, b->x1, z, err)))
            return x;
        x = xa + (z - fa) / (fb - fa) * (xb - xa);
        if (!isfinite(fa) || !isfinite(fb) || !b->known || !((x - b->x0) * (x - b->x1) < 0) || i % LOOK == LOOK - 1)
            x = 0.5 * (b->x0 + b->x1);
        f = search_height(search, x, z, err);
        if (fabs(f - z) <= CLOSE * z || width <= BRACKET_CLOSED * (fabs(b->x0) + fabs(b->x1)))
            break;
        unknown += !b->known;
        if (f < z) {
            b->x0 = x;
            b->f0 = f;
        } else {
            b->x1 = x;
            b->f1 = f;
            b->known = search->known;
        }
        xa = xb;
        fa = fb;
        xb = x;
        fb = f;
    }
    if (search->lost) {
        *end = END_LOST;
        return b->x0;
    }
    if (search->failed || (b->known && (fabs(f - z) <= JUMP * z || b->f1 - b->f0 <= JUMP * z)))
        return x;
    *end = judge_jump(search, b, z, edge, err);
    return *end == END_NONE ? endless(b->x1 - b->x0) : *end == END_FOUND ? x : b->x0;
}

/* The edge itself: whether it is reached, and what its height is. */
static bool reaches_edge(struct search *search, double reach, double edge, double z, double *f, struct glmm_error *err)
{
    return fabs(edge - search->center) < EDGE_SLACK * reach || (*f = search_height(search, edge, z, err)) <= z
           || (!search->failed && search_elsewhere(search, edge, z, err));
}

/* Whether an end is none, for from elsewhere the criterion is lower there: then the last point of the walk is there. */
static bool goes_on(struct search *search, struct walk *walk, double at, double z, struct glmm_error *err)
{
    struct bracket *b = &walk->b;

    if (search->failed || search->lost || walk->end == END_EDGE || walk->end == END_NONE || walk->turns >= TURNS)
        return false;
    b->x1 = walk->end == END_FOUND ? at : b->x1;
    if (!search_elsewhere(search, b->x1, z, err))
        return false;
    walk->turns++;
    walk->end = END_FOUND;
    return true;
}

/* Whether the way has come so near to the edge that no step to it is long, and goes on to it. */
static bool goes_to_edge(struct search *search, const struct walk *walk, double z, struct glmm_error *err)
{
    return fabs(walk->edge - walk->b.x0) <= SHORT * fabs(walk->edge - search->center) && is_inside(search, walk->edge, z, err);
}

/* One step further out.  False at an end, *at. */
static bool step_out(struct search *search, struct walk *walk, double z, double *at, struct glmm_error *err)
{
    struct bracket *b = &walk->b;
    double last = walk->rise, old;
    bool open = false, flat;

    b->x1 = b->x0 + walk->step;
    if (isfinite(walk->edge) && fabs(b->x1 - search->center) >= fabs(walk->edge - search->center)) {
        if (goes_to_edge(search, walk, z, err)) {
            walk->end = END_EDGE;
            *at = walk->edge;
            return false;
        }
        b->x1 = 0.5 * (b->x0 + walk->edge);
    }
    b->f1 = search_height(search, b->x1, z, err);
    b->known = search->known;
    if (b->f1 > z && !b->known && walk->flat > 0) { /* as far as numbers go */
        walk->flat = FLAT_STEPS;
        return true;
    }
    if (b->f1 > z) {
        *at = root(search, b, z, walk->edge, &walk->end, &open, err);
        if (!open && !goes_on(search, walk, *at, z, err))
            return false;
        old = open ? b->x0 : b->x1 - walk->first;
        b->f1 = sqrt(fmax(search->inside_value - search->optimum, 0));
        walk->step = b->x1 - old;
    }
    walk->rise = search->inside_value - b->value0;
    flat = search->inside_known && is_flat(walk->rise, last, z) && is_long(search, b->at0, b->x1) && !open && !search->level;
    walk->flat = flat ? walk->flat + 1 : 0;
    walk->step *= fmin(fmax(b->f1 > b->f0 ? BEYOND * (z - b->f1) / (b->f1 - b->f0) : 4, 0.2), 4);
    if (search->level)
        walk->step = copysign(fmin(fabs(walk->step), LEVEL_STEP), walk->step);
    b->value0 = search->inside_value;
    b->x0 = b->at0 = b->x1;
    b->f0 = b->f1;
    return true;
}

/* How far from the estimate ends are looked for; one behind that is none, wherever the step began that met it. */
static double farthest_of(const struct search *search, double reach)
{
    return (search->farthest > 0 ? search->farthest : FARTHEST) * reach;
}

/* By how much of z^2 the criterion changes from an end for each part of the way to it from the estimate; `by` is where, in such
 * parts, or half the way to the edge. */
static double rise_beside(struct search *search, double at, double by, double edge, double z, struct glmm_error *err)
{
    double way = at - search->center, to = at + by * way, height;

    if (isfinite(edge) && fabs(to - search->center) >= fabs(edge - search->center))
        to = 0.5 * (at + edge);
    height = search_height(search, to, z, err);
    return (height * height / (z * z) - 1) * way / (to - at);
}

/* An end that is elsewhere, or none, with other nodes: a quadrature about the mode does not hold where the integrand has become a
 * step. */
static enum interval_end judge_nodes(struct search *search, double at, double edge, double z, enum interval_end end,
                                     struct glmm_error *err)
{
    const double *psi = search->known && search->last_at == at ? search->last : search->inside;
    double doubt = end == END_FOUND ? place_doubt(search->place, psi) / (z * z) : 0, slope;

    if (!(doubt > HANGS))
        return end;
    search->moving++;
    slope = fmin(rise_beside(search, at, -BESIDE, edge, z, err), rise_beside(search, at, BESIDE, edge, z, err));
    return doubt <= slope * (slope >= STEEP ? MOVES_STEEP : MOVES_BENT) ? END_FOUND : END_NODES;
}

double search_end(struct search *search, double step, double edge, double z, enum interval_end *end, struct glmm_error *err)
{
    struct walk walk = {
        .b = { .x0 = search->center, .at0 = search->center, .value0 = search->optimum }, .first = step, .step = step, .edge = edge
    };
    double reach = fabs(step), at;

    if (search->level)
        walk.first = walk.step = copysign(LEVEL_STEP, step);
    search_restart(search);
    *end = END_FOUND;
    if (isfinite(edge)) { /* what is lost there may be found on the way */
        if (reaches_edge(search, reach, edge, z, &walk.b.f1, err)) {
            *end = END_EDGE;
            return edge;
        }
        search_restart(search);
        if (reach > 0.9 * fabs(edge - walk.b.x0))
            walk.step = 0.5 * (edge - walk.b.x0);
    }
    search->lost = false;
    for (int i = 0; i < EXPANSIONS && walk.flat < FLAT_STEPS && !search->failed && !search->lost; i++) {
        if (!step_out(search, &walk, z, &at, err)) {
            if (!search->failed && walk.end == END_FOUND && fabs(at - search->center) > farthest_of(search, reach)) {
                *end = END_NONE;
                return endless(step);
            }
            *end = search->failed ? walk.end : judge_nodes(search, at, edge, z, walk.end, err);
            return at;
        }
        if (fabs(walk.b.x0 - search->center) > farthest_of(search, reach))
            walk.flat = FLAT_STEPS;
    }
    *end = walk.flat < FLAT_STEPS ? END_LOST : END_NONE;
    return *end == END_NONE ? endless(step) : walk.b.x0;
}
