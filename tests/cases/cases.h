/* SPDX-License-Identifier: MIT */
/*
 * Cases: lines of words from tests/cases, for table-driven tests.
 */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#define CASE_WORDS_MAX 40

struct cases_line {
	const char *file;
	int line;
	int n;
	char *word[CASE_WORDS_MAX]; /* '|' is not a word */
};

/*
 * cases_run: calls check for each line of tests/cases/NAME that is neither
 * empty nor a comment; fails the test when a line has not n_words words, or
 * when there is no line.  Returns how many lines there were.
 */
int cases_run(const char *name, int n_words,
    void (*check)(const struct cases_line *line));

/* cases_fail: fails the running test, naming the line and what was wrong. */
void cases_fail(const struct cases_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* cases_int: a word as a number; fails the test when it is none. */
long long cases_int(const struct cases_line *line, int word);

#endif
