/* page.c -- see page.h: a head with its own style, a section for each command with its results, a foot with what the numbers
 * stand on: version, seed, data and their checksums.  Notes are prose without their command.  No date: the same session gives the
 * same bytes. */
#include "session/page.h"

#include <inttypes.h>
#include <string.h>

#include "glmm.h"
#include "render/prose.h"
#include "render/xml.h"
#include "session/chronicle.h"
#include "session/output.h"

enum { PAGE_LETTERS = 96 };

static const char style_sheet[] =
    "body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:16px/1.45 Georgia,'Times New "
    "Roman',serif;color:#222;background:#fff}\n"
    "h1,h2,h3,h4,h5{line-height:1.2;margin:1.6em 0 .5em}\n"
    "pre{font:14px/1.4 'DejaVu Sans Mono',Menlo,Consolas,monospace;overflow-x:auto;white-space:pre-wrap;margin:.6em 0}\n"
    "pre.command{background:#f2f2f2;padding:.35em .6em;border-left:3px solid #0072b2;margin-top:1.6em}\n"
    "pre.error{border-left:3px solid #d55e00;padding-left:.6em}\n"
    "table{border-collapse:collapse;margin:.8em 0;border-top:1.5px solid #222;border-bottom:1.5px solid #222;font-size:15px}\n"
    "th,td{padding:.12em .7em;text-align:left;vertical-align:top}\n"
    "thead th{border-bottom:1px solid #222;font-weight:600}\n"
    ".number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    ".in1{padding-left:1.6em}.in2{padding-left:2.5em}.in3{padding-left:3.4em}\n"
    "p{margin:.45em 0}p.title{font-weight:600}p.note,p.lost{color:#555;font-size:14px}\n"
    "svg{max-width:100%;height:auto}\n"
    "footer{margin-top:3em;border-top:1px solid #999;color:#555;font-size:13px}\n"
    "@media print{body{margin:0;max-width:none}section{break-inside:avoid}pre.command{border-left-color:#222}}\n";

/* The text of a note, or NULL of other results. */
static const char *note_text(const struct result *result)
{
    if (strcmp(result->command, "note") != 0)
        return NULL;
    for (const struct item *item = result->first; item != NULL; item = item->next)
        if (item->kind == ITEM_VALUE && strcmp(item->key, "text") == 0 && item->as.value->type == VALUE_STRING)
            return item->as.value->as.string;
    return NULL;
}

static bool is_note(const struct chapter *chapter)
{
    return chapter->first != NULL && chapter->first->result != NULL && note_text(chapter->first->result) != NULL;
}

/* `try` goes on after an error: there is nothing but that to be shown. */
static bool only_failed(const struct chapter *chapter)
{
    for (const struct shown *shown = chapter->first; shown != NULL; shown = shown->next)
        if (shown->error == NULL)
            return false;
    return chapter->first != NULL;
}

static bool add_shown(const struct session *session, struct page *page, const struct shown *shown, struct text *out,
                      struct glmm_error *err)
{
    struct style style = session_plain_style(session);

    style.format = FORMAT_HTML;
    style.width = PAGE_LETTERS;
    style.charset = CHARSET_BLOCK;
    if (shown->error != NULL) {
        text_add(out, "<pre class=\"error\">");
        xml_add(out, shown->error, true);
        text_add(out, "</pre>\n");
        return true;
    }
    if (shown->result == NULL) {
        page->lost++;
        text_add(out, "<p class=\"lost\">(what was shown here is no longer kept)</p>\n");
        return true;
    }
    page->results++;
    if (note_text(shown->result) != NULL) {
        prose_html(out, note_text(shown->result));
        return true;
    }
    return session_render(session, shown->result, &style, out, err);
}

static bool add_chapter(const struct session *session, struct page *page, const struct chapter *chapter, struct text *out,
                        struct glmm_error *err)
{
    bool ok = true;

    if (!chapter->told || (!page->errors && (!chapter->ok || only_failed(chapter))))
        return true;
    page->commands++;
    text_add(out, "<section>\n");
    if (!is_note(chapter)) {
        text_add(out, "<pre class=\"command\">");
        xml_add(out, chapter->command, true);
        text_add(out, "</pre>\n");
    }
    for (const struct shown *shown = chapter->first; ok && shown != NULL; shown = shown->next)
        if (shown->error == NULL || page->errors)
            ok = add_shown(session, page, shown, out, err);
    text_add(out, "</section>\n");
    return ok;
}

static void add_foot(const struct session *session, struct text *out)
{
    text_addf(out, "<footer>\n<p>mixsh %s, seed %" PRIu64 "</p>\n", glmm_version(), session->settings.seed);
    for (const struct dataset *dataset = session->datasets; dataset != NULL; dataset = dataset->next) {
        const struct frame *frame = dataset->frame;

        text_add(out, "<p>data ");
        xml_add(out, frame->name, false);
        text_addf(out, ": %zu rows, %zu variables", frame->rows, frame->column_count);
        if (frame->checksum != 0)
            text_addf(out, ", checksum %016" PRIx64, frame->checksum);
        text_add(out, "</p>\n");
    }
    text_add(out, "</footer>\n");
}

bool page_write(const struct session *session, struct page *page, struct text *out, struct glmm_error *err)
{
    const struct chronicle *chronicle = session_chronicle(session);
    const char *title = page->title == NULL ? "Report" : page->title;
    bool ok = true;

    text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                  "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>");
    xml_add(out, title, false);
    text_addf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style_sheet);
    xml_add(out, title, false);
    text_add(out, "</h1>\n");
    for (size_t i = 0; ok && chronicle != NULL && i < chronicle->count; i++)
        ok = add_chapter(session, page, &chronicle->chapters[i], out, err);
    if (chronicle != NULL && chronicle->failed)
        text_add(out, "<p class=\"lost\">(memory was out, and something of what was shown is missing here)</p>\n");
    add_foot(session, out);
    text_add(out, "</body>\n</html>\n");
    return ok && (!out->failed || fail_memory(err));
}
