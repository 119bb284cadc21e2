/* SPDX-License-Identifier: MIT */
/*
 * Web_fields: the fields a request may have, and what each of them takes.
 */
#ifndef WEB_WEB_FIELDS_H
#define WEB_WEB_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/request.h"
#include "web/web_object.h"
#include "web/web_reply.h"
#include "web/web_text.h"

/* Why a request is refused: for web_reply_refuse. */
struct web_fields_wrong {
	enum web_refusal refusal;
	char field[WEB_OBJECT_NAME_SIZE]; /* "" = none */
	const struct web_text *want;      /* const text; NULL = none */
};

/*
 * web_fields_read: the JSON body of a refund into the fields of *ret that
 * travel in a body; the others are left alone.  bytes as web_object_read.
 */
bool web_fields_read(const char *bytes, size_t len, struct refund_request *ret,
    struct web_fields_wrong *ret_wrong);

/*
 * web_fields_account: one of the refund account's fields, which did not come
 * in a body.
 */
bool web_fields_account(enum refund_field bit, const char *text,
    struct refund_request *ret, struct web_fields_wrong *ret_wrong);

/* web_fields_notice: i'mport's notice: imp_uid of a JSON or a form body. */
bool web_fields_notice(const char *bytes, size_t len, bool is_json,
    char ret_imp_uid[static IMP_UID_SIZE], struct web_fields_wrong *ret_wrong);

/*
 * web_fields_key: the value of an Idempotency-Key header: the draft's quoted
 * string, or the same without quotes.
 */
bool web_fields_key(const char *value,
    char ret_key[static IDEMPOTENCY_KEY_SIZE],
    struct web_fields_wrong *ret_wrong);

/* web_fields_order: an order id that came in an address. */
bool web_fields_order(
    const char *merchant_uid, struct web_fields_wrong *ret_wrong);

/*
 * web_fields_name: the field a verdict points at, and what it takes whatever
 * the payment is.  Valid for ever.
 */
const char *web_fields_name(
    enum refund_field bit, const struct web_text **ret_want);

/*
 * web_fields_has_control: text, valid UTF-8, holds a control character (C0,
 * DEL or C1) that is not one of except.
 */
bool web_fields_has_control(const char *text, const char *except);

#endif
