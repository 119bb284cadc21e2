/* SPDX-License-Identifier: MIT */
/*
 * A record's header, its content, its padding, and round again.  Of each kind
 * of record one function says what it is good for.
 */
#include "serve/intake.h"

#include <stdlib.h>
#include <string.h>

#include <fastcgi.h>

#include "serve/record.h"

/* Queries of the peer and BEGIN_REQUEST are read as one. */
#define CONTENT_MAX 1024
/* A peer that asks more than it listens is cut off. */
#define ANSWERS_MAX 1024

/* One name and its value in a stream of them. */
struct pair {
	const char *name, *value;
	size_t name_len, value_len;
};

void
intake_init(struct intake *intake)
{
	*intake = (struct intake){ .id = FCGI_NULL_REQUEST_ID };
	buf_init(&intake->body, INTAKE_BODY_MAX);
	buf_init(&intake->answers, ANSWERS_MAX);
	buf_init(&intake->content, CONTENT_MAX);
	buf_init(&intake->params, INTAKE_PARAMS_MAX);
}

void
intake_deinit(struct intake *intake)
{
	buf_deinit(&intake->body);
	buf_deinit(&intake->answers);
	buf_deinit(&intake->content);
	buf_deinit(&intake->params);
	if (intake->variables != NULL)
		explicit_bzero(intake->variables, intake->n_text);
	free(intake->variables);
	intake->variables = NULL;
	intake->n_text = 0;
}

size_t
intake_held(const struct intake *intake)
{
	return intake->body.size + intake->answers.size + intake->content.size +
	    intake->params.size + intake->n_text;
}

/* ---- names and values ---------------------------------------------------- */

/* A length of one byte, or of four if its highest bit is set. */
static bool
take_length(const char **at, const char *end, size_t *ret_len)
{
	const unsigned char *p = (const unsigned char *)*at;

	if (p == (const unsigned char *)end)
		return false;
	if (p[0] < 0x80) {
		*ret_len = p[0];
		*at += 1;
		return true;
	}
	if (end - *at < 4)
		return false;
	*ret_len = (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 |
	    (size_t)p[2] << 8 | p[3];
	*at += 4;
	return true;
}

/* The pair at *at, moving on behind it; false if that is none. */
static bool
take_pair(const char **at, const char *end, struct pair *ret_pair)
{
	if (!take_length(at, end, &ret_pair->name_len) ||
	    !take_length(at, end, &ret_pair->value_len) ||
	    ret_pair->name_len > (size_t)(end - *at) ||
	    ret_pair->value_len > (size_t)(end - *at) - ret_pair->name_len)
		return false;
	ret_pair->name = *at;
	ret_pair->value = *at + ret_pair->name_len;
	*at += ret_pair->name_len + ret_pair->value_len;
	return true;
}

/* As a variable it is read up to a NUL, and its name up to a '='. */
static bool
is_variable(const struct pair *pair)
{
	return pair->name_len > 0 &&
	    memchr(pair->name, '=', pair->name_len) == NULL &&
	    memchr(pair->name, '\0', pair->name_len + pair->value_len) == NULL;
}

static bool
count_variables(const char *at, const char *end, size_t *ret_n)
{
	struct pair pair;
	size_t n;

	for (n = 0; at < end; n++) {
		if (n == INTAKE_NAMES_MAX || !take_pair(&at, end, &pair) ||
		    !is_variable(&pair))
			return false;
	}
	*ret_n = n;
	return true;
}

/* The stream of parameters has ended: an array, and behind it its texts. */
static bool
read_variables(struct intake *intake)
{
	const char *at = buf_bytes(&intake->params);
	const char *end = at + buf_len(&intake->params);
	struct pair pair;
	size_t n, i;
	char *text;

	if (!count_variables(at, end, &n))
		return false;
	/* '=' and NUL take the place of two lengths of a byte or more. */
	intake->n_text = (n + 1) * sizeof(char *) + buf_len(&intake->params);
	intake->variables = malloc(intake->n_text);
	if (intake->variables == NULL)
		return false;
	text = (char *)(intake->variables + n + 1);
	for (i = 0; i < n && take_pair(&at, end, &pair); i++) {
		intake->variables[i] = text;
		memcpy(text, pair.name, pair.name_len);
		text += pair.name_len;
		*text++ = '=';
		memcpy(text, pair.value, pair.value_len);
		text += pair.value_len;
		*text++ = '\0';
	}
	intake->variables[i] = NULL;
	buf_deinit(&intake->params);
	return true;
}

/* ---- records ------------------------------------------------------------- */

static unsigned char
type_of(const struct intake *intake)
{
	return intake->header[1];
}

static uint16_t
id_of(const struct intake *intake)
{
	return (uint16_t)(intake->header[2] << 8 | intake->header[3]);
}

static enum intake_verdict
unless_fault(enum fault f)
{
	return f == FAULT_NONE ? INTAKE_MORE : INTAKE_BAD;
}

/* Section 4.1: of what is asked we know only that requests don't mix. */
static enum intake_verdict
answer_values(struct intake *intake)
{
	static const char known[] = FCGI_MPXS_CONNS;
	const char *at = buf_bytes(&intake->content);
	const char *end = at + buf_len(&intake->content);
	char reply[sizeof(known) + 2];
	struct pair pair;
	size_t len = 0;

	while (at < end) {
		if (!take_pair(&at, end, &pair))
			return INTAKE_BAD;
		if (pair.name_len == strlen(known) &&
		    memcmp(pair.name, known, pair.name_len) == 0) {
			reply[0] = (char)strlen(known);
			reply[1] = 1;
			memcpy(reply + 2, known, strlen(known));
			reply[2 + strlen(known)] = '0';
			len = sizeof(reply);
		}
	}
	return unless_fault(record_add(&intake->answers, FCGI_GET_VALUES_RESULT,
	    FCGI_NULL_REQUEST_ID, reply, len));
}

/* Of the connection, not of a request.  Section 4. */
static enum intake_verdict
end_management(struct intake *intake)
{
	const unsigned char unknown[8] = { type_of(intake) };

	if (type_of(intake) == FCGI_GET_VALUES)
		return answer_values(intake);
	return unless_fault(record_add(&intake->answers, FCGI_UNKNOWN_TYPE,
	    FCGI_NULL_REQUEST_ID, unknown, sizeof(unknown)));
}

/* Sections 5.1 and 5.5. */
static enum intake_verdict
end_begin(struct intake *intake)
{
	const unsigned char *body =
	    (const unsigned char *)buf_bytes(&intake->content);

	if (buf_len(&intake->content) != sizeof(FCGI_BeginRequestBody))
		return INTAKE_BAD;
	if (intake->has_id) {
		if (id_of(intake) == intake->id)
			return INTAKE_BAD;
		return unless_fault(record_add_end(
		    &intake->answers, id_of(intake), FCGI_CANT_MPX_CONN));
	}
	if (body[0] != 0 || body[1] != FCGI_RESPONDER)
		return INTAKE_BAD;
	intake->has_id = true;
	intake->id = id_of(intake);
	intake->is_kept = (body[2] & FCGI_KEEP_CONN) != 0;
	return INTAKE_MORE;
}

/* The record is whole, its padding too. */
static enum intake_verdict
end_record(struct intake *intake)
{
	bool is_end = intake->header[4] == 0 && intake->header[5] == 0;

	if (id_of(intake) == FCGI_NULL_REQUEST_ID)
		return end_management(intake);
	if (type_of(intake) == FCGI_BEGIN_REQUEST)
		return end_begin(intake);
	/* A request we have refused, or an abort that comes too late. */
	if (id_of(intake) != intake->id)
		return INTAKE_MORE;
	if (type_of(intake) == FCGI_PARAMS && is_end) {
		intake->has_params = true;
		return read_variables(intake) ? INTAKE_MORE : INTAKE_BAD;
	}
	return type_of(intake) == FCGI_STDIN && is_end ? INTAKE_WHOLE
						       : INTAKE_MORE;
}

/* May a record of that kind come now? */
static bool
is_due(const struct intake *intake)
{
	if (intake->header[0] != FCGI_VERSION_1)
		return false;
	if (id_of(intake) == FCGI_NULL_REQUEST_ID ||
	    type_of(intake) == FCGI_BEGIN_REQUEST)
		return true;
	if (!intake->has_id)
		return type_of(intake) == FCGI_ABORT_REQUEST;
	if (id_of(intake) != intake->id)
		return true;
	if (type_of(intake) == FCGI_PARAMS)
		return !intake->has_params;
	return type_of(intake) == FCGI_STDIN && intake->has_params;
}

static enum intake_verdict
take_header(struct intake *intake, unsigned char byte)
{
	intake->header[intake->n_header++] = byte;
	if (intake->n_header < sizeof(intake->header))
		return INTAKE_MORE;
	if (!is_due(intake))
		return INTAKE_BAD;
	intake->n_content = (size_t)intake->header[4] << 8 | intake->header[5];
	intake->n_padding = intake->header[6];
	buf_clear(&intake->content);
	return INTAKE_MORE;
}

static enum intake_verdict
take_body(struct intake *intake, const char *bytes, size_t len)
{
	size_t room = INTAKE_BODY_MAX - buf_len(&intake->body);

	if (buf_add(&intake->body, bytes, len < room ? len : room, NULL) !=
	    FAULT_NONE)
		return INTAKE_BAD;
	intake->n_body += len;
	intake->is_cut = intake->n_body > INTAKE_DRAIN_MAX;
	return intake->is_cut ? INTAKE_WHOLE : INTAKE_MORE;
}

static enum intake_verdict
take_content(struct intake *intake, const char *bytes, size_t len)
{
	bool is_ours = id_of(intake) == intake->id;

	intake->n_content -= len;
	if (id_of(intake) == FCGI_NULL_REQUEST_ID ||
	    type_of(intake) == FCGI_BEGIN_REQUEST)
		return unless_fault(
		    buf_add(&intake->content, bytes, len, NULL));
	if (is_ours && type_of(intake) == FCGI_PARAMS)
		return unless_fault(buf_add(&intake->params, bytes, len, NULL));
	if (is_ours && type_of(intake) == FCGI_STDIN)
		return take_body(intake, bytes, len);
	return INTAKE_MORE;
}

/* Some of the bytes: those of one header's byte, one content or padding. */
static enum intake_verdict
take_some(
    struct intake *intake, const char *bytes, size_t len, size_t *ret_used)
{
	size_t left = intake->n_content + intake->n_padding;
	enum intake_verdict verdict = INTAKE_MORE;

	if (intake->n_header < sizeof(intake->header)) {
		*ret_used = 1;
		verdict = take_header(intake, (unsigned char)*bytes);
	} else if (intake->n_content > 0) {
		*ret_used = len < intake->n_content ? len : intake->n_content;
		verdict = take_content(intake, bytes, *ret_used);
	} else {
		*ret_used = len < left ? len : left;
		intake->n_padding -= *ret_used;
	}
	if (verdict != INTAKE_MORE ||
	    intake->n_header < sizeof(intake->header) ||
	    intake->n_content + intake->n_padding > 0)
		return verdict;
	intake->n_header = 0;
	return end_record(intake);
}

enum intake_verdict
intake_feed(
    struct intake *intake, const void *bytes, size_t len, size_t *ret_used)
{
	enum intake_verdict verdict = INTAKE_MORE;
	const char *at = bytes;
	size_t used;

	while (verdict == INTAKE_MORE && len > 0) {
		verdict = take_some(intake, at, len, &used);
		at += used;
		len -= used;
		intake->n_bytes += used;
		if (intake->n_bytes > INTAKE_BYTES_MAX)
			verdict = INTAKE_BAD;
	}
	*ret_used = (size_t)(at - (const char *)bytes);
	return verdict;
}
