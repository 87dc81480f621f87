/* interval-notes.c -- see interval-notes.h. */
#include "report/interval-notes.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "fit/imputed.h"
#include "model/residuals.h"
#include "result/number.h"

static const char *const reasons[] = { [INTERVAL_GIVEN] = NULL,
                                       [INTERVAL_UNDETERMINED] = "undetermined",
                                       [INTERVAL_INFINITE] = "infinite",
                                       [INTERVAL_EDGE] = "edge",
                                       [INTERVAL_LIMIT] = "limit",
                                       [INTERVAL_NO_OPTIMUM] = "not_converged",
                                       [INTERVAL_NODES] = "nodes",
                                       [INTERVAL_OPEN] = "open",
                                       [INTERVAL_UNDEFINED] = "not_defined",
                                       [INTERVAL_LARGE] = "large",
                                       [INTERVAL_UNBOUNDED] = "unbounded",
                                       [INTERVAL_FAILED] = "failed" };

const char *interval_reason_word(enum interval_reason reason)
{
    return reasons[reason];
}

static void look_at_end(double end, enum interval_end kind, struct intervals_seen *seen)
{
    int at = 0;

    if (kind != END_EDGE)
        return;
    while (at < seen->edge_count && seen->edge[at] < end)
        at++;
    if (at == INTERVAL_EDGES_SEEN || (at < seen->edge_count && seen->edge[at] == end))
        return;
    seen->edge_count += seen->edge_count < INTERVAL_EDGES_SEEN;
    memmove(seen->edge + at + 1, seen->edge + at, (size_t)(seen->edge_count - 1 - at) * sizeof *seen->edge);
    seen->edge[at] = end;
}

/* "-1, 0 or 1" */
static const char *edges_text(const struct intervals_seen *seen, struct arena *arena)
{
    const char *text = "";

    for (int i = 0; i < seen->edge_count && text != NULL; i++) {
        char number[NUMBER_SIZE];
        bool last = i > 0 && i + 1 == seen->edge_count;

        number_text(number, seen->edge[i] == 0 ? 0 : seen->edge[i], 4);
        text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : last ? " or " : ", ", number);
    }
    return text != NULL ? text : "";
}

void intervals_look(const struct interval *interval, struct intervals_seen *seen)
{
    bool given = interval->reason == INTERVAL_GIVEN;

    if (given) {
        look_at_end(interval->lower, interval->lower_end, seen);
        look_at_end(interval->upper, interval->upper_end, seen);
    }
    seen->endless = seen->endless || (given && (interval->lower_end == END_NONE || interval->upper_end == END_NONE));
    seen->undetermined = seen->undetermined || interval->reason == INTERVAL_UNDETERMINED;
    seen->infinite = seen->infinite || interval->reason == INTERVAL_INFINITE;
    seen->curvature = seen->curvature || interval->reason == INTERVAL_EDGE;
    seen->open = seen->open || interval->reason == INTERVAL_OPEN;
    seen->limit = seen->limit || interval->reason == INTERVAL_LIMIT;
    seen->no_optimum = seen->no_optimum || interval->reason == INTERVAL_NO_OPTIMUM;
    seen->nodes = seen->nodes || interval->reason == INTERVAL_NODES;
    seen->moves = seen->moves || interval->moves;
    seen->unbounded = seen->unbounded || interval->reason == INTERVAL_UNBOUNDED;
    seen->failed = seen->failed || interval->reason == INTERVAL_FAILED;
    seen->better = seen->better || interval->better;
}

void intervals_notes(struct result *result, const struct fit *fit, const struct intervals_seen *seen)
{
    if (seen->edge_count > 0)
        result_line(result, LINE_NOTE,
                    "an interval that ends at %s reaches the edge of what is possible: the criterion does not rise that far "
                    "before it",
                    edges_text(seen, result->arena));
    if (seen->endless && seen->wald)
        result_line(result, LINE_NOTE, "Inf: the interval holds the limit, where the family is another one (help families)");
    else if (seen->endless)
        result_line(result, LINE_NOTE, "Inf: the criterion never rises that far; the data set no such bound");
    if (seen->undetermined)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined by these data (help identified)");
    if (seen->infinite)
        result_line(result, LINE_NOTE, "an infinite estimate has no interval (help separation)");
    if (seen->curvature)
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: at the edge of what is possible there is no curvature to go by: confint, method=profile");
    if (seen->open)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: the upper end is more than %d times the estimate, and bounds nothing: %s",
                    COMPONENTS_OPEN, seen->wald ? "confint, method=profile" : "the criterion hardly rises");
    if (seen->limit)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: at its limit, where the family is another one (help families)");
    if (seen->no_optimum)
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: the fit has not converged, and an interval is counted from an optimum: its summary says what "
                    "may help (help convergence)");
    if (seen->nodes)
        nodes_note(result, fit, NULL);
    if (seen->moves && fit->approximation.nodes > 0)
        result_line(result, LINE_NOTE,
                    "an end or more would move somewhat with more than %d nodes: nodes=%d (help approximation)", fit->nodes,
                    fit->approximation.nodes);
    else if (seen->moves)
        result_line(result, LINE_NOTE, "an end or more would move somewhat with other nodes than %d (help approximation)",
                    fit->nodes);
    if (seen->unbounded)
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: by ML, by which fixed effects are profiled, the groups explain all rows exactly, and the "
                    "likelihood has no maximum: confint, method=wald");
    if (seen->failed)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: the criterion could not be followed");
    if (seen->better && fit->method == METHOD_LAPLACE)
        result_line(result, LINE_NOTE,
                    "far from the fit Laplace's approximation is better than at it, and need not hold there (help "
                    "approximation): more nodes where the model allows them, or method=boot");
    else if (seen->better)
        result_line(result, LINE_NOTE,
                    "on the way the criterion fell below that of the fit: there is another optimum, and these intervals are "
                    "about the fit's; a structure of fewer parameters may have one only");
}

void components_notes(struct result *result, const struct fit *fit, const struct components *components)
{
    const bool curved = components->method == COMPONENTS_LOG;
    struct intervals_seen seen = { 0 };

    for (int i = 0; i < components->count; i++)
        if (isfinite(components->parameter[i].estimate))
            intervals_look(&components->interval[i], &seen);
    seen = (struct intervals_seen){
        .wald = curved, .curvature = seen.curvature && curved, .open = seen.open, .failed = seen.failed
    };
    intervals_notes(result, fit, &seen);
}

void pieces_note(struct result *result, const struct fit *fit)
{
    const struct residual_design *residual = fit_residual_design(fit);

    for (int s = 0; fit->residual != NULL && residual_has_levels(residual) && s < residual->scale_count; s++) {
        if (fit->residual->parameters[s].estimate != 0)
            continue;
        result_line(result, LINE_NOTE,
                    "intervals are the piece about the estimates, where the residual sd %s is 0: where it is not, other values "
                    "may fit as well, and are left out",
                    residual->scale_names[s]);
        return;
    }
}

void unconverged_note(struct result *result, const struct fit *fit)
{
    bool interrupted = fit->optimum.verdict == VERDICT_INTERRUPTED;

    if (interrupted || (fit->optimum.verdict == VERDICT_NOT_CONVERGED && !fit_is_maximum(fit)))
        result_line(result, LINE_NOTE,
                    "the fit %s: these numbers are of where its search ended, and no estimates (help convergence)",
                    interrupted ? "was interrupted" : "has not converged");
}

void nodes_note(struct result *result, const struct fit *fit, const char *group)
{
    result_line(result, LINE_NOTE,
                "%s%s: where an end would be, the likelihood hangs on the number of nodes (here %d): none is known "
                "(help approximation)%s",
                group == NULL ? "" : "no interval of ", group == NULL ? "\xe2\x80\x93" : group, fit->nodes,
                group == NULL ? "" : "; boot=200 has one by refits");
}

void large_note(struct result *result)
{
    result_line(result, LINE_NOTE,
                "the model is large: profiles of its shares would take long; method=profile follows them all the same, "
                "boot=200 of `icc` has intervals by refits");
}

void alone_note(struct result *result, const char *name, const struct interval *interval)
{
    bool lower = interval->upper_end == END_NODES;
    char number[NUMBER_SIZE];

    if (interval->reason == INTERVAL_NODES && isfinite(interval->alone))
        result_line(result, LINE_NOTE, "%s: its %s end is %s", name, lower ? "lower" : "upper",
                    number_text(number, interval->alone, 4));
}
