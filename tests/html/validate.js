// Reads {name: page} as JSON from standard input; writes every fault as one line "name: rule: message (line:column)".
import { HtmlValidate } from "html-validate";

const validator = new HtmlValidate({
  // The rules of the HTML standard itself and of WCAG; those of taste are not asked.
  extends: ["html-validate:standard", "html-validate:a11y"],
  rules: {
    // Minified pages leave out what the standard lets one leave out.
    "no-implicit-close": "off",
    "no-implicit-button-type": "off",
    "attr-quotes": "off",
    // The design system's own date input, for a browser that did not know what a fieldset is.
    "no-redundant-role": "off",
    "no-inline-style": "error",
  },
});

let input = "";
for await (const part of process.stdin) input += part;
for (const [name, page] of Object.entries(JSON.parse(input))) {
  const report = await validator.validateString(page);
  for (const result of report.results)
    for (const fault of result.messages)
      console.log(`${name}: ${fault.ruleId}: ${fault.message} (${fault.line}:${fault.column})`);
}
