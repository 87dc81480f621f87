#!/usr/bin/env python3
# make-samples.py: the files of other programs that tests/cli/foreign.mix loads, and tests/unit/test-foreign damages.  They are made
# by Python's own modules and, where it has none, byte by byte after the descriptions of the formats: no R and no Excel is needed.
# Stata's and SPSS's are written by mixsh itself.  Run it in its folder.
import bz2, gzip, lzma, os, sqlite3, struct, zipfile

# --- SQLite
for name in ('study.db', 'bytes.db'):
    if os.path.exists(name):
        os.remove(name)
base = sqlite3.connect('study.db')
base.execute('create table visits(id text, day text, x real, n integer)')
base.executemany('insert into visits values(?,?,?,?)',
                 [('a', '2024-01-31', 1.5, 1), ('b "q"', '2024-02-01', 2.0, None), (None, None, None, 2**60)])
base.execute('create table sites(site, city)')
base.execute("insert into sites values('01', 'Zürich')")
base.commit()
base.close()
base = sqlite3.connect('bytes.db')
base.execute('create table t(a, b)')
base.execute("insert into t values(1, x'00ff')")
base.commit()
base.close()

# --- Excel
MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'


def escape(text):
    return text.replace('&', '&amp;').replace('<', '&lt;')


def workbook(name, sheets):
    z = zipfile.ZipFile(name, 'w', zipfile.ZIP_DEFLATED)
    texts = []

    def put(path, text):
        z.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), text)

    def cell(place, v):
        if v is None:
            return ''
        if isinstance(v, tuple):
            return '<c r="%s" s="1"><v>%s</v></c>' % (place, v[0])
        if isinstance(v, bool):
            return '<c r="%s" t="b"><v>%d</v></c>' % (place, v)
        if isinstance(v, str) and v.startswith('#'):
            return '<c r="%s" t="e"><v>%s</v></c>' % (place, v)
        if isinstance(v, str):
            texts.append(v)
            return '<c r="%s" t="s"><v>%d</v></c>' % (place, len(texts) - 1)
        return '<c r="%s"><v>%r</v></c>' % (place, v)

    put('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
    names = relations = ''
    for k, (title, rows) in enumerate(sheets, 1):
        names += '<sheet name="%s" sheetId="%d" r:id="rId%d"/>' % (escape(title), k, k)
        relations += '<Relationship Id="rId%d" Target="worksheets/sheet%d.xml"/>' % (k, k)
        body = ''
        for r, row in enumerate(rows, 1):
            if row is not None:
                body += '<row r="%d">%s</row>' % (r, ''.join(cell(chr(65 + c) + str(r), v) for c, v in enumerate(row)))
        put('xl/worksheets/sheet%d.xml' % k, '<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (MAIN, body))
    put('xl/workbook.xml', '<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets></workbook>' % (MAIN, OFFICE, names))
    put('xl/_rels/workbook.xml.rels',
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>' % relations)
    put('xl/sharedStrings.xml', '<sst xmlns="%s">%s</sst>' % (MAIN, ''.join('<si><t>%s</t></si>' % escape(t) for t in texts)))
    put('xl/styles.xml', '<styleSheet xmlns="%s"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>' % MAIN)
    z.close()


rows = [['id', 'visit', 'x', 'ok', 'plz'], ['a', (45322,), 1.5, True, '01067'], ['b & "c"', (45351,), 2, False, '10115'],
        [None, None, '#N/A', None, '02625']]
workbook('one.xlsx', [('Data', rows)])
workbook('two.xlsx', [('Data', rows), ('Notes & more', [['x'], [1], [2]])])
workbook('title.xlsx', [('Data', [['Report of 2024'], None] + rows)])

# --- R: the serialization of "R Internals", big-endian
symbols = []


def i(n):
    return struct.pack('>i', n)


def text(s):
    return i(0x40009) + (i(-1) if s is None else i(len(s.encode())) + s.encode())


def symbol(s):
    if s in symbols:
        return i((symbols.index(s) + 1) << 8 | 255)
    symbols.append(s)
    return i(1) + text(s)


def texts(items):
    return i(16) + i(len(items)) + b''.join(text(s) for s in items)


def integers(items, kind=13, attributes=()):
    flags = kind | (0x300 if attributes else 0)
    return i(flags) + i(len(items)) + b''.join(i(-2**31 if x is None else x) for x in items) + pairs(attributes)


def reals(items, attributes=()):
    return i(14 | (0x300 if attributes else 0)) + i(len(items)) + b''.join(struct.pack('>d', x) for x in items) + pairs(attributes)


def pairs(attributes):
    if not attributes:
        return b''
    return b''.join(i(0x402) + symbol(name) + value() for name, value in attributes) + i(254)


def data_frame():
    body = i(19 | 0x300) + i(8)
    body += texts(['é', 'b', None])
    body += reals([1.5, 2, float('nan')])
    body += integers([1, None, 3])
    body += integers([1, 0, None], 10)
    body += integers([2, 1, None], 13, [('levels', lambda: texts(['z', 'y', 'unused'])), ('class', lambda: texts(['factor']))])
    body += reals([19753, 19782, float('nan')], [('class', lambda: texts(['Date']))])
    body += i(238) + i(2) + symbol('compact_intseq') + i(2) + symbol('base') + i(2) + integers([13]) + i(254)
    body += reals([3, 1, 1]) + i(254)
    body += i(19) + i(3) + integers([1]) + integers([2]) + i(254)
    return body + pairs([('names', lambda: texts(['s', 'x', 'n', 'ok', 'f', 'd', 'seq', 'list'])),
                         ('class', lambda: texts(['data.frame'])), ('row.names', lambda: integers([None, -3]))])


HEAD = b'X\n' + i(3) + i(0x40300) + i(0x30500) + i(5) + b'UTF-8'
raw = HEAD + data_frame()
open('frame.rds', 'wb').write(gzip.compress(raw, mtime=0))
open('frame-plain.rds', 'wb').write(raw)
open('frame-xz.rds', 'wb').write(lzma.compress(raw))
open('frame-bz2.rds', 'wb').write(bz2.compress(raw))
open('cut.rds', 'wb').write(raw[:len(raw) // 2])
symbols.clear()
open('vector.rds', 'wb').write(HEAD + integers([1, 2, 3]))
symbols.clear()
one = i(0x402) + symbol('first') + data_frame() + i(0x402) + symbol('v') + integers([1, 2])
open('one.RData', 'wb').write(gzip.compress(b'RDX3\n' + HEAD + one + i(254), mtime=0))
open('two.RData', 'wb').write(gzip.compress(b'RDX3\n' + HEAD + one + i(0x402) + symbol('second') + data_frame() + i(254), mtime=0))

# --- packed texts
open('table.csv.xz', 'wb').write(lzma.compress(b'a,b\n1,x\n2,y\n'))
