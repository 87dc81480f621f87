# One line a file.
src_libmixsh_la_SOURCES += \
  %D%/session.h \
  %D%/settings.h
