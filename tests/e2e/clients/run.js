// run.js CLIENT URL SECRET: calls as a JSON array of [method, argument] on the
// standard input, their results as a JSON array on the standard output.
"use strict";
const fs = require("fs");
const [name, url, secret] = process.argv.slice(2);
const client = require("./" + name + ".js")(url, secret);

(async () => {
	const results = [];
	for (const [method, argument] of JSON.parse(fs.readFileSync(0, "utf8")))
		results.push(await client[method](argument));
	process.stdout.write(JSON.stringify(results));
})();
