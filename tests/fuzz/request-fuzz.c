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

#include "base/text.h"
#include "web/fake_io.h"
#include "web/web_request.h"
#include "web/web_static.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct web web = {
	.auth = { .mode = WEB_AUTH_NONE,
	    .allowed_origins = "https://shop.example" },
	.webhook_addresses = "",
	.static_dir = "",
};

/* assert() that also speaks in builds without it. */
static void
must(bool is_true)
{
	if (!is_true)
		abort();
}

static void
check_text(const char *text, size_t most)
{
	size_t len = strlen(text);

	must(text_utf8_is_valid(text, len));
	must(text_utf8_length(text, len) <= most);
}

static void
check_amount(const struct request_amount *amount, bool may_be_zero)
{
	if (!amount->is_given)
		return;
	must(amount->text[strspn(amount->text, "0123456789.")] == '\0');
	must(may_be_zero || amount->text[strspn(amount->text, "0.")] != '\0');
	must(amount->is_string || strchr(amount->text, '.') == NULL);
}

static void
check_refund(const struct refund_request *refund)
{
	must(refund->imp_uid[0] != '\0' || refund->merchant_uid[0] != '\0');
	check_text(refund->imp_uid, 32);
	check_text(refund->merchant_uid, 40);
	check_text(refund->reason, REASON_CHARS);
	must(strstr(refund->reason, "[cp:") == NULL);
	check_text(refund->account.holder, 16);
	check_text(refund->account.bank, 4);
	check_text(refund->account.account, 16);
	check_text(refund->account.tel, 16);
	check_amount(&refund->amount, false);
	check_amount(&refund->tax_free, true);
	check_amount(&refund->vat, true);
	check_text(refund->idempotency_key, IDEMPOTENCY_KEY_SIZE - 1);
	must(strcmp(refund->caller, "none") == 0);
}

static void
check_request(const struct web_request *request, struct web_io *io,
    struct web_reply *reply)
{
	check_text(request->base_path, sizeof(request->base_path));
	must(request->base_path[strcspn(request->base_path, "\r\n :\\")] ==
	    '\0');
	must(strstr(request->base_path, "//") == NULL);
	switch (request->route) {
	case WEB_ROUTE_REFUND:
		check_refund(&request->refund);
		break;
	case WEB_ROUTE_PAYMENT:
		must(request->merchant_uid[0] != '\0');
		check_text(request->merchant_uid, 40);
		break;
	case WEB_ROUTE_STATE:
		must(refund_id_is_valid(request->refund_id));
		break;
	case WEB_ROUTE_WEBHOOK:
		must(request->imp_uid[0] != '\0');
		check_text(request->imp_uid, 32);
		break;
	case WEB_ROUTE_HEALTH:
	case WEB_ROUTE_METRICS:
		break;
	case WEB_ROUTE_STATIC:
		must(strstr(request->path, "..") != request->path);
		must(strstr(request->path, "/..") == NULL);
		must(web_static_read("/var/empty/none", request->path,
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
	must(reply->status >= 400 && reply->status <= 599);
	root = json_tokener_parse(buf_bytes(&reply->body));
	must(json_object_is_type(root, json_type_object));
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
