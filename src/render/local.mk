# One line a file.
src_libmixsh_la_SOURCES += \
  %D%/cells.c %D%/cells.h \
  %D%/csv.c \
  %D%/draw.c %D%/draw.h \
  %D%/fold.c %D%/fold.h \
  %D%/formats.h \
  %D%/json.c \
  %D%/latex.c \
  %D%/markdown.c \
  %D%/render.c %D%/render.h \
  %D%/text-table.c %D%/text-table.h \
  %D%/text.c
