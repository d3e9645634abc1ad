/* Bundle what pages load from others into static/vendor, with their licences: `make vendor`. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const LIMIT = 112_000;

/* Return the packages whose code is in a bundle. */
const packagesOf = (metafile) => {
  const parts = Object.keys(metafile.inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path));
  return [...new Set(parts.filter(Boolean).map((part) => part[1]))].sort();
};

const licenceOf = (name) => {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const words = file ? readFileSync(`${folder}/${file}`, "utf8").trim() : `License: ${license}`;
  return `${name} ${version}\n\n${words}\n`;
};

let sum = 0;
for (const name of ["codemirror", "turndown"]) {
  const folder = `../static/vendor/${name}`;
  const outfile = `${folder}/${name}.min.js`;
  const { metafile } = await build({
    entryPoints: [`${name}.js`],
    outfile,
    globalName: name,
    bundle: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    metafile: true,
  });
  const { code } = await minify(readFileSync(outfile, "utf8"), { compress: { passes: 3 } });
  writeFileSync(outfile, code);
  writeFileSync(`${folder}/LICENSES.txt`, packagesOf(metafile).map(licenceOf).join("\n---\n\n"));
  const size = gzipSync(readFileSync(outfile), { level: 9 }).length;
  console.log(`${outfile}: ${size} bytes gzipped`);
  sum += size;
}
if (sum > LIMIT) {
  console.warn(`More than ${LIMIT} bytes in sum: ${sum}`);
}
