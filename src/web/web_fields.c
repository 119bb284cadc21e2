/* SPDX-License-Identifier: MIT */
/*
 * One table: name, reader, limits, and what to tell who kept to none of them.
 * Lengths are the payment service's (doc/provider-v1.md "Field lengths").
 */
#include "web/web_fields.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json_clean.h"
#include "base/text.h"
#include "web/web_form.h"

#define DIGITS "0123456789"
#define LETTERS                                                                \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                           \
	"abcdefghijklmnopqrstuvwxyz"
#define VISIBLE DIGITS LETTERS "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

/* Digits before the point: as many as MONEY_MAX has. */
#define WHOLE_DIGITS_MAX 15
/* Digits behind it: no currency of ours has more (core/money.h). */
#define DECIMALS_MAX 3

struct field;

typedef bool field_reader(const struct field *field, struct json_object *value,
    struct refund_request *request);

struct field {
	const char *name;
	unsigned bit; /* REFUND_FIELD_*; 0 = no verdict points at it */
	field_reader *read;
	size_t offset; /* of the member it goes to */
	size_t least;  /* characters; for amounts the least amount */
	size_t most;
	const char *allowed; /* characters; NULL = all but controls */
	struct web_text want;
};

static field_reader read_text;
static field_reader read_reason;
static field_reader read_amount;
static field_reader read_requester;
static field_reader read_promotion;

#define AT(member) offsetof(struct refund_request, member)

/* clang-format off */
static const struct field fields[] = {
	{ "merchant_uid", 0, read_text, AT(merchant_uid), 1, 40, NULL,
		{ "must be a string of 1 to 40 characters",
		  "값은 1~40자의 문자열이어야 합니다" } },
	{ "imp_uid", 0, read_text, AT(imp_uid), 1, 32, VISIBLE,
		{ "must be a string of 1 to 32 ASCII characters",
		  "값은 1~32자의 ASCII 문자열이어야 합니다" } },
	{ "cancel_request_amount", REFUND_FIELD_AMOUNT, read_amount,
		AT(amount), 1, 0, NULL,
		{ "must be an integer above 0, or a decimal string such as "
		  "\"12.50\" for a currency with cents",
		  "값은 0보다 큰 정수이거나, 소수 단위가 있는 통화에서는 "
		  "\"12.50\"과 같은 문자열이어야 합니다" } },
	{ "tax_free", REFUND_FIELD_TAX_FREE, read_amount,
		AT(tax_free), 0, 0, NULL,
		{ "must be an integer of 0 or more, or a decimal string such "
		  "as \"12.50\" for a currency with cents",
		  "값은 0 이상의 정수이거나, 소수 단위가 있는 통화에서는 "
		  "\"12.50\"과 같은 문자열이어야 합니다" } },
	{ "vat_amount", REFUND_FIELD_VAT, read_amount,
		AT(vat), 0, 0, NULL,
		{ "must be an integer of 0 or more, or a decimal string such "
		  "as \"12.50\" for a currency with cents",
		  "값은 0 이상의 정수이거나, 소수 단위가 있는 통화에서는 "
		  "\"12.50\"과 같은 문자열이어야 합니다" } },
	{ "reason", REFUND_FIELD_REASON, read_reason,
		AT(reason), 0, REASON_CHARS, NULL,
		{ "must be a string of at most 500 characters, without control "
		  "characters and without \"[cp:\"",
		  "값은 제어 문자와 \"[cp:\"가 없는 500자 이하의 "
		  "문자열이어야 합니다" } },
	{ "refund_holder", REFUND_FIELD_HOLDER, read_text,
		AT(account.holder), 1, 16, NULL,
		{ "must be a string of 1 to 16 characters",
		  "값은 1~16자의 문자열이어야 합니다" } },
	{ "refund_bank", REFUND_FIELD_BANK, read_text,
		AT(account.bank), 1, 4, DIGITS LETTERS,
		{ "must be a string of 1 to 4 digits or letters",
		  "값은 1~4자의 숫자나 영문자여야 합니다" } },
	{ "refund_account", REFUND_FIELD_ACCOUNT, read_text,
		AT(account.account), 1, 16, DIGITS "-",
		{ "must be a string of 1 to 16 digits or hyphens",
		  "값은 1~16자의 숫자나 붙임표(-)여야 합니다" } },
	{ "refund_tel", REFUND_FIELD_TEL, read_text,
		AT(account.tel), 1, 16, DIGITS "+-",
		{ "must be a string of 1 to 16 digits, hyphens or \"+\"",
		  "값은 1~16자의 숫자, 붙임표(-), \"+\"여야 합니다" } },
	{ "requester", 0, read_requester, AT(is_customer), 0, 0, NULL,
		{ "must be \"customer\" or \"admin\"",
		  "값은 \"customer\" 또는 \"admin\"이어야 합니다" } },
	{ "retain_promotion", 0, read_promotion, AT(retain_promotion),
		0, 0, NULL,
		{ "must be true or false",
		  "값은 true 또는 false여야 합니다" } },
};
/* clang-format on */

#define FIELDS_N (sizeof(fields) / sizeof(fields[0]))
_Static_assert(FIELDS_N <= 32, "a field is a bit of an unsigned");

static const struct web_text want_known = {
	"is not a field of a refund request",
	"항목은 환불 요청에 쓸 수 없습니다",
};
static const struct web_text want_once = {
	"must not be given twice",
	"항목은 한 번만 보내야 합니다",
};
static const struct web_text want_order = {
	"or imp_uid is required",
	"또는 imp_uid 중 하나는 있어야 합니다",
};
static const struct web_text want_key = {
	"must be one value of 1 to 255 visible ASCII characters",
	"헤더는 1~255자의 ASCII 문자로 된 값 하나여야 합니다",
};

static bool
refuse(struct web_fields_wrong *ret_wrong, enum web_refusal refusal,
    const char *field, const struct web_text *want)
{
	ret_wrong->refusal = refusal;
	ret_wrong->want = want;
	(void)snprintf(ret_wrong->field, sizeof(ret_wrong->field), "%s", field);
	return false;
}

bool
web_fields_has_control(const char *text, const char *except)
{
	for (; *text != '\0'; text++) {
		if (strchr(except, *text) != NULL)
			continue;
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
		/* U+0080 to U+009F are C2 80 to C2 9F. */
		if (*text == '\xc2' && (unsigned char)text[1] < 0xa0)
			return true;
	}
	return false;
}

/* Whether text, valid UTF-8, is what the field takes. */
static bool
is_text_of(const struct field *field, const char *text)
{
	size_t len = strlen(text), n = text_utf8_length(text, len);

	if (n < field->least || n > field->most)
		return false;
	if (field->allowed != NULL)
		return text[strspn(text, field->allowed)] == '\0';
	return !web_fields_has_control(text, "");
}

/* The member is large enough for most characters of four bytes. */
static bool
read_text(const struct field *field, struct json_object *value,
    struct refund_request *request)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	if (!is_text_of(field, text))
		return false;
	memcpy((char *)request + field->offset, text, strlen(text) + 1);
	return true;
}

static bool
read_reason(const struct field *field, struct json_object *value,
    struct refund_request *request)
{
	const char *text;
	size_t len;

	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	len = strlen(text);
	/* "[cp:" begins the marker by which we know our own refunds. */
	if (text_utf8_length(text, len) > field->most ||
	    web_fields_has_control(text, "\n\t") ||
	    strstr(text, "[cp:") != NULL)
		return false;
	memcpy(request->reason, text, len + 1);
	return true;
}

/* "12.50": an amount in looks; its currency judges the decimals. */
static bool
is_decimal(const char *text)
{
	size_t whole = strspn(text, DIGITS), decimals = 0;

	if (whole == 0 || whole > WHOLE_DIGITS_MAX ||
	    (whole > 1 && text[0] == '0'))
		return false;
	text += whole;
	if (*text == '.') {
		decimals = strspn(text + 1, DIGITS);
		if (decimals == 0 || decimals > DECIMALS_MAX)
			return false;
		text += 1 + decimals;
	}
	return *text == '\0';
}

/*
 * json-c reads an integer beyond its range as the last one in it, which is
 * beyond MONEY_MAX too; a fraction or an exponent makes another type.
 */
static bool
read_amount(const struct field *field, struct json_object *value,
    struct refund_request *request)
{
	struct request_amount amount = { .is_given = true };
	const char *text;
	int64_t number;

	if (json_object_is_type(value, json_type_string)) {
		text = json_object_get_string(value);
		if (!is_decimal(text) ||
		    (field->least > 0 && text[strspn(text, "0.")] == '\0'))
			return false;
		amount.is_string = true;
		memcpy(amount.text, text, strlen(text) + 1);
	} else if (json_object_is_type(value, json_type_int)) {
		number = json_object_get_int64(value);
		if (number < (int64_t)field->least || number > MONEY_MAX)
			return false;
		(void)snprintf(amount.text, sizeof(amount.text), "%lld",
		    (long long)number);
	} else {
		return false;
	}
	memcpy((char *)request + field->offset, &amount, sizeof(amount));
	return true;
}

static bool
read_requester(const struct field *field, struct json_object *value,
    struct refund_request *request)
{
	(void)field;
	if (!json_object_is_type(value, json_type_string))
		return false;
	request->has_requester = true;
	request->is_customer =
	    strcmp(json_object_get_string(value), "customer") == 0;
	return request->is_customer ||
	    strcmp(json_object_get_string(value), "admin") == 0;
}

static bool
read_promotion(const struct field *field, struct json_object *value,
    struct refund_request *request)
{
	(void)field;
	if (!json_object_is_type(value, json_type_boolean))
		return false;
	request->has_retain_promotion = true;
	request->retain_promotion = json_object_get_boolean(value) != 0;
	return true;
}

static size_t
field_find(const char *name)
{
	size_t i;

	for (i = 0; i < FIELDS_N && strcmp(fields[i].name, name) != 0; i++)
		continue;
	return i;
}

/*
 * Every name is known and comes once, however it is spelt; and what has a name
 * has a value in the object: were an amount dropped for want of memory, the
 * wish would be one for everything.
 */
static bool
check_names(const char *bytes, size_t len, struct json_object *root,
    struct web_fields_wrong *ret_wrong)
{
	struct web_object_names names = { .bytes = bytes, .len = len };
	char name[WEB_OBJECT_NAME_SIZE];
	unsigned seen = 0;
	size_t i;

	while (web_object_next(&names, name)) {
		if (names.is_short)
			return refuse(ret_wrong, WEB_FAULT, "", NULL);
		i = field_find(name);
		if (i == FIELDS_N)
			return refuse(
			    ret_wrong, WEB_INVALID_FIELD, name, &want_known);
		if ((seen & 1U << i) != 0)
			return refuse(
			    ret_wrong, WEB_INVALID_FIELD, name, &want_once);
		if (!json_object_object_get_ex(root, name, NULL))
			return refuse(ret_wrong, WEB_FAULT, "", NULL);
		seen |= 1U << i;
	}
	return true;
}

static bool
read_fields(struct json_object *root, struct refund_request *ret,
    struct web_fields_wrong *ret_wrong)
{
	struct json_object *value;
	size_t i;

	for (i = 0; i < FIELDS_N; i++) {
		if (!json_object_object_get_ex(root, fields[i].name, &value))
			continue;
		if (!fields[i].read(&fields[i], value, ret))
			return refuse(ret_wrong, WEB_INVALID_FIELD,
			    fields[i].name, &fields[i].want);
	}
	if (ret->merchant_uid[0] == '\0' && ret->imp_uid[0] == '\0')
		return refuse(
		    ret_wrong, WEB_INVALID_FIELD, fields[0].name, &want_order);
	return true;
}

/* The body as an object, or why not. */
static bool
read_root(const char *bytes, size_t len, struct json_object **ret_root,
    struct web_fields_wrong *ret_wrong)
{
	enum fault f = web_object_read(bytes, len, ret_root, NULL);

	if (f == FAULT_NONE)
		return true;
	return refuse(ret_wrong,
	    f == FAULT_INPUT ? WEB_MALFORMED_REQUEST : WEB_FAULT, "", NULL);
}

bool
web_fields_read(const char *bytes, size_t len, struct refund_request *ret,
    struct web_fields_wrong *ret_wrong)
{
	struct json_object *root;
	bool is_good;

	if (!read_root(bytes, len, &root, ret_wrong))
		return false;
	is_good = check_names(bytes, len, root, ret_wrong) &&
	    read_fields(root, ret, ret_wrong);
	json_clean_put(root);
	return is_good;
}

bool
web_fields_notice(const char *bytes, size_t len, bool is_json,
    char ret_imp_uid[static IMP_UID_SIZE], struct web_fields_wrong *ret_wrong)
{
	const struct field *field = &fields[field_find("imp_uid")];
	struct refund_request request = { .imp_uid = "" };
	struct json_object *root, *value;
	bool is_good = false;

	if (is_json) {
		if (!read_root(bytes, len, &root, ret_wrong))
			return false;
		is_good =
		    json_object_object_get_ex(root, field->name, &value) &&
		    read_text(field, value, &request);
		json_clean_put(root);
	} else {
		is_good =
		    web_form_value(bytes, len, field->name, request.imp_uid,
			IMP_UID_SIZE) == WEB_FORM_FOUND &&
		    is_text_of(field, request.imp_uid);
	}
	if (!is_good)
		return refuse(
		    ret_wrong, WEB_INVALID_FIELD, field->name, &field->want);
	memcpy(ret_imp_uid, request.imp_uid, IMP_UID_SIZE);
	return true;
}

/* Takes quotes and backslashes off; false when they don't fit together. */
static bool
unquote(const char *value, char *ret, size_t size)
{
	bool is_quoted = *value == '"';
	size_t n = 0;

	for (value += is_quoted; *value != '\0'; value++) {
		if (is_quoted && *value == '"') {
			ret[n] = '\0';
			return value[1] == '\0';
		}
		if (is_quoted && *value == '\\') {
			value++;
			if (*value != '"' && *value != '\\')
				return false;
		}
		if (n + 1 >= size)
			return false;
		ret[n++] = *value;
	}
	ret[n] = '\0';
	return !is_quoted;
}

bool
web_fields_key(const char *value, char ret_key[static IDEMPOTENCY_KEY_SIZE],
    struct web_fields_wrong *ret_wrong)
{
	char key[IDEMPOTENCY_KEY_SIZE] = "";
	/* A blank stands only between quotes: RFC 8941 section 3.3.3. */
	const char *allowed = *value == '"' ? VISIBLE " " : VISIBLE;

	/* ", " is how web servers join a header that came twice. */
	if (strstr(value, ", ") != NULL || !unquote(value, key, sizeof(key)) ||
	    key[0] == '\0' || key[strspn(key, allowed)] != '\0')
		return refuse(
		    ret_wrong, WEB_INVALID_FIELD, "Idempotency-Key", &want_key);
	memcpy(ret_key, key, sizeof(key));
	return true;
}

bool
web_fields_order(const char *merchant_uid, struct web_fields_wrong *ret_wrong)
{
	const struct field *field = &fields[field_find("merchant_uid")];

	if (!is_text_of(field, merchant_uid))
		return refuse(
		    ret_wrong, WEB_INVALID_FIELD, field->name, &field->want);
	return true;
}

bool
web_fields_account(enum refund_field bit, const char *text,
    struct refund_request *ret, struct web_fields_wrong *ret_wrong)
{
	size_t i = 0;

	while (fields[i].bit != bit)
		i++;
	if (!is_text_of(&fields[i], text))
		return refuse(ret_wrong, WEB_INVALID_FIELD, fields[i].name,
		    &fields[i].want);
	memcpy((char *)ret + fields[i].offset, text, strlen(text) + 1);
	return true;
}

const char *
web_fields_name(enum refund_field bit, const struct web_text **ret_want)
{
	size_t i;

	for (i = 0; i < FIELDS_N && fields[i].bit != bit; i++)
		continue;
	assert(i < FIELDS_N);
	*ret_want = &fields[i].want;
	return fields[i].name;
}
