// iamporter: the bare token, errors as IamporterError.
"use strict";
const { Iamporter } = require("iamporter");

module.exports = (url, secret) => {
	const iamporter = new Iamporter(
		{ apiKey: "sandbox_key", secret, host: url });
	const ask = async (promise) => {
		try {
			const { data, message, status } = await promise;
			return data ? { ok: data } : { status, message };
		} catch (error) {
			return { message: error.message, code: error.raw && error.raw.code };
		}
	};
	return {
		cancel: (data) => ask(iamporter.cancel(data)),
		find: (uid) => ask(iamporter.findByMerchantUid(uid)),
		read: (uid) => ask(iamporter.findByImpUid(uid)),
		all: (uid) => ask(iamporter.findAllByMerchantUid(uid)),
		status: (status) => ask(iamporter.findAllByStatus(status)),
	};
};
