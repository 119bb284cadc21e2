/* SPDX-License-Identifier: MIT */
/*
 * Findings as they come.
 */
#include "cli/checkup.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/table.h"

#define FINDING_SIZE 1024

void
checkup_init(
    struct checkup *checkup, const struct checkup_words *words, bool is_json)
{
	*checkup = (struct checkup){ .words = words, .is_json = is_json };
	render_init(&checkup->array);
	web_json_open(&checkup->array.json, NULL, '[');
}

void
checkup_deinit(struct checkup *checkup)
{
	render_deinit(&checkup->array);
}

static void
append(struct checkup *checkup, enum checkup_grade grade, const char *name,
    const char *text)
{
	struct web_json *json = &checkup->array.json;

	web_json_open(json, NULL, '{');
	web_json_text(json, "check", name);
	web_json_text(json, "state", checkup->words->json[grade]);
	web_json_text(json, "text", text);
	web_json_close(json, '}');
}

static void
print(const struct checkup *checkup, enum checkup_grade grade, const char *name,
    const char *text)
{
	(void)printf("%-*s  %s: ", checkup->words->width,
	    checkup->words->text[grade], name);
	table_text(stdout, text);
	(void)putchar('\n');
	(void)fflush(stdout);
}

void
checkup_say(struct checkup *checkup, enum checkup_grade grade, const char *name,
    const char *format, ...)
{
	char text[FINDING_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (grade > checkup->worst)
		checkup->worst = grade;
	if (checkup->is_json)
		append(checkup, grade, name, text);
	else
		print(checkup, grade, name, text);
}

enum fault
checkup_end(struct checkup *checkup, struct fault_note *note)
{
	if (!checkup->is_json)
		return FAULT_NONE;
	web_json_close(&checkup->array.json, ']');
	return render_print(&checkup->array, note);
}

enum checkup_grade
checkup_worst(const struct checkup *checkup)
{
	return checkup->worst;
}
