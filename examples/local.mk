# The lessons and what they print; the programs that use libglmm alone.
EXTRA_DIST += %D%/check %D%/fit-model.expected %D%/predict-model.expected %D%/refit-model.expected \
  %D%/backpain.mix %D%/backpain.out \
  %D%/batting.mix %D%/batting.out \
  %D%/cbpp.mix %D%/cbpp.out \
  %D%/dyestuff.mix %D%/dyestuff.out \
  %D%/epil.mix %D%/epil.out \
  %D%/insteval.mix %D%/insteval.out \
  %D%/kinship.mix %D%/kinship.out \
  %D%/labexport.mix %D%/labexport.out \
  %D%/machines.mix %D%/machines.out \
  %D%/nielweise.mix %D%/nielweise.out \
  %D%/orthodont.mix %D%/orthodont.out \
  %D%/owls.mix %D%/owls.out \
  %D%/pastes.mix %D%/pastes.out \
  %D%/penicillin.mix %D%/penicillin.out \
  %D%/pressure.mix %D%/pressure.out \
  %D%/quizwide.mix %D%/quizwide.out \
  %D%/seizures.mix %D%/seizures.out \
  %D%/selenium.mix %D%/selenium.out \
  %D%/senescence.mix %D%/senescence.out \
  %D%/sleepstudy.mix %D%/sleepstudy.out \
  %D%/trialwide.mix %D%/trialwide.out \
  %D%/wine.mix %D%/wine.out %D%/make-lesson-data.py

# Installed: the lessons, which run where they are (`mixsh /usr/local/share/mixsh/examples/batting.mix`).
examplesdir = $(pkgdatadir)/examples
examples_DATA = \
  %D%/backpain.mix %D%/batting.mix %D%/cbpp.mix %D%/dyestuff.mix %D%/epil.mix %D%/insteval.mix %D%/kinship.mix \
  %D%/labexport.mix %D%/machines.mix %D%/nielweise.mix %D%/orthodont.mix %D%/owls.mix \
  %D%/pastes.mix %D%/penicillin.mix %D%/pressure.mix %D%/quizwide.mix %D%/seizures.mix %D%/selenium.mix %D%/senescence.mix %D%/sleepstudy.mix %D%/trialwide.mix %D%/wine.mix

TESTS += %D%/check
check_PROGRAMS += %D%/fit-model %D%/predict-model %D%/refit-model
%C%_predict_model_SOURCES = %D%/predict-model.c
%C%_predict_model_LDADD = lib/libglmm.la
%C%_refit_model_SOURCES = %D%/refit-model.c
%C%_refit_model_LDADD = lib/libglmm.la
%C%_fit_model_SOURCES = %D%/fit-model.c
%C%_fit_model_LDADD = lib/libglmm.la

examples-renew: src/mixsh
	MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(srcdir)' $(SHELL) $(srcdir)/%D%/check --renew

.PHONY: examples-renew
