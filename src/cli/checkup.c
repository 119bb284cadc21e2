/* SPDX-License-Identifier: MIT */
/*
 * Findings as they come.
 */
#include "cli/checkup.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/render.h"
#include "cli/table.h"

#define FINDING_SIZE 1024

enum fault
checkup_init(struct checkup *checkup, const struct checkup_words *words,
    bool is_json, struct fault_note *note)
{
	*checkup = (struct checkup){ .words = words };
	if (!is_json)
		return FAULT_NONE;
	checkup->json = json_object_new_array();
	if (checkup->json == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for findings");
	return FAULT_NONE;
}

void
checkup_deinit(struct checkup *checkup)
{
	(void)json_object_put(checkup->json);
	checkup->json = NULL;
}

static bool
put(struct json_object *object, const char *name, const char *text)
{
	return render_put(object, name, json_object_new_string(text));
}

static bool
append(struct checkup *checkup, enum checkup_grade grade, const char *name,
    const char *text)
{
	struct json_object *finding = json_object_new_object();

	if (finding == NULL)
		return false;
	if (!put(finding, "check", name) ||
	    !put(finding, "state", checkup->words->json[grade]) ||
	    !put(finding, "text", text)) {
		(void)json_object_put(finding);
		return false;
	}
	return render_append(checkup->json, finding);
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
	if (checkup->json == NULL)
		print(checkup, grade, name, text);
	else if (!append(checkup, grade, name, text))
		checkup->has_lost = true;
}

enum fault
checkup_end(struct checkup *checkup, struct fault_note *note)
{
	struct json_object *json = checkup->json;

	if (checkup->has_lost)
		return fault_set(note, FAULT_NOMEM, "no memory for findings");
	if (json == NULL)
		return FAULT_NONE;
	checkup->json = NULL;
	return render_print(json, note);
}

enum checkup_grade
checkup_worst(const struct checkup *checkup)
{
	return checkup->worst;
}
