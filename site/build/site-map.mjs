// sitemap.xml: every page of the site, at the address where it will stand.
import { readdirSync, writeFileSync } from "node:fs";

/**
 * @param {string} to the site's folder
 * @param {{ address: string }} options
 */
export function writeSiteMap(to, { address }) {
  const pages = readdirSync(to, { recursive: true })
    .filter((name) => name.endsWith(".html") && !name.includes("files/") && !name.endsWith("search.html"))
    .map((name) => name.replace(/(^|\/)index\.html$/, "$1"))
    .sort();
  const urls = pages.map((name) => `<url><loc>${address}${encodeURI(name)}</loc></url>`);
  writeFileSync(
    `${to}/sitemap.xml`,
    `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join("\n")}\n</urlset>\n`,
  );
}
