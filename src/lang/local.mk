# One line a file.
src_libmixsh_a_SOURCES += \
  %D%/at.c %D%/at.h \
  %D%/command.h \
  %D%/option.c %D%/option.h %D%/options-parse.c \
  %D%/reader.c %D%/reader.h \
  %D%/split.c %D%/split.h \
  %D%/values.c %D%/values.h \
  %D%/words.c %D%/words.h
