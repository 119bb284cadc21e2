/* SPDX-License-Identifier: MIT */
/*
 * Reads tests/cases; the folder is $srcdir/tests/cases.
 */
#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
cases_fail(const struct cases_line *line, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_msg("%s:%d: %s", line->file, line->line, text);
}

long long
cases_int(const struct cases_line *line, int word)
{
	char *end;
	long long value = strtoll(line->word[word], &end, 10);

	if (end == line->word[word] || *end != '\0')
		cases_fail(line, "\"%s\" is no number", line->word[word]);
	return value;
}

static void
split(struct cases_line *line, char *text)
{
	char *word, *rest = NULL;

	line->n = 0;
	for (word = strtok_r(text, " \t\n", &rest); word != NULL;
	     word = strtok_r(NULL, " \t\n", &rest)) {
		if (strcmp(word, "|") == 0)
			continue;
		assert_true(line->n < CASE_WORDS_MAX);
		line->word[line->n++] = word;
	}
}

int
cases_run(const char *name, int n_words,
    void (*check)(const struct cases_line *line))
{
	const char *srcdir = getenv("srcdir");
	struct cases_line line = { .file = name };
	char path[1024], text[1024];
	FILE *file;
	int n = 0;

	(void)snprintf(path, sizeof(path), "%s/tests/cases/%s",
	    srcdir != NULL ? srcdir : ".", name);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s can't be read", path);
	while (fgets(text, sizeof(text), file) != NULL) {
		line.line++;
		if (text[0] == '#' || text[0] == '\n')
			continue;
		split(&line, text);
		if (line.n != n_words)
			cases_fail(&line, "%d words, not %d", line.n, n_words);
		check(&line);
		n++;
	}
	(void)fclose(file);
	assert_true(n > 0);
	return n;
}
