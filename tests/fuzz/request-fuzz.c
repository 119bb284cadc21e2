/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a request (tests/web/fake_io.h says how they are laid out):
 * whatever is read keeps the promises of app/request.h, and every refusal is
 * JSON with a status.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "fuzz/fuzz.h"
#include "web/fake_io.h"
#include "web/web_request.h"
#include "web/web_static.h"

static enum fault
one(void *self, uint64_t *ret_bits, struct fault_note *note)
{
	(void)self;
	(void)note;
	*ret_bits = 1;
	return FAULT_NONE;
}

static const struct web web = {
	.chance = { one, NULL },
	.auth = { .mode = WEB_AUTH_NONE,
	    .allowed_origins = "https://shop.example" },
	.webhook_addresses = "",
	.static_dir = "",
};

static void
check_amount(const struct request_amount *amount, bool may_be_zero)
{
	if (!amount->is_given)
		return;
	fuzz_must(amount->text[strspn(amount->text, "0123456789.")] == '\0');
	fuzz_must(
	    may_be_zero || amount->text[strspn(amount->text, "0.")] != '\0');
	fuzz_must(amount->is_string || strchr(amount->text, '.') == NULL);
}

static void
check_refund(const struct refund_request *refund)
{
	fuzz_must(
	    refund->imp_uid[0] != '\0' || refund->merchant_uid[0] != '\0');
	fuzz_text(refund->imp_uid, 32);
	fuzz_text(refund->merchant_uid, 40);
	fuzz_text(refund->reason, REASON_CHARS);
	fuzz_must(strstr(refund->reason, "[cp:") == NULL);
	fuzz_text(refund->account.holder, 16);
	fuzz_text(refund->account.bank, 4);
	fuzz_text(refund->account.account, 16);
	fuzz_text(refund->account.tel, 16);
	check_amount(&refund->amount, false);
	check_amount(&refund->tax_free, true);
	check_amount(&refund->vat, true);
	fuzz_text(refund->idempotency_key, IDEMPOTENCY_KEY_SIZE - 1);
	fuzz_must(strcmp(refund->caller, "none") == 0);
}

static void
check_request(const struct web_request *request, struct web_io *io,
    struct web_reply *reply)
{
	fuzz_text(request->base_path, sizeof(request->base_path));
	fuzz_must(request->base_path[strcspn(request->base_path, "\r\n :\\")] ==
	    '\0');
	fuzz_must(strstr(request->base_path, "//") == NULL);
	switch (request->route) {
	case WEB_ROUTE_REFUND:
		check_refund(&request->refund);
		break;
	case WEB_ROUTE_PAYMENT:
		fuzz_must(request->merchant_uid[0] != '\0');
		fuzz_text(request->merchant_uid, 40);
		break;
	case WEB_ROUTE_STATE:
		fuzz_must(refund_id_is_valid(request->refund_id));
		break;
	case WEB_ROUTE_WEBHOOK:
		fuzz_must(request->imp_uid[0] != '\0');
		fuzz_text(request->imp_uid, 32);
		break;
	case WEB_ROUTE_HEALTH:
	case WEB_ROUTE_METRICS:
		break;
	case WEB_ROUTE_STATIC:
		fuzz_must(strstr(request->path, "..") != request->path);
		fuzz_must(strstr(request->path, "/..") == NULL);
		fuzz_must(
		    web_static_read("/var/empty/none", request->path,
			request->base_path, io, reply, NULL) == FAULT_ABSENT);
		break;
	}
}

static void
check_refusal(const struct web_reply *reply)
{
	struct json_object *root;

	if (reply->status == 0)
		return;
	fuzz_must(reply->status >= 400 && reply->status <= 599);
	root = json_tokener_parse(buf_bytes(&reply->body));
	fuzz_must(json_object_is_type(root, json_type_object));
	json_object_put(root);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct fake_io fake;
	struct web_request request;
	struct web_reply reply;

	fake_io_init(&fake, (const char *)bytes, len);
	web_reply_init(&reply);
	if (web_request_read(&web, &fake.io, &request, &reply))
		check_request(&request, &fake.io, &reply);
	else
		check_refusal(&reply);
	web_reply_deinit(&reply);
	fake_io_deinit(&fake);
	return 0;
}
