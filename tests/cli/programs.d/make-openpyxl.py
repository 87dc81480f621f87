import datetime as dt, openpyxl, xlsxwriter
book = openpyxl.Workbook()
sheet = book.active
sheet.title = 'Data & co'
sheet['A1'] = 'Trial of 2024'
sheet.merge_cells('A1:F1')
sheet['A2'] = '(exported)'
sheet.append([])
sheet.append(['id', 'date', 'time', 'moment', 'duration', 'value', 'text', 'flag', 'error'])
sheet.append([1, dt.date(2024, 1, 31), dt.time(10, 30), dt.datetime(2024, 1, 31, 10, 30, 5), dt.timedelta(hours=30), 1.5, 'a', True, '#N/A'])
sheet.append([2, dt.date(1899, 12, 31), dt.time(0, 0), dt.datetime(2024, 2, 1), dt.timedelta(minutes=5), None, ' b ', False, '#DIV/0!'])
sheet.append([None, None, None, None, None, 1e-300, 'c\nd', None, 3])
sheet.append([4, dt.date(1900, 3, 1), None, None, None, -7, 'x', None, 4])
sheet['F6'] = '=F5*2'
book.create_sheet('Notes').append(['x'])
hidden = book.create_sheet('hidden')
hidden.sheet_state = 'hidden'
hidden.append(['y'])
book.save('openpyxl.xlsx')

book = xlsxwriter.Workbook('xlsxwriter.xlsx')
sheet = book.add_worksheet()
form = lambda text: book.add_format({'num_format': text})
bold, red = book.add_format({'bold': 1}), book.add_format({'color': 'red'})
days, words, share, hours, months, euros = map(form, ['dd/mm/yy', '[$-409]mmmm d, yyyy;@', '0.0%', '[h]:mm', 'mmm-yy', '"€" #,##0.00'])
for j, name in enumerate(['id', 'rich', 'day', 'words', 'share', 'euros', 'hours', 'month', 'formula']):
    sheet.write(0, j, name)
for i in range(1, 4):
    sheet.write(i, 0, i)
    sheet.write_rich_string(i, 1, bold, 'bo', red, 'ld %d' % i, ' x')
    sheet.write(i, 2, 45291.9999999999 + i, days)  # midnight, less the rounding of a sum
    sheet.write_datetime(i, 3, dt.datetime(2024, 2, i), words)
    sheet.write(i, 4, 0.1 * i, share)
    sheet.write(i, 5, 1234.5 * i, euros)
    sheet.write(i, 6, 0.5 + i, hours)
    sheet.write_datetime(i, 7, dt.datetime(2024, i, 1), months)
    sheet.write_formula(i, 8, '=A%d*2' % (i + 1), None, 2 * i)
book.close()
