// Reads a formula a line, each a JSON string, and answers each with a JSON list of what MathJax and
// KaTeX find wrong with it. MathJax is of the version that JupyterLab has; KaTeX is stricter.

import { createInterface } from "node:readline";

import katex from "katex";
import { liteAdaptor } from "mathjax-full/js/adaptors/liteAdaptor.js";
import { STATE } from "mathjax-full/js/core/MathItem.js";
import { RegisterHTMLHandler } from "mathjax-full/js/handlers/html.js";
import { TeX } from "mathjax-full/js/input/tex.js";
import { AllPackages } from "mathjax-full/js/input/tex/AllPackages.js";
import { mathjax } from "mathjax-full/js/mathjax.js";

// what shows the source, or a name in red, in place of an error; proofs need a page to be laid out
const LEFT_OUT = ["noerrors", "noundefined", "bussproofs"];
const packages = AllPackages.filter((name) => !LEFT_OUT.includes(name));
const ACCEPTED = ["unicodeTextInMathMode", "unknownSymbol"]; // ⊗ or é as it is typed

RegisterHTMLHandler(liteAdaptor());
const document = mathjax.document("", {
  InputJax: new TeX({
    packages,
    formatError: (_, error) => {
      throw error;
    },
  }),
});

function byMathJax(math) {
  const errors = [];
  const root = document.convert(math, { display: true, end: STATE.COMPILED });
  (root.root ?? root).walkTree((node) => {
    if (node.isKind("merror")) errors.push(node.toString());
  });
  if (errors.length) throw new Error(errors.join());
}

function byKaTeX(math) {
  const strict = (code) => (ACCEPTED.includes(code) ? "ignore" : "error");
  katex.renderToString(math, { displayMode: true, throwOnError: true, strict });
}

function wrong(math) {
  const found = [];
  for (const [name, typeset] of Object.entries({ MathJax: byMathJax, KaTeX: byKaTeX })) {
    try {
      typeset(math);
    } catch (error) {
      found.push(`${name}: ${error.message}`);
    }
  }
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(wrong(JSON.parse(line))));
}
