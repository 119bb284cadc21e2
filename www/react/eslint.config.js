// SPDX-License-Identifier: MIT
// What eslint wants of the pages' JavaScript; `npm run lint` runs it over them
// and over the sandbox's console.  Code that nobody uses is an error.
import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";

// The name of an element is a use of its component, which eslint by itself
// does not see.
const elements = {
    rules: {
        used: {
            create(context) {
                return {
                    JSXOpeningElement(node) {
                        if (node.name.type === "JSXIdentifier")
                            context.sourceCode.markVariableAsUsed(
                                node.name.name, node);
                    }
                };
            }
        }
    }
};

// What the pages' scripts hand to each other, through globalThis.
const shared = {
    cancelpay: "readonly",
    cancelpayBanks: "readonly",
    cancelpayDesk: "readonly",
    cancelpayTexts: "readonly"
};

export default [
    { ignores: ["www/vendor/", "www/react.js"] },
    js.configs.recommended,
    {
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            "eqeqeq": "error",
            "no-alert": "error",
            "no-console": "error",
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-redeclare": ["error", { builtinGlobals: false }],
            "no-unused-expressions": "error",
            "no-unused-vars": ["error", { args: "all" }],
            "no-useless-assignment": "error",
            "no-useless-return": "error",
            "no-var": "error"
        }
    },
    {
        files: ["www/*.js", "src/sandbox/console/*.js"],
        languageOptions: {
            sourceType: "script",
            globals: { ...globals.browser, ...globals.jquery, ...shared }
        },
        rules: { "strict": ["error", "global"] }
    },
    {
        files: ["www/react/*.jsx"],
        languageOptions: {
            globals: { ...globals.browser, ...shared },
            parserOptions: { ecmaFeatures: { jsx: true } }
        },
        plugins: { elements, "react-hooks": hooks },
        rules: {
            "elements/used": "error",
            "react-hooks/exhaustive-deps": "error",
            "react-hooks/rules-of-hooks": "error"
        }
    }
];
