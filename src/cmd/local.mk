# One line a file.
src_libmixsh_la_SOURCES += \
  %D%/command.h
