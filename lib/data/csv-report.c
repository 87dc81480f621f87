/* csv-report.c -- see csv-report.h. */
#include "data/csv-report.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"

const char *csv_report_text(struct csv_report *report, const char *text)
{
    if (report->arena == NULL)
        report->arena = arena_new();
    return report->arena == NULL ? NULL : arena_strdup(report->arena, text);
}

struct csv_note *csv_note_add(struct csv_report *report, enum csv_note_kind kind, const char *column, const char *text)
{
    void *notes = report->notes;
    struct csv_note *note;
    bool ok = mem_grow(&notes, &report->capacity, report->count + 1, sizeof *note);

    report->notes = notes;
    if (!ok)
        return NULL;
    note = &report->notes[report->count];
    *note = (struct csv_note){ .kind = kind };
    if ((column != NULL && (note->column = csv_report_text(report, column)) == NULL)
        || (text != NULL && (note->text = csv_report_text(report, text)) == NULL))
        return NULL;
    report->count++;
    return note;
}

bool csv_advise_type(struct csv_report *report, struct csv_note *note, const char *type)
{
    struct text types = { 0 };

    text_addf(&types, strpbrk(note->column, ",=") != NULL ? "`%s`=%s" : "%s=%s", note->column, type);
    if (!types.failed)
        note->advice.types = csv_report_text(report, text_string(&types));
    text_clear(&types);
    return note->advice.types != NULL;
}

void csv_report_clear(struct csv_report *report)
{
    mem_free(report->notes);
    arena_free(report->arena);
    memset(report, 0, sizeof *report);
}
