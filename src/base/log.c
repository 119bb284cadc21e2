/* SPDX-License-Identifier: MIT */
/*
 * Each event is put together in one fixed buffer and written by one call, so
 * that lines of threads and of processes sharing a file never mix.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/stamp.h"
#include "base/text.h"

#define MESSAGE_MAX 1024
#define UTF8_MAX    4 /* bytes of a character */
/* Every byte of the message may become "\u00XX"; the rest is short. */
#define LINE_SIZE (6 * MESSAGE_MAX + 512)

static const struct {
	const char *name;
	int syslog;
} levels[] = {
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
};
_Static_assert(sizeof(levels) / sizeof(levels[0]) == LOG_LEVEL__COUNT,
    "every level has a name");

static struct {
	char program[64];
	enum log_level level;
	bool is_json;
	bool is_syslog;
	int fd;
} sink = {
	.program = "cancelpay", .level = LOG_LEVEL_INFO, .fd = STDERR_FILENO
};

struct line {
	char bytes[LINE_SIZE];
	size_t len;
};

bool
log_level_find(const char *name, enum log_level *ret_level)
{
	int i;

	for (i = 0; i < LOG_LEVEL__COUNT; i++) {
		if (strcmp(levels[i].name, name) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

enum fault
log_open(const char *program, enum log_level level, bool is_json,
    const char *target, struct fault_note *note)
{
	int fd = STDERR_FILENO;

	log_close();
	(void)snprintf(sink.program, sizeof(sink.program), "%s", program);
	sink.level = level;
	sink.is_json = is_json;
	if (strcmp(target, "syslog") == 0) {
		openlog(sink.program, LOG_PID, LOG_DAEMON);
		sink.is_syslog = true;
		return FAULT_NONE;
	}
	if (strcmp(target, "stderr") != 0) {
		fd = open(target,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		if (fd < 0)
			return fault_set(note, FAULT_CONFIG,
			    "log target %s: %s", target, strerror(errno));
	}
	sink.fd = fd;
	return FAULT_NONE;
}

void
log_close(void)
{
	if (sink.is_syslog)
		closelog();
	if (sink.fd != STDERR_FILENO)
		(void)close(sink.fd);
	sink.is_syslog = false;
	sink.fd = STDERR_FILENO;
}

static void __attribute__((format(printf, 2, 3)))
add(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->bytes) - line->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->bytes + line->len, room, format, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

/*
 * A character of two or three bytes that is to be escaped, C1 controls among
 * them; 0 for any other.
 */
static unsigned
steering(const unsigned char *p)
{
	unsigned c = 0;

	if (p[0] >= 0xc2 && p[0] < 0xe0)
		c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		c = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return (c >= 0x80 && c < 0xa0) || text_steers(c) ? c : 0;
}

/*
 * Text with everything escaped that could end a line, turn it, move a
 * terminal's cursor or leave a JSON string.
 */
static void
add_text(struct line *line, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f) {
			add(line, "\\u%04x", *p);
		} else if (steering(p) != 0) {
			add(line, "\\u%04x", steering(p));
			p += *p < 0xe0 ? 1 : 2;
		} else if (*p == '\\' || (sink.is_json && *p == '"')) {
			add(line, "\\%c", *p);
		} else {
			add(line, "%c", *p);
		}
	}
}

static void
add_time(struct line *line)
{
	char text[STAMP_SIZE];
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	stamp_local(
	    (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, true, text);
	add(line, "%s", text);
}

static void
add_json(struct line *line, enum log_level level, const char *event,
    const char *message)
{
	add(line, "{\"time\":\"");
	add_time(line);
	add(line, "\",\"program\":\"%s\",\"pid\":%ld,\"level\":\"%s\",",
	    sink.program, (long)getpid(), levels[level].name);
	add(line, "\"event\":\"%s\",\"message\":\"", event);
	add_text(line, message);
	add(line, "\"}");
}

/* syslog writes time, program and process itself. */
static void
add_plain(struct line *line, enum log_level level, const char *event,
    const char *message)
{
	if (!sink.is_syslog) {
		add_time(line);
		add(line, " %s[%ld] ", sink.program, (long)getpid());
	}
	add(line, "%s %s: ", levels[level].name, event);
	add_text(line, message);
}

/* JSON has to be UTF-8: cut between characters, or plain ASCII. */
static void
mend(char *message)
{
	size_t len = text_utf8_cut(message, strlen(message), MESSAGE_MAX);

	message[len] = '\0';
	if (text_utf8_is_valid(message, len))
		return;
	for (; *message != '\0'; message++) {
		if ((unsigned char)*message >= 0x80)
			*message = '?';
	}
}

void
log_event(enum log_level level, const char *event, const char *format, ...)
{
	char message[MESSAGE_MAX + UTF8_MAX];
	struct line line = { .len = 0 };
	va_list args;

	if (level < sink.level)
		return;
	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	mend(message);
	if (sink.is_json)
		add_json(&line, level, event, message);
	else
		add_plain(&line, level, event, message);
	if (sink.is_syslog) {
		syslog(levels[level].syslog, "%s", line.bytes);
		return;
	}
	line.bytes[line.len++] = '\n';
	/* A log that can't be written must not stop a refund. */
	if (write(sink.fd, line.bytes, line.len) < 0)
		return;
}
