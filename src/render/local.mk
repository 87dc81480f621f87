# One line a file.
src_libmixsh_a_SOURCES += \
  %D%/axis.c %D%/axis.h \
  %D%/canvas.c %D%/canvas.h \
  %D%/cells.c %D%/cells.h \
  %D%/csv.c \
  %D%/draw.c %D%/draw.h \
  %D%/fold.c %D%/fold.h \
  %D%/legend.c %D%/legend.h \
  %D%/listing.c %D%/listing.h \
  %D%/formats.h \
  %D%/glyph.c %D%/glyph.h \
  %D%/html.c \
  %D%/json.c \
  %D%/latex.c \
  %D%/markup.c %D%/markup.h \
  %D%/markdown.c \
  %D%/marks.c %D%/marks.h %D%/marks-private.h %D%/mark-clouds.c %D%/mark-lines.c \
  %D%/named.c \
  %D%/plot-panels.c \
  %D%/plot-rows.c \
  %D%/plot-xy.c \
  %D%/prose.c %D%/prose.h \
  %D%/render.c %D%/render.h \
  %D%/shorten.c %D%/shorten.h \
  %D%/sketch.h \
  %D%/svg.c %D%/svg.h %D%/svg-bodies.c %D%/svg-marks.c %D%/svg-private.h \
  %D%/text-table.c %D%/text-table.h \
  %D%/text.c \
  %D%/wrap.c %D%/wrap.h \
  %D%/xml.c %D%/xml.h
